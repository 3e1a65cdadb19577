/**
 * Response bodies of HTTP clients that stay open on some path. Follows one response variable through the function that
 * makes the request; a response that is returned, stored or handed to another function is that one's business, and
 * nothing is said about it.
 */

import type { Fact, Fix, FixEdit, Related, Verdict, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { type ChunkContext, defineRule, fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { isStdlibPath } from '../../../knowledge/go/stdlib.ts';
import { chainContext, chainOf } from '../../../languages/go/chains.ts';
import { type Acquired, type CustodyUse, custodyOf, deferralPlace } from '../../../languages/go/custody.ts';
import { flowAround } from '../../../languages/go/flow.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { type PendingVerdict, pendingValue, settled } from '../../../languages/go/pending.ts';
import { type GoIndex, goIndex } from '../../../languages/go/resolve.ts';
import { type GoBinding, type GoScope, scopeAround } from '../../../languages/go/scope.ts';
import {
  assignedExpressions,
  assignedValues,
  callArguments,
  calledExpression,
  functionName,
  isAssigned,
  isBlank,
  lineSpanOf,
  unparenthesized,
} from '../../../languages/go/syntax.ts';
import { calleeId, type GoTypes, typesAround } from '../../../languages/go/types.ts';
import { pythonDetectors } from './python.ts';

/** Functions that give a response whose body has to be closed. A HEAD response has none. */
const REQUESTS: ReadonlySet<string> = new Set([
  'net/http.Get',
  'net/http.Post',
  'net/http.PostForm',
  'net/http.Client.Do',
  'net/http.Client.Get',
  'net/http.Client.Post',
  'net/http.Client.PostForm',
  'net/http.Transport.RoundTrip',
  'net/http.RoundTripper.RoundTrip',
  'golang.org/x/net/context/ctxhttp.Do',
  'golang.org/x/net/context/ctxhttp.Get',
  'golang.org/x/net/context/ctxhttp.Post',
  'golang.org/x/net/context/ctxhttp.PostForm',
]);

const TRIGGERS = ['.Do(', '.Get(', '.Post(', '.PostForm(', '.RoundTrip('];

/** Whether the call certainly sends a request and gives a response. */
function isRequest(call: GoNode, types: GoTypes): boolean {
  return REQUESTS.has(calleeId(types.calleeOf(call)));
}

/** `x.Do(req)` on a client of unknown type: a request goes in, so a response comes out when it is used like one. */
function maySendRequest(call: GoNode, types: GoTypes): boolean {
  const callee = types.calleeOf(call);
  if (callee.kind !== 'method' || callee.type !== null) return false;
  if (callee.name !== 'Do' && callee.name !== 'RoundTrip') return false;
  const [request, ...more] = callArguments(call);
  return request !== undefined && more.length === 0 && types.typeOf(request) === '*net/http.Request';
}

/** Whether the variable is read like a response: its status as a field, or its body. */
function looksLikeResponse(binding: GoBinding): boolean {
  return binding.uses.some((use) => {
    const selector = use.parent;
    if (selector?.kind !== 'selector_expression' || selector.child('operand')?.index !== use.index) return false;
    const field = selector.child('field')?.text;
    const called = selector.parent?.kind === 'call_expression' && selector.field === 'function';
    return !called && (field === 'StatusCode' || field === 'Body');
  });
}

/** What happens to a response, or to a value that reads from its body, where it is used. */
function useOf(use: GoNode, types: GoTypes, scope: GoScope): CustodyUse {
  if (isAssigned(use)) return 'neutral';
  const parent = use.parent;
  if (parent?.kind === 'selector_expression' && parent.child('operand')?.index === use.index) {
    const field = parent.child('field')?.text ?? '';
    if (field === 'Body') return bodyUse(parent, types, scope);
    // `resp.Write(w)` closes the body when it has been sent.
    return field === 'Write' ? 'release' : 'neutral';
  }
  return valueUse(use, types);
}

function bodyUse(body: GoNode, types: GoTypes, scope: GoScope): CustodyUse {
  const parent = body.parent;
  if (parent?.kind === 'selector_expression') {
    return parent.child('field')?.text === 'Close' ? 'release' : 'neutral';
  }
  if (parent?.kind === 'expression_list' && parent.field === 'left') return 'neutral';
  const reader = readerOver(body, types);
  if (reader === null) return valueUse(body, types);
  // What reads from the body may be handed on, and close it later.
  return readerUse(reader, types, scope);
}

/** A call of the standard library that gives a value which goes on reading from its argument, such as a decoder. */
function readerOver(argument: GoNode, types: GoTypes): GoNode | null {
  const list = argument.parent;
  const call = list?.kind === 'argument_list' ? list.parent : null;
  if (call?.kind !== 'call_expression') return null;
  const callee = types.calleeOf(call);
  if (callee.kind !== 'package' || !isStdlibPath(callee.path)) return null;
  return /^(New|LimitReader$|TeeReader$|MultiReader$|NopCloser$|MaxBytesReader$)/.test(callee.name) ? call : null;
}

function readerUse(call: GoNode, types: GoTypes, scope: GoScope): CustodyUse {
  let reader = call;
  for (let outer = readerOver(reader, types); outer !== null; outer = readerOver(reader, types)) reader = outer;
  const parent = reader.parent;
  if (parent?.kind === 'selector_expression') return 'neutral';
  const statement = parent?.kind === 'expression_list' ? parent.parent : null;
  if (statement?.kind !== 'short_var_declaration') return valueUse(reader, types);
  const [target] = assignedExpressions(statement);
  const binding = target === undefined ? null : scope.bindingOf(target);
  if (binding === null) return 'neutral';
  const passedOn = binding.uses.some((use) => {
    if (isAssigned(use) || use.parent?.kind === 'selector_expression') return false;
    const next = readerOver(use, types);
    return next !== null ? next.parent?.kind !== 'selector_expression' : valueUse(use, types) !== 'neutral';
  });
  return passedOn ? 'handOver' : 'neutral';
}

/** A whole response, or body: compared, printed or read by the library, or given to something that may close it. */
function valueUse(value: GoNode, types: GoTypes): CustodyUse {
  let inner = value;
  while (inner.parent?.kind === 'parenthesized_expression') inner = inner.parent;
  const parent = inner.parent;
  if (parent?.kind === 'binary_expression') return 'neutral';
  if (parent?.kind === 'argument_list' && parent.parent?.kind === 'call_expression') {
    const callee = types.calleeOf(parent.parent);
    if (callee.kind === 'package' && isStdlibPath(callee.path) && callee.path !== 'net/http') return 'neutral';
    // Decoders of the library read only.
    if (callee.kind === 'method' && callee.type !== null && /^\*?[a-z/]+\.\w+$/.test(callee.type)) return 'neutral';
  }
  return 'handOver';
}

function* followed(
  acquired: Acquired,
  ctx: ChunkContext<unknown, GoHeader>,
  scope: GoScope,
  types: GoTypes,
): Iterable<PendingVerdict> {
  const { statement, call, binding } = acquired;
  const flow = flowAround(ctx, statement);
  if (flow === null) return;
  const custody = custodyOf(acquired, flow, scope, {
    useOf: (use) => useOf(use, types, scope),
    // `resp == nil` and `resp.Body == nil`
    isValue: (expression) => {
      const isBody = expression.kind === 'selector_expression' && expression.child('field')?.text === 'Body';
      const value = isBody ? expression.child('operand') : expression;
      return value?.kind === 'identifier' && scope.bindingOf(value) === binding;
    },
  });
  if (custody === null) return;
  const { releases: closes, handOvers, overwritten } = custody;
  const leak = overwritten ? null : custody.escape();
  if (!overwritten && leak === null) {
    if (closes > 0) yield { kind: 'pass', subject: call.span };
    return;
  }
  // A body that was read to its end, or failed on the way, gives its connection back.
  const drained = new Set(binding.uses.filter((use) => isReadToEnd(use, types)).map((use) => flow.at(use)));
  const isDrained = leak !== null && drained.size > 0 && custody.escape(drained) === null;
  let last: GoNode | null = leak === null ? null : flow.node(leak.last);
  let message = leak === null ? 'overwritten' : 'return';
  if (closes === 0 && handOvers === 0) {
    message = 'never';
    last = null;
  }
  const related: Related[] =
    last === null || last.index === statement.index
      ? []
      : [{ span: shown(last), message: 'The body is still open when the function is left here.' }];
  const inMain = ctx.file.header.packageName === 'main' && functionName(flow.function) === 'main';
  // The end of main closes everything.
  const severity = inMain && message !== 'overwritten' ? 'low' : isDrained ? 'medium' : 'high';
  yield {
    kind: 'fail',
    subject: call.span,
    message,
    args: { name: binding.name },
    related,
    severity,
    fixes: fixesOf(acquired, handOvers, closes),
  };
}

/** `io.ReadAll(resp.Body)`, `io.Copy(w, resp.Body)` */
function isReadToEnd(use: GoNode, types: GoTypes): boolean {
  const body = use.parent;
  if (body?.kind !== 'selector_expression' || body.child('field')?.text !== 'Body') return false;
  const call = body.parent?.kind === 'argument_list' ? body.parent.parent : null;
  return call !== null && /^io(?:\/ioutil)?\.(?:ReadAll|Copy)$/.test(calleeId(types.calleeOf(call)));
}

/** A statement without its body. */
function shown(node: GoNode): { start: number; end: number } {
  const lineEnd = node.text.search(/[\r\n]/);
  return { start: node.start, end: lineEnd < 0 ? node.end : node.start + lineEnd };
}

/** `defer resp.Body.Close()` behind the check of the error that directly follows the request. */
function fixesOf(acquired: Acquired, handOvers: number, closes: number): readonly Fix[] {
  const { statement, binding, error } = acquired;
  const place = deferralPlace(acquired);
  if (handOvers > 0 || error === null || place === null) return [];
  // An earlier return would keep the variable of another request.
  if (binding.uses.some(isAssigned)) return [];
  const edits: FixEdit[] = [];
  if (closes > 0) {
    const moved = deferredClose(statement, binding);
    if (closes > 1 || moved === null) return [];
    edits.push({ kind: 'replace', span: lineSpanOf(moved), newText: '' });
  }
  const newText = `${place.before}defer ${binding.name}.Body.Close()`;
  edits.push({ kind: 'replace', span: { start: place.at, end: place.at }, newText });
  const title =
    closes > 0 ? 'Move the deferred Close behind the error check' : `Close the body of ${binding.name} with defer`;
  return [{ title, safety: 'safe', preferred: true, edits }];
}

/** `defer resp.Body.Close()` on a line of its own further down in the same block. */
function deferredClose(statement: GoNode, binding: GoBinding): GoNode | null {
  const { text } = statement.tree;
  for (let next = statement.nextSibling; next !== null; next = next.nextSibling) {
    if (next.kind !== 'defer_statement' || next.text !== `defer ${binding.name}.Body.Close()`) continue;
    const line = lineSpanOf(next);
    return text.slice(line.start, line.end).trim() === next.text ? next : null;
  }
  return null;
}

const assigned: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['short_var_declaration', 'assignment_statement'],
  triggers: ['.Body', '.StatusCode', ...TRIGGERS],
  when: (node) => node.child('left')?.text.includes(',') === true,
  *check(node, ctx): Iterable<Verdict> {
    const values = assignedValues(node);
    const call = values.length === 1 ? unparenthesized(values[0]!) : null;
    if (call?.kind !== 'call_expression') return;
    const targets = assignedExpressions(node);
    if (targets.length !== 2) return;
    const types = typesAround(ctx, node);
    const scope = scopeAround(ctx, node);
    if (types === null || scope === null) return;
    const certain = isRequest(call, types);
    const [target, second] = [targets[0]!, targets[1]!];
    if (isBlank(target)) {
      if (certain) yield { kind: 'fail', subject: call.span, message: 'dropped' };
      return;
    }
    const binding = target.kind === 'identifier' ? scope.bindingOf(target) : null;
    if (binding === null || (!certain && !looksLikeResponse(binding))) return;
    const error = second.kind === 'identifier' ? scope.bindingOf(second) : null;
    const verdicts = followed({ statement: node, call, binding, error }, ctx, scope, types);
    if (certain || maySendRequest(call, types)) {
      yield* verdicts;
      return;
    }
    // A client in a field, or a function of the workspace: what it gives is for the judge to find out.
    const called = calledExpression(call);
    const chain = called === null ? null : chainOf(called, chainContext(scope, types));
    if (chain === null) return;
    for (const verdict of verdicts) {
      yield fact('http-body-not-closed.maybe', chain, pendingValue(verdict), call);
    }
  },
};

const dropped: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['expression_statement'],
  triggers: TRIGGERS,
  *check(node, ctx): Iterable<Verdict> {
    const call = node.namedChildren[0];
    if (call?.kind !== 'call_expression') return;
    const types = typesAround(ctx, node);
    if (types !== null && isRequest(call, types)) yield { kind: 'fail', subject: call.span, message: 'dropped' };
  },
};

