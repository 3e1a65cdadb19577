/**
 * Migrations in files: what their names say about versions, and what happens when they are run one after the other.
 * Each folder is taken by itself, since a folder is what a tool runs.
 */
import { directoryOf } from '../../../core/model/path.ts';
import type { Fix, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import type { FactView } from '../../../core/rulekit/rule.ts';
import type { SqlChange, SqlName } from '../../../formats/sql.ts';
import { allFacts, placeIn, type TypedFact } from '../../../knowledge/facts.ts';

type Script = TypedFact<'sql.script'>;

interface Migration {
  readonly script: Script;
  readonly file: string;
  /** Version as it is written, and without what makes no difference. */
  readonly written: string;
  readonly version: string;
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The version that the name of a file gives to a migration on its way up; null for every other file. */
export function versionOf(file: string): string | null {
  if (/\.(?:down|undo|rollback|revert)\.sql$|(?:^|[_-])(?:down|rollback)\.sql$/i.test(file)) return null;
  const flyway = /^V(\d+(?:[._]\d+)*)__\w/.exec(file);
  if (flyway !== null) return flyway[1]!;
  return /^(\d+)[_.-]\D/.exec(file)?.[1] ?? null;
}

function plainVersion(version: string): string {
  return version
    .split(/[._]/)
    .map((part) => part.replace(/^0+(?=\d)/, ''))
    .join('.');
}

function compareVersions(a: Migration, b: Migration): number {
  const left = a.version.split('.');
  const right = b.version.split('.');
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const x = BigInt(left[i] ?? 0);
    const y = BigInt(right[i] ?? 0);
    if (x !== y) return x < y ? -1 : 1;
  }
  return a.file < b.file ? -1 : a.file > b.file ? 1 : 0;
}

/** Whether the names in a folder are versions, so that two of them must not be equal. */
function areVersions(directory: string, migrations: readonly Migration[]): 'known' | 'likely' | 'no' {
  const tools = new Set(migrations.map(({ script }) => script.value.tool));
  // Its migrations are told apart by their whole names.
  if (tools.has('sql-migrate')) return 'no';
  if (migrations.some(({ file }) => /\.up\.sql$/.test(file) || /^V\d/.test(file))) return 'known';
  if (tools.has('goose') || tools.has('dbmate') || tools.has('tern')) return 'known';
  // A runner of the project's own: where numbers are nearly always different, they are meant to be.
  const versions = new Set(migrations.map(({ version }) => version));
  const collisions = migrations.length - versions.size;
  return /migrat/i.test(directory) && versions.size >= 3 && collisions * 5 <= versions.size ? 'likely' : 'no';
}

/** Whether fourteen digits that begin like a year are a time. */
function isTime(version: string): boolean {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/
    .exec(version)!
    .map(Number);
  const days = new Date(Date.UTC(year!, month!, 0)).getUTCDate();
  return month! >= 1 && month! <= 12 && day! >= 1 && day! <= days && hour! < 24 && minute! < 60 && second! < 60;
}

function* judgeVersions(directory: string, migrations: readonly Migration[]): Generator<WorkspaceVerdict> {
  const certainty = areVersions(directory, migrations);
  if (certainty === 'no') return;
  const seen = new Map<string, Migration>();
  for (const migration of migrations) {
    const { script, version, written } = migration;
    const first = seen.get(version);
    if (first !== undefined) {
      yield {
        kind: 'fail',
        subject: script.place,
        message: 'version',
        args: { version: written, other: first.file },
        related: [{ place: first.script.place, message: 'The other migration of this version.' }],
        ...(certainty === 'likely' ? { severity: 'medium' as const } : {}),
      };
      continue;
    }
    seen.set(version, migration);
    if (/^(?:19|20)\d{12}$/.test(written) && !isTime(written)) {
      yield { kind: 'fail', subject: script.place, message: 'timestamp', args: { version: written }, severity: 'low' };
      continue;
    }
    yield { kind: 'pass', subject: script.place };
  }
}

/** Where something of the schema was made. */
interface Maker {
  readonly script: Script;
  readonly name: SqlName;
}

/** The schema while migrations run: null stands for what they do not tell. */
interface Schema {
  readonly tables: Map<string, Maker>;
  /** By table and column. */
  readonly columns: Map<string, Maker>;
  readonly indexes: Map<string, Maker & { readonly table: string }>;
}

function columnId(table: string, column: string): string {
  return `${table}\n${column}`;
}

function forgetTable({ tables, columns, indexes }: Schema, table: string): void {
  tables.delete(table);
  for (const id of [...columns.keys()]) if (id.startsWith(`${table}\n`)) columns.delete(id);
  for (const [name, index] of [...indexes]) if (index.table === table) indexes.delete(name);
}

function renameTable(schema: Schema, from: string, to: string): void {
  const { tables, columns, indexes } = schema;
  const maker = tables.get(from);
  const moved = [...columns].filter(([id]) => id.startsWith(`${from}\n`));
  const kept = [...indexes].filter(([, index]) => index.table === from);
  forgetTable(schema, from);
  forgetTable(schema, to);
  if (maker !== undefined) tables.set(to, maker);
  for (const [id, column] of moved) columns.set(`${to}${id.slice(from.length)}`, column);
  for (const [name, index] of kept) indexes.set(name, { ...index, table: to });
}

const NO_FIX: readonly Fix[] = [];

/** Removes the statement when it does nothing else. */
function removal(script: Script, change: SqlChange, all: readonly SqlChange[]): readonly Fix[] {
  const alone = all.every((other) => other === change || other.start !== change.start);
  if (!alone || script.value.source !== 'file') return NO_FIX;
  return [
    {
      title: `Remove the statement that makes ${change.subject.name} again`,
      safety: 'suggestion',
      edits: [{ kind: 'replaceAt', place: placeIn(script, change), newText: '' }],
    },
  ];
}

interface Clash {
  readonly message: 'table' | 'column' | 'index';
  readonly shown: string;
  readonly maker: Maker;
}

/** Applies a change to the schema; what is made a second time is given back. */
function apply(schema: Schema, script: Script, change: SqlChange): Clash | null {
  const { tables, columns, indexes } = schema;
  const { kind, table, subject, conditional } = change;
  const made: Maker = { script, name: subject };
  switch (kind) {
    case 'createTable': {
      if (change.special) return null;
      const maker = tables.get(table);
      if (maker !== undefined) return conditional ? null : { message: 'table', shown: table, maker };
      tables.set(table, made);
      for (const column of change.columns) columns.set(columnId(table, column.name), { script, name: column });
      return null;
    }
    case 'dropTable':
      forgetTable(schema, table);
      return null;
    case 'renameTable':
      renameTable(schema, table, change.to);
      return null;
    case 'addColumn': {
      const id = columnId(table, subject.name);
      const maker = columns.get(id);
      if (maker !== undefined)
        return conditional ? null : { message: 'column', shown: `${table}.${subject.name}`, maker };
      columns.set(id, made);
      return null;
    }
    case 'dropColumn':
      columns.delete(columnId(table, subject.name));
      return null;
    case 'renameColumn': {
      const maker = columns.get(columnId(table, subject.name));
      columns.delete(columnId(table, subject.name));
      if (maker !== undefined) columns.set(columnId(table, change.to), maker);
      return null;
    }
    case 'createIndex': {
      const maker = indexes.get(subject.name);
      // MySQL has names of indexes by table.
      if (subject.name === '' || maker?.table !== table) {
        if (subject.name !== '') indexes.set(subject.name, { ...made, table });
        return null;
      }
      return conditional ? null : { message: 'index', shown: subject.name, maker };
    }
    case 'dropIndex':
      indexes.delete(subject.name);
      return null;
    case 'addKey':
      return null;
  }
}

/** Runs the migrations of a folder in order. */
function* judgeChanges(migrations: readonly Migration[]): Generator<WorkspaceVerdict> {
  const schema: Schema = { tables: new Map(), columns: new Map(), indexes: new Map() };
  for (const { script } of [...migrations].sort(compareVersions)) {
    const { changes } = script.value;
    for (const change of changes) {
      const clash = apply(schema, script, change);
      if (clash === null) continue;
      const other = nameOf(clash.maker.script.place.path);
      yield {
        kind: 'fail',
        subject: placeIn(script, change.subject),
        message: clash.message,
        args: { name: clash.shown, other: other === nameOf(script.place.path) ? 'a statement above' : other },
        related: [{ place: placeIn(clash.maker.script, clash.maker.name), message: 'It is made here.' }],
        fixes: removal(script, change, changes),
      };
    }
  }
}

/** Judges the migrations of every folder. */
export function* judgeMigrations(facts: FactView): Generator<WorkspaceVerdict> {
  const folders = new Map<string, Migration[]>();
  for (const script of allFacts(facts, 'sql.script')) {
    const { path } = script.place;
    if (facts.role(path) !== 'production') continue;
    if (script.value.source !== 'file') continue;
    const file = nameOf(path);
    const written = versionOf(file);
    yield* judgeColumns(script);
    if (written === null) continue;
    const folder = folders.get(directoryOf(path)) ?? [];
    folders.set(directoryOf(path), folder);
    folder.push({ script, file, written, version: plainVersion(written) });
  }
  for (const [directory, migrations] of folders) {
    yield* judgeVersions(directory, migrations);
    yield* judgeChanges(migrations);
  }
}

/** Columns that stand twice in one table. */
export function repeatedColumns(change: SqlChange): readonly SqlName[] {
  const seen = new Set<string>();
  return change.columns.filter(({ name }) => {
    const known = seen.has(name);
    seen.add(name);
    return known;
  });
}

function* judgeColumns(script: Script): Generator<WorkspaceVerdict> {
  for (const change of script.value.changes) {
    for (const column of repeatedColumns(change)) {
      yield { kind: 'fail', subject: placeIn(script, column), message: 'twice', args: { name: column.name } };
    }
  }
}
