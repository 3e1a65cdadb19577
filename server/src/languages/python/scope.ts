/**
 * Scopes of one declaration: which names its functions, classes, lambdas and comprehensions bind, and which binding an
 * identifier means. What the rest of the module declares is in the header (header.ts); chains.ts puts both together.
 */
import { type ChunkContext, defineAnalysis } from '../../core/rulekit/rule.ts';
import { kindSet } from '../../core/syntax/flatTree.ts';
import { importsOf, type PythonImport } from './header.ts';
import type { PythonNode } from './nodes.gen.ts';
import { assignmentTargets, nodeAt, onlyChild, type PythonParameter, parametersOf, syntaxChildren } from './syntax.ts';

export type BindingKind =
  | 'parameter'
  | 'assignment'
  | 'augmented'
  | 'annotation'
  | 'loop'
  | 'with'
  | 'except'
  | 'import'
  | 'function'
  | 'class'
  | 'match'
  | 'deleted';

export interface Binding {
  readonly name: string;
  readonly kind: BindingKind;
  /** The identifier that is bound; for an import the statement. */
  readonly node: PythonNode;
  /** The assigned value, the value of a `with` item, the default of a parameter; null where there is none for it alone. */
  readonly value: PythonNode | null;
  /** Annotation, where one is written. */
  readonly type: PythonNode | null;
  readonly imported: PythonImport | null;
}

export interface Scope {
  /** Function, lambda, class, comprehension, or the root of the chunk for the module. */
  readonly node: PythonNode;
  readonly kind: 'module' | 'class' | 'function' | 'comprehension';
  readonly parent: Scope | null;
  readonly bindings: ReadonlyMap<string, readonly Binding[]>;
  /** Names declared `global` in it. */
  readonly globals: ReadonlySet<string>;
  /** Names declared `nonlocal` in it. */
  readonly nonlocals: ReadonlySet<string>;
}

export interface Scopes {
  readonly module: Scope;
  /** The scope that a node is evaluated in: decorators, defaults, annotations and bases belong to the outer one. */
  scopeOf(node: PythonNode): Scope;
  /** Scope of a function, lambda, class or comprehension itself; null for every other node. */
  scopeFor(owner: PythonNode): Scope | null;
  /**
   * The scope within this declaration that binds what the name means at that place; null when the module or nobody does.
   * Bindings of the module scope of the chunk itself count.
   */
  bindingScope(identifier: PythonNode): Scope | null;
  /** Bindings of what an identifier means: see `bindingScope`; empty when there are none in this declaration. */
  bindingsOf(identifier: PythonNode): readonly Binding[];
  /** All identifiers in this declaration that mean the same binding scope's name, in order. */
  usesOf(name: string, scope: Scope): readonly PythonNode[];
}

interface OpenScope extends Scope {
  readonly bindings: Map<string, Binding[]>;
  readonly globals: Set<string>;
  readonly nonlocals: Set<string>;
}

const COMPREHENSIONS = [
  'list_comprehension',
  'set_comprehension',
  'dictionary_comprehension',
  'generator_expression',
] as const;
const OWNERS = ['function_definition', 'lambda', 'class_definition', ...COMPREHENSIONS] as const;
const BINDERS = [
  ...OWNERS,
  'assignment',
  'augmented_assignment',
  'named_expression',
  'for_statement',
  'for_in_clause',
  'as_pattern',
  'import_statement',
  'import_from_statement',
  'future_import_statement',
  'global_statement',
  'nonlocal_statement',
  'delete_statement',
  'case_pattern',
  'type_alias_statement',
] as const;

const analysis = defineAnalysis('python scopes', (root: PythonNode) => buildScopes(root));

/** Scopes of the declaration that a node belongs to; computed once per chunk. */
export function scopesAround(ctx: ChunkContext, node: PythonNode): Scopes {
  return ctx.get(analysis, nodeAt(node, 0));
}

