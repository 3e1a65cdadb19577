/**
 * Hostile configurations (T21): whatever a configuration file holds, the server says what is wrong at its place, what held
 * before goes on holding, and the next good text takes effect. Seeded, so that the same texts come each time.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Diagnostic } from 'vscode-languageserver-protocol';
import { readTree } from '../../server/src/configuration/tree.ts';
import { breathe } from '../harness/breathe.ts';
import { random as randomFrom } from '../harness/random.ts';
import { startHere } from '../harness/server.ts';
import { type TestClient, temporaryWorkspace } from '../lsp/client.ts';

interface Hostile {
  readonly what: string;
  readonly text: string;
  /** What the diagnostic points at; null: somewhere in the text. */
  readonly at: string | null;
}

const GOOD = { rules: { 'todo-comment': 'off' }, paths: { exclude: ['legacy/'] }, gates: { failUnder: 10 } };
const HEAD = '"previewRules": true, "gates": { "failUnder": 10 }';

/** Settings with a value of another type than theirs. */
const WRONG: readonly (readonly [head: string, value: string, tail: string])[] = [
  ['"rules": ', '[]', ''],
  ['"rules": ', '"off"', ''],
  ['"rules": { "todo-comment": ', '3', ' }'],
  ['"rules": { "todo-comment": ', '"hgih"', ' }'],
  ['"rules": { "todo-comment": { "severity": ', 'null', ' } }'],
  ['"rules": { "long-function": { "options": ', '[60]', ' } }'],
  ['"rules": { "long-function": { "options": { "maximum": ', '-1', ' } } }'],
  ['"rules": { "long-function": { "options": { "maximum": ', '1e999', ' } } }'],
  ['"rules": { "long-function": { "options": { "maximum": ', '"60"', ' } } }'],
  ['"paths": ', 'true', ''],
  ['"paths": { "exclude": ', '"legacy/"', ' }'],
  ['"paths": { "test": [', '{ "glob": "x" }', '] }'],
  ['"exclude": [', '7', ']'],
  ['"rubric": ', '{}', ''],
  ['"rubric": ', '"defualt"', ''],
  ['"rubric": ', '"../../../etc/rubric.json"', ''],
  ['"baseline": ', '"/etc/passwd"', ''],
  ['"extends": ', '12', ''],
  ['"extends": ', '"../outside.json"', ''],
  ['"extends": ', '"C:\\\\config.json"', ''],
  ['"extends": ', '"./missing.json"', ''],
  ['"extends": ', '"./readme.md"', ''],
  ['"extends": ', '"./FILE"', ''],
  ['"extends": ["./base.json", ', '"a/../FILE"', ']'],
  ['"components": [{ "path": ', '"../x"', ' }]'],
  ['"components": [{ "path": "a", "kind": ', '"srevice"', ' }]'],
  ['"attestations": [{ "evidence": "x", "until": "2027-01-31", "for": ', '"no-such-thing"', ' }]'],
  ['"attestations": [{ "for": "missing-tls", "evidence": "x", "until": ', '"2027-02-30"', ' }]'],
  ['"attestations": [', '{ "for": "missing-tls", "evidence": "x" }', ']'],
];
const KEYS = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'ruels',
  'Rules',
  '',
  'x'.repeat(5_000),
  '\\u0000',
];
const PARENTS = [
  '',
  '"rules": {',
  '"paths": {',
  '"rules": { "long-function": {',
  '"rules": { "long-function": { "options": {',
];

