/**
 * Go functions that are copies of each other: the same tokens but for the names of variables and the values of literals.
 * Names of types, fields and called functions have to agree, so that two functions of one pattern are no copies.
 */
import { directoryOf } from '../../../core/model/path.ts';
import type { Fact, Verdict, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView, fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import type { GrammarTables } from '../../../core/syntax/flatTree.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import { mayHoldExcerpts } from '../../../languages/go/hidden.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { isPredeclared } from '../../../languages/go/scope.ts';
import { fileConstraint } from '../../../languages/go/symbols.ts';
import { judgePython, PYTHON_BODY, pythonDetectors } from './python.ts';

/** Key: digest of the normalised body; the place is the function's name. */
const BODY_FACT = 'duplicate-code.body';
type Body = {
  readonly constraint: string;
  readonly lines: number;
  /** Calls functions of its own package, which another package may have under the same name. */
  readonly local: boolean;
};

/** Tokens and lines of the shortest function that is worth sharing. */
const TOKEN_LIMIT = 100;
const LINE_LIMIT = 12;
const LENGTH_LIMIT = 250;
/** A function that is mostly values is a table. */
const LITERAL_SHARE = 0.3;

/** What a token counts as. */
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
      return /^(?:int|float|imaginary|rune|interpreted_string|raw_string)_literal$/.test(kind) ? LITERAL : TEXT;
    });
    tokenTables.set(grammar, table);
  }
  return table;
}

/** Digest of the tokens of a body, and whether it calls its package; null for one that is too small or mostly values. */
function digestOf(body: GoNode): { readonly digest: string; readonly local: boolean } | null {
  const { grammar, kinds, starts, ends, stops, fields, text } = body.tree;
  const tokens = tokensOf(grammar);
  const functionField = grammar.fields.indexOf('function');
  const names = new Map<string, number>();
  const called = new Set<string>();
  let count = 0;
  let literals = 0;
  // Two independent digests of 32 bits (FNV-1a and a multiplicative one).
  let first = 0x811c9dc5;
  let second = 5381;
  const mix = (value: number): void => {
    first = Math.imul(first ^ value, 0x01000193);
    second = (Math.imul(second, 33) + value) | 0;
  };
  for (let i = body.index; i < body.stop; i++) {
    if (stops[i]! > i + 1 && tokens[kinds[i]!] !== LITERAL) continue;
    const token = tokens[kinds[i]!]!;
    if (token === SKIPPED) continue;
    count++;
    mix(kinds[i]!);
    if (token === LITERAL) {
      literals++;
      i = stops[i]! - 1;
    } else if (token === NAME && fields[i] !== functionField) {
      const name = text.slice(starts[i]!, ends[i]!);
      let number = names.get(name);
      if (number === undefined) {
        number = names.size;
        names.set(name, number);
      }
      mix(number + 1);
    } else {
      if (token === NAME) called.add(text.slice(starts[i]!, ends[i]!));
      for (let at = starts[i]!; at < ends[i]!; at++) mix(text.charCodeAt(at));
    }
  }
  if (count < TOKEN_LIMIT || literals > count * LITERAL_SHARE) return null;
  return {
    digest: `${(first >>> 0).toString(36)}.${(second >>> 0).toString(36)}`,
    local: [...called].some((name) => !names.has(name) && !isPredeclared(name)),
  };
}

const bodies: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['function_declaration', 'method_declaration'],
  when: (node) => node.end - node.start >= LENGTH_LIMIT,
  *check(node, ctx): Iterable<Verdict> {
    const body = node.child('body');
    const name = node.child('name');
    if (body === null || name === null) return;
    const lines = body.text.split('\n').length;
    const found = lines < LINE_LIMIT ? null : digestOf(body);
    if (found === null) return;
    const { digest, local } = found;
    const value: Body = { constraint: fileConstraint(ctx.file.path, ctx.file.header), lines, local };
    yield fact(BODY_FACT, digest, value, name);
  },
};

function unversioned(path: string): string {
  return directoryOf(path).replace(/(^|\/)v\d+(?:(?:alpha|beta)\d*)?(?=\/|$)/g, '');
}

/** Whether both are meant to be there: for another platform or version of an API, or with functions of its package. */
function isIntended(left: Fact, right: Fact): boolean {
  const [a, b] = [directoryOf(left.place.path), directoryOf(right.place.path)];
  const constraints = [left, right].map(({ value }) => (value as Body).constraint);
  if (a === b) return constraints[0] !== constraints[1];
  // What a function of that name does there is its own affair: the SQL of one database, and that of another.
  if ((left.value as Body).local) return true;
  return unversioned(left.place.path) === unversioned(right.place.path);
}

function isBefore(left: Fact, right: Fact): boolean {
  if (left.place.path !== right.place.path) return left.place.path < right.place.path;
  return (left.place.anchor?.start ?? 0) < (right.place.anchor?.start ?? 0);
}

function* judge(facts: FactView): Generator<WorkspaceVerdict> {
  yield* judgeGo(facts);
  yield* judgePython(facts);
}

function* judgeGo(facts: FactView): Generator<WorkspaceVerdict> {
  if (mayHoldExcerpts(facts.partition)) return;
  for (const own of facts.get(BODY_FACT)) {
    if (facts.role(own.place.path) !== 'production') continue;
    const original = facts
      .lookup(BODY_FACT, own.key)
      .find(
        (other) => isBefore(other, own) && facts.role(other.place.path) === 'production' && !isIntended(other, own),
      );
    if (original === undefined) {
      yield { kind: 'pass', subject: own.place };
      continue;
    }
    yield {
      kind: 'fail',
      subject: own.place,
      message: 'copy',
      args: { lines: String((own.value as Body).lines), other: original.place.path },
      related: [{ place: original.place, message: 'The other copy.' }],
    };
  }
}

export const rule = defineRule({
  id: 'duplicate-code',
  title: 'Function copied from another one',
  category: 'quality',
  severity: 'medium',
  confidence: 'certain',
  stage: 'preview',
  docs: {
    what: 'The body of a function (12 lines and 100 tokens or more) consists of the same tokens as that of another function of the workspace; only names of variables and values of literals may differ. Code for different platforms or versions of an API, copies in two packages that call functions of their own package, tests, generated code and functions that are mostly values are left out.',
    why: 'A mistake is found in one copy and stays in the other. Whoever changes the behaviour does not know that it has to be changed twice.',
    howToFix:
      'Move the code into one function that both call, with what differs as parameters; or let one of the two call the other.',
    refs: ['CWE-1041', 'dupl'],
  },
  messages: {
    copy: 'These {lines} lines are a copy of a function in {other}; let both call one function.',
  },
  fix: 'none',
  on: { go: [bodies], python: pythonDetectors },
  workspace: { partition: 'directory', reads: [BODY_FACT, PYTHON_BODY], judge },
});
