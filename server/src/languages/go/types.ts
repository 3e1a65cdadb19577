/**
 * What can be known of types inside one top-level declaration without looking anywhere else: types as written, types
 * of literals and conversions, results of the standard library, and what follows from them. Everything else is
 * unknown (null), never guessed. Types are strings with full import paths, such as `*net/http.Client` or
 * `map[string][]time.Duration`; types of the package itself and type parameters stand by their bare names, the empty
 * interface is `any`, other interfaces and structs without a name are `interface{...}` and `struct{...}`.
 */
import { type ChunkContext, defineAnalysis } from '../../core/rulekit/rule.ts';
import {
  isStdlibType,
  stdlibFieldType,
  stdlibMethodResults,
  stdlibPackage,
  stdlibResults,
} from '../../knowledge/go/stdlib.ts';
import { EMPTY_GO_HEADER, type GoHeader, importedPath } from './header.ts';
import type { GoNode } from './nodes.gen.ts';
import { BUILTIN_FUNCTIONS, type GoBinding, type GoScope, goScope, PREDECLARED_TYPES } from './scope.ts';
import {
  assignedExpressions,
  assignedValues,
  callArguments,
  nodeAt,
  onlyChild,
  operatorOf,
  resultsOf,
  syntaxChildren,
  topLevelOf,
  unparenthesized,
} from './syntax.ts';

/** What a call calls. */
export type GoCallee =
  /** A function of an imported package, or a conversion to one of its types. */
  | { readonly kind: 'package'; readonly path: string; readonly name: string }
  /** A method, or a field that holds a function. `type` is the receiver's, null when unknown. */
  | { readonly kind: 'method'; readonly receiver: GoNode; readonly type: string | null; readonly name: string }
  | { readonly kind: 'builtin'; readonly name: string }
  /** A conversion to a type that is written out or predeclared; null when the type cannot be named. */
  | { readonly kind: 'conversion'; readonly type: string | null }
  /** A local variable that holds a function, or a conversion to a local type. */
  | { readonly kind: 'local'; readonly name: string; readonly binding: GoBinding }
  /** A function or type of this package, or of a package imported with `.`. */
  | { readonly kind: 'own'; readonly name: string }
  | { readonly kind: 'literal'; readonly node: GoNode }
  | { readonly kind: 'unknown' };

export interface GoTypes {
  /** Type of an expression that has one value; null when unknown. */
  typeOf(expression: GoNode): string | null;
  /** Types of all results of a call, null for each unknown one; null when not even their number is known. */
  resultTypesOf(call: GoNode): readonly (string | null)[] | null;
  /** Type that a type node writes; null when it names something that cannot be resolved. */
  typeText(type: GoNode): string | null;
  /** What a call expression (or a conversion expression) calls. */
  calleeOf(call: GoNode): GoCallee;
  /** Import path that an identifier before a dot stands for; null when it is no package. */
  packageOf(identifier: GoNode): string | null;
}

/**
 * Writes the types in the heads of package-level declarations, where only imports and type parameters have a name of
 * their own: see `GoTypes.typeText`. Needs no scope of the declaration.
 */
export function signatureTypes(header: GoHeader): GoTypes['typeText'] {
  return (type) => writeType(type, (identifier) => importedPath(header, identifier.text));
}

/** Types in one top-level declaration (a child of the chunk's root). */
export const goTypes = defineAnalysis<GoNode, GoTypes>('go.types', (declaration, ctx) =>
  createTypes(ctx.get(goScope, declaration), (ctx.file.header as GoHeader | null) ?? EMPTY_GO_HEADER),
);

/** Types of the top-level declaration around any node; null for the root. */
export function typesAround(ctx: ChunkContext, node: GoNode): GoTypes | null {
  const declaration = topLevelOf(node);
  return declaration === null ? null : ctx.get(goTypes, declaration);
}

/**
 * Name of what is called, for look-ups: `net/http.Get` for a function, `net/http.Client.Do` for a method, pointer or
 * not; `append` for a builtin. '' for everything else.
 */
