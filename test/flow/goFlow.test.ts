/** Control flow of Go: which ways out of a function miss a call, and which code can run at all. */
import { describe, expect, test } from 'vitest';
import type { ExitKind } from '../../server/src/core/flow/paths.ts';
import * as paths from '../../server/src/core/flow/paths.ts';
import {
  buildGoFlow,
  type GoFlow,
  isEndlessLoop,
  nodesRunAt,
  whenAcquired,
} from '../../server/src/languages/go/flow.ts';
import type { GoNode } from '../../server/src/languages/go/nodes.gen.ts';
import { firstOf, headerOf, lineOf, nodesCalling, parseGo } from './goHarness.ts';

const IMPORTS = headerOf(
  'os',
  'log',
  'runtime',
  'testing',
  'github.com/sirupsen/logrus',
  'zlog github.com/rs/zerolog/log',
).imports;

/** Flow of a function with this body; the body's first line is line 1. */
function flowOf(body: string, signature = 'f()'): GoFlow {
  return buildGoFlow(firstOf(parseGo(`func ${signature} {${body}}`), 'function_declaration'), IMPORTS);
}

function isCall(node: GoNode, callee: string): boolean {
  return node.child('function')?.text === callee;
}

function runs(flow: GoFlow, callee: string): (id: number) => boolean {
  const nodes = new Set(nodesCalling(flow, (node) => isCall(node, callee)));
  return (id) => nodes.has(id);
}

/** Where the function is left after `lock()` without `unlock()`: the line and kind of exit, or null. */
function leak(body: string, exits: readonly ExitKind[] = ['exit']): string | null {
  const flow = flowOf(body);
  const from = nodesCalling(flow, (node) => isCall(node, 'lock'))[0]!;
  const witness = paths.findEscape(flow.graph, { from, satisfies: runs(flow, 'unlock'), exits });
  if (witness === null) return null;
  const last = flow.node(witness.last)!;
  return `${witness.exit} ${lineOf(last)} ${flow.graph.nodes[witness.last]!.kind}`;
}

/** The calls of functions that can be reached, in order. */
function reached(body: string, signature?: string): string[] {
  const flow = flowOf(body, signature);
  const seen = paths.reachableFrom(flow.graph, flow.graph.entry);
  const names: string[] = [];
  flow.graph.nodes.forEach((_, id) => {
    if (seen[id] === 0) return;
    for (const node of nodesRunAt(flow, id, 'call_expression')) {
      if (node.child('function')?.kind === 'identifier') names.push(node.child('function')!.text);
    }
    if (id === flow.graph.exit) names.push('exit');
  });
  return names.sort();
}

