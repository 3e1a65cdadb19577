/** Backups that copy the files of a database while it may be writing to them. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { goDetectors } from './go.ts';
import { pythonDetectors } from './python.ts';
import { scripts } from './shell.ts';

export const rule = defineRule({
  id: 'unsafe-live-database-backup',
  title: 'Live database copied as a file',
  category: 'resources',
  severity: 'high',
  confidence: 'heuristic',
  stage: 'preview',
  docs: {
    what: 'A backup reads or copies the files of a database that may be open, and neither stops the database nor asks it for a snapshot.',
    why: 'The copy holds pages from before and after a write, and lacks what still stands in the log. It looks fine until the day on which it is restored.',
    howToFix:
      'Use what the database offers: `VACUUM INTO` or `.backup` of SQLite, `pg_dump` of PostgreSQL; or close the database first.',
    howToFixIn: {
      go: '`DB.Backup` of badger and `Tx.WriteTo` of bbolt do so, too.',
      python: '`Connection.backup` of sqlite3 does so, too.',
    },
    refs: ['https://www.sqlite.org/howtocorrupt.html', 'https://www.sqlite.org/backup.html'],
  },
  messages: {
    file: 'This copies a database that may be open, so that the copy may be torn; use its snapshot facility instead.',
  },
  fix: 'none',
  on: { go: goDetectors, python: pythonDetectors, shell: [scripts] },
});
