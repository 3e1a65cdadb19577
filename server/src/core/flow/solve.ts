/**
 * Forward data flow over a control flow graph: the states that can hold before and after every node, for any finite
 * lattice. It only propagates what the problem says; it never looks at syntax.
 */
import type { FlowEdge, FlowGraph, FlowNode } from './graph.ts';

/**
 * A data flow problem. `transfer` and `join` must be monotone over a lattice of finite height, and neither may change
 * its arguments.
 */
export interface FlowProblem<S> {
  /** State where the body begins. */
  readonly initial: S;
  /** State after a node, given the state before it. */
  transfer(node: FlowNode, id: number, state: S): S;
  /** State along an edge, given the state after its source; null: this edge cannot be taken in that state. */
  refine?(edge: FlowEdge, state: S): S | null;
  /** Least state that covers both. */
  join(left: S, right: S): S;
  equals(left: S, right: S): boolean;
}

/** States by node id; null: the node cannot be reached. */
export interface FlowSolution<S> {
  readonly before: readonly (S | null)[];
  readonly after: readonly (S | null)[];
}

/** A state that changes more often than this at one node belongs to a lattice without finite height. */
const VISIT_LIMIT = 1_000;

/** Solves a forward problem with a worklist. Throws when the problem does not settle, which is a bug of the problem. */
export function solveForward<S>(graph: FlowGraph, problem: FlowProblem<S>): FlowSolution<S> {
  const before = new Array<S | null>(graph.nodes.length).fill(null);
  const after = new Array<S | null>(graph.nodes.length).fill(null);
  const order = reversePostorder(graph);
  const position = new Uint32Array(graph.nodes.length);
  order.forEach((id, index) => {
    position[id] = index;
  });

  // One bit per place in the order: the earliest waiting node is always next, so that joins see all their ways first.
  const waiting = new Uint8Array(order.length);
  const visits = new Uint32Array(order.length);
  before[graph.entry] = problem.initial;
  waiting[position[graph.entry]!] = 1;
  for (let place = 0; place < order.length; ) {
    if (waiting[place] === 0) {
      place++;
      continue;
    }
    waiting[place] = 0;
    if (++visits[place]! > VISIT_LIMIT) throw new Error('The data flow problem does not settle.');
    const id = order[place]!;
    const state = problem.transfer(graph.nodes[id]!, id, before[id]!);
    after[id] = state;
    let next = place + 1;
    for (const index of graph.out[id]!) {
      const edge = graph.edges[index]!;
      const passed = problem.refine === undefined ? state : problem.refine(edge, state);
      if (passed === null) continue;
      const known = before[edge.to] ?? null;
      const joined = known === null ? passed : problem.join(known, passed);
      if (known !== null && problem.equals(known, joined)) continue;
      before[edge.to] = joined;
      waiting[position[edge.to]!] = 1;
      next = Math.min(next, position[edge.to]!);
    }
    place = next;
  }
  return { before, after };
}

/** Nodes that can be reached from the entry, every node before its successors except along back edges. */
export function reversePostorder(graph: FlowGraph): number[] {
  const seen = new Uint8Array(graph.nodes.length);
  const postorder: number[] = [];
  const stack: { readonly id: number; edge: number }[] = [{ id: graph.entry, edge: 0 }];
  seen[graph.entry] = 1;
  while (stack.length > 0) {
    const top = stack[stack.length - 1]!;
    const index = graph.out[top.id]![top.edge++];
    if (index === undefined) {
      postorder.push(top.id);
      stack.pop();
      continue;
    }
    const { to } = graph.edges[index]!;
    if (seen[to] === 1) continue;
    seen[to] = 1;
    stack.push({ id: to, edge: 0 });
  }
  return postorder.reverse();
}
