/**
 * The control flow graph of one function body as plain data, for any language: nodes that refer to the syntax tree by
 * index, and edges between them. A language builds it with `createFlowBuilder`; solve.ts and paths.ts answer questions
 * about it. Nothing here knows a grammar.
 */

/**
 * - `entry`: where the body begins.
 * - `exit`: the function has returned; deferred calls have run.
 * - `panicExit`: the function is left by a panic or an equivalent unwinding; deferred calls have run.
 * - `haltExit`: the whole process ends here; deferred calls do not run.
 * - `statement`: runs and goes on.
 * - `return`: a return statement; its only edge leads to `exit`.
 * - `end`: the closing end of the body, where a function returns without a return statement.
 * - `condition`: an expression that is true or false; short-circuit operators are already taken apart.
 * - `case`: a comparison with a case of a switch; `true` when it matches.
 * - `loop`: the head of a loop over a collection; `true` for one more round.
 * - `wait`: blocks until one of the alternatives behind its edges can go on.
 * - `defer`: registers a call that runs when the function is left.
 * - `jump`: break, continue, goto, fallthrough.
 * - `join`: ways come together; stands for no syntax.
 */
export type FlowNodeKind =
  | 'entry'
  | 'exit'
  | 'panicExit'
  | 'haltExit'
  | 'statement'
  | 'return'
  | 'end'
  | 'condition'
  | 'case'
  | 'loop'
  | 'wait'
  | 'defer'
  | 'jump'
  | 'join';

export interface FlowNode {
  readonly kind: FlowNodeKind;
  /** Index of the node of the syntax tree that runs here; -1 for entry, exits and joins. */
  readonly syntax: number;
}

/**
 * `true` and `false` leave a condition, case or loop; `raises` leaves a node that did not come to its end because of an
 * exception, in languages where any statement may throw; `always` is every other edge.
 */
export type FlowLabel = 'always' | 'true' | 'false' | 'raises';

export interface FlowEdge {
  readonly from: number;
  readonly to: number;
  readonly label: FlowLabel;
}

export interface FlowGraph {
  readonly nodes: readonly FlowNode[];
  readonly edges: readonly FlowEdge[];
  /** Indices of edges that leave a node, by node. */
  readonly out: readonly (readonly number[])[];
  /** Indices of edges that lead to a node, by node. */
  readonly in: readonly (readonly number[])[];
  readonly entry: number;
  readonly exit: number;
  readonly panicExit: number;
  readonly haltExit: number;
}

/** Collects nodes and edges; `finish` gives the graph, after which the builder must not be used any more. */
export interface FlowBuilder {
  readonly entry: number;
  readonly exit: number;
  readonly panicExit: number;
  readonly haltExit: number;
  node(kind: FlowNodeKind, syntax: number): number;
  edge(from: number, to: number, label?: FlowLabel): void;
  finish(): FlowGraph;
}

export function createFlowBuilder(): FlowBuilder {
  const nodes: FlowNode[] = [];
  const edges: FlowEdge[] = [];
  const out: number[][] = [];
  const incoming: number[][] = [];

  const node = (kind: FlowNodeKind, syntax: number): number => {
    out.push([]);
    incoming.push([]);
    return nodes.push({ kind, syntax }) - 1;
  };
  const entry = node('entry', -1);
  const exit = node('exit', -1);
  const panicExit = node('panicExit', -1);
  const haltExit = node('haltExit', -1);

  return {
    entry,
    exit,
    panicExit,
    haltExit,
    node,
    edge(from, to, label = 'always') {
      const index = edges.push({ from, to, label }) - 1;
      out[from]!.push(index);
      incoming[to]!.push(index);
    },
    finish: () => ({ nodes, edges, out, in: incoming, entry, exit, panicExit, haltExit }),
  };
}
