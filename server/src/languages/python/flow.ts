/**
 * Control flow of Python functions: builds the graph of one function or lambda, and says which syntax a node of that
 * graph runs. Functions and classes inside are opaque. What holds a call, an `await`, a subscript or an operator may raise:
 * an edge `raises` leads from it to the handlers around, or to `panicExit`. A `finally` block has a copy for every way
 * that leads through it, so several nodes may run the same syntax. Nothing here resolves names: see chains.ts.
 */
import { createFlowBuilder, type FlowGraph, type FlowLabel, type FlowNodeKind } from '../../core/flow/graph.ts';
import { type ChunkContext, defineAnalysis } from '../../core/rulekit/rule.ts';
import type { PythonNode } from './nodes.gen.ts';
import { nodeAt, onlyChild, runningFunction, statementsOf, syntaxChildren, unparenthesized } from './syntax.ts';

export interface PythonFlow {
  readonly graph: FlowGraph;
  /** The function or lambda whose body this is. */
  readonly function: PythonNode;
  /** Syntax that runs at a node of the graph; null for entry, exits and joins. */
  node(id: number): PythonNode | null;
  /**
   * The first node of the graph that runs a piece of syntax; -1 when none does. What stands in a lambda or inner function
   * belongs to the statement around. A whole `if`, `for`, `with` or `try` belongs to no node.
   */
  at(node: PythonNode): number;
  /** All nodes that run it: more than one in a `finally` block. */
  allAt(node: PythonNode): readonly number[];
}

/** Control flow graph of a function or lambda. */
export const pythonFlow = defineAnalysis<PythonNode, PythonFlow>('python.flow', (node) => buildFlow(node));

/** Flow of the function that runs a node (the node itself when it is a function); null outside functions. */
export function flowAround(ctx: ChunkContext, node: PythonNode): PythonFlow | null {
  const isOwner = node.kind === 'function_definition' || node.kind === 'lambda';
  const owner = isOwner ? node : runningFunction(node);
  return owner === null ? null : ctx.get(pythonFlow, owner);
}

/** Where control goes from inside a block, besides its end. */
interface Ways {
  readonly breakTo: number;
  readonly continueTo: number;
  readonly returnTo: number;
  readonly raiseTo: number;
}

/** Python itself refuses deeper nesting; what lies deeper is one opaque statement, so that the stack bears it. */
const DEPTH = 100;
/** A larger function is not taken apart further. */
const NODES = 20_000;

const RAISING = [
  'call',
  'await',
  'subscript',
  'binary_operator',
  'comparison_operator',
  'yield',
  'import_statement',
  'import_from_statement',
] as const;
/** Calls after which nothing runs; `os._exit` ends the process at once, the others raise SystemExit. */
const ENDING = /^(?:sys\.exit|exit|quit|os\.abort|os\._exit)$/;

