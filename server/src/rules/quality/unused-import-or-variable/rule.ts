/** Imports and local variables that nobody uses. */
import type { WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import { judgeGo, variables } from './go.ts';
import { judgePython, pythonDetectors, UNUSED_IMPORT, USED_IMPORTS } from './python.ts';

function* judge(facts: FactView): Generator<WorkspaceVerdict> {
  if (facts.get('go.import').length > 0) yield* judgeGo(facts);
  yield* judgePython(facts);
}

export const rule = defineRule({
  id: 'unused-import-or-variable',
  title: 'Import or local variable that is not used',
  category: 'quality',
  severity: 'low',
  confidence: 'certain',
  stage: 'stable',
  unnecessary: true,
  docs: {
    what: 'A file imports something under a name that it never uses, or a function has a variable that is never read. In Go, imports for their side effects (`_`) and packages of other modules whose name is not written are left out; in Python, imports in `__init__.py`, with a comment, in `try` or `if`, of whole modules of the workspace, and names that another file takes from there.',
    why: 'Go does not compile the file; where that is not noticed, nobody builds the package. In Python it costs time at start-up, ties modules together that have nothing to do with each other, and a result that nobody reads is often one that somebody forgot to use.',
    howToFix:
      'Delete the import or the variable. Where the value really is of no interest, assign it to `_` and say why.',
    refs: ['CWE-563', 'CWE-1164', 'Go specification: Import declarations', 'ruff F401', 'ruff F841'],
  },
  messages: {
    import: 'The file imports {path} and does not use it, so it does not compile; remove the import.',
    imported: '{name} is imported and never used; remove the import.',
    local: 'The variable {name} is never read; use it, or leave the assignment out.',
    variable: 'The variable {name} is never read, so this does not compile; use it, or assign to _ instead.',
  },
  fix: 'sometimes',
  roles: ['production', 'test'],
  on: { go: [variables], python: pythonDetectors },
  workspace: { partition: 'directory', reads: ['go.import', UNUSED_IMPORT, USED_IMPORTS], judge },
});
