/** Services that measure something, but not how often they fail. */
import { directoryOf } from '../../../core/model/path.ts';
import { defineRule } from '../../../core/rulekit/rule.ts';
import { evidence, firstTime, mayBeShared, servesRequests } from '../../../knowledge/go/services.ts';
import { ANY_SERVICE_FACTS, anyServicesOf, frontOf } from '../../../knowledge/services.ts';
import { ERRORS_FACT, goDetectors, METRICS_FACT } from './go.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'missing-error-metrics',
  title: 'Error paths are not counted',
  category: 'observability',
  severity: 'low',
  confidence: 'heuristic',
  stage: 'stable',
  docs: {
    what: 'A service gathers metrics, and none of them counts failures: no counter of errors, no label with the outcome, no middleware that counts by status, no error tracking.',
    why: 'The rate of errors is what alerts are made of. Without it users report the outage.',
    howToFix:
      'Increment a counter with the reason as a label where requests and calls fail, or put a middleware around the handler that counts answers by status.',
    refs: ['https://sre.google/sre-book/monitoring-distributed-systems/'],
  },
  messages: {
    none: 'This service gathers metrics but counts no failures; count requests by status, or errors by reason.',
  },
  fix: 'none',
  on: { go: goDetectors, python: pythonDetectors },
  workspace: {
    partition: 'workspace',
    reads: [...ANY_SERVICE_FACTS, METRICS_FACT],
    *judge(facts) {
      const isFirst = firstTime();
      for (const program of anyServicesOf(facts)) {
        if (!servesRequests(program) || program.framework !== '') continue;
        const isIn = ({ place: { path } }: { readonly place: { readonly path: string } }): boolean =>
          facts.role(path) === 'production' && program.files.has(path) && program.directories.has(directoryOf(path));
        const measured = evidence(facts, program, 'metrics.client')[0] ?? facts.all(METRICS_FACT).find(isIn);
        if (measured === undefined) continue;
        const counted = facts.all(ERRORS_FACT).find(isIn);
        if (counted !== undefined) {
          if (isFirst(counted.place)) yield { kind: 'pass', subject: counted.place };
          continue;
        }
        const { place } = frontOf(facts, program);
        if (!isFirst(place)) continue;
        if (mayBeShared(program, /metric|monitor|observ|telemetry|middleware/i)) {
          yield { kind: 'unknown', subject: place, note: `Errors may be counted by ${program.opaque[0]!}.` };
          continue;
        }
        yield {
          kind: 'fail',
          subject: place,
          message: 'none',
          related: [{ place: measured.place, message: 'Metrics are gathered here.' }],
        };
      }
    },
  },
});
