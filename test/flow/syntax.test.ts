/** Small questions about Go syntax. */
import { describe, expect, test } from 'vitest';
import * as go from '../../server/src/languages/go/syntax.ts';
import { firstOf, nodeWithText, parseGo } from './goHarness.ts';

describe('functions and receivers', () => {
  test.each([
    ['func (s *Server) Serve() {}', { name: 's', type: 'Server', pointer: true }, '(*Server).Serve'],
    ['func (Server) Serve() {}', { name: '', type: 'Server', pointer: false }, 'Server.Serve'],
    ['func (s *Cache[K, V]) Get() {}', { name: 's', type: 'Cache', pointer: true }, '(*Cache).Get'],
    ['func (s (*Server)) Serve() {}', { name: 's', type: 'Server', pointer: true }, '(*Server).Serve'],
  ])('%s', (source, receiver, qualified) => {
    const method = firstOf(parseGo(source), 'method_declaration');
    expect(go.receiverOf(method)).toMatchObject(receiver);
    expect(go.qualifiedFunctionName(method)).toBe(qualified);
  });

  test('parameters and results are listed one by one', () => {
    const node = firstOf(
      parseGo('func f(a, b int, _ string, rest ...error) (n int, err error) { return }'),
      'function_declaration',
    );
    expect(go.parametersOf(node).map((p) => [p.name, p.type.text, p.variadic])).toEqual([
      ['a', 'int', false],
      ['b', 'int', false],
      ['_', 'string', false],
      ['rest', 'error', true],
    ]);
    expect(go.resultsOf(node).map((p) => p.name)).toEqual(['n', 'err']);
    expect(go.returnsError(node)).toBe(true);
  });

  test('unnamed parameters and a single result', () => {
    const node = firstOf(parseGo('func f(int, ...string) error { return nil }'), 'function_declaration');
    expect(go.parametersOf(node).map((p) => [p.name, p.type.text])).toEqual([
      ['', 'int'],
      ['', 'string'],
    ]);
    expect(go.returnsError(node)).toBe(true);
  });

  test.each([
    ['func TestA(t *testing.T) {}', true],
    ['func Test(t *testing.T) {}', true],
    ['func Testify(t *testing.T) {}', false],
    ['func TestA() {}', false],
    ['func TestMain(m *testing.M) {}', true],
    ['func BenchmarkA(b *testing.B) {}', true],
    ['func FuzzA(f *testing.F) {}', true],
    ['func ExampleA() {}', true],
    ['func Run(t *testing.T) {}', false],
  ])('isTestFunction: %s', (source, expected) => {
    expect(go.isTestFunction(firstOf(parseGo(source), 'function_declaration'))).toBe(expected);
  });
});

describe('expressions', () => {
  test.each([
    ['s.mu', 's.mu'],
    ['(*s).mu', 's.mu'],
    ['&s.pool.mu', 's.pool.mu'],
    ['s', 's'],
    ['s[0].mu', null],
    ['f().mu', null],
  ])('selectorPath of %s', (source, expected) => {
    const tree = parseGo(`func f() { x = ${source} }`);
    const value = go.assignedValues(firstOf(tree, 'assignment_statement'))[0]!;
    expect(go.selectorPath(value)).toBe(expected);
  });

  test.each([
    ['"a\\n\\"b\\""', 'a\n"b"'],
    ['"\\u00e9\\x41\\101\\U0001F600"', 'éAA😀'],
    ['`raw\\n`', 'raw\\n'],
    ['("x")', 'x'],
    ['""', ''],
    ['x', null],
  ])('stringLiteralValue of %s', (source, expected) => {
    const tree = parseGo(`func f() { y = ${source} }`);
    expect(go.stringLiteralValue(go.assignedValues(firstOf(tree, 'assignment_statement'))[0]!)).toBe(expected);
  });

  test.each([
    ['1_000', 1000],
    ['0x10', 16],
    ['0o17', 15],
    ['017', 15],
    ['0b11', 3],
    ['-5', -5],
    ['99999999999999999999', null],
    ['1.5', null],
  ])('integerLiteralValue of %s', (source, expected) => {
    const tree = parseGo(`func f() { y = ${source} }`);
    expect(go.integerLiteralValue(go.assignedValues(firstOf(tree, 'assignment_statement'))[0]!)).toBe(expected);
  });

  test.each([
    ['err != nil', 'err', false],
    ['nil == x.y', 'x.y', true],
    ['((err) != nil)', 'err', false],
  ])('nilComparison of %s', (source, operand, equal) => {
    const comparison = go.nilComparison(
      firstOf(parseGo(`func f() { if ${source} {} }`), 'if_statement').child('condition')!,
    );
    expect([comparison?.operand.text, comparison?.equal]).toEqual([operand, equal]);
  });

  test('call arguments leave out punctuation and comments', () => {
    const call = firstOf(parseGo('func f() { g(a, /* why */ b, c...) }'), 'call_expression');
    expect(go.callArguments(call).map((argument) => argument.text)).toEqual(['a', 'b', 'c...']);
  });
});

describe('statements, comments and lines', () => {
  const tree = parseGo(`package p

// F is documented.
//
// In two paragraphs.
func F() { // trailing
	// first
	a() // after a
	// second
	/* third */
	if b() {
		c()
	}

	// apart

	d()
}
`);

  test.each([
    ['a()', ['// first']],
    ['c()', []],
    ['d()', []],
  ])('leading comments of %s', (text, expected) => {
    const statement = go.statementOf(nodeWithText(tree, text))!;
    expect(go.leadingComments(statement).map((comment) => comment.text)).toEqual(expected);
  });

  test('leading comments of a declaration and of an if', () => {
    expect(go.leadingCommentText(firstOf(tree, 'function_declaration'))).toBe('F is documented.\n\nIn two paragraphs.');
    expect(go.leadingComments(firstOf(tree, 'if_statement')).map((comment) => comment.text)).toEqual([
      '// second',
      '/* third */',
    ]);
  });

  test('a condition belongs to its if, a nested statement to itself', () => {
    expect(go.statementOf(nodeWithText(tree, 'b()'))?.kind).toBe('if_statement');
    expect(go.statementOf(nodeWithText(tree, 'c()'))?.text).toBe('c()');
    expect(go.statementOf(firstOf(tree, 'function_declaration'))).toBeNull();
  });

  test('indentation and whole lines', () => {
    const c = nodeWithText(tree, 'c()');
    expect(go.indentationOf(c)).toBe('\t\t');
    const span = go.lineSpanOf(c);
    expect(tree.text.slice(span.start, span.end)).toBe('\t\tc()\n');
  });

  test('statements of a function leave out comments', () => {
    expect(go.statementsOf(firstOf(tree, 'function_declaration')).map((s) => s.kind)).toEqual([
      'expression_statement',
      'if_statement',
      'expression_statement',
    ]);
  });
});
