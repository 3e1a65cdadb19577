/**
 * Where the value of an expression comes from inside of one top-level declaration: constants, numbers, parameters of
 * unknown callers, calls that may do anything, or input (see knowledge/go/inputs.ts). Values are followed through
 * variables by the control flow, through concatenation and formatting, and through functions of libraries that pass
 * text on. A function of the code base ends the trail, since it may clean the value; so does a value that is tested
 * before (`if !valid(name) { return }`, a switch, an allow-list). What is left is said with little doubt; nothing here
 * knows other declarations.
 */

import { reaching } from '../../core/flow/paths.ts';
import { type ChunkContext, defineAnalysis } from '../../core/rulekit/rule.ts';
import { createInputReader, type InputKind, type InputReader } from '../../knowledge/go/inputs.ts';
import { type GoFlow, goFlow } from './flow.ts';
import { EMPTY_GO_HEADER, type GoHeader } from './header.ts';
import type { GoNode } from './nodes.gen.ts';
import { type GoBinding, type GoScope, goScope } from './scope.ts';
import {
  assignedExpressions,
  assignedValues,
  callArguments,
  calledName,
  FUNCTION_KINDS,
  isAssigned,
  nilComparison,
  nodeAt,
  operatorOf,
  rootIdentifier,
  selectorPath,
  statementOf,
  stringLiteralValue,
  syntaxChildren,
  topLevelOf,
  unparenthesized,
} from './syntax.ts';
import { type GoTypes, goTypes, pointee } from './types.ts';

/**
 * - `constant`: written in the declaration.
 * - `number`: a number, a truth value or a time, which holds no text of others.
 * - `package`: a name of a package, set by the program.
 * - `field`: a field of a receiver or parameter.
 * - `parameter`: a parameter, of whatever callers.
 * - `call`: the result of a call that may do anything.
 * - `input`: read from a request.
 * - `unknown`: everything else.
 */
export type Nature = 'constant' | 'number' | 'package' | 'field' | 'parameter' | 'call' | 'input' | 'unknown';

/** A value that goes into another one, at the end of a trail. */
export interface Leaf {
  readonly nature: Nature;
  /** The expression that the value begins with. */
  readonly node: GoNode;
  readonly input: InputKind | null;
  /** Names of the functions that the value went through, such as `path/filepath.Base`, and verbs such as `%q`. */
  readonly via: readonly string[];
  /** Variables that the value went through, from the last to the first. */
  readonly bindings: readonly GoBinding[];
  /** Names of the fields that were selected on the way. */
  readonly fields: readonly string[];
}

/** A piece of a text that is put together: constant text, or a value in it. */
export type Piece =
  | { readonly text: string; readonly node: GoNode }
  | {
      readonly text: null;
      readonly node: GoNode /** Verb of the format, such as `%s`; '' without. */;
      readonly verb: string;
    };

export interface GoOrigins {
  readonly reader: InputReader;
  /** All that goes into the value of an expression where it stands. */
  leavesOf(expression: GoNode): readonly Leaf[];
  /**
   * The first input that certainly reaches an expression without being tested, or null. `neutral` says which of the
   * functions on the way make it harmless.
   */
  inputIn(expression: GoNode, neutral?: (via: string) => boolean): Leaf | null;
  /** The text of an expression in its order: what is constant, and the values between. */
  piecesOf(expression: GoNode): readonly Piece[];
  /** Whether a test of the value, or of what follows from it, decides whether the node runs. */
  isTested(leaf: Leaf, node: GoNode): boolean;
}

/** Origins in a top-level declaration (a child of the chunk's root). */
export const goOrigins = defineAnalysis<GoNode, GoOrigins>('go.origins', (declaration, ctx) =>
  createOrigins(
    ctx.get(goScope, declaration),
    ctx.get(goTypes, declaration),
    (ctx.file.header as GoHeader | null) ?? EMPTY_GO_HEADER,
    (owner) => ctx.get(goFlow, owner),
  ),
);

/** Origins in the top-level declaration around any node; null for the root. */
export function originsAround(ctx: ChunkContext, node: GoNode): GoOrigins | null {
  const declaration = topLevelOf(node);
  return declaration === null ? null : ctx.get(goOrigins, declaration);
}

/** The value of a definition: an expression, and which of its results; -1 stands for the elements of a collection. */
interface Source {
  readonly node: GoNode;
  readonly result: number;
}

interface Definition {
  /** Syntax that runs the definition; null for parameters and variables without a value. */
  readonly at: GoNode | null;
  readonly sources: readonly Source[];
  /** Whether nothing of the value before is left. */
  readonly kills: boolean;
}

/** More than this is no text that somebody could follow. */
const STEP_LIMIT = 400;

const TEXT_TYPES = /^(?:string|\[\]byte|\[\]string|\[\]rune|any|rune|byte|uint8|interface\{\.\.\.\})$/;
const NUMBER_TYPES =
  /^(?:u?int(?:8|16|32|64)?|uintptr|float(?:32|64)|bool|error|time\.(?:Time|Duration|Month|Weekday)|net\.IP|net\/netip\.\w+|github\.com\/google\/uuid\.UUID|\[\]u?int(?:16|32|64)?)$/;

