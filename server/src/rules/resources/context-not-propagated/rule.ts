/**
 * Work that cannot be cancelled: requests, queries, commands and waits that take no context, or a fresh one although
 * the caller's is at hand. Start-up, clean-up, goroutines and whatever a comment explains are left alone, since they
 * may have to outlive the caller.
 */
import type { Fact, Fix, FixEdit, Severity, Verdict, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { type ChunkContext, defineRule, fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { chainContext, chainOf } from '../../../languages/go/chains.ts';
import { type GoHeader, localNameOf } from '../../../languages/go/header.ts';
import { typeOfChain } from '../../../languages/go/libraryChains.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { type PendingVerdict, pendingValue, settled } from '../../../languages/go/pending.ts';
import { type ContextAtHand, contextAtHand, isFreshContext } from '../../../languages/go/requests.ts';
import { type GoIndex, goIndex } from '../../../languages/go/resolve.ts';
import { type GoScope, scopeAround } from '../../../languages/go/scope.ts';
import {
  assignedExpressions,
  callArguments,
  calledName,
  commentText,
  FUNCTION_KINDS,
  functionName,
  indentationOf,
  integerLiteralValue,
  leadingCommentText,
  lineBreakOf,
  nilComparison,
  operatorOf,
  resultsOf,
  selectorPath,
  statementOf,
  statementsOf,
  topLevelOf,
  unparenthesized,
} from '../../../languages/go/syntax.ts';
import { calleeId, type GoTypes, typesAround } from '../../../languages/go/types.ts';

type Context = ChunkContext<unknown, GoHeader>;

/** Functions that run before there is anybody to cancel them. */
const START_UP = /^(?:main|init)$/;
const SET_UP =
  /^(?:[nN]ew|[oO]pen|[cC]onnect|[iI]nit|[sS]et[uU]p|[mM]igrate|[mM]ust|[sS]eed|[bB]ootstrap|[eE]nsure|[cC]reate(?:Tables?|Schema|Index))(?![a-z])/;

function declaredName(node: GoNode): string {
  const declaration = topLevelOf(node);
  return declaration === null ? '' : functionName(declaration);
}

/** `main` of a program, and `init`. */
function isStartUp(node: GoNode): boolean {
  const declaration = topLevelOf(node);
  if (declaration === null || declaration.kind === 'method_declaration') return false;
  // A package-level variable is initialised before anything runs.
  return declaration.kind !== 'function_declaration' || START_UP.test(functionName(declaration));
}

/** Words of a comment that explains why the caller's context is not used. */
const EXPLAINED =
  /\b(?:context|ctx|cancel\w*|detach\w*|background|outliv\w*|independent\w*|regardless|even (?:if|when|after)|async\w*|deliberate\w*|intentional\w*|on purpose)\b/i;

function isExplained(node: GoNode): boolean {
  const statement = statementOf(node);
  if (statement === null) return false;
  const { text } = node.tree;
  const lineEnd = text.indexOf('\n', node.end);
  const trailing = /\/\/[^\r\n]*/.exec(text.slice(node.end, lineEnd < 0 ? text.length : lineEnd))?.[0] ?? '';
  if (EXPLAINED.test(trailing) || EXPLAINED.test(leadingCommentText(statement))) return true;
  for (const comment of statement.descendants('comment')) {
    if (comment.start < node.start && EXPLAINED.test(commentText(comment))) return true;
  }
  return false;
}

interface Scene {
  readonly scope: GoScope;
  readonly types: GoTypes;
  readonly context: ContextAtHand | null;
}

function sceneOf(node: GoNode, ctx: Context): Scene | null {
  const scope = scopeAround(ctx, node);
  const types = typesAround(ctx, node);
  if (scope === null || types === null) return null;
  return { scope, types, context: contextAtHand(node, scope, types) };
}

/** What is lost when a program that nobody calls has no context: less. */
function severityWithout(context: ContextAtHand | null, ctx: Context): { readonly severity?: Severity } {
  return context === null && ctx.file.header.packageName === 'main' ? { severity: 'low' } : {};
}

/** The context for a fix, and the import that it needs. */
function contextText(
  context: ContextAtHand | null,
  ctx: Context,
): { readonly text: string; readonly edits: FixEdit[] } {
  if (context !== null) return { text: context.expression, edits: [] };
  const name = localNameOf(ctx.file.header, 'context') ?? 'context';
  return { text: `${name}.Background()`, edits: [{ kind: 'import', add: ['context'] }] };
}

/** Whether the name `context` means the package where the node stands. */
function canImportContext(scope: GoScope, ctx: Context): boolean {
  const { imports } = ctx.file.header;
  if (scope.bindings.some((binding) => binding.name === 'context')) return false;
  return !imports.some((item) => item.name === 'context' && item.path !== 'context');
}

/** Makes `f(...)` of a package or value `fContext(ctx, ...)`. */
function contextVariant(
  call: GoNode,
  variant: string,
  scene: Scene,
  ctx: Context,
  safety: Fix['safety'],
): readonly Fix[] {
  const name = call.child('function')?.child('field') ?? null;
  const list = call.child('arguments');
  if (name === null || list === null) return [];
  if (scene.context === null && !canImportContext(scene.scope, ctx)) return [];
  const { text, edits } = contextText(scene.context, ctx);
  const separator = callArguments(call).length > 0 ? ', ' : '';
  return [
    {
      title: scene.context === null ? `Use ${variant} with a context` : `Pass ${text} by ${variant}`,
      safety: scene.context === null ? 'suggestion' : safety,
      preferred: true,
      edits: [
        { kind: 'replace', span: name.span, newText: variant },
        { kind: 'replace', span: { start: list.start + 1, end: list.start + 1 }, newText: text + separator },
        ...edits,
      ],
    },
  ];
}

/** Whether the request that the call makes is given a context, or goes where that may happen. */
function isRequestCompleted(call: GoNode, scope: GoScope): boolean {
  const list = call.parent;
  const statement = list?.kind === 'expression_list' ? list.parent : null;
  if (statement?.kind !== 'short_var_declaration' && statement?.kind !== 'assignment_statement') return true;
  const target = assignedExpressions(statement)[0];
  const binding = target?.kind === 'identifier' ? scope.bindingOf(target) : null;
  if (binding === null || binding.kind !== 'variable') return true;
  let sent = false;
  for (const use of binding.uses) {
    const parent = use.parent;
    if (parent?.kind === 'selector_expression') {
      if (/^(?:WithContext|Clone)$/.test(parent.child('field')?.text ?? '')) return true;
    } else if (parent?.kind === 'argument_list' && parent.parent?.kind === 'call_expression') {
      const path = selectorPath(parent.parent.child('function') ?? parent);
      const name = path?.slice(path.lastIndexOf('.') + 1) ?? '';
      // A function that takes a context as well may put it into the request.
      if (callArguments(parent.parent).some((argument) => /^ctx|Ctx$|[cC]ontext/.test(argument.text))) return true;
      if (/^(?:[dD]o|[rR]oundTrip|[sS]end|[eE]xec(?:ute)?|[pP]erform|[fF]etch)(?![a-z])/.test(name)) sent = true;
    } else if (parent?.kind === 'expression_list' && parent.parent?.kind === 'return_statement') {
      return true;
    }
  }
  return !sent;
}

const HTTP_HELPERS = /^(?:Get|Head|Post|PostForm)$/;

const requests: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['NewRequest', '.Get(', '.Head(', '.Post(', '.PostForm('],
  calls: (name) => name.startsWith('NewRequest') || HTTP_HELPERS.test(name),
  *check(node, ctx): Iterable<Verdict> {
    const types = typesAround(ctx, node);
    if (types === null) return;
    const id = calleeId(types.calleeOf(node));
    if (!id.startsWith('net/http.')) return;
    const scene = sceneOf(node, ctx);
    if (scene === null) return;
    if (id === 'net/http.NewRequestWithContext') {
      const [argument] = callArguments(node);
      if (argument !== undefined && !isFreshContext(argument, types)) yield { kind: 'pass', subject: node.span };
      return;
    }
    if (isStartUp(node) || isExplained(node)) return;
    if (id === 'net/http.NewRequest') {
      if (isRequestCompleted(node, scene.scope)) return;
      yield {
        kind: 'fail',
        subject: node.span,
        message: scene.context === null ? 'request' : 'requestAtHand',
        args: { context: scene.context?.expression ?? '' },
        fixes: contextVariant(node, 'NewRequestWithContext', scene, ctx, 'safe'),
        ...severityWithout(scene.context, ctx),
      };
      return;
    }
    if (!/^net\/http\.(?:Client\.)?(?:Get|Head|Post|PostForm)$/.test(id)) return;
    yield {
      kind: 'fail',
      subject: node.span,
      message: 'helper',
      args: { call: node.child('function')!.text },
      fixes: helperFixes(node, id, scene, ctx),
      ...severityWithout(scene.context, ctx),
    };
  },
};

/** A sum as gofmt writes it among several arguments: without spaces around the plus. */
function tightText(expression: GoNode): string {
  let text = expression.text;
  let inner = expression;
  while (inner.kind === 'binary_expression' && operatorOf(inner) === '+') {
    const left = inner.child('left');
    const right = inner.child('right');
    if (left === null || right === null) break;
    text = `${text.slice(0, left.end - expression.start)}+${text.slice(right.start - expression.start)}`;
    inner = left;
  }
  return text;
}

/** `resp, err := http.Get(url)` with its check becomes a request with a context, and `Do`. */
function helperFixes(call: GoNode, id: string, scene: Scene, ctx: Context): readonly Fix[] {
  const statement = call.parent?.parent ?? null;
  if (!id.endsWith('.Get') || statement?.kind !== 'short_var_declaration') return [];
  if (statement.parent?.kind !== 'statement_list') return [];
  const targets = assignedExpressions(statement);
  const [url] = callArguments(call);
  const error = targets[1];
  if (targets.length !== 2 || url === undefined || error === undefined || error.text === '_') return [];
  const check = statement.nextSibling?.isNamed === false ? statement.nextSibling.nextSibling : statement.nextSibling;
  if (check?.kind !== 'if_statement' || check.child('initializer') !== null || check.child('alternative') !== null)
    return [];
  const condition = check.child('condition');
  const test = condition === null ? null : nilComparison(condition);
  const consequence = check.child('consequence');
  if (test === null || test.equal || test.operand.text !== error.text || consequence === null) return [];
  const last = statementsOf(consequence).at(-1);
  if (last?.kind !== 'return_statement' || consequence.text.includes(targets[0]!.text)) return [];
  const request = ['req', 'request', 'httpReq'].find(
    (name) => !scene.scope.bindings.some((binding) => binding.name === name),
  );
  const http = localNameOf(ctx.file.header, 'net/http');
  if (request === undefined || http === null) return [];
  if (scene.context === null && !canImportContext(scene.scope, ctx)) return [];
  const { text, edits } = contextText(scene.context, ctx);
  const callee = call.child('function')!;
  const client = id === 'net/http.Get' ? `${http}.DefaultClient` : (callee.child('operand')?.text ?? '');
  const line = lineBreakOf(call) + indentationOf(statement);
  const newText =
    `${request}, ${error.text} := ${http}.NewRequestWithContext(${text}, ${http}.MethodGet, ${tightText(url)}, nil)` +
    `${line}${check.text}${line}${targets[0]!.text}, ${error.text} := ${client}.Do(${request})`;
  return [
    {
      title: 'Send a request with a context',
      safety: 'suggestion',
      preferred: true,
      edits: [{ kind: 'replace', span: statement.span, newText }, ...edits],
    },
  ];
}

/** `exec.Command` although a context is at hand. */
const commands: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['exec.Command'],
  calls: (name) => name === 'Command' || name === 'CommandContext',
  *check(node, ctx): Iterable<Verdict> {
    const name = calledName(node);
    const scene = sceneOf(node, ctx);
    if (scene === null) return;
    const callee = scene.types.calleeOf(node);
    if (callee.kind !== 'package' || callee.path !== 'os/exec') return;
    if (name === 'CommandContext') {
      const [argument] = callArguments(node);
      if (argument !== undefined && !isFreshContext(argument, scene.types)) yield { kind: 'pass', subject: node.span };
      return;
    }
    if (scene.context === null || scene.context.source === 'variable') return;
    if (isExplained(node) || isStarted(node, scene.scope)) return;
    yield {
      kind: 'fail',
      subject: node.span,
      message: 'command',
      args: { context: scene.context.expression },
      fixes: contextVariant(node, 'CommandContext', scene, ctx, 'suggestion'),
    };
  },
};

