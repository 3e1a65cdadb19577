/** Shell: scripts that copy or pack the files of a database, and neither stop it nor ask it for a snapshot. */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { TextDetector } from '../../../core/rulekit/rule.ts';

const COPY =
  /^[ \t]*(?:sudo[ \t]+)?(?:cp|rsync|tar|zip|gzip|scp)[ \t][^\r\n]*?(?:[\w.${}/-]+\.(?:db|sqlite3?)\b|\/var\/lib\/(?:postgresql|mysql|mongodb)\b)[^\r\n]*/m;
/** What asks the database for a copy. A file that is called `key.backup` is none. */
const SNAPSHOT =
  /\bsqlite3\b[^\r\n]*?[ \t"']\.(?:backup|dump)\b|^[ \t]*\.backup[ \t]|VACUUM INTO|\b(?:pg_dump(?:all)?|pg_basebackup|mysqldump|mariadb-dump|mongodump|xtrabackup|litestream)\b/m;
/** What keeps it from writing meanwhile. */
const STOPPED =
  /systemctl[ \t]+stop|service[ \t]+\S+[ \t]+stop|docker(?:[ -]compose)?[ \t]+(?:\S+[ \t]+)*?(?:stop|pause|down)|lvcreate|zfs[ \t]+snapshot|btrfs[ \t]+subvolume/;

export const scripts: TextDetector = {
  text: true,
  triggers: ['ackup', 'ACKUP'],
  *check(text, ctx): Iterable<Verdict> {
    const plain = text.replace(/^[ \t]*#[^\r\n]*/gm, (line) => ' '.repeat(line.length));
    if (/restore/i.test(ctx.file.path)) return;
    const copy = COPY.exec(plain);
    const safe = SNAPSHOT.exec(plain) ?? (copy === null ? null : STOPPED.exec(plain));
    if (safe !== null) {
      const start = safe.index + safe[0].search(/\S/);
      yield { kind: 'pass', subject: { start, end: safe.index + safe[0].trimEnd().length } };
      return;
    }
    // What goes to the place of the database is a restore.
    if (copy === null || /ackup\S*\.(?:db|sqlite3?)[^\r\n]*[ \t]\S+$/i.test(copy[0].replace(/[ \t]+\S+$/, ''))) return;
    const start = copy.index + copy[0].search(/\S/);
    yield { kind: 'fail', subject: { start, end: copy.index + copy[0].trimEnd().length }, message: 'file' };
  },
};
