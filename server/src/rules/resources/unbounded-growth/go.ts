/**
 * Where Go code adds entries to maps of fields and package variables, and where it takes entries out or limits them, as
 * facts for the judge. Fields are told apart by their name alone.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import { type Detector, fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { channelName, lockingKeyOf } from '../../../languages/go/channels.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { goScope } from '../../../languages/go/scope.ts';
import {
  assignedExpressions,
  assignedValues,
  callArguments,
  functionName,
  topLevelOf,
  unparenthesized,
} from '../../../languages/go/syntax.ts';

/** Key: name of the field or variable. */
export const GROWN = 'map.grown';
export const SHRUNK = 'map.shrunk';
export type GrownFact = {
  readonly function: string;
  readonly text: string;
  /** The key stands for a client: an address, a token, a session. */
  readonly client: boolean;
  /** A limiter, session or visitor is kept for it. */
  readonly kept: boolean;
};

const CLIENT_KEY =
  /(?:^|[._(])(?:\w*(?:[iI]p|IP|[aA]ddr|[rR]emote|[hH]ost|[tT]oken|[sS]ession|[vV]isitor|[fF]ingerprint)\w*)\)?$|\.(?:ClientIP|RealIP|RemoteAddr)\b/;
const KEPT = /[lL]imiter|[vV]isitor|[sS]ession|[bB]ucket|[aA]ttempt|time\.Now\(\)/;

const growing: NodeDetector<unknown, GoNode> = {
  kinds: ['assignment_statement', 'inc_statement'],
  when: (node) => {
    const target = node.kind === 'inc_statement' ? node.namedChildren[0] : assignedExpressions(node)[0];
    return target?.kind === 'index_expression';
  },
  *check(node, ctx): Iterable<Verdict> {
    const declaration = topLevelOf(node);
    const target = node.kind === 'inc_statement' ? node.namedChildren[0]! : assignedExpressions(node)[0]!;
    const map = target.child('operand');
    const key = target.child('index');
    if (declaration === null || map === null || key === null || declaration.kind === 'var_declaration') return;
    const inner = unparenthesized(map);
    const name = channelName(inner);
    if (
      name === '' ||
      /_literal$/.test(key.kind) ||
      (inner.kind !== 'identifier' && inner.kind !== 'selector_expression')
    )
      return;
    const scope = ctx.get(goScope, declaration);
    // A local variable dies with the call; a name of the package may be a constant.
    if (inner.kind === 'identifier' && scope.bindingOf(inner) !== null) return;
    const binding = key.kind === 'identifier' ? scope.bindingOf(key) : null;
    if (key.kind === 'identifier' && binding === null) return;
    const value = node.kind === 'inc_statement' ? '' : (assignedValues(node)[0]?.text ?? '');
    const origin = binding?.node.parent?.parent?.text ?? '';
    const grown: GrownFact = {
      function: lockingKeyOf(declaration),
      text: inner.text,
      client: CLIENT_KEY.test(key.text) || (origin.length < 200 && /\.(?:ClientIP|RealIP|RemoteAddr)\b/.test(origin)),
      kept: node.kind === 'inc_statement' || KEPT.test(`${name} ${functionName(declaration)} ${value.slice(0, 200)}`),
    };
    yield fact(GROWN, name, grown, target);
  },
};

const shrinking: NodeDetector<unknown, GoNode> = {
  kinds: ['call_expression'],
  triggers: ['delete(', 'clear(', 'len('],
  calls: (name) => name === 'delete' || name === 'clear' || name === 'len' || name === 'DeleteFunc',
  *check(node): Iterable<Verdict> {
    const [map] = callArguments(node);
    const name = map === undefined ? '' : channelName(map);
    if (name === '') return;
    const around = node.parent?.kind;
    // A length only limits something when it is compared.
    if (node.child('function')?.text === 'len' && around !== 'binary_expression') return;
    yield fact(SHRUNK, name, null, node);
  },
};

/** `s.visitors = map[string]*visitor{}`, outside of what makes a value. */
const resetting: NodeDetector<unknown, GoNode> = {
  kinds: ['assignment_statement'],
  triggers: ['= make(map', '= map[', '= nil', '= new'],
  when: (node) => /^(?:make\(map|map\[|nil$|new|\w+$)/.test(assignedValues(node)[0]?.text.slice(0, 12) ?? ''),
  *check(node): Iterable<Verdict> {
    const declaration = topLevelOf(node);
    const target = assignedExpressions(node)[0];
    const name = target === undefined ? '' : channelName(target);
    if (declaration === null || name === '' || target?.kind === 'index_expression') return;
    if (/^(?:[nN]ew|[iI]nit|[mM]ake|main$|[sS]etup)/.test(functionName(declaration))) return;
    // Made when it is first needed.
    const condition = node.ancestor('if_statement')?.child('condition')?.text ?? '';
    if (/== nil/.test(condition)) return;
    yield fact(SHRUNK, name, null, node);
  },
};

export const detectors: readonly Detector[] = [growing as Detector, shrinking as Detector, resetting as Detector];
