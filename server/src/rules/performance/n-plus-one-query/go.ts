/**
 * Go: queries that run once for each element of a collection. Only calls on databases count whose type is known, and
 * only those that are about the element; writes within one transaction are left alone.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import { fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { initialValueOf } from '../../../knowledge/go/frameworks.ts';
import { isDeployedPath } from '../../../knowledge/go/services.ts';
import { chainContext, chainOf } from '../../../languages/go/chains.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { type PendingVerdict, pendingValue } from '../../../languages/go/pending.ts';
import { type GoScope, scopeAround } from '../../../languages/go/scope.ts';
import {
  calledExpression,
  calledName,
  FUNCTION_KINDS,
  functionName,
  unparenthesized,
} from '../../../languages/go/syntax.ts';
import { typesAround } from '../../../languages/go/types.ts';

/** Key: chain of the value that the query is made with. What to say when it is a database. */
export const QUERY_FACT = 'n-plus-one-query.query';

const READS = /^(?:Query|QueryRow|Get|Select|First|Find|Take|Last|Count|Pluck|Scan|QueryRowx|Queryx)(?:Context)?$/;
const WRITES = /^(?:Exec|Create|Save|Update|Updates|Delete|Insert|NamedExec|MustExec)(?:Context)?$/;

/** Databases by type, as types.ts writes them; transactions among them. */
export const DATABASES =
  /^\*?(?:database\/sql\.(?:DB|Conn|Tx)|github\.com\/jmoiron\/sqlx\.(?:DB|Tx)|gorm\.io\/gorm\.DB|github\.com\/jinzhu\/gorm\.DB|github\.com\/jackc\/pgx\/v\d(?:\/pgxpool)?\.(?:Pool|Conn|Tx)|xorm\.io\/xorm\.(?:Engine|Session))$/;

/** Code that runs once, or is meant to be slow. */
const ONCE = /migrat|seed|upgrade|schema|init(?:db|ial|data|\b)|install|setup|fixture|import|backfill|repair|restore/i;

/** The value at the bottom of `db.Where(...).Order(...).First(...)`. */
function baseOf(call: GoNode): GoNode | null {
  let node: GoNode | null = call;
  for (let step = 0; step < 12 && node?.kind === 'call_expression'; step++) {
    const callee: GoNode | null = calledExpression(node);
    node = callee?.kind === 'selector_expression' ? unparenthesized(callee.child('operand')!) : null;
  }
  return node?.kind === 'identifier' || node?.kind === 'selector_expression' ? node : null;
}

/**
 * Whether one query for all elements is out of reach: the element names the table or the column, or several of its
 * fields together are looked for.
 */
function isEachOfItsOwn(call: GoNode, elements: ReadonlySet<number>, scope: GoScope): boolean {
  const isElement = (node: GoNode | null): boolean =>
    node?.kind === 'identifier' && elements.has(scope.bindingOf(node)?.id ?? -1);
  const isWritten = call
    .descendants('call_expression')
    .some((inner) => calledName(inner) === 'Sprintf' && inner.descendants('identifier').some(isElement));
  if (isWritten || !READS.test(calledName(call))) return isWritten;
  const fields = call
    .descendants('selector_expression')
    .filter((selector) => isElement(selector.child('operand')))
    .map((selector) => selector.text);
  return new Set(fields).size > 1;
}

/** The variables of a range loop over something that may be long; null for other loops. */
function elementsOf(loop: GoNode, scope: GoScope): ReadonlySet<number> | null {
  const clause = loop.childOfKind('range_clause');
  const collection = clause?.child('right') ?? null;
  if (clause === null || collection === null) return null;
  const inner = unparenthesized(collection);
  const value = inner.kind === 'identifier' ? initialValueOf(inner, scope) : inner;
  if (value?.kind === 'composite_literal' || /_literal$/.test(inner.kind)) return null;
  const names = clause.child('left')?.descendants('identifier') ?? [];
  return new Set(names.flatMap((name) => scope.bindingOf(name)?.id ?? []));
}

const queries: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['range '],
  calls: (name) => READS.test(name) || WRITES.test(name),
  *check(node, ctx): Iterable<Verdict> {
    const loop = node.ancestor('for_statement', ...FUNCTION_KINDS);
    if (loop?.kind !== 'for_statement' || loop.childOfKind('range_clause') === null) return;
    if (!loop.child('body')!.contains(node)) return;
    // `db.Query(...).Scan(...)` is one query: the outermost call that asks counts.
    const outer = node.parent?.kind === 'selector_expression' && node.parent.parent?.kind === 'call_expression';
    if (outer && READS.test(calledName(node.parent!.parent!)) && !/^Scan$/.test(calledName(node.parent!.parent!)))
      return;
    const name = calledName(node);
    // `db.QueryRow(...).Scan(...)`: the query itself is looked at.
    const before = calledExpression(node)?.child('operand') ?? null;
    if (name === 'Scan' && before?.kind === 'call_expression' && /^Query/.test(calledName(before))) return;
    const base = baseOf(node);
    const owner = node.ancestor(...FUNCTION_KINDS);
    if (
      base === null ||
      owner === null ||
      (name === 'Scan' && calledExpression(node)?.child('operand')?.index === base.index)
    )
      return;
    const scope = scopeAround(ctx, node);
    const types = typesAround(ctx, node);
    if (scope === null || types === null) return;
    const elements = elementsOf(loop, scope);
    if (elements === null || elements.size === 0) return;
    const isAbout = node
      .descendants('identifier')
      .some((used) => elements.has(scope.bindingOf(used)?.id ?? -1) && used.index !== base.index);
    if (!isAbout || !isDeployedPath(ctx.file.path) || ONCE.test(ctx.file.path) || ONCE.test(functionName(owner)))
      return;
    if (isEachOfItsOwn(node, elements, scope)) return;
    const isWrite = WRITES.test(name);
    // Writes of one transaction belong together, and batches in it are cheap.
    if (isWrite && /(?:^|\.)(?:tx|Tx|session|batch|stmt|transaction|conn)\w*$/.test(base.text)) return;
    // A loop that ends with the first hit looks for something.
    if (/\n\s*(?:break|return [^\n]*)\n\s*\}\s*$/.test(loop.text)) return;
    const type = types.typeOf(base);
    const verdict: PendingVerdict = {
      kind: 'fail',
      subject: (calledExpression(node)?.child('field') ?? node).span,
      message: isWrite ? 'write' : 'read',
      args: { name },
    };
    if (type !== null) {
      if (DATABASES.test(type) && !(isWrite && /(?:Tx|Session|Conn)$/.test(type))) yield verdict;
      return;
    }
    const chain = chainOf(base, chainContext(scope, types));
    if (chain !== null) yield fact(QUERY_FACT, chain, pendingValue(verdict), node);
  },
};

/** Queries outside of loops are what is wanted. */
const single: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['.Query(', '.QueryContext(', '.Select('],
  calls: (name) => /^(?:Query|QueryContext|Select|SelectContext)$/.test(name),
  *check(node, ctx): Iterable<Verdict> {
    if (node.ancestor('for_statement') !== null) return;
    const base = baseOf(node);
    const type = base === null ? null : typesAround(ctx, node)?.typeOf(base);
    if (type !== null && type !== undefined && DATABASES.test(type)) yield { kind: 'pass', subject: node.span };
  },
};

export const goDetectors = [queries, single];
