/**
 * Names inside one top-level declaration: what each identifier refers to, by Go's block scoping, and which names come
 * from outside (the package, an import, a dot import). One pass over the tree without recursion, linear in its size.
 * It knows nothing of other declarations of the package, so it never says that a free name is undefined.
 */
import { type ChunkContext, defineAnalysis } from '../../core/rulekit/rule.ts';
import type { GrammarTables } from '../../core/syntax/flatTree.ts';
import type { GoNode } from './nodes.gen.ts';
import { nodeAt, topLevelOf } from './syntax.ts';

export type BindingKind =
  | 'receiver'
  | 'parameter'
  | 'result'
  | 'variable'
  | 'constant'
  | 'type'
  | 'typeParameter'
  | 'label';

/** A name that is declared inside the declaration. */
export interface GoBinding {
  /** Index in `GoScope.bindings`. */
  readonly id: number;
  readonly name: string;
  readonly kind: BindingKind;
  /** The identifier that declares it. */
  readonly node: GoNode;
  /** Index of the function (declaration, method or literal) that declares it; -1 outside functions. */
  readonly owner: number;
  /** Identifiers that refer to it, reads and assignments, without the declaration itself: in order of evaluation. */
  readonly uses: readonly GoNode[];
  /** Keys of composite literals that may be a use, or the name of a field. */
  readonly possibleUses: readonly GoNode[];
}

/**
 * - `type`: in the place of a type.
 * - `qualifier`: before a dot: the name of a package, or a variable or type.
 * - `value`: anything else. Go's syntax does not tell `T(x)` and `*T` from calls and dereferences: T is a `value` there.
 */
export type FreePosition = 'value' | 'type' | 'qualifier';

export interface FreeUse {
  readonly name: string;
  readonly node: GoNode;
  readonly position: FreePosition;
}

export interface GoScope {
  readonly bindings: readonly GoBinding[];
  /**
   * Uses of names that are declared neither inside the declaration nor by the language. The names that a package-level
   * declaration itself introduces are among them where they are used.
   */
  readonly free: readonly FreeUse[];
  /** Whether no other local declaration but a label has its name. */
  isUnique(binding: GoBinding): boolean;
  /** What an identifier refers to or declares; null for free, predeclared and blank ones and for field names. */
  bindingOf(identifier: GoNode): GoBinding | null;
}

/** Names of one top-level declaration (a child of the chunk's root). */
export const goScope = defineAnalysis<GoNode, GoScope>('go.scope', (node) => resolveNames(node));

/** Names of the top-level declaration around any node; null for the root. */
export function scopeAround(ctx: ChunkContext, node: GoNode): GoScope | null {
  const declaration = topLevelOf(node);
  return declaration === null ? null : ctx.get(goScope, declaration);
}

/** Whether two identifiers refer to the same local declaration. */
export function isSameBinding(scope: GoScope, left: GoNode, right: GoNode): boolean {
  const binding = scope.bindingOf(left);
  return binding !== null && binding === scope.bindingOf(right);
}

/** Types that the language declares. */
export const PREDECLARED_TYPES: ReadonlySet<string> = new Set(
  (
    'any bool byte comparable complex64 complex128 error float32 float64 int int8 int16 int32 int64 rune string ' +
    'uint uint8 uint16 uint32 uint64 uintptr'
  ).split(' '),
);

/** Functions that the language declares, up to Go 1.21. */
export const BUILTIN_FUNCTIONS: ReadonlySet<string> = new Set(
  'append cap clear close complex copy delete imag len make max min new panic print println real recover'.split(' '),
);

const PREDECLARED: ReadonlySet<string> = new Set([
  ...PREDECLARED_TYPES,
  ...BUILTIN_FUNCTIONS,
  'true',
  'false',
  'nil',
  'iota',
]);

/** Whether a name means something in every Go file. */
export function isPredeclared(name: string): boolean {
  return PREDECLARED.has(name);
}

interface MutableBinding extends GoBinding {
  readonly uses: GoNode[];
  readonly possibleUses: GoNode[];
}

interface Scope {
  readonly id: number;
  /** Index behind the last node of the scope. */
  readonly stop: number;
  /** What the names meant outside, to be restored. */
  readonly shadowed: [string, Entry | undefined][];
}

interface Entry {
  readonly binding: MutableBinding;
  readonly scope: number;
}

/** Names that begin to exist at a later node. */
interface Pending {
  /** Index of the node before which they are declared. */
  readonly at: number;
  /** How many scopes are open where they are declared. */
  readonly depth: number;
  readonly owner: number;
  readonly kind: BindingKind;
  readonly names: readonly GoNode[];
  /** `:=`: a name that the scope has already is assigned, not declared. */
  readonly reuse: boolean;
}

