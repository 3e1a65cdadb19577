/**
 * Control flow of Go functions: builds the graph of one function, method or literal, and says which syntax a node of
 * that graph runs. Function literals inside are opaque and have graphs of their own, except that the bodies of
 * `func() { ... }()` and `defer func() { ... }()` count as run by the statement. A call of a function of the code base
 * is taken to return; only `panic` and well-known calls end a path. Nothing here resolves names: see scope.ts.
 */
import { createFlowBuilder, type FlowBuilder, type FlowEdge, type FlowGraph } from '../../core/flow/graph.ts';
import type { EscapeQuestion } from '../../core/flow/paths.ts';
import { type ChunkContext, defineAnalysis } from '../../core/rulekit/rule.ts';
import { kindSet } from '../../core/syntax/flatTree.ts';
import type { GoHeader, GoImport } from './header.ts';
import type { GoKind, GoNode } from './nodes.gen.ts';
import {
  assignedExpressions,
  callArguments,
  calledExpression,
  FUNCTION_KINDS,
  isFunction,
  nilComparison,
  nodeAt,
  onlyChild,
  operatorOf,
  parametersOf,
  rootIdentifier,
  selectorPath,
  syntaxChildren,
  unparenthesized,
} from './syntax.ts';

export interface GoFlow {
  readonly graph: FlowGraph;
  /** The function, method or literal whose body this is. */
  readonly function: GoNode;
  /** Syntax that runs at a node of the graph; null for entry, exits and joins. */
  node(id: number): GoNode | null;
  /**
   * Node of the graph that runs a piece of syntax; -1 when none does. What stands in a function literal belongs to the
   * node that runs (or creates) the literal. A whole `if`, `for` or `switch` belongs to no node.
   */
  at(node: GoNode): number;
}

/** Control flow graph of a function declaration, method declaration or function literal. */
export const goFlow = defineAnalysis<GoNode, GoFlow>('go.flow', (node, ctx) => {
  const header = ctx.file.header as GoHeader | null;
  return buildGoFlow(node, header?.imports ?? []);
});

/** Flow of the function that runs a node (the node itself when it is a function); null outside functions. */
export function flowAround(ctx: ChunkContext, node: GoNode): GoFlow | null {
  const owner = isFunction(node) ? node : node.ancestor(...FUNCTION_KINDS);
  return owner === null ? null : ctx.get(goFlow, owner);
}

/** A loop, switch or select that break and continue can leave. */
interface Frame {
  readonly label: string;
  readonly breakTo: number;
  /** -1: continue does not refer to this frame. */
  readonly continueTo: number;
  /** Where `fallthrough` leads from the clause that is being built; -1: nowhere. */
  fallTo: number;
}

