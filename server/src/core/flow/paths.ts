/**
 * Questions about paths through a control flow graph, answered with a witness: a shortest path that shows it. Every
 * path of the graph counts as possible unless the question's `step` rules it out; deferred calls are taken into
 * account where a question says so.
 */
import type { FlowEdge, FlowGraph } from './graph.ts';

/** A path as node ids, from the first node after the start to the one that was looked for. */
export interface FlowPath {
  readonly nodes: readonly number[];
}

export interface PathQuestion {
  /** Node after which the path begins; the node itself is not looked at. */
  readonly from: number;
  /** Whether the path may end here. Asked before `blocks`. */
  readonly target: (id: number, state: number) => boolean;
  /** Whether no path goes on through this node. */
  readonly blocks?: (id: number) => boolean;
  /** First state of the path, a small whole number with a meaning that only the question knows; default 0. */
  readonly state?: number;
  /** State behind an edge; null: paths in that state do not take this edge. */
  readonly step?: (edge: FlowEdge, state: number) => number | null;
  /** State behind a node that the path goes through. */
  readonly enter?: (id: number, state: number) => number;
}

/** A shortest path that answers the question, or null when there is none. Visits every node once per state. */
export function findPath(graph: FlowGraph, question: PathQuestion): FlowPath | null {
  const { from, target, blocks, step, enter } = question;
  interface Reached {
    readonly id: number;
    readonly state: number;
    readonly by: number;
  }
  const reached: Reached[] = [{ id: from, state: question.state ?? 0, by: -1 }];
  /** Pairs of a node and a state, as one number. */
  const seen = new Set<number>();
  for (let head = 0; head < reached.length; head++) {
    const { id, state } = reached[head]!;
    for (const index of graph.out[id]!) {
      const edge = graph.edges[index]!;
      const passed = step === undefined ? state : step(edge, state);
      if (passed === null) continue;
      if (target(edge.to, passed)) {
        const nodes = [edge.to];
        for (let i = head; reached[i]!.by >= 0; i = reached[i]!.by) nodes.push(reached[i]!.id);
        return { nodes: nodes.reverse() };
      }
      if (blocks?.(edge.to) === true) continue;
      const entered = enter === undefined ? passed : enter(edge.to, passed);
      const pair = entered * graph.nodes.length + edge.to;
      if (seen.has(pair)) continue;
      seen.add(pair);
      reached.push({ id: edge.to, state: entered, by: head });
    }
  }
  return null;
}

export type ExitKind = 'exit' | 'panicExit' | 'haltExit';

/** How a function is left although something has not happened yet. */
export interface EscapeWitness {
  readonly exit: ExitKind;
  /** Node that leaves the function: a return, the end of the body, a panicking or halting statement. */
  readonly last: number;
  /** Node ids from behind the start up to and including the exit. */
  readonly path: readonly number[];
}

export interface EscapeQuestion {
  /** Node after which the paths begin, for instance the one that takes a lock. */
  readonly from: number;
  /**
   * Whether a node does what every path has to do, for instance release the lock. A `defer` node that registers such
   * a call counts from there on, and it also counts for paths that passed it before they reached `from`.
   */
  readonly satisfies: (id: number) => boolean;
  /** Exits that count; default: only a normal return. */
  readonly exits?: readonly ExitKind[];
  /** See `PathQuestion`. */
  readonly state?: number;
  readonly step?: (edge: FlowEdge, state: number) => number | null;
  readonly enter?: (id: number, state: number) => number;
}

/**
 * A path from a node to an exit on which nothing satisfies the question, or null when every path does it. When every
 * way from the entry to the node has deferred a satisfying call, there is none either. A halting exit runs no
 * deferred calls, so the paths that lead there are judged without them.
 */
