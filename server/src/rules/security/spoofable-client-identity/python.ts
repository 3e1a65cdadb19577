/**
 * Python: addresses of clients that programs believe from a header: X-Forwarded-For and its like in the headers of a
 * request, `access_route` of Flask, and keys of limiters that take it. A finding needs a purpose that the address serves.
 * Functions that look at trusted proxies, or take the end of the list that their own proxy wrote, are left alone.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import { type ChunkContext, fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { chainOf, headerOf } from '../../../languages/python/chains.ts';
import { importsModule, type PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { type Scopes, scopesAround } from '../../../languages/python/scope.ts';
import { stringValue } from '../../../languages/python/strings.ts';
import {
  assignmentTargets,
  calledName,
  calledOn,
  definedName,
  enclosingClass,
  enclosingFunction,
  positionalArguments,
  statementOf,
} from '../../../languages/python/syntax.ts';
import { type Candidate, FORWARDED, purposeIn, type Use } from './identity.ts';

/** A function that speaks of proxies which it trusts, or counts from the end, has thought of it. */
const CAREFUL =
  /trust|proxies|proxy_?(?:cidr|net|list|count|hops|depth)|ip_network|is_private|is_loopback|num_?proxies|cidr|\[-\s*\w/i;
/** Calls that only tell somebody. */
const TELLS = /^(?:\w*(?:log|logger|logging)\.)*(?:debug|info|warning|warn|error|critical|exception|log|print)$/i;

function nameOfHeader(literal: string): string | null {
  const name = literal.replace(/^HTTP_/, '').replaceAll('_', '-');
  return FORWARDED.test(name) ? name : null;
}

/** The header that a node takes an address from; null for everything else. */
function headerRead(node: PythonNode): string | null {
  if (node.kind === 'subscript') {
    const object = node.child('value')?.text ?? '';
    if (/(?:^|\.)access_route$/.test(object)) return 'access_route';
    const key = node.child('subscript');
    const literal = key === null ? null : stringValue(key);
    const isStored = node.parent?.kind === 'assignment' && node.field === 'left';
    return literal === null || isStored || !/headers|META|environ|scope/.test(object) ? null : nameOfHeader(literal);
  }
  if (calledName(node) !== 'get' && calledName(node) !== 'getheader') return null;
  const object = calledOn(node)?.text ?? '';
  if (!/headers?$|META$|environ$|^h$/.test(object) || object.length > 80 || /response|resp\./.test(object)) return null;
  const first = positionalArguments(node)[0];
  const literal = first === undefined ? null : stringValue(first);
  return literal === null ? null : nameOfHeader(literal);
}

function outermostFunction(node: PythonNode): PythonNode | null {
  let owner = enclosingFunction(node);
  for (let outer = owner; outer !== null; outer = enclosingFunction(outer)) {
    if (outer.kind !== 'lambda') owner = outer;
  }
  return owner?.kind === 'lambda' ? null : owner;
}

/** Names of calls, arguments, indexed and assigned values that an expression is an operand of, up to its statement. */
function namesAround(place: PythonNode): string {
  const names: string[] = [];
  const stop = statementOf(place);
  let inner = place;
  for (let outer = place.parent; outer !== null; inner = outer, outer = outer.parent) {
    if (stop !== null && inner.equals(stop)) break;
    if (outer.kind === 'call' && inner.field !== 'function') {
      const callee = outer.child('function')?.text ?? '';
      if (TELLS.test(callee)) return '';
      names.push(callee);
    } else if (outer.kind === 'keyword_argument') names.push(outer.child('name')?.text ?? '');
    else if (outer.kind === 'subscript' && inner.field === 'subscript') names.push(outer.child('value')?.text ?? '');
    else if (outer.kind === 'assignment' && inner.field === 'right') names.push(outer.child('left')?.text ?? '');
    else if (outer.kind === 'comparison_operator' || outer.kind === 'binary_operator') names.push(outer.text);
    else if (outer.kind === 'string' || outer.kind === 'pair') names.push(outer.text);
    else if (outer.kind === 'lambda' || outer.kind === 'block') break;
  }
  return names.filter((name) => name.length < 80).join(' ');
}

/** The variables that an expression goes to, and what is made of them, as the places where they are used. */
function placesOf(source: PythonNode, scopes: Scopes): PythonNode[] {
  const places = [source];
  const seen = new Set<string>();
  for (let next = 0; next < places.length && places.length < 60; next++) {
    const statement = places[next]!.ancestor('assignment', 'named_expression', 'block');
    if (statement === null || statement.kind === 'block') continue;
    const targets =
      statement.kind === 'assignment'
        ? assignmentTargets(statement).map(({ target }) => target)
        : [statement.child('name')];
    for (const target of targets) {
      if (target?.kind !== 'identifier' || seen.has(target.text)) continue;
      seen.add(target.text);
      const scope = scopes.bindingScope(target);
      if (scope?.kind !== 'function') continue;
      places.push(...scopes.usesOf(target.text, scope).filter((use) => use.start > target.end));
    }
  }
  return places;
}

function purposeOf(places: readonly PythonNode[]): string | null {
  for (const place of places) {
    const found = purposeIn(namesAround(place));
    if (found !== null) return found;
  }
  return null;
}

/** What the function that a node is in is for, by its name and class. */
function purposeOfOwner(owner: PythonNode): string | null {
  const around = enclosingClass(owner);
  return purposeIn(`${definedName(owner)} ${around === null ? '' : definedName(around)}`);
}

function isReturned(place: PythonNode): boolean {
  return place.ancestor('return_statement', 'block')?.kind === 'return_statement';
}

/** Whether callers use the value of a function as the address of a client, by its name. */
const GIVES = /(?:^|_)(?:ip|ips|addr|address|client|remote|visitor|ident|identifier|key)(?:_|$)|[a-z]I[Pp]$/;

const reads: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call', 'subscript'],
  triggers: [
    'orwarded',
    'ORWARDED',
    'eal-I',
    'EAL_I',
    'EAL-I',
    'eal-i',
    'onnecting-I',
    'CONNECTING_I',
    'lient-I',
    'CLIENT_I',
    'access_route',
  ],
  calls: (name) => name === 'get' || name === 'getheader',
  *check(node, ctx): Iterable<Verdict> {
    const name = headerRead(node);
    const owner = name === null ? null : outermostFunction(node);
    if (name === null || owner === null) return;
    const places = placesOf(node, scopesAround(ctx, node));
    const purpose = purposeOfOwner(owner) ?? purposeOf(places);
    if (CAREFUL.test(owner.text)) {
      if (purpose !== null) yield { kind: 'pass', subject: node.span };
      return;
    }
    const inner = enclosingFunction(node);
    const named = inner === null || inner.kind === 'lambda' ? '' : definedName(inner);
    const helper = GIVES.test(named) && places.some(isReturned) ? named : '';
    if (purpose === null && helper === '') return;
    const value: Candidate = { source: 'header', name, purpose, helper };
    yield fact('spoofable-client-identity.candidate', helper, value, node);
  },
};

