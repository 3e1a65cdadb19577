/**
 * Conditions that a function tests more than once: a path on which the same test comes out differently without a
 * change in between is impossible, as in `if shared { mu.Lock() } ... if shared { mu.Unlock() }`. Only tests that read
 * the same are compared, and what a called function may change is left out: this rules paths out, it never proves one.
 */
import type { FlowEdge } from '../../../core/flow/graph.ts';
import { type GoFlow, nodesRunAt } from '../flow.ts';
import type { GoNode } from '../nodes.gen.ts';
import type { GoScope } from '../scope.ts';
import { assignedExpressions, assignedValues, nilComparison, operatorOf, unparenthesized } from '../syntax.ts';
import { dependsOn, placeOf } from './operations.ts';

/** What is known of the tests on a path, as a number below `states`. */
export interface PathConditions {
  readonly states: number;
  readonly initial: number;
  /** Knowledge behind an edge; null: the edge contradicts it. */
  step(edge: FlowEdge, state: number): number | null;
  /** Knowledge behind a node. */
  enter(id: number, state: number): number;
}

/** More tests than this make the search slow and are rare. */
const TEST_LIMIT = 5;
const UNKNOWN = 0;
const TRUE = 1;
const FALSE = 2;

interface Test {
  /** The same for tests of the same expression over the same variables. */
  readonly key: string;
  /** Whether the test reads `!=` where the key stands for `==`. */
  readonly inverted: boolean;
  readonly expression: GoNode;
  /** Variables that the test reads. */
  readonly reads: readonly string[];
}

/** `prefer` says which tests matter most when there are too many: those around the statements in question. */
export function pathConditions(flow: GoFlow, scope: GoScope, prefer: readonly GoNode[]): PathConditions {
  const { graph } = flow;
  const tests = new Map<number, Test>();
  const counts = new Map<string, number>();
  graph.nodes.forEach((node, id) => {
    if (node.kind !== 'condition' && node.kind !== 'case') return;
    const test = readTest(flow, id, scope);
    if (test === null) return;
    tests.set(id, test);
    counts.set(test.key, (counts.get(test.key) ?? 0) + 1);
  });

  const weights = new Map<string, number>();
  for (const test of tests.values()) {
    const around = test.expression.ancestor('if_statement', 'expression_switch_statement', 'for_statement');
    const holds = around !== null && prefer.some((node) => around.contains(node));
    const single = counts.get(test.key) === 1;
    // A flag that is set to a constant and tested once is known as well.
    if (single && test.expression.kind !== 'identifier') continue;
    weights.set(test.key, (weights.get(test.key) ?? 0) + (holds ? 100 : 1));
  }
  const chosen = [...weights.keys()].sort((a, b) => weights.get(b)! - weights.get(a)!).slice(0, TEST_LIMIT);
  if (chosen.length === 0)
    return { states: 1, initial: 0, step: (_edge, state) => state, enter: (_id, state) => state };

  const position = new Map(chosen.map((key, index) => [key, index]));
  const subjects = chosen.map((key) => [...tests.values()].find((test) => test.key === key)!);
  const changes = new Map<number, readonly { readonly index: number; readonly value: number }[]>();
  graph.nodes.forEach((_node, id) => {
    const found: { index: number; value: number }[] = [];
    for (const node of nodesRunAt(flow, id, ...ASSIGNING)) {
      for (const { place, value } of assignmentsOf(node, scope)) {
        subjects.forEach(({ reads, expression }, index) => {
          if (!reads.some((name) => dependsOn(name, place) || dependsOn(place, name))) return;
          const isFlag = expression.kind === 'identifier' && reads[0] === place;
          found.push({ index, value: isFlag ? constantOf(value) : UNKNOWN });
        });
      }
    }
    if (found.length > 0) changes.set(id, found);
  });

  const get = (state: number, index: number): number => Math.floor(state / 3 ** index) % 3;
  const set = (state: number, index: number, value: number): number => state + (value - get(state, index)) * 3 ** index;

  return {
    states: 3 ** chosen.length,
    initial: 0,
    step(edge, state) {
      if (edge.label === 'always') return state;
      const test = tests.get(edge.from);
      const index = test === undefined ? undefined : position.get(test.key);
      if (test === undefined || index === undefined) return state;
      const value = (edge.label === 'true') === test.inverted ? FALSE : TRUE;
      const known = get(state, index);
      return known === UNKNOWN ? set(state, index, value) : known === value ? state : null;
    },
    enter(id, state) {
      let result = state;
      for (const { index, value } of changes.get(id) ?? []) result = set(result, index, value);
      return result;
    },
  };
}

