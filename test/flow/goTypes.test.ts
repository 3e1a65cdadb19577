/** Types of Go expressions inside one declaration, what calls call, and the facts about the standard library. */
import { describe, expect, test } from 'vitest';
import { STDLIB_PACKAGES } from '../../server/src/knowledge/go/stdlib.gen.ts';
import * as stdlib from '../../server/src/knowledge/go/stdlib.ts';
import type { GoNode } from '../../server/src/languages/go/nodes.gen.ts';
import { resolveNames } from '../../server/src/languages/go/scope.ts';
import {
  calleeId,
  createTypes,
  elementOf,
  type GoTypes,
  goTypes,
  mapKeyOf,
  typesAround,
} from '../../server/src/languages/go/types.ts';
import { contextOf, firstOf, headerOf, parseGo, rootOf } from './goHarness.ts';

const HEADER = headerOf(
  'net/http',
  'os',
  'time',
  'sync',
  'context',
  'io',
  'bufio',
  'fmt',
  'strings',
  'bytes',
  'crypto/sha256',
  'database/sql',
  'encoding/json',
  'net/url',
  'exec os/exec',
  'github.com/acme/lib',
  'crand crypto/rand',
  'strconv',
);

function typesOf(source: string): { readonly types: GoTypes; readonly declaration: GoNode } {
  const declaration = rootOf(parseGo(source)).namedChildren.at(-1)!;
  return { types: createTypes(resolveNames(declaration), HEADER), declaration };
}

/** Type of the argument of the last call of `at(...)` in a function body. */
function typeAt(body: string, signature = 'f()'): string | null {
  const { types, declaration } = typesOf(`func ${signature} { ${body} }`);
  const call = [...declaration.descendants('call_expression')].findLast(
    (node) => node.child('function')?.text === 'at',
  )!;
  return types.typeOf(call.child('arguments')!.namedChildren[0]!);
}