/** Resolves every name of a declaration: see `goScope`. */
export function resolveNames(declaration: GoNode): GoScope {
  const { tree } = declaration;
  const { kinds, parents } = tree;
  const actions = actionsOf(tree.grammar);
  const bindings: MutableBinding[] = [];
  const byNode = new Map<number, MutableBinding>();
  /** How many bindings but labels have a name. */
  const counts = new Map<string, number>();
  const free: FreeUse[] = [];
  const visible = new Map<string, Entry>();
  const scopes: Scope[] = [];
  const pending: Pending[] = [];
  const functions: { readonly index: number; readonly stop: number; readonly labels: Labels }[] = [];
  /** Nodes that declare or have been dealt with: no uses. */
  const settled = new Set<number>();
  /** Type node of a composite literal's body, by body; -1 when the syntax does not tell. */
  const literalTypes = new Map<number, number>();
  let scopeCount = 0;
  /** Index of the first node before which something may end or begin. */
  let due = declaration.stop;

  const at = (index: number): GoNode => nodeAt(declaration, index);

  const openScope = (stop: number): void => {
    scopes.push({ id: scopeCount++, stop, shadowed: [] });
    if (stop < due) due = stop;
  };

  const currentFunction = (): number => functions.at(-1)?.index ?? -1;

  const bind = (name: GoNode, kind: BindingKind, owner: number): MutableBinding => {
    const binding = { id: bindings.length, name: name.text, kind, node: name, owner, uses: [], possibleUses: [] };
    bindings.push(binding);
    byNode.set(name.index, binding);
    if (kind !== 'label') counts.set(binding.name, (counts.get(binding.name) ?? 0) + 1);
    return binding;
  };

  const declare = (name: GoNode, kind: BindingKind, owner = currentFunction(), reuse = false): void => {
    settled.add(name.index);
    const text = name.text;
    const scope = scopes.at(-1);
    if (text === '_' || scope === undefined) return;
    const known = visible.get(text);
    if (reuse && known !== undefined && known.scope === scope.id) {
      known.binding.uses.push(name);
      byNode.set(name.index, known.binding);
      return;
    }
    scope.shadowed.push([text, known]);
    visible.set(text, { binding: bind(name, kind, owner), scope: scope.id });
  };

  const declareLater = (at: number, kind: BindingKind, names: readonly GoNode[], reuse = false): void => {
    for (const name of names) settled.add(name.index);
    if (names.length === 0) return;
    pending.push({ at, depth: scopes.length, owner: currentFunction(), kind, names, reuse });
    if (at < due) due = at;
  };

  const use = (node: GoNode, position: FreePosition): void => {
    const name = node.text;
    if (name === '_') return;
    const entry = visible.get(name);
    if (entry !== undefined) {
      entry.binding.uses.push(node);
      byNode.set(node.index, entry.binding);
    } else if (!isPredeclared(name)) {
      free.push({ name, node, position });
    }
  };

  /** Ends and begins whatever ends and begins before the node with this index. */
  const arrive = (index: number): void => {
    for (;;) {
      const scope = scopes.at(-1);
      const next = pending.at(-1);
      if (next !== undefined && next.at <= index && next.depth === scopes.length) {
        pending.pop();
        for (const name of next.names) declare(name, next.kind, next.owner, next.reuse);
      } else if (scope !== undefined && scope.stop <= index) {
        scopes.pop();
        for (const [name, entry] of scope.shadowed.reverse()) {
          if (entry === undefined) visible.delete(name);
          else visible.set(name, entry);
        }
      } else {
        break;
      }
    }
    while (functions.length > 0 && functions.at(-1)!.stop <= index) resolveLabels(functions.pop()!.labels);
    // A function ends with its scope.
    due = Math.min(scopes.at(-1)?.stop ?? declaration.stop, pending.at(-1)?.at ?? declaration.stop);
  };

  const resolveLabels = (labels: Labels): void => {
    for (const node of labels.uses) {
      const binding = labels.declared.get(node.text);
      if (binding === undefined) continue;
      binding.uses.push(node);
      byNode.set(node.index, binding);
    }
  };

  const enterFunction = (node: GoNode): void => {
    openScope(node.stop);
    functions.push({ index: node.index, stop: node.stop, labels: { declared: new Map(), uses: [] } });
    const named = node.child('name');
    if (named !== null) settled.add(named.index);
    const receiver = node.child('receiver');
    const body = node.child('body');
    const begin = body?.index ?? node.stop;
    if (receiver !== null) {
      for (const name of receiverTypeParameters(receiver)) declare(name, 'typeParameter');
    }
    // The latest to begin goes in first: pending names are a stack, and all of these begin with the body.
    declareLater(begin, 'result', parameterNames(node.child('result')));
    declareLater(begin, 'parameter', parameterNames(node.child('parameters')));
    declareLater(begin, 'receiver', parameterNames(receiver));
  };

  /** Left side of `:=` in a short declaration, range clause or receive: its names begin behind the node. */
  const declareLeft = (node: GoNode, reuse: boolean): void => {
    const left = node.child('left');
    if (left === null) return;
    declareLater(
      node.stop,
      'variable',
      left.namedChildren.filter((child) => child.kind === 'identifier' || child.kind === 'iota'),
      reuse,
    );
  };

  const visit = (node: GoNode, action: Action): void => {
    switch (action) {
      case 'function':
        enterFunction(node);
        break;
      case 'scope':
        openScope(node.stop);
        break;
      case 'block':
        // A function's body is the scope of its parameters.
        if (node.field !== 'body' || !isFunctionIndex(parents[node.index]!)) openScope(node.stop);
        break;
      case 'typeSwitch': {
        openScope(node.stop);
        const alias = node.child('alias');
        const begin = node.child('value')?.stop ?? node.stop;
        if (alias !== null) declareLater(begin, 'variable', alias.namedChildren);
        break;
      }
      case 'short':
        declareLeft(node, true);
        break;
      case 'defining':
        if (node.childOfKind(':=') !== null) declareLeft(node, false);
        break;
      case 'var':
      case 'const': {
        const names = node.childrenOf('name').filter((name) => name.isNamed);
        if (scopes.length > 0) declareLater(node.stop, action === 'var' ? 'variable' : 'constant', names);
        else for (const name of names) settled.add(name.index);
        break;
      }
      case 'type': {
        const name = node.child('name');
        if (name !== null) {
          if (scopes.length > 0) declare(name, 'type');
          settled.add(name.index);
        }
        openScope(node.stop);
        break;
      }
      case 'typeParameter':
        for (const name of node.childrenOf('name')) if (name.isNamed) declare(name, 'typeParameter');
        break;
      case 'parameter':
        // Names in function types and interface methods mean nothing; those of functions are settled already.
        for (const name of node.childrenOf('name')) settled.add(name.index);
        break;
      case 'label': {
        const label = node.child('label');
        if (label === null || functions.length === 0) break;
        settled.add(label.index);
        functions.at(-1)!.labels.declared.set(label.text, bind(label, 'label', currentFunction()));
        break;
      }
      case 'labelUse':
        if (!settled.has(node.index)) functions.at(-1)?.labels.uses.push(node);
        break;
      case 'composite': {
        const body = node.child('body');
        const type = node.child('type');
        if (body !== null && type !== null) literalTypes.set(body.index, type.index);
        break;
      }
      case 'literalBody':
        inheritLiteralType(node);
        break;
      case 'qualified': {
        const name = node.child('name');
        if (name !== null) settled.add(name.index);
        break;
      }
      case 'identifier':
        if (!settled.has(node.index)) useIdentifier(node);
        break;
      case 'iota':
        // The grammar has a kind of its own for it, but the name may be declared like any other.
        if (visible.has('iota')) useIdentifier(node);
        break;
      case 'typeIdentifier':
        if (!settled.has(node.index)) use(node, isCalledGeneric(node) ? 'value' : 'type');
        break;
      case 'packageIdentifier':
        if (node.parent?.kind === 'qualified_type') use(node, 'qualifier');
        break;
    }
  };

  const isFunctionIndex = (index: number): boolean => actions[kinds[index]!] === 'function';

  /** The body `{...}` of an element without a type has the element type of the literal around it. */
  const inheritLiteralType = (body: GoNode): void => {
    if (literalTypes.has(body.index)) return;
    const element = body.parent;
    const keyed = element?.parent ?? null;
    const outer = keyed?.kind === 'keyed_element' ? keyed.parent : keyed;
    const outerType = outer === null ? -1 : (literalTypes.get(outer.index) ?? -1);
    if (element?.kind !== 'literal_element' || outerType < 0) return;
    const type = at(outerType);
    const inner = element.field === 'key' ? type.child('key') : (type.child('element') ?? type.child('value'));
    if (inner === null) return;
    // `[]*T{{...}}`: the elements are written without `&`.
    const pointee = inner.kind === 'pointer_type' ? (inner.namedChildren.at(-1) ?? inner) : inner;
    literalTypes.set(body.index, pointee.index);
  };

  const useIdentifier = (node: GoNode): void => {
    const parent = node.parent;
    if (parent?.kind === 'selector_expression') {
      use(node, 'qualifier');
    } else if (parent?.kind === 'literal_element' && parent.field === 'key') {
      useKey(node, parent);
    } else {
      use(node, 'value');
    }
  };

  const useKey = (node: GoNode, element: GoNode): void => {
    const body = element.parent?.parent ?? null;
    const type = body === null ? -1 : (literalTypes.get(body.index) ?? -1);
    const kind = type < 0 ? '' : at(type).kind;
    if (
      kind === 'map_type' ||
      kind === 'slice_type' ||
      kind === 'array_type' ||
      kind === 'implicit_length_array_type'
    ) {
      use(node, 'value');
    } else if (kind !== 'struct_type') {
      visible.get(node.text)?.binding.possibleUses.push(node);
    }
  };

  const { stop } = declaration;
  for (let index = declaration.index; index < stop; index++) {
    if (index >= due) arrive(index);
    const action = actions[kinds[index]!];
    if (action !== undefined) visit(at(index), action);
  }
  arrive(declaration.stop);

  return {
    bindings,
    free,
    isUnique: ({ name, kind }) => (counts.get(name) ?? 0) <= (kind === 'label' ? 0 : 1),
    bindingOf: (identifier) => byNode.get(identifier.index) ?? null,
  };
}