/** Where a function comes from: the last part of its module, '' for the file itself. */
function moduleOf(expression: PythonNode, ctx: ChunkContext): string | null {
  const chain = chainOf(expression, ctx);
  if (chain === null) return null;
  if (chain.startsWith(':')) return '';
  return chain.split('.').at(-2) || null;
}

/** Calls of functions that may give the address of a client, and mentions of them as keys. */
const uses: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call', 'keyword_argument'],
  triggers: ['ip(', 'addr', 'client', 'remote', 'key_func', 'key', 'ident'],
  calls: (name) => GIVES.test(name),
  when: (node) =>
    node.kind === 'call' || /^(?:key_func|key|keyfunc|identifier|key_fn)$/.test(node.child('name')?.text ?? ''),
  *check(node, ctx): Iterable<Verdict> {
    if (node.kind === 'keyword_argument') {
      const value = node.child('value');
      const call = node.ancestor('call');
      if (value === null || call === null || !/^[\w.]+$/.test(value.text)) return;
      const purpose =
        purposeIn(call.child('function')?.text ?? '') ?? (node.text.startsWith('key_f') ? purposeIn('limit') : null);
      if (purpose === null) return;
      if (/(?:^|\.)get_ipaddr$/.test(chainOf(value, ctx) ?? '')) {
        const found: Candidate = { source: 'library', name: 'get_ipaddr', purpose, helper: '' };
        yield fact('spoofable-client-identity.candidate', '', found, value);
        return;
      }
      const module = moduleOf(value, ctx);
      const use: Use = { purpose, module };
      if (module !== null) yield fact('spoofable-client-identity.use', value.text.replace(/^.*\./, ''), use, value);
      return;
    }
    const owner = outermostFunction(node);
    const callee = node.child('function');
    if (owner === null || callee === null) return;
    const purpose = purposeOfOwner(owner) ?? purposeOf(placesOf(node, scopesAround(ctx, node)));
    if (purpose === null) return;
    const module = /^self\.\w+$/.test(callee.text) ? '' : moduleOf(callee, ctx);
    if (module !== null) yield fact('spoofable-client-identity.use', calledName(node), { purpose, module }, node);
  },
};

/** Addresses that are taken from the connection, in code with a purpose. */
const peers: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['keyword_argument'],
  triggers: ['get_remote_address'],
  when: (node) => /^key_func$/.test(node.child('name')?.text ?? ''),
  *check(node, ctx): Iterable<Verdict> {
    const header = headerOf(ctx);
    if (!importsModule(header, 'slowapi') && !importsModule(header, 'flask_limiter')) return;
    if (node.child('value')?.text === 'get_remote_address') yield { kind: 'pass', subject: node.span };
  },
};

export const python: readonly NodeDetector[] = [reads, uses, peers] as readonly NodeDetector[];
