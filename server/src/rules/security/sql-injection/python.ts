/**
 * Python: statements put together by f-strings, `%`, `+` and `format` that are run. A hole counts where a value stands
 * (in quotes, behind a comparison) or when a request brings it; names of tables and lists of placeholders do not.
 */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { inputIn, inputName } from '../../../knowledge/python/requests.ts';
import { callChain, headerOf } from '../../../languages/python/chains.ts';
import { replaced } from '../../../languages/python/edits.ts';
import { importsModule, type PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { scopesAround } from '../../../languages/python/scope.ts';
import { assignedValue, prefixOf, type TextPiece, textPieces } from '../../../languages/python/strings.ts';
import {
  calledName,
  calledOn,
  enclosingFunction,
  positionalArguments,
  shortText,
  unparenthesized,
} from '../../../languages/python/syntax.ts';

const RUNS =
  /^(?:execute|executemany|executescript|raw|fetch|fetchrow|fetchval|fetch_all|fetch_one|text|read_sql|read_sql_query|exec_driver_sql)$/;
const STATEMENT =
  /^\s*(?:(?:--[^\n]*\n|\/\*[\s\S]*?\*\/)\s*)*(?:SELECT\b[\s\S]*\bFROM\b|INSERT\s+(?:OR\s+\w+\s+)?INTO\b|REPLACE\s+INTO\b|UPDATE\b[\s\S]*\bSET\b|DELETE\s+FROM\b|WITH\b[\s\S]*\bSELECT\b|DROP\s|ALTER\s|TRUNCATE\s|CREATE\s|MERGE\s+INTO\b|CALL\s|EXEC\s)/i;
const HOLE = '\u0000';
/** Names of fragments that a program made itself. */
const FRAGMENT =
  /placeholder|columns?$|cols$|fields?$|clauses?$|where|conditions?$|table|schema|order|sort|direction|sql|quer(?:y|ies)$|joins?$|limit|offset|filter|suffix|prefix|select|group|having|params?$|marks|values_sql|set_|updates?$|index|database|constraint|trigger|view|interval|type$|dialect/i;

/** Whether a hole stands where the statement expects a value. */
function isValuePlace(before: string): boolean {
  return (
    /(?:'[^']*|"%?|=\s*|<\s*|>\s*|<>\s*|\bLIKE\s*|\bVALUES\s*\([^)]*|\bIN\s*\(\s*)$/i.test(
      before.slice(-200).replaceAll("''", ''),
    ) && !/=\s*'[^']*'\s*$/.test(before)
  );
}

