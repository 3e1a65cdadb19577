/**
 * Names and values against the judgement about secrets. Credentials of known formats are put together from pieces, so
 * that no scanner takes this file for a leak; none of them was ever issued.
 */
import { describe, expect, test } from 'vitest';
import {
  isLocalHost,
  isPlaceholder,
  knownSecrets,
  looksRandom,
  operationalSecretOf,
  secretNameOf,
  secretValueOf,
  urlPasswords,
} from '../../server/src/knowledge/project/secrets.ts';

/** A reference of shells and compose files; the linter takes one in a plain string for a mistake. */
const REFERENCE = ['$', '{PASSWORD}'].join('');
const BODY = 'q7Rk2ZpX9vLm4TcB8nWf6YhJ3sDg5QaE1uKo0IxVyNbMtHrCzPe';

describe('names', () => {
  test.each(['password', 'dbPassword', 'DB_PASSWD', 'smtp-pass', 'adminPwd', 'passphrase'])(
    '%s holds a password',
    (name) => {
      expect(secretNameOf(name)).toBe('password');
    },
  );
  test.each([
    'jwtSecret',
    'API_KEY',
    'apikey',
    'clientSecret',
    'signingKey',
    'GITHUB_TOKEN',
    'expectedToken',
    'secretValue',
  ])('%s holds a secret', (name) => {
    expect(secretNameOf(name)).toBe('secret');
  });
  test.each(['key', 'rowKey', 'token', 'nextToken'])('%s may hold anything', (name) => {
    expect(secretNameOf(name)).toBe('weak');
  });
  test.each([
    'passwordHash',
    'PasswordField',
    'errPassword',
    'tokenType',
    'secretName',
    'PASSWORD_FILE',
    'publicKey',
    'keyboard',
    'pass',
    'hasPassword',
  ])('%s holds none', (name) => {
    expect(secretNameOf(name) === 'password' || secretNameOf(name) === 'secret').toBe(false);
  });
});

describe('values', () => {
  test.each(['hunter2', 'Winter2024!', 'postgres', 'admin', BODY.slice(0, 20)])('%s is a password', (value) => {
    expect(secretValueOf(value, 'password', 'dbPassword')).not.toBeNull();
  });
  test.each([
    '',
    'password',
    'db_password',
    'DB_PASSWORD',
    'X-Api-Key',
    'Enter your password',
    REFERENCE,
    '/run/secrets/db',
    'changeme',
    '<password>',
    '%s',
    'auth.password',
  ])('"%s" is none', (value) => {
    expect(secretValueOf(value, 'password', 'dbPassword')).toBeNull();
  });
  test('where it is surely used, a placeholder is one', () => {
    expect(operationalSecretOf('change-me-in-production')).toBe('chosen');
    expect(operationalSecretOf('none')).toBeNull();
    expect(operationalSecretOf(REFERENCE)).toBeNull();
  });
  test('randomness', () => {
    expect(looksRandom(BODY.slice(0, 24))).toBe(true);
    expect(looksRandom('warehouse-dashboard-key')).toBe(false);
    expect(looksRandom('my-service-v2-api')).toBe(false);
    expect(isPlaceholder('your-api-key')).toBe(true);
  });
});

describe('known formats', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['an AWS access key', `AK${'IA'}Q7RK2ZPX4VLM5TCB`],
    ['a GitHub token', `gh${'p_'}${BODY.slice(0, 36)}`],
    ['a GitLab token', `gl${'pat-'}${BODY.slice(0, 20)}`],
    ['a Slack token', `xo${'xb-'}2048${BODY.slice(0, 24)}`],
    ['a Stripe key', `sk${'_live_'}${BODY.slice(0, 24)}`],
    ['an API key', `sk${'-proj-'}${BODY.slice(0, 40)}`],
    ['a Google API key', `AI${'za'}${BODY.slice(0, 35)}`],
    ['an npm token', `np${'m_'}${BODY.slice(0, 36)}`],
    ['a signed token', `ey${'J'}${BODY.slice(0, 20)}.ey${'J'}${BODY.slice(5, 30)}.${BODY.slice(0, 30)}`],
    ['a private key', `-----BEGIN EC ${'PRIVATE'} KEY-----\n${BODY}\n`],
  ];
  test.each(cases)('%s', (kind, text) => {
    const found = knownSecrets(`before ${text} behind`);
    expect(found.map((secret) => secret.kind)).toEqual([kind]);
    expect(found[0]!.start).toBe(7);
  });
  test('examples of manuals are none', () => {
    expect(knownSecrets(`AK${'IA'}IOSFODNN7EXAMPLE`)).toEqual([]);
    expect(knownSecrets(`gh${'p_'}${'x'.repeat(36)}`)).toEqual([]);
    expect(knownSecrets('-----BEGIN RSA PRIVATE KEY-----')).toEqual([]);
  });
});

describe('addresses', () => {
  const passwords = (text: string): string[] => urlPasswords(text).map(({ password }) => password);

  test('passwords in addresses and data source names', () => {
    expect(passwords('postgres://app:Vq8rTz@db.example.net.internal/shop')).toEqual(['Vq8rTz']);
    expect(passwords('root:123456@tcp(db:3306)/shop')).toEqual(['123456']);
    expect(passwords('host=db user=app password=Vq8rTz dbname=shop')).toEqual(['Vq8rTz']);
  });
  test('holes and manuals', () => {
    for (const text of [
      'postgres://user:password@host/db',
      `postgres://app:${REFERENCE}@db/shop`,
      'postgres://%s:%s@%s/shop',
      'https://example.com/a:b@c',
      'mailto:someone@example.com',
      'password=%s dbname=%s',
    ]) {
      expect(passwords(text), text).toEqual([]);
    }
  });
  test('hosts of this machine', () => {
    expect(isLocalHost('localhost')).toBe(true);
    expect(isLocalHost('db:3306')).toBe(true);
    expect(isLocalHost('db.internal')).toBe(false);
  });
});