describe('ways out of a function that miss a call', () => {
  test.each<[string, string, string | null]>([
    ['straight', 'lock(); unlock()', null],
    ['nothing releases', 'lock()\na()', 'exit 2 end'],
    ['deferred', 'lock()\ndefer unlock()\nif a { return }', null],
    ['deferred in a literal', 'lock()\ndefer func() { unlock() }()\nif a { return }', null],
    ['deferred in a literal that is called later', 'lock()\nf := func() { unlock() }\nf()', 'exit 3 end'],
    ['deferred before', 'defer unlock()\nlock()\nif a { return }', null],
    ['deferred before on one branch only', 'if a { defer unlock() }\nlock()\nreturn', 'exit 3 return'],
    ['deferred before on both branches', 'if a { defer unlock() } else { defer unlock() }\nlock()\nreturn', null],
    ['deferred inside an if after', 'lock()\nif a { defer unlock() }\nreturn', 'exit 3 return'],
    ['deferred inside a loop that may not run', 'lock()\nfor range x { defer unlock() }\nreturn', 'exit 3 return'],
    ['early return', 'lock()\nif err != nil {\nreturn\n}\nunlock()', 'exit 3 return'],
    ['early return that releases', 'lock()\nif err != nil {\nunlock()\nreturn\n}\nunlock()', null],
    ['else branch misses', 'lock()\nif a { unlock() } else {\nb() }', 'exit 3 end'],
    ['else if chain releases', 'lock()\nif a { unlock() } else if b { unlock() } else { unlock() }', null],
    ['released in the initializer', 'lock()\nif x := unlock(); x { return }', null],
    ['released in the condition', 'lock()\nif unlock() { return }', null],
    ['only the left operand always runs', 'lock()\nif a && unlock() { return }', 'exit 2 end'],
    ['the right operand of || runs when the left is false', 'lock()\nif a || unlock() {\nreturn }', 'exit 3 return'],
    ['negated', 'lock()\nif !(a || b) { unlock(); return }\nunlock()', null],
    ['panic is no return', 'lock()\nif a { panic("x") }\nunlock()', null],
    ['os.Exit is no return', 'lock()\nif a { os.Exit(1) }\nunlock()', null],
    ['log.Fatal is no return', 'lock()\nif a { log.Fatalf("x") }\nunlock()', null],
    ['runtime.Goexit is no return', 'lock()\nif a { runtime.Goexit() }\nunlock()', null],
    ['a literal is opaque', 'lock()\ngo func() { unlock() }()', 'exit 2 end'],
    ['an invoked literal runs', 'lock()\nfunc() { unlock() }()', null],
    ['an invoked literal in parentheses runs', 'lock()\n(func() { unlock() })()', null],
    ['go runs later', 'lock()\ngo unlock()', 'exit 2 end'],
    ['operands of go run now', 'lock()\ngo a(unlock())', null],
    ['the return in a literal is not ours', 'lock()\nx := func() int { return 1 }\nunlock()\nuse(x)', null],
    ['released in the return', 'lock()\nreturn unlock()', null],
    ['switch without default', 'lock()\nswitch a {\ncase 1: unlock()\ncase 2: unlock()\n}', 'exit 5 end'],
    ['switch with default', 'lock()\nswitch a {\ncase 1: unlock()\ndefault: unlock()\n}', null],
    ['default in the middle', 'lock()\nswitch a {\ndefault: unlock()\ncase 1: unlock()\n}', null],
    ['switch with fallthrough', 'lock()\nswitch a {\ncase 1: fallthrough\ndefault: unlock()\n}', null],
    ['switch with break', 'lock()\nswitch a {\ncase 1:\nif b { break }\nunlock()\ndefault: unlock()\n}', 'exit 7 end'],
    ['type switch without default', 'lock()\nswitch x := a.(type) {\ncase int: unlock()\n}', 'exit 4 end'],
    ['type switch with default', 'lock()\nswitch a.(type) {\ncase int, string: unlock()\ndefault: unlock()\n}', null],
    ['type switch whose case returns', 'lock()\nswitch a.(type) {\ncase nil:\nreturn\n}\nunlock()', 'exit 4 return'],
    ['tagless switch', 'lock()\nswitch {\ncase a && b: unlock()\ncase c: unlock()\n}', 'exit 5 end'],
    [
      'return in select',
      'lock()\nselect {\ncase <-done:\nreturn\ncase v := <-ch:\nuse(v)\n}\nunlock()',
      'exit 4 return',
    ],
    [
      'select without default takes one of its cases',
      'lock()\nselect {\ncase <-a: unlock()\ncase ch <- 1: unlock()\n}',
      null,
    ],
    ['select with an empty default', 'lock()\nselect {\ncase <-a: unlock()\ndefault:\n}', 'exit 5 end'],
    ['empty select never goes on', 'lock()\nselect {}', null],
    ['break in select leaves the select', 'lock()\nfor {\nselect {\ncase <-a: break\n}\n}', null],
    ['labelled break leaves the loop', 'lock()\nL:\nfor {\nselect {\ncase <-a: break L\n}\n}', 'exit 7 end'],
    ['endless loop', 'lock()\nfor { a() }', null],
    ['endless loop with return', 'lock()\nfor {\nif a {\nreturn\n}\n}', 'exit 4 return'],
    ['endless loop with break', 'lock()\nfor {\nif a { break }\n}', 'exit 4 end'],
    ['for true', 'lock()\nfor true { a() }', null],
    ['loop with condition', 'lock()\nfor a { unlock() }', 'exit 2 end'],
    ['loop with clause', 'lock()\nfor i := 0; i < 3; i++ { unlock() }', 'exit 2 end'],
    ['released in the loop head', 'lock()\nfor i := unlock(); i < 3; i++ {}', null],
    ['released in the update only', 'lock()\nfor ; a; unlock() {}', 'exit 2 end'],
    ['range expression runs once in any case', 'lock()\nfor range unlock() {}', null],
    ['continue skips the release', 'for range x {\nlock()\nif a { continue }\nunlock()\n}', 'exit 5 end'],
    [
      'labelled continue skips the release',
      'L:\nfor {\nfor range x {\nlock()\nif a { continue L }\nunlock()\n}\nif b { return }\n}',
      'exit 8 return',
    ],
    ['goto back', 'again:\nlock()\nif a { unlock(); goto again }\nunlock()', null],
    ['goto forward skips', 'lock()\nif a { goto done }\nunlock()\ndone:\nb()', 'exit 5 end'],
    ['block', 'lock()\n{ { unlock() } }', null],
    ['code after return', 'lock()\nunlock()\nreturn\na()', null],
  ])('%s', (_, body, expected) => {
    expect(leak(body)).toBe(expected);
  });

  test.each<[string, string, ExitKind[], string | null]>([
    ['a panic runs deferred calls', 'lock()\ndefer unlock()\npanic("x")', ['panicExit'], null],
    [
      'a panic skips what follows',
      'lock()\nif a { panic("x") }\nunlock()',
      ['exit', 'panicExit'],
      'panicExit 2 statement',
    ],
    ['a test ends by unwinding', 'lock()\nif a { t.Fatal("x") }\nunlock()', ['panicExit'], null],
    [
      'halting runs no deferred calls',
      'lock()\ndefer unlock()\nif a {\nos.Exit(1)\n}',
      ['haltExit'],
      'haltExit 4 statement',
    ],
    ['halting after the release', 'lock()\nunlock()\nos.Exit(1)', ['haltExit'], null],
  ])('%s', (_, body, exits, expected) => {
    expect(leak(body, exits)).toBe(expected);
  });

  test('the witness lists the path in order', () => {
    const flow = flowOf('lock()\nif a {\nb()\nreturn\n}\nunlock()');
    const from = nodesCalling(flow, (node) => isCall(node, 'lock'))[0]!;
    const witness = paths.findEscape(flow.graph, { from, satisfies: runs(flow, 'unlock') })!;
    const steps = witness.path.map((id) => flow.node(id)?.text).filter((text) => text !== undefined);
    expect(steps).toEqual(['a', 'b()', 'return']);
    expect(witness.path.at(-1)).toBe(flow.graph.exit);
  });
});

