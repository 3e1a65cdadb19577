/** Go code with goroutines whose tests never run under the race detector. */
import type { WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type WorkspaceJudge } from '../../../core/rulekit/rule.ts';
import { addFlags, evidenceOf, isOwn, placeOfTests } from '../../../knowledge/project/goTests.ts';

const judge: WorkspaceJudge = {
  partition: 'workspace',
  reads: ['project.goroutine'],
  *judge(facts): Iterable<WorkspaceVerdict> {
    const hasTests = facts.all('project.test').some((test) => isOwn(facts, test.place.path));
    if (!hasTests || facts.all('project.goroutine').length === 0) return;
    const evidence = evidenceOf(facts, 'race');
    if (evidence !== null) {
      yield { kind: 'pass', subject: evidence.place };
      return;
    }
    const place = placeOfTests(facts);
    if (place === null) return;
    const [remote] = facts.all('ci.remote');
    if (remote !== undefined) {
      const note = `The pipeline runs ${remote.key}, which is not part of the workspace.`;
      yield { kind: 'unknown', subject: remote.place, note };
      return;
    }
    yield { kind: 'fail', subject: place, message: 'missing', fixes: addFlags(facts, '-race') };
  },
};

export const rule = defineRule({
  id: 'missing-race-detector',
  title: 'Tests run without the race detector',
  category: 'testing',
  severity: 'low',
  confidence: 'certain',
  stage: 'stable',
  docs: {
    what: 'The code starts goroutines or guards shared data, and has tests, but no pipeline, makefile, task file or script runs them with `-race`.',
    why: 'A data race rarely fails a test: it corrupts memory under load, weeks later, in production. The race detector finds the races of every code path that the tests take, at the price of a slower test run, and reports hardly anything that is not a bug.',
    howToFix:
      'Run `go test -race ./...` in the pipeline. It needs cgo and one of the supported platforms; on others, run it in one additional job.',
    refs: ['https://go.dev/doc/articles/race_detector'],
  },
  messages: {
    missing: 'No test command uses the race detector although the code is concurrent; run the tests with -race.',
  },
  effort: { each: [10, 60] },
  fix: 'sometimes',
  on: {},
  workspace: judge,
});
