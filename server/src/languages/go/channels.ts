/**
 * Channels of a package that fields and package variables hold, for judges: where they are made, and which functions
 * send to them, receive from them or close them. Channels are told apart by the name of the field or variable alone.
 *
 * - `channel.made`, key: name of the field or variable that a new channel is put into, value: `ChannelMake`.
 * - `channel.used`, key: name of the field or variable, value: `ChannelUse`. The first use of each kind in a function.
 */
import type { Verdict } from '../../core/model/verdict.ts';
import { type Extractor, fact, type NodeDetector } from '../../core/rulekit/rule.ts';
import type { GoHeader } from './header.ts';
import type { GoNode } from './nodes.gen.ts';
import { goScope } from './scope.ts';
import {
  callArguments,
  functionName,
  isAssigned,
  operatorOf,
  receiverOf,
  syntaxChildren,
  topLevelOf,
  unparenthesized,
} from './syntax.ts';

export const CHANNEL_MADE = 'channel.made';
export const CHANNEL_USED = 'channel.used';

export type ChannelMake = { readonly buffered: boolean; readonly function: string };
/** `send` stands for closing, too. */
export type ChannelUse = { readonly how: 'receive' | 'send'; readonly function: string };

/** Name of the field or variable that holds a channel; '' for everything else. */
export function channelName(expression: GoNode): string {
  const inner = unparenthesized(expression);
  if (inner.kind === 'identifier') return inner.text;
  return inner.kind === 'selector_expression' ? (inner.child('field')?.text ?? '') : '';
}

/** Key of a function or method, as that of its `go.locking` fact. */
export function lockingKeyOf(declaration: GoNode): string {
  const receiver = receiverOf(declaration);
  return receiver === null ? functionName(declaration) : `${receiver.type}.${functionName(declaration)}`;
}

/** `make(chan T, n)` with the name that it gets. */
const makes: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['make(chan'],
  calls: (name) => name === 'make',
  *check(node): Iterable<Verdict> {
    const [type, size] = callArguments(node);
    if (type?.kind !== 'channel_type') return;
    const name = targetName(node);
    const declaration = topLevelOf(node);
    if (name === '' || declaration === null) return;
    const buffered = size !== undefined && size.text !== '0';
    const made: ChannelMake = { buffered, function: lockingKeyOf(declaration) };
    yield fact(CHANNEL_MADE, name, made, node);
  },
};

/** Name of the field or variable that a value is put into; '' when there is none. */
export function targetName(value: GoNode): string {
  const parent = value.parent;
  if (parent?.kind === 'literal_element') {
    const pair = parent.parent;
    return pair?.kind === 'keyed_element' ? (syntaxChildren(pair)[0]?.text ?? '') : '';
  }
  const statement = parent?.kind === 'expression_list' ? parent.parent : null;
  if (parent?.kind !== 'expression_list' || statement === null) return '';
  const position = syntaxChildren(parent).findIndex((other) => other.index === value.index);
  if (statement.kind === 'var_spec') return statement.childrenOf('name')[position]?.text ?? '';
  const target = statement.child('left');
  const expression = target === null ? undefined : syntaxChildren(target)[position];
  return expression === undefined ? '' : channelName(expression);
}

/** Who is on the other side of the channels of fields and package variables. */
const uses: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['function_declaration', 'method_declaration'],
  triggers: ['<-', 'close('],
  *check(declaration, ctx): Iterable<Verdict> {
    const seen = new Set<string>();
    const scope = ctx.get(goScope, declaration);
    for (const node of declaration.descendants(
      'send_statement',
      'unary_expression',
      'call_expression',
      'range_clause',
    )) {
      let channel: GoNode | null = null;
      let how: ChannelUse['how'] = 'send';
      if (node.kind === 'send_statement') channel = node.child('channel');
      else if (node.kind === 'range_clause') {
        channel = node.child('right');
        how = 'receive';
      } else if (node.kind === 'unary_expression') {
        if (operatorOf(node) !== '<-') continue;
        channel = node.child('operand');
        how = 'receive';
      } else if (node.child('function')?.text === 'close') channel = callArguments(node)[0] ?? null;
      const inner = channel === null ? null : unparenthesized(channel);
      const name = inner === null ? '' : channelName(inner);
      if (inner === null || name === '' || (inner.kind === 'identifier' && scope.bindingOf(inner) !== null)) continue;
      if (isAssigned(inner) || seen.has(`${how} ${name}`)) continue;
      seen.add(`${how} ${name}`);
      const value: ChannelUse = { how, function: lockingKeyOf(declaration) };
      yield fact(CHANNEL_USED, name, value, inner);
    }
  },
};

export const extractors: readonly Extractor[] = [
  { id: 'channel.made', language: 'go', detector: makes as NodeDetector },
  { id: 'channel.used', language: 'go', detector: uses as NodeDetector },
];