interface Labels {
  readonly declared: Map<string, MutableBinding>;
  readonly uses: GoNode[];
}

type Action =
  | 'function'
  | 'scope'
  | 'block'
  | 'typeSwitch'
  | 'short'
  | 'defining'
  | 'var'
  | 'const'
  | 'type'
  | 'typeParameter'
  | 'parameter'
  | 'label'
  | 'labelUse'
  | 'composite'
  | 'literalBody'
  | 'qualified'
  | 'identifier'
  | 'iota'
  | 'typeIdentifier'
  | 'packageIdentifier';

const ACTIONS: Readonly<Record<string, Action>> = {
  function_declaration: 'function',
  method_declaration: 'function',
  func_literal: 'function',
  if_statement: 'scope',
  for_statement: 'scope',
  expression_switch_statement: 'scope',
  expression_case: 'scope',
  type_case: 'scope',
  default_case: 'scope',
  communication_case: 'scope',
  block: 'block',
  type_switch_statement: 'typeSwitch',
  short_var_declaration: 'short',
  range_clause: 'defining',
  receive_statement: 'defining',
  var_spec: 'var',
  const_spec: 'const',
  type_spec: 'type',
  type_alias: 'type',
  type_parameter_declaration: 'typeParameter',
  parameter_declaration: 'parameter',
  variadic_parameter_declaration: 'parameter',
  labeled_statement: 'label',
  label_name: 'labelUse',
  composite_literal: 'composite',
  literal_value: 'literalBody',
  qualified_type: 'qualified',
  identifier: 'identifier',
  iota: 'iota',
  type_identifier: 'typeIdentifier',
  package_identifier: 'packageIdentifier',
};

