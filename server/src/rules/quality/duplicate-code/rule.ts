/** Functions that are copies of each other: see `copies.ts` for when they are. */
import type { WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import { mayHoldExcerpts } from '../../../languages/go/hidden.ts';
import { judgeCopies } from './copies.ts';
import { GO_BODY, goDetectors, isIntended } from './go.ts';
import { isIntendedInPython, PYTHON_BODY, pythonDetectors } from './python.ts';

function* judge(facts: FactView): Generator<WorkspaceVerdict> {
  if (!mayHoldExcerpts(facts.partition)) yield* judgeCopies(facts, GO_BODY, isIntended);
  yield* judgeCopies(facts, PYTHON_BODY, isIntendedInPython);
}

export const rule = defineRule({
  id: 'duplicate-code',
  title: 'Function copied from another one',
  category: 'quality',
  severity: 'medium',
  confidence: 'certain',
  stage: 'preview',
  docs: {
    what: 'The body of a function (12 lines and 100 tokens or more) consists of the same tokens as that of another function of the workspace; only names of variables and values of literals may differ. Code for different platforms or versions of an API, copies in two packages that call functions of their own package, tests, generated code and functions that are mostly values are left out.',
    why: 'A mistake is found in one copy and stays in the other. Whoever changes the behaviour does not know that it has to be changed twice.',
    howToFix:
      'Move the code into one function that both call, with what differs as parameters; or let one of the two call the other.',
    refs: ['CWE-1041', 'dupl'],
  },
  messages: {
    copy: 'These {lines} lines are a copy of a function in {other}; let both call one function.',
  },
  fix: 'none',
  on: { go: goDetectors, python: pythonDetectors },
  workspace: { partition: 'directory', reads: [GO_BODY, PYTHON_BODY], judge },
});