/** Texts with one thing wrong each. `file`: the name of the file that they are written to. */
function hostileJson(file: string, count: number): readonly Hostile[] {
  const random = randomFrom(20_261_121);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
  const valid = `{ ${HEAD}, "rules": { "todo-comment": "off" } }`;
  const kinds: readonly (() => Hostile)[] = [
    () => {
      const [head, value, tail] = pick(WRONG);
      const own = head.includes('"gates"') ? '"previewRules": true' : HEAD;
      const named = value.replace('FILE', file);
      return {
        what: 'value',
        text: `{ ${own},${' '.repeat(Math.floor(random() * 9))}${head}${named}${tail} }`,
        at: named,
      };
    },
    () => {
      const key = pick(KEYS);
      const parent = pick(PARENTS);
      const closing = '}'.repeat(parent.split('{').length - 1);
      const value = pick(['1', '{}', '{ "polluted": true }', '"off"']);
      return { what: 'key', text: `{ ${HEAD}, ${parent} "${key}": ${value} ${closing} }`, at: `"${key}"` };
    },
    () => ({ what: 'twice', text: `{ "rubric": "default", ${HEAD}, "rubric" : "default" }`, at: '"rubric"' }),
    () => ({ what: 'cut', text: valid.slice(0, 1 + Math.floor(random() * (valid.length - 1))), at: null }),
    () => ({ what: 'deep', text: `{ "rules": ${pick(['[', '{"a":']).repeat(pick([70, 5_000, 40_000]))}`, at: null }),
    () => ({
      what: 'garbage',
      text: `${valid.slice(0, 20)}${pick(['\uD800', '\u2028', '}', '//', "'", '=', '\t"'])}${valid.slice(20)}`,
      at: null,
    }),
    () => ({ what: 'no object', text: pick(['[]', '"x"', 'null', 'true', '12', '[{}]']), at: null }),
    () => ({ what: 'binary', text: `\u0000${valid}`, at: null }),
    () => ({
      what: 'patterns',
      text: `{ "paths": { "exclude": [${'"a",'.repeat(pick([501, 5_000]))}"a"] } }`,
      at: null,
    }),
    () => ({ what: 'keys', text: `{ ${Array.from({ length: 60 }, (_, i) => `"k${i}": 1`).join()} }`, at: null }),
  ];
  const list = Array.from({ length: count - 2 }, (_, i) =>
    kinds[i % 3 === 0 ? i % 2 : Math.floor(random() * kinds.length)]!(),
  );
  const megabytes = { what: '10 MB', text: `{ "rules": {${'"a": 1,'.repeat(1_500_000)}} }`, at: null };
  return [megabytes, ...list, { ...megabytes, text: ' '.repeat(10_000_000) }];
}

const YAML_VALID = 'previewRules: true\nrules:\n  todo-comment: "off"\n';

function hostileYaml(file: string, count: number): readonly Hostile[] {
  const random = randomFrom(7);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
  /** Each name stands for ten of the one before. */
  const bomb = (levels: number): string =>
    `${Array.from(
      { length: levels },
      (_, i) =>
        `a${i}: &a${i} [${
          i === 0
            ? '"x"'
            : Array(10)
                .fill(`*a${i - 1}`)
                .join(', ')
        }]`,
    ).join('\n')}\n`;
  const kinds: readonly (() => Hostile)[] = [
    () => ({ what: 'bomb', text: `${bomb(pick([5, 9, 30]))}rules: {}\n`, at: null }),
    () => ({ what: 'bomb in place', text: `paths:\n  exclude: &x\n    - *x\n`, at: '*x' }),
    () => ({ what: 'key', text: `${YAML_VALID}${pick(['__proto__', 'constructor', 'ruels', '<<'])}: 1\n`, at: null }),
    () => ({ what: 'cycle', text: `extends: ./${file}\n${YAML_VALID}`, at: `./${file}` }),
    () => ({ what: 'tag', text: `${YAML_VALID}rubric: !!js/function "function () { throw 1 }"\n`, at: null }),
    () => ({ what: 'documents', text: `${YAML_VALID}---\n${YAML_VALID}`, at: null }),
    () => ({ what: 'deep', text: `rules: ${pick(['[', '{a: ', '- ']).repeat(pick([100, 20_000]))}\n`, at: null }),
    () => ({ what: 'value', text: `${YAML_VALID}rubric: ${pick(['12', '[default]', 'yes please'])}\n`, at: null }),
    () => ({ what: 'indent', text: `${YAML_VALID} rubric: default\n`, at: null }),
    () => ({ what: 'twice', text: `${YAML_VALID}rules: {}\n`, at: 'rules' }),
    () => ({ what: 'anchor', text: `${YAML_VALID}exclude: *nothing\n`, at: '*nothing' }),
    () => ({ what: 'large', text: `${YAML_VALID}${'# x\n'.repeat(100_000)}`, at: null }),
  ];
  return Array.from({ length: count }, (_, i) => kinds[i % kinds.length]!());
}

