/**
 * URLs that Go code connects to. A URL counts only where it is an argument of a call that connects; namespaces, links
 * in texts, defaults of options and comparisons are no connections.
 */
import type { Extractor, NodeDetector } from '../../core/rulekit/rule.ts';
import type { GoHeader } from '../../languages/go/header.ts';
import type { GoNode } from '../../languages/go/nodes.gen.ts';
import { type GoScope, scopeAround } from '../../languages/go/scope.ts';
import { callArguments, stringLiteralValue, unparenthesized } from '../../languages/go/syntax.ts';
import { state } from '../facts.ts';
import { initialValueOf } from './frameworks.ts';

/** Names of functions and methods that connect to the URL among their first arguments. */
const CONNECTS =
  /^(?:Get|Head|Post|PostForm|Put|Patch|Delete|NewRequest|NewRequestWithContext|Dial|DialContext|SetBaseURL|SetHostURL|GetWithContext|Fetch|Download\w*)$/;

/** A literal that begins a URL, as the argument of a call that connects. */
export interface ConnectedUrl {
  readonly callee: string;
  /** The string literal with the scheme; null when the URL begins with a name of the package. */
  readonly literal: GoNode | null;
  /** That name; null when there is a literal. */
  readonly name: GoNode | null;
}

/** The leftmost operand of the text that an expression builds: of `a + b`, `fmt.Sprintf(a, b)`, a local variable. */
function beginningOf(expression: GoNode, scope: GoScope): GoNode {
  let node = unparenthesized(expression);
  for (let step = 0; step < 10; step++) {
    if (node.kind === 'binary_expression') node = unparenthesized(node.child('left') ?? node);
    else if (node.kind === 'call_expression' && /(?:^|\.)Sprintf$/.test(node.child('function')?.text ?? '')) {
      const format = callArguments(node)[0];
      if (format === undefined) return node;
      node = unparenthesized(format);
    } else if (node.kind === 'identifier') {
      const value = initialValueOf(node, scope);
      if (value === null) return node;
      node = unparenthesized(value);
    } else return node;
  }
  return node;
}

/** The URL that a call connects to; null when the call does not connect, or its URL is not written in sight. */
export function connectedUrlOf(call: GoNode, scope: GoScope): ConnectedUrl | null {
  const callee = call.child('function');
  if (callee?.kind !== 'selector_expression') return null;
  const name = callee.child('field')?.text ?? '';
  if (!CONNECTS.test(name)) return null;
  for (const value of callArguments(call).slice(0, 3)) {
    const beginning = beginningOf(value, scope);
    const text = stringLiteralValue(beginning);
    if (text !== null && /^(?:https?|wss?|ftp):\/\//i.test(text))
      return { callee: callee.text, literal: beginning, name: null };
    if (
      beginning.kind === 'identifier' &&
      scope.bindingOf(beginning) === null &&
      /url|endpoint|base|host|api|addr|server|uri/i.test(beginning.text)
    ) {
      return { callee: callee.text, literal: null, name: beginning };
    }
  }
  return null;
}

/** Names that never leave the machine, the cluster or the documentation. */
const LOCAL_NAMES =
  /(?:^|\.)(?:localhost|local|localdomain|internal|intranet|lan|home|corp|test|invalid|example|svc|cluster|consul|docker)$|(?:^|\.)example\.(?:com|org|net|edu)$|\.svc\.|\.cluster\./i;
const PRIVATE_ADDRESS =
  /^(?:127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|169\.254\.|0\.0\.0\.0$|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)/;

/** Whether a URL sends clear text to a host that is neither local nor unknown. */
export function isClearText(url: string): boolean {
  const match = /^(?:http|ws|ftp):\/\/(?:[^@/?#]*@)?(\[[^\]]*\]|[^/:?#]*)/i.exec(url);
  if (match === null) return false;
  const host = match[1]!;
  // Placeholders and names without a dot (services of a compose file or a cluster) say nothing.
  if (host === '' || /[%{}$<>\s[]/.test(host) || !host.includes('.')) return false;
  return !LOCAL_NAMES.test(host) && !PRIVATE_ADDRESS.test(host);
}

/** Whether a URL is encrypted on its way. */
export function isEncrypted(url: string): boolean {
  return /^(?:https|wss):\/\//i.test(url);
}

const constants: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['const_spec', 'var_spec'],
  triggers: ['http://', 'ws://', 'ftp://'],
  *check(node) {
    if (node.ancestor('function_declaration', 'method_declaration', 'func_literal') !== null) return;
    const names = node.childrenOf('name').filter((name) => name.isNamed);
    const values = node.child('value')?.namedChildren.filter((child) => child.kind !== 'comment') ?? [];
    for (const [index, name] of names.entries()) {
      const literal = values[index];
      const url = literal === undefined ? null : stringLiteralValue(literal);
      if (literal === undefined || url === null || !isClearText(url)) continue;
      const scheme = { start: literal.start + 1, end: literal.start + 1 + url.indexOf(':') };
      yield state('url.constant', name.text, { url, scheme }, literal);
    }
  },
};

const uses: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: [
    'Get',
    'Head',
    'Post',
    'Put',
    'Patch',
    'Delete',
    'NewRequest',
    'Dial',
    'SetBaseURL',
    'SetHostURL',
    'Fetch',
    'Download',
  ],
  calls: (name) => CONNECTS.test(name),
  *check(node, ctx) {
    if (node.child('function')?.kind !== 'selector_expression') return;
    const scope = scopeAround(ctx, node);
    const url = scope === null ? null : connectedUrlOf(node, scope);
    if (url?.name != null) yield state('url.use', url.name.text, { callee: url.callee }, url.name);
  },
};

export const extractors: readonly Extractor[] = [
  { id: 'url.constant', language: 'go', detector: constants as NodeDetector },
  { id: 'url.use', language: 'go', detector: uses as NodeDetector },
];
