/** Names of Go: what identifiers refer to, and which of them come from outside the declaration. */
import { describe, expect, test } from 'vitest';
import type { GoNode } from '../../server/src/languages/go/nodes.gen.ts';
import { type GoScope, isSameBinding, resolveNames } from '../../server/src/languages/go/scope.ts';
import { lineOf, parseGo, rootOf } from './goHarness.ts';

/** Names of the last top-level declaration of a source. */
function scopeOf(source: string): { readonly scope: GoScope; readonly declaration: GoNode } {
  const declaration = rootOf(parseGo(source)).namedChildren.at(-1)!;
  return { scope: resolveNames(declaration), declaration };
}

/** Free uses as `name` (value), `name:` (type) and `name.` (before a dot), in order. */
function free(source: string): string {
  const marks = { value: '', type: ':', qualifier: '.' };
  return scopeOf(source)
    .scope.free.map((use) => use.name + marks[use.position])
    .join(' ');
}

/** Lines where each use of a name is declared; `-` for a use that is not local. Declarations give their own line. */
function links(source: string, name: string): string {
  const { scope, declaration } = scopeOf(source);
  const result: string[] = [];
  for (const node of declaration.walk()) {
    const isName = node.kind === 'identifier' || node.kind === 'type_identifier' || node.kind === 'label_name';
    if (!isName || node.text !== name) continue;
    const binding = scope.bindingOf(node);
    result.push(binding === null ? '-' : String(lineOf(binding.node)));
  }
  return result.join(' ');
}

describe('free names', () => {
  test.each([
    ['func f() { g(x) }', 'g x'],
    ['func f(x int) { g(x) }', 'g'],
    ['func f() error { return nil }', ''],
    ['func f(s Server) *Client { return s.client }', 'Server: Client:'],
    ['func f(w http.ResponseWriter) { fmt.Fprintln(w) }', 'http. fmt.'],
    ['func (s *Server) Serve() { s.mu.Lock(); s.Serve() }', 'Server:'],
    ['func (c *Cache[K, V]) Get(k K) V { var v V; return v }', 'Cache:'],
    ['func (c *Cache[_, V]) Get() V { return c.v }', 'Cache:'],
    ['func Map[T, U any](in []T, f func(T) U) []U { return append([]U{}, f(in[0])) }', ''],
    ['func Sum[N constraints.Integer | ~int](in ...N) N { return in[0] }', 'constraints.'],
    ['func f(string string) { g(string) }', 'g'],
    ['func f(io io.Reader) { io.Read(nil) }', 'io.'],
    ['func f() (n int, err error) { n, err = g(); return }', 'g'],
    ['func f() { x := x; g(x) }', 'x g'],
    ['func f() { var x = x; g(x) }', 'x g'],
    ['func f() { const a = b; const (c = iota; d) ; g(a, c, d) }', 'b g'],
    ['func f() { type T struct { next *T; u U }; var t T; g(t) }', 'U: g'],
    ['func f() { type Set[K comparable] map[K]struct{}; g(Set[int]{}) }', 'g'],
    ['func f() { f := func() { f() }; f() }', 'f'],
    ['func f() { if v, ok := m[k]; ok { g(v) } else { h(v) }; g(v) }', 'm k g h g v'],
    ['func f() { for i := 0; i < n; i++ { g(i) }; h(i) }', 'n g h i'],
    ['func f() { for k, v := range m { g(k, v) } }', 'm g'],
    ['func f() { for k, v = range m { } }', 'k v m'],
    ['func f() { for x := range x { g(x) } }', 'x g'],
    ['func f() { switch x := g(); x { case y: h(x) }; h(x) }', 'g y h h x'],
    ['func f() { switch x := x.(type) { case T: g(x); case *p.U, nil: h(x) } }', 'x T: g p. h'],
    ['func f() { select { case v, ok := <-ch: g(v, ok); case ch <- v: ; case <-done: } }', 'ch g ch v done'],
    ['func f() { select { case v = <-ch: } }', 'v ch'],
    ['func f() { L: for { break L; continue L }; goto M; M: }', ''],
    ['func f() { go func(x int) { g(x, y) }(z) }', 'g y z'],
    ['func f() { g(func(a, b int) (c int) { c = a + b; return }) }', 'g'],
    ['func f() { var g func(a int, b T) (c U); g(a, b, c) }', 'T: U: a b c'],
    ['func f() { var i interface { M(a T) error; fmt.Stringer; ~int | U }; g(i) }', 'T: fmt. U: g'],
    ['func f() { g(struct { a, b int; T; *p.U }{}) }', 'g T: p.'],
    ['func f() { x.y.z(); a[i].b = c }', 'x. a i c'],
    ['func f() { (x).y() }', 'x'],
    ['func f() { g(new(T), make([]U, n), (*V)(nil), W(x)) }', 'g T: U: n V W x'],
    ['func f() { g[T](x); h[int, U](y) }', 'g T: x h U: y'],
    ['func f(h []func(int)) { i := 0; h[i](x) }', 'x'],
    ['func f() { x.(T).g(); _ = []byte(s) }', 'x T: s'],
    ['func f() { _, _ = a, b }', 'a b'],
    ['func f() { len := g; len(x); cap(y) }', 'g x y'],
    ['func f() { min(a, max(b)); clear(c); var e any; var k comparable }', 'a b c'],
    ['func f() { f(a...) }', 'f a'],
    ['func f() { defer func() { if r := recover(); r != nil { g(r) } }() }', 'g'],
    ['func f() { { x := 1; g(x) }; h(x) }', 'g h x'],
    ['func f(x int) { x, y := g(); h(x, y) }', 'g h'],
    ['var x, y = f(z), T{}', 'f z T:'],
    ['var x = func() { x := 1; g(x, y) }', 'g y'],
    ['const a, b = c, iota', 'c'],
    ['const (\n a = iota\n b\n)', ''],
    ['type T struct { next *T; f func(a U) }', 'T: U:'],
    ['type Set[K comparable, V any] map[K]V', ''],
    ['type A = B', 'B:'],
    ['type I interface { M(x T) (y U); io.Closer }', 'T: U: io.'],
    ['import f "fmt"', ''],
    ['func f()', ''],
    ['func f(a T) (b U)', 'T: U:'],
  ])('%s', (source, expected) => {
    expect(free(source)).toBe(expected);
  });
});