describe('types of expressions', () => {
  test.each<[string, string | null]>([
    ['at(1)', 'int'],
    ['at(-1.5)', 'float64'],
    ["at('a')", 'rune'],
    ['at("a" + b)', null],
    ['at(`a`)', 'string'],
    ['at(a == b)', 'bool'],
    ['at(!a)', 'bool'],
    ['var x http.Client; at(x)', 'net/http.Client'],
    ['var x *http.Client; at(*x)', 'net/http.Client'],
    ['var x, y sync.RWMutex; at(&y)', '*sync.RWMutex'],
    ['x := http.Client{}; at(x)', 'net/http.Client'],
    ['x := &http.Client{}; at(x)', '*net/http.Client'],
    ['x := new(sync.Mutex); at(x)', '*sync.Mutex'],
    ['x := make(chan time.Time, 1); at(x)', 'chan time.Time'],
    ['x := make(map[string][]*http.Client); at(x)', 'map[string][]*net/http.Client'],
    ['x := make(map[string][]*http.Client); at(x["a"])', '[]*net/http.Client'],
    ['x := make(map[string][]*http.Client); at(x["a"][0].Timeout)', 'time.Duration'],
    ['x := []int{1}; at(x[1:])', '[]int'],
    ['x := [3]int{}; at(x[:])', '[]int'],
    ['x := [...]string{"a"}; at(x[0])', 'string'],
    ['x := "abc"; at(x[0])', 'byte'],
    ['x := "abc"; at(x[1:])', 'string'],
    ['x := Server{}; at(x)', 'Server'],
    ['x := &Server{}; at(x.client)', null],
    ['x := Cache[string, int]{}; at(x)', 'Cache[string, int]'],
    ['x := lib.New(); at(x)', null],
    ['x := lib.Options{}; at(&x)', '*github.com/acme/lib.Options'],
    ['x := unknown.T{}; at(x)', null],
    ['x, err := http.Get(u); at(x)', '*net/http.Response'],
    ['x, err := http.Get(u); at(err)', 'error'],
    ['x, err := http.Get(u); at(err.Error())', 'string'],
    ['x, err := http.Get(u); at(x.Body)', 'io.ReadCloser'],
    ['x, err := http.Get(u); at(x.Header.Get("a"))', 'string'],
    ['var x, err = os.Open(p); at(x)', '*os.File'],
    ['x := http.Get(u); at(x)', null],
    ['x, _ := http.NewRequestWithContext(ctx, "GET", u, nil); at(x.URL)', '*net/url.URL'],
    ['c := &http.Client{}; x, err := c.Do(r); at(x)', '*net/http.Response'],
    ['x, err := http.DefaultClient.Do(r); at(x)', '*net/http.Response'],
    ['x, cancel := context.WithTimeout(ctx, time.Second); at(x)', 'context.Context'],
    ['x, cancel := context.WithTimeout(ctx, time.Second); at(cancel)', 'context.CancelFunc'],
    ['x := time.Now().Add(time.Minute).Sub(y); at(x)', 'time.Duration'],
    ['at(5 * time.Second)', 'time.Duration'],
    ['at(n * time.Second)', 'time.Duration'],
    ['const n = 5; at(n * time.Second)', 'time.Duration'],
    ['at(time.Duration(n) * time.Second)', 'time.Duration'],
    ['at(time.Second << 2)', 'time.Duration'],
    ['at(1 << n)', 'int'],
    ['at(time.Tick(1))', '<-chan time.Time'],
    ['at(<-time.After(1))', 'time.Time'],
    ['t := time.NewTicker(1); x := <-t.C; at(x)', 'time.Time'],
    ['x := bufio.NewScanner(os.Stdin); at(x.Text())', 'string'],
    ['at(os.Stdin)', '*os.File'],
    ['at(http.NoBody)', null],
    ['x := sha256.New(); at(x)', 'hash.Hash'],
    ['x := string(b); at(x)', 'string'],
    ['x := []byte(s); at(x)', '[]byte'],
    ['x := http.HandlerFunc(f); at(x)', 'net/http.HandlerFunc'],
    ['x := (*http.Client)(nil); at(x)', '*net/http.Client'],
    ['x := y.(http.Flusher); at(x)', 'net/http.Flusher'],
    ['x, ok := y.(http.Flusher); at(x)', 'net/http.Flusher'],
    ['x, ok := y.(http.Flusher); at(ok)', 'bool'],
    ['m := map[string]int{}; x, ok := m["a"]; at(x)', 'int'],
    ['m := map[string]int{}; x, ok := m["a"]; at(ok)', 'bool'],
    ['c := make(chan int); x, ok := <-c; at(x)', 'int'],
    ['c := make(chan int); select { case x, ok := <-c: at(x) }', 'int'],
    ['m := map[string]*os.File{}; for k, v := range m { at(v) }', '*os.File'],
    ['m := map[string]*os.File{}; for k := range m { at(k) }', 'string'],
    ['for i, v := range []string{} { at(i) }', 'int'],
    ['for i, v := range "abc" { at(v) }', 'rune'],
    ['c := make(<-chan error); for v := range c { at(v) }', 'error'],
    ['for i := range 10 { at(i) }', 'int'],
    ['x := append([]int{}, 1); at(x)', '[]int'],
    ['x := len(y); at(x)', 'int'],
    ['x := recover(); at(x)', 'any'],
    ['x := min(1, time.Second); at(x)', 'time.Duration'],
    [
      'x := func(a, b int, c ...string) (d *os.File, err error) { return }; at(x)',
      'func(int, int, ...string) (*os.File, error)',
    ],
    ['x := func() *os.File { return nil }(); at(x)', '*os.File'],
    ['x, y := 1, "a"; at(y)', 'string'],
    ['var x interface{}; at(x)', 'any'],
    ['var x any; at(x)', 'any'],
    ['var x interface{ M() }; at(x)', 'interface{...}'],
    ['var x struct{}; at(x)', 'struct{}'],
    ['var x struct{ a int }; at(x)', 'struct{...}'],
    ['var x map[string]struct{}; at(x)', 'map[string]struct{}'],
    ['var x chan<- (*os.File); at(x)', 'chan<- *os.File'],
    ['var x <-chan func(ctx context.Context) error; at(x)', '<-chan func(context.Context) error'],
    ['var http lib.Client; at(http.Get(u))', null],
    ['x := 1; { x := "a"; at(x) }', 'string'],
    ['x := "a"; { x := x; at(x) }', 'string'],
    ['switch x := y.(type) { case *os.File: at(x) }', '*os.File'],
    ['var y io.Reader; switch x := y.(type) { case *os.File, io.Closer: at(x) }', 'io.Reader'],
    ['var y io.Reader; switch x := y.(type) { case int: ; default: at(x) }', 'io.Reader'],
    ['var y io.Reader; switch x := y.(type) { case nil: at(x) }', 'io.Reader'],
  ])('%s', (body, expected) => {
    expect(typeAt(body)).toBe(expected);
  });

  test.each<[string, string, string | null]>([
    ['f(w http.ResponseWriter, r *http.Request)', 'at(r.Context())', 'context.Context'],
    ['f(w http.ResponseWriter, r *http.Request)', 'at(w)', 'net/http.ResponseWriter'],
    ['f(xs ...string)', 'at(xs)', '[]string'],
    ['f(xs ...string)', 'at(xs[0])', 'string'],
    ['f(a, b time.Duration)', 'at(a + b)', 'time.Duration'],
    ['f() (n int, err error)', 'at(err)', 'error'],
    ['(s *Server) f()', 'at(s)', '*Server'],
    ['(s *Server) f()', 'at(s.db)', null],
    ['f(os string)', 'at(os.Stdin)', null],
    ['f[T any](x []T)', 'at(x[0])', 'T'],
    ['f(db *sql.DB)', 'rows, err := db.QueryContext(ctx, q); at(rows)', '*database/sql.Rows'],
    ['f(db *sql.DB)', 'tx, err := db.Begin(); at(tx)', '*database/sql.Tx'],
  ])('func %s { %s }', (signature, body, expected) => {
    expect(typeAt(body, signature)).toBe(expected);
  });

  test('package-level variables have no types of their own here, but their initializers do', () => {
    const { types, declaration } = typesOf('var client = &http.Client{Timeout: 5 * time.Second}');
    const literal = [...declaration.descendants('unary_expression')][0]!;
    expect(types.typeOf(literal)).toBe('*net/http.Client');
  });

  test('a chain of calls is followed without recursion, each link once', () => {
    const depth = 20_000;
    expect(typeAt(`at(time.Now()${'.UTC()'.repeat(depth)})`)).toBe('time.Time');
    expect(typeAt(`var x ${'*'.repeat(500)}int; at(x)`)).toBe(`${'*'.repeat(500)}int`);
  });

  test('nested parameter lists do not grow without bounds', () => {
    expect(typeAt(`var x ${'func(a, b '.repeat(40)}int${')'.repeat(40)}; at(x)`)).toBeNull();
  });

  test('reads through the engine context', () => {
    const tree = parseGo('func f() { x := new(sync.Mutex); x.Lock() }');
    const ctx = contextOf(HEADER);
    const call = firstOf(tree, 'call_expression', 1);
    expect(calleeId(typesAround(ctx, call)!.calleeOf(call))).toBe('sync.Mutex.Lock');
    expect(typesAround(ctx, call)).toBe(ctx.get(goTypes, firstOf(tree, 'function_declaration')));
  });
});

