/** Routes, flags, metrics and services that are registered a second time where the first registration is in effect. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { go, judgePackage, START_FACT } from './go.ts';
import { judgePython, pythonDetectors, REGISTERED } from './python.ts';

export const rule = defineRule({
  id: 'duplicate-registration',
  title: 'Route, metric or handler registered twice',
  category: 'quality',
  severity: 'medium',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: "One function registers the same method and path on the same router twice, the same flag or its letter in the same set, the same metric in the same registry, or the same gRPC service on the same server; or the variables and `init` functions of one package do so with the flags, metrics or routes that the whole program shares. Prefixes of groups are added up, and names of path parameters make no difference. Registrations in branches that exclude each other, on routers that are set more than once, with further matchers, or with names that are not written there are left out. In Python a file registers a route of one router twice by decorators, a list of Django's holds a path twice, a parser gets an argument twice, or a module makes a metric twice.",
    why: 'Some libraries stop the program at start-up: it compiles, and fails when it is deployed. Others keep one of the two handlers without a word, so that requests never reach the other one, and whoever changes that one wonders why nothing happens.',
    howToFix:
      'Delete the registration that has no effect. If both are wanted, give one of them another method, path or name.',
    refs: ['CWE-675', 'https://pkg.go.dev/net/http#ServeMux', 'https://pkg.go.dev/flag'],
  },
  messages: {
    route:
      '{name} is registered a second time on this router, which stops the program at start-up; delete one of the two.',
    again: '{name} is registered twice for the same function; delete one of the two.',
    shadowed: 'No request for {name} gets here, because {handler} is registered for it as well; delete one of the two.',
    flag: 'The flag {name} is defined a second time, which stops the program at start-up; delete or rename one of the two.',
    shorthand:
      'The letter {name} stands for another flag already, which stops the program at start-up; choose another letter.',
    metric:
      'The metric {name} is registered a second time, which stops the program at start-up; use the one that exists.',
    service:
      'The service {name} is registered a second time, which stops the program at start-up; delete one of the two.',
  },
  effort: { each: [5, 20] },
  fix: 'sometimes',
  on: { go, python: pythonDetectors },
  workspace: {
    partition: 'directory',
    reads: [START_FACT, REGISTERED],
    *judge(facts) {
      yield* judgePackage(facts);
      yield* judgePython(facts);
    },
  },
});
