/**
 * A tolerant reader of the schema changes in SQL scripts of any dialect: tables, columns, indexes and constraints that
 * are made, renamed and dropped. Statements that it does not know are left out, as is everything between dollar quotes
 * and in blocks of procedures; it never says that a script is wrong.
 */

/** A name with its place in the text. */
export type SqlName = {
  /** Lower case, without quotes; a schema other than the default one stands before a dot. */
  readonly name: string;
  readonly start: number;
  readonly end: number;
};

/** Columns that a key, unique constraint or index covers, in order; '' stands for an expression. */
export type SqlKey = {
  readonly columns: readonly string[];
  readonly unique: boolean;
};

export type SqlChange = {
  readonly kind:
    | 'createTable'
    | 'dropTable'
    | 'renameTable'
    | 'addColumn'
    | 'dropColumn'
    | 'renameColumn'
    | 'createIndex'
    | 'dropIndex'
    | 'addKey';
  /** '' for `DROP INDEX` of an index whose table is not written. */
  readonly table: string;
  /** The name that the change is about: of the table, column or index. */
  readonly subject: SqlName;
  /** `IF NOT EXISTS`, `IF EXISTS`, `OR REPLACE`. */
  readonly conditional: boolean;
  /** The new name, of renamings. */
  readonly to: string;
  /** Created tables. */
  readonly columns: readonly SqlName[];
  /** Keys that a created table, an added column or constraint, or an index declares. */
  readonly keys: readonly SqlKey[];
  /** The table has further columns that are not written. */
  readonly open: boolean;
  /** Temporary or virtual table, partial index. */
  readonly special: boolean;
  /** Behind the words that make the thing (`CREATE TABLE`), where a condition would stand. */
  readonly head: number;
  /** The statement with its semicolon and the line break behind it. */
  readonly start: number;
  readonly end: number;
};

export interface SqlToken {
  /** Words in lower case, names without quotes, single signs. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly kind: 'word' | 'quoted' | 'sign' | 'literal';
}

const TOKEN =
  /--[^\n]*|#(?!>)[^\n]*|\/\*[\s\S]*?\*\/|(\$\w*\$)[\s\S]*?\1|'(?:[^'\\]|''|\\[\s\S])*'|"(?:[^"]|"")*"|`[^`]*`|\[[A-Za-z_][\w ]*\]|[\p{L}_][\p{L}\p{N}_$]*|\d[\w.]*|[^\s]/gu;

/** Statements as lists of tokens, without comments. */
export function* statements(text: string): Generator<readonly SqlToken[]> {
  let current: SqlToken[] = [];
  let depth = 0;
  for (const match of text.matchAll(TOKEN)) {
    const raw = match[0];
    const start = match.index;
    const end = start + raw.length;
    if (raw.startsWith('--') || (raw.startsWith('#') && raw.length > 1) || raw.startsWith('/*')) continue;
    if (raw === '(') depth++;
    else if (raw === ')') depth = Math.max(0, depth - 1);
    if (raw === ';' && depth === 0) {
      const behind = end + /^[ \t]*(?:\r?\n)?/.exec(text.slice(end, end + 80))![0].length;
      if (current.length > 0) yield [...current, { text: ';', start, end: behind, kind: 'sign' }];
      current = [];
      continue;
    }
    const first = raw[0]!;
    if (raw.length > 1 && (first === '"' || first === '`' || first === '[')) {
      current.push({ text: raw.slice(1, -1).toLowerCase(), start, end, kind: 'quoted' });
    } else if (raw.length > 1 && (first === "'" || first === '$')) {
      current.push({ text: '', start, end, kind: 'literal' });
    } else {
      current.push({ text: raw.toLowerCase(), start, end, kind: /[\p{L}_]/u.test(first) ? 'word' : 'sign' });
    }
  }
  if (current.length > 0) yield current;
}

/** Reads the tokens of one statement from left to right. */
class Reader {
  readonly tokens: readonly SqlToken[];
  at = 0;

  constructor(tokens: readonly SqlToken[]) {
    this.tokens = tokens;
  }

