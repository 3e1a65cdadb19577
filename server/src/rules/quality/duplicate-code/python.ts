/**
 * Python functions that are copies of each other: the same tokens but for the names of variables and the values of
 * literals. Names of attributes and of what is called have to agree. Docstrings and comments do not count.
 */
import type { Verdict, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { type Detector, type FactView, fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import type { GrammarTables } from '../../../core/syntax/flatTree.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { docstringOf } from '../../../languages/python/syntax.ts';

/** Key: digest of the normalised body; the place is the function's name. */
export const PYTHON_BODY = 'duplicate-code.python-body';
type Body = { readonly lines: number };

const TOKEN_LIMIT = 120;
const LINE_LIMIT = 12;
const LENGTH_LIMIT = 400;
const LITERAL_SHARE = 0.3;

const TEXT = 0;
const NAME = 1;
const LITERAL = 2;
const SKIPPED = 3;

const tokenTables = new WeakMap<GrammarTables, Uint8Array>();

function tokensOf(grammar: GrammarTables): Uint8Array {
  let table = tokenTables.get(grammar);
  if (table === undefined) {
    table = Uint8Array.from(grammar.kinds, (kind) => {
      if (kind === 'comment') return SKIPPED;
      if (kind === 'identifier') return NAME;
      return /^(?:integer|float|string)$/.test(kind) ? LITERAL : TEXT;
    });
    tokenTables.set(grammar, table);
  }
  return table;
}

/** Digest of the tokens of a body; null for one that is too small or mostly values. */
function digestOf(body: PythonNode, docstring: PythonNode | null): string | null {
  const { grammar, kinds, starts, ends, stops, fields, text } = body.tree;
  const tokens = tokensOf(grammar);
  const fixed = new Set(['function', 'attribute', 'name'].map((field) => grammar.fields.indexOf(field)));
  const names = new Map<string, number>();
  let count = 0;
  let literals = 0;
  let first = 0x811c9dc5;
  let second = 5381;
  const mix = (value: number): void => {
    first = Math.imul(first ^ value, 0x01000193);
    second = (Math.imul(second, 33) + value) | 0;
  };
  /** Blocks begin and end without a token: where they end has to agree. */
  const open: number[] = [];
  for (let i = body.index; i < body.stop; i++) {
    for (; open.length > 0 && i >= open.at(-1)!; open.pop()) mix(13);
    if (docstring !== null && i === docstring.index) {
      i = docstring.stop - 1;
      continue;
    }
    const token = tokens[kinds[i]!]!;
    if (stops[i]! > i + 1 && token !== LITERAL) {
      if (grammar.kinds[kinds[i]!] === 'block') open.push(stops[i]!);
      continue;
    }
    if (token === SKIPPED) continue;
    count++;
    mix(kinds[i]!);
    if (token === LITERAL) {
      literals++;
      i = stops[i]! - 1;
    } else if (token === NAME && !fixed.has(fields[i]!)) {
      const name = text.slice(starts[i]!, ends[i]!);
      let number = names.get(name);
      if (number === undefined) {
        number = names.size;
        names.set(name, number);
      }
      mix(number + 1);
    } else {
      for (let at = starts[i]!; at < ends[i]!; at++) mix(text.charCodeAt(at));
    }
  }
  if (count < TOKEN_LIMIT || literals > count * LITERAL_SHARE) return null;
  return `${(first >>> 0).toString(36)}.${(second >>> 0).toString(36)}`;
}

const bodies: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['function_definition'],
  when: (node) => node.end - node.start >= LENGTH_LIMIT,
  *check(node): Iterable<Verdict> {
    const body = node.child('body');
    const name = node.child('name');
    if (body === null || name === null) return;
    const docstring = docstringOf(node);
    const lines = body.text.slice((docstring?.end ?? body.start) - body.start).split('\n').length;
    const digest = lines < LINE_LIMIT ? null : digestOf(body, docstring);
    if (digest === null) return;
    const value: Body = { lines };
    yield fact(PYTHON_BODY, digest, value, name);
  },
};

export const pythonDetectors: readonly Detector[] = [bodies as NodeDetector];

export function* judgePython(facts: FactView): Generator<WorkspaceVerdict> {
  for (const own of facts.get(PYTHON_BODY)) {
    if (facts.role(own.place.path) !== 'production') continue;
    const original = facts.lookup(PYTHON_BODY, own.key).find(({ place }) => {
      if (facts.role(place.path) !== 'production' || place === own.place) return false;
      if (place.path !== own.place.path) return place.path < own.place.path;
      const [left, right] = [place, own.place].map(({ anchor, span }) => (anchor?.start ?? 0) + span.start);
      return left! < right!;
    });
    if (original === undefined) {
      yield { kind: 'pass', subject: own.place };
      continue;
    }
    yield {
      kind: 'fail',
      subject: own.place,
      message: 'copy',
      args: { lines: `${(own.value as Body).lines}`, other: original.place.path },
      related: [{ place: original.place, message: 'The other one.' }],
    };
  }
}
