/**
 * Python: calls of functions, methods and constructors of the workspace against the one `def` that they can mean. What a
 * decorator wraps, what is bound twice, and calls with `*args` or `**kw` say nothing.
 */
import type { Verdict, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import {
  type ChunkContext,
  type Detector,
  type FactView,
  fact,
  type NodeDetector,
} from '../../../core/rulekit/rule.ts';
import { normalizedName } from '../../../formats/requirements.ts';
import { placeIn } from '../../../knowledge/facts.ts';
import { type PythonModules, pythonModules } from '../../../knowledge/python/modules.ts';
import { callChain, decoratorChain, headerOf } from '../../../languages/python/chains.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { scopesAround } from '../../../languages/python/scope.ts';
import { isStandardModule } from '../../../languages/python/stdlib.ts';
import {
  assignmentTargets,
  basesOf,
  decoratorsOf,
  definedName,
  enclosingClass,
  enclosingFunction,
  hasSplat,
  isAtTop,
  isBroken,
  isEmptyStatement,
  keywordArguments,
  parametersOf,
  positionalArguments,
  rootIdentifier,
  statementsOf,
  TOP_KINDS,
  undecorated,
} from '../../../languages/python/syntax.ts';

/** Key: path and name. A function at the top of a module. */
const FUNCTION = 'call-arity-mismatch.function';
/** Key: path and name. A class at the top of a module: signatures of its methods, those of `__init__` as `()`. */
const CLASS = 'call-arity-mismatch.class';
/** Key: ''. The calls of a declaration that may be judged. */
export const CALLS = 'call-arity-mismatch.calls';

type Signature = {
  /** Parameters by position, without the one that the call fills by itself. */
  readonly names: readonly string[];
  /** How many of them have to be given. */
  readonly required: number;
  readonly keywords: readonly string[];
  readonly requiredKeywords: readonly string[];
  readonly args: boolean;
  readonly kwargs: boolean;
};

type MethodSignature = Signature & { readonly kind: 'plain' | 'static' | 'class' };

type Call = {
  readonly chain: string;
  /** What is called, as written. */
  readonly name: string;
  readonly count: number;
  readonly keywords: readonly string[];
  readonly start: number;
  readonly end: number;
};

/** Decorators that leave the parameters as they are. */
const TRANSPARENT =
  /^(?:contextlib\.(?:async)?contextmanager|functools\.(?:lru_cache|cache|wraps)(?:\(\))?|typing(?:_extensions)?\.(?:override|final|no_type_check))$/;

function isTransparent(decorator: PythonNode, ctx: ChunkContext): boolean {
  const chain = decoratorChain(decorator, ctx);
  return TRANSPARENT.test(chain) && !chain.includes('wraps');
}

/** What a call has to give; null for what cannot be told. `skipped`: parameters that the call fills by itself. */
function signatureOf(definition: PythonNode, skipped: number): Signature | null {
  const list = definition.child('parameters');
  if (list === null || isBroken(list) || list.childOfKind('positional_separator') !== null) return null;
  const parameters = parametersOf(definition);
  const byPosition = parameters.filter(({ form, keywordOnly }) => form === 'plain' && !keywordOnly);
  const args = parameters.some(({ form }) => form === 'args');
  if (byPosition.length < skipped) return null;
  const plain = byPosition.slice(skipped);
  const byKeyword = parameters.filter(({ form, keywordOnly }) => form === 'plain' && keywordOnly);
  return {
    names: plain.map(({ name }) => name),
    required: plain.filter(({ defaultValue }) => defaultValue === null).length,
    keywords: byKeyword.map(({ name }) => name),
    requiredKeywords: byKeyword.filter(({ defaultValue }) => defaultValue === null).map(({ name }) => name),
    args,
    kwargs: parameters.some(({ form }) => form === 'keywords'),
  };
}

/** Whether a body says that the real function is somewhere else: a stub, or one that raises at once. */
function isAbstract(definition: PythonNode): boolean {
  return statementsOf(definition).every(
    (statement) => isEmptyStatement(statement) || /^raise\s+NotImplemented/.test(statement.text),
  );
}

/** Names that a class gives another meaning than its `def`: `self.run = ...`, `run = ...` in its body. */
function assignedIn(definition: PythonNode): ReadonlySet<string> {
  const names = new Set<string>();
  for (const assignment of definition.descendants('assignment')) {
    for (const { target } of assignmentTargets(assignment)) {
      if (target.kind === 'identifier') {
        if (enclosingClass(assignment)?.equals(definition) === true) names.add(target.text);
      } else if (target.kind === 'attribute') names.add(target.child('attribute')?.text ?? '');
    }
  }
  return names;
}

/** Methods that a class defines once, by name. */
function methodsOf(definition: PythonNode, ctx: ChunkContext): ReadonlyMap<string, MethodSignature> {
  const result = new Map<string, MethodSignature>();
  const seen = new Map<string, number>();
  const assigned = assignedIn(definition);
  const methods = definition.descendants('function_definition').filter((method) => {
    return enclosingClass(method)?.equals(definition) === true;
  });
  for (const method of methods) seen.set(definedName(method), (seen.get(definedName(method)) ?? 0) + 1);
  for (const statement of statementsOf(definition)) {
    const method = undecorated(statement);
    const name = definedName(method);
    if (method.kind !== 'function_definition' || seen.get(name) !== 1 || assigned.has(name)) continue;
    const decorators = decoratorsOf(method).filter((decorator) => !isTransparent(decorator, ctx));
    const [decorator] = decorators;
    const kind = decorator === undefined ? 'plain' : /^(static|class)method$/.exec(decorator.text)?.[1];
    if (decorators.length > 1 || kind === undefined || isAbstract(method)) continue;
    // A method whose first parameter is `*args` takes what comes.
    const signature = signatureOf(method, kind === 'static' ? 0 : 1);
    if (signature !== null) result.set(name, { ...signature, kind: kind as MethodSignature['kind'] });
  }
  return result;
}

/** Whether calling the class calls the `__init__` that it defines, and nothing else. */
function isMadePlainly(definition: PythonNode): boolean {
  if (/\bmetaclass\s*=|\b__new__\b|\b__call__\b/.test(definition.child('superclasses')?.text ?? '')) return false;
  return !basesOf(definition).some(({ text }) => /Enum|Flag|Meta|Singleton|Proxy|Type$|type$|^NamedTuple/.test(text));
}

function isUnique(name: string, { functions, classes, globals, imports }: PythonHeader): boolean {
  return [...functions, ...classes, ...globals, ...imports].filter((own) => own.name === name).length === 1;
}

/** The signatures that a declaration at the top of the file states. */
const declarations: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['function_definition', 'class_definition'],
  when: isAtTop,
  *check(node, ctx): Iterable<Verdict> {
    const name = definedName(node);
    const place = node.child('name');
    if (place === null || !isUnique(name, headerOf(ctx))) return;
    const decorators = decoratorsOf(node).filter((decorator) => !isTransparent(decorator, ctx));
    if (decorators.length > 0) return;
    const key = `${ctx.file.path}:${name}`;
    if (node.kind === 'function_definition') {
      const signature = signatureOf(node, 0);
      if (signature !== null) yield fact(FUNCTION, key, signature, place);
      return;
    }
    const methods = methodsOf(node, ctx);
    const made = isMadePlainly(node) && !node.text.includes('__new__') ? methods.get('__init__') : undefined;
    const value = Object.fromEntries([...methods].filter(([method]) => !method.startsWith('__')));
    if (made !== undefined) value['()'] = made;
    if (Object.keys(value).length > 0) yield fact(CLASS, key, value, place);
  },
};

