/** What Python code stands for: headers, names through imports and variables, texts, control flow, edits of imports. */
import { describe, expect, test } from 'vitest';
import { findPath } from '../../server/src/core/flow/paths.ts';
import { applyEdits } from '../../server/src/core/text/snapshot.ts';
import { callChain, chainOf, decoratorChain, typeChain } from '../../server/src/languages/python/chains.ts';
import { flowAround } from '../../server/src/languages/python/flow.ts';
import { importEdits } from '../../server/src/languages/python/imports.ts';
import { constantText, textPieces } from '../../server/src/languages/python/strings.ts';
import { argumentOf, decoratorsOf, docstringOf, parametersOf } from '../../server/src/languages/python/syntax.ts';
import { parsePython } from './pythonHarness.ts';

test('the header says what a file imports and declares', () => {
  const { header } = parsePython(`"""Doc."""
import os.path as p, sys
from ..a.b import (c as d, e)
from . import f
from m import *
if TYPE_CHECKING:
    import g
try:
    import h
except ImportError:
    h = None
app = FastAPI(title="x")
LIMIT: int = 10
async def run(): pass
class C(f.Base[int], metaclass=M): pass
if __name__ == "__main__":
    run()
`);
  expect(header.imports.map(({ name, path }) => `${name}=${path}`)).toEqual([
    'p=os.path',
    'sys=sys',
    'd=..a.b.c',
    'e=..a.b.e',
    'f=.f',
    '*=m',
    'g=g',
    'h=h',
  ]);
  expect(header.imports.filter(({ typing }) => typing).map(({ name }) => name)).toEqual(['g']);
  expect(header.imports.filter(({ optional }) => optional).map(({ name }) => name)).toEqual(['h']);
  expect(header.globals).toEqual([
    { name: 'h', call: '', constant: null, type: '' },
    { name: 'app', call: ':FastAPI', constant: null, type: '' },
    { name: 'LIMIT', call: '', constant: 10, type: 'int' },
  ]);
  expect(header.functions).toEqual([{ name: 'run', async: true }]);
  expect(header.classes).toEqual([{ name: 'C', bases: ['.f.Base'] }]);
  expect(header.main).toBe(true);
});

describe('chains', () => {
  test.each([
    ['import requests as rq\nrq.get(u)', 'requests.get'],
    ['from requests import get as fetch\nfetch(u)', 'requests.get'],
    ['import requests\ndef f():\n    s = requests.Session()\n    s.get(u)', 'requests.Session().get'],
    ['import requests\ndef f(s: requests.Session | None):\n    s.get(u)', 'requests.Session().get'],
    ['import requests\ndef f():\n    with requests.Session() as s:\n        s.get(u)', 'requests.Session().get'],
    ['import requests\nS = requests.Session()\ndef f():\n    S.get(u)', 'requests.Session().get'],
    [
      'import sqlite3\nclass C:\n    def __init__(self):\n        self.db = sqlite3.connect(p)\n    def f(self):\n        self.db.execute(u)',
      'sqlite3.connect().execute',
    ],
    [
      'from .store import Table\nclass C:\n    t: Table\n    def f(self):\n        self.t.find(u)',
      '.store.Table().find',
    ],
    ['def f():\n    import os\n    os.system(u)', 'os.system'],
    ['open(u)', 'builtins.open'],
    ['def f(open):\n    open(u)', ''],
    ['def open(p): pass\nopen(u)', ':open'],
    ['import requests\ndef f(requests):\n    requests.get(u)', ''],
    ['import a, b\ndef f():\n    x = a.A()\n    if q:\n        x = b.B()\n    x.run(u)', ''],
    ['import a, b\ndef f():\n    x = a.A()\n    x = b.B()\n    x.run(u)', 'b.B().run'],
    ['"x".join(u)', 'builtins.str().join'],
    ['import a\nasync def f():\n    (await a.b()).c(u)', 'a.b().c'],
  ])('%j', (source, chain) => {
    const { root, ctx } = parsePython(source);
    const call = root.descendants('call').find((node) => node.text.endsWith('(u)'))!;
    expect(callChain(call, ctx)).toBe(chain);
  });

  test('what names itself ends', () => {
    const { ctx, named, header } = parsePython(
      'a: a = 1\nb = b.c\nclass C:\n    def f(self):\n        self.x = self.x\n        return self.x, a, b\n',
    );
    expect(chainOf(named('self.x', 2), ctx)).toBeNull();
    expect(chainOf(named('a', 2), ctx)).toBeNull();
    expect(typeChain('a', header)).toBeNull();
  });

  test('decorators and their arguments', () => {
    const { first, ctx } = parsePython(
      'from fastapi import FastAPI\napp = FastAPI()\n@app.get("/x", status_code=201)\ndef f(a, /, b: int = 1, *c, d, **e):\n    "Doc"\n',
    );
    const [decorator] = decoratorsOf(first('function_definition'));
    expect(decoratorChain(decorator!, ctx)).toBe('fastapi.FastAPI().get');
    expect(argumentOf(decorator!, 'path', 0)?.text).toBe('"/x"');
    expect(argumentOf(decorator!, 'status_code', 5)?.text).toBe('201');
    expect(parametersOf(first('function_definition')).map((p) => [p.name, p.form, p.keywordOnly])).toEqual([
      ['a', 'plain', false],
      ['b', 'plain', false],
      ['c', 'args', false],
      ['d', 'plain', true],
      ['e', 'keywords', true],
    ]);
    expect(docstringOf(first('function_definition'))?.text).toBe('"Doc"');
  });
});

