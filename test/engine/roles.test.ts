/** What the path of a file says of it. */
import { describe, expect, it } from 'vitest';
import { languageOf, roleOfPath } from '../../server/src/core/engine/roles.ts';

describe('role of a path', () => {
  it.each([
    ['internal/integration/mail/mail.go', 'production'],
    ['integration/helpers.go', 'test'],
    ['app/__stubs__/token.ts', 'test'],
    ['src/__tests__/cart.ts', 'test'],
    ['_integration-test/roots/roots-test.py', 'test'],
    ['_example/store/main.go', 'example'],
    ['_examples/store/main.go', 'example'],
    ['internal/suites/shop/configuration.yml', 'test'],
    ['internal/suites/suites.go', 'production'],
    ['__init__/main.go', 'production'],
  ])('%s is %s', (path, role) => {
    expect(roleOfPath(path)).toBe(role);
  });
});

describe('language of a path', () => {
  it.each([
    ['.env', 'env'],
    ['.env.example', 'env'],
    ['shop.env', 'env'],
    ['shop.env.example', 'env'],
    ['patches/.env.patch', null],
    ['patches/docker-compose.yml.patch', null],
  ])('%s is %s', (path, language) => {
    expect(languageOf(path)).toBe(language);
  });
});
