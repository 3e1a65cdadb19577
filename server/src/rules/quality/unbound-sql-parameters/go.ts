/**
 * Placeholders of constant SQL in Go that get too few or too many values: calls of database/sql and what looks like it,
 * where the statement is one literal and every value stands in the call. Named parameters, lists that a library
 * expands, JSON operators and question marks in quotes or comments are not counted.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { NodeDetector } from '../../../core/rulekit/rule.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { originsAround } from '../../../languages/go/origin.ts';
import { callArguments, unparenthesized } from '../../../languages/go/syntax.ts';
import { type GoTypes, typesAround } from '../../../languages/go/types.ts';

const CALLS = /^(?:Exec|Query|QueryRow|MustExec|Queryx|QueryRowx)(?:Context)?$/;
const STATEMENT = /^[\s(]*(?:SELECT|INSERT|UPDATE|DELETE|REPLACE|WITH)\s/i;

/** The statement without quoted texts and comments. */
function bareStatement(text: string): string {
  return text.replace(/'(?:[^']|'')*'|"[^"]*"|`[^`]*`|--[^\n]*|\/\*[\s\S]*?\*\//g, ' ');
}

/** How many values a statement needs; null when it cannot be told. */
export function placeholderCount(text: string): number | null {
  const bare = bareStatement(text);
  // An apostrophe without a partner: nothing is certain.
  if (/['`]/.test(bare) || /[?@:]\w*\s*\(\s*[?]\s*\)\s*IN/i.test(bare)) return null;
  // ClickHouse: `{name:String}`.
  if (/\{\s*\w+\s*:\s*[A-Z]/.test(bare)) return null;
  const numbered = [...bare.matchAll(/\$(\d+)/g)].map((match) => Number(match[1]));
  // The operators of PostgreSQL: `?|`, `?&`, `@?`, and `?` between a column and a text.
  if (/\?[|&?]|@\?/.test(bare)) return null;
  const marks = bare.split('?').length - 1;
  if (numbered.length > 0) return marks > 0 ? null : Math.max(...numbered);
  if (/\?\d/.test(bare) || /(?:^|[\s(=,])[:@]\w+/.test(bare)) return null;
  return marks;
}

interface Execution {
  readonly statement: GoNode;
  readonly values: readonly GoNode[];
}

function executionOf(call: GoNode, types: GoTypes): Execution | null {
  const values = callArguments(call);
  const isLiteral = (node: GoNode | undefined): boolean =>
    node !== undefined && unparenthesized(node).kind !== 'func_literal';
  const first = values[0];
  const isContext =
    first !== undefined &&
    (types.typeOf(first) === 'context.Context' ||
      /^(?:ctx|context|c|r\.Context\(\)|.*[cC]tx|.*\.Context\(\))$/.test(first.text));
  const at = isContext ? 1 : 0;
  const statement = values[at];
  return statement === undefined || !isLiteral(statement) ? null : { statement, values: values.slice(at + 1) };
}

const executions: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['Exec', 'Query'],
  calls: (name) => CALLS.test(name),
  *check(node, ctx): Iterable<Verdict> {
    const types = typesAround(ctx, node);
    if (types === null || types.calleeOf(node).kind !== 'method') return;
    const execution = executionOf(node, types);
    if (execution === null) return;
    const { statement, values } = execution;
    // A list that is spread has any length, and a map or struct names its values.
    if (values.some((value) => value.kind === 'variadic_argument' || value.kind === 'composite_literal')) return;
    if (values.some((value) => /^\w+\.(?:Date)?Named\(|NamedArgs|Simple|^pgx\./.test(value.text))) return;
    if (values.length === 1 && /^(?:args?|params?|values|vals|bind(?:s|ings)?)$/i.test(values[0]!.text)) return;
    const pieces = originsAround(ctx, node)?.piecesOf(statement) ?? [];
    if (pieces.length === 0 || pieces.some((piece) => piece.text === null)) return;
    const text = pieces.map((piece) => piece.text).join('');
    if (!STATEMENT.test(text)) return;
    // A variable that is set in several places was put together of them.
    if (pieces.length > 1 && unparenthesized(statement).kind === 'identifier') return;
    const needed = placeholderCount(text);
    if (needed === null) return;
    if (needed === values.length) {
      if (needed > 0) yield { kind: 'pass', subject: node.span };
      return;
    }
    yield {
      kind: 'fail',
      subject: node.span,
      message: needed > values.length ? 'missing' : 'surplus',
      args: { needed: String(needed), given: String(values.length) },
    };
  },
};

export const go: readonly NodeDetector[] = [executions as NodeDetector];