function buildScopes(root: PythonNode): Scopes {
  const { tree } = root;
  const create = (node: PythonNode, kind: Scope['kind'], parent: Scope | null): OpenScope => ({
    node,
    kind,
    parent,
    bindings: new Map(),
    globals: new Set(),
    nonlocals: new Set(),
  });
  const module = create(root, 'module', null);
  const byOwner = new Map<number, OpenScope>();
  const owners = kindSet(tree.grammar, OWNERS);

  const scopeOf = (node: PythonNode): OpenScope => {
    let inner = node.index;
    for (let at = tree.parents[inner]!; at >= 0; inner = at, at = tree.parents[at]!) {
      if (owners[tree.kinds[at]!] === 0) continue;
      const own = byOwner.get(at);
      if (own !== undefined && isInside(own, nodeAt(node, inner))) return own;
    }
    return module;
  };

  const bind = (scope: OpenScope, binding: Binding): void => {
    let target = scope;
    if (scope.globals.has(binding.name)) target = module;
    else if (scope.nonlocals.has(binding.name)) {
      for (let outer = scope.parent; outer !== null; outer = outer.parent) {
        if (outer.kind !== 'function' || !outer.bindings.has(binding.name)) continue;
        target = outer as OpenScope;
        break;
      }
    }
    const list = target.bindings.get(binding.name);
    if (list === undefined) target.bindings.set(binding.name, [binding]);
    else list.push(binding);
  };
  const bindNames = (
    scope: OpenScope,
    pattern: PythonNode | null,
    kind: BindingKind,
    value: PythonNode | null = null,
    type: PythonNode | null = null,
  ): void => {
    if (pattern === null) return;
    for (const node of namesIn(pattern)) {
      bind(scope, {
        name: node.text,
        kind,
        node,
        value: node.equals(pattern) ? value : null,
        type,
        imported: null,
      });
    }
  };

  const binders = [...root.descendants(...BINDERS)];
  // Declarations first: they decide where the other statements of their scope bind.
  for (const node of binders) {
    const kind = scopeKindOf(node);
    if (kind !== null) byOwner.set(node.index, create(node, kind, scopeOf(node)));
  }
  for (const node of binders) {
    if (node.kind !== 'global_statement' && node.kind !== 'nonlocal_statement') continue;
    const scope = scopeOf(node);
    const names = node.kind === 'global_statement' ? scope.globals : scope.nonlocals;
    for (const name of syntaxChildren(node)) names.add(name.text);
  }
  for (const node of binders) {
    const scope = scopeOf(node);
    switch (node.kind) {
      case 'function_definition':
      case 'class_definition': {
        const name = node.child('name');
        const kind = node.kind === 'class_definition' ? 'class' : 'function';
        if (name !== null) bind(scope, { name: name.text, kind, node: name, value: null, type: null, imported: null });
        if (kind === 'function') bindParameters(byOwner.get(node.index)!, parametersOf(node));
        break;
      }
      case 'lambda':
        bindParameters(byOwner.get(node.index)!, parametersOf(node));
        break;
      case 'assignment':
        // The inner ones of a chain are told with the outer one.
        if (node.parent?.kind === 'assignment') break;
        for (const { target, value } of assignmentTargets(node)) {
          if (target.kind !== 'identifier') continue;
          const type = node.child('type');
          const kind = node.child('right') === null ? 'annotation' : 'assignment';
          bind(scope, { name: target.text, kind, node: target, value, type, imported: null });
        }
        break;
      case 'augmented_assignment':
        bindNames(scope, identifierOrNull(node.child('left')), 'augmented');
        break;
      case 'named_expression':
        // It binds around the comprehension that it stands in.
        bindNames(outsideComprehensions(scope), node.child('name'), 'assignment', node.child('value'));
        break;
      case 'for_statement':
      case 'for_in_clause':
        bindNames(scope, node.child('left'), 'loop');
        break;
      case 'as_pattern': {
        const target = node.child('alias') ?? node.childOfKind('as_pattern_target');
        const inner = target?.kind === 'as_pattern_target' ? onlyChild(target) : target;
        const around = node.ancestor('with_item', 'except_clause', 'case_pattern');
        const kind = around?.kind === 'with_item' ? 'with' : around?.kind === 'except_clause' ? 'except' : 'match';
        bindNames(scope, inner ?? null, kind, kind === 'with' ? onlyChild(node) : null);
        break;
      }
      case 'import_statement':
      case 'import_from_statement':
      case 'future_import_statement':
        for (const imported of importsOf(node)) {
          bind(scope, { name: imported.name, kind: 'import', node, value: null, type: null, imported });
        }
        break;
      case 'delete_statement':
        for (const target of syntaxChildren(node)) bindNames(scope, identifierOrNull(target), 'deleted');
        break;
      case 'case_pattern': {
        const inner = onlyChild(node);
        if (inner?.kind === 'dotted_name' && !inner.text.includes('.')) {
          const name = onlyChild(inner);
          if (name !== null) bindNames(scope, name, 'match');
        }
        break;
      }
      case 'type_alias_statement':
        bindNames(scope, identifierOrNull(onlyChild(node.child('left') ?? node)), 'assignment');
        break;
    }
  }

  function bindParameters(scope: OpenScope, parameters: readonly PythonParameter[]): void {
    for (const { name, node, type, defaultValue } of parameters) {
      bind(scope, { name, kind: 'parameter', node, value: defaultValue, type, imported: null });
    }
  }

  const bindingScope = (identifier: PythonNode): Scope | null => {
    const name = identifier.text;
    const own = scopeOf(identifier);
    for (let scope: Scope | null = own; scope !== null; scope = scope.parent) {
      if (scope.globals.has(name)) return module.bindings.has(name) ? module : null;
      // Names of a class are seen in its body alone.
      if (scope.kind === 'class' && scope !== own) continue;
      if (scope.bindings.has(name)) return scope;
    }
    return null;
  };
  return {
    module,
    scopeOf,
    scopeFor: (owner) => byOwner.get(owner.index) ?? null,
    bindingScope,
    bindingsOf: (identifier) => bindingScope(identifier)?.bindings.get(identifier.text) ?? [],
    usesOf(name, scope) {
      return root
        .descendants('identifier')
        .filter((node) => node.text === name && isName(node) && bindingScope(node) === scope);
    },
  };
}

