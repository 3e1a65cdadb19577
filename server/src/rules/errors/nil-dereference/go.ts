/**
 * Pointers of Go that are used where they may be nil: results of the library on a path where the call has failed, or
 * whose error was dropped; parameters that are only compared with nil afterwards; values that a test asserts with a
 * call that does not end it.
 */
import { findPath } from '../../../core/flow/paths.ts';
import type { Fix, FixEdit, Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { type GoFlow, goFlow } from '../../../languages/go/flow.ts';
import { EMPTY_GO_HEADER, type GoHeader, localNameOf } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import {
  checkPlace,
  errorName,
  guardLines,
  linesAfter,
  linesBefore,
  refusalAt,
  zeroText,
} from '../../../languages/go/refusals.ts';
import { type GoBinding, type GoScope, goScope } from '../../../languages/go/scope.ts';
import {
  assignedExpressions,
  assignedValues,
  callArguments,
  calledExpression,
  FUNCTION_KINDS,
  isAssigned,
  isBlank,
  lineSpanOf,
  nilComparison,
  operatorOf,
  parametersOf,
  receiverOf,
  resultsOf,
  statementsOf,
  topLevelOf,
} from '../../../languages/go/syntax.ts';
import { calleeId, goTypes } from '../../../languages/go/types.ts';

/** Whether a use reads a field of what the variable points to, or the whole of it. */
function isDereference(use: GoNode): boolean {
  const parent = use.parent;
  if (parent?.kind === 'unary_expression') return operatorOf(parent) === '*';
  if (parent?.kind !== 'selector_expression' || use.field !== 'operand') return false;
  // Methods may accept a nil receiver.
  return !(parent.parent?.kind === 'call_expression' && parent.field === 'function');
}

function isCompared(use: GoNode): boolean {
  const parent = use.parent;
  return parent?.kind === 'binary_expression' && nilComparison(parent) !== null;
}

interface Places {
  readonly dereferences: ReadonlyMap<number, GoNode>;
  readonly comparisons: ReadonlySet<number>;
  readonly assignments: ReadonlySet<number>;
}

/** Where a function itself uses a variable, by node of its graph. */
function placesOf(binding: GoBinding, flow: GoFlow): Places {
  const dereferences = new Map<number, GoNode>();
  const comparisons = new Set<number>();
  const assignments = new Set<number>();
  for (const use of binding.uses) {
    if (use.ancestor(...FUNCTION_KINDS)?.index !== flow.function.index) continue;
    const id = flow.at(use);
    if (id < 0) continue;
    if (isAssigned(use)) assignments.add(id);
    else if (isCompared(use)) comparisons.add(id);
    else if (isDereference(use) && !dereferences.has(id)) dereferences.set(id, use);
  }
  return { dereferences, comparisons, assignments };
}

/** A statement that ends the goroutine or the process, by its name. */
const LEAVING = /^[\w.]*(?:[pP]anic|[fF]atal|[eE]xit|[sS]kip|FailNow)\w*\(/;

/** A dereference that the failing way of a call leads to. */
function usedAfterFailure(flow: GoFlow, from: number, places: Places, error: GoBinding): GoNode | null {
  const changed = new Set<number>();
  for (const use of error.uses) if (isAssigned(use)) changed.add(flow.at(use));
  const found = findPath(flow.graph, {
    from,
    // 1: the call has failed for certain.
    target: (id, state) => state === 1 && places.dereferences.has(id),
    blocks: (id) =>
      places.assignments.has(id) ||
      places.comparisons.has(id) ||
      changed.has(id) ||
      LEAVING.test(flow.node(id)?.text.slice(0, 60) ?? ''),
    step(edge, state) {
      if (edge.label === 'always') return state;
      const test = flow.node(edge.from);
      const comparison = test === null ? null : nilComparison(test);
      if (comparison === null || !error.uses.some((use) => use.index === comparison.operand.index)) {
        // Other questions about the error, such as errors.Is, may say that the value is there.
        return test !== null && error.uses.some((use) => test.contains(use)) ? null : state;
      }
      return comparison.equal === (edge.label === 'false') ? 1 : null;
    },
  });
  return found === null ? null : places.dereferences.get(found.nodes.at(-1)!)!;
}

/** Calls that cannot fail for arguments that are written out, or that begin so. */
function isConstantCall(call: GoNode, id: string, scope: GoScope): boolean {
  const list = callArguments(call);
  const isConstant = (node: GoNode | undefined): boolean => {
    if (node === undefined) return false;
    if (node.kind === 'identifier') return scope.bindingOf(node) === null;
    return /^(?:fmt\.Sprintf\()?["`][^%"`]{6,}/.test(node.text);
  };
  if (id === 'net/url.Parse' || id === 'net/url.ParseRequestURI') return isConstant(list[0]);
  if (id === 'net/http.NewRequest') return isConstant(list[1]);
  return id === 'net/http.NewRequestWithContext' && isConstant(list[2]);
}

function suggestion(title: string, edits: readonly FixEdit[]): readonly Fix[] {
  return [{ title, safety: 'suggestion', preferred: true, edits }];
}

/** `parsed, err := url.Parse(address)` with the check behind it, instead of `parsed, _ :=`. */
function keptError(statement: GoNode, value: GoNode, blank: GoNode, ctx: ChunkContext): readonly Fix[] {
  const isOwnLine = checkPlace(statement) !== null && statement.parent?.kind === 'statement_list';
  const name = isOwnLine ? errorName(ctx, statement, `${value.text}Err`) : null;
  const refusal = name === null ? null : refusalAt(ctx, statement, { error: name });
  const check = refusal === null ? null : linesAfter(statement, guardLines(`${name} != nil`, refusal));
  if (name === null || refusal === null || check === null) return [];
  return suggestion('Check the error', [
    { kind: 'replace', span: blank.span, newText: name },
    check,
    { kind: 'import', add: refusal.imports },
  ]);
}

/** How the branch of an error is left once it has been reported: the round of the loop, or the function. */
function leaveLine(branch: GoNode, error: string, ctx: ChunkContext): string | null {
  const loop = branch.ancestor('for_statement', ...FUNCTION_KINDS);
  if (loop?.kind === 'for_statement') return 'continue';
  const owner = branch.ancestor(...FUNCTION_KINDS);
  const declaration = topLevelOf(branch);
  if (owner === null || declaration === null) return null;
  const types = ctx.get(goTypes, declaration);
  const list = resultsOf(owner).map((result) => types.typeText(result.type));
  if (list.length === 0) return 'return';
  const zeros = list.map((type, position) =>
    type === 'error' && position === list.length - 1 ? error : zeroText(type),
  );
  return zeros.includes(null) ? null : `return ${zeros.join(', ')}`;
}

/** Leaves the branch that only reports the error of a call. */
function leavingFix(statement: GoNode, error: GoBinding, ctx: ChunkContext): readonly Fix[] {
  let next = statement.nextSibling;
  while (next !== null && (!next.isNamed || next.kind === 'comment')) next = next.nextSibling;
  const condition =
    next?.kind === 'if_statement' && next.child('initializer') === null ? next.child('condition') : null;
  const comparison = condition === null ? null : nilComparison(condition);
  const last = next === null ? undefined : statementsOf(next.child('consequence') ?? next).at(-1);
  if (comparison === null || comparison.equal || last === undefined || next?.child('alternative') !== null) return [];
  if (!error.uses.some((use) => use.index === comparison.operand.index)) return [];
  const line = leaveLine(last, error.name, ctx);
  const edit = line === null ? null : linesAfter(last, [line]);
  return edit === null ? [] : suggestion('Leave when the call has failed', [edit]);
}

/** Moves `if order == nil { return ... }` in front of the first use. */
function movedCheck(use: GoNode, comparison: GoNode, scope: GoScope): readonly Fix[] {
  const statement = checkPlace(use);
  const check = comparison.ancestor('if_statement', ...FUNCTION_KINDS);
  if (statement === null || check?.kind !== 'if_statement' || check.parent?.index !== statement.parent?.index)
    return [];
  const condition = check.child('condition');
  const test = condition === null ? null : nilComparison(condition);
  const last = statementsOf(check.child('consequence') ?? check).at(-1);
  if (test === null || !test.equal || check.child('initializer') !== null || check.child('alternative') !== null)
    return [];
  if (last?.kind !== 'return_statement' && !LEAVING.test(last?.text ?? '')) return [];
  // What the check uses must be there in front of the first use as well.
  const isLater = scope.bindings.some(
    (binding) =>
      binding.node.start >= statement.start &&
      binding.node.start < check.start &&
      binding.uses.some((other) => check.contains(other)),
  );
  const span = lineSpanOf(check);
  const { text } = check.tree;
  if (isLater || text.slice(span.start, span.end).trim() !== check.text) return [];
  // A blank line that stood in front of the check goes with it.
  const before = /(?:\r\n|\r|\n)[ \t]*(?:\r\n|\r|\n)$/.exec(text.slice(0, span.start));
  const isParagraph = before !== null && /^[ \t]*(?:[\r\n]|\})/.test(text.slice(span.end));
  const start = isParagraph ? span.start - before[0].replace(/^(?:\r\n|\r|\n)/, '').length : span.start;
  return suggestion('Move the check in front of the first use', [
    { kind: 'replace', span: { start, end: span.end }, newText: '' },
    linesBefore(statement, [check.text]),
  ]);
}

/** `require.NotNil` ends the test. */
function required(call: GoNode, ctx: ChunkContext): readonly Fix[] {
  const path = 'github.com/stretchr/testify/require';
  const header = (ctx.file.header as GoHeader | null) ?? EMPTY_GO_HEADER;
  const own = localNameOf(header, path);
  const assert = calledExpression(call)?.child('operand');
  if (assert === null || assert === undefined) return [];
  if (own === null && (header.imports.some((item) => item.name === 'require') || !isFree('require', call, ctx)))
    return [];
  return suggestion('Use require, which ends the test', [
    { kind: 'replace', span: assert.span, newText: own ?? 'require' },
    { kind: 'import', add: [path], remove: ['github.com/stretchr/testify/assert'] },
  ]);
}

function isFree(name: string, node: GoNode, ctx: ChunkContext): boolean {
  const declaration = topLevelOf(node);
  return declaration !== null && ctx.get(goScope, declaration).bindings.every((binding) => binding.name !== name);
}

const results: NodeDetector<unknown, GoNode> = {
  kinds: ['short_var_declaration'],
  triggers: ['_ :=', 'err :=', 'err1 :=', 'Err :='],
  when: (node) => assignedExpressions(node).length === 2 && assignedValues(node)[0]?.kind === 'call_expression',
  *check(node, ctx): Iterable<Verdict> {
    const declaration = topLevelOf(node);
    const owner = node.ancestor(...FUNCTION_KINDS);
    const [target, second] = assignedExpressions(node);
    const call = assignedValues(node)[0]!;
    if (ctx.file.role !== 'production' || declaration === null || owner === null || target?.kind !== 'identifier')
      return;
    const types = ctx.get(goTypes, declaration);
    const [type, error] = types.resultTypesOf(call) ?? [];
    if (type === undefined || type === null || !type.startsWith('*') || error !== 'error') return;
    const scope = ctx.get(goScope, declaration);
    const value = scope.bindingOf(target);
    if (value === null || !value.uses.some(isDereference)) return;
    const flow = ctx.get(goFlow, owner);
    const places = placesOf(value, flow);
    const from = flow.at(node);
    const args = { name: value.name, call: calledExpression(call)?.text ?? 'the call' };
    if (isBlank(second!)) {
      if (isConstantCall(call, calleeId(types.calleeOf(call)), scope) || value.uses.some(isCompared)) return;
      const path = findPath(flow.graph, {
        from,
        target: (id) => places.dereferences.has(id),
        blocks: (id) => places.assignments.has(id),
      });
      if (path !== null) {
        const use = places.dereferences.get(path.nodes.at(-1)!)!;
        yield {
          kind: 'fail',
          subject: use.parent!.span,
          message: 'dropped',
          args,
          related: [{ span: second!.span, message: 'The error is dropped here' }],
          fixes: keptError(node, target, second!, ctx),
        };
      }
      return;
    }
    const binding = second!.kind === 'identifier' ? scope.bindingOf(second!) : null;
    if (binding === null || from < 0) return;
    const use = usedAfterFailure(flow, from, places, binding);
    if (use === null) yield { kind: 'pass', subject: target.span };
    else {
      yield {
        kind: 'fail',
        subject: use.parent!.span,
        message: 'failed',
        args,
        related: [{ span: call.span, message: 'When this fails, the value is nil' }],
        fixes: leavingFix(node, binding, ctx),
      };
    }
  },
};

/** Looks back for the name only where something is compared with nil. */
const COMPARED_WITH_NIL = /[!=]=\s*nil(?<=([^\s!-/:-@[-^`{-~]+)\s*[!=]=\s*nil)/g;

/** The names of a text that are compared with nil. */
function comparedWithNil(text: string): ReadonlySet<string> {
  return new Set(Array.from(text.matchAll(COMPARED_WITH_NIL), (match) => match[1]!));
}

/** Parameters that are compared with nil after they were used. */
const parameters: NodeDetector<unknown, GoNode> = {
  kinds: ['function_declaration', 'method_declaration'],
  triggers: ['== nil', '!= nil'],
  *check(node, ctx): Iterable<Verdict> {
    if (ctx.file.role !== 'production') return;
    const receiver = receiverOf(node);
    const names = parametersOf(node).filter(
      ({ type, name }) => name !== '' && name !== '_' && type.kind === 'pointer_type',
    );
    const identifiers = names.map(({ node: name }) => name);
    if (receiver?.pointer === true && receiver.node !== null) identifiers.push(receiver.node);
    if (identifiers.length === 0) return;
    const compared = comparedWithNil(node.tree.text);
    for (const identifier of identifiers) {
      if (identifier === null || !compared.has(identifier.text)) continue;
      const binding = ctx.get(goScope, node).bindingOf(identifier);
      if (binding === null || !binding.uses.some(isDereference)) continue;
      const flow = ctx.get(goFlow, node);
      const places = placesOf(binding, flow);
      if (places.comparisons.size === 0) continue;
      const blocks = (id: number): boolean => places.comparisons.has(id) || places.assignments.has(id);
      let found: GoNode | null = null;
      for (const [id, use] of places.dereferences) {
        const reached = findPath(flow.graph, { from: flow.graph.entry, target: (other) => other === id, blocks });
        if (blocks(id) || reached === null) continue;
        const later = findPath(flow.graph, {
          from: id,
          target: (other) => places.comparisons.has(other),
          blocks: (other) => places.assignments.has(other),
        });
        if (later === null) continue;
        // On a way of its own something else may say that there is a value.
        const around = findPath(flow.graph, {
          from: flow.graph.entry,
          target: (other) => places.comparisons.has(other),
          blocks: (other) => other === id,
        });
        if (around !== null) continue;
        found = use;
        const check = flow.node(later.nodes.at(-1)!);
        yield {
          kind: 'fail',
          subject: use.parent!.span,
          message: 'before',
          args: { name: binding.name },
          related: check === null ? [] : [{ span: check.span, message: 'Only here it is compared with nil' }],
          fixes: check === null ? [] : movedCheck(use, check, ctx.get(goScope, node)),
        };
        break;
      }
      if (found === null) yield { kind: 'pass', subject: identifier.span };
    }
  },
};

/** `assert.NotNil(t, order)` goes on when it fails. */
const asserted: NodeDetector<unknown, GoNode> = {
  kinds: ['call_expression'],
  triggers: ['assert.NotNil'],
  calls: (name) => name === 'NotNil' || name === 'NotNilf',
  *check(node, ctx): Iterable<Verdict> {
    const declaration = topLevelOf(node);
    const statement = node.parent;
    const value = callArguments(node)[1];
    if (declaration === null || statement?.kind !== 'expression_statement' || value?.kind !== 'identifier') return;
    if (calleeId(ctx.get(goTypes, declaration).calleeOf(node)) !== 'github.com/stretchr/testify/assert.NotNil') return;
    const binding = ctx.get(goScope, declaration).bindingOf(value);
    const block = statement.parent;
    if (binding === null || block?.kind !== 'statement_list') return;
    for (const use of binding.uses) {
      if (use.start < node.end || !block.contains(use)) continue;
      if (isAssigned(use) || isCompared(use)) return;
      if (!isDereference(use) || use.ancestor(...FUNCTION_KINDS)?.index !== node.ancestor(...FUNCTION_KINDS)?.index)
        continue;
      yield {
        kind: 'fail',
        subject: use.parent!.span,
        message: 'asserted',
        args: { name: value.text },
        severity: 'low',
        related: [{ span: node.span, message: 'The test goes on when this fails' }],
        fixes: required(node, ctx),
      };
      return;
    }
  },
};

export const detectors: readonly Detector[] = [results as Detector, parameters as Detector, asserted as Detector];
