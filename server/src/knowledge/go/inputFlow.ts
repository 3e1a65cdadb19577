/**
 * Input that a handler passes on: which arguments of calls hold it, and which parameters of functions reach something
 * that input must not reach. A judge of a rule brings the two together, one call deep, where the function that is
 * called is certain: of the same package, of an imported one, or a method of a type that can be followed.
 */
import type { Json } from '../../core/model/json.ts';
import { directoryOf } from '../../core/model/path.ts';
import type { Fact, FactVerdict, WorkspaceVerdict } from '../../core/model/verdict.ts';
import {
  type Extractor,
  type FactView,
  fact,
  type NodeDetector,
  type WorkspaceJudge,
} from '../../core/rulekit/rule.ts';
import { chainContext, chainOf } from '../../languages/go/chains.ts';
import type { GoHeader } from '../../languages/go/header.ts';
import type { GoNode } from '../../languages/go/nodes.gen.ts';
import { type GoOrigins, goOrigins } from '../../languages/go/origin.ts';
import { type GoIndex, goIndex } from '../../languages/go/resolve.ts';
import { type GoBinding, type GoScope, goScope } from '../../languages/go/scope.ts';
import {
  assignedExpressions,
  callArguments,
  calledName,
  functionName,
  parametersOf,
  receiverOf,
  rootIdentifier,
  topLevelOf,
} from '../../languages/go/syntax.ts';
import { goTypes } from '../../languages/go/types.ts';
import { takesRequest } from './handlers.ts';
import { INPUT_NAMES, type InputKind } from './inputs.ts';
import { isStdlibPath } from './stdlib.ts';

/** Value of `input.argument`; key: name of the function or method that is called. */
type ArgumentFact = {
  readonly position: number;
  readonly kind: InputKind;
  /** '' for a function of the same package, `=name` for an imported package, otherwise a chain to the receiver. */
  readonly chain: string;
  readonly method: boolean;
};

/** Value of `<rule>.sink`; key: name of the function. Positions are those of parameters. */
type SinkFact = {
  readonly positions: readonly number[];
  /** Name of the receiver's type; '' for a function. */
  readonly receiver: string;
  readonly message: string;
  readonly args: Readonly<Record<string, string>>;
};

const argumentsOfHandlers: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['function_declaration', 'method_declaration'],
  triggers: ['http.Request', 'gin.Context', 'echo.Context', 'fiber.Ctx'],
  *check(node, ctx) {
    if (node.parent?.kind !== 'chunk' || !/\.Request\b|\.Context\b|\.Ctx\b/.test(node.text)) return;
    if (!takesRequest(node) && !node.descendants('func_literal').some(takesRequest)) return;
    const scope = ctx.get(goScope, node);
    const types = ctx.get(goTypes, node);
    const origins = ctx.get(goOrigins, node);
    const holders = holdersOfInput(node, scope, origins);
    if (holders === null) return;
    const context = chainContext(scope, types);
    for (const call of node.descendants('call_expression')) {
      const values = callArguments(call);
      if (values.length === 0 || values.length > 8 || TALK.test(calledName(call)) || !values.some(holders)) continue;
      const callee = types.calleeOf(call);
      let chain = '';
      if (callee.kind === 'package') {
        if (isStdlibPath(callee.path)) continue;
        chain = `=${call.child('function')?.child('operand')?.text ?? ''}`;
      } else if (callee.kind === 'method') {
        // What a library or the request itself offers leads nowhere.
        if (callee.type !== null && /[./]/.test(callee.type)) continue;
        const receiver = chainOf(callee.receiver, context);
        if (receiver === null) continue;
        chain = receiver;
      } else if (callee.kind !== 'own') continue;
      for (const [position, value] of values.entries()) {
        if (!/^(?:identifier|selector_expression|call_expression|binary_expression|index_expression)$/.test(value.kind))
          continue;
        if (!holders(value)) continue;
        const type = types.typeOf(value);
        if (type !== null && type !== 'string' && type !== '[]byte') continue;
        const input = origins.inputIn(value);
        if (input === null || (input.input === 'body' && input.fields.length === 0)) continue;
        const found: ArgumentFact = { position, kind: input.input!, chain, method: callee.kind === 'method' };
        yield fact('input.argument', callee.name, found as unknown as Json, value);
      }
    }
  },
};

/** Calls that answer, log or format: nothing that the judged functions do. */
const TALK =
  /^(?:Fail|Ok|Success|Error|Respon|Handle|JSON|Log|Info|Warn|Debug|Print|Sprint|Fprint|With|Set|Bind|ShouldBind)/i;

/** Names of what reads a request: a cheap first look. */
const READS =
  /^(?:\w*FormValue|PathValue|URL|RequestURI|Form|PostForm|\w*Query\w*|Queries|\w*Params?|URLParam\w*|Vars|ByName|GetHeader|Header|Cookies?|(?:Should|Must)?Bind\w*|\w*Parser|FormFile|Body\w*|GetRawData|Host|GetStrings?|Input)$/;

/**
 * Whether an expression may hold input: it reads a request, or names a variable that was ever given something which
 * did. A quick answer that is right when it says no; null when nothing in the declaration reads a request.
 */