describe('statements that end a path', () => {
  test.each([
    ['panic("x"); b()', ''],
    ['os.Exit(1); b()', ''],
    ['log.Fatal(err); b()', ''],
    ['log.Fatalln(err); b()', ''],
    ['log.Panicf("x"); b()', ''],
    ['runtime.Goexit(); b()', ''],
    ['logrus.Fatal("x"); b()', ''],
    ['logrus.WithError(err).Fatal("x"); b()', ''],
    ['s.logger.Fatal("x"); b()', ''],
    ['zap.L().Fatal("x"); b()', ''],
    ['zlog.Fatal().Err(err).Msg("x"); b()', ''],
    ['zlog.Error().Err(err).Msg("x"); b()', 'b exit'],
    ['log.Printf("x"); b()', 'b exit'],
    ['x.Fatal("x"); b()', 'b exit'],
    ['x.Exit(1); b()', 'b exit'],
    ['for { a() }; b()', 'a'],
    ['for { if c { break }; a() }; b()', 'a b exit'],
    ['select {}; b()', ''],
    ['goto L; a(); L: b()', 'b exit'],
    ['L: for { for { break L } }; b()', 'b exit'],
    ['for { for { break } }; b()', ''],
    ['return; b()', 'exit'],
    ['if true { return }; b()', 'exit'],
    ['if !true { a() }; b()', 'b exit'],
    ['switch { case c: return; default: panic(1) }; b()', 'exit'],
    ['switch true { case c: return; default: return }; b()', 'exit'],
    ['L: { if c { goto L } }; b()', 'b exit'],
  ])('%s', (body, expected) => {
    expect(
      reached(body)
        .filter((name) => name !== 'panic')
        .join(' '),
    ).toBe(expected);
  });

  test.each([
    ['f(t *testing.T)', 't.Fatal("x"); b()', ''],
    ['f(tb testing.TB)', 'tb.Skip("x"); b()', ''],
    ['f(t *Tester)', 't.Fatal("x"); b()', 'b exit'],
    ['(s *Suite) f()', 's.T().FailNow(); b()', ''],
  ])('%s { %s }', (signature, body, expected) => {
    const kind = signature.startsWith('(') ? 'method_declaration' : 'function_declaration';
    const flow = buildGoFlow(firstOf(parseGo(`func ${signature} {${body}}`), kind), IMPORTS);
    const seen = paths.reachableFrom(flow.graph, flow.graph.entry);
    const names = nodesCalling(flow, (node) => isCall(node, 'b'))
      .filter((id) => seen[id] === 1)
      .map(() => 'b');
    if (seen[flow.graph.exit] === 1) names.push('exit');
    expect(names.join(' ')).toBe(expected);
  });

  test('a literal in a test sees the tester of the test', () => {
    const tree = parseGo('func TestA(t *testing.T) { g(func() { t.Fatal("x"); b() }) }');
    const flow = buildGoFlow(firstOf(tree, 'func_literal'), IMPORTS);
    expect(paths.reachableFrom(flow.graph, flow.graph.entry)[flow.graph.exit]).toBe(0);
  });
});

