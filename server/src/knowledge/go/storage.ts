/**
 * Where Go programs keep what has to survive: databases in files or servers, and maps of the process that are named like
 * sessions or accounts. States facts; whether one instance is enough is for the rules to say.
 */

import type { Extractor, NodeDetector } from '../../core/rulekit/rule.ts';
import type { GoHeader } from '../../languages/go/header.ts';
import type { GoNode } from '../../languages/go/nodes.gen.ts';
import { enclosingFunction, syntaxChildren } from '../../languages/go/syntax.ts';
import { state } from '../facts.ts';
import { withoutVersion } from './frameworks.ts';
import { importDetector } from './imports.ts';

const FILE_DATABASES =
  /^github\.com\/(?:mattn\/go-sqlite3|glebarez\/(?:sqlite|go-sqlite)|ncruces\/go-sqlite3|boltdb\/bolt|dgraph-io\/badger|syndtr\/goleveldb|cockroachdb\/pebble|tidwall\/buntdb|asdine\/storm|etcd-io\/bbolt|ostafen\/clover|timshannon\/badgerhold)|^modernc\.org\/sqlite|^gorm\.io\/driver\/sqlite|^zombiezen\.com\/go\/sqlite|^crawshaw\.io\/sqlite|^go\.etcd\.io\/bbolt/;
const SERVERS =
  /^github\.com\/(?:lib\/pq|jackc\/pgx|go-sql-driver\/mysql|denisenkom\/go-mssqldb|microsoft\/go-mssqldb|sijms\/go-ora|redis\/go-redis|go-redis\/redis|gomodule\/redigo|gocql\/gocql|neo4j\/|tursodatabase\/|libsql\/|rqlite\/|hashicorp\/raft|lni\/dragonboat|ClickHouse\/|couchbase\/|aws\/aws-sdk-go(?:-v2)?\/service\/dynamodb|bradfitz\/gomemcache|valkey-io\/)|^gorm\.io\/driver\/(?:postgres|mysql|sqlserver|clickhouse)|^go\.mongodb\.org\/mongo|^gopkg\.in\/(?:mgo|redis)|^cloud\.google\.com\/go\/(?:spanner|firestore|datastore)|^go\.etcd\.io\/(?:raft|etcd)|^k8s\.io\/client-go|^github\.com\/jinzhu\/gorm\/dialects\/(?:postgres|mysql|mssql)/;

const drivers = importDetector(function* (imported, subject) {
  const path = withoutVersion(imported);
  if (FILE_DATABASES.test(path)) yield state('database.driver', path, { server: false }, subject);
  else if (SERVERS.test(path)) yield state('database.driver', path, { server: true }, subject);
});

const SHARED =
  /^(?:active|user|auth|login|global|all)?(?:sessions?|tokens?|refreshtokens?|carts?|otps?|revoked\w*|blacklist\w*|loginattempts?)(?:store|map|db|by\w+)?$/i;
/** Types that requests reach directly; a map in any other type may be a view of what a store holds. */
const OWNER = /(?:server|handlers?|app|api|controller|service|sessionmanager|sessionstore|authmanager)$/i;
const TEMPORARY = /cache|mock|fake|stub|test|mem(?:ory)?|dummy|example|sample/i;

/** `var sessions = map[string]*Session{}` */
const maps: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['var_spec', 'field_declaration'],
  triggers: ['map[', 'sync.Map'],
  *check(node, ctx) {
    const name = node.child('name')?.text ?? '';
    if (!SHARED.test(name) || TEMPORARY.test(ctx.file.path)) return;
    const isMap =
      /^(?:map\[|sync\.Map\b)/.test(node.child('type')?.text ?? '') ||
      /^(?:make\(map\[|map\[)/.test(node.child('value')?.text ?? '');
    if (!isMap || (node.kind === 'var_spec' && enclosingFunction(node) !== null)) return;
    const owner = node.kind === 'field_declaration' ? (node.ancestor('type_spec')?.child('name')?.text ?? '') : '';
    if (TEMPORARY.test(owner) || (node.kind === 'field_declaration' && !OWNER.test(owner))) return;
    yield state('memory.state', name, { owner }, node.child('name') ?? node);
  },
};

/** `sessions[id] = session`, `s.sessions.Store(id, session)` */
const writes: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['index_expression'],
  when: (node) => node.parent?.kind === 'expression_list' && node.parent.field === 'left',
  *check(node) {
    const operand = node.child('operand');
    const name =
      operand === null
        ? ''
        : operand.kind === 'selector_expression'
          ? (operand.child('field')?.text ?? '')
          : operand.text;
    if (SHARED.test(name) && syntaxChildren(node).length > 1) yield state('memory.write', name, null, node);
  },
};

export const extractors: readonly Extractor[] = [
  { id: 'database.drivers', language: 'go', detector: drivers },
  { id: 'memory.state', language: 'go', detector: maps as NodeDetector },
  { id: 'memory.writes', language: 'go', detector: writes as NodeDetector },
];
