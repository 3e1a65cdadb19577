/**
 * What functions of the workspace say by their results. Some report failure by a single bool: somewhere inside an error
 * becomes `return false`, and success is `return true`; such a result is as important as an error. Others return an
 * error that is always nil, or the one that they were given. It looks at one function at a time.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import { fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import {
  FUNCTION_KINDS,
  functionName,
  nilComparison,
  parametersOf,
  receiverOf,
  resultsOf,
  syntaxChildren,
} from '../../../languages/go/syntax.ts';
import { isBestEffort } from './policy.ts';

export const FLAG_FACT = 'ignored-error.flag';

/** A question rather than an order, or an order that nobody has to check: by the first word of the name. */
const PREDICATES = new Set(
  (
    'is has have can could should must may was were are does did will check contain contains equal equals match ' +
    'matches valid verify exist exists need needs allow allows support supports wait try poll loop run process ' +
    'handle next scan read write flush reply respond walk visit each range maybe cancel close stop release unlock remove'
  ).split(' '),
);

function firstWord(name: string): string {
  return (/^(?:[A-Z]+(?![a-z])|[A-Z]?[a-z]+)/.exec(name)?.[0] ?? name).toLowerCase();
}

export const flags: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['function_declaration', 'method_declaration'],
  triggers: ['return false'],
  *check(node): Iterable<Verdict> {
    const results = resultsOf(node);
    const body = node.child('body');
    if (body === null || results.length !== 1 || results[0]!.type.text !== 'bool') return;
    const name = functionName(node);
    if (PREDICATES.has(firstWord(name)) || isBestEffort(name) || /release/i.test(name)) return;
    let fails = false;
    let succeeds = false;
    for (const statement of body.descendants('return_statement')) {
      if (statement.ancestor(...FUNCTION_KINDS)?.index !== node.index) continue;
      const value = syntaxChildren(statement)[0]?.text;
      if (value === 'true') succeeds = true;
      if (value === 'false' && isBehindError(statement)) fails = true;
    }
    if (!fails || !succeeds) return;
    yield fact(FLAG_FACT, keyOf(node), null, node.child('name') ?? node);
  },
};

function isBehindError(statement: GoNode): boolean {
  const test = statement.ancestor('if_statement', ...FUNCTION_KINDS);
  const condition = test?.kind === 'if_statement' ? test.child('condition') : null;
  const comparison = condition === null ? null : nilComparison(condition);
  return comparison !== null && !comparison.equal && /[eE]rr$/.test(comparison.operand.text);
}

export const INFALLIBLE_FACT = 'ignored-error.infallible';

/** Functions with an error result that no path makes: every return gives nil, or an error that came in. */
export const infallible: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['function_declaration', 'method_declaration'],
  triggers: ['error'],
  *check(node): Iterable<Verdict> {
    const results = resultsOf(node);
    const last = results.at(-1);
    const body = node.child('body');
    if (body === null || last?.type.text !== 'error') return;
    const given = new Set(
      parametersOf(node)
        .filter((parameter) => parameter.type.text === 'error')
        .map((parameter) => parameter.name),
    );
    let returns = 0;
    for (const statement of body.descendants('return_statement')) {
      if (statement.ancestor(...FUNCTION_KINDS)?.index !== node.index) continue;
      const list = statement.childOfKind('expression_list');
      const value = list === null ? undefined : syntaxChildren(list).at(-1);
      if (value === undefined || (list !== null && syntaxChildren(list).length !== results.length)) return;
      if (value.kind !== 'nil' && !given.has(value.text)) return;
      returns++;
    }
    if (returns > 0) yield fact(INFALLIBLE_FACT, keyOf(node), null, node.child('name') ?? node);
  },
};

/** Name, or receiver type and name, as in the facts about declarations. */
function keyOf(node: GoNode): string {
  const receiver = node.kind === 'method_declaration' ? receiverOf(node) : null;
  return receiver === null ? functionName(node) : `${receiver.type}.${functionName(node)}`;
}