type Mismatch = { readonly message: string; readonly args: Readonly<Record<string, string>> };

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** What is wrong with a call; null when it fits. */
function mismatch(signature: Signature, { name, count, keywords }: Call): Mismatch | null {
  const { names, required, args, kwargs } = signature;
  if (count > names.length && !args) {
    const wanted = names.length === required ? `${names.length}` : `at most ${names.length}`;
    return { message: 'surplus', args: { name, wanted, count: `${count}` } };
  }
  const all = [...names, ...signature.keywords];
  const unknown = keywords.find((keyword) => !all.includes(keyword));
  if (unknown !== undefined && !kwargs) {
    return { message: 'unknown', args: { name, keyword: unknown } };
  }
  const twice = keywords.find((keyword) => names.indexOf(keyword) >= 0 && names.indexOf(keyword) < count);
  if (twice !== undefined) return { message: 'twice', args: { name, keyword: twice } };
  const missing = [...names.slice(count, required), ...signature.requiredKeywords].filter(
    (one) => !keywords.includes(one),
  );
  return missing.length > 0 ? { message: 'missing', args: { name, names: listed(missing) } } : null;
}

/** Whether the code around expects the call to raise. */
function isTried(call: PythonNode): boolean {
  for (let around = call.ancestor('try_statement'); around !== null; around = around.ancestor('try_statement')) {
    if (/\bexcept\b[^\n]*\bTypeError\b/.test(around.text)) return true;
  }
  return false;
}

function readCall(call: PythonNode, chain: string): Call {
  const callee = call.child('function') ?? call;
  const place = callee.child('attribute') ?? callee;
  return {
    chain,
    name: place.text,
    count: positionalArguments(call).length,
    keywords: keywordArguments(call).map(({ name }) => name),
    start: place.start,
    end: place.end,
  };
}

/** The method of the own class that `self.name(...)` calls; null when that is not what the call is. */
function ownMethod(call: PythonNode): { readonly definition: PythonNode; readonly name: string } | null {
  const callee = call.child('function');
  const receiver = callee?.child('object') ?? null;
  const name = callee?.child('attribute')?.text;
  if (receiver?.kind !== 'identifier' || name === undefined) return null;
  const method = enclosingFunction(call);
  const owner = method === null ? null : enclosingClass(method);
  if (method === null || owner === null || parametersOf(method)[0]?.name !== receiver.text) return null;
  return decoratorsOf(method).some(({ text }) => text === 'staticmethod') ? null : { definition: owner, name };
}

