/** The data flow solver, with problems small enough to check by hand. */
import { describe, expect, test } from 'vitest';
import { createFlowBuilder, type FlowGraph } from '../../server/src/core/flow/graph.ts';
import { type FlowProblem, reversePostorder, solveForward } from '../../server/src/core/flow/solve.ts';
import { buildGoFlow, type GoFlow, nodesRunAt } from '../../server/src/languages/go/flow.ts';
import { nilComparison } from '../../server/src/languages/go/syntax.ts';
import { firstOf, lineOf, nodesCalling, parseGo } from './goHarness.ts';

function flowOf(body: string): GoFlow {
  return buildGoFlow(firstOf(parseGo(`func f() {${body}}`), 'function_declaration'), []);
}

function callsAt(flow: GoFlow, id: number): string[] {
  return nodesRunAt(flow, id, 'call_expression').map((node) => node.text);
}

/** How often a lock may be held: bit 0 for not at all, bit 1 for held. */
function lockStates(flow: GoFlow): FlowProblem<number> {
  return {
    initial: 1,
    transfer(_, id, state) {
      const calls = callsAt(flow, id);
      if (calls.includes('lock()')) return 2;
      return calls.includes('unlock()') ? 1 : state;
    },
    join: (left, right) => left | right,
    equals: (left, right) => left === right,
  };
}

describe('forward data flow', () => {
  test.each<[string, string, number | null]>([
    ['released', 'lock(); unlock()', 1],
    ['held on one path', 'if a { lock() }', 3],
    ['held on every path', 'if a { lock() } else { lock() }', 2],
    ['a loop may not run', 'for range x { lock() }', 3],
    ['balanced in a loop', 'for range x { lock(); unlock() }', 1],
    ['never left', 'lock(); for {}', null],
    ['taken again in the next round', 'for a { lock(); if b { continue }; unlock() }', 3],
  ])('%s', (_, body, expected) => {
    const flow = flowOf(body);
    expect(solveForward(flow.graph, lockStates(flow)).before[flow.graph.exit]).toBe(expected);
  });

  test('a lock that is taken while it may be held', () => {
    const flow = flowOf('for a {\nlock()\nif b {\ncontinue\n}\nunlock()\n}');
    const { before } = solveForward(flow.graph, lockStates(flow));
    const again = nodesCalling(flow, (node) => node.text === 'lock()').filter((id) => (before[id]! & 2) !== 0);
    expect(again.map((id) => lineOf(flow.node(id)!))).toEqual([2]);
  });

  test('edges refine the state, and may be impossible', () => {
    const flow = flowOf('err := g()\nif err != nil {\na()\n} else if err == nil {\nb()\n} else {\nc()\n}');
    // 'unknown', 'nil' or 'set': what is known of err.
    const { before } = solveForward<string>(flow.graph, {
      initial: 'unknown',
      transfer: (_, __, state) => state,
      refine(edge, state) {
        const test = flow.node(edge.from);
        const comparison = edge.label === 'always' || test === null ? null : nilComparison(test);
        if (comparison === null) return state;
        const implied = comparison.equal === (edge.label === 'true') ? 'nil' : 'set';
        return state === 'unknown' || state === implied ? implied : null;
      },
      join: (left, right) => (left === right ? left : 'unknown'),
      equals: (left, right) => left === right,
    });
    const at = (call: string): string | null => before[nodesCalling(flow, (node) => node.text === call)[0]!]!;
    expect([at('a()'), at('b()'), at('c()')]).toEqual(['set', 'nil', null]);
  });

  test('every node is examined after the nodes before it', () => {
    const { graph } = flowOf('if a { b() } else { c() }; for d() { e() }; g()');
    const order = reversePostorder(graph);
    const place = new Map(order.map((id, index) => [id, index]));
    const back = graph.edges.filter((edge) => place.get(edge.from)! >= place.get(edge.to)!);
    // Only the end of the loop leads back.
    expect(back).toHaveLength(1);
  });

  test('a problem that does not settle is reported instead of running for ever', () => {
    const endless: FlowGraph = (() => {
      const builder = createFlowBuilder();
      const loop = builder.node('statement', 0);
      builder.edge(builder.entry, loop);
      builder.edge(loop, loop);
      return builder.finish();
    })();
    const counting: FlowProblem<number> = {
      initial: 0,
      transfer: (_, __, state) => state + 1,
      join: Math.max,
      equals: (left, right) => left === right,
    };
    expect(() => solveForward(endless, counting)).toThrow('does not settle');
  });
});