/** A command that is started and not waited for goes on by itself. */
function isStarted(call: GoNode, scope: GoScope): boolean {
  const statement = call.parent?.parent ?? null;
  if (call.parent?.kind === 'selector_expression') return call.parent.child('field')?.text === 'Start';
  const target = statement?.kind === 'short_var_declaration' ? assignedExpressions(statement)[0] : undefined;
  const binding = target === undefined ? null : scope.bindingOf(target);
  if (binding === null) return true;
  const methods = binding.uses.map((use) =>
    use.parent?.kind === 'selector_expression' ? use.parent.child('field')?.text : '',
  );
  return !methods.some((method) => /^(?:Run|Output|CombinedOutput|Wait)$/.test(method ?? ''));
}

/** Methods of database handles that have a variant with a context. */
const DATABASE_VARIANT = /^(?:Query|QueryRow|Exec|Prepare|Ping)Context$|^BeginTx$/;
const DATABASE_METHODS: Readonly<Record<string, string>> = {
  Query: 'QueryContext',
  QueryRow: 'QueryRowContext',
  Exec: 'ExecContext',
  Prepare: 'PrepareContext',
  Ping: 'PingContext',
  Begin: 'BeginTx',
};
const DATABASE_TYPE = /^\*?(?:database\/sql\.(?:DB|Tx|Stmt|Conn)|github\.com\/jmoiron\/sqlx\.(?:DB|Tx))$/;