/** Whether an identifier stands for a name: it is no attribute, keyword of a call or part of an import. */
export function isName(identifier: PythonNode): boolean {
  const { parent } = identifier;
  if (parent === null) return true;
  if (parent.kind === 'attribute') return identifier.field !== 'attribute';
  if (parent.kind === 'keyword_argument') return identifier.field !== 'name';
  return parent.kind !== 'dotted_name' && parent.kind !== 'aliased_import';
}

function scopeKindOf(node: PythonNode): Scope['kind'] | null {
  if (node.kind === 'class_definition') return 'class';
  if (node.kind === 'function_definition' || node.kind === 'lambda') return 'function';
  return (COMPREHENSIONS as readonly string[]).includes(node.kind) ? 'comprehension' : null;
}

/** Whether a part of an owner is evaluated in its own scope; `part` is a child of the owner. */
function isInside(scope: Scope, part: PythonNode): boolean {
  switch (scope.kind) {
    case 'comprehension':
      return true;
    case 'class':
      return part.field === 'body';
    default:
      // A default value is told apart where it is bound; names of parameters belong to the function.
      return part.field === 'body';
  }
}

function outsideComprehensions(scope: OpenScope): OpenScope {
  let outer: Scope = scope;
  while (outer.kind === 'comprehension' && outer.parent !== null) outer = outer.parent;
  return outer as OpenScope;
}

function identifierOrNull(node: PythonNode | null): PythonNode | null {
  return node?.kind === 'identifier' ? node : null;
}

/** Identifiers that a pattern binds; attributes and subscripts bind no name. */
function namesIn(pattern: PythonNode): PythonNode[] {
  if (pattern.kind === 'identifier') return [pattern];
  const result: PythonNode[] = [];
  for (const node of pattern.walk(({ kind }) => kind !== 'attribute' && kind !== 'subscript' && kind !== 'call')) {
    if (node.kind === 'identifier') result.push(node);
  }
  return result;
}
