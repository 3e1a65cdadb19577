/**
 * Services that read keys, limits or allow lists once and have no way to change them while they run. Where a cluster
 * replaces instances one after the other a restart costs nothing, and nothing is said.
 */
import { directoryOf } from '../../../core/model/path.ts';
import { defineRule } from '../../../core/rulekit/rule.ts';
import { evidence, firstTime, servesRequests } from '../../../knowledge/go/services.ts';
import { ENV_READ_FACTS, envReads } from '../../../knowledge/project/envReads.ts';
import { isForeignVariable } from '../../../knowledge/project/platformVariables.ts';
import { ANY_SERVICE_FACTS, anyServicesOf, frontsOf, isRunBy, servedIn } from '../../../knowledge/services.ts';

/** Settings that an incident may force somebody to change at once. */
const SECURITY =
  /(?:^|_)(?:(?:JWT|AUTH|API|SIGNING|SESSION|ENCRYPTION|WEBHOOK|ADMIN|MASTER|PRIVATE|ACCESS)_?(?:KEYS?|SECRET|TOKEN|PASSWORD)|SECRET(?:_KEY)?|RATE_?LIMIT\w*|MAX_REQUESTS\w*|(?:ALLOWED?|TRUSTED|CORS|BLOCKED|DENIED)_\w+|(?:ALLOW|BLOCK|DENY|WHITE|BLACK)_?LIST)(?:_|$)/;

export const rule = defineRule({
  id: 'missing-config-hot-reload',
  title: 'Security settings cannot change without a restart',
  category: 'configuration',
  severity: 'medium',
  confidence: 'heuristic',
  stage: 'stable',
  docs: {
    what: 'A service reads keys, tokens, rate limits or allow lists from the environment, and nothing in its code can change a setting while it runs: no watched file, no SIGHUP, no reload function, no configuration service, no settings in a database. Workspaces with Kubernetes workloads are left out, since a rolling restart replaces instances without an interruption.',
    why: 'When a key has leaked or a client floods the service, every minute counts. A restart drops connections and whatever the process holds in memory, and a deployment takes longer still.',
    howToFix:
      'Keep these values behind one object with the configuration, and replace it on SIGHUP or when the watched file changes, after the new values have been validated. Or run several instances and document a rolling restart.',
    howToFixIn: { go: 'An `atomic.Pointer` lets requests read the object while it is replaced.' },
    refs: ['https://pkg.go.dev/sync/atomic#Pointer', 'https://12factor.net/config'],
  },
  messages: {
    fixed:
      '{name} is read once and nothing can change it in a running service; reload it on SIGHUP or from a watched file.',
  },
  fix: 'none',
  on: { go: [], python: [] },
  workspace: {
    partition: 'workspace',
    reads: [...ANY_SERVICE_FACTS, ...ENV_READ_FACTS],
    *judge(facts) {
      if (facts.all('kubernetes.workload').some(({ place }) => facts.role(place.path) === 'production')) return;
      const isFirst = firstTime();
      const reads = envReads(facts).filter(({ name }) => SECURITY.test(name) && !isForeignVariable(name));
      for (const program of anyServicesOf(facts)) {
        if (!servesRequests(program) || program.framework !== '') continue;
        // Its workers are replaced one after another on SIGHUP.
        if (program.language === 'python' && isRunBy(facts, 'gunicorn')) continue;
        const isServed = servedIn(facts, program);
        const own = reads.filter(
          ({ place: { path } }) =>
            program.files.has(path) &&
            program.directories.has(directoryOf(path)) &&
            (program.language === 'go' || isServed(path)),
        );
        // Modules of Python often try themselves out with settings of their own.
        const fronts = program.language === 'go' ? [] : frontsOf(facts, program).map(({ place }) => place.path);
        const read = own.find(({ place }) => fronts.includes(place.path)) ?? own[0];
        if (read === undefined || !isFirst(read.place)) continue;
        const [reload] = evidence(facts, program, 'config.reload');
        if (reload !== undefined)
          yield { kind: 'pass', subject: read.place, note: `${reload.place.path}: ${reload.key}` };
        else yield { kind: 'fail', subject: read.place, message: 'fixed', args: { name: read.name } };
      }
    },
  },
});