/** Functions whose result holds the text of the arguments with these indices. */
const PASSING: Readonly<Record<string, readonly number[]>> = {
  'strings.ToLower': [0],
  'strings.ToUpper': [0],
  'strings.Title': [0],
  'strings.ToTitle': [0],
  'strings.TrimSpace': [0],
  'strings.Trim': [0],
  'strings.TrimLeft': [0],
  'strings.TrimRight': [0],
  'strings.TrimPrefix': [0],
  'strings.TrimSuffix': [0],
  'strings.Split': [0],
  'strings.SplitN': [0],
  'strings.SplitAfter': [0],
  'strings.Fields': [0],
  'strings.Join': [0],
  'strings.Clone': [0],
  'strings.Cut': [0],
  'strings.CutPrefix': [0],
  'strings.CutSuffix': [0],
  'strings.Repeat': [0],
  'strings.NewReader': [0],
  'bytes.TrimSpace': [0],
  'bytes.ToLower': [0],
  'bytes.ToUpper': [0],
  'bytes.NewBuffer': [0],
  'bytes.NewBufferString': [0],
  'bytes.NewReader': [0],
  'bytes.Split': [0],
  'bytes.Join': [0],
  'path.Join': [0, 1, 2, 3, 4, 5],
  'path.Clean': [0],
  'path.Dir': [0],
  'path.Base': [0],
  'path.Ext': [0],
  'path/filepath.Join': [0, 1, 2, 3, 4, 5],
  'path/filepath.Clean': [0],
  'path/filepath.Abs': [0],
  'path/filepath.Dir': [0],
  'path/filepath.Base': [0],
  'path/filepath.Ext': [0],
  'path/filepath.FromSlash': [0],
  'path/filepath.ToSlash': [0],
  'net/url.QueryEscape': [0],
  'net/url.PathEscape': [0],
  'net/url.QueryUnescape': [0],
  'net/url.PathUnescape': [0],
  'net/url.Parse': [0],
  'net/url.ParseRequestURI': [0],
  'html.EscapeString': [0],
  'html.UnescapeString': [0],
  'html/template.HTMLEscapeString': [0],
  'html/template.HTMLEscaper': [0, 1, 2],
  'html/template.JSEscapeString': [0],
  'html/template.URLQueryEscaper': [0],
  'text/template.HTMLEscapeString': [0],
  'html/template.HTML': [0],
  'html/template.JS': [0],
  'html/template.CSS': [0],
  'html/template.URL': [0],
  'html/template.HTMLAttr': [0],
  'strconv.Quote': [0],
  'strconv.Unquote': [0],
  'io.ReadAll': [0],
  'io/ioutil.ReadAll': [0],
  'io.LimitReader': [0],
  'io.NopCloser': [0],
  'io.TeeReader': [0],
  'net/http.MaxBytesReader': [1],
  'bufio.NewReader': [0],
  'bufio.NewScanner': [0],
  'encoding/hex.DecodeString': [0],
  'encoding/json.NewDecoder': [0],
  'encoding/xml.NewDecoder': [0],
  'encoding/json.RawMessage': [0],
  'cmp.Or': [0, 1, 2, 3],
};

/** Functions whose result holds all of their arguments. */
const JOINING = new Set(['fmt.Sprint', 'fmt.Sprintln', 'fmt.Append', 'fmt.Appendln']);

/** Methods whose result holds the text of their receiver. */
const RECEIVER_PASSING = new Set(
  (
    'Get Values String Query Text Bytes Hostname Port EscapedPath EscapedFragment RequestURI ReadString ReadBytes ' +
    'JoinPath ResolveReference Encode Redacted Value Username'
  ).split(' '),
);

/** Methods that fill what they are given a pointer to, from their receiver or other arguments. */
const FILLING =
  /^(?:Decode\w*|Unmarshal\w*|ShouldBind\w*|Bind\w*|MustBind\w*|BodyParser|QueryParser|ParamsParser|ReqHeaderParser|CookieParser|ReadJSON|DecodeJSON)$/;

/** Methods that append to their receiver. */
const WRITING = /^(?:Write|WriteString|WriteByte|WriteRune)$/;

