/** Packages, modules and files that no program uses. */
import type { WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import { emptyFile, ignoredFile, judgeGo } from './go.ts';
import { judgePython, PYTHON_MODULE, pythonModule } from './python.ts';

function* judge(facts: FactView): Generator<WorkspaceVerdict> {
  yield* judgeGo(facts);
  yield* judgePython(facts);
}

export const rule = defineRule({
  id: 'dead-module',
  title: 'Package or file that no program uses',
  category: 'quality',
  severity: 'medium',
  confidence: 'certain',
  stage: 'stable',
  docs: {
    what: 'An internal package, or any package of a module that nobody else can import, is imported by no other code of the workspace, or only by tests. A Go file holds no code at all, or is left out of every build by the constraint `ignore` although it is no program of its own. A module of a Python application is imported by nothing but tests, and no command, setting or text names it; modules that run by themselves, that a framework looks for, or that belong to an installable package are left out.',
    why: 'It looks like a feature, has tests and reviews, and never runs. When it is a check, a limit or a clean-up, the program goes without.',
    howToFix:
      'Import the package or module where its work belongs, or delete it; version control keeps it. Delete an empty file, and a build constraint that was meant for a moment.',
    refs: ['CWE-561', 'https://pkg.go.dev/cmd/go#hdr-Build_constraints'],
  },
  messages: {
    unused: 'No program imports the package {name}; call it where its work belongs, or delete it.',
    tested: 'Only tests import the package {name} ({test}); call it where its work belongs, or delete it.',
    module: 'Nothing imports, runs or names the module {name}; import it where its work belongs, or delete it.',
    script: 'Nothing imports {name}, it can only be run by hand; use it where its work belongs, or delete it.',
    moduleTested:
      'Only tests import the module {name} ({test}); use it where its work belongs, or delete it with them.',
    test: 'This tests {name}, which no program uses; use the module, or delete both.',
    ignored: 'The constraint "ignore" keeps this file out of every build; drop the constraint, or delete the file.',
    empty: 'This file holds no code, and the Go compiler rejects it; delete it, or write the package clause.',
  },
  fix: 'none',
  roles: ['production', 'test'],
  on: { go: [emptyFile, ignoredFile], python: [pythonModule] },
  workspace: { partition: 'directory', reads: ['go.package', PYTHON_MODULE], judge },
});
