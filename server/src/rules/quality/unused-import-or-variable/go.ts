/**
 * Go: local variables of functions that nobody reads, and imports that a file does not use. An import is judged only when
 * the name of its package is certain and the package's code is known as a whole.
 */
import type { Fact, Fix, FixEdit, Verdict, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import type { FactView, NodeDetector } from '../../../core/rulekit/rule.ts';
import { FLAG_ERROR, FLAG_MISSING } from '../../../core/syntax/flatTree.ts';
import { stdlibPackage } from '../../../knowledge/go/stdlib.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import { mayHoldExcerpts } from '../../../languages/go/hidden.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { goIndex } from '../../../languages/go/resolve.ts';
import { type GoBinding, type GoScope, goScope } from '../../../languages/go/scope.ts';
import type { GoPackageFile } from '../../../languages/go/symbols.ts';
import { assignedExpressions, operatorOf } from '../../../languages/go/syntax.ts';
import { readUses } from '../../../languages/go/uses.ts';

/** Whether the identifier is only given a value; `x += 1` and `x++` read it first. */
function isOverwritten(use: GoNode): boolean {
  const list = use.parent;
  const statement = list?.kind === 'expression_list' && list.field === 'left' ? list.parent : null;
  if (statement === null) return false;
  if (statement.kind === 'short_var_declaration') return true;
  return statement.kind === 'assignment_statement' && operatorOf(statement) === '=';
}

function isBroken(node: GoNode): boolean {
  const { flags } = node.tree;
  for (let i = node.index; i < node.stop; i++) if ((flags[i]! & (FLAG_ERROR | FLAG_MISSING)) !== 0) return true;
  return false;
}

/** Names the variable `_`; null when the statement would have to be rewritten. */
function blanked(binding: GoBinding, scope: GoScope): readonly Fix[] {
  const edits: FixEdit[] = [binding.node, ...binding.uses].map((node) => ({
    kind: 'replace',
    span: node.span,
    newText: '_',
  }));
  const statement = binding.node.parent?.kind === 'expression_list' ? binding.node.parent.parent : null;
  if (binding.node.parent?.kind !== 'var_spec' && statement?.kind !== 'short_var_declaration') return [];
  if (binding.uses.some((use) => use.parent?.parent?.kind === 'short_var_declaration')) return [];
  if (statement?.kind === 'short_var_declaration') {
    const declared = new Set(scope.bindings.map(({ node }) => node.index));
    const others = assignedExpressions(statement).filter(({ index }) => index !== binding.node.index);
    if (!others.some(({ index }) => declared.has(index))) {
      const operator = statement.childOfKind(':=');
      if (operator === null) return [];
      edits.push({ kind: 'replace', span: operator.span, newText: '=' });
    }
  }
  return [{ title: 'Name it _', safety: 'suggestion', edits }];
}

export const variables: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['function_declaration', 'method_declaration', 'var_declaration'],
  *check(node, ctx): Iterable<Verdict> {
    if (node.parent?.kind !== 'chunk' || ctx.file.role !== 'production') return;
    const scope = ctx.get(goScope, node);
    let variablesSeen = 0;
    let unused = 0;
    for (const binding of scope.bindings) {
      if (binding.kind !== 'variable' || binding.owner < 0 || binding.name === '_') continue;
      variablesSeen++;
      if (binding.possibleUses.length > 0 || !binding.uses.every(isOverwritten)) continue;
      if (isBroken(node)) return;
      unused++;
      yield {
        kind: 'fail',
        subject: binding.node.span,
        message: 'variable',
        args: { name: binding.name },
        fixes: blanked(binding, scope),
      };
    }
    if (variablesSeen > 0 && unused === 0) yield { kind: 'pass', subject: node.child('name')?.span ?? node.span };
  },
};

/** Names before a dot in each file of the package. */
function qualifiersByFile(facts: FactView): ReadonlyMap<string, ReadonlySet<string>> {
  const byFile = new Map<string, Set<string>>();
  for (const fact of facts.get('go.uses')) {
    let names = byFile.get(fact.key);
    if (names === undefined) {
      names = new Set();
      byFile.set(fact.key, names);
    }
    // A package name by itself is an error of another kind.
    for (const { kind, name } of readUses(fact)) if (kind !== 'member') names.add(name);
  }
  return byFile;
}

export function* judgeGo(facts: FactView): Generator<WorkspaceVerdict> {
  const index = facts.derive(goIndex);
  if (mayHoldExcerpts(facts.partition) || !index.isComplete(facts.partition)) return;
  const qualifiers = qualifiersByFile(facts);
  const importPlace = (file: Fact, path: string): Fact | undefined =>
    facts.lookup('go.import', path).find(({ place }) => place.path === file.place.path);
  for (const file of facts.get('go.package')) {
    const { test, imports } = file.value as GoPackageFile;
    if (test || facts.role(file.place.path) !== 'production' || imports.length === 0) continue;
    const used = qualifiers.get(file.place.path) ?? new Set();
    let failed = false;
    for (const [guess, path, alias] of imports) {
      if (guess === '_' || guess === '.' || path === 'C') continue;
      const target = alias || stdlibPackage(path) !== null ? null : index.directoryOfImport(facts.partition, path);
      const name = alias || stdlibPackage(path) !== null ? guess : target === null ? null : index.packageName(target);
      if (name === null || used.has(name)) continue;
      const found = importPlace(file, path);
      if (found === undefined) continue;
      failed = true;
      yield {
        kind: 'fail',
        subject: found.place,
        message: 'import',
        args: { path },
        fixes: [
          {
            title: 'Remove the import',
            safety: 'safe',
            preferred: true,
            edits: [{ kind: 'import', remove: [path] }],
          },
        ],
      };
    }
    if (!failed) yield { kind: 'pass', subject: file.place };
  }
}
