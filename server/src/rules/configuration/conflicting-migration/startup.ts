/**
 * What code that prepares a database at start-up does to its schema: whether all of it may run a second time. Shared by
 * the languages of the rule; code that looks at what exists decides by itself what it runs and is left out.
 */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { SqlChange } from '../../../formats/sql.ts';
import { repeatedColumns } from './migrations.ts';

/** Words of code that runs statements once, or knows what to do when something exists. */
const ONCE =
  /migrat|upgrad|user_version|schema_version|schemaVersion|information_schema|sqlite_master|pg_tables|pg_indexes|to_regclass|[eE]xists\b|duplicate|Duplicate|42P07|42701|1050|1060|1061|:memory:|os\.Remove|\bDROP\b|HasTable|TEMP\b|[vV]ersion\s*[<>=!]/;
export const ONCE_PATH = /migrat|upgrad|(?:^|\/)(?:seeds?|scripts?|tools?)\//i;
/** Of what a declaration says, only conditions of statements themselves are no sign. */
const CONDITION = /\bIF\s+(?:NOT\s+)?EXISTS\b/gi;

/** Whether code runs its statements once only, by what it and its name say. */
export function saysOnce(code: string): boolean {
  return ONCE.test(code.replace(CONDITION, ' '));
}

function addCondition(change: SqlChange): readonly Fix[] {
  return [
    {
      title: `Create ${change.subject.name} only if it does not exist`,
      safety: 'suggestion',
      edits: [{ kind: 'replace', span: { start: change.head, end: change.head }, newText: ' IF NOT EXISTS' }],
    },
  ];
}

/** Columns that a table has twice. */
export function* judgeColumns(changes: readonly SqlChange[]): Iterable<Verdict> {
  for (const change of changes) {
    for (const { name, start, end } of repeatedColumns(change)) {
      yield { kind: 'fail', subject: { start, end }, message: 'twice', args: { name } };
    }
  }
}

/** Statements that run together: those without a condition fail beside a table that has one. */
export function* judgeConditions(changes: readonly SqlChange[], isMySql: boolean): Iterable<Verdict> {
  const made = changes.filter(
    ({ kind, special, subject }) =>
      (kind === 'createTable' && !special) || (kind === 'createIndex' && subject.name !== ''),
  );
  const first = made.find(({ kind, conditional }) => kind === 'createTable' && conditional);
  if (first === undefined) return;
  for (const change of made) {
    const { subject, conditional, kind } = change;
    const span = { start: subject.start, end: subject.end };
    if (conditional) yield { kind: 'pass', subject: span };
    else {
      yield {
        kind: 'fail',
        subject: span,
        message: 'once',
        args: { name: subject.name },
        related: [{ span: { start: first.subject.start, end: first.subject.end }, message: 'As it is done here.' }],
        // MySQL knows no such condition for indexes.
        fixes: isMySql && kind === 'createIndex' ? [] : addCondition(change),
      };
    }
  }
}

/** Whether a statement is written for MySQL. */
export function isForMySql(sql: string): boolean {
  return /`|\bENGINE\b|AUTO_INCREMENT/i.test(sql);
}
