/**
 * SQL statements of Go programs that are put together of values: `fmt.Sprintf`, `+`, builders. A value fails where the
 * statement expects a value (a quoted text, behind a comparison), or anywhere when a request brings it; names of tables
 * and columns that the program itself chooses do not. Query builders are not looked into.
 */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { NodeDetector } from '../../../core/rulekit/rule.ts';
import { INPUT_NAMES } from '../../../knowledge/go/inputs.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { type GoOrigins, type Leaf, originsAround, type Piece } from '../../../languages/go/origin.ts';
import { type GoScope, scopeAround } from '../../../languages/go/scope.ts';
import { callArguments, calledName, shortText, unparenthesized } from '../../../languages/go/syntax.ts';
import { typesAround } from '../../../languages/go/types.ts';

/** Methods that run or prepare a statement, of database/sql, sqlx, pgx, gorm, xorm and bun. */
const STATEMENTS =
  /^(?:Must)?(?:Exec|Query|QueryRow|Prepare|Queryx|QueryRowx|Preparex|NamedExec|NamedQuery|PrepareNamed|Raw|NewRaw|SQL|Sql|Get|Select)(?:Context)?$/;
/** Methods that take a part of a statement. */
const CONDITIONS = /^(?:Where|Or|And|Not|Having|Order|OrderBy|Group|GroupBy|Joins)$/;

