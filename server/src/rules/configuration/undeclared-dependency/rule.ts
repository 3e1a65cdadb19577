/** Packages that code imports and no manifest requires. */
import type { WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import { indirect, judgeGo } from './go.ts';
import { judgePython } from './python.ts';

function* judge(facts: FactView): Generator<WorkspaceVerdict> {
  if (facts.all('go.module').length > 0) yield* judgeGo(facts);
  yield* judgePython(facts);
}

export const rule = defineRule({
  id: 'undeclared-dependency',
  title: 'Imported package that no manifest requires',
  category: 'configuration',
  severity: 'high',
  confidence: 'certain',
  stage: 'stable',
  docs: {
    what: 'A Go file imports a package of another module that no `require` or `replace` of its go.mod covers, or that is marked `// indirect` although code of the module imports it. A Python file imports a well-known distribution that no manifest of the workspace names, or only in a comment; what a named one is known to bring along counts as named, and imports that are tried are left out unless a comment names them.',
    why: 'A clean checkout does not build or start: in Python the import fails as soon as the file is loaded, and in Go the go command stops with "no required module provides package". A wrong `// indirect` makes reviewers and update tools treat a direct dependency as somebody else\'s.',
    howToFix: '',
    howToFixIn: {
      go: 'Run `go mod tidy`, and commit go.mod and go.sum together with the import.',
      python: 'Add the distribution to the manifest; its name may differ from that of the module.',
    },
    refs: ['https://go.dev/ref/mod#go-mod-tidy', 'https://go.dev/ref/mod#go-mod-file-require'],
  },
  messages: {
    missing: 'No module that {manifest} requires provides {path}, so a clean build fails; run go mod tidy.',
    distribution:
      '{manifest} does not name {distribution}, so {path} is there only if another package brings it; add it.',
    commented:
      '{manifest} names {distribution} only in a comment, so the import of {path} fails; take the comment sign away.',
    indirect: '{module} is marked as indirect, but {file} imports it; remove the mark, or run go mod tidy.',
  },
  fix: 'sometimes',
  roles: ['production', 'test'],
  on: { gomod: [indirect] },
  workspace: { partition: 'workspace', reads: ['go.module', 'python.manifest'], judge },
});
