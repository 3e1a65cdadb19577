/** Go functions that are copies of each other, and which of them are meant to be there. */
import { directoryOf } from '../../../core/model/path.ts';
import type { Fact, Verdict } from '../../../core/model/verdict.ts';
import { type Detector, fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { isPredeclared } from '../../../languages/go/scope.ts';
import { fileConstraint } from '../../../languages/go/symbols.ts';
import { type Body, digestOf, LINE_LIMIT, linesIn, type Tokens, unversioned } from './copies.ts';

export const GO_BODY = 'duplicate-code.body';
interface GoBody extends Body {
  readonly constraint: string;
  /** Calls functions of its own package, which another package may have under the same name. */
  readonly local: boolean;
}

const LENGTH_LIMIT = 250;
const GO: Tokens = {
  literals: /^(?:int|float|imaginary|rune|interpreted_string|raw_string)_literal$/,
  written: ['function'],
  limit: 100,
};

const bodies: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['function_declaration', 'method_declaration'],
  when: (node) => node.end - node.start >= LENGTH_LIMIT,
  *check(node, ctx): Iterable<Verdict> {
    const body = node.child('body');
    const name = node.child('name');
    if (body === null || name === null) return;
    const lines = linesIn(body.tree.text, body.start, body.end);
    const found = lines < LINE_LIMIT ? null : digestOf(body, GO);
    if (found === null) return;
    const local = found.written.some((called) => !isPredeclared(called));
    const value: GoBody = { constraint: fileConstraint(ctx.file.path, ctx.file.header), lines, local };
    yield fact(GO_BODY, found.digest, { ...value }, name);
  },
};

export const goDetectors: readonly Detector[] = [bodies as NodeDetector];

/** Whether both are meant to be there: for another platform or version of an API, or with functions of its package. */
export function isIntended(left: Fact, right: Fact): boolean {
  const [a, b] = [directoryOf(left.place.path), directoryOf(right.place.path)];
  const [one, other] = [left, right].map(({ value }) => value as unknown as GoBody);
  if (a === b) return one!.constraint !== other!.constraint;
  // What a function of that name does there is its own affair: the SQL of one database, and that of another.
  if (one!.local) return true;
  return unversioned(a!) === unversioned(b!);
}