  peek(ahead = 0): string {
    const token = this.tokens[this.at + ahead];
    return token === undefined || token.kind === 'quoted' ? '' : token.text;
  }

  /** Takes the words if they come next. */
  take(...words: readonly string[]): boolean {
    if (!words.every((word, index) => this.peek(index) === word)) return false;
    this.at += words.length;
    return true;
  }

  /** Takes any of the words, as many as come. */
  skip(...words: readonly string[]): boolean {
    let found = false;
    while (words.includes(this.peek())) {
      this.at++;
      found = true;
    }
    return found;
  }

  /** End of what was taken last. */
  get behind(): number {
    return this.tokens[this.at - 1]?.end ?? 0;
  }

  name(): SqlName | null {
    const first = this.tokens[this.at];
    if (first === undefined || (first.kind !== 'word' && first.kind !== 'quoted')) return null;
    this.at++;
    const parts = [first];
    while (this.peek() === '.') {
      const next = this.tokens[this.at + 1];
      if (next === undefined || (next.kind !== 'word' && next.kind !== 'quoted')) return null;
      parts.push(next);
      this.at += 2;
    }
    const names = parts.map(({ text }) => text);
    if (names.length > 1 && /^(?:public|dbo|main)$/.test(names[0]!)) names.shift();
    return { name: names.join('.'), start: first.start, end: parts.at(-1)!.end };
  }

