/** Dependencies that a manifest names and no code uses. */
import type { WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { commands, judgeGo, REQUIRED, requirements } from './go.ts';
import { judgePython, loaders } from './python.ts';

function* judge(facts: FactView): Generator<WorkspaceVerdict> {
  yield* judgeGo(facts);
  yield* judgePython(facts);
}

export const rule = defineRule({
  id: 'unused-dependency',
  title: 'Declared dependency that nothing uses',
  category: 'configuration',
  severity: 'low',
  confidence: 'likely',
  stage: 'stable',
  unnecessary: true,
  docs: {
    what: 'A go.mod requires a module on its own behalf, and no file of the module imports a package of it, nor does a command run one. Or a Python application requires a well-known distribution that nothing in the workspace imports or mentions. Distributions that work without an import (drivers, servers, plug-ins) or that another one loads, applications that load plug-ins of their own, lists that a tool wrote, and lines with a comment are left out.',
    why: 'It is downloaded, scanned and updated for nothing, each of its flaws has to be answered for, and whoever reads the manifest learns something about the program that is not true.',
    howToFix:
      'Run `go mod tidy`, or delete the line. When something needs it without an import, say so in a comment behind it.',
    refs: ['CWE-1164', 'https://go.dev/ref/mod#go-mod-tidy'],
  },
  messages: {
    module: 'Nothing in this module imports a package of {module}; run go mod tidy.',
    distribution: 'Nothing imports {module} of {name}; delete the line, or say behind it what needs it.',
  },
  effort: { each: [2, 10] },
  fix: 'sometimes',
  roles: ['production', 'test', 'generated', 'example'],
  on: { gomod: [requirements], python: [loaders as NodeDetector], any: [commands] },
  workspace: { partition: 'workspace', reads: [REQUIRED, 'python.requirement'], judge },
});
