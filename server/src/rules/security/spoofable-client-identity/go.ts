/**
 * Addresses of clients that Go programs believe from a header: X-Forwarded-For and its like, and what gin and echo make
 * of them. A finding needs a purpose that the address serves: the key of a limiter, an allow-list, an audit entry.
 * Functions that look at trusted proxies are left alone, and so are frameworks with a list of them.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import { fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { plainType } from '../../../knowledge/go/frameworks.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { type GoScope, scopeAround } from '../../../languages/go/scope.ts';
import {
  assignedExpressions,
  callArguments,
  calledName,
  enclosingFunction,
  functionName,
  receiverOf,
  statementOf,
  stringLiteralValue,
} from '../../../languages/go/syntax.ts';
import { typesAround } from '../../../languages/go/types.ts';
import { type Candidate, FORWARDED, purposeIn } from './identity.ts';

/** A function that speaks of proxies which it trusts has thought of it. */
const CAREFUL = /trust|proxies|prox(?:y|ied)(?:cidr|net|list|count|hops)|\.Contains\(|cidr/i;

const READS = /^(?:Get|GetHeader|ClientIP|RealIP)$/;

/** Functions that read the address of a client. */
const functions: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['function_declaration', 'method_declaration'],
  triggers: [
    'orwarded',
    'ORWARDED',
    'eal-I',
    'EAL-I',
    '-Client-I',
    '-client-i',
    'onnecting-I',
    'ClientIP()',
    'RealIP()',
  ],
  *check(node, ctx): Iterable<Verdict> {
    if (node.parent?.kind !== 'chunk') return;
    const { text } = node;
    if (CAREFUL.test(text)) return;
    const types = typesAround(ctx, node);
    const scope = scopeAround(ctx, node);
    if (types === null || scope === null) return;
    for (const call of node.descendants('call_expression')) {
      const name = calledName(call);
      if (!READS.test(name)) continue;
      const callee = types.calleeOf(call);
      if (callee.kind !== 'method') continue;
      const values = callArguments(call);
      const key = values.length === 1 ? (stringLiteralValue(values[0]!) ?? '') : '';
      let source: Candidate['source'];
      if (name === 'ClientIP' || name === 'RealIP') {
        const type = plainType(callee.type);
        if (values.length > 0) continue;
        if (type === 'github.com/gin-gonic/gin.Context') source = 'gin';
        else if (type === 'github.com/labstack/echo.Context') source = 'echo';
        else continue;
      } else {
        if (!FORWARDED.test(key) || (name === 'Get' && !/Header|header|md|meta/.test(callee.receiver.text))) continue;
        source = 'header';
      }
      const purpose = purposeOf(call, node, scope);
      const helper = returnsAddress(call, node, scope) ? functionName(node) : '';
      if (purpose === null && helper === '') continue;
      const value: Candidate = { source, name: source === 'header' ? key : `${name}()`, purpose, helper };
      yield fact('spoofable-client-identity.candidate', helper, value, call);
      return;
    }
  },
};

/** What the address is used for, by the names around its uses and of the function. */
function purposeOf(call: GoNode, declaration: GoNode, scope: GoScope): string | null {
  const owner = `${functionName(declaration)} ${receiverOf(declaration)?.type ?? ''}`;
  const named = purposeIn(owner);
  if (named !== null) return named;
  const places: GoNode[] = [call];
  const variable = variableOf(call, scope);
  if (variable !== null) places.push(...variable.uses);
  for (const place of places) {
    const found = purposeIn(namesAround(place));
    if (found !== null) return found;
  }
  return null;
}

/** The variable that is given the value of a call, perhaps through a function or two. */
function variableOf(call: GoNode, scope: GoScope): ReturnType<GoScope['bindingOf']> {
  const statement = call.ancestor('short_var_declaration', 'assignment_statement', 'var_spec', 'block');
  if (statement === null || statement.kind === 'block') return null;
  const target = statement.kind === 'var_spec' ? statement.child('name') : assignedExpressions(statement)[0];
  return target?.kind === 'identifier' ? scope.bindingOf(target) : null;
}

