/** Python handlers that take every exception and turn it into a value, so that nobody learns of it. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'broad-except',
  title: 'Exception caught too broadly',
  category: 'errors',
  severity: 'medium',
  confidence: 'heuristic',
  stage: 'stable',
  docs: {
    what: 'A bare `except` takes every exception and signal without logging or raising it again; or `except Exception` turns whatever goes wrong into a value such as `None` or an empty list, or into a printed line.',
    why: 'A misspelt name, a full disk and a refused login look the same as "nothing found". Callers work on with the wrong answer and no log says why; a bare `except` also takes the signal that should end the program.',
    howToFix:
      'Name the exceptions that are expected there. Log everything else with its traceback (`logger.exception`) and raise it, or leave it to whoever answers the request.',
    refs: ['CWE-396', 'ruff BLE001', 'ruff E722', 'pylint broad-exception-caught'],
  },
  messages: {
    bare: 'A bare except also takes KeyboardInterrupt and SystemExit; catch Exception at most, or what is expected.',
    value:
      'Whatever goes wrong in {call}, mistakes in the code included, becomes {value} here; catch what is expected and log the rest.',
    printed:
      'Whatever goes wrong in {call} is only printed here; catch what is expected and log the rest with its traceback.',
  },
  fix: 'sometimes',
  roles: ['production', 'test'],
  on: { python: pythonDetectors },
});
