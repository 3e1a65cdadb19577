/**
 * Services that nobody has put under load, and code that calls itself a benchmark but measures nothing. The two are
 * separate subjects: a load test finds the limit of the whole, a benchmark what one function costs.
 */
import { filePlace } from '../../../core/model/location.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import { allFacts } from '../../../knowledge/facts.ts';
import { firstConcerning, type ServiceComponent } from '../../../knowledge/go/components.ts';
import { frontOf } from '../../../knowledge/go/services.ts';
import { ANY_SERVICE_FACTS, anyComponentsOf } from '../../../knowledge/services.ts';

/** A package of production code that says it measures. */
function benchmarkPackage(facts: FactView, component: ServiceComponent): string | null {
  const file = allFacts(facts, 'go.file').find(
    ({ key, value }) =>
      value.role === 'production' &&
      /^bench(?:mark)?(?:s|ing)?$/.test(value.package) &&
      component.concerns({ place: { path: key } }),
  );
  return file?.key ?? null;
}

export const rule = defineRule({
  id: 'missing-load-tests',
  title: 'No load tests or benchmarks',
  category: 'testing',
  severity: 'low',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A service has no load test: no script, command, image or dependency of a load generator (k6, Locust, JMeter, Gatling, Vegeta, wrk, hey, ghz, Artillery and others), no directory of load tests, and no link to a repository of them. Or a package is called a benchmark, but no `Benchmark` function of the component repeats any work.',
    why: 'How many requests a service takes, and what breaks first, is then found out by its users. And without a benchmark nobody notices when a change makes it slower.',
    howToFix:
      'Write a script for the most important route (k6 is a file of twenty lines), state what it has to sustain as a threshold, and run it before releases.',
    howToFixIn: {
      go: 'Measure hot functions with `func BenchmarkXxx(b *testing.B)` and benchstat.',
      python: 'Measure hot functions with pytest-benchmark.',
    },
    refs: ['https://grafana.com/docs/k6/', 'https://pkg.go.dev/testing#hdr-Benchmarks'],
  },
  messages: {
    load: 'Nothing puts load on this service; write a load test for its main route with a threshold.',
    benchmark:
      'This package is called a benchmark, but no Benchmark function runs it; write one that does the real work.',
  },
  fix: 'none',
  on: { go: [], python: [] },
  workspace: {
    partition: 'workspace',
    reads: ANY_SERVICE_FACTS,
    *judge(facts) {
      for (const component of anyComponentsOf(facts)) {
        const found = firstConcerning(facts, component, 'test.level', 'load');
        const subject = frontOf(facts, component.programs[0]!).place;
        if (found !== undefined) yield { kind: 'pass', subject, note: `${found.place.path}: ${found.value.by}` };
        else yield { kind: 'fail', subject, message: 'load' };
        const benchmark = allFacts(facts, 'test.benchmark').find((fact) => fact.value.real && component.concerns(fact));
        const claimed = benchmarkPackage(facts, component);
        if (benchmark !== undefined) {
          const { path } = benchmark.place;
          const measured = claimed === null ? subject : filePlace(claimed);
          yield { kind: 'pass', subject: measured, note: `${path}: ${benchmark.key}` };
        } else if (claimed !== null) yield { kind: 'fail', subject: filePlace(claimed), message: 'benchmark' };
      }
    },
  },
});