const queries: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['.Query', '.Exec', '.Prepare', '.Ping', '.Begin'],
  calls: (name) => Object.hasOwn(DATABASE_METHODS, name) || DATABASE_VARIANT.test(name),
  *check(node, ctx): Iterable<Verdict> {
    const name = calledName(node);
    const variant = Object.hasOwn(DATABASE_METHODS, name) ? DATABASE_METHODS[name]! : null;
    const scene = sceneOf(node, ctx);
    if (scene === null) return;
    const target = scene.types.calleeOf(node);
    if (target.kind !== 'method' || (target.type !== null && !DATABASE_TYPE.test(target.type))) return;
    const verdict = variant === null ? contextPassed(node, scene) : queryVerdict(node, name, variant, scene, ctx);
    if (verdict === null) return;
    if (target.type !== null) {
      yield verdict;
      return;
    }
    const chain = chainOf(target.receiver, chainContext(scene.scope, scene.types));
    if (chain !== null) yield fact('context-not-propagated.query', chain, pendingValue(verdict), node);
  },
};

function contextPassed(call: GoNode, scene: Scene): PendingVerdict | null {
  const [argument] = callArguments(call);
  if (argument === undefined || isFreshContext(argument, scene.types)) return null;
  return { kind: 'pass', subject: call.span };
}

