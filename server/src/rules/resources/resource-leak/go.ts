/**
 * Go: follows what a call opened, began or started through the function that holds it. What is returned, stored or
 * given to a function that may keep it is somebody else's business, and nothing is said about it.
 */
import type { Fix, Related, Severity, Verdict } from '../../../core/model/verdict.ts';
import { type ChunkContext, fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { RESOURCE_CALLS, type Resource, type ResourceKind, resourceOf } from '../../../knowledge/go/resources.ts';
import { isStdlibPath } from '../../../knowledge/go/stdlib.ts';
import { chainContext, chainOf } from '../../../languages/go/chains.ts';
import { type Acquired, type CustodyUse, custodyOf, deferralPlace } from '../../../languages/go/custody.ts';
import { flowAround } from '../../../languages/go/flow.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { type PendingVerdict, pendingValue } from '../../../languages/go/pending.ts';
import { type GoBinding, type GoScope, scopeAround } from '../../../languages/go/scope.ts';
import {
  assignedExpressions,
  assignedValues,
  calledName,
  FUNCTION_KINDS,
  functionName,
  isAssigned,
  isBlank,
  nilComparison,
  statementsOf,
  unparenthesized,
} from '../../../languages/go/syntax.ts';
import { calleeId, type GoTypes, typesAround } from '../../../languages/go/types.ts';

type Context = ChunkContext<unknown, GoHeader>;

/** Key: chain of the receiver. What to say when its type has the method `name`. */
export const MAYBE_FACT = 'resource-leak.maybe';
/** Key: `1.23`. What to say of code for an older version of Go. */
export const VERSION_FACT = 'resource-leak.before';

export type Maybe = { readonly name: string; readonly kind: ResourceKind; readonly verdict: PendingVerdict };

const NOUNS: Readonly<Record<ResourceKind, string>> = {
  file: 'file',
  connection: 'connection',
  listener: 'listener',
  database: 'database handle',
  rows: 'result set',
  statement: 'statement',
  transaction: 'transaction',
  ticker: 'ticker',
  cancel: 'context',
  writer: 'writer',
};

const SEVERITIES: Readonly<Record<ResourceKind, Severity>> = {
  file: 'medium',
  connection: 'high',
  listener: 'medium',
  database: 'high',
  rows: 'high',
  statement: 'medium',
  transaction: 'high',
  ticker: 'low',
  cancel: 'medium',
  writer: 'high',
};

/** Packages of the library whose functions read, write or look at what they are given, and keep nothing of it. */
const READING =
  /^(?:io|io\/ioutil|bufio|bytes|strings|fmt|errors|hash|hash\/.*|encoding\/.*|compress\/.*|archive\/.*|image|image\/.*|text\/.*|html\/.*|mime\/.*|crypto|crypto\/(?!tls).*|runtime\/.*|os|path\/filepath|net\/mail|syscall|golang\.org\/x\/sys\/unix)$/;
/** Functions of those that keep what they are given in their result. */
const WRAPPING = /^(?:New|LimitReader$|TeeReader$|MultiReader$|MultiWriter$|NopCloser$|MaxBytesReader$)/;

/** A call that gives a value which goes on using the argument, and which a local use does not take away. */
function wrapperOver(argument: GoNode, types: GoTypes): GoNode | null {
  const call = callAround(argument);
  if (call === null) return null;
  const callee = types.calleeOf(call);
  if (callee.kind !== 'package') return null;
  if (READING.test(callee.path) && WRAPPING.test(callee.name)) return call;
  // `yaml.NewDecoder(file)`, `pb.NewGreeterClient(connection)`
  return !isStdlibPath(callee.path) && /^New(?:Decoder|\w+Client)$/.test(callee.name) ? call : null;
}

function callAround(argument: GoNode): GoNode | null {
  const call = argument.parent?.kind === 'argument_list' ? argument.parent.parent : null;
  return call?.kind === 'call_expression' ? call : null;
}

/** The value as a whole: compared, used by the library, or given away. */
function wholeUse(value: GoNode, types: GoTypes, scope: GoScope): CustodyUse {
  let inner = value;
  while (inner.parent?.kind === 'parenthesized_expression') inner = inner.parent;
  const parent = inner.parent;
  if (parent?.kind === 'binary_expression') return 'neutral';
  if (isUnderscored(inner)) return 'neutral';
  const wrapper = wrapperOver(inner, types);
  if (wrapper !== null) return wrapperUse(wrapper, types, scope);
  const call = callAround(inner);
  if (call === null) return 'handOver';
  const callee = types.calleeOf(call);
  if (callee.kind === 'package') {
    return READING.test(callee.path) || callee.name === 'ServeContent' ? 'neutral' : 'handOver';
  }
  if (callee.kind !== 'method' || callee.type === null) return 'handOver';
  const owner = callee.type.replace(/^\*/, '');
  return READING.test(owner.slice(0, owner.lastIndexOf('.'))) ? 'neutral' : 'handOver';
}

/** `_ = file` */
function isUnderscored(value: GoNode): boolean {
  const statement = value.parent?.kind === 'expression_list' ? value.parent.parent : null;
  if (statement?.kind !== 'assignment_statement' || value.parent?.field !== 'right') return false;
  return assignedExpressions(statement).every(isBlank);
}

function wrapperUse(call: GoNode, types: GoTypes, scope: GoScope): CustodyUse {
  let reader = call;
  for (let outer = wrapperOver(reader, types); outer !== null; outer = wrapperOver(reader, types)) reader = outer;
  const parent = reader.parent;
  if (parent?.kind === 'selector_expression') return 'neutral';
  const list = parent?.kind === 'expression_list' ? parent : null;
  const statement = list?.field === 'right' ? list.parent : null;
  if (statement?.kind !== 'short_var_declaration') {
    const outer = callAround(reader);
    const callee = outer === null ? null : types.calleeOf(outer);
    return callee?.kind === 'package' && READING.test(callee.path) ? 'neutral' : 'handOver';
  }
  const [target] = assignedExpressions(statement);
  const binding = target === undefined ? null : scope.bindingOf(target);
  if (binding === null) return 'neutral';
  const isKept = binding.uses.some((use) => {
    if (isAssigned(use) || use.parent?.kind === 'selector_expression' || use.parent?.kind === 'range_clause')
      return false;
    const outer = callAround(use);
    const callee = outer === null ? null : types.calleeOf(outer);
    return callee?.kind !== 'package' || !READING.test(callee.path) || WRAPPING.test(callee.name);
  });
  return isKept ? 'handOver' : 'neutral';
}

/** Methods that give the thing behind to somebody who may keep it. */
const EXPOSING = /^(?:Fd|File|SyscallConn|NetConn|Hijack|Raw|UnderlyingConn)$/;

function useOf(use: GoNode, resource: Resource, types: GoTypes, scope: GoScope): CustodyUse {
  if (isAssigned(use)) return 'neutral';
  const parent = use.parent;
  if (resource.kind === 'cancel') {
    if (isUnderscored(use)) return 'neutral';
    return parent?.kind === 'call_expression' && use.field === 'function' ? 'release' : 'handOver';
  }
  if (parent?.kind !== 'selector_expression' || parent.child('operand')?.index !== use.index) {
    return parent?.kind === 'range_clause' ? 'neutral' : wholeUse(use, types, scope);
  }
  const field = parent.child('field')?.text ?? '';
  // A goroutine that accepts connections has the listener from then on.
  if (field === 'Accept' && resource.kind === 'listener' && use.ancestor('go_statement') !== null) return 'handOver';
  if (resource.releases.includes(field)) return 'release';
  if (/^(?:Close|Shutdown|Stop|Release|Detach)\w*$/.test(field)) return 'release';
  if (EXPOSING.test(field)) return 'handOver';
  // A ticker's channel given away takes the ticker with it.
  if (field === 'C' && resource.kind === 'ticker') {
    const around = parent.parent;
    return around?.kind === 'unary_expression' || around?.kind === 'range_clause' ? 'neutral' : 'handOver';
  }
  // A method that is not called, and what a transaction is asked to give, may go anywhere.
  return parent.parent?.kind === 'call_expression' && parent.field === 'function' ? 'neutral' : 'handOver';
}

/** The statement that stands in a branch which the variable outlives: its release may hang on the same condition. */
function isConditional(acquired: Acquired): boolean {
  const { statement, binding } = acquired;
  const declared = binding.node.ancestor('block', 'statement_list', ...FUNCTION_KINDS);
  const own = statement.ancestor('block', 'statement_list', ...FUNCTION_KINDS);
  return declared !== null && own !== null && own.index !== declared.index && own.ancestor('for_statement') === null;
}

/** Whether a test that failed says that nothing is held any more. */
function isOver(test: GoNode | null, binding: GoBinding, { kind }: Resource, scope: GoScope): boolean {
  // `for range ticker.C` has no end: nobody closes that channel.
  if (kind === 'ticker' && test?.kind === 'range_clause') {
    const [operand] = test.child('right')?.descendants('identifier') ?? [];
    return operand !== undefined && scope.bindingOf(operand) === binding;
  }
  // `rows.Next()` has said that there are no more: the rows have closed themselves.
  if (kind !== 'rows' || test?.kind !== 'call_expression') return false;
  const callee = test.child('function');
  const operand = callee?.child('operand') ?? null;
  return (
    callee?.child('field')?.text === 'Next' && operand?.kind === 'identifier' && scope.bindingOf(operand) === binding
  );
}

/** `rows.Err() != nil`: rows that have failed have closed themselves. */
function hasFailed(test: GoNode | null, binding: GoBinding, scope: GoScope): boolean {
  const comparison = test === null ? null : nilComparison(test);
  if (comparison === null || comparison.equal) return false;
  let { operand } = comparison;
  if (operand.kind === 'identifier') {
    // `if err := rows.Err(); err != nil`
    const initializer = test?.ancestor('if_statement')?.child('initializer') ?? null;
    const [value, ...others] = initializer === null ? [] : assignedValues(initializer);
    const [target] = initializer === null ? [] : assignedExpressions(initializer);
    if (value === undefined || others.length > 0 || target?.text !== operand.text) return false;
    operand = value;
  }
  const callee = operand.child('function');
  const rows = callee?.child('operand') ?? null;
  return callee?.child('field')?.text === 'Err' && rows?.kind === 'identifier' && scope.bindingOf(rows) === binding;
}

/** A statement without its body. */
function shown(node: GoNode): { start: number; end: number } {
  const lineEnd = node.text.search(/[\r\n]/);
  return { start: node.start, end: lineEnd < 0 ? node.end : node.start + lineEnd };
}

function judge(
  acquired: Acquired,
  resource: Resource,
  ctx: Context,
  scope: GoScope,
  types: GoTypes,
): PendingVerdict | null {
  const { statement, call, binding } = acquired;
  const flow = flowAround(ctx, statement);
  if (flow === null) return null;
  const custody = custodyOf(acquired, flow, scope, {
    useOf: (use) => useOf(use, resource, types, scope),
    isOver: ({ label, from }, around) =>
      label === 'false'
        ? isOver(around.node(from), binding, resource, scope)
        : label === 'true' && resource.kind === 'rows' && hasFailed(around.node(from), binding, scope),
  });
  if (custody === null) return null;
  const { releases, handOvers } = custody;
  // The end of the program gives everything back.
  const owner = flow.function;
  const isMain = /^(?:main|init)$/.test(functionName(owner)) && ctx.file.header.packageName === 'main';
  const leak = custody.overwritten ? null : custody.escape();
  if (!custody.overwritten && leak === null) {
    return releases > 0 ? { kind: 'pass', subject: call.span } : null;
  }
  const isNever = releases === 0 && handOvers === 0;
  if (isMain && resource.kind !== 'writer') return null;
  // What a failed path leaves behind of a writer is garbage anyway.
  if (resource.kind === 'writer' && !isNever) return null;
  if (!isNever && isConditional(acquired)) return null;
  const last = leak === null || isNever ? null : flow.node(leak.last);
  const related: Related[] =
    last === null || last.index === statement.index
      ? []
      : [
          {
            span: shown(last),
            message: `The ${NOUNS[resource.kind]} is not given back when the function is left here.`,
          },
        ];
  const text = releaseText(binding.name, resource);
  return {
    kind: 'fail',
    subject: call.span,
    message: isNever ? 'never' : custody.overwritten ? 'overwritten' : 'path',
    args: { name: binding.name, noun: NOUNS[resource.kind], release: text },
    related,
    severity: SEVERITIES[resource.kind],
    fixes: fixesOf(acquired, resource, text, releases > 0 || handOvers > 0),
  };
}

/** The call that gives the value back. */
function releaseText(name: string, { releases, kind }: Resource): string {
  if (kind === 'cancel') return `${name}()`;
  return `${name}.${kind === 'transaction' ? 'Rollback' : releases[0]!}()`;
}

/** `defer file.Close()`; rolling back what was committed does nothing, so that a transaction may defer it, too. */
function fixesOf(acquired: Acquired, resource: Resource, text: string, isReleased: boolean): readonly Fix[] {
  if (isReleased && resource.kind !== 'transaction') return [];
  if (acquired.binding.uses.some(isAssigned) || /^_$/.test(acquired.binding.name)) return [];
  const place = deferralPlace(acquired);
  if (place === null || /(?:context|gorm)/.test(text)) return [];
  return [
    {
      title: `Add defer ${text}`,
      safety: 'suggestion',
      preferred: true,
      edits: [{ kind: 'replace', span: { start: place.at, end: place.at }, newText: `${place.before}defer ${text}` }],
    },
  ];
}

/** Rows of any library: asked for by a query, walked by Next and read by Scan. */
const ROWS: Resource = { kind: 'rows', results: 2, position: 0, releases: ['Close'] };

function looksLikeRows(binding: GoBinding): boolean {
  const called = new Set(
    binding.uses.map((use) => (use.parent?.kind === 'selector_expression' ? use.parent.child('field')?.text : '')),
  );
  return called.has('Next') && (called.has('Scan') || called.has('StructScan') || called.has('MapScan'));
}

const ROW_CALLS = /^(?:Query(?:x|Context|xContext)?|NamedQuery(?:Context)?|Rows)$/;

/** `file, err := os.Open(path)` and the like. */
const assigned: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['short_var_declaration', 'assignment_statement'],
  triggers: [...new Set([...RESOURCE_CALLS, 'Rows'])].map((name) => `.${name}(`),
  *check(node, ctx): Iterable<Verdict> {
    const values = assignedValues(node);
    const call = values.length === 1 ? unparenthesized(values[0]!) : null;
    if (call?.kind !== 'call_expression') return;
    const name = calledName(call);
    if (!RESOURCE_CALLS.has(name) && name !== 'Rows') return;
    const types = typesAround(ctx, node);
    const scope = scopeAround(ctx, node);
    if (types === null || scope === null) return;
    const callee = types.calleeOf(call);
    if (callee.kind !== 'package' && callee.kind !== 'method') return;
    const targets = assignedExpressions(node);
    const known = resourceOf(calleeId(callee));
    if (known === null && callee.kind === 'package') return;
    if (known === null && callee.kind === 'method' && callee.type !== null) return;
    const candidates = known === null ? [targets[0]!] : [targets[known.position]];
    const [target] = candidates;
    if (target === undefined || (known !== null && known.results !== targets.length)) return;
    if (known?.kind === 'cancel' && isBlank(target)) {
      yield { kind: 'fail', subject: target.span, message: 'dropped', severity: 'medium' };
      return;
    }
    const binding = target.kind === 'identifier' ? scope.bindingOf(target) : null;
    if (binding === null || binding.kind !== 'variable') return;
    const last = targets.length > 1 ? targets.at(-1)! : null;
    const error = known?.kind !== 'cancel' && last?.kind === 'identifier' ? scope.bindingOf(last) : null;
    const acquired: Acquired = { statement: node, call, binding, error };
    if (known !== null) {
      const verdict = judge(acquired, known, ctx, scope, types);
      if (verdict === null) return;
      // The garbage collector takes a ticker that nobody holds since Go 1.23.
      if (known.kind === 'ticker' && verdict.kind === 'fail')
        yield fact(VERSION_FACT, '1.23', pendingValue(verdict), call);
      else yield verdict;
      return;
    }
    if (targets.length !== 2 || callee.kind !== 'method') return;
    if (ROW_CALLS.test(name) && looksLikeRows(binding)) {
      const verdict = judge(acquired, ROWS, ctx, scope, types);
      if (verdict !== null) yield verdict;
      return;
    }
    const resource = MEMBERS[name];
    const chain = resource === undefined ? null : chainOf(callee.receiver, chainContext(scope, types));
    if (resource === undefined || chain === null) return;
    const verdict = judge(acquired, resource, ctx, scope, types);
    if (verdict === null) return;
    const value: Maybe = { name, kind: resource.kind, verdict };
    yield fact(MAYBE_FACT, chain, value as never, call);
  },
};