/** Builds the graph. A function without a body has an entry and nothing behind it. */
export function buildGoFlow(owner: GoNode, imports: readonly GoImport[]): GoFlow {
  const flow = createFlowBuilder();
  const bySyntax = new Map<number, number>();
  const labels = new Map<string, number>();
  const frames: Frame[] = [];
  const tasks: (() => void)[] = [];
  const endings = endingsFor(owner, imports);
  /** Node behind which the next statement runs; -1 when nothing leads there. */
  let cursor = flow.entry;
  /** Label that the next loop, switch or select bears. */
  let pendingLabel = '';

  const schedule = (...steps: readonly (() => void)[]): void => {
    for (let i = steps.length - 1; i >= 0; i--) tasks.push(steps[i]!);
  };
  const join = (): number => flow.node('join', -1);
  const connect = (to: number): void => {
    if (cursor >= 0) flow.edge(cursor, to);
  };
  const place = (kind: Parameters<FlowBuilder['node']>[0], node: GoNode): number => {
    const id = flow.node(kind, node.index);
    connect(id);
    bySyntax.set(node.index, id);
    cursor = id;
    return id;
  };
  const branch = (id: number, whenTrue: number, whenFalse: number): void => {
    flow.edge(id, whenTrue, 'true');
    flow.edge(id, whenFalse, 'false');
  };

  /** Takes `&&`, `||`, `!` and parentheses apart, so that every condition node is a single test. */
  const condition = (expression: GoNode, whenTrue: number, whenFalse: number): void => {
    const open = [{ expression, from: cursor, whenTrue, whenFalse }];
    const composites: number[] = [];
    for (let test = open.pop(); test !== undefined; test = open.pop()) {
      const inner = unparenthesized(test.expression);
      const operator = inner.kind === 'binary_expression' || inner.kind === 'unary_expression' ? operatorOf(inner) : '';
      const left = inner.child('left');
      const right = inner.child('right');
      const operand = inner.child('operand');
      cursor = test.from;
      if ((operator === '&&' || operator === '||') && left !== null && right !== null) {
        const middle = join();
        const both = operator === '&&';
        composites.push(inner.index);
        open.push({ ...test, expression: right, from: middle });
        open.push({
          expression: left,
          from: test.from,
          whenTrue: both ? middle : test.whenTrue,
          whenFalse: both ? test.whenFalse : middle,
        });
      } else if (operator === '!' && operand !== null) {
        composites.push(inner.index);
        open.push({ expression: operand, from: test.from, whenTrue: test.whenFalse, whenFalse: test.whenTrue });
      } else if (inner.kind === 'true' || inner.kind === 'false') {
        connect(inner.kind === 'true' ? test.whenTrue : test.whenFalse);
      } else {
        const id = place('condition', inner);
        branch(id, test.whenTrue, test.whenFalse);
        for (const composite of composites.splice(0)) bySyntax.set(composite, id);
      }
    }
    cursor = -1;
  };

  const visitAll = (owning: GoNode): void => {
    const list = owning.kind === 'statement_list' ? owning : owning.childOfKind('statement_list');
    if (list !== null) schedule(...syntaxChildren(list).map((statement) => () => visit(statement)));
  };

  const enterFrame = (breakTo: number, continueTo: number): Frame => {
    const frame: Frame = { label: pendingLabel, breakTo, continueTo, fallTo: -1 };
    pendingLabel = '';
    frames.push(frame);
    return frame;
  };
  const leaveFrame = (): void => {
    cursor = frames.pop()!.breakTo;
  };

  const visitIf = (node: GoNode): void => {
    const initializer = node.child('initializer');
    if (initializer !== null) place('statement', initializer);
    const whenTrue = join();
    const whenFalse = join();
    const after = join();
    const test = node.child('condition');
    if (test !== null) {
      condition(test, whenTrue, whenFalse);
    } else {
      connect(whenTrue);
      connect(whenFalse);
    }
    schedule(
      () => {
        cursor = whenTrue;
        const consequence = node.child('consequence');
        if (consequence !== null) visitAll(consequence);
      },
      () => {
        connect(after);
        cursor = whenFalse;
        const alternative = node.child('alternative');
        if (alternative !== null) visit(alternative);
      },
      () => {
        connect(after);
        cursor = after;
      },
    );
  };

  const visitFor = (node: GoNode): void => {
    const head = syntaxChildren(node).find((child) => child.field !== 'body' && child.kind !== 'block') ?? null;
    const clause = head?.kind === 'for_clause' ? head : null;
    const range = head?.kind === 'range_clause' ? head : null;
    const initializer = clause?.child('initializer') ?? null;
    const collection = range?.child('right') ?? null;
    if (initializer !== null) place('statement', initializer);
    if (collection !== null) place('statement', collection);

    const again = join();
    const body = join();
    const next = join();
    const after = join();
    connect(again);
    cursor = again;
    const test = clause === null ? head : clause.child('condition');
    if (range !== null) {
      branch(place('loop', range), body, after);
    } else if (test !== null) {
      condition(test, body, after);
    } else {
      connect(body);
    }
    enterFrame(after, next);
    schedule(
      () => {
        cursor = body;
        const block = node.child('body');
        if (block !== null) visitAll(block);
      },
      () => {
        connect(next);
        cursor = next;
        const update = clause?.child('update') ?? null;
        if (update !== null) place('statement', update);
        connect(again);
        leaveFrame();
      },
    );
  };

  /** The clauses of a switch or select, with the node where each body begins, in source order. */
  const visitClauses = (clauses: readonly { readonly node: GoNode; readonly body: number }[], frame: Frame): void => {
    for (let i = clauses.length - 1; i >= 0; i--) {
      const clause = clauses[i]!;
      schedule(
        () => {
          cursor = clause.body;
          frame.fallTo = clauses[i + 1]?.body ?? -1;
          visitAll(clause.node);
        },
        () => connect(frame.breakTo),
      );
    }
  };

  const visitSwitch = (node: GoNode): void => {
    const initializer = node.child('initializer');
    const value = node.child('value');
    if (initializer !== null) place('statement', initializer);
    if (value !== null) place('statement', value);
    const tagless =
      node.kind === 'expression_switch_statement' && (value === null || unparenthesized(value).kind === 'true');

    const frame = enterFrame(join(), -1);
    const clauses = node.namedChildren
      .filter((child) => child.kind.endsWith('_case'))
      .map((child) => ({ node: child, body: join() }));
    for (const clause of clauses) {
      if (clause.node.kind === 'type_case') {
        const type = clause.node.child('type');
        const otherwise = join();
        branch(place('case', type ?? clause.node), clause.body, otherwise);
        cursor = otherwise;
      } else if (clause.node.kind === 'expression_case') {
        const list = clause.node.child('value');
        for (const expression of list === null ? [] : syntaxChildren(list)) {
          const otherwise = join();
          if (tagless) condition(expression, clause.body, otherwise);
          else branch(place('case', expression), clause.body, otherwise);
          cursor = otherwise;
        }
      }
    }
    connect(clauses.find((clause) => clause.node.kind === 'default_case')?.body ?? frame.breakTo);
    schedule(leaveFrame);
    visitClauses(clauses, frame);
  };

  const visitSelect = (node: GoNode): void => {
    const wait = place('wait', node);
    const frame = enterFrame(join(), -1);
    const clauses = node.namedChildren
      .filter((child) => child.kind.endsWith('_case'))
      .map((child) => {
        const communication = child.child('communication');
        cursor = wait;
        if (communication !== null) return { node: child, body: place('statement', communication) };
        const body = join();
        connect(body);
        return { node: child, body };
      });
    schedule(leaveFrame);
    visitClauses(clauses, frame);
  };

  const labelTarget = (name: string): number => {
    let target = labels.get(name);
    if (target === undefined) {
      target = join();
      labels.set(name, target);
    }
    return target;
  };

  const visitJump = (node: GoNode): void => {
    place('jump', node);
    const label = node.childOfKind('label_name')?.text ?? '';
    const named = (frame: Frame): boolean => label === '' || frame.label === label;
    let target: number | undefined;
    if (node.kind === 'goto_statement') target = labelTarget(label);
    else if (node.kind === 'break_statement') target = frames.findLast(named)?.breakTo;
    else if (node.kind === 'continue_statement')
      target = frames.findLast((frame) => frame.continueTo >= 0 && named(frame))?.continueTo;
    else target = frames.at(-1)?.fallTo;
    if (target !== undefined && target >= 0) connect(target);
    cursor = -1;
  };

  const visit = (node: GoNode): void => {
    switch (node.kind) {
      case 'block':
      case 'statement_list':
        visitAll(node);
        break;
      case 'if_statement':
        visitIf(node);
        break;
      case 'for_statement':
        visitFor(node);
        break;
      case 'expression_switch_statement':
      case 'type_switch_statement':
        visitSwitch(node);
        break;
      case 'select_statement':
        visitSelect(node);
        break;
      case 'labeled_statement': {
        const label = node.child('label');
        const inner = syntaxChildren(node).find((child) => child.field !== 'label') ?? null;
        if (label !== null) {
          const target = labelTarget(label.text);
          connect(target);
          cursor = target;
        }
        if (inner !== null) {
          schedule(() => {
            pendingLabel = label?.text ?? '';
            visit(inner);
          });
        }
        break;
      }
      case 'break_statement':
      case 'continue_statement':
      case 'goto_statement':
      case 'fallthrough_statement':
        visitJump(node);
        break;
      case 'return_statement':
        place('return', node);
        connect(flow.exit);
        cursor = -1;
        break;
      case 'defer_statement':
        place('defer', node);
        break;
      case 'empty_statement':
        break;
      default: {
        place('statement', node);
        const ending = endings(node);
        if (ending === null) break;
        connect(flow[ending]);
        cursor = -1;
      }
    }
    // A label names the statement directly behind it, and no other.
    if (node.kind !== 'labeled_statement') pendingLabel = '';
  };

  const body = owner.child('body');
  if (body !== null) {
    schedule(
      () => visitAll(body),
      () => {
        if (cursor < 0) return;
        const close = body.children.at(-1);
        place('end', close ?? body);
        connect(flow.exit);
      },
    );
  }
  for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) task();

  const graph = flow.finish();
  return {
    graph,
    function: owner,
    node(id) {
      const index = graph.nodes[id]?.syntax ?? -1;
      return index < 0 ? null : nodeAt(owner, index);
    },
    at(node) {
      const { parents } = node.tree;
      for (let index = node.index; index > owner.index; index = parents[index]!) {
        const id = bySyntax.get(index);
        if (id !== undefined) return id;
      }
      return -1;
    },
  };
}