describe('what runs before what', () => {
  const unprepared = (body: string): number | null => {
    const flow = flowOf(body);
    const path = paths.findUnprepared(flow.graph, {
      from: flow.graph.entry,
      satisfies: runs(flow, 'check'),
      needs: runs(flow, 'use'),
    });
    return path === null ? null : lineOf(flow.node(path.nodes.at(-1)!)!);
  };

  test.each<[string, string, number | null]>([
    ['checked', 'check()\nuse()', null],
    ['not checked', 'a()\nuse()', 2],
    ['checked on one branch', 'if a { check() }\nuse()', 2],
    ['checked on both', 'if a { check() } else { check() }\nuse()', null],
    ['checked where it matters', 'if !check() { return }\nuse()', null],
    ['checked after', 'use()\ncheck()', 1],
    ['only the first round is unchecked', 'for {\nuse()\ncheck()\n}', 2],
    ['the other branch returns', 'if a { return }\ncheck()\nuse()', null],
  ])('%s', (_, body, expected) => {
    expect(unprepared(body)).toBe(expected);
  });

  test('nodes in loops lie on a cycle', () => {
    const flow = flowOf('a()\nfor range x { b(); if c() { d(); return } }');
    const onCycle = (callee: string): boolean =>
      paths.isOnCycle(flow.graph, nodesCalling(flow, (node) => isCall(node, callee))[0]!);
    expect(['a', 'b', 'c', 'd'].map(onCycle)).toEqual([false, true, true, false]);
  });

  test('deferred calls run in reverse, with what is certain', () => {
    const flow = flowOf('defer a()\nif x { defer b() }\ndefer c()\nreturn\ndefer d()');
    const end = flow.graph.nodes.findIndex((node) => node.kind === 'return');
    const calls = paths.deferredCallsAt(flow.graph, end).map((call) => [flow.node(call.node)!.text, call.certain]);
    expect(calls).toEqual([
      ['defer c()', true],
      ['defer b()', false],
      ['defer a()', true],
    ]);
  });
});

