/** What SQL statements look up: one table, comparisons with parameters. */
import { expect, test } from 'vitest';
import { lookups } from '../../server/src/formats/sql.ts';

test.each([
  ['SELECT a FROM t WHERE a = ?', 't', ['a']],
  ['select * from "T" where t.a = $1 and b > $2 order by b limit 1', 't', ['a']],
  ['SELECT a FROM public.t WHERE a = %s AND b = %(b)s AND c = 1', 't', ['a', 'b']],
  ['UPDATE t SET x = ?, y = ? WHERE a = :a AND b = @b', 't', ['a', 'b']],
  ['DELETE FROM t WHERE a = ?2;', 't', ['a']],
  ['INSERT OR IGNORE INTO t (a, b) VALUES (?, ?)', 't', ['a', 'b']],
  ['INSERT INTO t (a, b) VALUES ($1, $2) ON CONFLICT (a) DO NOTHING', 't', ['a']],
])('%s', (text, table, columns) => {
  expect(lookups(text).map((lookup) => [lookup.table, lookup.columns])).toEqual([[table, columns]]);
});

test.each([
  'SELECT a FROM t, u WHERE a = ?',
  'SELECT a FROM t JOIN u ON t.id = u.id WHERE a = ?',
  'SELECT a FROM t WHERE a = ? OR b = ?',
  'SELECT a FROM t WHERE lower(a) = ?',
  'SELECT a FROM t WHERE a IN (?, ?)',
  'SELECT a FROM t WHERE a = b',
  'SELECT a FROM (SELECT 1) WHERE a = ?',
  'INSERT INTO t (a) VALUES (?)',
  'INSERT INTO t (a) VALUES (?) ON CONFLICT DO NOTHING',
  'INSERT INTO t (a) VALUES (?) ON CONFLICT (lower(a)) DO NOTHING',
  'WHERE a = ?',
  '',
  "'",
  'SELECT',
  'SELECT a FROM WHERE',
])('nothing is known of: %s', (text) => {
  expect(lookups(text)).toEqual([]);
});
