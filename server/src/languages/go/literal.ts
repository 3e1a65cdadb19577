/**
 * Adds fields to a struct literal so that the result is what gofmt would leave: values of neighbouring lines stay in
 * one column. Gives text edits; whether a field makes sense is not its business.
 */
import type { TextEdit } from '../../core/model/location.ts';
import type { GoNode } from './nodes.gen.ts';
import { colonEndOf, indentationOf, lineStartAt, syntaxChildren } from './syntax.ts';

export type NewField = readonly [name: string, value: string];

/** Lines `name: value,` with the values in one column, each behind `indent`. */
export function alignedFields(fields: readonly NewField[], indent: string): string {
  const width = Math.max(...fields.map(([name]) => name.length));
  return fields.map(([name, value]) => `${indent}${name}:${' '.repeat(width - name.length + 1)}${value},\n`).join('');
}

interface Line {
  readonly key: GoNode;
  readonly value: GoNode;
  /** End of the key with its colon. */
  readonly colon: number;
}

/** The last elements of a literal that stand on lines of their own, one under the other, without comments. */
function lastSection(elements: readonly GoNode[], body: GoNode): Line[] {
  const { text } = body.tree;
  const section: Line[] = [];
  let below = body.end - 1;
  for (const element of [...elements].reverse()) {
    const [key, value] = syntaxChildren(element);
    if (element.kind !== 'keyed_element' || key === undefined || value === undefined) break;
    const between = text.slice(element.end, below);
    // The comma and one line break: a blank line or a comment ends the section.
    if (!/^,?[ \t]*(?:\r\n|\n)[ \t]*$/.test(between) || /[\r\n]/.test(element.text)) break;
    if (text.slice(lineStartAt(text, element.start), element.start).trim() !== '') break;
    const colon = colonEndOf(key, value);
    if (colon < 0) break;
    section.unshift({ key, value, colon });
    below = element.start;
  }
  return section;
}

/**
 * Edits that add the fields to the end of a keyed struct literal; null when the literal is written in a way that
 * would have to be rewritten (values without names, a comment among the values of its last lines).
 */
export function fieldInsertion(literal: GoNode, fields: readonly NewField[]): readonly TextEdit[] | null {
  const body = literal.child('body');
  if (body === null) return null;
  const { text } = body.tree;
  const elements = syntaxChildren(body);
  const indent = indentationOf(literal);
  if (elements.some((element) => element.kind !== 'keyed_element')) return null;
  if (elements.length === 0) {
    if (text.slice(body.start + 1, body.end - 1).trim() !== '') return null;
    return [{ start: body.start, end: body.end, newText: `{\n${alignedFields(fields, `${indent}\t`)}${indent}}` }];
  }
  const last = elements.at(-1)!;
  const tail = text.slice(last.end, body.end - 1);
  if (!/[\r\n]/.test(text.slice(body.start, body.end))) {
    // Everything on one line: each field gets its own.
    if (tail.trim() !== '' && tail.trim() !== ',') return null;
    const own = elements.map((element): NewField => {
      const [key, value] = syntaxChildren(element);
      return [key?.text ?? '', value?.text ?? ''];
    });
    return [
      {
        start: body.start,
        end: body.end,
        newText: `{\n${alignedFields([...own, ...fields], `${indent}\t`)}${indent}}`,
      },
    ];
  }
  if (!/^,[ \t]*(?:\r\n|\n)[ \t]*$/.test(tail)) return null;
  const lineIndent = indentationOf(last.parent?.kind === 'literal_value' ? last : body);
  const at = body.end - 1 - /[ \t]*$/.exec(tail)![0].length;
  const section = lastSection(elements, body);
  const all = [...section.map(({ key }) => key.text), ...fields.map(([name]) => name)];
  const width = Math.max(...all.map((name) => name.length));
  const edits: TextEdit[] = section.flatMap(({ key, value, colon }) => {
    const newText = ' '.repeat(width - key.text.length + 1);
    return text.slice(colon, value.start) === newText ? [] : [{ start: colon, end: value.start, newText }];
  });
  const lines = fields.map(([name, value]) => `${lineIndent}${name}:${' '.repeat(width - name.length + 1)}${value},\n`);
  return [...edits, { start: at, end: at, newText: lines.join('') }];
}