function queryVerdict(call: GoNode, name: string, variant: string, scene: Scene, ctx: Context): PendingVerdict | null {
  if (isStartUp(call) || isExplained(call)) return null;
  if (scene.context === null && isSetUp(call, name)) return null;
  const fixes = scene.context === null || name === 'Begin' ? [] : contextVariant(call, variant, scene, ctx, 'safe');
  return {
    kind: 'fail',
    subject: call.span,
    message: scene.context === null ? 'query' : 'queryAtHand',
    args: { variant, context: scene.context?.expression ?? '' },
    fixes: name === 'Begin' ? beginFixes(call, scene) : fixes,
    ...(scene.context === null ? { severity: 'low' } : {}),
  };
}

/** Statements are prepared, and tables made, before there is anybody to cancel it. */
function isSetUp(call: GoNode, name: string): boolean {
  if (name === 'Prepare' || SET_UP.test(declaredName(call))) return true;
  return /\b(?:create|alter|drop|pragma)\b|create|schema|migrat|table/i.test(callArguments(call)[0]?.text ?? '');
}

/** `db.Begin()` becomes `db.BeginTx(ctx, nil)`. */
function beginFixes(call: GoNode, scene: Scene): readonly Fix[] {
  const name = call.child('function')?.child('field') ?? null;
  const list = call.child('arguments');
  if (scene.context === null || name === null || list === null || callArguments(call).length > 0) return [];
  const newText = `BeginTx(${scene.context.expression}, nil)`;
  return [
    {
      title: `Pass ${scene.context.expression} by BeginTx`,
      // The transaction is rolled back when the context ends.
      safety: 'suggestion',
      preferred: true,
      edits: [{ kind: 'replace', span: { start: name.start, end: list.end }, newText }],
    },
  ];
}

