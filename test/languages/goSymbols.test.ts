/** Facts about what Go packages declare and use, and what can be followed through them. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { Fact } from '../../server/src/core/model/verdict.ts';
import { defineRule, type FactView } from '../../server/src/core/rulekit/rule.ts';
import type { Syntax } from '../../server/src/core/syntax/syntax.ts';
import { type GoIndex, goIndex } from '../../server/src/languages/go/resolve.ts';
import { engineWith, testSyntax } from '../harness/engine.ts';

let syntax: Syntax;
beforeAll(async () => {
  syntax = await testSyntax();
});

/** Runs a look at the facts of one directory of a workspace. */
function look<T>(files: Readonly<Record<string, string>>, directory: string, see: (facts: FactView) => T): T {
  const seen: T[] = [];
  const rule = defineRule({
    id: 'look',
    title: '',
    category: 'quality',
    severity: 'low',
    confidence: 'certain',
    stage: 'stable',
    docs: { what: '', why: '', howToFix: '', refs: [] },
    messages: {},
    fix: 'none',
    on: {},
    workspace: {
      partition: 'directory',
      reads: ['go.package'],
      // biome-ignore lint/correctness/useYield: it only looks.
      *judge(facts) {
        if (facts.partition === directory) seen.push(see(facts));
      },
    },
  });
  const engine = engineWith(syntax, [rule], new Map(Object.entries(files)));
  expect(engine.problems).toEqual([]);
  engine.dispose();
  expect(seen).toHaveLength(1);
  return seen[0]!;
}

function declarations(source: string, path = 'a.go'): Record<string, unknown> {
  return look({ [path]: source }, '', (facts) =>
    Object.fromEntries(facts.get('go.decl').map((fact: Fact) => [fact.key, fact.value])),
  );
}

const BASE = { package: 'a', constraint: '' };

describe('go.decl', () => {
  test('functions and methods', () => {
    const found = declarations(`package a

import "net/http"

func Serve(w http.ResponseWriter, a, b int, rest ...string) (*Server, error) {
	if err := check(); err != nil {
		return nil, err
	}
	return nil, nil
}

func (c *Cache[K]) Get(key K) (value K) {
	for range 3 {
	}
	return
}

func external()
`);
    expect(found).toEqual({
      Serve: {
        ...BASE,
        kind: 'func',
        typeParameters: [],
        parameters: ['net/http.ResponseWriter', 'int', 'int', '[]string'],
        variadic: true,
        results: ['*Server', 'error'],
        body: true,
      },
      'Cache.Get': {
        ...BASE,
        kind: 'method',
        pointer: true,
        typeParameters: ['K'],
        parameters: ['K'],
        results: ['K'],
        body: true,
        branches: true,
      },
      external: { ...BASE, kind: 'func', typeParameters: [], parameters: [], results: [], body: false },
    });
  });

  test('types', () => {
    const found = declarations(`package a

import "sync"

type Server struct {
	sync.Mutex
	*base
	name, host string
	next map[string][]*Server
	odd struct{ x int }
}

type Store interface {
	Reader
	Get(key string) ([]byte, error)
	~int | ~string
}

type (
	Names = []string
	Pair[K comparable, V any] struct{ Key K }
)

type ID string
`);
    expect(found).toEqual({
      Server: expect.objectContaining({
        form: 'struct',
        embedded: ['sync.Mutex', '*base'],
        fields: { name: 'string', host: 'string', next: 'map[string][]*Server', odd: 'struct{...}' },
      }),
      Store: expect.objectContaining({
        form: 'interface',
        methods: { Get: { parameters: ['string'], results: ['[]byte', 'error'] } },
        embedded: ['Reader', null],
      }),
      Names: expect.objectContaining({ form: 'alias', type: '[]string' }),
      Pair: expect.objectContaining({ form: 'struct', typeParameters: ['K', 'V'], fields: { Key: 'K' } }),
      ID: expect.objectContaining({ form: 'defined', type: 'string' }),
    });
  });

  test('variables and constants, not those of functions', () => {
    const found = declarations(`package a

import "time"

var limit, name = 10, load()

var timeout time.Duration = 5

var (
	server, err = open()
)

const Max = 3

func f() {
	var inner int
	const other = inner
}
`);
    expect(found).toEqual({
      limit: { ...BASE, kind: 'var', type: 'int', origin: null },
      name: { ...BASE, kind: 'var', type: null, origin: '=load\t()0' },
      timeout: { ...BASE, kind: 'var', type: 'time.Duration', origin: null },
      server: { ...BASE, kind: 'var', type: null, origin: '=open\t()0' },
      err: { ...BASE, kind: 'var', type: null, origin: '=open\t()1' },
      Max: { ...BASE, kind: 'const', type: null, origin: null },
      f: expect.objectContaining({ kind: 'func' }),
    });
  });

  test.each([
    ['a_linux.go', '', 'linux'],
    ['a_windows_amd64_test.go', '', 'windows && amd64'],
    ['a_arm64.go', '//go:build cgo\n\n', 'cgo && arm64'],
    ['linux.go', '', ''],
    ['a_server.go', '', ''],
  ])('constraint of %s', (path, preamble, constraint) => {
    const found = declarations(`${preamble}package a\n\nfunc f() {}\n`, path);
    expect(found['f']).toMatchObject({ constraint, ...(path.endsWith('_test.go') ? { test: true } : {}) });
    expect(Object.hasOwn(found['f'] as object, 'test')).toBe(path.endsWith('_test.go'));
  });
});

