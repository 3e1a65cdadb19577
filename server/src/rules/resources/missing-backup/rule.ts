/** Workspaces that keep data and never speak of a backup. */
import type { WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule } from '../../../core/rulekit/rule.ts';
import { cluster, compose, embedded, pythonEmbedded, STORAGE_FACT } from './storage.ts';

export const rule = defineRule({
  id: 'missing-backup',
  title: 'Persistent data without a backup',
  category: 'resources',
  severity: 'medium',
  confidence: 'heuristic',
  stage: 'stable',
  docs: {
    what: 'The workspace keeps data in a database or volume, and no script, schedule, code or document of it speaks of a backup.',
    why: 'A lost volume, a bad migration or a mistaken delete is then final.',
    howToFix:
      'Add a scheduled dump or snapshot that is stored elsewhere, write down how to restore it, and try that from time to time. When the platform makes the backups, say so in the README.',
    refs: ['https://www.postgresql.org/docs/current/backup.html', 'https://litestream.io'],
  },
  messages: {
    none: 'Data is kept here ({what}) and nothing in this workspace backs it up; schedule a backup and describe its restore.',
  },
  fix: 'none',
  on: { compose: [compose], yaml: [cluster], go: [embedded], python: [pythonEmbedded] },
  workspace: {
    partition: 'workspace',
    reads: [STORAGE_FACT],
    *judge(facts): Iterable<WorkspaceVerdict> {
      const stores = facts.all(STORAGE_FACT).filter(({ place }) => facts.role(place.path) === 'production');
      const [first] = stores;
      if (first === undefined) return;
      if (facts.all('backup').length > 0) {
        yield { kind: 'pass', subject: first.place };
        return;
      }
      const related = stores.slice(1, 4).map(({ place }) => ({ place, message: 'Data is kept here, too.' }));
      yield { kind: 'fail', subject: first.place, message: 'none', args: { what: first.key }, related };
    },
  },
});