/** Names of the calls, indexed values and literals that an expression is an operand of. */
function namesAround(place: GoNode): string {
  const names: string[] = [];
  const stop = statementOf(place);
  let inner = place;
  for (let outer = place.parent; outer !== null && inner.index !== stop?.index; inner = outer, outer = outer.parent) {
    if (outer.kind === 'call_expression' && inner.field !== 'function') names.push(outer.child('function')?.text ?? '');
    else if (outer.kind === 'index_expression' && inner.field === 'index')
      names.push(outer.child('operand')?.text ?? '');
    else if (outer.kind === 'composite_literal') names.push(outer.child('type')?.text ?? '');
    else if (outer.kind === 'func_literal' || outer.kind === 'block') break;
  }
  return names.filter((name) => name.length < 80).join(' ');
}

/** Whether a function gives the address to its callers. */
function returnsAddress(call: GoNode, declaration: GoNode, scope: GoScope): boolean {
  if (!/ip|addr|client|remote|visitor/i.test(functionName(declaration))) return false;
  if (enclosingFunction(call)?.index !== declaration.index) return false;
  if (call.ancestor('return_statement', 'block')?.kind === 'return_statement') return true;
  return (
    variableOf(call, scope)?.uses.some(
      (use) => use.ancestor('return_statement', 'block')?.kind === 'return_statement',
    ) === true
  );
}

/** Calls of functions that may give the address of a client, for a purpose. */
const uses: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['IP(', 'Ip(', 'Addr', 'Client', 'Remote'],
  calls: (name) => /(?:ip|addr|client|remote|address)$/i.test(name) && name !== 'ClientIP',
  *check(node, ctx): Iterable<Verdict> {
    const values = callArguments(node);
    if (values.length === 0 || values.length > 2) return;
    const scope = scopeAround(ctx, node);
    let declaration: GoNode | null = enclosingFunction(node);
    while (declaration?.kind === 'func_literal') declaration = enclosingFunction(declaration);
    if (scope === null || declaration === null) return;
    const purpose = purposeOf(node, declaration, scope);
    if (purpose !== null)
      yield fact('spoofable-client-identity.use', calledName(node), { purpose, module: null }, node);
  },
};

/** Options of limiters that take the address from headers. */
const options: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression', 'selector_expression'],
  triggers: ['RealIP', 'TrustForwardHeader', 'SetIPLookups'],
  calls: (name) => /^(?:LimitByRealIP|WithTrustForwardHeader|SetIPLookups)$/.test(name),
  when: (node) => node.kind === 'call_expression' || node.child('field')?.text === 'KeyByRealIP',
  *check(node, ctx): Iterable<Verdict> {
    const name = node.kind === 'call_expression' ? calledName(node) : 'KeyByRealIP';
    const known = ctx.file.header.imports.some(({ path }) =>
      /go-chi\/httprate|ulule\/limiter|didip\/tollbooth/.test(path),
    );
    if (!known) return;
    const values = node.kind === 'call_expression' ? callArguments(node) : [];
    if (name === 'WithTrustForwardHeader' && values[0]?.text !== 'true') return;
    if (name === 'SetIPLookups' && !/orwarded|eal-?I/i.test(values[0]?.text ?? '')) return;
    const value: Candidate = { source: 'library', name, purpose: 'the key of a limit', helper: '' };
    yield fact('spoofable-client-identity.candidate', '', value, node);
  },
};

/** Lists of proxies that a framework trusts. */
const settings: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression', 'assignment_statement'],
  triggers: ['SetTrustedProxies', 'TrustedPlatform', 'ForwardedByClientIP', 'IPExtractor'],
  calls: (name) => name === 'SetTrustedProxies',
  *check(node): Iterable<Verdict> {
    if (node.kind === 'call_expression') {
      yield fact('spoofable-client-identity.trusted', 'gin', null, node);
      yield { kind: 'pass', subject: node.span };
      return;
    }
    for (const target of assignedExpressions(node)) {
      const field = target.child('field')?.text ?? '';
      const framework =
        field === 'IPExtractor' ? 'echo' : /^(?:TrustedPlatform|ForwardedByClientIP)$/.test(field) ? 'gin' : '';
      if (framework === '') continue;
      yield fact('spoofable-client-identity.trusted', framework, null, target);
      yield { kind: 'pass', subject: target.span };
    }
  },
};

export const go: readonly NodeDetector[] = [functions, uses, options, settings] as readonly NodeDetector[];
