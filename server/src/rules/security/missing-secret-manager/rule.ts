/** Services whose secrets come from the environment alone: no store, no mounted file, nothing to rotate them. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { allFacts } from '../../../knowledge/facts.ts';
import { type GoProgram, isDeployedPath } from '../../../knowledge/go/services.ts';
import { ENV_READ_FACTS, envReads } from '../../../knowledge/project/envReads.ts';
import { secretNameOf } from '../../../knowledge/project/secrets.ts';
import { ANY_SERVICE_FACTS, anyServicesOf, servedIn } from '../../../knowledge/services.ts';

/** Whether a variable holds a secret: settings about one and public keys do not. */
function holdsSecret(name: string): boolean {
  // Of a shell it is the working directory.
  if (/^(?:OLD)?PWD$/.test(name)) return false;
  const kind = secretNameOf(name);
  return (kind === 'password' || kind === 'secret' || /_TOKEN$/.test(name)) && !/PUBLIC|_FILE$|_PATH$|_URL$/.test(name);
}

export const rule = defineRule({
  id: 'missing-secret-manager',
  title: 'Secrets only in the environment, no store or rotation',
  category: 'security',
  severity: 'medium',
  confidence: 'heuristic',
  stage: 'preview',
  docs: {
    what: 'A service reads its secrets from environment variables only: its code has no client of a secret store and reads no mounted file, and no manifest of the workspace maps a secret of the platform.',
    why: 'The environment of a process shows up in crash reports, child processes, `docker inspect` and debug pages. A secret there cannot be replaced without a restart, so that it is replaced when it is too late.',
    howToFix:
      'Read `NAME_FILE` when it is set, so that secrets can be mounted, or ask a store (Vault, the secret manager of the cloud) at the start and again when it rotates. In a cluster map the variable from a Secret.',
    refs: ['CWE-522', 'CWE-526', 'https://12factor.net/config'],
  },
  messages: {
    environment: '{name} and the other secrets come from the environment alone; support {name}_FILE or a secret store.',
  },
  fix: 'none',
  on: { go: [], python: [] },
  workspace: {
    partition: 'workspace',
    reads: [...ANY_SERVICE_FACTS, ...ENV_READ_FACTS],
    *judge(facts) {
      const programs = anyServicesOf(facts);
      if (programs.length === 0) return;
      const reads = envReads(facts).filter(
        ({ name, place, via }) =>
          via !== 'compose' &&
          holdsSecret(name) &&
          facts.role(place.path) === 'production' &&
          isDeployedPath(place.path),
      );
      const [program] = programs as readonly [GoProgram];
      const isServed = servedIn(facts, program);
      const first = reads.find(
        ({ place: { path } }) => program.files.has(path) && (program.language === 'go' || isServed(path)),
      );
      if (first === undefined) return;
      const store = allFacts(facts, 'secret.store').find((found) => {
        const role = facts.role(found.place.path);
        return role === 'production' || role === 'generated';
      });
      if (store !== undefined) yield { kind: 'pass', subject: store.place };
      else yield { kind: 'fail', subject: first.place, message: 'environment', args: { name: first.name } };
    },
  },
});
