/**
 * Services that read keys, limits or allow lists once and have no way to change them while they run. Where a cluster
 * replaces instances one after the other a restart costs nothing, and nothing is said.
 */
import { directoryOf } from '../../../core/model/path.ts';
import { defineRule } from '../../../core/rulekit/rule.ts';
import { evidence, firstTime, SERVICE_FACTS, servesRequests, servicesOf } from '../../../knowledge/go/services.ts';
import { ENV_READ_FACTS, envReads } from '../../../knowledge/project/envReads.ts';
import { isForeignVariable } from '../../../knowledge/project/platformVariables.ts';

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
      'Keep these values behind an `atomic.Pointer` to the configuration, and replace it on SIGHUP or when the watched file changes, after the new values have been validated. Or run several instances and document a rolling restart.',
    refs: ['https://pkg.go.dev/sync/atomic#Pointer', 'https://12factor.net/config'],
  },
  messages: {
    fixed:
      '{name} is read once and nothing can change it in a running service; reload it on SIGHUP or from a watched file.',
  },
  fix: 'none',
  on: { go: [] },
  workspace: {
    partition: 'workspace',
    reads: [...SERVICE_FACTS, ...ENV_READ_FACTS],
    *judge(facts) {
      if (facts.all('kubernetes.workload').some(({ place }) => facts.role(place.path) === 'production')) return;
      const isFirst = firstTime();
      const reads = envReads(facts).filter(({ name }) => SECURITY.test(name) && !isForeignVariable(name));
      for (const program of servicesOf(facts)) {
        if (!servesRequests(program) || program.framework !== '') continue;
        const read = reads.find(
          ({ place: { path } }) => program.files.has(path) && program.directories.has(directoryOf(path)),
        );
        if (read === undefined || !isFirst(read.place)) continue;
        const [reload] = evidence(facts, program, 'config.reload');
        if (reload !== undefined)
          yield { kind: 'pass', subject: read.place, note: `${reload.place.path}: ${reload.key}` };
        else yield { kind: 'fail', subject: read.place, message: 'fixed', args: { name: read.name } };
      }
    },
  },
});