describe('what calls call', () => {
  const calleeOf = (body: string, signature = 'f()') => {
    const { types, declaration } = typesOf(`func ${signature} { ${body} }`);
    const call = [...declaration.descendants('call_expression', 'type_conversion_expression')].at(-1)!;
    return types.calleeOf(call);
  };

  test.each([
    ['http.Get(u)', 'net/http.Get'],
    ['(http.Get)(u)', 'net/http.Get'],
    ['lib.Do(u)', 'github.com/acme/lib.Do'],
    ['exec.Command(c)', 'os/exec.Command'],
    ['crand.Read(b)', 'crypto/rand.Read'],
    ['var c http.Client; c.Get(u)', 'net/http.Client.Get'],
    ['c := &http.Client{}; (*c).Get(u)', 'net/http.Client.Get'],
    ['var b strings.Builder; b.WriteString(s)', 'strings.Builder.WriteString'],
    ['append(x, y)', 'append'],
    ['s.mu.Lock()', ''],
    ['g(x)', ''],
  ])('%s', (body, expected) => {
    expect(calleeId(calleeOf(body))).toBe(expected);
  });

  test.each([
    ['g(x)', { kind: 'own', name: 'g' }],
    ['g[int](x)', { kind: 'own', name: 'g' }],
    ['lib.Map[int](x)', { kind: 'package', path: 'github.com/acme/lib', name: 'Map' }],
    ['g := h; g(x)', { kind: 'local', name: 'g' }],
    ['http := h; http.Get(x)', { kind: 'method', type: null, name: 'Get' }],
    ['s.mu.Lock()', { kind: 'method', type: null, name: 'Lock' }],
    ['string(x)', { kind: 'conversion', type: 'string' }],
    ['[]byte(x)', { kind: 'conversion', type: '[]byte' }],
    ['(*T)(x)', { kind: 'conversion', type: '*T' }],
    ['func() {}()', { kind: 'literal' }],
    ['f()()', { kind: 'unknown' }],
  ])('%s', (body, expected) => {
    const { types, declaration } = typesOf(`func f() { ${body} }`);
    const call = [...declaration.descendants('call_expression', 'type_conversion_expression')][0]!;
    expect(types.calleeOf(call)).toMatchObject(expected);
  });

  test.each<[string, readonly (string | null)[] | null]>([
    ['os.Open(p)', ['*os.File', 'error']],
    ['os.Exit(1)', []],
    ['json.Marshal(v)', ['[]byte', 'error']],
    ['strconv.Atoi(s)', ['int', 'error']],
    ['time.Duration(n)', ['time.Duration']],
    ['func() (a, b int) { return }()', ['int', 'int']],
    ['len(x)', ['int']],
    ['lib.Do()', null],
    ['x.Do()', null],
  ])('results of %s', (body, expected) => {
    const { types, declaration } = typesOf(`func f() { ${body} }`);
    expect(types.resultTypesOf([...declaration.descendants('call_expression')][0]!)).toEqual(expected);
  });
});

