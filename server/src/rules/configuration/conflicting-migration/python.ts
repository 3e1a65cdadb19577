/**
 * Python: functions that prepare a database at start-up and make some things conditionally and others not, and
 * histories of Alembic and Django. There one folder is one history: two revisions of one name, or two ends that nothing
 * merges, stop the tool before it does anything.
 */
import { directoryOf } from '../../../core/model/path.ts';
import type { Verdict, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import type { FactView, NodeDetector } from '../../../core/rulekit/rule.ts';
import { allFacts, type TypedFact } from '../../../knowledge/facts.ts';
import { changesInPython } from '../../../knowledge/project/schema.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { calledName, enclosingFunction } from '../../../languages/python/syntax.ts';
import { isForMySql, judgeColumns, judgeConditions, ONCE_PATH, saysOnce } from './startup.ts';

type Migration = TypedFact<'python.migration'>;

/** Whether a statement runs whenever its function does: nothing around decides that, and nobody catches its failure. */
function runsAlways(literal: PythonNode, owner: PythonNode): boolean {
  const call = literal.ancestor('call');
  if (call === null || !/^(?:execute|executescript|exec_driver_sql)$/.test(calledName(call))) return false;
  const around = literal.ancestor(
    'if_statement',
    'try_statement',
    'for_statement',
    'while_statement',
    'match_statement',
  );
  return around === null || !owner.contains(around);
}

const schemas: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['function_definition'],
  triggers: ['CREATE TABLE', 'create table', 'Create Table'],
  when: (node) => /create\s+table/i.test(node.text),
  *check(node, ctx): Iterable<Verdict> {
    const literals = node.descendants('string').filter((literal) => enclosingFunction(literal)?.start === node.start);
    const changes = literals.map((literal) => ({ literal, changes: changesInPython(literal) }));
    yield* judgeColumns(changes.flatMap((own) => own.changes));
    if (ONCE_PATH.test(ctx.file.path) || saysOnce(node.text)) return;
    const isMySql = isForMySql(node.text) || ctx.file.header.imports.some(({ module }) => /mysql/i.test(module));
    const always = changes.filter(({ literal }) => runsAlways(literal, node));
    yield* judgeConditions(
      always.flatMap((own) => own.changes),
      isMySql,
    );
  },
};

export const python: readonly NodeDetector[] = [schemas as NodeDetector];

function fileOf({ place: { path } }: Migration): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Judges each folder with migrations that were written in Python. */
export function* judgePython(facts: FactView): Generator<WorkspaceVerdict> {
  const folders = new Map<string, Migration[]>();
  for (const migration of allFacts(facts, 'python.migration')) {
    const role = facts.role(migration.place.path);
    if (role !== 'production' && role !== 'generated') continue;
    const key = `${migration.value.tool} ${directoryOf(migration.place.path)}`;
    const own = folders.get(key) ?? [];
    folders.set(key, own);
    own.push(migration);
  }
  for (const migrations of folders.values()) yield* judgeHistory(migrations);
}

function* judgeHistory(migrations: readonly Migration[]): Generator<WorkspaceVerdict> {
  const first = new Map<string, Migration>();
  let collides = false;
  for (const migration of migrations) {
    const same = first.get(migration.key);
    if (same === undefined) {
      first.set(migration.key, migration);
      continue;
    }
    collides = true;
    yield {
      kind: 'fail',
      subject: migration.place,
      message: 'revision',
      args: { version: migration.key, other: fileOf(same) },
      related: [{ place: same.place, message: 'This is the same revision.' }],
    };
  }
  if (collides || migrations.some(({ value }) => value.branches)) return;
  const below = new Set(migrations.flatMap(({ value }) => [...value.parents, ...value.replaces]));
  const ends = migrations.filter(({ key }) => !below.has(key));
  const [end, ...others] = [...ends].reverse();
  if (end === undefined) return;
  if (others.length === 0) {
    yield { kind: 'pass', subject: end.place };
    return;
  }
  // Several histories in one folder have several beginnings.
  const isOwn = migrations.filter(({ value }) => !value.parents.some((parent) => first.has(parent))).length > 1;
  if (isOwn) return;
  const other = others[0]!;
  yield {
    kind: 'fail',
    subject: end.place,
    message: 'heads',
    args: { version: fileOf(end), other: fileOf(other), tool: end.value.tool === 'django' ? 'Django' : 'Alembic' },
    related: others.map(({ place }) => ({ place, message: 'This one is an end, too.' })),
  };
}
