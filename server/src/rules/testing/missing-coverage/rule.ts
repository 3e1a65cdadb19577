/** Go tests of which nothing measures how much code they reach. */
import type { WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type WorkspaceJudge } from '../../../core/rulekit/rule.ts';
import { addFlags, evidenceOf, isOwn, placeOfTests } from '../../../knowledge/project/goTests.ts';

const judge: WorkspaceJudge = {
  partition: 'workspace',
  reads: ['project.test'],
  *judge(facts): Iterable<WorkspaceVerdict> {
    if (!facts.all('project.test').some((test) => isOwn(facts, test.place.path))) return;
    const evidence = evidenceOf(facts, 'coverage');
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
    yield { kind: 'fail', subject: place, message: 'missing', fixes: addFlags(facts, '-coverprofile=coverage.out') };
  },
};

export const rule = defineRule({
  id: 'missing-coverage',
  title: 'Test coverage is not measured',
  category: 'testing',
  severity: 'low',
  confidence: 'certain',
  stage: 'stable',
  docs: {
    what: 'There are tests, but no test command, configuration or pipeline step measures which code they reach.',
    why: 'Without a number nobody knows which parts were never run before a release, and a change that drops tests goes unseen.',
    howToFix:
      'Run the tests with `-coverprofile=coverage.out` and look at the result with `go tool cover -func=coverage.out`. Let the pipeline fail below a threshold, or upload the profile to a service that comments on pull requests.',
    refs: ['https://go.dev/blog/cover'],
  },
  messages: {
    missing: 'Nothing measures what the tests cover; add -coverprofile to the test command and watch the number.',
  },
  effort: { each: [30, 90] },
  fix: 'sometimes',
  on: {},
  workspace: judge,
});
