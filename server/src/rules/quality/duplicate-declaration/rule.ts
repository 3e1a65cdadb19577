/**
 * Names and methods that a Go package declares twice. Two declarations collide only when they are built together: same
 * package clause, same constraints. Declarations inside of functions are left to the compiler.
 */
import type { Fact, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import { isBuiltByBazel, mayHoldExcerpts } from '../../../languages/go/hidden.ts';
import type { GoDeclaration } from '../../../languages/go/symbols.ts';
import { pythonDetectors } from './python.ts';

const KINDS: Readonly<Record<GoDeclaration['kind'], string>> = {
  func: 'Function',
  method: 'Method',
  type: 'Type',
  var: 'Variable',
  const: 'Constant',
};

function declarationOf(fact: Fact): GoDeclaration {
  return fact.value as GoDeclaration;
}

/** Whether every build of the package may leave the file out, as for `//go:build ignore`: each such file stands alone. */
function isStandalone({ package: name, constraint }: GoDeclaration): boolean {
  return constraint !== '' && (name === 'main' || /\bignore\b/.test(constraint));
}

function mayRepeat(key: string): boolean {
  return key === 'init' || key === '_' || key.endsWith('._');
}

/** Files of the package that have a `main` of their own, when all of them do: programs that are run one by one. */
function scripts(facts: FactView): ReadonlySet<string> {
  const mains = facts.get('go.decl').filter((fact) => {
    const { kind, package: name, test, constraint } = declarationOf(fact);
    return fact.key === 'main' && kind === 'func' && name === 'main' && !test && constraint === '';
  });
  const programs = new Set(mains.map(({ place }) => place.path));
  const others = facts.get('go.package').some(({ value, place }) => {
    const file = value as { readonly test: boolean; readonly constraint: string };
    return !file.test && file.constraint === '' && !programs.has(place.path);
  });
  return programs.size > 1 && !others ? programs : new Set();
}

function* judge(facts: FactView): Generator<WorkspaceVerdict> {
  if (mayHoldExcerpts(facts.partition) || isBuiltByBazel(facts, facts.partition)) return;
  const programs = scripts(facts);
  const groups = new Map<string, Fact[]>();
  for (const fact of facts.get('go.decl')) {
    const declaration = declarationOf(fact);
    if (mayRepeat(fact.key) || isStandalone(declaration)) continue;
    const id = `${declaration.package}\n${declaration.constraint}\n${fact.key}`;
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [fact]);
    else group.push(fact);
  }
  const isBroken = (path: string): boolean =>
    facts.lookup('file.syntax-error', path).length > 0 || facts.lookup('file.conflict', path).length > 0;

  for (const group of groups.values()) {
    const first = group[0]!;
    yield { kind: 'pass', subject: first.place };
    for (const fact of group.slice(1)) {
      // Half a declaration, or both sides of a conflict, would be taken for two.
      if (isBroken(fact.place.path) || isBroken(first.place.path)) continue;
      const isProgram = programs.has(fact.place.path) && programs.has(first.place.path);
      if (isProgram && fact.key !== 'main') continue;
      yield {
        kind: 'fail',
        subject: fact.place,
        message: isProgram ? 'program' : 'twice',
        args: { kind: KINDS[declarationOf(fact).kind], name: fact.key, path: first.place.path },
        related: [{ place: first.place, message: 'First declared here.' }],
        ...(isProgram ? { severity: 'medium' } : {}),
      };
    }
  }
}

export const rule = defineRule({
  id: 'duplicate-declaration',
  title: 'Same name declared twice',
  category: 'quality',
  severity: 'critical',
  confidence: 'certain',
  stage: 'stable',
  docs: {
    what: 'A Go package declares a function, type, variable, constant or method twice in files that are built together. Files with different build constraints or for different platforms may declare the same name. A folder of programs that are run one by one (each file has its own `main`) is reported with less weight. In Python a class defines a method twice.',
    why: 'The package does not compile. Typically a file was copied, or both sides of a merge were kept. In Python the first method is gone without a word, and so is a test of that name.',
    howToFix: 'Keep the declaration that is right and delete the other one, or give it a name of its own.',
    refs: ['Go specification: Declarations and scope', 'go vet'],
  },
  messages: {
    twice:
      '{kind} {name} is already declared in {path}, so the package does not compile; delete or rename one of them.',
    method: 'A second method {name} replaces the first one, which nobody can call; delete or rename one of them.',
    program:
      'This folder holds several programs with a main of their own, so it does not build as a package; give each one a folder.',
  },
  effort: { each: [5, 30] },
  suppressible: false,
  fix: 'none',
  // A collision with a test file breaks the tests of the package.
  roles: ['production', 'test'],
  on: { python: pythonDetectors },
  workspace: { partition: 'directory', reads: ['go.decl'], judge },
});