export function findEscape(graph: FlowGraph, question: EscapeQuestion): EscapeWitness | null {
  const { from, satisfies } = question;
  const kinds = question.exits ?? ['exit'];
  const deferring = (id: number): boolean => graph.nodes[id]!.kind === 'defer' && satisfies(id);
  const coveredByDefer =
    from !== graph.entry &&
    (deferring(from) ||
      findPath(graph, { from: graph.entry, target: (id) => id === from, blocks: deferring }) === null);

  const witness = (exits: readonly ExitKind[], blocks: (id: number) => boolean): EscapeWitness | null => {
    const path = findPath(graph, {
      from,
      target: (id) => exits.some((kind) => graph[kind] === id),
      blocks,
      ...(question.state === undefined ? {} : { state: question.state }),
      ...(question.step === undefined ? {} : { step: question.step }),
      ...(question.enter === undefined ? {} : { enter: question.enter }),
    });
    if (path === null) return null;
    const exit = graph.nodes[path.nodes.at(-1)!]!.kind as ExitKind;
    const passed = path.nodes.slice(0, -1);
    const last = passed.findLast((id) => graph.nodes[id]!.kind !== 'join') ?? from;
    return { exit, last, path: path.nodes };
  };

  const unwinding = kinds.filter((kind) => kind !== 'haltExit');
  if (!coveredByDefer && unwinding.length > 0) {
    const found = witness(unwinding, satisfies);
    if (found !== null) return found;
  }
  if (!kinds.includes('haltExit')) return null;
  return witness(['haltExit'], (id) => satisfies(id) && graph.nodes[id]!.kind !== 'defer');
}

/**
 * A path from `from` to a node that needs something first, on which nothing satisfies it before; null when on every
 * path a satisfying node comes before every needing one. The node that needs and satisfies at once needs it first.
 */
export function findUnprepared(
  graph: FlowGraph,
  question: {
    readonly from: number;
    readonly satisfies: (id: number) => boolean;
    readonly needs: (id: number) => boolean;
  },
): FlowPath | null {
  return findPath(graph, { from: question.from, target: question.needs, blocks: question.satisfies });
}

/** 1 for every node that can be reached from `from`, which itself counts as reached. */
export function reachableFrom(graph: FlowGraph, from: number): Uint8Array {
  const seen = new Uint8Array(graph.nodes.length);
  const stack = [from];
  seen[from] = 1;
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    for (const index of graph.out[id]!) {
      const { to } = graph.edges[index]!;
      if (seen[to] === 1) continue;
      seen[to] = 1;
      stack.push(to);
    }
  }
  return seen;
}

/** 1 for every node from which a path leads to `to` that goes through no blocked node; a blocked node has none either. */
export function reaching(graph: FlowGraph, to: number, blocked: ReadonlySet<number>): Uint8Array {
  const seen = new Uint8Array(graph.nodes.length);
  const stack = [to];
  seen[to] = 1;
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    for (const index of graph.in[id]!) {
      const { from } = graph.edges[index]!;
      if (seen[from] === 1 || blocked.has(from)) continue;
      seen[from] = 1;
      stack.push(from);
    }
  }
  return seen;
}

/** Whether a node can run again after it has run: it lies on a cycle. */
export function isOnCycle(graph: FlowGraph, id: number): boolean {
  return findPath(graph, { from: id, target: (other) => other === id }) !== null;
}

export interface DeferredCall {
  /** The `defer` node that registered the call. */
  readonly node: number;
  /** Whether every path to that point has registered it. */
  readonly certain: boolean;
}

/**
 * Deferred calls that run when the function is left behind node `id`, in the order in which they run: the last
 * registered one first. Those on branches are listed too, as not certain.
 */
export function deferredCallsAt(graph: FlowGraph, id: number): DeferredCall[] {
  const result: DeferredCall[] = [];
  graph.nodes.forEach((node, defer) => {
    if (node.kind !== 'defer') return;
    const registered = defer === id || findPath(graph, { from: defer, target: (other) => other === id }) !== null;
    if (!registered || reachableFrom(graph, graph.entry)[defer] === 0) return;
    const skipped = defer === id ? null : avoidingPath(graph, defer, id);
    result.push({ node: defer, certain: skipped === null });
  });
  return result.reverse();
}

/** A path from the entry to `to` that does not pass `avoided`. */
function avoidingPath(graph: FlowGraph, avoided: number, to: number): FlowPath | null {
  return findPath(graph, { from: graph.entry, target: (id) => id === to, blocks: (id) => id === avoided });
}