  /** The parts between the parenthesis that comes next and its partner, as divided by commas; null when none comes. */
  list(): readonly (readonly SqlToken[])[] | null {
    if (this.peek() !== '(') return null;
    this.at++;
    const parts = divided(this.tokens, this.at);
    this.at = parts.end + 1;
    return parts.parts;
  }
}

/** Tokens up to the parenthesis that closes, or the end, divided at commas outside of inner parentheses. */
function divided(
  tokens: readonly SqlToken[],
  from: number,
): { readonly parts: readonly (readonly SqlToken[])[]; readonly end: number } {
  const parts: SqlToken[][] = [[]];
  let depth = 0;
  let at = from;
  for (; at < tokens.length; at++) {
    const token = tokens[at]!;
    if (token.kind === 'sign') {
      if (token.text === '(') depth++;
      else if (token.text === ')') {
        if (depth === 0) break;
        depth--;
      } else if (token.text === ',' && depth === 0) {
        parts.push([]);
        continue;
      } else if (token.text === ';') break;
    }
    parts.at(-1)!.push(token);
  }
  return { parts: parts.filter((part) => part.length > 0), end: at };
}

/** Columns of a key: plain names, with their direction; '' for expressions. */
function columnsOf(parts: readonly (readonly SqlToken[])[]): string[] {
  return parts.map((part) => {
    const [first, second] = part;
    const isPlain = first !== undefined && (first.kind === 'word' || first.kind === 'quoted') && second?.text !== '(';
    // MySQL indexes the beginning of a text: `name(10)`.
    const isPrefix = second?.text === '(' && /^\d+$/.test(part[2]?.text ?? '') && part[3]?.text === ')';
    return isPlain || isPrefix ? first!.text : '';
  });
}

const NO_COLUMN =
  /^(?:constraint|primary|unique|index|key|foreign|check|fulltext|spatial|exclude|partition|period|like)$/;

/** A key or constraint that stands alone: `PRIMARY KEY (a, b)`, `CONSTRAINT x UNIQUE (a)`, `KEY name (a)`. */
function keyOf(reader: Reader): SqlKey | null {
  if (reader.take('constraint')) reader.name();
  const isUnique = reader.peek() === 'primary' || reader.peek() === 'unique';
  if (!/^(?:primary|unique|key|index)$/.test(reader.peek())) return null;
  reader.skip('primary', 'unique', 'key', 'index', 'clustered', 'nonclustered');
  if (reader.peek() === 'using') reader.at += 2;
  if (reader.peek() !== '(') reader.name();
  const list = reader.list();
  return list === null ? null : { columns: columnsOf(list), unique: isUnique };
}

/** Keys that the definition of a column declares behind its name. */
function columnKeys(column: string, tokens: readonly SqlToken[]): SqlKey[] {
  let depth = 0;
  for (const [index, token] of tokens.entries()) {
    if (token.text === '(') depth++;
    else if (token.text === ')') depth--;
    else if (depth === 0 && token.kind === 'word' && index > 0) {
      if (token.text === 'primary' || token.text === 'unique') return [{ columns: [column], unique: true }];
    }
  }
  return [];
}

type Partial = Pick<SqlChange, 'kind' | 'table' | 'subject' | 'head'> &
  Readonly<{ [Key in keyof SqlChange]?: SqlChange[Key] }>;

function change(tokens: readonly SqlToken[], parts: Partial): SqlChange {
  return {
    conditional: false,
    to: '',
    columns: [],
    keys: [],
    open: false,
    special: false,
    start: tokens[0]!.start,
    end: tokens.at(-1)!.end,
    ...parts,
  };
}

function* created(reader: Reader): Generator<SqlChange> {
  const { tokens } = reader;
  const replaces = reader.take('or', 'replace');
  const isUnique = reader.skip('unique');
  reader.skip('clustered', 'nonclustered', 'fulltext', 'spatial');
  if (reader.take('index')) {
    reader.skip('concurrently');
    const head = reader.behind;
    const conditional = reader.take('if', 'not', 'exists');
    const subject = reader.peek() === 'on' ? null : reader.name();
    if (!reader.take('on')) return;
    reader.skip('only');
    const table = reader.name();
    if (reader.peek() === 'using') reader.at += 2;
    const list = reader.list();
    if (table === null || list === null) return;
    const special = tokens.slice(reader.at).some(({ text, kind }) => kind === 'word' && text === 'where');
    yield change(tokens, {
      kind: 'createIndex',
      table: table.name,
      subject: subject ?? { ...table, name: '' },
      conditional,
      keys: [{ columns: columnsOf(list), unique: isUnique }],
      special,
      head,
    });
    return;
  }
  const special = reader.skip('global', 'local', 'temp', 'temporary', 'virtual', 'external', 'foreign');
  reader.skip('unlogged');
  if (!reader.take('table')) return;
  const head = reader.behind;
  const conditional = reader.take('if', 'not', 'exists') || replaces;
  const subject = reader.name();
  if (subject === null) return;
  const parts = reader.list();
  const columns: SqlName[] = [];
  const keys: SqlKey[] = [];
  let open = parts === null || /^(?:inherits|as|partition|select)$/.test(reader.peek());
  for (const part of parts ?? []) {
    const inner = new Reader(part);
    if (
      NO_COLUMN.test(inner.peek()) &&
      !(part.length > 1 && /^(?:text|varchar|int|integer|bigint)$/.test(part[1]!.text))
    ) {
      if (inner.peek() === 'like') open = true;
      const key = keyOf(inner);
      if (key !== null) keys.push(key);
      continue;
    }
    const column = inner.name();
    if (column === null) {
      open = true;
      continue;
    }
    columns.push(column);
    keys.push(...columnKeys(column.name, part));
  }
  yield change(tokens, {
    kind: 'createTable',
    table: subject.name,
    subject,
    conditional,
    columns,
    keys,
    open,
    special,
    head,
  });
}

function* altered(reader: Reader): Generator<SqlChange> {
  const { tokens } = reader;
  if (!reader.take('table')) return;
  reader.take('if', 'exists');
  reader.skip('only');
  const table = reader.name();
  if (table === null) return;
  for (const part of divided(tokens, reader.at).parts) {
    const action = new Reader(part);
    const verb = action.peek();
    action.at++;
    if (verb === 'add') {
      if (NO_COLUMN.test(action.peek())) {
        const key = keyOf(action);
        if (key !== null) {
          yield change(tokens, { kind: 'addKey', table: table.name, subject: table, keys: [key], head: action.behind });
        }
        continue;
      }
      action.skip('column');
      const head = action.behind;
      const conditional = action.take('if', 'not', 'exists');
      const subject = action.name();
      if (subject === null) continue;
      const keys = columnKeys(subject.name, part.slice(action.at - 1));
      yield change(tokens, { kind: 'addColumn', table: table.name, subject, conditional, keys, head });
    } else if (verb === 'drop') {
      if (/^(?:constraint|primary|foreign|index|key|check|partition)$/.test(action.peek())) continue;
      action.skip('column');
      const conditional = action.take('if', 'exists');
      const subject = action.name();
      if (subject !== null) {
        yield change(tokens, { kind: 'dropColumn', table: table.name, subject, conditional, head: action.behind });
      }
    } else if (verb === 'rename') {
      if (/^(?:constraint|index|key)$/.test(action.peek())) continue;
      if (action.take('to') || action.take('as')) {
        const to = action.name();
        if (to !== null) {
          yield change(tokens, {
            kind: 'renameTable',
            table: table.name,
            subject: table,
            to: to.name,
            head: action.behind,
          });
        }
        continue;
      }
      action.skip('column');
      const subject = action.name();
      const to = action.take('to') ? action.name() : null;
      if (subject !== null && to !== null) {
        yield change(tokens, { kind: 'renameColumn', table: table.name, subject, to: to.name, head: action.behind });
      }
    } else if (verb === 'change') {
      action.skip('column');
      const subject = action.name();
      const to = action.name();
      if (subject !== null && to !== null && subject.name !== to.name) {
        yield change(tokens, { kind: 'renameColumn', table: table.name, subject, to: to.name, head: action.behind });
      }
    }
  }
}

function* dropped(reader: Reader): Generator<SqlChange> {
  const { tokens } = reader;
  const kind = reader.peek() === 'table' ? 'dropTable' : reader.peek() === 'index' ? 'dropIndex' : null;
  if (kind === null) return;
  reader.at++;
  reader.skip('concurrently');
  const conditional = reader.take('if', 'exists');
  for (;;) {
    const subject = reader.name();
    if (subject === null) return;
    const table = kind === 'dropTable' ? subject.name : '';
    yield change(tokens, { kind, table, subject, conditional, head: reader.behind });
    if (!reader.take(',')) return;
  }
}

/** The changes that a script makes to the schema, in order. */
export function schemaChanges(text: string): readonly SqlChange[] {
  const changes: SqlChange[] = [];
  for (const tokens of statements(text)) {
    const reader = new Reader(tokens);
    if (reader.take('create')) changes.push(...created(reader));
    else if (reader.take('alter')) changes.push(...altered(reader));
    else if (reader.take('drop')) changes.push(...dropped(reader));
    else if (reader.take('rename', 'table')) {
      const subject = reader.name();
      const to = reader.take('to') ? reader.name() : null;
      if (subject !== null && to !== null) {
        const table = subject.name;
        changes.push(change(tokens, { kind: 'renameTable', table, subject, to: to.name, head: reader.behind }));
      }
    }
  }
  return changes;
}

/** The part of a script that is run on the way up: tools keep the way back in the same file, behind a comment. */
export function upSection(text: string): string {
  const down =
    /^[ \t]*--+[ \t]*(?:\+goose Down|\+migrate Down|migrate:down|\+micrate Down|create above \/ drop below)/im.exec(
      text,
    );
  return down === null ? text : text.slice(0, down.index);
}

/** What a statement relies on an index or key for. */
export type SqlLookup = {
  readonly table: string;
  /** `filter`: equal to a parameter, all at once; `conflict`: `ON CONFLICT (...)`; `ignore`: `INSERT OR IGNORE`. */
  readonly kind: 'filter' | 'conflict' | 'ignore';
  /** Filtered columns, those of the conflict, those that are inserted. */
  readonly columns: readonly string[];
  /** Its parameters are written `$1`, as in PostgreSQL. */
  readonly numbered: boolean;
};

/** `?`, `$1`, `:name`, `@name`, `%s`, `%(name)s` at a position; how many tokens it takes, 0 for anything else. */
function parameterAt(tokens: readonly SqlToken[], at: number): number {
  const text = tokens[at]?.text ?? '';
  const next = tokens[at + 1]?.text ?? '';
  if (text === '?') return /^\d+$/.test(next) ? 2 : 1;
  if (text === '$') return /^\d+$/.test(next) ? 2 : 0;
  if (text === ':' || text === '@') return tokens[at + 1]?.kind === 'word' ? 2 : 0;
  if (text !== '%') return 0;
  if (next === 's') return 2;
  return next === '(' && tokens[at + 3]?.text === ')' && tokens[at + 4]?.text === 's' ? 5 : 0;
}

/** Columns that a condition made of `column = parameter` and `AND` compares; null for any other condition. */
function comparedColumns(tokens: readonly SqlToken[], from: number): readonly string[] | null {
  const columns: string[] = [];
  let at = from;
  for (;;) {
    // `t.column = ?`
    if (tokens[at + 1]?.text === '.') at += 2;
    const column = tokens[at];
    if (column === undefined || (column.kind !== 'word' && column.kind !== 'quoted')) return null;
    const isEqual = tokens[at + 1]?.text === '=';
    if (isEqual) {
      const taken = parameterAt(tokens, at + 2);
      if (taken > 0) columns.push(column.text);
      at += 2 + Math.max(taken, 1);
    } else {
      // Other comparisons narrow what was found: up to the next AND.
      while (at < tokens.length && !/^(?:and|or|order|group|limit|returning|for|;)$/.test(tokens[at]!.text)) {
        if (tokens[at]!.text === '(') return null;
        at++;
      }
    }
    const link = tokens[at]?.text ?? '';
    if (link === 'and') {
      at++;
      continue;
    }
    return link === '' || /^(?:order|group|limit|returning|for|;)$/.test(link) ? columns : null;
  }
}

function filterOf(tokens: readonly SqlToken[]): SqlLookup | null {
  const words = tokens.map(({ kind, text }) => (kind === 'quoted' ? '' : text));
  const verb = words[0];
  // One table only: with several, the planner may begin at another one.
  if (words.some((word) => /^(?:join|union|with|exists)$/.test(word))) return null;
  if (words.filter((word) => word === 'select').length > (verb === 'select' ? 1 : 0)) return null;
  const from = verb === 'update' ? 0 : words.indexOf('from');
  const where = words.indexOf('where');
  if (from < 0 || where < 0) return null;
  const reader = new Reader(tokens);
  reader.at = from + 1;
  const table = reader.name();
  if (table === null) return null;
  const next = reader.peek();
  if (next === ',' || (verb !== 'update' && words.slice(reader.at, where).includes(','))) return null;
  const columns = comparedColumns(tokens, where + 1);
  if (columns === null || columns.length === 0) return null;
  return { table: table.name, kind: 'filter', columns, numbered: words.includes('$') };
}

function insertOf(tokens: readonly SqlToken[]): SqlLookup | null {
  const reader = new Reader(tokens);
  reader.at = 1;
  const isIgnoring = reader.take('or', 'ignore');
  if (!reader.take('into')) return null;
  const table = reader.name();
  const list = table === null ? null : reader.list();
  if (table === null || list === null) return null;
  const numbered = tokens.some(({ text }) => text === '$');
  if (isIgnoring) return { table: table.name, kind: 'ignore', columns: columnsOf(list), numbered };
  while (reader.at < tokens.length && !reader.take('on', 'conflict')) reader.at++;
  const target = reader.list();
  return target === null ? null : { table: table.name, kind: 'conflict', columns: columnsOf(target), numbered };
}

/** What the statements of a text look up, as far as one table and plain comparisons with parameters go. */
export function lookups(text: string): readonly SqlLookup[] {
  const found: SqlLookup[] = [];
  for (const tokens of statements(text)) {
    const verb = tokens[0]!.kind === 'word' ? tokens[0]!.text : '';
    const lookup =
      verb === 'insert' ? insertOf(tokens) : /^(?:select|update|delete)$/.test(verb) ? filterOf(tokens) : null;
    if (lookup !== null && !lookup.columns.includes('')) found.push(lookup);
  }
  return found;
}