/**
 * Work that is right to go on without the caller: clean-up and logs. Names that begin so may be asked to delete or end
 * something behind a failure.
 */
const MAY_OUTLIVE =
  /^(?:close|shutdown|stop|clean|release|unlock|runlock|rollback|abort|cancel|delete|remove|revoke|unregister|deregister|undo|flush|end|finish|kill|terminate|destroy|purge|disconnect|leave|wait|log|debug|info|warn|error|fatal|print|trace|audit|notify|publish|emit|record|report|enqueue|schedule|start|spawn|background|watch|serve|listen|run)|log(?:once|always)?if$/i;
/** Functions that are about the end of something, wherever the word stands in their names. */
const ENDING = /release|unlock|clean|shutdown|close|rollback|detach|async|background/i;
/** What is made may keep the context for as long as it lives. */
const MAKES_KEEPER =
  /^(?:new|dial|open|connect|client|tokensource|loaddefault|init|register|with(?:cancel|value|out|context)|clone)|client$|tokensource$/i;

/** `context.Background()` as an argument although the caller's context is at hand. */
const fresh: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['context.Background', 'context.TODO', '.Background()', '.TODO()'],
  calls: (name) => name === 'Background' || name === 'TODO',
  *check(node, ctx): Iterable<Verdict> {
    if (node.parent?.kind !== 'argument_list' || node.parent.parent?.kind !== 'call_expression') return;
    const scene = sceneOf(node, ctx);
    if (scene === null || !isFreshContext(node, scene.types) || scene.context === null) return;
    const { context } = scene;
    if (context.source === 'variable' || isStartUp(node)) return;
    // A function value may run when the caller has long gone.
    if (node.ancestor(...FUNCTION_KINDS)?.index !== context.binding.owner) return;
    const outer = node.parent.parent;
    const path = selectorPath(outer.child('function') ?? outer) ?? '';
    const called = path.slice(path.lastIndexOf('.') + 1);
    if (MAY_OUTLIVE.test(called) || MAKES_KEEPER.test(called)) return;
    if (node.ancestor('go_statement', 'defer_statement', ...FUNCTION_KINDS)?.kind.endsWith('_statement')) return;
    if (isExplained(node) || isBehindDone(node, context)) return;
    if (MAY_OUTLIVE.test(declaredName(node)) || ENDING.test(declaredName(node))) return;
    yield {
      kind: 'fail',
      subject: node.span,
      message: context.source === 'request' ? 'freshRequest' : 'fresh',
      args: { fresh: node.text, context: context.expression },
      fixes: [
        {
          title: `Pass ${context.expression}`,
          safety: 'suggestion',
          preferred: true,
          edits: [
            { kind: 'replace', span: node.span, newText: context.expression },
            { kind: 'import', remove: ['context'] },
          ],
        },
      ],
    };
  },
};