/** Whether an odd number of quotes stands before the place. */
function isQuoted(before: string): boolean {
  return (before.match(/'/g) ?? []).length % 2 === 1;
}

function nameOf(node: PythonNode): string {
  if (node.kind === 'identifier') return node.text;
  if (node.kind === 'attribute') return node.child('attribute')?.text ?? '';
  if (node.kind === 'subscript') return nameOf(unparenthesized(node.child('value') ?? node));
  return '';
}

/** Whether a value can be no text of somebody else: a number, a constant, a list of placeholders. */
function isHarmless(value: PythonNode, ctx: ChunkContext): boolean {
  const inner = unparenthesized(value);
  if (/^(?:integer|float|true|false|none|list_comprehension|generator_expression)$/.test(inner.kind)) return true;
  if (inner.kind === 'conditional_expression')
    return (
      inner.namedChildren.every((child) => child.kind !== 'string' || true) &&
      /^["']/.test(inner.namedChildren[0]?.text ?? '')
    );
  if (inner.kind === 'call') {
    const name = calledName(inner);
    if (
      /^(?:int|float|len|max|min|abs|round|bool|sum|quote\w*|escape\w*|identifier|Identifier|Literal|quote_ident|join|uuid4|isoformat|strftime|timestamp|hex|placeholders?|repr)$/.test(
        name,
      )
    )
      return true;
    return name === 'str' && positionalArguments(inner).every((argument) => isHarmless(argument, ctx));
  }
  const name = nameOf(inner);
  if (/^_*[A-Z][A-Z0-9_]*$/.test(name) || FRAGMENT.test(name)) return true;
  if (/^\w*(?:config|settings|cfg|options)\b/i.test(inner.text)) return true;
  if (inner.kind === 'attribute' && /^(?:self|cls)\./.test(inner.text)) return true;
  if (inner.kind === 'binary_operator') return true;
  if (inner.kind !== 'identifier') return false;
  const bindings = scopesAround(ctx, inner).bindingsOf(inner);
  if (bindings.length === 0) return true;
  return bindings.every(({ kind, type, value: given }) => {
    if (type !== null)
      return /^(?:int|float|bool|UUID|uuid\.UUID|datetime|date|Optional\[int\]|int \| None)$/.test(type.text);
    if (kind === 'loop') return true;
    if (kind === 'parameter')
      return /(?:^|_)(?:count|limit|days|hours|n|num|size|seconds|minutes|page|per_page)$/i.test(inner.text);
    return (
      given !== null &&
      !given.contains(inner) &&
      (given.kind === 'integer' || given.kind === 'string' || (given.kind === 'call' && isHarmless(given, ctx)))
    );
  });
}

/**
 * Whether a value is a piece of SQL in the dialect of the database that runs the statement: `db.now`, `db.cast("x")`, where
 * it runs on `db` or `(conn or db)`.
 */
function isDialect(value: PythonNode, runner: PythonNode | null): boolean {
  const inner = unparenthesized(value);
  const owner = inner.kind === 'call' ? calledOn(inner) : inner.kind === 'attribute' ? inner.child('object') : null;
  if (runner === null || owner?.kind !== 'identifier') return false;
  if (inner.kind === 'call' && !positionalArguments(inner).every(({ kind }) => kind === 'string')) return false;
  return [runner, ...runner.descendants('identifier')].some(({ text }) => text === owner.text);
}

/** Whether the function refuses the value when it holds a quote. */
function isUnquoted(value: PythonNode): boolean {
  const inner = unparenthesized(value);
  const name = inner.parent?.kind === 'assignment' ? inner.parent.child('left') : inner;
  if (name?.kind !== 'identifier') return false;
  const around = enclosingFunction(inner)?.text ?? '';
  return [`'"' not in ${name.text}`, `"'" not in ${name.text}`].every((check) => around.includes(check));
}

/** Values that are part of a statement and may come from somebody else. */
function dangerIn(
  pieces: readonly TextPiece[],
  runner: PythonNode | null,
  ctx: ChunkContext,
): { readonly value: PythonNode; readonly source: string | null } | null {
  let before = '';
  for (const piece of pieces) {
    if ('text' in piece) {
      before += piece.text;
      continue;
    }
    const { value } = piece;
    if (isDialect(value, runner) || isUnquoted(value)) {
      before += HOLE;
      continue;
    }
    const source = isConverted(value) ? null : inputIn(value, ctx);
    if (source !== null) return { value, source };
    const quoted = isQuoted(before);
    if ((quoted || isValuePlace(before)) && !isHarmless(value, ctx)) return { value, source: null };
    before += HOLE;
  }
  return null;
}

function isConverted(value: PythonNode): boolean {
  const inner = unparenthesized(value);
  return inner.kind === 'call' && /^(?:int|float|len|join|quote\w*|escape\w*|Identifier)$/.test(calledName(inner));
}

/** `execute(f"... = '{name}'")` as `execute("... = ?", (name,))`, for drivers whose placeholder is known. */
function bindingFix(call: PythonNode, statement: PythonNode, ctx: ChunkContext): readonly Fix[] {
  const header = headerOf(ctx);
  const mark =
    importsModule(header, 'sqlite3') || importsModule(header, 'aiosqlite')
      ? '?'
      : importsModule(header, 'psycopg2') || importsModule(header, 'psycopg') || importsModule(header, 'pymysql')
        ? '%s'
        : null;
  if (mark === null || positionalArguments(call).length !== 1 || calledName(call) !== 'execute') return [];
  if (statement.kind !== 'string' || prefixOf(statement) !== 'f' || !/^f["'](?!["'])/.test(statement.text)) return [];
  const values: string[] = [];
  const holes = statement.descendants('interpolation');
  if (holes.some((hole) => !/^\{[\w.]+\}$/.test(hole.text))) return [];
  let text = statement.text.slice(1);
  for (const hole of holes) {
    values.push(hole.text.slice(1, -1));
    const quoted = `'${hole.text}'`;
    if (text.includes(quoted)) text = text.replace(quoted, mark);
    else if (new RegExp(`[=<>]\\s*\\${hole.text.replaceAll('.', '\\.')}`).test(text))
      text = text.replace(hole.text, mark);
    else return [];
  }
  if (/\{|\}/.test(text) || (mark === '%s' && /%(?!s)/.test(text))) return [];
  const list = values.length === 1 ? `(${values[0]},)` : `(${values.join(', ')})`;
  return [
    {
      title: 'Bind the value with a placeholder',
      safety: 'suggestion',
      preferred: true,
      edits: [replaced(statement, `${text}, ${list}`)],
    },
  ];
}

const statements: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  calls: (name) => RUNS.test(name),
  *check(node, ctx): Iterable<Verdict> {
    const name = calledName(node);
    const [first] = positionalArguments(node);
    if (first === undefined || first.kind === 'list_splat') return;
    if (name === 'text' && !/^sqlalchemy\./.test(callChain(node, ctx))) return;
    if (name === 'raw' && !/\.objects\.|\braw\b/.test(calledOn(node)?.text ?? '')) return;
    const statement = unparenthesized(first);
    if (statement.kind === 'call' && calledName(statement) === 'text') return;
    const pieces = textPieces(statement, ctx);
    const text = pieces.map((piece) => ('text' in piece ? piece.text : HOLE)).join('');
    if (!STATEMENT.test(text)) return;
    if (pieces.every((piece) => 'text' in piece)) {
      yield { kind: 'pass', subject: statement.span };
      return;
    }
    const danger = dangerIn(pieces, calledOn(node), ctx);
    if (danger === null) return;
    const built = statement.kind === 'identifier' ? (assignedValue(statement, ctx) ?? statement) : statement;
    yield {
      kind: 'fail',
      subject: built.span,
      message: danger.source === null ? 'value' : 'input',
      args: {
        value: danger.source === null ? shortText(danger.value) : inputName(danger.value),
        source: danger.source ?? '',
      },
      fixes: bindingFix(node, statement, ctx),
    };
  },
};

export const pythonDetectors: readonly Detector[] = [statements as NodeDetector];