describe('texts', () => {
  const pieces = (source: string): string => {
    const { root, ctx } = parsePython(source);
    const call = root.descendants('call').find((node) => node.child('function')?.text === 'run')!;
    return textPieces(argumentOf(call, 'x', 0)!, ctx)
      .map((piece) => ('text' in piece ? piece.text : `<${piece.value.text}>`))
      .join('');
  };
  test.each([
    ['run("a" \'b\' r"\\n")', 'ab\\n'],
    ['run(f"a {b!r:>3} {{c}}")', 'a <b> {c}'],
    ['run("a %s %d%%" % (b, c))', 'a <b> 0%'],
    ['run("a %(x)s" % {"x": y})', 'a <y>'],
    ['run("a {} {n}".format(b, n=c))', 'a <b> <c>'],
    ['A = "a "\ndef f(b):\n    q = A + b\n    q2 = q + "c"\n    run(q2)', 'a <b>c'],
    ['def f(b):\n    q = "a"\n    if b:\n        q = "c"\n    run(q)', '<q>'],
  ])('%j', (source, text) => {
    expect(pieces(source)).toBe(text);
  });

  test('constants are seen through names', () => {
    const { named, ctx } = parsePython('URL = "https://x"\ndef f():\n    u = URL\n    return u\n');
    expect(constantText(named('u', 1), ctx)).toBe('https://x');
  });
});

