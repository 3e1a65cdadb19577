/**
 * What SQL does to the schema of databases and what it looks up there, in scripts and in literals of code, as facts. It
 * does not know which of it is run, nor in which order.
 */
import type { FactVerdict } from '../../core/model/verdict.ts';
import type { Extractor, NodeDetector, TextDetector } from '../../core/rulekit/rule.ts';
import { lookups, type SqlChange, schemaChanges, upSection } from '../../formats/sql.ts';
import type { GoHeader } from '../../languages/go/header.ts';
import type { GoNode } from '../../languages/go/nodes.gen.ts';
import { importsModule, type PythonHeader } from '../../languages/python/header.ts';
import type { PythonNode } from '../../languages/python/nodes.gen.ts';
import { type FactValues, state } from '../facts.ts';

/** Scripts that are longer are dumps: their data would take longer to read than all of the code. */
const SCRIPT_LIMIT = 400_000;

const DDL = /\b(?:create\s+(?:\w+\s+){0,2}(?:table|index)|alter\s+table|drop\s+(?:table|index))\b/i;

function toolOf(text: string): FactValues['sql.script']['tool'] {
  if (/^[ \t]*--+[ \t]*\+goose /im.test(text)) return 'goose';
  if (/^[ \t]*--+[ \t]*migrate:(?:up|down)/im.test(text)) return 'dbmate';
  if (/^[ \t]*--+[ \t]*\+migrate /im.test(text)) return 'sql-migrate';
  return /create above \/ drop below/.test(text) ? 'tern' : '';
}

const scripts: TextDetector = {
  text: true,
  *check(text, ctx) {
    const { path } = ctx.file;
    if (!path.endsWith('.sql') || text.length > SCRIPT_LIMIT) return;
    // Templates make statements that are not written here.
    const changes = /\{\{|\{%/.test(text) || !DDL.test(text) ? [] : schemaChanges(upSection(text));
    yield state('sql.script', path, { source: 'file', tool: toolOf(text), changes }, { start: 0, end: 0 });
  },
};

function moved(change: SqlChange, by: number): SqlChange {
  const { subject, columns } = change;
  return {
    ...change,
    subject: { ...subject, start: subject.start + by, end: subject.end + by },
    columns: columns.map((column) => ({ ...column, start: column.start + by, end: column.end + by })),
    head: change.head + by,
    start: change.start + by,
    end: change.end + by,
  };
}

/** The schema changes in a literal of Go code, with offsets of its chunk; empty for any other literal. */
export function changesInLiteral(literal: GoNode): readonly SqlChange[] {
  const { text } = literal;
  if (text.length < 20 || !DDL.test(text)) return [];
  const inner = literal.kind === 'raw_string_literal' ? text.slice(1, -1) : text.slice(1, -1).replace(/\\[nrt]/g, '  ');
  return schemaChanges(upSection(inner)).map((change) => moved(change, literal.start + 1));
}

const literals: NodeDetector<unknown, GoNode> = {
  kinds: ['raw_string_literal', 'interpreted_string_literal'],
  triggers: ['CREATE ', 'create ', 'ALTER TABLE', 'alter table'],
  when: (node) => node.end - node.start >= 20,
  *check(node, ctx) {
    const changes = changesInLiteral(node);
    if (changes.length > 0) yield state('sql.script', ctx.file.path, { source: 'code', tool: '', changes }, node);
  },
};

const LOOKUP = /\b(?:where|on\s+conflict|or\s+ignore)\b/i;
const LOOKUP_WORDS = ['WHERE', 'where', 'Where', 'CONFLICT', 'conflict', 'IGNORE', 'ignore'];

/** What a literal looks up; `sqlite`: the file works with SQLite. */
function* lookupFacts(text: string, sqlite: boolean, node: { start: number; end: number }): Iterable<FactVerdict> {
  if (text.length < 20 || text.length > 20_000 || !LOOKUP.test(text)) return;
  for (const { table, ...lookup } of lookups(text)) yield state('sql.lookup', table, { ...lookup, sqlite }, node);
}

const goLookups: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['raw_string_literal', 'interpreted_string_literal'],
  triggers: LOOKUP_WORDS,
  when: (node) => node.end - node.start >= 20,
  *check(node, ctx) {
    const sqlite = ctx.file.header.imports.some(({ path }) => /sqlite/.test(path));
    yield* lookupFacts(node.text.slice(1, -1), sqlite, node);
  },
};

/** The text of a literal without values in it, and where it begins; null for any other one. */
function plainText(node: PythonNode): { readonly text: string; readonly start: number } | null {
  const [content, ...more] = node.namedChildren.filter(({ kind }) => kind === 'string_content');
  if (content === undefined || more.length > 0) return null;
  return node.childOfKind('interpolation') === null ? { text: content.text, start: content.start } : null;
}

/** The schema changes in a literal of Python code, with offsets of its chunk; empty for any other literal. */
export function changesInPython(literal: PythonNode): readonly SqlChange[] {
  const plain = literal.end - literal.start < 20 ? null : plainText(literal);
  if (plain === null || !DDL.test(plain.text)) return [];
  return schemaChanges(upSection(plain.text)).map((change) => moved(change, plain.start));
}

const pythonLiterals: NodeDetector<unknown, PythonNode> = {
  kinds: ['string'],
  triggers: ['CREATE ', 'create ', 'ALTER TABLE', 'alter table'],
  when: (node) => node.end - node.start >= 20,
  *check(node, ctx) {
    const changes = changesInPython(node);
    if (changes.length > 0) yield state('sql.script', ctx.file.path, { source: 'code', tool: '', changes }, node);
  },
};

const pythonLookups: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['string'],
  triggers: LOOKUP_WORDS,
  when: (node) => node.end - node.start >= 20,
  *check(node, ctx) {
    const literal = plainText(node);
    if (literal === null) return;
    yield* lookupFacts(literal.text, importsModule(ctx.file.header, 'sqlite3'), node);
  },
};

export const extractors: readonly Extractor[] = [
  { id: 'sql.scripts', language: 'text', detector: scripts },
  { id: 'sql.literals', language: 'go', detector: literals as NodeDetector },
  { id: 'sql.lookups', language: 'go', detector: goLookups as NodeDetector },
  { id: 'sql.literals.python', language: 'python', detector: pythonLiterals as NodeDetector },
  { id: 'sql.lookups.python', language: 'python', detector: pythonLookups as NodeDetector },
];
