/**
 * YAML as plain values with exact spans, over the parser of the package `yaml`. Tolerant: documents that are broken in
 * parts are read as far as they go, templates (`{{ ... }}`) are masked so that charts can be read, aliases and merge
 * keys are followed. Values stay as they are written; nothing is turned into numbers or booleans.
 */
import { type Document, isAlias, isMap, isScalar, isSeq, type Node, parseAllDocuments, visit } from 'yaml';
import type { Span } from '../core/model/location.ts';

export interface YamlScalar {
  readonly kind: 'scalar';
  /** Value without quotes; '' for a missing one. */
  readonly text: string;
  readonly quoted: boolean;
  /** A template stands for a part of the value, so that it is not known. */
  readonly templated: boolean;
  readonly span: Span;
}

export interface YamlEntry {
  readonly key: string;
  readonly keySpan: Span;
  readonly value: YamlValue;
}

export interface YamlMap {
  readonly kind: 'map';
  readonly entries: readonly YamlEntry[];
  readonly span: Span;
}

export interface YamlList {
  readonly kind: 'list';
  readonly items: readonly YamlValue[];
  readonly span: Span;
}

export type YamlValue = YamlScalar | YamlMap | YamlList;

export interface YamlDocument {
  /** Null for an empty document. */
  readonly root: YamlValue | null;
  /** What the parser complained about. */
  readonly problems: readonly { readonly message: string; readonly span: Span }[];
}

/** Longer texts are generated ones; they are not read. */
const LENGTH_LIMIT = 400_000;
/** Aliases can make a small text stand for a huge value, and nesting could exhaust the stack. */
const VALUE_LIMIT = 100_000;
const DEPTH_LIMIT = 60;

/** Stands for each character of a template; no text holds it otherwise. */
const MASK = '\uE000';
const TEMPLATE = /\{\{[\s\S]*?\}\}/g;

/** Marks of a merge that was left unfinished; what they divide can still be read. */
const CONFLICT = /^(?:<{7}|={7}|>{7})(?:[ \t][^\r\n]*)?(?=\r?$)/gm;