describe('control flow', () => {
  /** Whether a statement that calls `to` can run after the one that calls `from`, without one that calls `without`. */
  const reaches = (body: string, from: string, to: string, without?: string): boolean => {
    const { root, ctx } = parsePython(`async def f():\n${body.replace(/^/gm, '    ')}\n`);
    const node = (name: string) => root.descendants('call').find((call) => call.text === `${name}()`)!;
    const flow = flowAround(ctx, node(from))!;
    const targets = to === 'exit' ? [flow.graph.exit] : to === 'raise' ? [flow.graph.panicExit] : flow.allAt(node(to));
    const blocked = without === undefined ? [] : flow.allAt(node(without));
    return flow.allAt(node(from)).some(
      (start) =>
        findPath(flow.graph, {
          from: start,
          target: (id) => targets.includes(id),
          blocks: (id) => blocked.includes(id),
        }) !== null,
    );
  };
  test.each<[string, string, string, string | undefined, boolean]>([
    ['a()\nb()', 'a', 'b', undefined, true],
    ['a()\nreturn\nb()', 'a', 'b', undefined, false],
    ['a()\nif x:\n    b()\nelif y:\n    c()\nelse:\n    d()\ne()', 'a', 'e', 'b', true],
    ['a()\nif x:\n    b()\nelse:\n    b()\ne()', 'b', 'e', undefined, true],
    ['while True:\n    a()\nb()', 'a', 'b', undefined, false],
    ['while True:\n    a()\n    if x: break\nb()', 'a', 'b', undefined, true],
    ['for i in x:\n    a()\n    break\nelse:\n    b()\nc()', 'a', 'b', undefined, false],
    ['for i in x:\n    a()\nelse:\n    b()\nc()', 'a', 'b', undefined, true],
    ['try:\n    a()\nexcept E:\n    b()\nc()', 'a', 'b', undefined, true],
    ['try:\n    a()\nexcept E:\n    b()\nc()', 'a', 'raise', undefined, true],
    ['try:\n    a()\nexcept Exception:\n    x = 1', 'a', 'raise', undefined, false],
    ['try:\n    a()\nfinally:\n    b()', 'a', 'exit', 'b', false],
    ['try:\n    a()\nfinally:\n    b()', 'a', 'raise', 'b', false],
    ['try:\n    a()\n    return\nfinally:\n    b()\nc()', 'a', 'c', undefined, false],
    ['try:\n    a()\n    return\nfinally:\n    b()\nc()', 'a', 'exit', 'b', false],
    ['a()\nwork()\nb()', 'a', 'raise', 'b', true],
    ['with suppress(E):\n    a()\n    c()\nb()', 'a', 'b', 'c', true],
    ['async with lock:\n    a()\nb()', 'a', 'b', undefined, true],
    ['match a():\n    case 1:\n        b()\n    case _:\n        c()\nd()', 'a', 'd', undefined, true],
    ['match a():\n    case 1:\n        b()\n    case _:\n        return\nd()', 'a', 'd', 'b', false],
    ['a()\nassert x\nb()', 'a', 'b', undefined, true],
    ['a()\nsys.exit(1)\nb()', 'a', 'b', undefined, false],
    ['a()\nif x and not y or z:\n    b()', 'a', 'b', undefined, true],
  ])('%j: %s to %s without %s is %s', (body, from, to, without, expected) => {
    expect(reaches(body, from, to, without)).toBe(expected);
  });
});

describe('imports', () => {
  test.each<[string, string[], string[], string]>([
    ['x = 1\n', ['os'], [], 'import os\n\nx = 1\n'],
    ['"""Doc."""\n\nx = 1\n', ['os'], [], '"""Doc."""\n\nimport os\n\nx = 1\n'],
    ['import sys\n\nimport requests\n', ['os'], [], 'import os\nimport sys\n\nimport requests\n'],
    ['import sys\n', ['httpx'], [], 'import sys\n\nimport httpx\n'],
    ['import httpx\n', ['sys'], [], 'import sys\n\nimport httpx\n'],
    ['import sys\nfrom a import c\n', ['a:b'], [], 'import sys\nfrom a import b, c\n'],
    [
      'from __future__ import annotations\n\nx = 1\n',
      ['logging'],
      [],
      'from __future__ import annotations\n\nimport logging\n\nx = 1\n',
    ],
    ['import os\n', ['os'], [], 'import os\n'],
    ['import os\nimport sys\n\nsys.x\n', [], ['os'], 'import sys\n\nsys.x\n'],
    ['import os\n\nos.x\n', [], ['os'], 'import os\n\nos.x\n'],
    ['from a import b, c\n\nc()\n', [], ['a:b'], 'from a import c\n\nc()\n'],
    ['import sys\r\n', ['os'], [], 'import os\r\nimport sys\r\n'],
    ['from .a import b\n', ['os'], [], 'import os\n\nfrom .a import b\n'],
  ])('%j with %j without %j', (text, add, remove, expected) => {
    expect(applyEdits(text, importEdits(text, add, remove))).toBe(expected);
  });
});
