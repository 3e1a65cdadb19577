/**
 * Edits that fixes of Python code are made of. They keep the indentation and line breaks of the file and give null where
 * the code is not simple enough to be edited by rule.
 */
import type { FixEdit } from '../../core/model/verdict.ts';
import type { PythonNode } from './nodes.gen.ts';
import {
  decorated,
  hasKeywordSplat,
  indentationOf,
  keywordArgument,
  lineBreakOf,
  lineSpanOf,
  lineStartAt,
  statementsOf,
  syntaxChildren,
} from './syntax.ts';

/** Columns of a line as formatters of Python like it. */
const LINE = 88;

/** Replaces the text of a node. */
export function replaced(node: PythonNode, newText: string): FixEdit {
  return { kind: 'replace', span: node.span, newText };
}

/** Imports as edits: `module` is `import module`, `module:name` is `from module import name`; see imports.ts. */
export function importing(add: readonly string[], remove: readonly string[] = []): FixEdit {
  return { kind: 'import', add, remove };
}

/**
 * Adds `name=value` to the end of a call's arguments, or replaces the value that the argument has. Null when the call may
 * get it through `**kw`, or takes a bare generator.
 */
export function keywordInserted(call: PythonNode, name: string, value: string): FixEdit | null {
  const present = keywordArgument(call, name);
  if (present !== null) return replaced(present, value);
  const list = call.child('arguments');
  if (list?.kind !== 'argument_list' || hasKeywordSplat(call) || !list.text.endsWith(')')) return null;
  const values = syntaxChildren(list);
  const last = values.at(-1);
  if (last === undefined)
    return { kind: 'replace', span: { start: list.start + 1, end: list.end - 1 }, newText: `${name}=${value}` };
  if (values.some(({ kind }) => kind === 'generator_expression') && values.length === 1) return null;
  const { text } = call.tree;
  const rest = text.slice(last.end, list.end - 1);
  const isBroken = /[\r\n]/.test(text.slice(list.start, last.start));
  const hasComma = rest.trimStart().startsWith(',');
  if (isBroken && lineStartAt(text, last.start) > list.start) {
    // Each argument on a line of its own.
    const indent = indentationOf(last);
    const at = hasComma ? last.end + rest.indexOf(',') + 1 : last.end;
    const newText = `${hasComma ? '' : ','}${lineBreakOf(call)}${indent}${name}=${value}${hasComma ? ',' : ''}`;
    return { kind: 'replace', span: { start: at, end: at }, newText };
  }
  const at = hasComma ? last.end + rest.indexOf(',') + 1 : last.end;
  return { kind: 'replace', span: { start: at, end: at }, newText: `${hasComma ? ' ' : ', '}${name}=${value}` };
}

/**
 * Adds several arguments `name=value` that a call does not have: behind the others, or each on a line of its own where the
 * line would get too long.
 */
export function keywordsInserted(call: PythonNode, pairs: readonly (readonly [string, string])[]): FixEdit | null {
  const [first, ...others] = pairs;
  const list = call.child('arguments');
  if (first === undefined || list?.kind !== 'argument_list') return null;
  const { text } = call.tree;
  const values = syntaxChildren(list);
  const last = values.at(-1);
  const isBroken = last !== undefined && lineStartAt(text, last.start) > list.start;
  const written = pairs.map(([name, value]) => `${name}=${value}`);
  const length = list.end - lineStartAt(text, list.start) + written.join(', ').length + 2;
  if (length > LINE && !/[\r\n#]/.test(list.text) && !hasKeywordSplat(call) && list.text.endsWith(')')) {
    const newline = lineBreakOf(call);
    const indent = indentationOf(call);
    const step = indent.includes('\t') ? '\t' : '    ';
    const lines = [...values.map((value) => value.text), ...written].map((one) => `${newline}${indent}${step}${one},`);
    return replaced(list, `(${lines.join('')}${newline}${indent})`);
  }
  const between = isBroken ? `,${lineBreakOf(call)}${indentationOf(last)}` : ', ';
  return keywordInserted(
    call,
    first[0],
    [first[1], ...others.map(([name, value]) => `${name}=${value}`)].join(between),
  );
}

/** Removes the argument `name=value` of a call with its comma; null when it is not written. */
export function keywordRemoved(call: PythonNode, name: string): FixEdit | null {
  const pair = keywordArgument(call, name)?.parent;
  const list = call.child('arguments');
  if (pair?.kind !== 'keyword_argument' || list === null) return null;
  const { text } = call.tree;
  // With the comma before it; the first one goes with the comma behind it.
  let start = pair.start;
  while (start > list.start + 1 && /[\s,]/.test(text[start - 1]!)) start--;
  if (start > list.start + 1) return { kind: 'replace', span: { start, end: pair.end }, newText: '' };
  const behind = /^\s*,[ \t]*/.exec(text.slice(pair.end, list.end));
  return { kind: 'replace', span: { start: pair.start, end: pair.end + (behind?.[0].length ?? 0) }, newText: '' };
}

/** Inserts whole lines, written without indentation, before the statement (its decorators included). */
export function linesBefore(statement: PythonNode, lines: readonly string[]): FixEdit | null {
  const target = decorated(statement);
  const { text } = target.tree;
  const start = lineStartAt(text, target.start);
  if (text.slice(start, target.start).trim() !== '') return null;
  const indent = indentationOf(target);
  const newline = lineBreakOf(target);
  const newText = lines.map((line) => (line === '' ? newline : `${indent}${line}${newline}`)).join('');
  return { kind: 'replace', span: { start, end: start }, newText };
}

/** Inserts whole lines, written without indentation, behind the statement with its indentation. */
export function linesAfter(statement: PythonNode, lines: readonly string[]): FixEdit | null {
  const { text } = statement.tree;
  const { end } = lineSpanOf(statement);
  if (/[^\s#]/.test(text.slice(statement.end, end).replace(/#.*/, ''))) return null;
  const indent = indentationOf(statement);
  const newline = lineBreakOf(statement);
  const isOpen = end === statement.end || !/[\r\n]/.test(text.slice(statement.end, end));
  const newText = lines.map((line) => `${indent}${line}`).join(newline);
  return {
    kind: 'replace',
    span: { start: end, end },
    newText: isOpen ? newline + newText : newText + newline,
  };
}

/**
 * The statements of a block as another block would hold them: every line moved by the difference of the two indentations.
 * Null when the lines are not indented alike (tabs and spaces mixed), or a text spans lines.
 */
export function reindented(node: PythonNode, from: string, to: string): string | null {
  const lines = node.text.split(/\r\n|\r|\n/);
  const newline = lineBreakOf(node);
  if (node.descendants('string').some((literal) => /[\r\n]/.test(literal.text))) return null;
  const moved = lines.map((line, index) => {
    if (index === 0 || line.trim() === '') return line;
    return line.startsWith(from) ? to + line.slice(from.length) : null;
  });
  return moved.includes(null) ? null : moved.join(newline);
}

/** Removes a statement with its lines; a block that would be left empty gets `pass` instead. Null beside other code. */
export function statementRemoved(statement: PythonNode): FixEdit | null {
  const { text } = statement.tree;
  const span = lineSpanOf(statement);
  const rest = text.slice(statement.end, span.end).replace(/#.*/, '').trim();
  if (text.slice(span.start, statement.start).trim() !== '' || rest !== '') return null;
  const block = statement.parent;
  if (block?.kind === 'block' && statementsOf(block).length === 1) return replaced(statement, 'pass');
  return { kind: 'replace', span, newText: '' };
}
