/**
 * Lookups in SQL that no key or index of the declared schema covers. Schema and statements are read from scripts and
 * literals; a table that is not declared in the workspace, renamed, or copied from another one is not judged.
 */
import type { Place } from '../../../core/model/location.ts';
import type { Fix, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import type { SqlKey } from '../../../formats/sql.ts';
import { allFacts, type FactValues } from '../../../knowledge/facts.ts';

interface Table {
  readonly columns: Map<string, Place>;
  readonly keys: SqlKey[];
  /** Declared as a whole, under the name that it still has. */
  isKnown: boolean;
  isDoubtful: boolean;
}

type Lookup = FactValues['sql.lookup'];

/** Every table that scripts and code declare. Dropped indexes stay, since nobody knows what is run. */
function tablesOf(facts: FactView): ReadonlyMap<string, Table> {
  const tables = new Map<string, Table>();
  const tableOf = (name: string): Table => {
    let table = tables.get(name);
    if (table === undefined) {
      table = { columns: new Map(), keys: [], isKnown: false, isDoubtful: false };
      tables.set(name, table);
    }
    return table;
  };
  for (const { place, value } of allFacts(facts, 'sql.script')) {
    const role = facts.role(place.path);
    if (role === 'test' || role === 'example' || role === 'vendored') continue;
    for (const change of value.changes) {
      if (change.table === '') continue;
      const table = tableOf(change.table);
      if (change.kind.startsWith('rename')) {
        table.isDoubtful = true;
        if (change.kind === 'renameTable') tableOf(change.to).isDoubtful = true;
      }
      if (change.kind === 'createTable') {
        if (change.open || change.special) table.isDoubtful = true;
        table.isKnown = true;
      }
      const added = change.kind === 'addColumn' ? [change.subject] : change.columns;
      for (const { name, start, end } of added) {
        if (!table.columns.has(name)) table.columns.set(name, { ...place, span: { start, end } });
      }
      table.keys.push(...change.keys);
    }
  }
  return tables;
}

/** Columns that single rows are looked up by. */
const LOOKED_UP =
  /(?:^|_)(?:token|e?mail|user_?name|login|slug|uuid|guid|hash|fingerprint|phone|sku|barcode|key|code|number|session)$/;
/** Columns that point to rows of other tables. */
const REFERENCE = /[a-z0-9]_id$/;
/** Tables of a few rows, which are read faster as a whole. */
const SMALL =
  /(?:settings?|config(?:uration)?s?|options?|preferences|migrations?|versions?|roles?|permissions?|types?|status(?:es)?|categor(?:y|ies)|countr(?:y|ies)|currenc(?:y|ies)|languages?|tenants?|plans?|flags?|features?|lookup|metadata|meta)$/;

function isCovered({ columns }: Lookup, table: Table): boolean {
  return table.keys.some((key) => columns.includes(key.columns[0] ?? ''));
}

/** The column of a filter that an index is missing for; null when none is, or when it would make no difference. */
function uncovered(lookup: Lookup, name: string, table: Table): string | null {
  if (isCovered(lookup, table) || SMALL.test(name)) return null;
  if (!lookup.columns.every((column) => table.columns.has(column))) return null;
  // MySQL makes an index for each foreign key by itself.
  const pointsOn = (column: string): boolean => REFERENCE.test(column) && (lookup.numbered || lookup.sqlite);
  return lookup.columns.find((column) => LOOKED_UP.test(column) || pointsOn(column)) ?? null;
}

function isUniqueFor({ kind, columns }: Lookup, table: Table): boolean {
  return table.keys.some(({ unique, columns: own }) => {
    if (!unique || !own.every((column) => columns.includes(column))) return false;
    return kind === 'ignore' || own.length === columns.length;
  });
}

/** A script that declares the schema as it is; migrations are never changed afterwards. */
function isSchemaFile(path: string): boolean {
  return path.endsWith('.sql') && !/(?:^|\/)(?:\d[^/]*\.sql|migrations?\/|V\d)/.test(path);
}

function indexFix(table: string, column: string, { path }: Place): readonly Fix[] {
  if (!isSchemaFile(path)) return [];
  const content = `CREATE INDEX idx_${table.replaceAll('.', '_')}_${column} ON ${table} (${column});\n`;
  return [
    {
      title: `Create an index on ${table}.${column}`,
      safety: 'suggestion',
      preferred: true,
      edits: [{ kind: 'append', path, content }],
    },
  ];
}

function* judge(facts: FactView): Generator<WorkspaceVerdict> {
  const tables = tablesOf(facts);
  const said = new Set<string>();
  for (const { key, place, value } of allFacts(facts, 'sql.lookup')) {
    const table = tables.get(key);
    if (table === undefined || !table.isKnown || table.isDoubtful || facts.role(place.path) !== 'production') continue;
    if (value.kind !== 'filter') {
      // A key that is not written as a list of columns may be the one that is meant.
      if (table.keys.some(({ unique, columns }) => unique && columns.includes(''))) continue;
      if (isUniqueFor(value, table)) yield { kind: 'pass', subject: place };
      else yield { kind: 'fail', subject: place, message: value.kind, args: { table: key }, severity: 'medium' };
      continue;
    }
    const column = uncovered(value, key, table);
    if (column === null) {
      if (isCovered(value, table)) yield { kind: 'pass', subject: place };
      continue;
    }
    if (said.has(`${key}\n${column}`)) continue;
    said.add(`${key}\n${column}`);
    const subject = table.columns.get(column)!;
    yield {
      kind: 'fail',
      subject,
      message: 'filter',
      args: { table: key, column },
      related: [{ place, message: 'Rows are looked up by it here.' }],
      fixes: indexFix(key, column, subject),
    };
  }
}

export const rule = defineRule({
  id: 'missing-index',
  title: 'Lookup that no index or key covers',
  category: 'performance',
  severity: 'low',
  confidence: 'heuristic',
  stage: 'stable',
  docs: {
    what: 'A statement of the code looks rows of one table up by a column such as a token, an e-mail address or a reference, and the schema in the workspace declares no key or index that begins with a column of the condition. Or an `ON CONFLICT (...)` names columns that no unique key consists of, or an `INSERT OR IGNORE` inserts into a table where no unique key lies within the inserted columns. Tables of settings and other few rows are left out, and so are tables that are not declared in the workspace or that were renamed.',
    why: 'Without an index the database reads the whole table for each request, which shows only once there are many rows. An upsert without its unique key fails at run time, and an insert that should ignore duplicates stores each of them.',
    howToFix: 'Create an index on the column, or a unique key on what identifies a row, in a new migration.',
    refs: ['CWE-1067', 'https://www.sqlite.org/queryplanner.html', 'https://use-the-index-luke.com/'],
  },
  messages: {
    filter: 'Rows of {table} are looked up by {column}, which no key or index covers; create an index on it.',
    conflict: 'No unique key of {table} consists of these columns, so that this statement fails; declare it.',
    ignore: 'No unique key of {table} covers what is inserted here, so that duplicates are stored; declare one.',
  },
  fix: 'sometimes',
  on: {},
  workspace: { partition: 'workspace', reads: ['sql.lookup'], judge },
});