function buildFlow(owner: PythonNode): PythonFlow {
  const flow = createFlowBuilder();
  const bySyntax = new Map<number, number[]>();
  let count = 0;
  /** Node behind which the next statement runs; -1 when nothing leads there. */
  let cursor = flow.entry;
  let label: FlowLabel = 'always';

  const join = (): number => flow.node('join', -1);
  const connect = (to: number): void => {
    if (cursor >= 0) flow.edge(cursor, to, label);
    label = 'always';
  };
  const from = (id: number, way: FlowLabel = 'always'): void => {
    cursor = id;
    label = way;
  };
  const place = (kind: FlowNodeKind, node: PythonNode, ways: Ways, raises = mayRaise(node)): number => {
    const id = flow.node(kind, node.index);
    count++;
    connect(id);
    const known = bySyntax.get(node.index);
    if (known === undefined) bySyntax.set(node.index, [id]);
    else known.push(id);
    if (raises) flow.edge(id, ways.raiseTo, 'raises');
    cursor = id;
    return id;
  };

  /** An expression that decides between two ways; `and`, `or` and `not` are taken apart. */
  const condition = (expression: PythonNode, yes: number, no: number, ways: Ways, depth: number): void => {
    const inner = unparenthesized(expression);
    const operator = inner.kind === 'boolean_operator' ? inner.child('operator')?.text : '';
    const left = inner.child('left');
    const right = inner.child('right');
    if (inner.kind === 'not_operator' && depth < DEPTH) {
      const argument = inner.child('argument');
      if (argument !== null) {
        condition(argument, no, yes, ways, depth + 1);
        return;
      }
    }
    if (operator !== '' && left !== null && right !== null && depth < DEPTH) {
      const middle = join();
      if (operator === 'and') condition(left, middle, no, ways, depth + 1);
      else condition(left, yes, middle, ways, depth + 1);
      from(middle);
      condition(right, yes, no, ways, depth + 1);
      return;
    }
    const id = place('condition', inner, ways);
    const constant = constantOf(inner);
    if (constant !== false) flow.edge(id, yes, 'true');
    if (constant !== true) flow.edge(id, no, 'false');
    cursor = -1;
  };

  const block = (statements: readonly PythonNode[], ways: Ways, depth: number): void => {
    for (const node of statements) statement(node, ways, depth + 1);
  };

  const statement = (node: PythonNode, ways: Ways, depth: number): void => {
    if (depth > DEPTH || count > NODES) {
      place('statement', node, ways, true);
      return;
    }
    switch (node.kind) {
      case 'if_statement': {
        const after = join();
        let clause: PythonNode | null = node;
        const rest = node.childrenOf('alternative');
        while (clause !== null) {
          const test = clause.child('condition');
          if (test === null) {
            block(statementsOf(clause), ways, depth);
            connect(after);
            cursor = -1;
            break;
          }
          const [yes, no] = [join(), join()];
          condition(test, yes, no, ways, 0);
          from(yes);
          block(statementsOf(clause), ways, depth);
          connect(after);
          from(no);
          clause = rest.shift() ?? null;
        }
        connect(after);
        from(after);
        return;
      }
      case 'while_statement': {
        const [head, body, otherwise, after] = [join(), join(), join(), join()];
        connect(head);
        from(head);
        const test = node.child('condition');
        if (test !== null) condition(test, body, otherwise, ways, 0);
        from(body);
        block(statementsOf(node), { ...ways, breakTo: after, continueTo: head }, depth);
        connect(head);
        from(otherwise);
        const alternative = node.child('alternative');
        if (alternative !== null) block(statementsOf(alternative), ways, depth);
        connect(after);
        from(after);
        return;
      }
      case 'for_statement': {
        const iterable = node.child('right');
        if (iterable !== null) place('statement', iterable, ways);
        const after = join();
        const head = place('loop', node.child('left') ?? node, ways, iterable?.kind === 'call');
        from(head, 'true');
        block(statementsOf(node), { ...ways, breakTo: after, continueTo: head }, depth);
        connect(head);
        from(head, 'false');
        const alternative = node.child('alternative');
        if (alternative !== null) block(statementsOf(alternative), ways, depth);
        connect(after);
        from(after);
        return;
      }
      case 'with_statement': {
        const after = join();
        let raiseTo = ways.raiseTo;
        for (const item of node.descendants('with_item')) {
          if (item.ancestor('with_statement')?.equals(node) !== true) continue;
          place('statement', item, ways);
          // `with suppress(...)` goes on behind the block.
          if (/\bsuppress\(/.test(item.text)) raiseTo = after;
        }
        block(statementsOf(node), { ...ways, raiseTo }, depth);
        connect(after);
        from(after);
        return;
      }
      case 'try_statement':
        tryStatement(node, ways, depth);
        return;
      case 'match_statement': {
        const after = join();
        const [subject] = node.childrenOf('subject');
        if (subject !== undefined) place('statement', subject, ways);
        for (const clause of node.child('body')?.childrenOf('alternative') ?? []) {
          const pattern = clause.childOfKind('case_pattern');
          const guard = clause.child('guard');
          const id = place('case', pattern ?? clause, ways, false);
          const [body, next] = [join(), join()];
          from(id, 'true');
          const test = guard === null ? null : onlyChild(guard);
          if (test === null) connect(body);
          else condition(test, body, next, ways, 0);
          if (
            !(test === null && /^\w+$/.test(pattern?.text ?? '') && !/^(?:None|True|False|\d+)$/.test(pattern!.text))
          ) {
            flow.edge(id, next, 'false');
          }
          from(body);
          block(statementsOf(clause), ways, depth);
          connect(after);
          from(next);
        }
        connect(after);
        from(after);
        return;
      }
      case 'assert_statement': {
        const [test] = syntaxChildren(node);
        const [yes, no] = [join(), join()];
        if (test !== undefined) condition(test, yes, no, ways, 0);
        flow.edge(no, ways.raiseTo, 'raises');
        from(yes);
        return;
      }
      case 'return_statement':
        place('return', node, ways);
        connect(ways.returnTo);
        cursor = -1;
        return;
      case 'raise_statement':
        place('statement', node, ways, true);
        cursor = -1;
        return;
      case 'break_statement':
      case 'continue_statement': {
        place('jump', node, ways, false);
        const to = node.kind === 'break_statement' ? ways.breakTo : ways.continueTo;
        if (to >= 0) connect(to);
        cursor = -1;
        return;
      }
      default: {
        const ending = node.kind === 'expression_statement' ? endingCall(node) : '';
        const id = place('statement', node, ways, ending !== 'os._exit' && mayRaise(node));
        if (ending === '') return;
        if (ending === 'os._exit' || ending === 'os.abort') flow.edge(id, flow.haltExit);
        cursor = -1;
      }
    }
  };

  const tryStatement = (node: PythonNode, outer: Ways, depth: number): void => {
    const last = node.childOfKind('finally_clause');
    /** Entries of the copies of `finally`, by where they lead. */
    const copies = new Map<number, number>();
    const through = (target: number): number => {
      if (last === null || target < 0) return target;
      const known = copies.get(target);
      if (known !== undefined) return known;
      const entry = join();
      copies.set(target, entry);
      return entry;
    };
    const after = join();
    const ways: Ways = {
      breakTo: through(outer.breakTo),
      continueTo: through(outer.continueTo),
      returnTo: through(outer.returnTo),
      raiseTo: through(outer.raiseTo),
    };
    const handlers = node.children.filter(({ kind }) => kind === 'except_clause');
    const dispatch = handlers.length === 0 ? ways.raiseTo : join();
    const body = node.child('body');
    block(body === null ? [] : statementsOf(body), { ...ways, raiseTo: dispatch }, depth);
    const otherwise = node.childOfKind('else_clause');
    if (otherwise !== null) block(statementsOf(otherwise), ways, depth);
    connect(through(after));
    from(dispatch);
    let catchesAll = handlers.length === 0;
    if (handlers.length > 0) {
      for (const handler of handlers) {
        const id = place('case', handler, ways, false);
        from(id, 'true');
        block(statementsOf(handler), ways, depth);
        connect(through(after));
        catchesAll = isCatchAll(handler);
        if (catchesAll) {
          cursor = -1;
          break;
        }
        from(id, 'false');
      }
      if (!catchesAll && cursor >= 0) connect(ways.raiseTo);
    }
    const finallyBody = last === null ? [] : statementsOf(last);
    for (const [target, entry] of copies) {
      from(entry);
      block(finallyBody, outer, depth);
      if (target === outer.raiseTo) label = 'raises';
      connect(target);
    }
    from(after);
  };

  const exit = join();
  const raised = join();
  const ways: Ways = { breakTo: -1, continueTo: -1, returnTo: exit, raiseTo: raised };
  const body = owner.child('body');
  if (owner.kind === 'lambda') {
    if (body !== null) place('return', body, ways);
    connect(exit);
  } else {
    block(body === null ? [] : statementsOf(body), ways, 0);
    if (cursor >= 0) {
      const end = flow.node('end', owner.index);
      connect(end);
      from(end);
      connect(exit);
    }
  }
  flow.edge(exit, flow.exit);
  flow.edge(raised, flow.panicExit, 'raises');
  const graph = flow.finish();
  const allAt = (node: PythonNode): readonly number[] => {
    for (let inner: PythonNode | null = node; inner !== null && !inner.equals(owner); inner = inner.parent) {
      const ids = bySyntax.get(inner.index);
      if (ids !== undefined) return ids;
    }
    return [];
  };
  return {
    graph,
    function: owner,
    node(id) {
      const index = graph.nodes[id]!.syntax;
      return index < 0 ? null : nodeAt(owner, index);
    },
    at: (node) => allAt(node)[0] ?? -1,
    allAt,
  };
}

/** Whether a piece of syntax may raise an exception while it runs. */
export function mayRaise(node: PythonNode): boolean {
  if (node.kind === 'function_definition' || node.kind === 'class_definition') return false;
  if (node.kind === 'decorated_definition') return true;
  if (node.kind === 'except_clause') return false;
  return node.descendants(...RAISING).length > 0;
}

/** Whether an `except` clause takes every exception that is no signal to stop. */
export function isCatchAll(handler: PythonNode): boolean {
  return caughtNames(handler).some((name) => /^(?:builtins\.)?(?:Base)?Exception$/.test(name));
}

/** Dotted names of what an `except` clause catches; `BaseException` for a bare one. */
export function caughtNames(handler: PythonNode): string[] {
  let value = handler.child('value');
  if (value?.kind === 'as_pattern') value = onlyChild(value);
  if (value === null) return ['BaseException'];
  const inner = unparenthesized(value);
  return (inner.kind === 'tuple' ? syntaxChildren(inner) : [inner]).map((part) => part.text);
}

/** Name that an `except ... as name` clause gives the exception, or null. */
export function caughtAs(handler: PythonNode): PythonNode | null {
  const value = handler.child('value');
  const target = value?.kind === 'as_pattern' ? value.child('alias') : null;
  return target === null ? null : onlyChild(target);
}

function constantOf(expression: PythonNode): boolean | null {
  if (expression.kind === 'true') return true;
  if (expression.kind === 'false' || expression.kind === 'none') return false;
  if (expression.kind === 'integer') return Number(expression.text) !== 0;
  return null;
}

function endingCall(statement: PythonNode): string {
  const call = onlyChild(statement);
  const callee = call?.kind === 'call' ? (call.child('function')?.text ?? '') : '';
  return ENDING.test(callee) ? callee : '';
}
