/**
 * Configuration files as values with exact places: JSON, JSON with comments, and YAML, by well-known parsers. What is no
 * valid text of its format is said with its place; nothing is repaired, nothing is run, and no text takes long.
 */
import { createScanner, type Node as JsonNode, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import { isAlias, isMap, isScalar, isSeq, parseDocument, type Node as YamlNode } from 'yaml';
import type { Span } from '../core/model/location.ts';
import { isTooDeep } from '../formats/yaml.ts';

export interface ConfigScalar {
  readonly kind: 'scalar';
  readonly value: null | boolean | number | string;
  readonly span: Span;
}

export interface ConfigEntry {
  readonly key: string;
  readonly keySpan: Span;
  readonly value: ConfigValue;
}

export interface ConfigMap {
  readonly kind: 'map';
  readonly entries: readonly ConfigEntry[];
  readonly span: Span;
}

export interface ConfigList {
  readonly kind: 'list';
  readonly items: readonly ConfigValue[];
  readonly span: Span;
}

export type ConfigValue = ConfigScalar | ConfigMap | ConfigList;

/** Something wrong with a text, for the person who wrote it. */
export interface Fault {
  readonly span: Span;
  readonly message: string;
}

export interface ConfigTree {
  /** Null for a text that holds nothing, or that cannot be read. */
  readonly root: ConfigValue | null;
  readonly faults: readonly Fault[];
}

/** Longer texts (UTF-16 code units) are no configuration. */
const LENGTH_LIMIT = 256 * 1024;
const DEPTH_LIMIT = 60;
/** Aliases can make a small text stand for a huge value. */
const VALUE_LIMIT = 20_000;

const START: Span = { start: 0, end: 1 };

function unreadable(message: string, span: Span = START): ConfigTree {
  return { root: null, faults: [{ span, message }] };
}

/** Reads a text in the format that the name of its file says: `.yaml` and `.yml`, `.jsonc`, or JSON. */
export function readTree(path: string, text: string): ConfigTree {
  if (text.length > LENGTH_LIMIT) return unreadable('This is too long for a configuration: more than 256 KB.');
  if (/\.ya?ml$/i.test(path)) return readYamlTree(text);
  return readJsonTree(text, /\.jsonc$/i.test(path));
}

const JSON_MESSAGES: Readonly<Record<string, string>> = {
  InvalidSymbol: 'This is no value of JSON.',
  InvalidNumberFormat: 'This is no number.',
  PropertyNameExpected: 'A key in double quotes is missing here.',
  ValueExpected: 'A value is missing here.',
  ColonExpected: 'A colon is missing here.',
  CommaExpected: 'A comma is missing here.',
  CloseBraceExpected: 'A closing brace is missing here.',
  CloseBracketExpected: 'A closing bracket is missing here.',
  EndOfFileExpected: 'Nothing may follow here.',
  InvalidCommentToken: 'JSON has no comments; a file whose name ends in ".jsonc" may have some.',
  UnexpectedEndOfComment: 'This comment does not end.',
  UnexpectedEndOfString: 'This text does not end on its line.',
  InvalidCharacter: 'This character must be escaped.',
};

/** The place at which a JSON text nests deeper than the parser, which recurses, should go; -1 for none. */
function tooDeepAt(text: string): number {
  const scanner = createScanner(text, true);
  let depth = 0;
  // Tokens are OpenBrace 1, CloseBrace 2, OpenBracket 3, CloseBracket 4 and EOF 17: a const enum of the package.
  for (let token: number = scanner.scan(); token !== 17; token = scanner.scan()) {
    if (token === 1 || token === 3) depth++;
    else if (token === 2 || token === 4) depth--;
    if (depth > DEPTH_LIMIT) return scanner.getTokenOffset();
  }
  return -1;
}

function readJsonTree(text: string, comments: boolean): ConfigTree {
  const deep = tooDeepAt(text);
  if (deep >= 0) return unreadable('This is nested too deep.', { start: deep, end: deep + 1 });
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, {
    disallowComments: !comments,
    allowTrailingComma: comments,
    allowEmptyContent: false,
  });
  const first = errors[0];
  if (first !== undefined) {
    const { error, offset, length } = first;
    // What a parser says after its first complaint is mostly about its own confusion.
    const message = JSON_MESSAGES[printParseErrorCode(error)] ?? 'This is no valid JSON.';
    return unreadable(message, placeIn(text, offset, length));
  }
  const faults: Fault[] = [];
  return { root: root === undefined ? null : fromJson(root, faults), faults };
}

/** The place of an error; of one behind the end of the text, or at nothing, that of the character before. */
function placeIn(text: string, offset: number, length: number): Span {
  const start = Math.min(offset, Math.max(0, text.trimEnd().length - 1));
  return { start, end: Math.min(Math.max(start + 1, offset + length), Math.max(start + 1, text.length)) };
}