type Ending = 'panicExit' | 'haltExit';

/** Functions of packages behind which nothing runs any more. */
const ENDING_FUNCTIONS: Readonly<Record<string, Readonly<Record<string, Ending>>>> = {
  os: { Exit: 'haltExit' },
  syscall: { Exit: 'haltExit' },
  runtime: { Goexit: 'panicExit' },
};

/** Packages whose `Fatal` and `Exit` functions end the process and whose `Panic` functions panic. */
const LOGGING_PACKAGES: ReadonlySet<string> = new Set([
  'log',
  'github.com/sirupsen/logrus',
  'github.com/golang/glog',
  'github.com/charmbracelet/log',
  'k8s.io/klog',
  'k8s.io/klog/v2',
]);

const FATAL_NAME = /^Fatal(f|ln|w|Depth|Context)?$/;
const EXIT_NAME = /^Exit(f|ln|Depth)?$/;
const PANIC_NAME = /^Panic(f|ln|w)?$/;
const LOGGER_NAME = /log(ger)?$|^(lg|sugar|zap|slog)$/i;
const TEST_ENDING_NAME = /^(Fatal|Fatalf|FailNow|Skip|Skipf|SkipNow)$/;

/** Which statements end their path, for one function. */
function endingsFor(owner: GoNode, imports: readonly GoImport[]): (statement: GoNode) => Ending | null {
  const paths = new Map(imports.map((entry) => [entry.name, entry.path]));
  const testers = new Set<string>();
  for (let around: GoNode | null = owner; around !== null; around = around.ancestor(...FUNCTION_KINDS)) {
    for (const parameter of parametersOf(around)) {
      if (/^(\*testing\.[TBF]|testing\.TB)$/.test(parameter.type.text)) testers.add(parameter.name);
    }
  }

  return (statement) => {
    if (statement.kind !== 'expression_statement') return null;
    const call = onlyChild(statement);
    if (call === null || unparenthesized(call).kind !== 'call_expression') return null;
    const callee = calledExpression(unparenthesized(call));
    if (callee === null) return null;
    if (callee.kind === 'identifier') return callee.text === 'panic' ? 'panicExit' : null;
    if (callee.kind !== 'selector_expression') return null;
    const operand = callee.child('operand');
    const name = callee.child('field')?.text ?? '';
    if (operand === null) return null;

    const path = operand.kind === 'identifier' ? paths.get(operand.text) : undefined;
    if (path !== undefined) {
      if (LOGGING_PACKAGES.has(path)) return loggerEnding(name, true);
      const known = ENDING_FUNCTIONS[path]?.[name];
      if (known !== undefined) return known;
    }
    if (TEST_ENDING_NAME.test(name) && isTester(operand, testers)) return 'panicExit';
    const receiver = selectorPath(operand);
    if (receiver !== null) return LOGGER_NAME.test(receiver.split('.').at(-1)!) ? loggerEnding(name, false) : null;
    if (/^(Msg|Msgf|Send)$/.test(name)) return eventEnding(operand);
    // `logger.With(...).Fatal(...)`, `zap.L().Fatal(...)`, `logrus.WithError(err).Fatal(...)`.
    const root = rootIdentifier(operand)?.text ?? '';
    return LOGGER_NAME.test(root) || LOGGING_PACKAGES.has(paths.get(root) ?? '') ? loggerEnding(name, false) : null;
  };
}