let client: TestClient | undefined;
let workspace: ReturnType<typeof temporaryWorkspace> | undefined;
afterEach(async () => {
  await client?.stop();
  workspace?.remove();
  client = undefined;
});

/** Places in a text by line and character, counted here by itself. */
function textIn(text: string, { range: { start, end } }: Diagnostic): string {
  const starts = [0, ...[...text.matchAll(/\r\n|\r|\n/g)].map((found) => found.index + found[0].length)];
  return text.slice(starts[start.line]! + start.character, starts[end.line]! + end.character);
}

test.each([
  ['shipworthy.json', JSON.stringify(GOOD), hostileJson('shipworthy.json', 240)],
  [
    'shipworthy.yaml',
    'rules:\n  todo-comment: "off"\npaths: { exclude: [legacy/] }\n',
    hostileYaml('shipworthy.yaml', 60),
  ],
])('%s: what held before goes on, and what is wrong is said once', async (name, good, texts) => {
  workspace = temporaryWorkspace({
    'go.mod': 'module example.com/a\n\ngo 1.22\n',
    'a.go': 'package a\n\n// TODO: later\nfunc F() {}\n',
    'legacy/b.go': 'package legacy\n',
    'base.json': '{}',
    [name]: good,
  });
  const server = await startHere(workspace.folder);
  client = server.client;
  await client.settled();
  const { configuration } = server.engine;
  expect(configuration.rules).toEqual({ 'todo-comment': 'off' });
  const polluted = Object.keys(Object.prototype);
  for (const { what, text, at } of texts) {
    writeFileSync(join(workspace.folder, name), text);
    await client.watched([{ path: name, type: 2 }]);
    await client.settled();
    const report = await client.diagnostics(name);
    const items = report.kind === 'full' ? report.items.filter(({ code }) => code === 'configuration') : [];
    const label = `${what}: ${text.slice(0, 300)}`;
    // Many things are wrong with these; with the others one.
    if (what === 'keys' || what === 'bomb') expect(items.length, label).toBeGreaterThan(0);
    else expect(items.length, label).toBe(1);
    for (const item of items) expect(item.severity, label).toBe(1);
    if (at !== null) expect(textIn(text, items[0]!), label).toBe(at);
    expect(server.engine.configuration, label).toEqual(configuration);
    expect(server.engine.has('legacy/b.go'), label).toBe(false);
    await breathe();
  }
  expect(Object.keys(Object.prototype)).toEqual(polluted);
  expect(Object.hasOwn({}, 'polluted')).toBe(false);
  writeFileSync(join(workspace.folder, name), '{ "rules": { "todo-comment": "critical" } }');
  await client.watched([{ path: name, type: 2 }]);
  await client.settled();
  expect(server.engine.configuration.rules).toEqual({ 'todo-comment': 'critical' });
  expect(server.engine.has('legacy/b.go')).toBe(true);
});

test('the texts are as many as promised, and no two formats take them for good', () => {
  const all = [...hostileJson('shipworthy.json', 240), ...hostileYaml('shipworthy.yaml', 60)];
  expect(all).toHaveLength(300);
  expect(new Set(all.map(({ text }) => text)).size).toBeGreaterThan(100);
  expect(readTree('shipworthy.json', JSON.stringify(GOOD)).faults).toEqual([]);
});