export function calleeId(callee: GoCallee): string {
  if (callee.kind === 'package') return `${callee.path}.${callee.name}`;
  if (callee.kind === 'builtin') return callee.name;
  if (callee.kind !== 'method' || callee.type === null) return '';
  return `${callee.type.replace(/^\*/, '').replace(/\[.*$/, '')}.${callee.name}`;
}

/** Type behind a pointer; the type itself when it is none. */
export function pointee(type: string): string {
  return type.startsWith('*') ? type.slice(1) : type;
}

/** Type of the elements of a slice, array, map, channel or string as written; null for others. */
export function elementOf(type: string): string | null {
  if (type === 'string') return 'byte';
  if (type.startsWith('map[')) return type.slice(closingBracket(type, 3) + 1);
  const channel = /^(?:<-chan|chan<-|chan) /.exec(type);
  if (channel !== null) return type.slice(channel[0].length);
  // Indexing goes through a pointer to an array.
  const array = /^\*\[[^\]]/.test(type) ? type.slice(1) : type;
  return array.startsWith('[') ? array.slice(closingBracket(array, 0) + 1) : null;
}

/** Type of the keys of a map; null for others. */
export function mapKeyOf(type: string): string | null {
  return type.startsWith('map[') ? type.slice(4, closingBracket(type, 3)) : null;
}

function closingBracket(type: string, open: number): number {
  let depth = 0;
  for (let i = open; i < type.length; i++) {
    if (type[i] === '[') depth++;
    if (type[i] === ']' && --depth === 0) return i;
  }
  return type.length;
}

type Answer =
  | { readonly type: string | null }
  /** The type follows from that of another expression. */
  | { readonly of: GoNode; readonly map: (type: string | null) => string | null };

const UNKNOWN: Answer = { type: null };

const same = (of: GoNode): Answer => ({ of, map: (type) => type });
const derived = (of: GoNode, map: (type: string) => string | null): Answer => ({
  of,
  map: (type) => (type === null ? null : map(type)),
});