/** Asks what kind of file something is or whether there is one, and nothing about its name. */
const KIND_TEST =
  /\.(?:IsDir|IsRegular|Mode|FileInfo)\(|\.Typeflag\b|\b\w*(?:[Ff]ile|[Pp]ath|[Dd]ir)\w*Exists?\w*\(|\bIs(?:Not)?Exist\(|\bIs(?:File|Dir)\(/;

/** Text that somebody who takes it out of a value wants to be safe from. */
const DANGEROUS = /^["'](?:\.\.\/?|\/|\\\\|'|\\'|\\"|<|>|;|&|\\n|\\r|\\r\\n|\\x00|`|--|\$|\||%)["']$/;

/** Creates the questions for one declaration. */
export function createOrigins(
  scope: GoScope,
  types: GoTypes,
  header: GoHeader,
  flowOf: (owner: GoNode) => GoFlow,
): GoOrigins {
  const reader = createInputReader(scope, types, header);
  const definitions = new Map<number, readonly Definition[]>();

  const definitionsOf = (binding: GoBinding): readonly Definition[] => {
    let known = definitions.get(binding.id);
    if (known === undefined) {
      known = [...declarationsOf(binding), ...binding.uses.flatMap((use) => definitionsAt(use))];
      definitions.set(binding.id, known);
    }
    return known;
  };

  const flowAroundBinding = (binding: GoBinding): GoFlow | null => {
    if (binding.owner < 0) return null;
    return flowOf(nodeAt(binding.node, binding.owner));
  };

  /** The definitions of a variable that may hold where it is used. */
  const reachingDefinitions = (binding: GoBinding, use: GoNode): readonly Definition[] => {
    const all = definitionsOf(binding);
    if (all.length < 2) return all;
    const flow = flowAroundBinding(binding);
    const start = flow?.at(use) ?? -1;
    if (flow === null || start < 0) return all;
    const byNode = new Map<number, Definition[]>();
    const found = new Set<Definition>();
    for (const definition of all) {
      const id = definition.at === null ? flow.graph.entry : flow.at(definition.at);
      // What runs in a literal, or cannot be placed, may run at any time.
      const isPlaced = id >= 0 && (definition.at === null || ownerIndex(definition.at) === binding.owner);
      if (!isPlaced) found.add(definition);
      else byNode.set(id, [...(byNode.get(id) ?? []), definition]);
    }
    const { graph } = flow;
    const seen = new Set<number>();
    const open = [start];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      for (const index of graph.in[id]!) {
        const edge = graph.edges[index]!;
        if (seen.has(edge.from) || isEquality(flow, edge.from, edge.label, binding)) continue;
        seen.add(edge.from);
        const here = byNode.get(edge.from) ?? [];
        for (const definition of here) found.add(definition);
        if (!here.some((definition) => definition.kills)) open.push(edge.from);
      }
    }
    return all.filter((definition) => found.has(definition));
  };

  /** Whether an edge is only taken when the variable equals something that is written there. */
  const isEquality = (flow: GoFlow, from: number, label: string, binding: GoBinding): boolean => {
    if (label === 'always') return false;
    const test = flow.node(from);
    if (test === null) return false;
    const isVariable = (node: GoNode | null): boolean =>
      node !== null &&
      unparenthesized(node).kind === 'identifier' &&
      scope.bindingOf(unparenthesized(node)) === binding;
    if (flow.graph.nodes[from]!.kind === 'case') {
      return label === 'true' && isVariable(test.ancestor('expression_switch_statement')?.child('value') ?? null);
    }
    if (test.kind !== 'binary_expression') return false;
    const operator = operatorOf(test);
    if ((operator !== '==' || label !== 'true') && (operator !== '!=' || label !== 'false')) return false;
    const [left, right] = [test.child('left'), test.child('right')];
    return isVariable(left) || isVariable(right);
  };

  /** What a variable is declared with. */
  const declarationsOf = (binding: GoBinding): readonly Definition[] => {
    const { node } = binding;
    const parent = node.parent;
    if (binding.kind !== 'variable' && binding.kind !== 'constant') return [{ at: null, sources: [], kills: true }];
    if (parent?.kind === 'var_spec' || parent?.kind === 'const_spec') {
      const list = parent.child('value');
      const names = parent.childrenOf('name').filter((name) => name.isNamed);
      const sources = list === null ? [] : valueAt(syntaxChildren(list), positionIn(names, node), names.length);
      return [{ at: parent, sources, kills: true }];
    }
    if (parent?.kind === 'expression_list' && parent.parent !== null) {
      const statement = parent.parent;
      if (statement.kind === 'range_clause') return [rangeDefinition(statement, node)];
      return [assignment(statement, node)];
    }
    if (parent?.parent?.kind === 'type_switch_statement') {
      const value = parent.parent.child('value');
      return [{ at: null, sources: value === null ? [] : [{ node: value, result: 0 }], kills: true }];
    }
    return [{ at: null, sources: [], kills: true }];
  };

  const rangeDefinition = (clause: GoNode, name: GoNode): Definition => {
    const collection = clause.child('right');
    const position = positionIn(assignedExpressions(clause), name);
    const isMap =
      position === 0 &&
      collection !== null &&
      /^(?:map\[|net\/(?:url\.Values|http\.Header))/.test(types.typeOf(collection) ?? '');
    const follows = collection !== null && (position === 1 || isMap);
    return { at: clause, sources: follows ? [{ node: collection, result: -1 }] : [], kills: true };
  };

  const assignment = (statement: GoNode, name: GoNode): Definition => {
    const targets = assignedExpressions(statement);
    const sources = valueAt(assignedValues(statement), positionIn(targets, name), targets.length);
    const operator = statement.kind === 'assignment_statement' ? operatorOf(statement) : '=';
    return { at: statement, sources, kills: operator === '=' || operator === ':=' };
  };

  /** The definitions that a use of a variable makes: assignments, and calls that fill it. */
  const definitionsAt = (use: GoNode): readonly Definition[] => {
    if (isAssigned(use)) {
      const statement = use.parent?.kind === 'expression_list' ? use.parent.parent : null;
      if (statement === null || statement === undefined) return [];
      return [statement.kind === 'range_clause' ? rangeDefinition(statement, use) : assignment(statement, use)];
    }
    const parent = use.parent;
    // `sb.WriteString(x)`
    if (parent?.kind === 'selector_expression' && parent.parent?.kind === 'call_expression') {
      if (parent.field !== 'function' || !WRITING.test(parent.child('field')?.text ?? '')) return [];
      return [{ at: parent.parent, sources: callArguments(parent.parent).map(first), kills: false }];
    }
    // `f(&x)`, `f(x)` where x is a pointer
    const argument = parent?.kind === 'unary_expression' && operatorOf(parent) === '&' ? parent : use;
    const call = argument.parent?.kind === 'argument_list' ? argument.parent.parent : null;
    if (call?.kind !== 'call_expression') return [];
    const name = calledName(call);
    if (/^Fprint(?:f|ln)?$/.test(name) && callArguments(call)[0]?.index === argument.index) {
      return [{ at: call, sources: [{ node: call, result: 0 }], kills: false }];
    }
    if (!FILLING.test(name)) return [];
    const sources = callArguments(call)
      .filter((other) => other.index !== argument.index)
      .map(first);
    const receiver = unparenthesized(call.child('function') ?? call).child('operand');
    if (receiver !== null && types.packageOf(receiver) === null) sources.push({ node: receiver, result: 0 });
    // The call itself reads a request, or something that may be one.
    return [{ at: call, sources: reader.inputAt(call) === null ? sources : [{ node: call, result: 0 }], kills: false }];
  };

  interface Step extends Source {
    readonly via: readonly string[];
    readonly bindings: readonly GoBinding[];
    readonly fields: readonly string[];
  }

  const knownLeaves = new Map<number, readonly Leaf[]>();
  const leavesOf = (expression: GoNode): readonly Leaf[] => {
    const known = knownLeaves.get(expression.index);
    if (known !== undefined) return known;
    const leaves: Leaf[] = [];
    knownLeaves.set(expression.index, leaves);
    const seen = new Set<number>();
    const open: Step[] = [{ node: expression, result: 0, via: [], bindings: [], fields: [] }];
    for (let step = open.pop(), count = 0; step !== undefined; step = open.pop()) {
      const node = unparenthesized(step.node);
      if (seen.has(node.index)) continue;
      seen.add(node.index);
      if (count++ > STEP_LIMIT) {
        leaves.push(leaf('unknown', node, step));
        break;
      }
      const next = follow({ ...step, node });
      if ('nature' in next) leaves.push(next);
      else open.push(...[...next].reverse());
    }
    return leaves;
  };

  const leaf = (nature: Nature, node: GoNode, step: Step, input: InputKind | null = null): Leaf => ({
    nature,
    node,
    input,
    via: step.via,
    bindings: step.bindings,
    fields: step.fields,
  });

  /** One step back from a value: to the values that it is made of, or the end of the trail. */
  const follow = (step: Step): Leaf | readonly Step[] => {
    const { node } = step;
    const to = (...nodes: readonly (GoNode | null)[]): readonly Step[] =>
      nodes.flatMap((other) => (other === null ? [] : [{ ...step, node: other, result: 0 }]));
    const through = (via: string, ...nodes: readonly (GoNode | null)[]): readonly Step[] =>
      to(...nodes).map((other) => ({ ...other, via: [...step.via, via] }));
    switch (node.kind) {
      case 'interpreted_string_literal':
      case 'raw_string_literal':
      case 'nil':
        return leaf('constant', node, step);
      case 'int_literal':
      case 'float_literal':
      case 'rune_literal':
      case 'true':
      case 'false':
      case 'iota':
        return leaf('number', node, step);
      case 'identifier':
        return followIdentifier(step);
      case 'selector_expression':
        return followSelector(step);
      case 'index_expression':
      case 'slice_expression':
      case 'type_assertion_expression':
        return to(node.child('operand'));
      case 'unary_expression': {
        const operator = operatorOf(node);
        if (operator === '&' || operator === '*') return to(node.child('operand'));
        return leaf(operator === '<-' ? 'unknown' : 'number', node, step);
      }
      case 'binary_expression':
        if (operatorOf(node) !== '+') return leaf('number', node, step);
        return to(node.child('left'), node.child('right'));
      case 'variadic_argument':
        return to(node.namedChildren[0] ?? null);
      case 'composite_literal':
        return followLiteral(step);
      case 'type_conversion_expression':
        return through('conversion', node.child('operand'));
      case 'call_expression':
        return followCall(step, to, through);
      default:
        return leaf('unknown', node, step);
    }
  };

  const followIdentifier = (step: Step): Leaf | readonly Step[] => {
    const { node } = step;
    const kind = reader.inputAt(node);
    if (kind !== null) return leaf('input', node, step, kind);
    const binding = scope.bindingOf(node);
    if (binding === null) return leaf('package', node, step);
    const type = types.typeOf(node);
    if (type !== null && NUMBER_TYPES.test(type)) return leaf('number', node, step);
    const reaching = reachingDefinitions(binding, node);
    const steps = reaching
      .flatMap((definition) => definition.sources)
      .map((source) => ({
        ...source,
        via: step.via,
        fields: step.fields,
        bindings: step.bindings.includes(binding) ? step.bindings : [...step.bindings, binding],
      }));
    const isGiven = binding.kind !== 'variable' && binding.kind !== 'constant';
    if (isGiven && (reaching.some((definition) => definition.at === null) || steps.length === 0)) {
      // What a parameter is given where it is also assigned stays unknown.
      if (steps.length === 0) return leaf('parameter', node, { ...step, bindings: [...step.bindings, binding] });
    }
    if (steps.length > 0) return steps;
    // `var name string`: its zero value is constant.
    const isDeclared = reaching.length > 0 && reaching.every((item) => item.at?.kind === 'var_spec');
    return leaf(isDeclared ? 'constant' : 'unknown', node, step);
  };

  const followSelector = (step: Step): Leaf | readonly Step[] => {
    const { node } = step;
    const kind = reader.inputAt(node);
    if (kind !== null) return leaf('input', node, step, kind);
    const operand = node.child('operand');
    if (operand === null) return leaf('unknown', node, step);
    if (types.packageOf(operand) !== null) return leaf('package', node, step);
    const type = types.typeOf(node);
    if (type !== null && NUMBER_TYPES.test(type)) return leaf('number', node, step);
    const root = rootIdentifier(operand);
    const binding = root === null ? null : scope.bindingOf(root);
    if (root === null) return [{ ...step, node: operand, result: 0 }];
    if (binding === null) return leaf('package', node, step);
    const assigned = assignedFields(binding, node);
    if (assigned.length > 0) {
      return assigned.map((value) => ({ ...step, node: value, result: 0, bindings: [...step.bindings, binding] }));
    }
    if ((binding.kind === 'receiver' || binding.kind === 'parameter') && reader.inputAt(root) === null) {
      const filled = definitionsOf(binding).some((item) => item.sources.length > 0);
      if (!filled && !endsInCall(operand) && !isPartOfInput(operand)) return leaf('field', node, step);
    }
    const name = node.child('field')?.text ?? '';
    // Fields that are numbers or lists of them, as far as names tell.
    if (/^(?:ID|Id|Page|Limit|Offset|Size|PageSize|Count|Status|Type|Level)$/.test(name))
      return leaf('unknown', node, step);
    return [{ ...step, node: operand, result: 0, fields: [...step.fields, name] }];
  };

  /** Whether a chain of selectors passes a part of the request: `r.URL` of `r.URL.Path`. */
  const isPartOfInput = (operand: GoNode): boolean => {
    for (let inner: GoNode | null = operand; inner?.kind === 'selector_expression'; inner = inner.child('operand')) {
      if (reader.inputAt(inner) !== null) return true;
    }
    return false;
  };

  const endsInCall = (operand: GoNode): boolean => unparenthesized(operand).kind === 'call_expression';

  /** Values that the declaration assigns to a field such as `x.Name`. */
  const assignedFields = (binding: GoBinding, selector: GoNode): readonly GoNode[] => {
    const path = selectorPath(selector);
    if (path === null) return [];
    return binding.uses.flatMap((use) => {
      let target: GoNode = use;
      while (target.parent?.kind === 'selector_expression') target = target.parent;
      if (target.index === use.index || target.index === selector.index) return [];
      const list = target.parent;
      if (list?.kind !== 'expression_list' || list.field !== 'left' || list.parent === null) return [];
      if (selectorPath(target) !== path) return [];
      const position = positionIn(assignedExpressions(list.parent), target);
      return valueAt(assignedValues(list.parent), position, assignedExpressions(list.parent).length).map(
        ({ node }) => node,
      );
    });
  };

  const followLiteral = (step: Step): Leaf | readonly Step[] => {
    const { node } = step;
    const type = node.child('type');
    const body = node.child('body');
    const isList =
      type?.kind === 'slice_type' || type?.kind === 'implicit_length_array_type' || type?.kind === 'array_type';
    const isMap = type?.kind === 'map_type';
    const elements = body === null ? [] : syntaxChildren(body);
    if ((isList || isMap) && elements.length <= 60) {
      const values = elements.flatMap((element) => {
        const part = element.kind === 'keyed_element' ? syntaxChildren(element)[1] : element;
        const value = part?.kind === 'literal_element' ? syntaxChildren(part)[0] : part;
        return value === undefined ? [] : [value];
      });
      if (values.length === 0) return leaf('constant', node, step);
      return values.map((value) => ({ ...step, node: value, result: 0 }));
    }
    // A literal without names in its values is as constant as its parts.
    const names = body?.descendants('identifier', 'call_expression', 'selector_expression') ?? [];
    const isConstant = body !== null && names.every((inner) => inner.parent?.field === 'key');
    return leaf(isConstant ? 'constant' : 'unknown', node, step);
  };

  const followCall = (
    step: Step,
    to: (...nodes: readonly (GoNode | null)[]) => readonly Step[],
    through: (via: string, ...nodes: readonly (GoNode | null)[]) => readonly Step[],
  ): Leaf | readonly Step[] => {
    const { node, result } = step;
    const kind = reader.inputAt(node);
    if (kind !== null) {
      const isFile = calledName(node) === 'FormFile';
      const isUploadResult = isFile && isServedRequestCall(node) ? result === 1 : result === 0;
      return isUploadResult || (!isFile && result <= 1) ? leaf('input', node, step, kind) : leaf('unknown', node, step);
    }
    const callee = types.calleeOf(node);
    const values = callArguments(node);
    switch (callee.kind) {
      case 'conversion':
        if (callee.type !== null && NUMBER_TYPES.test(callee.type)) return leaf('number', node, step);
        return to(values[0] ?? null);
      case 'builtin':
        if (callee.name === 'append') return to(...values);
        if (callee.name === 'make' || callee.name === 'new') return leaf('constant', node, step);
        return leaf('number', node, step);
      case 'package':
        return followFunction(step, `${callee.path}.${callee.name}`, values, to, through);
      case 'method': {
        const { name } = callee;
        if (name === 'DecodeString') return to(values[0] ?? null);
        const type = callee.type === null ? null : pointee(callee.type);
        if (type !== null && NUMBER_TYPES.test(type) && type !== 'error') return leaf('number', node, step);
        if (type === 'net/url.URL' && name === 'String') return through('net/url.URL.String', callee.receiver);
        if (type === 'net/url.Values' && name === 'Encode') return through('net/url.Values.Encode', callee.receiver);
        if (RECEIVER_PASSING.has(name) && result === 0) return to(callee.receiver);
        // Getters of generated messages.
        const root = /^Get[A-Z]/.test(name) && values.length === 0 ? rootIdentifier(callee.receiver) : null;
        if (root !== null && reader.inputAt(root) !== null) {
          return isNumberType(types.typeOf(node)) ? leaf('number', node, step) : to(callee.receiver);
        }
        return leaf('call', node, step);
      }
      default:
        return leaf('call', node, step);
    }
  };

  const isServedRequestCall = (call: GoNode): boolean => {
    const receiver = unparenthesized(call.child('function') ?? call).child('operand');
    return receiver !== null && reader.isRequest(receiver) !== null;
  };

  const followFunction = (
    step: Step,
    id: string,
    values: readonly GoNode[],
    to: (...nodes: readonly (GoNode | null)[]) => readonly Step[],
    through: (via: string, ...nodes: readonly (GoNode | null)[]) => readonly Step[],
  ): Leaf | readonly Step[] => {
    const { node } = step;
    if (id === 'fmt.Sprintf' || id === 'fmt.Fprintf') {
      const [format, ...rest] = id === 'fmt.Sprintf' ? values : values.slice(1);
      if (format === undefined) return leaf('unknown', node, step);
      const verbs = verbsOf(format);
      if (verbs === null) return to(format, ...rest);
      const steps = rest.flatMap((value, at) => {
        const verb = verbs[at] ?? '%v';
        if (/[dbcoxXUeEfFgGtTp]$/.test(verb)) return [];
        return verb.endsWith('q') ? through('%q', value) : to(value);
      });
      return steps.length === 0 ? leaf('constant', node, step) : steps;
    }
    if (/^fmt\.Fprint(?:ln)?$/.test(id)) return to(...values.slice(1));
    if (JOINING.has(id)) return to(...values);
    if (/^(?:strings|bytes)\.(?:Replace|ReplaceAll)$/.test(id)) {
      const old = values[1];
      if (old === undefined || !/_literal$/.test(old.kind) || DANGEROUS.test(old.text)) return leaf('call', node, step);
      return to(values[0] ?? null);
    }
    if (Object.hasOwn(PASSING, id)) {
      const isLast = id.endsWith('.Cut') ? step.result > 1 : step.result > 0;
      if (isLast) return leaf('unknown', node, step);
      const parts = PASSING[id]!.map((at) => values[at] ?? null);
      // `filepath.Clean("/" + name)` and `path.Join("/", name)` stay below the root.
      if (/^path(?:\/filepath)?\.(?:Clean|Join)$/.test(id) && isRooted(values[0])) return through('rooted', ...parts);
      return through(id, ...parts);
    }
    const results = types.resultTypesOf(node);
    if (isNumberType(results?.[Math.max(step.result, 0)] ?? null)) return leaf('number', node, step);
    return leaf('call', node, step);
  };

  /** Whether a path begins with a constant separator. */
  const isRooted = (value: GoNode | undefined): boolean => {
    if (value === undefined) return false;
    const firstPiece = piecesOf(value)[0];
    return firstPiece !== undefined && firstPiece.text !== null && /^[/\\]$/.test(firstPiece.text);
  };

  const verbsOf = (format: GoNode): readonly string[] | null => {
    const text = constantText(format);
    if (text === null) return null;
    const verbs: string[] = [];
    for (const [whole, index, letter] of text.matchAll(VERB)) {
      if (index !== '' || whole.includes('*')) return null;
      if (letter !== '%') verbs.push(whole);
    }
    return verbs;
  };

  let formatDepth = 0;
  /** The whole text when it is constant in the declaration. Formats that are made by formats soon are none. */
  const constantText = (expression: GoNode): string | null => {
    const literal = stringLiteralValue(expression);
    if (literal !== null || formatDepth >= 3) return literal;
    formatDepth++;
    const pieces = piecesOf(expression);
    formatDepth--;
    return pieces.some((piece) => piece.text === null) ? null : pieces.map((piece) => piece.text).join('');
  };

  const inputIn = (expression: GoNode, neutral: (via: string) => boolean = () => false): Leaf | null => {
    for (const found of leavesOf(expression)) {
      if (found.nature !== 'input' || found.via.some(neutral)) continue;
      if (!isTested(found, expression)) return found;
    }
    return null;
  };

  /** Whether a use of a variable is about what the trail follows, and not about another field of it. */
  const isOfTrail = (use: GoNode, fields: readonly string[]): boolean => {
    const selector = use.parent;
    if (selector?.kind !== 'selector_expression' || fields.length === 0) return true;
    if (selector.parent?.kind === 'call_expression' && selector.field === 'function') return true;
    return fields.includes(selector.child('field')?.text ?? '');
  };

  /** The variables of the same range clause. */
  const rangeSiblings = (binding: GoBinding): readonly GoBinding[] => {
    const clause = binding.node.parent?.parent ?? null;
    if (clause?.kind !== 'range_clause') return [];
    return assignedExpressions(clause).flatMap((target) => scope.bindingOf(target) ?? []);
  };

  /** The variables that are given a value which is made of one of these. */
  const derivedFrom = (bindings: readonly GoBinding[], fields: readonly string[]): ReadonlySet<GoBinding> => {
    // A test of the key of a map is one of its value.
    const all = new Set([...bindings, ...bindings.flatMap(rangeSiblings)]);
    const open = [...all];
    for (let binding = open.pop(); binding !== undefined; binding = open.pop()) {
      for (const use of binding.uses) {
        const statement = isOfTrail(use, fields) ? assigningStatement(use) : null;
        if (statement === null || isTrivialDerivation(statement, use)) continue;
        for (const target of assignedExpressions(statement)) {
          const other = target.kind === 'identifier' ? scope.bindingOf(target) : null;
          if (other === null || all.has(other)) continue;
          all.add(other);
          open.push(other);
        }
      }
    }
    return all;
  };

  /** Whether a call tells nothing about its argument but whether it can be read: files, decoding, queries. */
  const isTrivialDerivation = (statement: GoNode, use: GoNode): boolean => {
    const call = use.ancestor('call_expression');
    if (call === null || !statement.contains(call)) return false;
    if (FILLING.test(calledName(call))) return true;
    const callee = types.calleeOf(call);
    if (callee.kind !== 'package') return false;
    return /^(?:os|io|io\/ioutil|fmt|encoding\/.*|net\/http|net\/url|os\/exec|database\/sql|bufio|bytes|html\/template|text\/template|path\/filepath\.(?:Abs|Glob|Walk\w*|EvalSymlinks))(?:$|\.)/.test(
      callee.path === 'path/filepath' ? `${callee.path}.${callee.name}` : callee.path,
    );
  };

  const isTested = (leaf: Leaf, node: GoNode): boolean => {
    const { bindings, fields } = leaf;
    const seeds = seedsOf(leaf);
    if (bindings.length === 0 && seeds.uses.length === 0) return false;
    const derived = derivedFrom([...bindings, ...seeds.bindings], fields);
    for (let owner = node.ancestor(...FUNCTION_KINDS); owner !== null; owner = owner.ancestor(...FUNCTION_KINDS)) {
      const flow = flowOf(owner);
      const sink = flow.at(node);
      if (sink < 0) continue;
      const tests = testsOf(derived, fields, owner, flow);
      for (const use of seeds.uses) if (owner.contains(use)) addTest(tests, use, flow);
      // A way that comes by the place where the value is read again is about another value.
      const root = seeds.root === null ? new Set<number>() : nodesDefining(seeds.root, flow, sink);
      const last = bindings.at(-1);
      const chains = last === undefined ? [] : [new Set([...root, ...nodesDefining(last, flow, sink)])];
      for (const blocked of tests.size === 0 ? [] : [...chains, root]) {
        const reaches = reaching(flow.graph, sink, blocked);
        for (const test of tests) {
          if (test === sink) continue;
          const ways = flow.graph.out[test]!.map((index) => reaches[flow.graph.edges[index]!.to]);
          if (ways.includes(1) && ways.includes(0)) return true;
        }
      }
    }
    return false;
  };

  const nodesDefining = (binding: GoBinding, flow: GoFlow, except: number): ReadonlySet<number> => {
    const ids = definitionsOf(binding).map((definition) => (definition.at === null ? -1 : flow.at(definition.at)));
    return new Set(ids.filter((id) => id >= 0 && id !== except));
  };

  /** Other places where the same input is read, such as a second `f.Name`: their uses, and variables made of them. */
  const seedsOf = (
    leaf: Leaf,
  ): {
    readonly root: GoBinding | null;
    readonly uses: readonly GoNode[];
    readonly bindings: readonly GoBinding[];
  } => {
    const root = leaf.node.kind === 'identifier' ? null : rootIdentifier(leaf.node);
    const binding = root === null ? null : scope.bindingOf(root);
    if (binding === null) return { root: null, uses: [], bindings: [] };
    const { text } = leaf.node;
    const uses = binding.uses.filter(
      (use) => use.start !== leaf.node.start && use.tree.text.startsWith(text, use.start),
    );
    const bindings = uses.flatMap((use) => {
      const statement = assigningStatement(use);
      if (statement === null || isTrivialDerivation(statement, use)) return [];
      return assignedExpressions(statement).flatMap((target) => {
        const other = target.kind === 'identifier' ? scope.bindingOf(target) : null;
        return other === null || leaf.bindings.includes(other) ? [] : [other];
      });
    });
    return { root: binding, uses, bindings };
  };

  /** Conditions and cases that ask for more of one of the variables than whether it is there. */
  const testsOf = (
    bindings: ReadonlySet<GoBinding>,
    fields: readonly string[],
    owner: GoNode,
    flow: GoFlow,
  ): Set<number> => {
    const tests = new Set<number>();
    for (const binding of bindings) {
      for (const use of binding.uses) {
        if (owner.contains(use) && isOfTrail(use, fields)) addTest(tests, use, flow, binding.name);
      }
    }
    return tests;
  };

  /** Adds what is tested where a value is used. */
  const addTest = (tests: Set<number>, use: GoNode, flow: GoFlow, name = ''): void => {
    const tagged = use.ancestor('expression_switch_statement');
    const tag = tagged?.child('value') ?? null;
    if (tagged !== null && tag?.contains(use) === true) {
      if (KIND_TEST.test(tag.text)) return;
      for (const clause of tagged.namedChildren) {
        const list = clause.kind === 'expression_case' ? clause.child('value') : null;
        for (const value of list === null ? [] : syntaxChildren(list)) {
          const id = flow.at(value);
          if (id >= 0) tests.add(id);
        }
      }
      return;
    }
    const id = flow.at(use);
    const kind = id < 0 ? '' : flow.graph.nodes[id]!.kind;
    if ((kind === 'condition' || kind === 'case') && !isEmptinessTest(flow.node(id)!, use, name)) tests.add(id);
  };

  /** `x == ""`, `len(x) > 100`, `x != nil` for anything but an error. */
  const isEmptinessTest = (test: GoNode, use: GoNode, name: string): boolean => {
    if (KIND_TEST.test(test.text)) return true;
    const comparison = nilComparison(test);
    if (comparison !== null) {
      return !/err/i.test(name) && types.typeOf(use) !== 'error';
    }
    if (test.kind !== 'binary_expression') return false;
    const [left, right] = [test.child('left'), test.child('right')];
    if (left === null || right === null) return false;
    if (/^len\(/.test(left.text) || /^len\(/.test(right.text)) return true;
    return left.text === '""' || right.text === '""' || left.text === '``' || right.text === '``';
  };

  const piecesOf = (expression: GoNode): readonly Piece[] => {
    const pieces: Piece[] = [];
    const expanded = new Set<number>();
    type Task = Piece | { readonly text?: undefined; readonly expand: GoNode; readonly verb: string };
    const open: Task[] = [{ expand: expression, verb: '' }];
    const push = (tasks: readonly Task[]): void => {
      open.push(...[...tasks].reverse());
    };
    const expand = (node: GoNode, verb = ''): Task => ({ expand: node, verb });
    for (let task = open.pop(), count = 0; task !== undefined; task = open.pop()) {
      if (!('expand' in task)) {
        pieces.push(task);
        continue;
      }
      const node = unparenthesized(task.expand);
      const hole: Piece = { text: null, node, verb: task.verb };
      if (count++ > STEP_LIMIT || /[dbcoxXUeEfFgGtTpq]$/.test(task.verb)) {
        pieces.push(hole);
        continue;
      }
      const text = stringLiteralValue(node);
      if (text !== null) {
        pieces.push({ text, node });
        continue;
      }
      if (node.kind === 'binary_expression' && operatorOf(node) === '+') {
        push([node.child('left'), node.child('right')].flatMap((part) => (part === null ? [] : [expand(part)])));
      } else if (node.kind === 'call_expression' || node.kind === 'type_conversion_expression') {
        const parts = callPieces(node);
        if (parts === null) pieces.push(hole);
        else push(parts);
      } else if (node.kind === 'identifier') {
        const binding = scope.bindingOf(node);
        const isVariable = binding?.kind === 'variable' || binding?.kind === 'constant';
        if (!isVariable || expanded.has(binding.id)) {
          // What is added to itself has been taken apart already.
          if (!isVariable) pieces.push(hole);
          continue;
        }
        const reaching = reachingDefinitions(binding, node);
        const sources = reaching.flatMap((definition) => definition.sources);
        const isText = sources.every(({ node: value, result }) => result === 0 && isTextual(value));
        if (sources.length === 0 || !isText) {
          pieces.push(hole);
          continue;
        }
        expanded.add(binding.id);
        push(sources.map(({ node: value }) => expand(value, task.verb)));
      } else pieces.push(hole);
    }
    return pieces;

    function callPieces(call: GoNode): readonly Task[] | null {
      const callee = types.calleeOf(call);
      const values = callArguments(call);
      if (callee.kind === 'package' && callee.path === 'fmt' && /^(?:Sprintf|Fprintf)$/.test(callee.name)) {
        const [format, ...rest] = callee.name === 'Fprintf' ? values.slice(1) : values;
        const pattern = format === undefined ? null : constantText(format);
        return pattern === null || format === undefined ? null : formatted(pattern, format, rest);
      }
      if (callee.kind === 'package' && callee.path === 'fmt' && /^Fprint(?:ln)?$/.test(callee.name)) {
        return values.slice(1).map((value) => expand(value));
      }
      if (
        callee.kind === 'package' &&
        callee.path === 'strings' &&
        /^(?:TrimSpace|ToLower|ToUpper)$/.test(callee.name)
      ) {
        return values.map((value) => expand(value));
      }
      if (callee.kind === 'conversion' && callee.type !== null && TEXT_TYPES.test(callee.type)) {
        return values.map((value) => expand(value));
      }
      if (callee.kind === 'method' && /^(?:String|Bytes)$/.test(callee.name) && values.length === 0) {
        const receiver = unparenthesized(callee.receiver);
        const binding = receiver.kind === 'identifier' ? scope.bindingOf(receiver) : null;
        if (binding === null || expanded.has(binding.id)) return null;
        const written = definitionsOf(binding).filter(
          (definition) => !definition.kills && definition.sources.length > 0,
        );
        if (written.length === 0) return null;
        expanded.add(binding.id);
        return written.flatMap((definition) => definition.sources.map(({ node: value }) => expand(value)));
      }
      return null;
    }

    function formatted(pattern: string, format: GoNode, values: readonly GoNode[]): readonly Task[] | null {
      const tasks: Task[] = [];
      let from = 0;
      let at = 0;
      for (const match of pattern.matchAll(VERB)) {
        const [whole, index, letter] = match;
        if (index !== '' && !/^\[\d+\]$/.test(index!)) return null;
        if (whole.includes('*')) return null;
        tasks.push({ text: pattern.slice(from, match.index) + (letter === '%' ? '%' : ''), node: format });
        from = match.index + whole.length;
        if (letter === '%') continue;
        if (index !== '') at = Number(index!.slice(1, -1)) - 1;
        const value = values[at++];
        if (value === undefined) return null;
        tasks.push(expand(value, `%${letter}`));
      }
      tasks.push({ text: pattern.slice(from), node: format });
      return tasks;
    }
  };

  /** Whether an expression is put together of texts, so that its pieces say more than itself. */
  const isTextual = (expression: GoNode): boolean => {
    const node = unparenthesized(expression);
    switch (node.kind) {
      case 'interpreted_string_literal':
      case 'raw_string_literal':
        return true;
      case 'binary_expression':
        return operatorOf(node) === '+';
      case 'identifier':
        return true;
      case 'call_expression': {
        const callee = types.calleeOf(node);
        if (callee.kind === 'package') {
          return /^(?:fmt\.(?:Sprintf|Fprintf|Fprint|Fprintln)|strings\.(?:TrimSpace|ToLower|ToUpper))$/.test(
            `${callee.path}.${callee.name}`,
          );
        }
        return callee.kind === 'conversion' || (callee.kind === 'method' && /^(?:String|Bytes)$/.test(callee.name));
      }
      default:
        return false;
    }
  };

  return { reader, leavesOf, inputIn, piecesOf, isTested };
}

/** A verb of a format string: flags and width, an index, the letter. */
const VERB = /%[-+# 0]*(?:\d+|\*)?(?:\.(?:\d+|\*)?)?((?:\[\d+\])?)([A-Za-z%])/g;

function isNumberType(type: string | null): boolean {
  return type !== null && NUMBER_TYPES.test(type);
}

const first = (node: GoNode): Source => ({ node, result: 0 });

function positionIn(nodes: readonly GoNode[], node: GoNode): number {
  return nodes.findIndex((other) => other.index === node.index);
}

/** The value at a position on the right of as many targets, or the result of the only call. */
function valueAt(values: readonly GoNode[], position: number, count: number): readonly Source[] {
  if (position < 0) return [];
  if (values.length === count) return [first(values[position]!)];
  if (values.length !== 1) return [];
  return [{ node: values[0]!, result: position }];
}

function ownerIndex(node: GoNode): number {
  return node.ancestor(...FUNCTION_KINDS)?.index ?? -1;
}

/** The assignment whose right side holds the node, within the same statement; null when there is none. */
function assigningStatement(node: GoNode): GoNode | null {
  const statement = node.ancestor('short_var_declaration', 'assignment_statement', 'var_spec', 'range_clause', 'block');
  if (statement === null || statement.kind === 'block') return null;
  return statementOf(node) === null ? null : statement;
}
