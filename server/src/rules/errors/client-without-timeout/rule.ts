/**
 * HTTP clients that wait for ever: the helpers of net/http on its default client, and client literals without a
 * time-out whose requests carry no context. A client whose transport or whose users are not visible is not judged.
 */
import type { Json } from '../../../core/model/json.ts';
import type { Fact, Fix, FixEdit, Verdict, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { type ChunkContext, defineRule, type FactView, fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { type GoHeader, localNameOf } from '../../../languages/go/header.ts';
import { fieldInsertion } from '../../../languages/go/literal.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { contextOfRequest } from '../../../languages/go/requests.ts';
import { type GoBinding, type GoScope, scopeAround } from '../../../languages/go/scope.ts';
import {
  assignedExpressions,
  assignedValues,
  callArguments,
  calledName,
  syntaxChildren,
} from '../../../languages/go/syntax.ts';
import { type GoTypes, typesAround } from '../../../languages/go/types.ts';
import { judgeSocketWaits, pythonDetectors, SOCKET_WAIT_FACT } from './python.ts';

type Context = ChunkContext<unknown, GoHeader>;

/** Methods of a client that make a request by themselves: it has no context. */
const HELPERS = /^(?:Get|Head|Post|PostForm)$/;

/** What a finding about a client or call says, kept until the judge has seen the whole workspace. */
type Candidate = {
  readonly message: 'helper' | 'default' | 'literal' | 'zero';
  readonly text: string;
  /** The default client is innocent when somebody gives it a time-out. */
  readonly ofDefault: boolean;
  /** The client is kept, and used elsewhere: whether that is without a context is for the package to say. */
  readonly usedElsewhere: boolean;
  readonly edits: readonly { readonly start: number; readonly end: number; readonly newText: string }[];
};

function candidate(value: Candidate, subject: GoNode): Verdict {
  return fact('client-without-timeout.candidate', value.message, value as unknown as Json, subject);
}

const SECONDS = 30;

/** The expression for the time-out in the file's own names. */
function timeoutText(ctx: Context): string {
  return `${SECONDS} * ${localNameOf(ctx.file.header, 'time') ?? 'time'}.Second`;
}

/** `http.Get(url)`, `http.DefaultClient.Do(req)` */
const calls: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['.Get(', '.Head(', '.Post(', '.PostForm(', '.Do('],
  calls: (name) => HELPERS.test(name) || name === 'Do',
  *check(node, ctx): Iterable<Verdict> {
    const callee = node.child('function');
    if (callee?.kind !== 'selector_expression') return;
    const name = calledName(node);
    const types = typesAround(ctx, node);
    const scope = scopeAround(ctx, node);
    if (types === null || scope === null) return;
    const target = types.calleeOf(node);
    const http = localNameOf(ctx.file.header, 'net/http') ?? 'http';
    const client = `(&${http}.Client{Timeout: ${timeoutText(ctx)}}).${name}`;
    const edits = [{ start: callee.start, end: callee.end, newText: client }];
    if (target.kind === 'package' && target.path === 'net/http' && HELPERS.test(name)) {
      yield candidate(
        { message: 'helper', text: `${http}.${name}`, ofDefault: true, usedElsewhere: false, edits },
        node,
      );
      return;
    }
    if (target.kind !== 'method') return;
    const isClient = target.type === '*net/http.Client' || target.type === 'net/http.Client';
    const isDefault = isClient && target.receiver.text === `${http}.DefaultClient`;
    if (isDefault && (name !== 'Do' || sendsForEver(node, scope, types))) {
      yield candidate(
        { message: 'default', text: `${http}.DefaultClient`, ofDefault: true, usedElsewhere: false, edits },
        node,
      );
      return;
    }
    if (isDefault) return;
    // What other clients of the package are used for.
    const isForEver = name === 'Do' ? sendsForEver(node, scope, types) : isClient;
    if (isForEver) yield fact('client-without-timeout.request', name, null, node);
  },
};

/** Whether the request of `Do(req)` certainly has no deadline. */
function sendsForEver(call: GoNode, scope: GoScope, types: GoTypes): boolean {
  const [request] = callArguments(call);
  if (request === undefined) return false;
  const context = contextOfRequest(request, scope, types);
  return context === 'none' || context === 'background';
}

/** Value of a field of a keyed struct literal, or null. */
function fieldOf(literal: GoNode, name: string): GoNode | null {
  for (const element of literal.child('body')?.namedChildren ?? []) {
    if (element.kind !== 'keyed_element') continue;
    const [key, value] = syntaxChildren(element);
    if (key?.text === name) return value === undefined ? null : (syntaxChildren(value)[0] ?? value);
  }
  return null;
}

/** Whether a transport is visible and bounds nothing but, at most, the connection. */
function isPatientTransport(value: GoNode, scope: GoScope, types: GoTypes): boolean {
  let inner = value.kind === 'unary_expression' ? (value.child('operand') ?? value) : value;
  if (inner.kind === 'nil') return true;
  if (inner.kind === 'selector_expression') {
    const operand = inner.child('operand');
    const isLibrary = operand !== null && types.packageOf(operand) === 'net/http';
    return isLibrary && inner.child('field')?.text === 'DefaultTransport';
  }
  if (inner.kind === 'identifier') {
    const binding = scope.bindingOf(inner);
    const statement = binding?.node.parent?.parent ?? null;
    if (binding === null || statement?.kind !== 'short_var_declaration') return false;
    const values = assignedValues(statement);
    if (values.length !== 1 || binding.uses.some(isAssignedOrConfigured)) return false;
    inner = values[0]!.kind === 'unary_expression' ? (values[0]!.child('operand') ?? values[0]!) : values[0]!;
  }
  if (inner.kind !== 'composite_literal' || types.typeOf(inner) !== 'net/http.Transport') return false;
  return fieldOf(inner, 'ResponseHeaderTimeout') === null;
}

/** Whether something is assigned to the variable or to a field of it. */
function isAssignedOrConfigured(use: GoNode): boolean {
  const target = use.parent?.kind === 'selector_expression' ? use.parent : use;
  return target.parent?.kind === 'expression_list' && target.parent.field === 'left';
}

/** `http.Client{...}` and `new(http.Client)`. */
const literals: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['composite_literal', 'call_expression'],
  triggers: ['Client{', 'new(', 'Client {'],
  *check(node, ctx): Iterable<Verdict> {
    const isNew = node.kind === 'call_expression';
    const type = isNew ? callArguments(node)[0] : (node.child('type') ?? undefined);
    if (type === undefined || !type.text.endsWith('.Client')) return;
    if (isNew && node.child('function')?.text !== 'new') return;
    const types = typesAround(ctx, node);
    const scope = scopeAround(ctx, node);
    if (types === null || scope === null || types.typeText(type) !== 'net/http.Client') return;
    const timeout = isNew ? null : fieldOf(node, 'Timeout');
    const isZero = timeout !== null && timeout.text === '0';
    if (timeout !== null && !isZero) {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    const transport = isNew ? null : fieldOf(node, 'Transport');
    if (transport !== null && !isPatientTransport(transport, scope, types)) return;
    const use = useOf(node, scope, types);
    if (use === 'bounded') {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    if (use === 'unknown') return;
    const text = `${type.text}{}`;
    const edits = isNew ? [] : timeoutEdits(node, timeout, ctx);
    const message = isZero ? 'zero' : 'literal';
    yield candidate({ message, text, ofDefault: false, usedElsewhere: use === 'elsewhere', edits }, type);
  },
};

/**
 * - `forEver`: a request without a context goes through it.
 * - `bounded`: it gets a time-out later.
 * - `elsewhere`: a field or variable of the package keeps it.
 * - `unknown`: it goes somewhere that is not visible, or every request brings a context.
 */
type ClientUse = 'forEver' | 'bounded' | 'elsewhere' | 'unknown';

function useOf(literal: GoNode, scope: GoScope, types: GoTypes): ClientUse {
  let value = literal;
  while (value.parent?.kind === 'unary_expression' || value.parent?.kind === 'parenthesized_expression')
    value = value.parent;
  const parent = value.parent;
  if (parent?.kind === 'selector_expression') {
    const call = parent.parent;
    if (call?.kind !== 'call_expression') return 'unknown';
    return isForEver(parent.child('field')?.text ?? '', call, scope, types) ? 'forEver' : 'unknown';
  }
  if (parent?.kind === 'literal_element') return keeperOf(parent);
  const list = parent?.kind === 'expression_list' ? parent : null;
  const statement = list?.parent ?? null;
  if (statement?.kind === 'var_spec') {
    const name = statement.child('name');
    const binding = name === null ? null : scope.bindingOf(name);
    return binding === null ? 'elsewhere' : useOfVariable(binding, scope, types);
  }
  if (statement?.kind !== 'short_var_declaration' && statement?.kind !== 'assignment_statement') return 'unknown';
  const position = assignedValues(statement).findIndex((other) => other.index === value.index);
  const target = assignedExpressions(statement)[position];
  if (target?.kind === 'selector_expression') return 'elsewhere';
  if (target?.kind !== 'identifier') return 'unknown';
  const binding = scope.bindingOf(target);
  return binding === null ? 'elsewhere' : useOfVariable(binding, scope, types);
}

/** A field of another literal: one of this package when its type has no qualifier. */
function keeperOf(element: GoNode): ClientUse {
  const keyed = element.parent?.kind === 'keyed_element' ? element.parent : null;
  const owner = keyed?.parent?.parent ?? null;
  if (owner?.kind !== 'composite_literal') return 'unknown';
  return owner.child('type')?.kind === 'type_identifier' ? 'elsewhere' : 'unknown';
}

function useOfVariable(binding: GoBinding, scope: GoScope, types: GoTypes): ClientUse {
  let result: ClientUse = 'unknown';
  for (const use of binding.uses) {
    const parent = use.parent;
    if (parent?.kind === 'selector_expression') {
      const field = parent.child('field')?.text ?? '';
      if (isAssignedOrConfigured(use)) {
        if (field === 'Timeout' || field === 'Transport') return field === 'Timeout' ? 'bounded' : 'unknown';
        continue;
      }
      const call = parent.parent;
      if (call?.kind === 'call_expression' && isForEver(field, call, scope, types)) result = 'forEver';
    } else if (parent?.kind === 'literal_element' && result === 'unknown') {
      result = keeperOf(parent);
    } else if (parent?.kind === 'expression_list' && parent.field === 'right' && result === 'unknown') {
      const target = parent.parent === null ? undefined : assignedExpressions(parent.parent)[0];
      if (target?.kind === 'selector_expression') result = 'elsewhere';
    } else if (parent?.kind === 'argument_list') {
      // Whoever gets the client may configure it.
      return 'unknown';
    }
  }
  return result;
}

function isForEver(method: string, call: GoNode, scope: GoScope, types: GoTypes): boolean {
  return HELPERS.test(method) || (method === 'Do' && sendsForEver(call, scope, types));
}

function timeoutEdits(literal: GoNode, zero: GoNode | null, ctx: Context): Candidate['edits'] {
  const text = timeoutText(ctx);
  if (zero !== null) return [{ start: zero.start, end: zero.end, newText: text }];
  const body = literal.child('body');
  if (body === null) return [];
  const inside = literal.tree.text.slice(body.start + 1, body.end - 1);
  if (/[\r\n]/.test(inside)) return fieldInsertion(literal, [['Timeout', text]]) ?? [];
  const separator = inside.trim() === '' ? '' : inside.trimEnd().endsWith(',') ? ' ' : ', ';
  const at = body.start + 1 + inside.trimEnd().length;
  return [{ start: at, end: body.end - 1, newText: `${separator}Timeout: ${text}` }];
}

/** `http.DefaultClient.Timeout = ...`, `http.DefaultClient = ...` */
const defaultSettings: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['assignment_statement'],
  triggers: ['DefaultClient'],
  *check(node, ctx): Iterable<Verdict> {
    for (const target of assignedExpressions(node)) {
      const client = target.child('field')?.text === 'Timeout' ? target.child('operand') : target;
      const operand = client?.child('operand') ?? null;
      if (client?.child('field')?.text !== 'DefaultClient' || operand === null) continue;
      if (typesAround(ctx, node)?.packageOf(operand) !== 'net/http') continue;
      yield fact('client-without-timeout.default-set', 'http.DefaultClient', null, target);
    }
  },
};

function isProduction(facts: FactView, item: Fact): boolean {
  return facts.role(item.place.path) === 'production';
}

export const rule = defineRule({
  id: 'client-without-timeout',
  title: 'Network client without a time-out',
  category: 'errors',
  severity: 'high',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A request goes out with nothing that could end it: in Go through the default HTTP client, or one without `Timeout`, and without a context; in Python through `requests` or `urllib` without `timeout`, or with `timeout=None`.',
    why: 'The default is to wait for ever. A peer that accepts the connection and then says nothing blocks the caller, its goroutine or thread, and its locks; soon every worker waits, and the whole service stands still.',
    howToFix: '',
    howToFixIn: {
      go: 'Create one client with `Timeout: 30 * time.Second` (or what the caller can bear) and use it for all requests, or give every request a context with a deadline by `http.NewRequestWithContext`.',
      python:
        'Pass `timeout=30` (or what the caller can bear) to every call, or use a client that has one. `socket.setdefaulttimeout` holds for `urllib`; `requests` takes no notice of it.',
    },
    refs: ['CWE-400', 'CWE-1088', 'https://pkg.go.dev/net/http#Client', 'bandit B113', 'ruff S113'],
  },
  messages: {
    helper: '{text} waits for ever, since the default client has no time-out; use a client with Timeout set.',
    default: 'This request through {text} has no time-out and no context; use a client with Timeout set.',
    literal: 'This {text} has no Timeout, and requests without a context go through it; set one.',
    call: '{text} waits for ever when no time-out is given; pass timeout=.',
    off: 'This switches the time-out of {text} off; give it the seconds that the caller can bear.',
    zero: 'A Timeout of zero means to wait for ever; set the time that the caller can bear.',
  },
  fix: 'sometimes',
  on: { go: [calls, literals, defaultSettings], python: pythonDetectors },
  workspace: {
    partition: 'directory',
    reads: ['client-without-timeout.candidate', SOCKET_WAIT_FACT],
    *judge(facts): Iterable<WorkspaceVerdict> {
      yield* judgeSocketWaits(facts);
      const defaultIsSet = facts
        .lookup('client-without-timeout.default-set', 'http.DefaultClient')
        .some((item) => isProduction(facts, item));
      for (const found of facts.get('client-without-timeout.candidate')) {
        if (!isProduction(facts, found)) continue;
        const value = found.value as unknown as Candidate;
        if (value.ofDefault && defaultIsSet) {
          yield { kind: 'pass', subject: found.place };
          continue;
        }
        if (value.usedElsewhere) {
          const request = facts.get('client-without-timeout.request').find((item) => isProduction(facts, item));
          if (request === undefined) continue;
        }
        yield {
          kind: 'fail',
          subject: found.place,
          message: value.message,
          args: { text: value.text },
          fixes: fixesOf(value, found),
        };
      }
    },
  },
});

function fixesOf(value: Candidate, found: Fact): readonly Fix[] {
  if (value.edits.length === 0) return [];
  const { path, anchor } = found.place;
  const edits = value.edits.map(({ start, end, newText }): FixEdit => {
    return { kind: 'replaceAt', place: { path, anchor, span: { start, end } }, newText };
  });
  return [
    {
      title: `Set a time-out of ${SECONDS} seconds`,
      safety: 'suggestion',
      preferred: true,
      edits: [...edits, { kind: 'import', add: ['time'] }],
    },
  ];
}