/** Methods of values whose type the workspace tells: a database in a field, for instance. */
const MEMBERS: Readonly<Record<string, Resource>> = Object.fromEntries(
  ['database/sql.DB', 'github.com/jmoiron/sqlx.DB', 'github.com/jackc/pgx/v5/pgxpool.Pool', 'net.Dialer'].flatMap(
    (owner) =>
      [...RESOURCE_CALLS].flatMap((name) => {
        const resource = resourceOf(`${owner}.${name}`);
        return resource === null ? [] : [[name, resource] as const];
      }),
  ),
);

/** `cmd.Start()` without a `Wait`: the child stays a zombie. */
const started: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['.Start()'],
  calls: (name) => name === 'Start',
  *check(node, ctx): Iterable<Verdict> {
    const scope = scopeAround(ctx, node);
    const types = typesAround(ctx, node);
    if (scope === null || types === null || calleeId(types.calleeOf(node)) !== 'os/exec.Cmd.Start') return;
    const operand = node.child('function')?.child('operand') ?? null;
    const binding = operand?.kind === 'identifier' ? scope.bindingOf(operand) : null;
    if (binding === null || binding.kind !== 'variable') return;
    let waits = false;
    for (const use of binding.uses) {
      if (use.index === operand!.index || isAssigned(use)) continue;
      const selector = use.parent;
      // Whoever is given the command may wait for it.
      if (selector?.kind !== 'selector_expression') return;
      const field = selector.child('field')?.text ?? '';
      if (field === 'Wait') waits = true;
      else if (field === 'Process' && !isOnlySignalled(selector)) return;
    }
    if (waits) yield { kind: 'pass', subject: node.span };
    else if (endsTheProgram(node)) return;
    else if (functionName(node.ancestor(...FUNCTION_KINDS) ?? node) !== 'main')
      yield { kind: 'fail', subject: node.span, message: 'child', args: { name: binding.name }, severity: 'medium' };
  },
};

/** Whether the program ends behind the statement: the child is meant to outlive it. */
function endsTheProgram(call: GoNode): boolean {
  for (let list = call.ancestor('statement_list', ...FUNCTION_KINDS); list?.kind === 'statement_list'; ) {
    if (statementsOf(list).some((later) => later.start > call.end && /^os\.Exit\(/.test(later.text))) return true;
    list = list.ancestor('statement_list', ...FUNCTION_KINDS);
  }
  return false;
}

/** `cmd.Process.Kill()`, `cmd.Process.Pid` */
function isOnlySignalled(process: GoNode): boolean {
  const outer = process.parent;
  return outer?.kind === 'selector_expression' && /^(?:Kill|Signal|Pid)$/.test(outer.child('field')?.text ?? '');
}

export const goDetectors = [assigned, started];
