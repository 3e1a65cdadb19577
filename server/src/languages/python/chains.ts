/**
 * What an expression stands for, as one name: imports, local variables, attributes of `self`, annotations and globals of
 * the module are followed as far as they say it. A name of another module is written with its module, a built-in one as
 * `builtins.open`, one that the file itself declares as `:name`; a call is written `()`, so that `s.get` is
 * `requests.Session().get` after `s = requests.Session()` as well as for a parameter `s: requests.Session`. Null is
 * everything that is not known. Nothing is guessed from names, and no other file is looked at.
 */
import type { ChunkContext } from '../../core/rulekit/rule.ts';
import { EMPTY_PYTHON_HEADER, importedName, type PythonHeader, presentValue } from './header.ts';
import type { PythonNode } from './nodes.gen.ts';
import { type Binding, scopesAround } from './scope.ts';
import { isBuiltin } from './stdlib.ts';
import { assignmentTargets, onlyChild, parametersOf, unparenthesized } from './syntax.ts';

/** Variables and attributes that are followed one after another. */
const HOPS = 8;

/** The header of the file that a context is about. */
export function headerOf(ctx: ChunkContext): PythonHeader {
  return (ctx.file.header as PythonHeader | null) ?? EMPTY_PYTHON_HEADER;
}

interface Links {
  /** What the chain begins with, without parentheses and `await`. */
  readonly root: PythonNode;
  /** What follows, as in `.get().json`. */
  readonly suffix: string;
}

/** A chain of attributes, calls and subscripts, from its end to its beginning. */
function linksOf(expression: PythonNode): Links {
  const parts: string[] = [];
  let inner = expression;
  for (;;) {
    let next: PythonNode | null = null;
    switch (inner.kind) {
      case 'parenthesized_expression':
      case 'await':
        next = onlyChild(inner);
        break;
      case 'attribute':
        next = inner.child('object');
        if (next !== null) parts.push(`.${inner.child('attribute')?.text ?? ''}`);
        break;
      case 'call':
        next = inner.child('function');
        if (next !== null) parts.push('()');
        break;
      case 'subscript':
        next = inner.child('value');
        if (next !== null) parts.push('[]');
        break;
    }
    if (next === null) return { root: inner, suffix: parts.reverse().join('') };
    inner = next;
  }
}

/** What an expression stands for; null when that is not known. See the head of this file for how it is written. */
export function chainOf(expression: PythonNode, ctx: ChunkContext): string | null {
  let suffix = '';
  let current = expression;
  for (let hop = 0; hop < HOPS; hop++) {
    const links = linksOf(current);
    suffix = links.suffix + suffix;
    const { root } = links;
    if (root.kind === 'string' || root.kind === 'concatenated_string') return `builtins.str()${suffix}`;
    if (root.kind === 'list' || root.kind === 'list_comprehension') return `builtins.list()${suffix}`;
    if (root.kind === 'dictionary' || root.kind === 'dictionary_comprehension') return `builtins.dict()${suffix}`;
    if (root.kind !== 'identifier') return null;
    const step = stepFrom(root, suffix, ctx);
    if (step === null) return null;
    if (step.kind === 'known') return step.chain;
    current = step.node;
    suffix = step.suffix;
  }
  return null;
}

type Step =
  | { readonly kind: 'known'; readonly chain: string }
  | { readonly kind: 'value'; readonly node: PythonNode; readonly suffix: string };

function stepFrom(root: PythonNode, suffix: string, ctx: ChunkContext): Step | null {
  const name = root.text;
  const scopes = scopesAround(ctx, root);
  const scope = scopes.bindingScope(root);
  const bindings = scope?.bindings.get(name) ?? [];
  if (scope === null || bindings.length === 0) {
    const chain = globalChain(name, headerOf(ctx));
    return chain === null ? null : { kind: 'known', chain: chain + suffix };
  }
  const [first] = bindings;
  if (first!.kind === 'parameter' && bindings.length === 1) return parameterStep(first!, root, suffix, ctx);
  const values = bindings.filter(({ kind }) => kind !== 'annotation' && kind !== 'deleted');
  // `x = None` and a value later is a value.
  const real = values.filter(({ value }) => value === null || unparenthesized(value).kind !== 'none');
  const chosen = real.length === 1 ? real[0]! : latestBefore(real, root);
  if (chosen === null) {
    const annotated = bindings.find(({ type }) => type !== null);
    return annotated === undefined ? null : typed(annotated.type!, suffix, ctx);
  }
  if (chosen.imported !== null) return { kind: 'known', chain: chosen.imported.path + suffix };
  if (chosen.kind === 'function' || chosen.kind === 'class') {
    return scope === scopes.module || chosen.kind === 'class' ? { kind: 'known', chain: `:${name}${suffix}` } : null;
  }
  if (chosen.kind !== 'assignment' && chosen.kind !== 'with' && chosen.kind !== 'parameter') return null;
  if (chosen.type !== null) return typed(chosen.type, suffix, ctx);
  if (chosen.value === null || chosen.value.contains(root)) return null;
  return { kind: 'value', node: presentValue(chosen.value), suffix };
}

/**
 * Of several assignments the last one before a place, when it stands in the same block or around it, so that no other one
 * can come in between; null otherwise.
 */