/** Blanks lines that are templates as a whole and masks templates within lines; offsets stay as they are. */
function withoutTemplates(text: string): string {
  return text.replace(TEMPLATE, (template, offset: number) => {
    const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
    const rest = /^[^\r\n]*/.exec(text.slice(offset + template.length))![0];
    const alone = /^\s*$/.test(text.slice(lineStart, offset)) && /^\s*(?:\{\{.*)?$/.test(rest);
    return template.replace(/[^\r\n]/g, alone ? ' ' : MASK);
  });
}

/**
 * Whether a text nests deeper than any that people write. The parser recurses, and a stack that is nearly used up can
 * end the whole process. Generous where brackets stand in texts: they count until a line begins with a key.
 */
export function isTooDeep(text: string): boolean {
  let depth = 0;
  for (const [found] of text.matchAll(/[[\]{}]|^[A-Za-z]|(?:[-?] ){40}|^ {300}/gm)) {
    if (found.length > 1) return true;
    if (found === '[' || found === '{') depth++;
    else if (found === ']' || found === '}') depth = Math.max(0, depth - 1);
    else depth = 0;
    if (depth > DEPTH_LIMIT) return true;
  }
  return false;
}

/** Where the text of a scalar stands, without its quotes. */
export function innerSpan({ span, quoted }: YamlScalar): Span {
  return quoted ? { start: span.start + 1, end: Math.max(span.start + 1, span.end - 1) } : span;
}

/** Reads all documents of a text. Never fails: what cannot be read is missing. */
export function readYaml(source: string): readonly YamlDocument[] {
  if (source.length > LENGTH_LIMIT) return [];
  const merged = source.includes('<<<<<<<') ? source.replace(CONFLICT, (mark) => ' '.repeat(mark.length)) : source;
  const text = merged.includes('{{') ? withoutTemplates(merged) : merged;
  if (isTooDeep(text)) return [];
  try {
    const documents = parseAllDocuments(text, { schema: 'failsafe', uniqueKeys: false, logLevel: 'silent' });
    if (!Array.isArray(documents)) return [];
    return (documents as Document[]).map((document): YamlDocument => {
      const reader = new Reader(document);
      return {
        root: document.contents === null ? null : reader.value(document.contents as Node, 0),
        problems: document.errors.map(({ message, pos }) => ({
          message: message.split('\n')[0]!,
          span: { start: pos[0], end: Math.max(pos[0], pos[1]) },
        })),
      };
    });
  } catch {
    // The parser gives up on what it cannot make sense of at all.
    return [];
  }
}

class Reader {
  readonly #anchors = new Map<string, Node>();
  #left = VALUE_LIMIT;

  constructor(document: Document) {
    visit(document, {
      Node: (_key, node) => {
        if ('anchor' in node && node.anchor !== undefined) this.#anchors.set(node.anchor, node);
      },
    });
  }

  /** The value of a node; its depth is bounded, so that recursion is safe. */
  value(node: Node | null, depth: number): YamlValue {
    const span = spanOf(node);
    const empty: YamlScalar = { kind: 'scalar', text: '', quoted: false, templated: false, span };
    if (node === null || depth > DEPTH_LIMIT || --this.#left < 0) return empty;
    if (isAlias(node)) {
      const target = this.#anchors.get(node.source);
      return target === undefined ? empty : this.value(target, depth + 1);
    }
    if (isMap(node)) {
      const entries: YamlEntry[] = [];
      const merged: YamlEntry[] = [];
      for (const pair of node.items) {
        const key = pair.key as Node | null;
        const name = isScalar(key) ? String(key.value ?? '') : '';
        const value = this.value(pair.value as Node | null, depth + 1);
        if (name === '<<') {
          for (const source of value.kind === 'list' ? value.items : [value])
            if (source.kind === 'map') merged.push(...source.entries);
          continue;
        }
        const keySpan = spanOf(key);
        const missing = value.kind === 'scalar' && value.text === '' && value.span.end === 0;
        entries.push({
          key: name,
          keySpan,
          value: missing ? { ...empty, span: { start: keySpan.end, end: keySpan.end } } : value,
        });
      }
      const own = new Set(entries.map((entry) => entry.key));
      return { kind: 'map', entries: [...entries, ...merged.filter((entry) => !own.has(entry.key))], span };
    }
    if (isSeq(node))
      return { kind: 'list', items: node.items.map((item) => this.value(item as Node | null, depth + 1)), span };
    if (!isScalar(node)) return empty;
    const text = String(node.value ?? '');
    const quoted = node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE';
    return { kind: 'scalar', text, quoted, templated: text.includes(MASK), span };
  }
}

function spanOf(node: Node | null): Span {
  const range = node?.range;
  return range == null ? { start: 0, end: 0 } : { start: range[0], end: range[1] };
}

/** The entry of a map, or null; of anything else, null. */
export function entryOf(value: YamlValue | null | undefined, key: string): YamlEntry | null {
  if (value?.kind !== 'map') return null;
  return value.entries.find((entry) => entry.key === key) ?? null;
}

/** The value below a path of keys, or null. */
export function valueAt(value: YamlValue | null, ...keys: readonly string[]): YamlValue | null {
  let current: YamlValue | null = value;
  for (const key of keys) current = entryOf(current, key)?.value ?? null;
  return current;
}

/** The text of a scalar below a path of keys; '' when there is none or a template makes it unknown. */
export function textAt(value: YamlValue | null, ...keys: readonly string[]): string {
  const found = valueAt(value, ...keys);
  return found?.kind === 'scalar' && !found.templated ? found.text : '';
}

/** Items of a list, entries' values of nothing else: what is no list has none. */
export function itemsAt(value: YamlValue | null, ...keys: readonly string[]): readonly YamlValue[] {
  const found = valueAt(value, ...keys);
  return found?.kind === 'list' ? found.items : [];
}

/** Entries of a map; what is no map has none. */
export function entriesAt(value: YamlValue | null, ...keys: readonly string[]): readonly YamlEntry[] {
  const found = valueAt(value, ...keys);
  return found?.kind === 'map' ? found.entries : [];
}