describe('paths on which an acquisition succeeded', () => {
  const leakOf = (body: string): number | null => {
    const flow = flowOf(body);
    const from = nodesCalling(flow, (node) => isCall(node, 'open'))[0]!;
    const witness = paths.findEscape(flow.graph, {
      from,
      satisfies: runs(flow, 'f.Close'),
      ...whenAcquired(flow, {
        isError: (identifier) => identifier.text === 'err',
        isValue: (expression) => expression.text === 'f',
      }),
    });
    return witness === null ? null : lineOf(flow.node(witness.last)!);
  };

  test.each<[string, string, number | null]>([
    ['the failure path needs no close', 'f, err := open()\nif err != nil { return }\ndefer f.Close()', null],
    ['mirrored', 'f, err := open()\nif nil != err { return }\ndefer f.Close()', null],
    ['success inside', 'f, err := open()\nif err == nil {\nf.Close()\n}', null],
    ['success that leaks', 'f, err := open()\nif err == nil {\nreturn\n}', 3],
    ['both tested', 'f, err := open()\nif err != nil || f == nil { return }\nf.Close()', null],
    [
      'known errors are failures',
      'f, err := open()\nif errors.Is(err, x) { return }\nif err == io.EOF { return }\nf.Close()',
      null,
    ],
    [
      'a later error is another one',
      'f, err := open()\nif err != nil { return }\nerr = g()\nif err != nil {\nreturn\n}\nf.Close()',
      5,
    ],
    [
      'a later error that is declared with its test',
      'f, err := open()\nif err != nil { return }\nif _, err = g(f); err != nil {\nreturn\n}\nf.Close()',
      4,
    ],
    ['closed unless nil', 'f, err := open()\nuse(err)\nif f != nil { f.Close() }', null],
    ['switch over the error', 'f, err := open()\nswitch err {\ncase nil: f.Close()\ncase x: return\n}', null],
    ['tagless switch', 'f, err := open()\nswitch {\ncase err != nil: return\n}\nf.Close()', null],
    ['another condition', 'f, err := open()\nif err != nil { return }\nif a {\nreturn\n}\nf.Close()', 4],
  ])('%s', (_, body, expected) => {
    expect(leakOf(body)).toBe(expected);
  });
});

describe('the graph', () => {
  test('conditions keep their single tests', () => {
    const flow = flowOf('if a && (!b || c) { d() }');
    const conditions = flow.graph.nodes.filter((node) => node.kind === 'condition');
    expect(
      conditions.map((node) =>
        flow.function.tree.text.slice(flow.function.tree.starts[node.syntax]!, flow.function.tree.ends[node.syntax]!),
      ),
    ).toEqual(['a', 'b', 'c']);
  });

  test('syntax finds the node that runs it', () => {
    const flow = flowOf('a()\nif b() && c() { x := func() { d() }; use(x) }\nfor i := range e() { g(i) }');
    const nodeOf = (text: string): string | undefined => {
      const call = [...flow.function.descendants('call_expression')].find((node) => node.text === text)!;
      return flow.node(flow.at(call))?.text;
    };
    expect(nodeOf('a()')).toBe('a()');
    expect(nodeOf('c()')).toBe('c()');
    expect(nodeOf('d()')).toBe('x := func() { d() }');
    expect(nodeOf('e()')).toBe('e()');
    const condition = [...flow.function.descendants('binary_expression')][0]!;
    expect(flow.node(flow.at(condition))?.text).toBe('b()');
    expect(flow.at([...flow.function.descendants('if_statement')][0]!)).toBe(-1);
  });

  test('a body in one piece: every edge joins two nodes and is listed at both', () => {
    const { graph } = flowOf('for i := 0; i < 3; i++ { switch i { case 1: continue; default: break } }');
    graph.edges.forEach((edge, index) => {
      expect(graph.out[edge.from]).toContain(index);
      expect(graph.in[edge.to]).toContain(index);
    });
  });

  test('functions without a body and incomplete code have a graph', () => {
    const external = buildGoFlow(firstOf(parseGo('func f()'), 'function_declaration'), []);
    expect(external.graph.edges).toEqual([]);
    const broken = buildGoFlow(
      firstOf(parseGo('func f() { if a { return }; for i := { switch { case } }; L: }'), 'function_declaration'),
      [],
    );
    expect(broken.graph.nodes.some((node) => node.kind === 'return')).toBe(true);
  });

  test('depth costs no stack', () => {
    const depth = 20_000;
    const flow = flowOf(`${'if a { '.repeat(depth)}return${'}'.repeat(depth)}`);
    expect(flow.graph.nodes.filter((node) => node.kind === 'condition')).toHaveLength(depth);
    const conjunction = flowOf(`if ${'a && '.repeat(depth)}a { return }`);
    expect(conjunction.graph.nodes.filter((node) => node.kind === 'condition')).toHaveLength(depth + 1);
  });

  test.each([
    ['for {}', true],
    ['for ;; {}', true],
    ['for true {}', true],
    ['for a {}', false],
    ['for range a {}', false],
    ['for ; a; {}', false],
  ])('endless: %s', (loop, expected) => {
    expect(isEndlessLoop(firstOf(parseGo(`func f() { ${loop} }`), 'for_statement'))).toBe(expected);
  });
});
