/** Loop variables that are shared by all turns and used by functions which run later. */
import { directoryOf } from '../../../core/model/path.ts';
import { defineRule } from '../../../core/rulekit/rule.ts';
import { isBeforeGo, moduleOf } from '../../../knowledge/go/modules.ts';
import { settled } from '../../../languages/go/pending.ts';
import { CAPTURED, detectors } from './go.ts';
import { pythonDetectors } from './python.ts';

/** From here on, each turn of a loop has variables of its own. */
const OWN_VARIABLES = 22;

export const rule = defineRule({
  id: 'loop-variable-capture',
  title: 'Loop variable captured by reference',
  category: 'concurrency',
  severity: 'medium',
  confidence: 'certain',
  stage: 'stable',
  docs: {
    what: "A goroutine, deferred function or task of an errgroup that is made in a loop uses the loop's variable, in a module whose go.mod asks for a Go version below 1.22. Or a Python lambda that is kept for later uses the variable of the loop in which it is made.",
    why: 'Up to Go 1.21 all turns of a loop share one variable. By the time the function runs, the loop has gone on, so that most of them see the last value.',
    howToFix: '',
    howToFixIn: {
      go: 'Declare a copy in the body before the function (`v := v`), pass the value as a parameter, or raise the version in go.mod to 1.22, where each turn has a variable of its own.',
      python: 'Give the value as a default: `lambda v=v: ...`.',
    },
    refs: ['gosec G601', 'go vet loopclosure', 'https://go.dev/blog/loopvar-preview'],
  },
  messages: {
    lambda:
      'All rounds of the loop share {name}, so this lambda sees its last value; give it as a default ({name}={name}).',
    captured:
      'All turns of the loop share {name}, so this function sees its last value; write {name} := {name} before.',
  },
  fix: 'sometimes',
  roles: ['production', 'test'],
  on: { go: detectors, python: pythonDetectors },
  workspace: {
    partition: 'workspace',
    reads: [CAPTURED],
    *judge(facts) {
      for (const found of facts.all(CAPTURED)) {
        const { path } = found.place;
        // Without a go.mod nobody knows which version compiles it.
        if (moduleOf(facts, directoryOf(path)) === null) continue;
        if (isBeforeGo(OWN_VARIABLES, path, facts)) yield settled(found, found.value);
      }
    },
  },
});