const STATEMENT =
  /^[\s(]*(?:SELECT\s|INSERT\s+(?:INTO|IGNORE|OR)\b|UPDATE\s[\s\S]*\sSET\b|DELETE\s+FROM\b|REPLACE\s+INTO\b|WITH\s[\s\S]*\bAS\b|MERGE\s+INTO\b|TRUNCATE\s|ALTER\s+(?:TABLE|DATABASE|USER|ROLE)\b|DROP\s+(?:TABLE|DATABASE|INDEX|USER|ROLE|SCHEMA|VIEW)\b|CREATE\s+(?:TABLE|DATABASE|INDEX|UNIQUE|USER|ROLE|SCHEMA|VIEW|OR)\b|GRANT\s|CALL\s|EXEC\s)/i;

/** Stands for a value in the text of a statement. */
const HOLE = '\u0000';

/** Names that are given to parts of statements rather than to values. */
const CLAUSE_NAME =
  /placeholder|marks?$|binds?$|params?$|args?$|columns?|cols?$|fields?$|cond(?:ition)?s?$|where|clause|filter|quer(?:y|ies)|sql|stmt|statement|expr|order|sort|limit|offset|table|schema|suffix|prefix|join|select|set$|dialect|quoted|escaped|sanitized|values$|ids$|list$/i;
const CLAUSE_CALL =
  /quote|escape|sanit|placeholder|bind|param|ident|column|table|rebind|dialect|where|clause|sql|join|^len$/i;

type Context = 'quoted' | 'value' | 'name';

/** What the statement expects where a value stands, by the text before. */
function contextAt(before: string): Context {
  const quotes = before.replace(/''/g, '').split("'").length - 1;
  if (quotes % 2 === 1) return 'quoted';
  return /(?:[=<>]|\b(?:LIKE|ILIKE|BETWEEN|AND\s+NOT|VALUES\s*\())\s*\(?\s*["%]*$/i.test(before) ? 'value' : 'name';
}

interface Danger {
  readonly piece: Piece;
  readonly leaf: Leaf;
  readonly context: Context;
}

function lastName(node: GoNode): string {
  const inner = unparenthesized(node);
  if (inner.kind === 'selector_expression') return inner.child('field')?.text ?? '';
  return inner.kind === 'call_expression' ? calledName(inner) : inner.text;
}

/** Whether a value that nobody checked may be text of anybody, as far as the declaration tells. */
function isDoubtful(leaf: Leaf, piece: Piece, context: Context): boolean {
  if (leaf.via.includes('%q') || CLAUSE_CALL.test(leaf.via.filter((via) => /escape/i.test(via)).join())) return false;
  const name = lastName(leaf.node);
  switch (leaf.nature) {
    case 'parameter':
    case 'field':
      return context === 'quoted' || !(CLAUSE_NAME.test(name) || CLAUSE_NAME.test(lastName(piece.node)));
    case 'call':
      return context === 'quoted' && !CLAUSE_CALL.test(leaf.node.child('function')?.text ?? '');
    default:
      return false;
  }
}

function dangerIn(
  pieces: readonly Piece[],
  origins: GoOrigins,
  types: NonNullable<ReturnType<typeof typesAround>>,
): Danger | null {
  let before = '';
  let doubtful: Danger | null = null;
  for (const piece of pieces) {
    if (piece.text !== null) {
      before += piece.text;
      continue;
    }
    const context = contextAt(before);
    before += HOLE;
    if (/[dbcoxXUeEfFgGtTp]$/.test(piece.verb)) continue;
    const input = origins.inputIn(piece.node, (via) => via === 'conversion');
    if (input !== null) return { piece, leaf: input, context };
    if (doubtful !== null || context === 'name') continue;
    const type = types.typeOf(piece.node);
    // Without quotes only a text can be more than one value.
    if (context === 'value' && type !== 'string' && !isConcatenated(piece)) continue;
    if (type !== null && !/^(?:string|\[\]byte|any)$/.test(type)) continue;
    const leaf = origins.leavesOf(piece.node).find((item) => isDoubtful(item, piece, context));
    if (leaf !== undefined && !origins.isTested(leaf, piece.node)) doubtful = { piece, leaf, context };
  }
  return doubtful;
}

/** Whether `+` proves that the value is a text. */
function isConcatenated(piece: Piece): boolean {
  let outer = piece.node;
  while (outer.parent?.kind === 'parenthesized_expression') outer = outer.parent;
  return outer.parent?.kind === 'binary_expression' && outer.parent.child('operator')?.text === '+';
}

/** The expression that puts the text together: the largest one around a value within one statement. */
function buildingExpression(value: GoNode): GoNode {
  let built = value;
  for (let outer = value.parent; outer !== null; outer = outer.parent) {
    if (outer.kind === 'binary_expression' || outer.kind === 'parenthesized_expression') built = outer;
    else if (outer.kind === 'call_expression') {
      if (/printf$/i.test(calledName(outer))) return outer;
      if (!/^(?:TrimSpace|ToLower|ToUpper)$/.test(calledName(outer))) break;
    } else if (outer.kind !== 'argument_list') break;
  }
  return built;
}

const statements: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: [
    'Exec',
    'Query',
    'Prepare',
    'Raw',
    'Get',
    'Select',
    'Where',
    'Order',
    'Having',
    'Joins',
    'SQL',
    'Sql',
    'Or(',
    'And(',
    'Group',
  ],
  calls: (name) => STATEMENTS.test(name) || CONDITIONS.test(name),
  *check(node, ctx): Iterable<Verdict> {
    const callee = node.child('function');
    if (callee?.kind !== 'selector_expression') return;
    const name = callee.child('field')?.text ?? '';
    const values = callArguments(node);
    const isCondition = CONDITIONS.test(name);
    // The statement comes first, behind a context, or behind a context and a destination.
    for (const value of isCondition ? values.slice(0, 1) : values.slice(0, 3)) {
      const kind = unparenthesized(value).kind;
      if (
        kind !== 'identifier' &&
        kind !== 'binary_expression' &&
        kind !== 'call_expression' &&
        !kind.endsWith('string_literal')
      )
        continue;
      if (kind.endsWith('string_literal')) {
        if (isCondition || !STATEMENT.test(value.text.slice(1))) continue;
        yield { kind: 'pass', subject: value.span };
        return;
      }
      const origins = originsAround(ctx, node);
      const types = typesAround(ctx, node);
      if (origins === null || types === null) return;
      if (types.typeOf(value) === 'context.Context') continue;
      const pieces = origins.piecesOf(value);
      const text = pieces.map((piece) => piece.text ?? HOLE).join('');
      if (isCondition ? !isConditionText(text) : !STATEMENT.test(text)) continue;
      const danger = dangerIn(pieces, origins, types);
      if (danger === null) {
        if (!text.includes(HOLE)) yield { kind: 'pass', subject: value.span };
        return;
      }
      // A part of a statement is only known to be one by what stands in it.
      if (isCondition && danger.leaf.nature !== 'input' && danger.context === 'name') return;
      if (wasExecutedBefore(value, scopeAround(ctx, node))) return;
      const subject = buildingExpression(danger.piece.node);
      const isInput = danger.leaf.nature === 'input';
      yield {
        kind: 'fail',
        subject: subject.span,
        message: isInput ? 'input' : 'value',
        args: {
          value: shortText(danger.piece.node),
          ...(isInput ? { source: INPUT_NAMES[danger.leaf.input!] } : {}),
        },
        related:
          subject.contains(node) || node.contains(subject) ? [] : [{ span: node.span, message: 'executed here' }],
        fixes: bindingFix(value, pieces, text, ctx.file.header),
      };
      return;
    }
  },
};

/** Whether a text that a variable holds has been executed by a call before: one finding is enough. */
function wasExecutedBefore(value: GoNode, scope: GoScope | null): boolean {
  const inner = unparenthesized(value);
  const binding = inner.kind === 'identifier' ? (scope?.bindingOf(inner) ?? null) : null;
  return (
    binding?.uses.some((use) => {
      const call = use.start < value.start && use.parent?.kind === 'argument_list' ? use.parent.parent : null;
      return call?.kind === 'call_expression' && STATEMENTS.test(calledName(call));
    }) === true
  );
}

/** `name = 'x'`, `age > 3`, `name DESC` */
function isConditionText(text: string): boolean {
  return (
    /[\w)\u0060"\]]\s*(?:=|<>|!=|[<>]=?|\bLIKE\b|\bILIKE\b|\bIN\b\s*\(|\bBETWEEN\b)/i.test(text) ||
    /\s(?:ASC|DESC)\s*$/i.test(text) ||
    /^\s*(?:ORDER|GROUP) BY\b/i.test(text)
  );
}

/** Binds the values when the text is put together in the call itself and every value stands where one may be bound. */
function bindingFix(value: GoNode, pieces: readonly Piece[], text: string, header: GoHeader): readonly Fix[] {
  const argument = unparenthesized(value);
  if (argument.kind === 'identifier' || pieces.some((piece) => !argument.contains(piece.node))) return [];
  if (value.nextSibling?.kind === ',' || /["\\\n\r]/.test(text)) return [];
  const isPostgres = /\$\d/.test(text) || header.imports.some(({ path }) => /\/pgx\b|\/lib\/pq$/.test(path));
  if (/\$\d|\?/.test(text)) return [];
  let statement = '';
  const bound: string[] = [];
  let closesQuote = false;
  for (const piece of pieces) {
    if (piece.text !== null) {
      let part = piece.text;
      if (closesQuote) {
        if (!part.startsWith("'")) return [];
        part = part.slice(1);
        closesQuote = false;
      }
      statement += part;
      continue;
    }
    if (closesQuote) return [];
    if (contextAt(statement) === 'quoted') {
      if (!/[=<>(,\s]'$/.test(statement)) return [];
      statement = statement.slice(0, -1);
      closesQuote = true;
    } else if (contextAt(statement) !== 'value') return [];
    bound.push(piece.node.text);
    statement += isPostgres ? `$${bound.length}` : '?';
  }
  if (closesQuote || bound.length === 0) return [];
  return [
    {
      title: bound.length === 1 ? 'Bind the value with a placeholder' : 'Bind the values with placeholders',
      safety: 'suggestion',
      preferred: true,
      edits: [
        { kind: 'replace', span: value.span, newText: `"${statement}", ${bound.join(', ')}` },
        { kind: 'import', remove: ['fmt'] },
      ],
    },
  ];
}

export const go: readonly NodeDetector[] = [statements as NodeDetector];
