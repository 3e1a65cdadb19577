/** Services that call others over HTTP and never try a second time. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { allFacts } from '../../../knowledge/facts.ts';
import { evidence, firstTime, mayBeShared, servesRequests } from '../../../knowledge/go/services.ts';
import { ANY_SERVICE_FACTS, anyServicesOf, servedIn } from '../../../knowledge/services.ts';

/** Calls over HTTP, of Go and of Python. */
const HTTP: ReadonlySet<string> = new Set(['net/http', 'http']);

export const rule = defineRule({
  id: 'missing-retry',
  title: 'No retry for transient failures',
  category: 'errors',
  severity: 'medium',
  confidence: 'heuristic',
  stage: 'preview',
  docs: {
    what: 'A service sends requests to other systems, and nothing in it, by name or by library, ever tries one of them again.',
    why: 'Connections break and servers restart all day long. Without a second attempt every such blink is an error that a user sees.',
    howToFix:
      'Send requests that may be repeated through one helper that tries a few times with growing, random delays, or use a client that does. Leave out requests that must not happen twice.',
    howToFixIn: {
      go: 'hashicorp/go-retryablehttp is such a client.',
      python: 'tenacity is such a helper, and urllib3 has `Retry` for the adapters of requests.',
    },
    refs: ['CWE-755', 'https://pkg.go.dev/github.com/hashicorp/go-retryablehttp'],
  },
  messages: {
    none: 'Requests to other systems are made from here and nothing ever retries one; repeat what failed for the moment.',
  },
  fix: 'none',
  on: { go: [], python: [] },
  workspace: {
    partition: 'workspace',
    reads: ANY_SERVICE_FACTS,
    *judge(facts) {
      const isFirst = firstTime();
      const mesh = allFacts(facts, 'proxy.resilience')[0];
      for (const program of anyServicesOf(facts)) {
        if (!servesRequests(program) || program.framework !== '') continue;
        const isServed = servedIn(facts, program);
        const calls = evidence(facts, program, 'network.client').filter(
          ({ key, place }) => HTTP.has(key) && isServed(place.path),
        );
        const [call] = calls;
        if (call === undefined) continue;
        const retry = evidence(facts, program, 'resilience.retry').find(
          ({ place }) => facts.role(place.path) === 'production',
        );
        if (retry !== undefined) {
          if (isFirst(retry.place)) yield { kind: 'pass', subject: retry.place };
          continue;
        }
        if (!isFirst(call.place)) continue;
        if (mesh !== undefined || mayBeShared(program, /retry|client|http|backoff/i)) {
          yield {
            kind: 'unknown',
            subject: call.place,
            note: `Retries may come from ${mesh?.value.by ?? program.opaque[0]!}.`,
          };
          continue;
        }
        const related = calls.slice(1, 4).map(({ place }) => ({ place, message: 'Here as well.' }));
        yield { kind: 'fail', subject: call.place, message: 'none', related };
      }
    },
  },
});