/** Creates the questions; every answer is kept, so that long chains of calls are followed once. */
export function createTypes(scope: GoScope, header: GoHeader): GoTypes {
  const known = new Map<number, string | null>();
  const knownBindings = new Map<number, string | null>();

  const packageOf = (identifier: GoNode): string | null => {
    if (identifier.kind !== 'identifier' && identifier.kind !== 'package_identifier') return null;
    return scope.bindingOf(identifier) === null ? importedPath(header, identifier.text) : null;
  };

  const typeText = (type: GoNode): string | null => writeType(type, packageOf);

  const typeOf = (expression: GoNode): string | null => {
    const chain: { readonly node: GoNode; readonly map: (type: string | null) => string | null }[] = [];
    let node = expression;
    let type: string | null = null;
    for (;;) {
      const before = known.get(node.index);
      if (before !== undefined) {
        type = before;
        break;
      }
      // An expression that leads back to itself has no type that could be told.
      known.set(node.index, null);
      const answer = ask(node);
      if ('type' in answer) {
        type = answer.type;
        known.set(node.index, type);
        break;
      }
      chain.push({ node, map: answer.map });
      node = answer.of;
    }
    for (let link = chain.pop(); link !== undefined; link = chain.pop()) {
      type = link.map(type);
      known.set(link.node.index, type);
    }
    return type;
  };

  const ask = (node: GoNode): Answer => {
    switch (node.kind) {
      case 'parenthesized_expression': {
        const inner = onlyChild(node);
        return inner === null ? UNKNOWN : same(inner);
      }
      case 'identifier':
        return askIdentifier(node);
      case 'int_literal':
      case 'iota':
        return { type: 'int' };
      case 'float_literal':
        return { type: 'float64' };
      case 'imaginary_literal':
        return { type: 'complex128' };
      case 'rune_literal':
        return { type: 'rune' };
      case 'interpreted_string_literal':
      case 'raw_string_literal':
        return { type: 'string' };
      case 'true':
      case 'false':
        return { type: 'bool' };
      case 'func_literal':
        return { type: typeText(node) };
      case 'composite_literal':
      case 'type_assertion_expression': {
        const type = node.child('type');
        return { type: type === null ? null : typeText(type) };
      }
      case 'unary_expression':
        return askUnary(node);
      case 'binary_expression':
        return askBinary(node);
      case 'selector_expression':
        return askSelector(node);
      case 'index_expression': {
        const operand = node.child('operand');
        return operand === null ? UNKNOWN : derived(operand, elementOf);
      }
      case 'slice_expression': {
        const operand = node.child('operand');
        return operand === null ? UNKNOWN : derived(operand, sliceOf);
      }
      case 'call_expression':
      case 'type_conversion_expression':
        return askCall(node, 0, 1);
      default:
        return UNKNOWN;
    }
  };

  const askUnary = (node: GoNode): Answer => {
    const operand = node.child('operand');
    if (operand === null) return UNKNOWN;
    switch (operatorOf(node)) {
      case '&':
        return derived(operand, (type) => `*${type}`);
      case '*':
        return derived(operand, (type) => (type.startsWith('*') ? type.slice(1) : null));
      case '<-':
        return derived(operand, channelElement);
      case '!':
        return { type: 'bool' };
      default:
        return same(operand);
    }
  };

  const askBinary = (node: GoNode): Answer => {
    const left = node.child('left');
    const right = node.child('right');
    if (left === null || right === null) return UNKNOWN;
    const operator = operatorOf(node);
    if (/^(==|!=|<=?|>=?|&&|\|\|)$/.test(operator)) return { type: 'bool' };
    // `2 * time.Second`: the constant takes the other operand's type, except that a shift has its left one's.
    const isShift = operator === '<<' || operator === '>>';
    const followsRight = isUntyped(left) || packageOf(right.child('operand') ?? right) !== null;
    return same(!isShift && followsRight ? right : left);
  };

  /** Whether an expression is a number, character or text without a type of its own, which its surroundings give. */
  const isUntyped = (expression: GoNode): boolean => {
    let inner = unparenthesized(expression);
    if (inner.kind === 'unary_expression') inner = unparenthesized(inner.child('operand') ?? inner);
    const constant = inner.kind === 'identifier' ? scope.bindingOf(inner) : null;
    if (constant?.kind === 'constant' && constant.node.parent?.child('type') === null) {
      const values = constant.node.parent.child('value');
      return values === null || syntaxChildren(values).every((value) => LITERAL_KINDS.has(value.kind));
    }
    return LITERAL_KINDS.has(inner.kind);
  };

  const askSelector = (node: GoNode): Answer => {
    const operand = node.child('operand');
    const field = node.child('field')?.text ?? '';
    if (operand === null) return UNKNOWN;
    const path = packageOf(operand);
    if (path !== null) return { type: stdlibPackage(path)?.values.get(field) ?? null };
    return derived(operand, (type) => stdlibFieldType(type, field));
  };

  const askIdentifier = (node: GoNode): Answer => {
    const binding = scope.bindingOf(node);
    if (binding === null || binding.kind === 'type' || binding.kind === 'typeParameter' || binding.kind === 'label')
      return UNKNOWN;
    const typeSwitch = binding.node.parent?.parent ?? null;
    if (typeSwitch?.kind === 'type_switch_statement' && binding.node.parent?.field === 'alias')
      return askGuard(node, typeSwitch);
    const before = knownBindings.get(binding.id);
    if (before !== undefined) return { type: before };
    knownBindings.set(binding.id, null);
    const answer = askDeclaration(binding.node);
    if ('type' in answer) {
      knownBindings.set(binding.id, answer.type);
      return answer;
    }
    return {
      of: answer.of,
      map: (type) => {
        const own = answer.map(type);
        knownBindings.set(binding.id, own);
        return own;
      },
    };
  };

  /** `switch x := v.(type)`: in a clause with one type x has that type, elsewhere that of v. */
  const askGuard = (node: GoNode, typeSwitch: GoNode): Answer => {
    let clause: GoNode | null = node;
    while (clause !== null && clause.parent?.index !== typeSwitch.index) clause = clause.parent;
    if (clause?.kind === 'type_case') {
      const types = clause.childrenOf('type').filter((type) => type.isNamed);
      if (types.length === 1 && types[0]!.text !== 'nil') return { type: typeText(types[0]!) };
    }
    const value = typeSwitch.child('value');
    return value === null || clause?.field === 'alias' ? UNKNOWN : same(value);
  };

  /** Type of a variable from where it is declared. */
  const askDeclaration = (name: GoNode): Answer => {
    const parent = name.parent;
    switch (parent?.kind) {
      case 'parameter_declaration':
      case 'var_spec':
      case 'const_spec':
      case 'variadic_parameter_declaration': {
        const type = parent.child('type');
        if (type !== null) {
          const text = typeText(type);
          return { type: text !== null && parent.kind === 'variadic_parameter_declaration' ? `[]${text}` : text };
        }
        const values = parent.child('value');
        const names = parent.childrenOf('name').filter((child) => child.isNamed);
        return values === null ? UNKNOWN : askValue(syntaxChildren(values), indexOf(names, name), names.length);
      }
      case 'expression_list': {
        const statement = parent.parent;
        if (statement === null) return UNKNOWN;
        const targets = assignedExpressions(statement);
        const position = indexOf(targets, name);
        if (statement.kind === 'range_clause') return askRange(statement, position);
        if (statement.kind !== 'short_var_declaration' && statement.kind !== 'receive_statement') return UNKNOWN;
        return askValue(assignedValues(statement), position, targets.length);
      }
      default:
        return UNKNOWN;
    }
  };

  const askRange = (clause: GoNode, position: number): Answer => {
    const collection = clause.child('right');
    if (collection === null) return UNKNOWN;
    return derived(collection, (type) => {
      if (/^(?:<-)?chan /.test(type)) return position === 0 ? channelElement(type) : null;
      if (position === 0) return mapKeyOf(type) ?? (elementOf(type) === null && type !== 'int' ? null : 'int');
      return type === 'string' ? 'rune' : elementOf(type);
    });
  };

  /** Type of the variable at a position on the left of as many values, or of one value with several results. */
  const askValue = (values: readonly GoNode[], position: number, count: number): Answer => {
    if (values.length === count) return position < 0 ? UNKNOWN : same(values[position]!);
    const only = values.length === 1 ? unparenthesized(values[0]!) : null;
    switch (only?.kind) {
      case 'call_expression':
      case 'type_conversion_expression':
        return askCall(only, position, count);
      case 'index_expression':
      case 'type_assertion_expression':
      case 'unary_expression':
        // `v, ok := ...`
        return position === 1 ? { type: 'bool' } : same(only);
      default:
        return UNKNOWN;
    }
  };

  /** Type of one result of a call that is used for `count` values. */
  const askCall = (call: GoNode, position: number, count: number): Answer => {
    const pick = (results: readonly (string | null)[] | null): string | null =>
      results !== null && results.length === count ? (results[position] ?? null) : null;
    const target = targetOf(call);
    if (target.kind === 'method') {
      return derived(target.receiver, (type) => pick(stdlibMethodResults(type, target.name)));
    }
    if (target.kind === 'builtin') return count === 1 ? askBuiltin(call, target.name) : UNKNOWN;
    return { type: pick(resultsWithoutReceiver(target)) };
  };

  const askBuiltin = (call: GoNode, name: string): Answer => {
    const first = callArguments(call)[0];
    switch (name) {
      case 'new':
      case 'make': {
        const type = first === undefined ? null : typeText(first);
        return { type: type !== null && name === 'new' ? `*${type}` : type };
      }
      case 'append':
        return first === undefined ? UNKNOWN : same(first);
      case 'min':
      case 'max': {
        const typed = callArguments(call).find((argument) => !isUntyped(argument)) ?? first;
        return typed === undefined ? UNKNOWN : same(typed);
      }
      case 'len':
      case 'cap':
      case 'copy':
        return { type: 'int' };
      case 'recover':
        return { type: 'any' };
      default:
        return UNKNOWN;
    }
  };

  /** Results of anything but methods and builtins. */
  const resultsWithoutReceiver = (target: Target): readonly (string | null)[] | null => {
    switch (target.kind) {
      case 'package':
        if (isStdlibType(target.path, target.name)) return [`${target.path}.${target.name}`];
        return stdlibResults(target.path, target.name);
      case 'conversion':
        return [target.type];
      case 'literal':
        return resultsOf(target.node).map((result) => typeText(result.type));
      default:
        return null;
    }
  };

  type Target = Exclude<GoCallee, { kind: 'method' }> | Omit<Extract<GoCallee, { kind: 'method' }>, 'type'>;

  /** What a call calls, without the type of a method's receiver. */
  const targetOf = (call: GoNode): Target => {
    if (call.kind === 'type_conversion_expression') {
      const type = call.child('type');
      // `f[T](x)` reads as a conversion, but may be a call.
      if (type?.kind === 'generic_type') return genericTarget(type);
      return { kind: 'conversion', type: type === null ? null : typeText(type) };
    }
    const callee = call.child('function');
    if (callee === null) return { kind: 'unknown' };
    let inner = unparenthesized(callee);
    if (inner.kind === 'index_expression') inner = unparenthesized(inner.child('operand') ?? inner);
    switch (inner.kind) {
      case 'func_literal':
        return { kind: 'literal', node: inner };
      case 'identifier':
        return nameTarget(inner);
      case 'selector_expression': {
        const operand = inner.child('operand');
        const name = inner.child('field')?.text ?? '';
        if (operand === null) return { kind: 'unknown' };
        const path = packageOf(operand);
        return path === null ? { kind: 'method', receiver: operand, name } : { kind: 'package', path, name };
      }
      case 'unary_expression':
        // `(*T)(x)`; a call through a pointer to a function looks the same, and nobody writes one.
        return operatorOf(inner) === '*' && inner.index !== callee.index
          ? { kind: 'conversion', type: expressionAsType(inner) }
          : { kind: 'unknown' };
      default:
        return { kind: 'unknown' };
    }
  };

  const nameTarget = (identifier: GoNode): Target => {
    const name = identifier.text;
    const binding = scope.bindingOf(identifier);
    if (binding !== null) return { kind: 'local', name, binding };
    if (PREDECLARED_TYPES.has(name)) return { kind: 'conversion', type: name };
    if (BUILTIN_FUNCTIONS.has(name)) return { kind: 'builtin', name };
    return { kind: 'own', name };
  };

  const genericTarget = (type: GoNode): Target => {
    const named = type.child('type');
    if (named?.kind === 'type_identifier') return nameTarget(named);
    const qualifier = named?.child('package') ?? null;
    const path = qualifier === null ? null : packageOf(qualifier);
    const name = named?.child('name')?.text ?? '';
    return path === null ? { kind: 'unknown' } : { kind: 'package', path, name };
  };

  /** Type that `*pkg.T` in the place of an expression names; null unless it is certain to be one. */
  const expressionAsType = (expression: GoNode): string | null => {
    let stars = '';
    let inner = expression;
    while (inner.kind === 'unary_expression' && operatorOf(inner) === '*') {
      stars += '*';
      inner = unparenthesized(inner.child('operand') ?? inner);
    }
    const operand = inner.child('operand');
    const path = inner.kind === 'selector_expression' && operand !== null ? packageOf(operand) : null;
    const name = path === null ? inner.text : (inner.child('field')?.text ?? '');
    if (path !== null) return `${stars}${path}.${name}`;
    return inner.kind === 'identifier' && scope.bindingOf(inner) === null ? stars + name : null;
  };

  const calleeOf = (call: GoNode): GoCallee => {
    const target = targetOf(call);
    if (target.kind !== 'method') return target;
    const { receiver, name } = target;
    return { kind: 'method', receiver, name, type: typeOf(receiver) };
  };

  return {
    typeOf,
    typeText,
    calleeOf,
    packageOf,
    resultTypesOf(call) {
      const callee = calleeOf(call);
      if (callee.kind === 'method') return callee.type === null ? null : stdlibMethodResults(callee.type, callee.name);
      if (callee.kind === 'builtin') return [typeOf(call)];
      return resultsWithoutReceiver(callee);
    },
  };
}