describe('keys of composite literals', () => {
  test.each([
    ['func f() { g(T{Key: v}) }', 'g T: v'],
    ['func f() { g(p.T{Key: v}) }', 'g p. v'],
    ['func f() { g(struct{ Key int }{Key: v}) }', 'g v'],
    ['func f() { g(map[string]int{key: v}) }', 'g key v'],
    ['func f() { g([]int{a: v}, [3]int{b: v}, [...]int{c: v}) }', 'g a v b v c v'],
    ['func f() { g([]T{{Key: v}}) }', 'g T: v'],
    ['func f() { g(map[K]T{k: {Key: v}}) }', 'g K: T: k v'],
    ['func f() { g(map[K][]int{k: {i: v}}) }', 'g K: k i v'],
    ['func f() { g([]*map[string]int{{key: v}}) }', 'g key v'],
    ['func f() { g(map[[1]int]T{{i: 1}: {Key: v}}) }', 'g T: i v'],
    ['func f() { g(T{p.Key: v, "a": w, (k): x}) }', 'g T: p. v w k x'],
    ['func f() { g(T{{Key: v}}) }', 'g T: v'],
  ])('%s', (source, expected) => {
    expect(free(source)).toBe(expected);
  });

  test('a key that may be a local variable is a possible use', () => {
    const { scope } = scopeOf('func f(x int) { g(T{x: 1}, map[int]int{x: 2}) }');
    const [binding] = scope.bindings;
    expect([binding!.uses.length, binding!.possibleUses.length]).toEqual([1, 1]);
  });
});