const calls: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: TOP_KINDS,
  when: isAtTop,
  *check(node, ctx): Iterable<Verdict> {
    const header = headerOf(ctx);
    const methods = new Map<number, ReadonlyMap<string, MethodSignature>>();
    const found: Call[] = [];
    for (const call of node.descendants('call')) {
      const callee = call.child('function');
      if (callee?.kind !== 'identifier' && callee?.kind !== 'attribute') continue;
      if (isBroken(call) || hasSplat(call)) continue;
      const own = ownMethod(call);
      if (own !== null) {
        let known = methods.get(own.definition.index);
        if (known === undefined) {
          known = methodsOf(own.definition, ctx);
          methods.set(own.definition.index, known);
        }
        const signature = known.get(own.name);
        if (signature === undefined || isTried(call)) continue;
        const read = readCall(call, '');
        const wrong = mismatch(signature, read);
        if (wrong !== null) yield { kind: 'fail', subject: { start: read.start, end: read.end }, ...wrong };
        continue;
      }
      const root = rootIdentifier(callee);
      if (root === null || !mayBeOwn(root, header, ctx)) continue;
      const chain = callChain(call, ctx);
      if (/^(?:builtins\.|$)|\[\]|\(\).*\(\)/.test(chain) || isTried(call)) continue;
      if (!chain.startsWith(':') && !chain.startsWith('.') && isStandardModule(chain.split('.', 1)[0]!)) continue;
      found.push(readCall(call, chain));
    }
    if (found.length > 0) yield fact(CALLS, '', found, node.child('name') ?? node);
  },
};

/** Whether a name may lead to the workspace: bound once, and no part of the language or its library. */
function mayBeOwn(root: PythonNode, header: PythonHeader, ctx: ChunkContext): boolean {
  const name = root.text;
  const imports = header.imports.filter((item) => item.name === name);
  if (imports.length > 1 || imports[0]?.optional === true) return false;
  if (imports.length === 1 && !imports[0]!.module.startsWith('.') && isStandardModule(imports[0]!.module)) return false;
  return imports.length === 1 || isUnique(name, header) || scopesAround(ctx, root).bindingScope(root) !== null;
}

export const pythonDetectors: readonly Detector[] = [declarations, calls] as NodeDetector[];

/** The declaration that a chain means; null when nothing certain can be said. */
function calledBy(chain: string, path: string, facts: FactView, modules: PythonModules): Signature | null {
  const made = chain.indexOf('()');
  const before = made < 0 ? chain : chain.slice(0, made);
  const method = made < 0 ? '' : chain.slice(made + '().'.length);
  if (method.includes('.')) return null;
  if (before.startsWith(':')) return declaredIn(path, before.slice(1), method, made >= 0, facts);
  const dots = /^\.*/.exec(before)![0];
  const parts = before.slice(dots.length).split('.');
  // A distribution of that name may be meant.
  if (dots === '' && modules.requirements.has(normalizedName(parts[0]!))) return null;
  for (const taken of [1, 2]) {
    if (parts.length < taken || (dots === '' && parts.length === taken)) break;
    const module = dots + parts.slice(0, -taken).join('.');
    const target = modules.resolve(module, path);
    if (target.kind !== 'file') continue;
    return declaredIn(target.path, parts.slice(-taken).join('.'), method, made >= 0, facts);
  }
  return null;
}

function declaredIn(path: string, dotted: string, method: string, isMade: boolean, facts: FactView): Signature | null {
  const [first = '', second, third] = dotted.split('.');
  if (third !== undefined || (isMade && (second !== undefined || method === ''))) return null;
  const key = `${path}:${first}`;
  const classes = facts.lookup(CLASS, key);
  if (!isMade && second === undefined) {
    const [known, other] = facts.lookup(FUNCTION, key);
    if (known !== undefined) return other === undefined ? (known.value as Signature) : null;
  }
  if (classes.length !== 1) return null;
  const methods = classes[0]!.value as Readonly<Record<string, MethodSignature>>;
  const wanted = isMade ? method : (second ?? '()');
  const signature = Object.hasOwn(methods, wanted) ? methods[wanted]! : null;
  if (signature === null) return null;
  // `Store.find(store, 1)` gives by hand what a call on a value fills in.
  return !isMade && second !== undefined && signature.kind === 'plain' ? null : signature;
}

export function* judgePython(facts: FactView): Generator<WorkspaceVerdict> {
  const own = facts.get(CALLS).filter(({ place }) => facts.role(place.path) === 'production');
  if (own.length === 0) return;
  const modules = pythonModules(facts);
  for (const found of own) {
    let judged = 0;
    let failed = 0;
    for (const call of found.value as readonly Call[]) {
      const called = calledBy(call.chain, found.place.path, facts, modules);
      if (called === null) continue;
      judged++;
      const wrong = mismatch(called, call);
      if (wrong === null) continue;
      failed++;
      yield { kind: 'fail', subject: placeIn(found, call), ...wrong };
    }
    if (judged > 0 && failed === 0) yield { kind: 'pass', subject: found.place };
  }
}