function loggerEnding(name: string, isPackage: boolean): Ending | null {
  if (FATAL_NAME.test(name) || (isPackage && EXIT_NAME.test(name))) return 'haltExit';
  return PANIC_NAME.test(name) ? 'panicExit' : null;
}

function isTester(operand: GoNode, testers: ReadonlySet<string>): boolean {
  if (operand.kind === 'identifier') return testers.has(operand.text);
  // `s.T().Fatal(...)` of test suites.
  const callee = operand.kind === 'call_expression' ? calledExpression(operand) : null;
  return (
    callee?.kind === 'selector_expression' && callee.child('field')?.text === 'T' && callArguments(operand).length === 0
  );
}

/** Loggers with events: `log.Fatal().Err(err).Msg("...")` ends where the chain begins with `Fatal()` or `Panic()`. */
function eventEnding(chain: GoNode): Ending | null {
  let inner: GoNode | null = chain;
  while (inner?.kind === 'call_expression') {
    const callee: GoNode | null = calledExpression(inner);
    if (callee?.kind !== 'selector_expression') return null;
    const name = callee.child('field')?.text;
    if (callArguments(inner).length === 0 && (name === 'Fatal' || name === 'Panic')) return loggerEnding(name, false);
    inner = callee.child('operand');
  }
  return null;
}

