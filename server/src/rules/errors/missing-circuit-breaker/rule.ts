/** Services that call others and have no way to get along without them. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { allFacts } from '../../../knowledge/facts.ts';
import { evidence, firstTime, mayBeShared, servesRequests } from '../../../knowledge/go/services.ts';
import { ANY_SERVICE_FACTS, anyServicesOf, servedIn } from '../../../knowledge/services.ts';

/** Requests to other systems stand in that many files before their failure is taken for a serious matter. */
const MANY = 3;

/** Calls over HTTP, of Go and of Python. */
const HTTP: ReadonlySet<string> = new Set(['net/http', 'http']);

export const rule = defineRule({
  id: 'missing-circuit-breaker',
  title: 'No fallback or circuit breaker for dependencies',
  category: 'errors',
  severity: 'high',
  confidence: 'heuristic',
  stage: 'preview',
  docs: {
    what: 'A service calls other systems while it serves requests, and nothing in it, by name or by library, is a circuit breaker, a fallback or another degraded mode.',
    why: 'When one of these systems is slow, every request waits for it up to the time-out. Workers and memory run out, and a failure of a part becomes one of the whole.',
    howToFix:
      'Put calls of each dependency behind a circuit breaker, answer from a cache or without the optional part while it is open, and let it try again after a while.',
    howToFixIn: { go: 'sony/gobreaker is one.', python: 'pybreaker is one.' },
    refs: ['https://pkg.go.dev/github.com/sony/gobreaker', 'https://martinfowler.com/bliki/CircuitBreaker.html'],
  },
  messages: {
    none: 'This service calls other systems and fails with them; guard the calls by a circuit breaker or a fallback.',
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
          ({ key, place }) => (HTTP.has(key) || key === 'grpc') && isServed(place.path),
        );
        const [call] = calls;
        if (call === undefined) continue;
        const breaker = evidence(facts, program, 'resilience.breaker').find(
          ({ place }) => facts.role(place.path) === 'production',
        );
        if (breaker !== undefined) {
          if (isFirst(breaker.place)) yield { kind: 'pass', subject: breaker.place };
          continue;
        }
        if (!isFirst(call.place)) continue;
        if (mesh !== undefined || mayBeShared(program, /breaker|resilien|client|http/i)) {
          yield {
            kind: 'unknown',
            subject: call.place,
            note: `A breaker may come from ${mesh?.value.by ?? program.opaque[0]!}.`,
          };
          continue;
        }
        const files = new Set(calls.map(({ place }) => place.path));
        const related = calls.slice(1, 4).map(({ place }) => ({ place, message: 'Here as well.' }));
        yield {
          kind: 'fail',
          subject: call.place,
          message: 'none',
          related,
          severity: files.size >= MANY ? 'high' : 'medium',
        };
      }
    },
  },
});
