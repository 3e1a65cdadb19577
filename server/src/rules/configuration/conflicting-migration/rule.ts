/** Schema changes that stop half-way: versions that collide, things that exist already, start-up code that runs once only. */
import type { WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { go } from './go.ts';
import { judgeMigrations } from './migrations.ts';
import { judgePython, python } from './python.ts';

/** Generated code repeats what stands in the files that it was made of, and migrations run once. */
function inWritten(detectors: readonly NodeDetector[]): readonly NodeDetector[] {
  return detectors.map((detector) => ({
    ...detector,
    *check(node, ctx) {
      if (ctx.file.role === 'production') yield* detector.check(node, ctx);
    },
  }));
}

function* judge(facts: FactView): Generator<WorkspaceVerdict> {
  yield* judgeMigrations(facts);
  yield* judgePython(facts);
}

export const rule = defineRule({
  id: 'conflicting-migration',
  title: 'Schema change that fails or repeats when applied',
  category: 'configuration',
  severity: 'high',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'Two migrations of one folder, or of one list in the code, have the same version; a version that is written as a time is none; a migration makes a table, column or index that an earlier one has made and none has dropped or renamed since; or code that prepares the database at start-up makes some tables and indexes with `IF NOT EXISTS` and others without. In Python also: a revision of Alembic that exists twice, and a history of Alembic or Django with two ends that nothing merges. Folders count by themselves, versions of names only where the tool or the numbering shows that they are versions. Statements behind conditions, in procedures and in templates are left out, and so is code that looks at what exists.',
    why: 'The run stops in the middle: the first half is applied, the second is not, and the next start fails again at the same place. Of two migrations with one version some tools refuse to start, others never run the second one.',
    howToFix:
      'Give the later migration a version of its own, after the last one. Remove what an earlier migration has made already. Write `IF NOT EXISTS` wherever a statement runs at each start.',
    refs: [
      'https://github.com/golang-migrate/migrate/blob/master/MIGRATIONS.md',
      'https://pressly.github.io/goose/documentation/annotations/',
    ],
  },
  messages: {
    version:
      'Version {version} belongs to {other} already, so that one of the two is refused or never runs; give this file the next free version.',
    listed: '{version} is the version of another migration of this list already; give this one a version of its own.',
    timestamp:
      '{version} looks like a time but is none, so that migrations may run in the wrong order; use the real time.',
    table: '{name} is created a second time and the run stops here; {other} has made it. Remove one of the two.',
    column: '{name} is added a second time and the run stops here; {other} has made it. Remove one of the two.',
    index:
      'The index {name} is created a second time and the run stops here; {other} has made it. Remove one of the two.',
    twice: 'The column {name} stands twice in this table, which every database refuses; remove one of the two.',
    revision:
      'The revision {version} belongs to {other} already, so that Alembic refuses to run; give this one a revision of its own.',
    heads: 'Both {version} and {other} are the last migration, so that {tool} refuses to run; merge the two.',
    once: '{name} is created without IF NOT EXISTS, unlike the rest, so that the second start fails; add it.',
  },
  effort: { each: [10, 40] },
  fix: 'sometimes',
  // Migrations of Alembic and Django are files that a tool has begun.
  roles: ['production', 'generated'],
  on: { go: inWritten(go), python: inWritten(python) },
  workspace: { partition: 'workspace', reads: ['sql.script', 'python.migration'], judge },
});