function fromJson(node: JsonNode, faults: Fault[]): ConfigValue {
  const span = { start: node.offset, end: node.offset + node.length };
  if (node.type === 'array') {
    return { kind: 'list', items: (node.children ?? []).map((item) => fromJson(item, faults)), span };
  }
  if (node.type === 'object') {
    const entries = (node.children ?? []).flatMap(({ children }): ConfigEntry[] => {
      const [key, value] = children ?? [];
      if (key === undefined || value === undefined) return [];
      const keySpan = { start: key.offset, end: key.offset + key.length };
      return [{ key: String(key.value), keySpan, value: fromJson(value, faults) }];
    });
    return { kind: 'map', entries: withoutRepetitions(entries, faults), span };
  }
  return { kind: 'scalar', value: node.value as ConfigScalar['value'], span };
}

/** The last of equal keys is the one that parsers take; here it is an error, and the first one stays. */
function withoutRepetitions(entries: readonly ConfigEntry[], faults: Fault[]): readonly ConfigEntry[] {
  const seen = new Set<string>();
  return entries.filter(({ key, keySpan }) => {
    if (!seen.has(key)) return seen.add(key);
    faults.push({ span: keySpan, message: `"${key}" is here twice.` });
    return false;
  });
}

function readYamlTree(text: string): ConfigTree {
  if (isTooDeep(text)) return unreadable('This is nested too deep.');
  try {
    const document = parseDocument(text, { schema: 'core', uniqueKeys: false, logLevel: 'error' });
    const [first] = document.errors;
    if (first !== undefined) {
      const message =
        first.code === 'MULTIPLE_DOCS' ? 'A configuration is one document.' : first.message.split('\n')[0]!;
      const sentence = `This is no valid YAML: ${message.replace(/ at line \d+, column \d+:?$/, '')}`;
      return unreadable(sentence, placeIn(text, first.pos[0], Math.max(1, first.pos[1] - first.pos[0])));
    }
    const reader = new YamlTreeReader();
    const root = document.contents === null ? null : reader.value(document.contents as YamlNode, 0, START);
    return { root, faults: reader.faults };
  } catch {
    // The parser gives up on what it cannot make sense of at all.
    return unreadable('This is no valid YAML.');
  }
}

class YamlTreeReader {
  readonly faults: Fault[] = [];
  /** Anchors as far as they were met: an alias means the last one before it. */
  readonly #anchors = new Map<string, YamlNode>();
  #left = VALUE_LIMIT;

  /** The value of a node; `around`: the place of one that is missing. */
  value(node: YamlNode | null, depth: number, around: Span): ConfigValue {
    const span = node?.range == null ? around : { start: node.range[0], end: Math.max(node.range[0], node.range[1]) };
    const missing: ConfigScalar = { kind: 'scalar', value: null, span };
    if (node === null) return missing;
    if (depth > DEPTH_LIMIT || --this.#left < 0) {
      if (this.#left >= -1) this.faults.push({ span, message: 'This is too much for a configuration.' });
      this.#left = Math.min(this.#left, -2);
      return missing;
    }
    if (isAlias(node)) {
      const target = this.#anchors.get(node.source);
      if (target === undefined) {
        this.faults.push({ span, message: `There is no anchor "${node.source}" before.` });
        return missing;
      }
      return placedAt(this.value(target, depth + 1, span), span);
    }
    const { anchor } = node;
    const value = this.#own(node, depth, span);
    if (anchor !== undefined) this.#anchors.set(anchor, node);
    return value;
  }

  #own(node: YamlNode, depth: number, span: Span): ConfigValue {
    if (isMap(node)) {
      const entries = node.items.map(({ key, value }): ConfigEntry => {
        const keyNode = key as YamlNode | null;
        const keySpan = keyNode?.range == null ? span : { start: keyNode.range[0], end: keyNode.range[1] };
        const name = isScalar(keyNode) ? String(keyNode.value ?? '') : '';
        return { key: name, keySpan, value: this.value(value as YamlNode | null, depth + 1, keySpan) };
      });
      return { kind: 'map', entries: withoutRepetitions(entries, this.faults), span };
    }
    if (isSeq(node)) {
      return { kind: 'list', items: node.items.map((item) => this.value(item as YamlNode, depth + 1, span)), span };
    }
    const { value } = node as { value?: unknown };
    const isPlain = value === null || ['string', 'number', 'boolean'].includes(typeof value);
    return { kind: 'scalar', value: isPlain ? (value as ConfigScalar['value']) : String(value), span };
  }
}

/** What an alias stands for stands where the alias is. */
function placedAt(value: ConfigValue, span: Span): ConfigValue {
  if (value.kind === 'list') return { ...value, items: value.items.map((item) => placedAt(item, span)), span };
  if (value.kind === 'map') {
    return {
      ...value,
      entries: value.entries.map((e) => ({ ...e, keySpan: span, value: placedAt(e.value, span) })),
      span,
    };
  }
  return { ...value, span };
}

/** Value and entry at keys and positions (`['rules', 'todo-comment']`); null where there is none. */
export function placeOf(root: ConfigValue | null, keys: readonly (string | number)[]): Span | null {
  let value = root;
  for (const key of keys) {
    if (value?.kind === 'map') value = value.entries.find((entry) => entry.key === key)?.value ?? null;
    else if (value?.kind === 'list') value = value.items[Number(key)] ?? null;
    else return null;
  }
  return value?.span ?? null;
}
