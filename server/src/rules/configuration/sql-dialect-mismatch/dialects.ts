/**
 * What SQLite, PostgreSQL and MySQL certainly refuse to run, by the shape of a statement: only what no version of the
 * database has accepted so far. It does not know which database a script is for.
 */
import type { Span } from '../../../core/model/location.ts';
import { type SqlToken, statements } from '../../../formats/sql.ts';

/** `oracle-mysql`: what MariaDB accepts and MySQL does not. */
export type Dialect = 'sqlite' | 'postgres' | 'mysql' | 'oracle-mysql';

/** Something in a script that a dialect rejects. */
export interface Rejected extends Span {
  readonly dialect: Dialect;
  /** As it is written, in capitals. */
  readonly what: string;
  /** What to write instead; key into the rule's messages. */
  readonly way: 'rebuild' | 'unconditional' | 'type' | 'quotes' | 'several' | 'other';
}

/** A name, with those of its schema in front; quoted ones are written `"q"`, those in backticks `bq`. */
const N = '(?:[\\w$]+|"q"|`bq`)(?: \\. (?:[\\w$]+|"q"|`bq`))*';

interface Pattern {
  readonly dialects: readonly Dialect[];
  /** Of a statement in lower case, one blank between its tokens; the first group is what is reported, or all of it. */
  readonly pattern: RegExp;
  readonly way: Rejected['way'];
  /** Only what stands outside of parentheses counts. */
  readonly flat?: boolean;
}

function of(dialects: readonly Dialect[], source: string, way: Rejected['way'] = 'other', flat = false): Pattern {
  return { dialects, pattern: new RegExp(source, 'gd'), way, flat };
}

const TABLE = `^alter table (?:only )?${N} `;
const COLUMN_TYPE = '(?:^create (?:temporary )?table .*(?:\\(|,)|^alter table .* (?:add|modify|column)(?: column)?)';

const PATTERNS: readonly Pattern[] = [
  // ALTER TABLE of SQLite renames, adds and drops one thing at a time. Its latest version also adds CHECK, and NOT NULL.
  of(['sqlite'], `${TABLE}(add (?:constraint ${N} )?(?:foreign key|primary key|unique))(?= )`, 'rebuild', true),
  of(
    ['sqlite'],
    `${TABLE}(alter (?:column )?${N} (?:type|set data type|set default|drop default))(?= |$)`,
    'rebuild',
    true,
  ),
  of(['sqlite'], `${TABLE}((?:modify|change|drop primary key|drop foreign key|add (?:index|key))) `, 'rebuild', true),
  of(['sqlite'], `${TABLE}(drop (?:column )?if exists) `, 'unconditional', true),
  of(['sqlite'], `${TABLE}(add (?:column )?if not exists) `, 'unconditional', true),
  of(['sqlite'], '^(alter table if exists) ', 'unconditional'),
  of(['sqlite'], `${TABLE}.*?(, (?:add|drop|alter|modify|change) (?:column|constraint|index)) `, 'several', true),
  of(
    ['sqlite'],
    '^(create (?:extension|type|sequence|schema|(?:or replace )?function|(?:or replace )?procedure|domain|materialized view|or replace view)) ',
  ),
  of(['sqlite'], '^(comment on|truncate|grant|revoke) '),
  of(['sqlite', 'mysql'], '^create (?:unique )?(index concurrently) '),
  of(['sqlite'], `^create (?:unique )?index (?:if not exists )?${N} on ${N} (using) `),
  of(['sqlite'], `^drop (?:table|view) (?:if exists )?${N} (cascade)`),
  of(['sqlite'], `^(?:create table|alter table) .* (default \\w+) \\(`),
  of(['sqlite', 'postgres'], '^create table .* \\) (engine) ='),
  of(['sqlite'], '^create table .* primary key (auto_increment)(?= |$)'),
  of(['sqlite', 'postgres'], '^create table .* (on update current_timestamp)(?= |$)'),
  of(['sqlite', 'postgres'], '^(insert ignore) '),
  of(['sqlite', 'postgres'], '^insert .* (on duplicate key) '),
  of(['sqlite', 'mysql'], '(?<=[\\w\'")]) (: :) (?=[a-z])'),
  of(['sqlite', 'mysql'], '^(?:create|alter) table .* (generated (?:always|by default) as identity)(?= |$)'),
  of(['sqlite', 'mysql'], ' (ilike) '),

  of(['postgres'], '(`bq`)', 'quotes'),
  of(['postgres'], '^(?:create|alter) table .* (auto_increment|autoincrement)(?= |$)', 'type'),
  of(['postgres'], '^(replace into|pragma) '),
  of(['postgres', 'mysql'], '^(insert or (?:ignore|replace|abort|fail|rollback)) '),
  of(
    ['postgres'],
    `${COLUMN_TYPE} (?:[\\w$]+|"q"|\`bq\`) (tinyint|mediumint|datetime|longtext|mediumtext|tinytext|longblob|mediumblob|tinyblob|blob)(?= |$)`,
    'type',
  ),
  of(['postgres'], `${COLUMN_TYPE} (?:[\\w$]+|"q"|\`bq\`) ((?:int|integer|bigint|smallint) \\( \\d+ \\))`, 'type'),
  of(['postgres'], '^(?:create|alter) table .* (unsigned)(?= |$)', 'type'),
  of(['postgres'], `${TABLE}(modify|change) `, 'other', true),
  of(['postgres', 'mysql'], '^create table .* \\) (without rowid)'),
  of(['postgres'], `^(drop index (?:if exists )?${N} on) `),

  of(['mysql'], '^insert .* (on conflict)(?= )'),
  of(['mysql'], '^(pragma|create extension|comment on) '),
  of(
    ['mysql'],
    `${COLUMN_TYPE} (?:[\\w$]+|"q"|\`bq\`) (jsonb|timestamptz|bigserial|smallserial|bytea|citext|hstore|tsvector)(?= |$)`,
    'type',
  ),
  of(['mysql'], '^(?:create|alter) table .* (timestamp with(?:out)? time zone|autoincrement)(?= |$)', 'type'),
  of(
    ['mysql'],
    `${TABLE}(alter (?:column )?${N} (?:type|set data type|set not null|drop not null))(?= |$)`,
    'other',
    true,
  ),
  of(['oracle-mysql'], `${TABLE}(drop (?:column )?if exists) `, 'unconditional', true),
  of(['oracle-mysql'], `${TABLE}(add (?:column )?if not exists) `, 'unconditional', true),
  of(['oracle-mysql'], '^create (?:unique )?(index if not exists) ', 'unconditional'),
  of(['oracle-mysql'], '^(drop index if exists) ', 'unconditional'),
  of(['oracle-mysql'], '^(?:insert|delete) .* (returning) '),
];

