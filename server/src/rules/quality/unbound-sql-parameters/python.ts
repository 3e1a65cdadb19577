/**
 * Python: statements of drivers with a constant text and a tuple or list of values that are written out, whose numbers
 * differ. `?` counts for sqlite3 and the like, `%s` for PostgreSQL and MySQL.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { callChain } from '../../../languages/python/chains.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { constantText } from '../../../languages/python/strings.ts';
import { positionalArguments, syntaxChildren, unparenthesized } from '../../../languages/python/syntax.ts';

const QUESTION = /^(?:sqlite3|aiosqlite|pyodbc|duckdb)\.connect\(\)(?:\.cursor\(\))?\.execute$/;
const PERCENT = /^(?:psycopg2?|pymysql|MySQLdb|mysql\.connector)\.connect\(\)(?:\.cursor\(\))?\.execute$/;

/** Placeholders outside of quoted text and comments. */
function placeholdersIn(sql: string, isPercent: boolean): number | null {
  const plain = sql.replace(/--[^\n]*|\/\*[\s\S]*?\*\//g, ' ').replace(/'(?:[^']|'')*'/g, isPercent ? '$&' : "''");
  if (isPercent) {
    if (/%\(/.test(plain)) return null;
    return (plain.replaceAll('%%', '').match(/%[sb]/g) ?? []).length;
  }
  // Named and numbered ones are bound in other ways.
  if (/\?\d|[:@$][A-Za-z_]\w*/.test(plain.replace(/::\w+/g, ''))) return null;
  return (plain.replace(/"(?:[^"]|"")*"/g, '""').match(/\?/g) ?? []).length;
}

const calls: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  calls: (name) => name === 'execute',
  *check(node, ctx): Iterable<Verdict> {
    const [statement, values] = positionalArguments(node);
    if (statement === undefined || values === undefined) return;
    const list = unparenthesized(values);
    const chain = callChain(node, ctx);
    const isPercent = PERCENT.test(chain);
    if ((!isPercent && !QUESTION.test(chain)) || (list.kind !== 'tuple' && list.kind !== 'list')) return;
    const given = syntaxChildren(list);
    const text = constantText(statement, ctx);
    if (text === null || given.some(({ kind }) => kind === 'list_splat')) return;
    const needed = placeholdersIn(text, isPercent);
    if (needed === null) return;
    if (needed === given.length) yield { kind: 'pass', subject: node.span };
    else {
      const message = needed > given.length ? 'missing' : 'surplus';
      yield { kind: 'fail', subject: list.span, message, args: { needed: `${needed}`, given: `${given.length}` } };
    }
  },
};

export const pythonDetectors: readonly Detector[] = [calls as NodeDetector];