describe('scopes and shadowing', () => {
  test.each<[string, string, string, string]>([
    ['inner declarations shadow', 'func f() {\nx := 1\n{\nx := x\ng(x)\n}\ng(x)\n}', 'x', '2 4 2 4 2'],
    [':= assigns what its scope has', 'func f() {\na, err := g()\nb, err := h()\nuse(a, b, err)\n}', 'err', '2 2 2'],
    [
      ':= in an if declares',
      'func f() {\n_, err := g()\nif err := h(); err != nil {\nreturn err\n}\nuse(err)\n}',
      'err',
      '2 3 3 3 2',
    ],
    [':= assigns a named result in the body', 'func f() (\nerr error) {\na, err := g()\nreturn\n}', 'err', '2 2'],
    [':= declares in an inner block', 'func f() (\nerr error) {\n{\na, err := g()\n}\nreturn err\n}', 'err', '2 4 2'],
    [':= assigns a parameter', 'func f(\nx int) {\nx, y := g(x)\n}', 'x', '2 2 2'],
    ['parameters of literals shadow', 'func f(\nx int) {\ng(func(\nx int) {\nuse(x) })\nuse(x)\n}', 'x', '2 4 4 2'],
    ['a literal is declared behind itself', 'func f() {\ng := func() {\ng := 1\nuse(g)\n}\ng()\n}', 'g', '2 3 3 2'],
    ['clauses are scopes', 'func f() {\nswitch {\ncase a:\nx := 1\nuse(x)\ncase b:\nuse(x)\n}\n}', 'x', '4 4 -'],
    [
      'the alias of a type switch',
      'func f(\nx any) {\nswitch x := x.(type) {\ncase int:\nuse(x)\n}\nuse(x)\n}',
      'x',
      '2 3 2 3 2',
    ],
    ['receive in select', 'func f() {\nselect {\ncase v := <-c:\nuse(v)\ncase <-d:\nuse(v)\n}\n}', 'v', '3 3 -'],
    ['loop variables', 'func f() {\nfor i := 0; i < 3; i++ {\ni := i\nuse(i)\n}\n}', 'i', '2 2 2 3 2 3'],
    ['types see themselves', 'func f() {\ntype T struct {\nnext *T\n}\nvar t T\n}', 'T', '2 2 2'],
    ['type parameters', 'func f[\nT any](a T) (b T) {\nvar c T\n}', 'T', '2 2 2 2'],
    ['labels', 'func f() {\ngoto L\nL:\nfor {\nbreak L\n}\n}', 'L', '3 3 3'],
    [
      'labels of literals are their own',
      'func f() {\nL:\nfor {\ng(func() {\nL:\nfor { break L }\n})\ncontinue L\n}\n}',
      'L',
      '2 5 5 2',
    ],
    ['a label and a variable', 'func f() {\nx := 1\nx:\nfor { use(x); break x }\n}', 'x', '2 3 2 3'],
    ['else sees the initializer', 'func f() {\nif x := g(); x {\n} else if y {\nuse(x)\n}\nuse(x)\n}', 'x', '2 2 2 -'],
  ])('%s', (_, source, name, expected) => {
    expect(links(`package p; ${source}`, name)).toBe(expected);
  });

  test('bindings say what and whose they are', () => {
    const { scope, declaration } = scopeOf(
      'func (r R) f(a int) (b int) { const c = 1; var d int; type E int; func(g int) { h := 1; _ = h }(d); L: for {} }',
    );
    const literal = [...declaration.descendants('func_literal')][0]!;
    expect(scope.bindings.map((binding) => [binding.name, binding.kind, binding.owner === literal.index])).toEqual([
      ['r', 'receiver', false],
      ['a', 'parameter', false],
      ['b', 'result', false],
      ['c', 'constant', false],
      ['d', 'variable', false],
      ['E', 'type', false],
      ['g', 'parameter', true],
      ['h', 'variable', true],
      ['L', 'label', false],
    ]);
  });

  test('a variable that is declared with a literal belongs to the outer function', () => {
    const { scope, declaration } = scopeOf('func f() { g := func() {}; g() }');
    expect(scope.bindings.map((binding) => [binding.name, binding.owner])).toEqual([['g', declaration.index]]);
  });

  test('two identifiers of one variable are the same', () => {
    const { scope, declaration } = scopeOf('func f() { x := 1; g(x); { x := 2; g(x) } }');
    const [first, second, third, fourth] = [...declaration.descendants('identifier')].filter(
      (node) => node.text === 'x',
    );
    expect(isSameBinding(scope, first!, second!)).toBe(true);
    expect(isSameBinding(scope, third!, fourth!)).toBe(true);
    expect(isSameBinding(scope, first!, third!)).toBe(false);
  });

  test('depth costs no stack and no quadratic time', () => {
    const depth = 20_000;
    const { scope } = scopeOf(`func f(x int) { ${'{ g(x); '.repeat(depth)}${'}'.repeat(depth)} }`);
    expect(scope.bindings[0]!.uses).toHaveLength(depth);
    expect(scope.free).toHaveLength(depth);
  });
});