function readTest(flow: GoFlow, id: number, scope: GoScope): Test | null {
  const expression = flow.node(id);
  if (expression === null) return null;
  let text = expression.text;
  let inverted = false;
  let reads = namesIn(expression, scope);
  const comparison = nilComparison(expression);
  if (flow.graph.nodes[id]!.kind === 'case') {
    const tag = expression.ancestor('expression_switch_statement')?.child('value') ?? null;
    if (tag === null) return null;
    text = `${tag.text}==${text}`;
    reads = [...namesIn(tag, scope), ...reads];
  } else if (comparison !== null) {
    text = `${comparison.operand.text}==nil`;
    inverted = !comparison.equal;
  } else if (expression.kind === 'binary_expression' && /^[!=]=$/.test(operatorOf(expression))) {
    text = `${expression.child('left')?.text ?? ''}==${expression.child('right')?.text ?? ''}`;
    inverted = operatorOf(expression) === '!=';
  }
  return { key: `${text} ${reads.join()}`, inverted, expression, reads };
}

/** Variables that an expression reads: `s.closed` is one, the `s` in it is none. */
function namesIn(expression: GoNode, scope: GoScope): string[] {
  const result: string[] = [];
  for (const node of expression.descendants('identifier', 'selector_expression')) {
    if (node.parent?.kind === 'selector_expression' && node.index !== expression.index) continue;
    const place = placeOf(node, scope);
    if (place !== null) result.push(place);
  }
  return result;
}

/** Kinds of syntax that may change a variable. */
const ASSIGNING = [
  'assignment_statement',
  'short_var_declaration',
  'range_clause',
  'receive_statement',
  'inc_statement',
  'dec_statement',
  'var_spec',
  'unary_expression',
] as const;

function* assignmentsOf(
  node: GoNode,
  scope: GoScope,
): Generator<{ readonly place: string; readonly value: GoNode | null }> {
  switch (node.kind) {
    case 'assignment_statement':
    case 'short_var_declaration':
    case 'range_clause':
    case 'receive_statement':
    case 'inc_statement':
    case 'dec_statement': {
      const values = node.kind === 'range_clause' ? [] : assignedValues(node);
      const targets = assignedExpressions(node);
      for (const [position, target] of targets.entries()) {
        const place = placeOf(target, scope);
        const simple = values.length === targets.length && operatorOf(node).length <= 1;
        if (place !== null) yield { place, value: simple ? values[position]! : null };
      }
      break;
    }
    case 'var_spec': {
      const names = node.childrenOf('name').filter((name) => name.isNamed);
      for (const name of names) {
        const place = placeOf(name, scope);
        if (place !== null) yield { place, value: node.child('value')?.namedChildren[0] ?? null };
      }
      break;
    }
    case 'unary_expression': {
      // Whoever has the address may change the variable.
      const operand = operatorOf(node) === '&' ? node.child('operand') : null;
      const place = operand === null ? null : placeOf(operand, scope);
      if (place !== null) yield { place, value: null };
      break;
    }
  }
}

function constantOf(value: GoNode | null): number {
  const inner = value === null ? null : unparenthesized(value);
  return inner?.kind === 'true' ? TRUE : inner?.kind === 'false' ? FALSE : UNKNOWN;
}

/** Variables that a node of the graph assigns, declares anew or gives the address of. */
export function* placesChangedAt(flow: GoFlow, id: number, scope: GoScope): Generator<string> {
  for (const node of nodesRunAt(flow, id, ...ASSIGNING)) {
    for (const { place } of assignmentsOf(node, scope)) yield place;
  }
}