/**
 * Every piece of syntax of the kinds that runs when the function comes to a node of the graph, outermost first. Bodies of function
 * literals are left out unless the literal is called on the spot; `go` runs the operands of its call here, but not the
 * call. A `defer` node gives its call and the body of a deferred literal: they run because of this node, later.
 */
export function nodesRunAt(flow: GoFlow, id: number, ...kinds: readonly GoKind[]): readonly GoNode[] {
  const start = flow.node(id);
  const kind = flow.graph.nodes[id]!.kind;
  if (start === null || kind === 'wait' || kind === 'end' || kind === 'jump') return [];
  if (kind === 'case' && (start.kind === 'type_case' || start.parent?.kind === 'type_case')) return [];
  const root = kind === 'loop' ? start.child('left') : start;
  return root === null ? [] : nodesRunBy(root, kinds);
}

/** What evaluating a node runs: see `nodesRunAt`. */
function nodesRunBy(root: GoNode, wanted: readonly GoKind[]): readonly GoNode[] {
  const { stops, kinds, grammar } = root.tree;
  const { stop } = root;
  const isWanted = kindSet(grammar, wanted);
  const literals = kindSet(grammar, ['func_literal']);
  const calls = kindSet(grammar, ['call_expression']);
  const nodes: GoNode[] = [];
  for (let index = root.index; index < stop; ) {
    const kind = kinds[index]!;
    if (isWanted[kind] === 1) {
      const node = nodeAt(root, index);
      if (calls[kind] === 0 || node.parent?.kind !== 'go_statement') nodes.push(node);
    }
    const isSkipped = literals[kind] === 1 && index !== root.index && !isInvoked(nodeAt(root, index));
    index = isSkipped ? stops[index]! : index + 1;
  }
  return nodes;
}

/** Whether a function literal is called where it stands, at once or by `defer`, but not by `go`. */
function isInvoked(literal: GoNode): boolean {
  let callee = literal;
  while (callee.parent?.kind === 'parenthesized_expression') callee = callee.parent;
  const call = callee.parent;
  return call?.kind === 'call_expression' && callee.field === 'function' && call.parent?.kind !== 'go_statement';
}