function latestBefore(bindings: readonly Binding[], place: PythonNode): Binding | null {
  let latest: Binding | null = null;
  for (const binding of bindings) {
    if (binding.node.start < place.start && (latest === null || binding.node.start > latest.node.start))
      latest = binding;
  }
  const block = latest?.node.ancestor('block', 'chunk') ?? null;
  if (latest === null || block?.contains(place) !== true) return null;
  // In a loop the one that stands behind the place may run before it.
  const loop = place.ancestor('for_statement', 'while_statement');
  const comesBack = loop !== null && !loop.contains(latest.node) && bindings.some(({ node }) => loop.contains(node));
  return comesBack ? null : latest;
}

function parameterStep(binding: Binding, root: PythonNode, suffix: string, ctx: ChunkContext): Step | null {
  if (binding.type !== null) return typed(binding.type, suffix, ctx);
  const own = selfClass(root, binding);
  const attribute = /^\.(\w+)(?![\w(])/.exec(suffix)?.[1];
  if (own === null || attribute === undefined) return null;
  const rest = suffix.slice(attribute.length + 1);
  const values = attributeValues(own, attribute);
  const value = values.length === 1 ? values[0]! : null;
  if (value === null) return null;
  return value.kind === 'type' ? typed(value, rest, ctx) : { kind: 'value', node: presentValue(value), suffix: rest };
}

/** The class whose `self` or `cls` a parameter is; null for every other parameter. */
function selfClass(root: PythonNode, binding: Binding): PythonNode | null {
  const method = binding.node.ancestor('function_definition');
  const around = method?.ancestor('class_definition', 'function_definition');
  if (around?.kind !== 'class_definition' || !around.contains(root)) return null;
  return parametersOf(method!)[0]?.node.equals(binding.node) === true ? around : null;
}

/**
 * What a class assigns to an attribute of its instances: values other than None, and annotations (nodes of kind `type`),
 * in order. The value of an annotated assignment is left out.
 */
export function attributeValues(definition: PythonNode, attribute: string): PythonNode[] {
  const result: PythonNode[] = [];
  for (const assignment of definition.descendants('assignment')) {
    if (assignment.parent?.kind === 'assignment') continue;
    const type = assignment.child('type');
    for (const { target, value } of assignmentTargets(assignment)) {
      const isAttribute =
        target.kind === 'attribute' &&
        target.child('attribute')?.text === attribute &&
        /^(?:self|cls)$/.test(target.child('object')?.text ?? '');
      const isField =
        target.kind === 'identifier' &&
        target.text === attribute &&
        assignment.ancestor('class_definition', 'function_definition')?.equals(definition) === true;
      if (!isAttribute && !isField) continue;
      if (type !== null) result.push(type);
      else if (value !== null && unparenthesized(value).kind !== 'none') result.push(value);
      else if (value === null) result.push(target);
    }
  }
  return result;
}

function typed(type: PythonNode, suffix: string, ctx: ChunkContext): Step | null {
  const chain = typeChain(type.text, headerOf(ctx));
  return chain === null ? null : { kind: 'known', chain: `${chain}()${suffix}` };
}

/** The class that an annotation names, as a chain; `Optional[X]`, `X | None` and `Annotated[X, ...]` are X. */
export function typeChain(annotation: string, header: PythonHeader): string | null {
  let text = annotation.trim().replace(/^["']|["']$/g, '');
  const wrapped = /^(?:\w+\.)?(?:Optional|Annotated|Final|ClassVar|SkipValidation)\[([\s\S]*)\]$/.exec(text);
  if (wrapped !== null) text = wrapped[1]!;
  const match = /^([A-Za-z_][\w.]*)(?:\[[\s\S]*\])?(?:\s*\|\s*None|\s*,[\s\S]*)?$/.exec(text.trim());
  if (match === null) return null;
  // A class is no value of the module: `x: x` says nothing.
  const name = match[1]!;
  const isValue = header.globals.some((own) => own.name === name.split('.', 1)[0]);
  return isValue && importedName(header, name) === null ? null : globalChain(name, header);
}

/** A dotted name at the level of the module. */
export function globalChain(dotted: string, header: PythonHeader): string | null {
  const imported = importedName(header, dotted);
  if (imported !== null) return imported;
  const [name = ''] = dotted.split('.', 1);
  const rest = dotted.slice(name.length);
  const global = header.globals.find((own) => own.name === name);
  if (global !== undefined) {
    if (global.type !== '') {
      const chain = typeChain(global.type, header);
      if (chain !== null) return `${chain}()${rest}`;
    }
    if (global.call !== '') return `${global.call}()${rest}`;
    return null;
  }
  const isOwn = header.functions.some((own) => own.name === name) || header.classes.some((own) => own.name === name);
  if (isOwn) return `:${dotted}`;
  return isBuiltin(name) ? `builtins.${dotted}` : null;
}

/** What a call calls, as a chain: `requests.get`, `builtins.open`, `sqlite3.connect().execute`; '' when not known. */
export function callChain(call: PythonNode, ctx: ChunkContext): string {
  const callee = call.kind === 'call' ? call.child('function') : null;
  return callee === null ? '' : (chainOf(callee, ctx) ?? '');
}

/** What a decorator applies, without the arguments that it is given: `fastapi.FastAPI().get` for `@app.get("/")`. */
export function decoratorChain(decorator: PythonNode, ctx: ChunkContext): string {
  const inner = unparenthesized(decorator);
  const callee = inner.kind === 'call' ? inner.child('function') : inner;
  return callee === null ? '' : (chainOf(callee, ctx) ?? '');
}

/** Whether a name is one of the module's own or built-in ones at a place, not hidden by a local one. */
export function isBuiltinHere(identifier: PythonNode, ctx: ChunkContext): boolean {
  return chainOf(identifier, ctx) === `builtins.${identifier.text}`;
}
