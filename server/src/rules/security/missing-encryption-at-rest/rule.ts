/** Columns of cards, identity numbers and credentials in a program that encrypts nothing. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { evidence, firstTime, mayBeShared } from '../../../knowledge/go/services.ts';
import { ANY_SERVICE_FACTS, anyServicesOf } from '../../../knowledge/services.ts';

export const rule = defineRule({
  id: 'missing-encryption-at-rest',
  title: 'Sensitive data stored unencrypted',
  category: 'security',
  severity: 'low',
  confidence: 'heuristic',
  stage: 'preview',
  docs: {
    what: 'A program stores numbers of cards, accounts or persons, or tokens and keys of others, in columns of its database, and no package of it uses a cipher, a key service or an encrypting driver.',
    why: 'A stolen disk, backup or dump, or one injected query, shows all of them in clear text.',
    howToFix:
      'Encrypt such fields with an authenticated cipher (AES-GCM with a random nonce) and a key that the database does not hold, or keep a token of a provider in their place. Encryption of the volume protects only the disk.',
    refs: ['CWE-311', 'CWE-312'],
  },
  messages: {
    column: '{name} is stored in clear text; encrypt the field, or keep a reference to a vault instead.',
  },
  fix: 'none',
  on: { go: [], python: [] },
  workspace: {
    partition: 'workspace',
    reads: [...ANY_SERVICE_FACTS, 'data.sensitive'],
    *judge(facts) {
      const isFirst = firstTime();
      for (const program of anyServicesOf(facts)) {
        const ciphers = evidence(facts, program, 'crypto.cipher');
        for (const column of evidence(facts, program, 'data.sensitive')) {
          if (facts.role(column.place.path) !== 'production' || !isFirst(column.place)) continue;
          if (ciphers.length > 0) yield { kind: 'pass', subject: column.place };
          else if (mayBeShared(program, /crypt|cipher|vault|kms|secur/i)) {
            yield { kind: 'unknown', subject: column.place, note: `It may be encrypted by ${program.opaque[0]!}.` };
          } else yield { kind: 'fail', subject: column.place, message: 'column', args: { name: column.key } };
        }
      }
    },
  },
});