/** Whether the context has certainly ended where the node stands: behind `<-ctx.Done()` or a look at `ctx.Err()`. */
function isBehindDone(node: GoNode, context: ContextAtHand): boolean {
  const owner = node.ancestor(...FUNCTION_KINDS);
  if (owner === null) return false;
  const name = context.expression;
  for (const call of owner.descendants('call_expression')) {
    if (call.start >= node.start) break;
    const path = selectorPath(call.child('function') ?? call);
    if (path !== `${name}.Done` && path !== `${name}.Err` && !call.text.startsWith(`${name}.Done`)) continue;
    const clause = call.ancestor('communication_case', ...FUNCTION_KINDS);
    if (clause?.kind !== 'communication_case' || clause.contains(node)) return true;
  }
  return false;
}

const LONG_MILLISECONDS = 100;
const UNITS: Readonly<Record<string, number>> = {
  Nanosecond: 1e-6,
  Microsecond: 1e-3,
  Millisecond: 1,
  Second: 1e3,
  Minute: 6e4,
  Hour: 3.6e6,
};

/** Milliseconds of `2 * time.Second`; null when that is not written out. */
function millisecondsOf(expression: GoNode): number | null {
  const inner = unparenthesized(expression);
  if (inner.kind === 'selector_expression') return UNITS[inner.child('field')?.text ?? ''] ?? null;
  if (inner.kind !== 'binary_expression' || operatorOf(inner) !== '*') return null;
  const left = inner.child('left');
  const right = inner.child('right');
  if (left === null || right === null) return null;
  const [factor, unit] = [
    integerLiteralValue(left) ?? integerLiteralValue(right),
    millisecondsOf(right) ?? millisecondsOf(left),
  ];
  return factor === null || unit === null ? null : factor * unit;
}

/** `time.Sleep` in a loop of a function that has a context. */
const sleeps: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['time.Sleep'],
  calls: (name) => name === 'Sleep',
  *check(node, ctx): Iterable<Verdict> {
    if (node.parent?.kind !== 'expression_statement') return;
    const loop = node.ancestor('for_statement', ...FUNCTION_KINDS);
    if (loop?.kind !== 'for_statement') return;
    const scene = sceneOf(node, ctx);
    if (scene === null || scene.context === null || scene.context.source === 'variable') return;
    const callee = scene.types.calleeOf(node);
    if (callee.kind !== 'package' || callee.path !== 'time') return;
    const [duration] = callArguments(node);
    const milliseconds = duration === undefined ? 0 : millisecondsOf(duration);
    if (milliseconds !== null && milliseconds < LONG_MILLISECONDS) return;
    const { context } = scene;
    if (node.ancestor(...FUNCTION_KINDS)?.index !== context.binding.owner || isExplained(node)) return;
    if (asksForEnd(loop, context)) return;
    yield {
      kind: 'fail',
      subject: node.span,
      message: 'sleep',
      args: { context: context.expression },
      severity: 'low',
      fixes: sleepFixes(node, duration!, context, loop),
    };
  },
};

