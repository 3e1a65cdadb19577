/** Tests that succeed whatever the code under test does. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { detectors } from './go.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'vacuous-test',
  title: 'Test that cannot fail',
  category: 'testing',
  severity: 'medium',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A test has no statement, asserts a constant or compares a value with itself, or leaves the decision to a helper that only returns `true`, or nothing where it should have set something up. In Python also `assert (value, "message")`, which is a tuple and true, and checks of a mock that are never called.',
    why: 'It counts as a test and is always green, so that the behaviour it is named after can break unnoticed.',
    howToFix:
      'Assert something that depends on the code under test, write the helper, or delete the test; `t.Skip` (`pytest.skip`) with a reason says that it is still to be written.',
    refs: ['staticcheck SA4000', 'testifylint useless-assert'],
  },
  messages: {
    empty: 'This test has no statement and always passes; test something, or call t.Skip and say why.',
    emptyPython: 'This test has no statement and always passes; test something, or skip it and say why.',
    tuple: 'A tuple is always true, so that nothing is compared; remove the brackets.',
    mock: 'A mock has every attribute, so that {name} is true whatever was called; use {meant}.',
    uncalled: '{name} is named and not called, so that nothing is checked; add the brackets.',
    comparing: '{name} is always true, so whoever asks it cannot fail; compare the values, or remove the helper.',
    setup: '{name} returns nil and sets nothing up; return what the tests need, or skip them with t.Skip.',
    constant: '{call} holds whatever the code does; assert something that depends on it.',
    never: 'This branch is never taken, so the test cannot fail here; ask for something that depends on the code.',
  },
  fix: 'sometimes',
  roles: ['test'],
  on: { go: detectors, python: pythonDetectors },
});