const MODULE = {
  'go.mod': 'module example.com/app\n',
  'store/store.go': `package store

type Store struct {
	Log
	byName map[string]*Item
	Open   func() (*Item, error)
}

type Item struct{ Count int }

type Log struct{ Lines []Line }

type Line struct{ Text string }

func (l *Log) Last() Line { return Line{} }

func New() *Store { return nil }

var Default, Failure = open()

func open() (*Store, error) { return nil, nil }
`,
  'app/app.go': `package app

import "example.com/app/store"

type App struct{ store *store.Store }
`,
};

describe('following chains', () => {
  const index = <T>(see: (index: GoIndex) => T, files: Readonly<Record<string, string>> = MODULE): T =>
    look(files, 'app', (facts) => see(facts.derive(goIndex)));

  test.each([
    ['=store\t.New\t()0', '*Store'],
    ['=store\t.Default', '*Store'],
    ['=store\t.Failure', 'error'],
    [':*App\t.store\t.byName\t[]\t.Count', 'int'],
    [':*App\t.store\t.Open\t()0', '*Item'],
    [':App\t.store\t.Last\t()0\t.Text', 'string'],
    [':App\t.store\t.Lines\t[]', 'Line'],
    [':App\t.store\t.Log', 'Log'],
    [':[]*example.com/app/store.Item\t[]\t.Count', 'int'],
    ['=store\t.Item\t()0', 'Item'],
    ['=App\t()0\t.store', '*example.com/app/store.Store'],
  ])('%j is a %s', (chain, type) => {
    expect(index((go) => go.follow('app/app.go', chain))).toMatchObject({ kind: 'value', type: { text: type } });
  });

  test.each([':App\t.none', '=unknown\t.New', '=store\t.none', ':other.com/x.T\t.f', '=store\t.New\t()1', ':App\t[]'])(
    '%j is unknown',
    (chain) => {
      expect(index((go) => go.follow('app/app.go', chain))).toBeNull();
    },
  );

  const type = { text: '*example.com/app/store.Store', directory: 'app', typeParameters: [] };

  test('a member is missing only when the whole package is known', () => {
    expect(index((go) => go.select(type, 'None'))).toMatchObject({ kind: 'missing', owner: { name: 'Store' } });
    const doubts: Readonly<Record<string, string>>[] = [
      { 'store/broken.go': 'package store\n\nfunc (' },
      { 'store/gen.go': 'package store\n\n//go:generate make more\n' },
      { '.gitignore': '*.pb.go\n' },
      { '.gitignore': '/bazel-*\n' },
      { 'store/twice_linux.go': 'package store\n\ntype Store struct{}\n' },
    ];
    for (const more of doubts) {
      expect(
        index((go) => go.select(type, 'None'), { ...MODULE, ...more }),
        Object.keys(more)[0]!,
      ).toEqual({
        kind: 'unknown',
      });
    }
  });

  test('members of embedded types are found, those of unknown ones may exist', () => {
    expect(index((go) => go.select(type, 'Last')).kind).toBe('found');
    const files = {
      ...MODULE,
      'store/store.go': 'package store\n\nimport "other.com/x"\n\ntype Store struct{ x.Base }\n',
    };
    expect(index((go) => go.select(type, 'None'), files)).toEqual({ kind: 'unknown' });
  });

  test('packages of other modules are not known', () => {
    expect(index((go) => go.directoryOfImport('app', 'example.com/app/store'))).toBe('store');
    expect(index((go) => go.directoryOfImport('app', 'example.com/application'))).toBeNull();
    const nested = { ...MODULE, 'store/go.mod': 'module example.com/app/store\n' };
    expect(index((go) => go.directoryOfImport('app', 'example.com/app/store'), nested)).toBeNull();
  });
});