/** The function literal that a `defer` or `go` statement calls, or null when it calls something else. */
export function calledLiteral(statement: GoNode): GoNode | null {
  if (statement.kind !== 'defer_statement' && statement.kind !== 'go_statement') return null;
  const call = onlyChild(statement);
  const callee = call?.kind === 'call_expression' ? calledExpression(call) : null;
  return callee?.kind === 'func_literal' ? callee : null;
}

export interface Acquisition {
  /** Whether an identifier is the variable with the error of the acquiring call. */
  readonly isError?: (identifier: GoNode) => boolean;
  /** Whether an expression is the acquired value. */
  readonly isValue?: (expression: GoNode) => boolean;
}

/** The acquiring call's error variable still holds its error. */
const FRESH_ERROR = 0;
const STALE_ERROR = 1;

/**
 * Parts of a path question that leave out paths on which an acquiring call such as `f, err := os.Open(...)` has
 * failed: those behind `err != nil` until `err` is assigned again, and those on which the value is nil.
 */
export function whenAcquired(
  flow: GoFlow,
  acquisition: Acquisition,
): Required<Pick<EscapeQuestion, 'state' | 'step' | 'enter'>> {
  const isError = acquisition.isError ?? (() => false);
  const isValue = acquisition.isValue ?? (() => false);
  return {
    state: FRESH_ERROR,
    step(edge, state) {
      const failed = state === FRESH_ERROR && impliesFailure(flow, edge, isError);
      return failed || impliesNil(flow, edge, isValue) ? null : state;
    },
    enter(id, state) {
      if (state === STALE_ERROR) return state;
      for (const node of nodesRunAt(flow, id, ...ASSIGNMENTS)) {
        if (assignedExpressions(node).some((target) => target.kind === 'identifier' && isError(target)))
          return STALE_ERROR;
      }
      return state;
    },
  };
}

const ASSIGNMENTS = ['assignment_statement', 'short_var_declaration', 'range_clause'] as const;

/** Whether an edge is only taken when the variable is not nil. */
function impliesFailure(flow: GoFlow, edge: FlowEdge, isError: (identifier: GoNode) => boolean): boolean {
  if (edge.label === 'always') return false;
  const test = flow.node(edge.from)!;
  const subject = (node: GoNode | null): boolean => {
    const inner = node === null ? null : unparenthesized(node);
    return inner?.kind === 'identifier' && isError(inner);
  };
  if (flow.graph.nodes[edge.from]!.kind === 'case') {
    const tag = test.ancestor('expression_switch_statement')?.child('value') ?? null;
    return subject(tag) && (test.kind === 'nil') === (edge.label === 'false');
  }
  const comparison = nilComparison(test);
  if (comparison !== null) return subject(comparison.operand) && comparison.equal === (edge.label === 'false');
  if (edge.label !== 'true') return false;
  if (test.kind === 'binary_expression') {
    return operatorOf(test) === '==' && (subject(test.child('left')) || subject(test.child('right')));
  }
  if (test.kind !== 'call_expression') return false;
  const callee = selectorPath(calledExpression(test) ?? test);
  return (callee === 'errors.Is' || callee === 'errors.As') && subject(callArguments(test)[0] ?? null);
}

/** Whether an edge is only taken when the value is nil. */
function impliesNil(flow: GoFlow, edge: FlowEdge, isValue: (expression: GoNode) => boolean): boolean {
  if (edge.label === 'always') return false;
  const comparison = nilComparison(flow.node(edge.from)!);
  return comparison !== null && comparison.equal === (edge.label === 'true') && isValue(comparison.operand);
}

/** Whether a `select` has a default clause and therefore never blocks. */
export function hasDefault(select: GoNode): boolean {
  return select.childOfKind('default_case') !== null;
}

/** Whether a `for` statement has neither a condition nor a range clause. */
export function isEndlessLoop(loop: GoNode): boolean {
  if (loop.kind !== 'for_statement') return false;
  const head = syntaxChildren(loop).find((child) => child.field !== 'body') ?? null;
  if (head === null) return true;
  if (head.kind === 'for_clause') return head.child('condition') === null;
  return unparenthesized(head).kind === 'true';
}
