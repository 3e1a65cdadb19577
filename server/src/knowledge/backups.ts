/** What in a workspace saves data or says how that is done: scripts, schedules, code and documents, by their words. */
import { LANGUAGE_IDS } from '../core/model/file.ts';
import type { Extractor, NodeDetector, TextDetector } from '../core/rulekit/rule.ts';
import type { GoNode } from '../languages/go/nodes.gen.ts';
import { functionName } from '../languages/go/syntax.ts';
import { state } from './facts.ts';

const WORDS =
  /\b(?:back(?:s|ed|ing)?[- _]?ups?|pg_dump(?:all)?|pg_basebackup|mysqldump|mongodump|litestream|velero|restic|pgbackrest|wal-g|barman|xtrabackup|snapshots?|disaster recovery)\b/i;

/** Scripts, manifests and documents; code in Go speaks by the names of its functions. */
const words: TextDetector = {
  text: true,
  triggers: [
    'ackup',
    'ack up',
    'ack-up',
    'acked up',
    'ACKUP',
    'dump',
    'litestream',
    'velero',
    'restic',
    'wal-g',
    'napshot',
  ],
  *check(text) {
    const match = WORDS.exec(text);
    if (match !== null) yield state('backup', match[0].toLowerCase(), null, { start: 0, end: 0 });
  },
};

const functions: NodeDetector<unknown, GoNode> = {
  kinds: ['function_declaration', 'method_declaration'],
  triggers: ['ackup', 'napshot', 'estore', 'Dump'],
  *check(node) {
    const name = functionName(node);
    if (/[bB]ackup|[sS]napshot|[rR]estore|Dump/.test(name))
      yield state('backup', name, null, node.child('name') ?? node);
  },
};

export const extractors: readonly Extractor[] = [
  ...LANGUAGE_IDS.filter((language) => language !== 'go').map((language) => ({
    id: `backup.words.${language}`,
    language,
    detector: words,
  })),
  { id: 'backup.functions', language: 'go', detector: functions as NodeDetector },
];
