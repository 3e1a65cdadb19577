/** Functions and methods that nothing refers to. */
import type { WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { judgeGo } from './go.ts';
import { judgePython, PYTHON_FUNCTION, pythonFunctions } from './python.ts';

function* judge(facts: FactView): Generator<WorkspaceVerdict> {
  yield* judgeGo(facts);
  yield* judgePython(facts);
}

export const rule = defineRule({
  id: 'unused-function',
  title: 'Function that nothing calls',
  category: 'quality',
  severity: 'medium',
  confidence: 'likely',
  stage: 'stable',
  unnecessary: true,
  docs: {
    what: 'A function or method that no code outside of its package can reach, or none outside of the module (in an internal package or a command), is mentioned nowhere but in tests or in its own body. Left out are functions without a body, packages with C code or linker directives, code that is not known as a whole, and exported methods that an interface of a library may ask for. In Python: a function or method of an application whose name no code, template or setting mentions; decorated ones, methods of classes with bases and what frameworks call by name are left out, and of installable packages only names with an underscore are judged.',
    why: 'Either the feature does not run although everybody believes it does - a fallback, a check, a clean-up - or it is dead weight that is read, reviewed and migrated for nothing.',
    howToFix:
      'Call the function where it belongs, or delete it; version control keeps it. A helper that only tests need belongs into a test file.',
    refs: ['CWE-561', 'staticcheck U1000', 'vulture', 'https://pkg.go.dev/golang.org/x/tools/cmd/deadcode'],
  },
  messages: {
    unused: '{name} is never used; call it where it belongs, or delete it.',
    testedPython: '{name} is mentioned by tests only ({test}); call it where it belongs, or move it to the tests.',
    tested: '{name} is used by tests only ({test}); call it where it belongs, or move it to a test file.',
  },
  fix: 'none',
  on: { python: [pythonFunctions as NodeDetector] },
  workspace: { partition: 'directory', reads: ['go.decl', PYTHON_FUNCTION], judge },
});