describe('type strings', () => {
  test.each([
    ['[]int', 'int'],
    ['[3][]int', '[]int'],
    ['map[string]map[[2]int]bool', 'map[[2]int]bool'],
    ['map[[2]int]bool', 'bool'],
    ['<-chan int', 'int'],
    ['chan<- int', 'int'],
    ['*[3]int', 'int'],
    ['string', 'byte'],
    ['*[]int', null],
    ['Server', null],
    ['*net/http.Client', null],
  ])('element of %s', (type, expected) => {
    expect(elementOf(type)).toBe(expected);
  });

  test('key of a map', () => {
    expect(mapKeyOf('map[[2]int]bool')).toBe('[2]int');
    expect(mapKeyOf('[]int')).toBeNull();
  });

  test.each([
    ['*net/http.Client', { path: 'net/http', name: 'Client' }],
    ['gopkg.in/yaml.v3.Node', { path: 'gopkg.in/yaml.v3', name: 'Node' }],
    ['sync/atomic.Pointer[int]', { path: 'sync/atomic', name: 'Pointer' }],
    ['Server', null],
    ['[]net/http.Client', null],
  ])('named type %s', (type, expected) => {
    expect(stdlib.namedType(type)).toEqual(expected);
  });
});

describe('the standard library', () => {
  test.each<[string, string, readonly (string | null)[] | null]>([
    ['os', 'ReadFile', ['[]byte', 'error']],
    ['net/http', 'NewRequest', ['*net/http.Request', 'error']],
    ['net', 'Listen', ['net.Listener', 'error']],
    ['os/exec', 'CommandContext', ['*os/exec.Cmd']],
    ['database/sql', 'Open', ['*database/sql.DB', 'error']],
    ['crypto/tls', 'LoadX509KeyPair', ['crypto/tls.Certificate', 'error']],
    ['time', 'Sleep', []],
    ['time', 'Tick', ['<-chan time.Time']],
    ['net/http', 'ProxyURL', [null]],
    ['os', 'NoSuchThing', null],
    ['no/such/package', 'F', null],
  ])('results of %s.%s', (path, name, expected) => {
    expect(stdlib.stdlibResults(path, name)).toEqual(expected);
  });

  test.each<[string, string, readonly (string | null)[] | null]>([
    ['*net/http.Client', 'Do', ['*net/http.Response', 'error']],
    ['*os.File', 'Close', ['error']],
    ['io.ReadCloser', 'Close', ['error']],
    ['*bufio.ReadWriter', 'Flush', ['error']],
    ['*os/exec.Cmd', 'StdoutPipe', ['io.ReadCloser', 'error']],
    ['*sync/atomic.Pointer[int]', 'Load', [null]],
    ['time.Duration', 'String', ['string']],
    ['context.Context', 'Done', ['<-chan struct{}']],
    ['Server', 'Close', null],
  ])('results of the method %s.%s', (type, method, expected) => {
    expect(stdlib.stdlibMethodResults(type, method)).toEqual(expected);
  });

  test('every entry can be read, and every type in it has a name or is null', () => {
    let functions = 0;
    const misread: string[] = [];
    for (const path of Object.keys(STDLIB_PACKAGES)) {
      const facts = stdlib.stdlibPackage(path)!;
      functions += facts.functions.size;
      misread.push(...[...facts.names].filter((name) => !/^\p{Lu}\w*$/u.test(name)));
      misread.push(
        ...([...facts.functions.values()].flat().filter((type) => /[!$#?|;{]$/.test(type ?? '')) as string[]),
      );
    }
    expect(misread).toEqual([]);
    expect(functions).toBeGreaterThan(800);
  });

  test('exported names', () => {
    const names = stdlib.stdlibPackage('strings')!.names;
    expect([names.has('Cut'), names.has('Builder'), names.has('Foo')]).toEqual([true, true, false]);
    expect(stdlib.stdlibPackage('unicode/utf8')!.names.has('RuneError')).toBe(true);
  });

  test('every releasable type is a type of the library, and its release exists', () => {
    for (const [type, releases] of Object.entries(stdlib.RELEASES)) {
      for (const release of releases) {
        const path = release.split('.');
        const owner = path.length === 1 ? type : stdlib.stdlibFieldType(type, path[0]!)!;
        const { path: packagePath, name } = stdlib.namedType(owner)!;
        expect(stdlib.isStdlibType(packagePath, name), owner).toBe(true);
        // Methods without results are not recorded.
        if (type !== '*time.Ticker' && type !== '*net/http/httptest.Server')
          expect(stdlib.stdlibMethodResults(owner, path.at(-1)!), owner).not.toBeNull();
      }
    }
  });

  test.each<[string, string | null, boolean]>([
    ['strings.Builder.WriteString', null, true],
    ['bytes.Buffer.Write', null, true],
    ['bytes.Buffer.ReadByte', null, false],
    ['hash.Hash.Write', null, true],
    ['bufio.Writer.WriteString', null, true],
    ['bufio.Writer.Flush', null, false],
    ['fmt.Println', null, true],
    ['fmt.Fprintf', '*strings.Builder', true],
    ['fmt.Fprintf', '*bytes.Buffer', true],
    ['fmt.Fprintf', '*bufio.Writer', true],
    ['fmt.Fprintf', '*os.File', false],
    ['fmt.Fprintf', null, false],
    ['io.WriteString', 'hash.Hash', true],
    ['crypto/rand.Read', null, false],
    ['os.File.Close', null, false],
  ])('neverFails(%s, %s)', (callee, writer, expected) => {
    expect(stdlib.neverFails(callee, writer)).toBe(expected);
  });

  test('the position of the error', () => {
    expect(stdlib.errorIndex(['*os.File', 'error'])).toBe(1);
    expect(stdlib.errorIndex(['int'])).toBe(-1);
  });
});
