/**
 * What fixes need to put a check in front of an expression: a place where it may stand, a name that is free there, and
 * the statements by which the function says no. A function that has no way to say no gets no check: leaving it in
 * silence would only hide what is wrong. It only writes text, and judges nothing.
 */
import type { FixEdit } from '../../core/model/verdict.ts';
import type { ChunkContext } from '../../core/rulekit/rule.ts';
import { EMPTY_GO_HEADER, type GoHeader, localNameOf } from './header.ts';
import type { GoNode } from './nodes.gen.ts';
import { type GoBinding, type GoScope, goScope, isPredeclared } from './scope.ts';
import {
  assignedExpressions,
  enclosingFunction,
  functionName,
  indentationOf,
  isAssigned,
  isBlank,
  isFunction,
  lineBreakOf,
  lineStartAt,
  operatorOf,
  parametersOf,
  resultsOf,
  statementOf,
  topLevelOf,
} from './syntax.ts';
import { goTypes } from './types.ts';

/** Text of the zero value of a type; null when it depends on a declaration elsewhere. */
export function zeroText(type: string | null): string | null {
  if (type === null) return null;
  if (/^[*[]|^map\[|^func\(|^(?:<-)?chan|^(?:any|error|interface\{.*)$/.test(type))
    return /^\[[^\]]/.test(type) ? null : 'nil';
  if (type === 'string') return '""';
  if (type === 'bool') return 'false';
  return /^(?:u?int(?:8|16|32|64)?|byte|rune|float(?:32|64)|uintptr)$/.test(type) || type === 'time.Duration'
    ? '0'
    : null;
}

/** Statements that leave a function, and the packages that they need. */
export interface Refusal {
  readonly lines: readonly string[];
  readonly imports: readonly string[];
}

/** Why a function refuses to go on: a sentence of plain words, or an error variable that is at hand. */
export type Reason = { readonly text: string; readonly isRequest?: boolean } | { readonly error: string };

/** Packages named `errors` whose `New` takes a text. */
const ERROR_PACKAGES: ReadonlySet<string> = new Set([
  'errors',
  'github.com/pkg/errors',
  'github.com/cockroachdb/errors',
  'golang.org/x/xerrors',
]);

/** An expression that makes an error of a text; null when the names that it takes mean something else. */
function newError(text: string, header: GoHeader, scope: GoScope): { text: string; imports: string[] } | null {
  const isTaken = (name: string): boolean => scope.bindings.some((binding) => binding.name === name);
  const own = header.imports.find((item) => ERROR_PACKAGES.has(item.path) && item.name !== '_' && item.name !== '.');
  if (own !== undefined) return isTaken(own.name) ? null : { text: `${own.name}.New(${text})`, imports: [] };
  if (!header.imports.some((item) => item.name === 'errors') && !isTaken('errors'))
    return { text: `errors.New(${text})`, imports: ['errors'] };
  const fmt = localNameOf(header, 'fmt');
  return fmt === null || isTaken(fmt) ? null : { text: `${fmt}.Errorf(${text.replaceAll('%', '%%')})`, imports: [] };
}

/**
 * How the function around a node says no: it returns an error, or false next to its values; answers a request with an
 * error; ends the program in main. Null when it can do nothing of that.
 */
export function refusalAt(ctx: ChunkContext, node: GoNode, reason: Reason): Refusal | null {
  const owner = enclosingFunction(node);
  const declaration = topLevelOf(node);
  if (owner === null || declaration === null) return null;
  const header = (ctx.file.header as GoHeader | null) ?? EMPTY_GO_HEADER;
  const scope = ctx.get(goScope, declaration);
  const types = ctx.get(goTypes, declaration);
  const results = resultsOf(owner).map((result) => types.typeText(result.type));
  const last = results.at(-1);
  const zeros = results.slice(0, -1).map(zeroText);
  const first = zeros.map((zero) => `${zero}, `).join('');
  const quoted = 'text' in reason ? JSON.stringify(reason.text) : '';
  const http = localNameOf(header, 'net/http') ?? 'http';
  const status = 'isRequest' in reason && reason.isRequest === true ? 'StatusBadRequest' : 'StatusInternalServerError';
  const parameters = parametersOf(owner).filter(({ name }) => name !== '' && name !== '_');
  if (last === 'error') {
    if (zeros.includes(null)) return null;
    if ('error' in reason) return { lines: [`return ${first}${reason.error}`], imports: [] };
    const error = newError(quoted, header, scope);
    return error === null ? null : { lines: [`return ${first}${error.text}`], imports: error.imports };
  }
  if (last === 'bool' && results.length > 1) {
    return zeros.includes(null) ? null : { lines: [`return ${first}false`], imports: [] };
  }
  if (results.length > 0) return null;
  const answer = 'error' in reason ? JSON.stringify('internal error') : quoted;
  for (const { name, type } of parameters) {
    const text = types.typeText(type);
    if (text === 'net/http.ResponseWriter') {
      return { lines: [`${http}.Error(${name}, ${answer}, ${http}.${status})`, 'return'], imports: [] };
    }
    if (text === '*github.com/gin-gonic/gin.Context') {
      const gin = localNameOf(header, 'github.com/gin-gonic/gin') ?? 'gin';
      const body = `${gin}.H{"error": ${answer}}`;
      return { lines: [`${name}.AbortWithStatusJSON(${http}.${status}, ${body})`, 'return'], imports: ['net/http'] };
    }
  }
  if (owner.kind === 'function_declaration' && functionName(owner) === 'main' && header.packageName === 'main') {
    const isOther = header.imports.some((item) => item.name === 'log' && item.path !== 'log');
    if (isOther || scope.bindings.some((binding) => binding.name === 'log')) return null;
    const log = localNameOf(header, 'log') ?? 'log';
    return { lines: [`${log}.Fatal(${'error' in reason ? reason.error : quoted})`], imports: ['log'] };
  }
  return null;
}

/** Ancestors under which an expression is evaluated not at all, more than once, or later. */
const CONDITIONAL: ReadonlySet<string> = new Set([
  'for_statement',
  'for_clause',
  'range_clause',
  'select_statement',
  'communication_case',
  'expression_case',
  'type_case',
  'labeled_statement',
  'block',
]);

/**
 * The statement in front of which an expression can be evaluated as well, because it always evaluates it, once, and
 * declares nothing before; null when there is none on a line of its own.
 */
export function checkPlace(expression: GoNode): GoNode | null {
  const statement = statementOf(expression);
  if (statement === null) return null;
  const { text } = statement.tree;
  if (text.slice(lineStartAt(text, statement.start), statement.start).trim() !== '') return null;
  for (let inner = expression; inner.index !== statement.index; inner = inner.parent!) {
    const parent = inner.parent;
    if (parent === null || CONDITIONAL.has(parent.kind)) return null;
    if (parent.kind === 'binary_expression' && /^(?:&&|\|\|)$/.test(operatorOf(parent)) && inner.field === 'right')
      return null;
    if (parent.kind.endsWith('_statement') && parent.child('initializer') !== null && inner.field !== 'initializer')
      return null;
    // `else if`: the first condition decides whether this one is asked.
    if (parent.kind === 'if_statement' && parent.index !== statement.index) return null;
  }
  return CONDITIONAL.has(statement.kind) ? null : statement;
}

/** Inserts lines in front of a statement that begins its line; indentation is relative to it. */
export function linesBefore(statement: GoNode, lines: readonly string[]): FixEdit {
  const indent = indentationOf(statement);
  const line = lineBreakOf(statement);
  const newText = lines.map((text) => `${text}${line}${indent}`).join('');
  return { kind: 'replace', span: { start: statement.start, end: statement.start }, newText };
}

/** Inserts lines behind a statement and its trailing comment; null when other code follows on its last line. */
export function linesAfter(statement: GoNode, lines: readonly string[]): FixEdit | null {
  const rest = /^[^\r\n]*/.exec(statement.tree.text.slice(statement.end))![0];
  if (!/^[ \t]*(?:\/\/.*)?$/.test(rest)) return null;
  const at = statement.end + rest.length;
  const indent = indentationOf(statement);
  const line = lineBreakOf(statement);
  const newText = lines.map((text) => `${line}${indent}${text}`).join('');
  return { kind: 'replace', span: { start: at, end: at }, newText };
}

/** `if condition {`, the refusal and `}`. */
export function guardLines(condition: string, refusal: Refusal): readonly string[] {
  return [`if ${condition} {`, ...refusal.lines.map((text) => `\t${text}`), '}'];
}

/** Whether declaring a name in front of a statement could change what another use of the name means, or not compile. */
function conflicts(binding: GoBinding, statement: GoNode, block: GoNode): boolean {
  const { node, kind } = binding;
  if (!block.contains(node)) {
    // A parameter shares the scope of the outermost statements.
    return kind !== 'variable' || binding.uses.some((use) => use.start >= statement.start && block.contains(use));
  }
  const own = statementOf(node);
  return own !== null && own.parent?.index === block.index && node.parent?.parent?.index === own.index;
}

/** Whether `x, err :=` in front of a statement and all that the block makes of its own `err` go together. */
function mayShareError(binding: GoBinding, statement: GoNode, block: GoNode): boolean {
  const { node } = binding;
  if (node.start > statement.start) {
    const declaration = node.parent?.parent ?? null;
    if (declaration?.kind !== 'short_var_declaration') return false;
    // Another name of it must be new, or `:=` would declare nothing any more.
    return assignedExpressions(declaration).some(
      (target) => target.index !== node.index && !isBlank(target) && target.kind === 'identifier' && isNew(target),
    );
  }
  const isHere = binding.kind === 'result' ? isFunction(block.parent?.parent ?? block) : block.contains(node);
  const next = binding.uses.find((use) => use.start >= statement.start);
  return isHere && (next === undefined || isAssigned(next));

  function isNew(target: GoNode): boolean {
    const before = block.tree.text.slice(block.start, target.start);
    return !new RegExp(`\\b${target.text}\\b`).test(before);
  }
}

/** A name for the error of `x, err :=` in place of a statement: `err` where that compiles and changes nothing else. */
export function errorName(ctx: ChunkContext, statement: GoNode, other: string): string | null {
  const declaration = topLevelOf(statement);
  const block = statement.parent;
  if (declaration === null || block === null) return null;
  const bindings = ctx.get(goScope, declaration).bindings.filter(({ name }) => name === 'err');
  const isErr = !ctx.get(goScope, declaration).free.some(({ name }) => name === 'err');
  const clashes = bindings.filter((binding) => conflicts(binding, statement, block));
  if (clashes.every((binding) => mayShareError(binding, statement, block)) && isErr) return 'err';
  return freeName(ctx, statement, [other]);
}

/** The first of some names that can be declared in front of a statement; null when all of them are taken. */
export function freeName(ctx: ChunkContext, statement: GoNode, names: readonly string[]): string | null {
  const declaration = topLevelOf(statement);
  const block = statement.parent;
  if (declaration === null || block === null) return null;
  const scope = ctx.get(goScope, declaration);
  const header = (ctx.file.header as GoHeader | null) ?? EMPTY_GO_HEADER;
  return (
    names.find(
      (name) =>
        !isPredeclared(name) &&
        !GO_KEYWORDS.has(name) &&
        !header.imports.some((item) => item.name === name) &&
        !scope.free.some((use) => use.name === name) &&
        !scope.bindings.some((binding) => binding.name === name && conflicts(binding, statement, block)),
    ) ?? null
  );
}

const GO_KEYWORDS: ReadonlySet<string> = new Set(
  (
    'break case chan const continue default defer else fallthrough for func go goto if import interface map package ' +
    'range return select struct switch type var'
  ).split(' '),
);