/** Whether the loop itself looks whether the context has ended. */
function asksForEnd(loop: GoNode, context: ContextAtHand): boolean {
  const body = loop.child('body');
  for (const name of loop.descendants('identifier')) {
    if (body?.contains(name) === true) break;
    if (name.text === context.binding.name) return true;
  }
  for (const call of loop.descendants('call_expression')) {
    const path = selectorPath(call.child('function') ?? call) ?? '';
    if (path === `${context.binding.name}.Done` || path === `${context.binding.name}.Err`) return true;
    if (call.text.startsWith(`${context.expression}.Done`)) return true;
  }
  return false;
}

function sleepFixes(call: GoNode, duration: GoNode, context: ContextAtHand, loop: GoNode): readonly Fix[] {
  const owner = loop.ancestor(...FUNCTION_KINDS);
  const results = owner === null ? [] : resultsOf(owner);
  const only = results.length === 1 ? results[0]!.type.text : '';
  if (results.length > 1 || (results.length === 1 && only !== 'error')) return [];
  const leave = results.length === 0 ? 'return' : `return ${context.expression}.Err()`;
  const line = lineBreakOf(call) + indentationOf(call.parent!);
  const newText = [
    'select {',
    `case <-time.After(${duration.text}):`,
    `case <-${context.expression}.Done():`,
    `\t${leave}`,
    '}',
  ].join(line);
  return [
    {
      title: `Stop waiting when ${context.expression} ends`,
      safety: 'suggestion',
      preferred: true,
      edits: [{ kind: 'replace', span: call.span, newText }],
    },
  ];
}

/** Whether the chain leads to a database handle. */
function isDatabase(found: Fact, index: GoIndex): boolean {
  return DATABASE_TYPE.test(typeOfChain(index, found.place.path, found.key) ?? '');
}

export const rule = defineRule({
  id: 'context-not-propagated',
  title: "Call ignores the caller's context",
  category: 'resources',
  severity: 'medium',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'An outgoing request, a query, a command or the wait of a retry loop takes no context, or is given a fresh `context.Background()` although the caller has passed one.',
    why: 'When the caller goes away or the process is told to stop, the work goes on: connections stay busy, shutdown waits for its time-out, and a slow peer holds up everything behind it.',
    howToFix:
      'Give the function a `ctx context.Context` as its first parameter and pass it on: `http.NewRequestWithContext`, `db.QueryContext`, `exec.CommandContext`, and a `select` on `ctx.Done()` instead of `time.Sleep`. Work that must outlive the request takes `context.WithoutCancel(ctx)` with a time-out of its own; say so in a comment.',
    refs: ['noctx', 'gosec G118', 'https://go.dev/blog/context'],
  },
  messages: {
    request: 'This request has no context, so nobody can cancel it; take a ctx and use http.NewRequestWithContext.',
    requestAtHand:
      'This request ignores {context}, so it goes on when the caller is gone; use http.NewRequestWithContext.',
    helper: '{call} sends a request without a context; build it with http.NewRequestWithContext and send it with Do.',
    command: 'This command ignores {context} and runs on when it ends; use exec.CommandContext.',
    query: 'This call has no context, so a slow database cannot be left; take a ctx and use {variant}.',
    queryAtHand: 'This call ignores {context}, so it goes on when the caller is gone; use {variant}.',
    fresh: '{fresh} cuts this call off from the caller; pass {context}.',
    freshRequest: '{fresh} cuts this call off from the HTTP request being served; pass {context}.',
    sleep: 'This loop sleeps on when {context} has ended; wait in a select with {context}.Done().',
  },
  fix: 'sometimes',
  on: { go: [requests, commands, queries, fresh, sleeps] },
  workspace: {
    partition: 'directory',
    reads: ['context-not-propagated.query'],
    *judge(facts): Iterable<WorkspaceVerdict> {
      const index = facts.derive(goIndex);
      for (const found of facts.get('context-not-propagated.query')) {
        if (facts.role(found.place.path) !== 'production') continue;
        if (isDatabase(found, index)) yield settled(found, found.value);
      }
    },
  },
});