/** A statement as one line, and the token that begins at each offset of it. */
function lineOf(
  source: string,
  tokens: readonly SqlToken[],
): { readonly text: string; readonly at: ReadonlyMap<number, number> } {
  const at = new Map<number, number>();
  let text = '';
  for (const [index, token] of tokens.entries()) {
    if (token.text === ';' && token.kind === 'sign') break;
    if (text !== '') text += ' ';
    at.set(text.length, index);
    if (token.kind === 'quoted') text += source.charAt(token.start) === '`' ? '`bq`' : '"q"';
    else text += token.kind === 'literal' ? "''" : token.text;
  }
  return { text, at };
}

function outside(tokens: readonly SqlToken[]): readonly SqlToken[] {
  let depth = 0;
  return tokens.filter(({ text, kind }) => {
    if (kind !== 'sign') return depth === 0;
    if (text === '(') depth++;
    if (text === ')') depth = Math.max(0, depth - 1);
    return depth === 0 && text !== ')';
  });
}

/** Longer statements hold data. */
const LONGEST = 4_000;

/** Everything in a script that some dialect rejects; once for each statement and dialect. */
export function rejectedIn(source: string): readonly Rejected[] {
  const found: Rejected[] = [];
  for (const tokens of statements(source)) {
    if (tokens.length > LONGEST) continue;
    const whole = lineOf(source, tokens);
    let flat: ReturnType<typeof lineOf> | null = null;
    let flatTokens: readonly SqlToken[] = [];
    const said = new Set<Dialect>();
    for (const { dialects, pattern, way, flat: isFlat } of PATTERNS) {
      if (isFlat === true && flat === null) {
        flatTokens = outside(tokens);
        flat = lineOf(source, flatTokens);
      }
      const { text, at } = isFlat === true ? flat! : whole;
      pattern.lastIndex = 0;
      const match = pattern.exec(text);
      const span = match?.indices?.[1];
      if (match === null || span === undefined) continue;
      const list = isFlat === true ? flatTokens : tokens;
      const inside = [...at]
        .filter(([offset]) => offset >= span[0] && offset < span[1])
        .map(([, index]) => list[index]!);
      // `a :: b` is none: the two signs stand together.
      if (match[1] === ': :' && inside[1]!.start !== inside[0]!.end) continue;
      const [first] = inside;
      if (first === undefined) continue;
      const { start } = first;
      const { end } = inside.at(-1)!;
      const what = match[1] === ': :' ? '::' : shown(match[1]!, inside);
      for (const dialect of dialects) {
        if (said.has(dialect)) continue;
        said.add(dialect);
        found.push({ dialect, what, way, start, end });
      }
    }
  }
  return found;
}

/** What is shown of it: its words without names. */
function shown(text: string, tokens: readonly SqlToken[]): string {
  if (text === '`bq`') return 'A name in backticks';
  const words = tokens.map(({ text: word, kind }) => (kind === 'quoted' ? '…' : word));
  return words
    .join(' ')
    .replace(/^, /, '')
    .replace(/^(add constraint|alter column|alter) \S+(?: \. \S+)* (?=\w)/, '$1 … ')
    .replace(/^(drop index(?: if exists)?) .* on$/, '$1 … on')
    .replace(/ \( (\d+) \)/, '($1)')
    .toUpperCase();
}