function holdersOfInput(
  declaration: GoNode,
  scope: GoScope,
  origins: GoOrigins,
): ((expression: GoNode) => boolean) | null {
  const readers = declaration.descendants('call_expression', 'selector_expression').filter((node) => {
    const name = node.kind === 'call_expression' ? calledName(node) : (node.child('field')?.text ?? '');
    return READS.test(name) && origins.reader.inputAt(node) !== null;
  });
  if (readers.length === 0) return null;
  const holding = new Set<GoBinding>();
  const open: GoNode[] = [...readers];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    const statement = node.ancestor(
      'short_var_declaration',
      'assignment_statement',
      'var_spec',
      'range_clause',
      'expression_statement',
      'block',
    );
    if (statement === null || statement.kind === 'block') continue;
    const targets = [
      ...assignedExpressions(statement),
      ...statement.childrenOf('name'),
      ...statement.descendants('unary_expression').flatMap((inner) => inner.child('operand') ?? []),
      ...(statement.kind === 'expression_statement' ? statement.descendants('identifier') : []),
    ];
    for (const target of targets) {
      const root = rootIdentifier(target);
      const binding = root === null ? null : scope.bindingOf(root);
      if (binding === null || binding.kind === 'parameter' || holding.has(binding)) continue;
      holding.add(binding);
      open.push(...binding.uses);
    }
  }
  return (expression) =>
    readers.some((reader) => expression.contains(reader)) ||
    [expression, ...expression.descendants('identifier')].some((inner) => {
      const binding = inner.kind === 'identifier' ? scope.bindingOf(inner) : null;
      return binding !== null && holding.has(binding);
    });
}

export const extractors: readonly Extractor[] = [
  { id: 'go.input-arguments', language: 'go', detector: argumentsOfHandlers as NodeDetector },
];

/**
 * States that a parameter of the declared function reaches a value untested; null when no parameter does. `neutral`: see
 * `GoOrigins.inputIn`.
 */
export function parameterSink(
  rule: string,
  value: GoNode,
  origins: GoOrigins,
  what: {
    readonly message: string;
    readonly args: Readonly<Record<string, string>>;
    readonly neutral: (via: string) => boolean;
  },
): FactVerdict | null {
  const declaration = topLevelOf(value);
  if (declaration?.kind !== 'function_declaration' && declaration?.kind !== 'method_declaration') return null;
  if (!parametersOf(declaration).some(({ type }) => /^(?:string|\[\]byte)$/.test(type.text))) return null;
  const positions: number[] = [];
  for (const leaf of origins.leavesOf(value)) {
    const parameter = leaf.bindings.at(-1);
    if (leaf.nature !== 'parameter' || parameter?.owner !== declaration.index || leaf.via.some(what.neutral)) continue;
    const parameters = parametersOf(declaration);
    const position = parameters.findIndex((item) => item.node?.index === parameter.node.index);
    const type = parameters[position]?.type.text;
    if ((type === 'string' || type === '[]byte') && !origins.isTested(leaf, value)) positions.push(position);
  }
  if (positions.length === 0) return null;
  const receiver = receiverOf(declaration)?.type ?? '';
  const sink: SinkFact = { positions, receiver, message: what.message, args: what.args };
  return fact(`${rule}.sink`, functionName(declaration), sink as unknown as Json, value);
}

/** Fails sinks whose parameter is given input by a call somewhere in the workspace. */
export function inputSinkJudge(rule: string, takes: (kind: InputKind) => boolean): WorkspaceJudge {
  return {
    partition: 'directory',
    reads: [`${rule}.sink`],
    *judge(facts: FactView): Iterable<WorkspaceVerdict> {
      for (const found of facts.get(`${rule}.sink`)) {
        if (facts.role(found.place.path) !== 'production') continue;
        const sink = found.value as unknown as SinkFact;
        const given = facts.lookup('input.argument', found.key);
        if (given.length === 0) continue;
        const index = facts.derive(goIndex);
        const source = given.find((item) => {
          const value = item.value as unknown as ArgumentFact;
          return (
            sink.positions.includes(value.position) &&
            value.method === (sink.receiver !== '') &&
            takes(value.kind) &&
            facts.role(item.place.path) === 'production' &&
            leadsTo(item, value, sink, facts.partition, index)
          );
        });
        if (source === undefined) continue;
        const kind = (source.value as unknown as ArgumentFact).kind;
        yield {
          kind: 'fail',
          subject: found.place,
          message: sink.message,
          args: { ...sink.args, source: INPUT_NAMES[kind] },
          related: [{ place: source.place, message: `${INPUT_NAMES[kind]} is passed here` }],
        };
      }
    },
  };
}

/** Whether the call is certainly one of the function with the sink. */
function leadsTo(call: Fact, argument: ArgumentFact, sink: SinkFact, directory: string, index: GoIndex): boolean {
  const { path } = call.place;
  if (argument.chain === '') return directoryOf(path) === directory;
  const entity = index.follow(path, argument.chain);
  if (entity === null) return false;
  if (!argument.method) return entity.kind === 'package' && entity.directory === directory;
  if (entity.kind !== 'value') return false;
  const match = /^\*?(?:([\w./~-]+)\.)?(\w+)(?:\[.*\])?$/.exec(entity.type.text);
  if (match === null || match[2] !== sink.receiver) return false;
  const [, imported] = match;
  if (imported === undefined) return entity.type.directory === directory;
  return index.directoryOfImport(entity.type.directory, imported) === directory;
}