const actionTables = new WeakMap<GrammarTables, readonly (Action | undefined)[]>();

/** What to do at a node, by kind id. */
function actionsOf(grammar: GrammarTables): readonly (Action | undefined)[] {
  let table = actionTables.get(grammar);
  if (table === undefined) {
    table = grammar.kinds.map((kind) => (Object.hasOwn(ACTIONS, kind) ? ACTIONS[kind] : undefined));
    actionTables.set(grammar, table);
  }
  return table;
}

/** Names in a parameter list; none for a single result type. */
function parameterNames(list: GoNode | null): GoNode[] {
  const names: GoNode[] = [];
  if (list?.kind !== 'parameter_list') return names;
  for (const child of list.namedChildren) {
    if (child.kind !== 'parameter_declaration' && child.kind !== 'variadic_parameter_declaration') continue;
    for (const name of child.childrenOf('name')) if (name.isNamed) names.push(name);
  }
  return names;
}

/** `K` and `V` of the receiver `(c *Cache[K, V])`: they are declared there. */
function receiverTypeParameters(receiver: GoNode): GoNode[] {
  const generic = [...receiver.descendants('generic_type')][0];
  const list = generic?.child('type_arguments') ?? null;
  return list === null ? [] : [...list.descendants('type_identifier')];
}

/** `f[T](x)` reads as a conversion to a generic type, but may just as well be a call or an indexed call. */
function isCalledGeneric(node: GoNode): boolean {
  const generic = node.parent;
  return (
    generic?.kind === 'generic_type' && node.field === 'type' && generic.parent?.kind === 'type_conversion_expression'
  );
}
