/** Go texts for the parser's tests: one of each thing that makes reading a tree hard. */
export const SAMPLES: { readonly [name: string]: string } = {
  empty: '',
  blank: ' \n\t\n',
  'only a comment': '// nothing here',
  'package clause': 'package main\n',
  'no final newline': 'package main\nvar x = 1',
  'windows line ends': 'package main\r\n\r\nfunc f() {\r\n\treturn\r\n}\r\n',
  'lone carriage returns': 'package main\r\rvar x = 1\r\nvar y = 2\n',
  'byte order mark': '\uFEFFpackage main\n\nvar x = "é🚢"\n',
  'wide characters': 'package p\n\n// 🚢🚢 é 漢字\nvar ship, 漢 = "🚢\\u00e9", \'漢\'\n',
  'wide characters and windows line ends':
    'package p\r\n\r\n/* 🚢\r\n漢 */\r\nfunc é(𝒙 string) string {\r\n\treturn 𝒙 + "🚢" // 🚢\r\n}\r\n',
  'lone surrogate': 'package p\nvar x = "\uD83D"\nvar y = 1\n',
  'NUL characters': 'package p\nvar x\0 = 1\n\0func f() {}\n',
  semicolons: 'package p; import "fmt"; func f() { a(); b() }; var x int;\n',
  'comments everywhere':
    '// head\n\n/* a */ package /* b */ p /* c */\n\n// doc\nfunc /* d */ f( /* e */ a /* f */ int /* g */) /* h */ { // i\n\t/* j */\n}\n// tail',
  'aliases and fields':
    'package p\n\ntype T[K comparable, V ~int | string] struct {\n\tA, b K `json:"a"`\n\t*q.E\n\tF\n}\n\nfunc (t *T[K, V]) M(a, b int, c ...string) (n int, err error) { return t.A.b(1, c...), nil }\n',
  'all kinds of statements':
    'package p\n\nfunc f() {\nL:\n\tfor i, x := range s[1:2:3] {\n\t\tswitch y := x.(type) {\n\t\tcase nil, *T:\n\t\t\tcontinue L\n\t\tdefault:\n\t\t\tfallthrough\n\t\t}\n\t}\n\tselect {\n\tcase v, ok := <-c:\n\t\tgo g(v)\n\tcase d <- 1:\n\t\tdefer func() { recover() }()\n\t}\n\tif a := b(); a { x++ } else if c { goto L } else { y -= 1 }\n}\n',
  'composite literals':
    'package p\n\nvar m = map[string][]struct{ a int }{"x": {{1}, {a: 2}}, `y`: nil}\nvar f = func(a int) func() { return nil }\n',
  'error in the middle': 'package p\n\nfunc f() {}\n\nfunc g( {{{ := ]\n\nfunc h() { return }\n',
  'error at the root': ') } ] { ( [ := func',
  'missing tokens': 'package p\n\nfunc f() { if a { b( }\n\nvar x = []int{1, 2\n',
  'unfinished string': 'package p\n\nvar x = "abc\nvar y = `def\n',
  'conflict markers': 'package p\n\n<<<<<<< ours\nvar x = 1\n=======\nvar x = 2\n>>>>>>> theirs\n',
  'many declarations': `package p\n${Array.from({ length: 300 }, (_, i) => `\n// V${i} counts.\nvar V${i}, w${i} = ${i}, "x"\n`).join('')}`,
  'deep nesting': `package p\nvar x = ${'('.repeat(2000)}1${')'.repeat(2000)}\n`,
  'deep binary expression': `package p\nvar x = ${'a + '.repeat(3000)}b\n`,
  'long padding': `package p\n${'\n'.repeat(70000)}var x = 1${' '.repeat(70000)}+ 2\n`,
  'long token': `package p\n// ${'x'.repeat(70000)}\nvar y = "${'é'.repeat(40000)}"\n`,
};