/** Whether the called chain is a method of an HTTP client, or a function whose first result is a response. */
function givesResponse(found: Fact, index: GoIndex): boolean {
  const { path } = found.place;
  const parts = found.key.split('\t');
  const receiver = parts.length > 1 ? index.follow(path, parts.slice(0, -1).join('\t')) : null;
  if (receiver?.kind === 'value' && /^\*?net\/http\./.test(receiver.type.text)) {
    return REQUESTS.has(`${receiver.type.text.replace('*', '')}${parts.at(-1)!}`);
  }
  const called = index.follow(path, found.key);
  return called?.kind === 'func' && called.results.length === 2 && called.results[0] === '*net/http.Response';
}

export const rule = defineRule({
  id: 'http-body-not-closed',
  title: 'HTTP response body not closed',
  category: 'resources',
  severity: 'high',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A response of an HTTP client is used, and on at least one path behind the error check its body is neither closed nor handed to somebody else. In Python that concerns streamed responses alone (`stream=True`), which have to be closed or read to the end.',
    why: 'The connection of an open body cannot be reused, and its file descriptor (in Go also its goroutine) stays alive. Under load the process runs out of sockets, often hours after the request that leaked.',
    howToFix: '',
    howToFixIn: {
      go: 'Write `defer resp.Body.Close()` right behind the check of the error, before anything else can return. In a loop, move the request into a function of its own, or close the body at the end of every round. A response that is not needed must be closed as well.',
      python: 'Put the streamed request into a `with` statement.',
    },
    refs: ['CWE-772', 'bodyclose', 'https://pkg.go.dev/net/http#Response'],
  },
  messages: {
    never: 'The body of {name} is never closed; add `defer {name}.Body.Close()` after the error check.',
    return:
      'The body of {name} stays open on a path that leaves the function; defer its Close right after the error check.',
    overwritten:
      'The body of {name} is still open when the next round sends another request; close it before the loop goes on.',
    unread:
      'The streamed response `{name}` is neither closed nor read to its end, which holds its connection; open it in a with statement.',
    streamPath:
      'The streamed response `{name}` stays open on a path that leaves the function before its end is read; open it in a with statement.',
    streamRaise:
      'The streamed response `{name}` stays open when an exception comes before its end is read; open it in a with statement.',
    dropped: 'The response of this request is dropped with its body open; keep it and close its Body.',
  },
  fix: 'sometimes',
  on: { go: [assigned, dropped], python: pythonDetectors },
  workspace: {
    partition: 'directory',
    reads: ['http-body-not-closed.maybe'],
    *judge(facts): Iterable<WorkspaceVerdict> {
      const index = facts.derive(goIndex);
      for (const found of facts.get('http-body-not-closed.maybe')) {
        if (facts.role(found.place.path) !== 'production') continue;
        if (givesResponse(found, index)) yield settled(found, found.value);
      }
    },
  },
});
