/** Imports that lead nowhere. */
import type { WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import { judgeGo } from './go.ts';
import { judgePython } from './python.ts';

function* judge(facts: FactView): Generator<WorkspaceVerdict> {
  yield* judgeGo(facts);
  yield* judgePython(facts);
}

export const rule = defineRule({
  id: 'unresolved-import',
  title: 'Import of something that does not exist',
  category: 'quality',
  severity: 'high',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'An import leads nowhere. In Go: a package of the own module whose directory holds no code, or a path without a host name that neither the standard library nor go.mod knows. In Python: a relative import or a module of a package of the workspace that is not there, a name that such a module does not declare, or a module that is neither in the workspace nor in the standard library nor named by a manifest. What git ignores, what is usually generated, and imports that are tried only are left out.',
    why: 'Go code with such an import does not compile. A Python module with one at its top fails when it is loaded, and everything that imports it fails too; in a function it fails when that function is called, which may be months later. It happens when something is moved or renamed, was never committed, or never existed.',
    howToFix:
      'Correct the path or name, add what is missing, or delete the import with the code that uses it. Let the continuous integration build or import everything (`go build ./...`, a type checker or `python -m compileall` with an import test).',
    refs: [
      'https://go.dev/ref/mod#resolve-pkg-mod',
      'Go specification: Import declarations',
      'pylint E0401',
      'pylint E0611',
    ],
  },
  messages: {
    missing: 'Module {module} has no package {path}, so this does not compile; correct the path, or add the package.',
    unknown:
      '{path} is in neither the standard library nor a required module; write the whole path, as in {module}/...',
    module: 'There is no module {path}, so this file fails when it is loaded; correct the import, or add the module.',
    moduleInFunction:
      'There is no module {path}, so {function} fails when it gets here; correct the import, or add the module.',
    name: '{path} declares no {name}, so this import fails; correct the name, or declare it there.',
    foreign:
      'No file, no part of the standard library and no manifest brings {path}, so this file fails when it is loaded; correct the import.',
    foreignInFunction:
      'No file, no part of the standard library and no manifest brings {path}, so {function} fails when it gets here; correct the import.',
  },
  fix: 'sometimes',
  roles: ['production', 'test'],
  on: {},
  workspace: { partition: 'directory', reads: ['go.import', 'python.import'], judge },
});