function indexOf(nodes: readonly GoNode[], node: GoNode): number {
  return nodes.findIndex((other) => other.index === node.index);
}

const LITERAL_KINDS: ReadonlySet<string> = new Set([
  'int_literal',
  'float_literal',
  'imaginary_literal',
  'rune_literal',
  'interpreted_string_literal',
  'raw_string_literal',
  'iota',
]);

function channelElement(type: string): string | null {
  return /^(?:<-)?chan /.test(type) ? elementOf(type) : null;
}

function sliceOf(type: string): string | null {
  if (type === 'string' || type.startsWith('[]')) return type;
  const element = elementOf(type);
  return element !== null && /^\*?\[/.test(type) ? `[]${element}` : null;
}

/** Longer types are not worth knowing, and nested parameter lists could make them exponentially long. */
const TYPE_LENGTH_LIMIT = 1_000;

/** Writes a type node with full import paths and without parameter names, in one pass over its tokens. */
function writeType(type: GoNode, packageOf: (identifier: GoNode) => string | null): string | null {
  const parameters: { readonly stop: number; readonly from: number; readonly names: number }[] = [];
  let text = '';
  for (let index = type.index; index <= type.stop; ) {
    while (parameters.length > 0 && parameters.at(-1)!.stop <= index) {
      // One type for each name: `a, b int` is `int, int`.
      const { from, names } = parameters.pop()!;
      const one = text.slice(from);
      for (let i = 1; i < names; i++) text += `, ${one}`;
    }
    if (text.length > TYPE_LENGTH_LIMIT) return null;
    if (index === type.stop) break;

    const node = nodeAt(type, index);
    let next = index + 1;
    if (node.field === 'result' && index > type.index) text += ' ';
    switch (node.kind) {
      case 'comment':
      case 'block':
        next = node.stop;
        break;
      case 'struct_type':
      case 'interface_type': {
        const isStruct = node.kind === 'struct_type';
        const members = isStruct ? node.childOfKind('field_declaration_list') : node;
        const isEmpty = members === null || syntaxChildren(members).length === 0;
        text += isStruct ? (isEmpty ? 'struct{}' : 'struct{...}') : isEmpty ? 'any' : 'interface{...}';
        next = node.stop;
        break;
      }
      case 'package_identifier': {
        const path = packageOf(node);
        if (path === null) return null;
        text += path;
        break;
      }
      case 'parameter_declaration':
      case 'variadic_parameter_declaration': {
        const names = node.childrenOf('name').filter((name) => name.isNamed).length;
        parameters.push({ stop: node.stop, from: text.length, names });
        if (node.kind === 'variadic_parameter_declaration') text += '...';
        // What stands before the type are names, commas and dots.
        next = node.child('type')?.index ?? node.stop;
        break;
      }
      default:
        if (node.stop === index + 1 && !isGroupingParenthesis(node)) text += tokenText(node);
    }
    index = next;
  }
  return text;
}

function isGroupingParenthesis(node: GoNode): boolean {
  return node.parent?.kind === 'parenthesized_type' && !node.isNamed;
}

function tokenText(node: GoNode): string {
  const text = node.text;
  if (text === ',') return ', ';
  if (text === 'chan') return node.nextSibling?.text === '<-' ? 'chan' : 'chan ';
  if (text === '<-' && node.previousSibling?.text === 'chan') return '<- ';
  return text;
}
