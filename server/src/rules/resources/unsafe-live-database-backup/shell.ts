/** Shell: scripts that copy or pack the files of a database, and neither stop it nor ask it for a snapshot. */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { TextDetector } from '../../../core/rulekit/rule.ts';

const COPY =
  /^[ \t]*(?:sudo[ \t]+)?(?:cp|rsync|tar|zip|gzip|scp)[ \t][^\r\n]*?(?:[\w.${}/-]+\.(?:db|sqlite3?)\b|\/var\/lib\/(?:postgresql|mysql|mongodb)\b)[^\r\n]*/m;
const CONSISTENT =
  /\.backup\b|VACUUM INTO|pg_dump|pg_basebackup|mysqldump|mongodump|xtrabackup|litestream|systemctl[ \t]+stop|service[ \t]+\S+[ \t]+stop|docker(?:[ -]compose)?[ \t]+(?:\S+[ \t]+)*?(?:stop|pause|down)|lvcreate|zfs[ \t]+snapshot|btrfs[ \t]+subvolume/;

export const scripts: TextDetector = {
  text: true,
  triggers: ['ackup', 'ACKUP'],
  *check(text, ctx): Iterable<Verdict> {
    const plain = text.replace(/^[ \t]*#[^\r\n]*/gm, (line) => ' '.repeat(line.length));
    if (/restore/i.test(ctx.file.path)) return;
    const copy = COPY.exec(plain);
    if (CONSISTENT.test(plain)) {
      const safe = CONSISTENT.exec(plain)!;
      yield { kind: 'pass', subject: { start: safe.index, end: safe.index + safe[0].length } };
      return;
    }
    // What goes to the place of the database is a restore.
    if (copy === null || /ackup\S*\.(?:db|sqlite3?)[^\r\n]*[ \t]\S+$/i.test(copy[0].replace(/[ \t]+\S+$/, ''))) return;
    const start = copy.index + copy[0].search(/\S/);
    yield { kind: 'fail', subject: { start, end: copy.index + copy[0].trimEnd().length }, message: 'file' };
  },
};
