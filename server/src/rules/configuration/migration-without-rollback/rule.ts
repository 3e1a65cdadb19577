/** Changes of a schema that cannot be taken back. */
import type { WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import { DOWN, pythonDetectors, UP } from './python.ts';

/** A downgrade that does nothing, of an upgrade that does something. */
function* judge(facts: FactView): Generator<WorkspaceVerdict> {
  const changing = new Set(
    facts
      .get(UP)
      .filter(({ value }) => value === true)
      .map(({ key }) => key),
  );
  for (const { key, value, place } of facts.get(DOWN)) {
    if (!changing.has(key)) continue;
    if (value === true) yield { kind: 'pass', subject: place };
    else yield { kind: 'fail', subject: place, message: 'alembic', severity: 'medium' };
  }
}

export const rule = defineRule({
  id: 'migration-without-rollback',
  title: 'Migration without a way back',
  category: 'configuration',
  severity: 'high',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A migration changes the schema and its way back does nothing: `downgrade()` of Alembic holds only `pass` while `upgrade()` changes something. For Django `RunPython` and `RunSQL` without the reverse operation, once for each migration. A migration that says that there is no way back, by a comment or an exception, is left alone.',
    why: 'When a release has to be taken back, the schema stays at the new version. Alembic then even says that it is at the old one, and the next upgrade fails half-way.',
    howToFix:
      'Write the inverse operations. Where there is nothing to do, say so: `migrations.RunPython.noop`; where there is no way back, raise an exception with the reason.',
    refs: [
      'https://alembic.sqlalchemy.org/en/latest/tutorial.html',
      'https://docs.djangoproject.com/en/stable/ref/migration-operations/#runpython',
    ],
  },
  messages: {
    alembic: 'This downgrade does nothing although the upgrade changes the schema; write the inverse operations.',
    django: '{operation} has no reverse, so that this migration cannot be taken back; give it one, or noop.',
    operations:
      '{count} operations have no reverse, so that this migration cannot be taken back; give each one, or noop.',
  },
  effort: { each: [5, 30] },
  fix: 'sometimes',
  roles: ['production', 'generated'],
  on: { python: pythonDetectors },
  workspace: { partition: 'directory', reads: [DOWN], judge },
});
