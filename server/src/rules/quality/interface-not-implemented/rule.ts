/**
 * Go types that are used as an interface of the workspace without having all of its methods. What counts as use is an
 * assertion (`var _ I = T{}`) and a value that is written out where an interface is returned. Methods that come from
 * elsewhere, generic types and type sets are unknown, and unknown is never taken for missing.
 */
import type { Json } from '../../../core/model/json.ts';
import type { Fact, Fix, Verdict, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView, fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import { mayHoldExcerpts } from '../../../languages/go/hidden.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { type GoIndex, type GoNamedType, type GoTypeUse, goIndex } from '../../../languages/go/resolve.ts';
import { PREDECLARED_TYPES } from '../../../languages/go/scope.ts';
import type { GoDeclaration, GoFunctionFact, GoMethodFact } from '../../../languages/go/symbols.ts';
import { enclosingFunction, resultsOf, syntaxChildren, unparenthesized } from '../../../languages/go/syntax.ts';
import { typesAround } from '../../../languages/go/types.ts';

/** Key: type as it is used; the place is the value. */
const CLAIM_FACT = 'interface-not-implemented.claim';
type Claim = { readonly interface: string };

const NAMED_KINDS = new Set(['type_identifier', 'qualified_type']);

/** Whether the expression is written out, so that its type is certain: `T{}`, `&T{}`, `(*T)(nil)`, `new(T)`. */
function isWrittenOut(value: GoNode): boolean {
  const inner = unparenthesized(value);
  if (inner.kind === 'composite_literal') return true;
  if (inner.kind === 'unary_expression') {
    const operand = inner.child('operand');
    return operand !== null && unparenthesized(operand).kind === 'composite_literal';
  }
  return inner.kind === 'call_expression' && (/^\(\*[\w.]+\)\(nil\)$/.test(inner.text) || /^new\(/.test(inner.text));
}

/** What a statement with such an expression has in it. */
const MAY_WRITE_OUT = /\{|\bnew\(|\(nil\)/;

function* claim(value: GoNode, wanted: GoNode, ctx: Parameters<typeof typesAround>[0]): Iterable<Verdict> {
  if (!NAMED_KINDS.has(wanted.kind) || !isWrittenOut(value)) return;
  if (wanted.kind === 'type_identifier' && PREDECLARED_TYPES.has(wanted.text)) return;
  const types = typesAround(ctx, value);
  if (types === null) return;
  const target = types.typeText(wanted);
  const inner = unparenthesized(value);
  const conversion = /^\((\*[\w.]+)\)\(nil\)$/.exec(inner.text);
  const converted = conversion === null ? null : types.calleeOf(inner);
  const type = converted?.kind === 'conversion' ? converted.type : types.typeOf(value);
  if (type === null || target === null || !/^\*?[\w./~-]+$/.test(type)) return;
  const content: Claim = { interface: target };
  yield fact(CLAIM_FACT, type, content as unknown as Json, value);
}

const claims: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['var_spec', 'return_statement'],
  when: (node) => (node.kind === 'var_spec' ? node.child('type') !== null : MAY_WRITE_OUT.test(node.text)),
  *check(node, ctx): Iterable<Verdict> {
    if (node.kind === 'var_spec') {
      const wanted = node.child('type');
      const list = node.child('value');
      const values = list === null ? [] : list.kind === 'expression_list' ? syntaxChildren(list) : [list];
      if (wanted !== null) for (const value of values) yield* claim(value, wanted, ctx);
      return;
    }
    const list = node.childOfKind('expression_list');
    const values = list === null ? [] : syntaxChildren(list);
    if (!values.some(isWrittenOut)) return;
    const around = enclosingFunction(node);
    const results = around === null ? [] : resultsOf(around);
    if (results.length !== values.length) return;
    for (const [position, value] of values.entries()) yield* claim(value, results[position]!.type, ctx);
  },
};

type Methods = ReadonlyMap<string, GoMethodFact & { readonly directory: string }>;

const LIMIT = 32;

/** Every method of an interface, embedded ones included; null when not all can be told. */
function methodsOf(owner: GoNamedType, index: GoIndex): Methods | null {
  const found = new Map<string, GoMethodFact & { readonly directory: string }>();
  const queue = [owner];
  const seen = new Set<GoNamedType>();
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (seen.has(next)) continue;
    if (seen.size > LIMIT) return null;
    seen.add(next);
    const { declaration, directory } = next;
    if (declaration.form !== 'interface' || declaration.typeParameters.length > 0) return null;
    for (const [name, method] of Object.entries(declaration.methods)) found.set(name, { ...method, directory });
    for (const text of declaration.embedded) {
      const embedded = text === null ? null : index.namedType({ text, directory, typeParameters: [] });
      if (embedded === null) return null;
      queue.push(embedded);
    }
  }
  return found;
}

const ALIASES: Readonly<Record<string, string>> = { byte: 'uint8', rune: 'int32', 'interface{...}': '' };

/** A type that means the same everywhere; '' for every other one. */
function plain(type: string | null): string {
  const name = type?.replace(/^(?:\*|\[\])*/, '') ?? '';
  if (!PREDECLARED_TYPES.has(name)) return '';
  return type!.slice(0, type!.length - name.length) + (ALIASES[name] ?? name);
}

function differs(wanted: readonly (string | null)[], got: readonly (string | null)[]): boolean {
  if (wanted.length !== got.length) return true;
  return wanted.some((type, position) => {
    const [left, right] = [plain(type), plain(got[position]!)];
    return left !== '' && right !== '' && left !== right;
  });
}

interface Gap {
  readonly message: 'missing' | 'signature' | 'pointer';
  readonly method: string;
}

/** What a type lacks of an interface; null when something is unknown. */
function gapsOf(type: GoTypeUse, owner: GoNamedType, methods: Methods, index: GoIndex): readonly Gap[] | null {
  const gaps: Gap[] = [];
  for (const [name, wanted] of methods) {
    const selection = index.select(type, name);
    if (selection.kind === 'unknown') return null;
    if (selection.kind === 'missing') {
      gaps.push({ message: 'missing', method: name });
      continue;
    }
    const { entity } = selection;
    // A field of that name, or a method whose declaration depends on the build.
    if (entity?.kind !== 'func') return null;
    if (
      entity.variadic !== (wanted.variadic === true) ||
      differs(wanted.parameters, entity.parameters) ||
      differs(wanted.results, entity.results)
    ) {
      gaps.push({ message: 'signature', method: name });
    } else if (!type.text.startsWith('*')) {
      const own = index.declarations(owner.directory, `${owner.name}.${name}`)[0]?.value as GoFunctionFact | undefined;
      if (own?.pointer === true) gaps.push({ message: 'pointer', method: name });
    }
  }
  return gaps;
}

/** Types that read the same in the file of the type: predeclared ones, and those of the package when it is the same. */
function isPortable(type: string | null, same: boolean): boolean {
  if (type === null || type.includes('.') || type.includes('{')) return false;
  return same || plain(type) !== '' || type === 'any' || type === 'error';
}

/** Adds methods that panic to the file of the type. */
function stubs(owner: GoNamedType, missing: readonly Gap[], methods: Methods, index: GoIndex): readonly Fix[] {
  const place = index.declarations(owner.directory, owner.name)[0]?.place;
  if (place === undefined) return [];
  const receiver = owner.name[0]!.toLowerCase();
  const sources: string[] = [];
  for (const { method } of missing) {
    const { parameters, variadic, results, directory } = methods.get(method)!;
    if (![...parameters, ...results].every((type) => isPortable(type, directory === owner.directory))) return [];
    const list = parameters.map((type, position) =>
      variadic && position === parameters.length - 1 ? `...${type!.slice(2)}` : type!,
    );
    const result = results.length > 1 ? ` (${results.join(', ')})` : results.length === 1 ? ` ${results[0]}` : '';
    sources.push(
      `\n// ${method} ...\nfunc (${receiver} *${owner.name}) ${method}(${list.join(', ')})${result} {\n\tpanic("not implemented")\n}\n`,
    );
  }
  return [
    {
      title: `Add ${missing.map(({ method }) => method).join(', ')} to ${owner.name}`,
      safety: 'suggestion',
      edits: [{ kind: 'append', path: place.path, content: sources.join('') }],
    },
  ];
}

function* judgeClaim(found: Fact, index: GoIndex, facts: FactView): Generator<WorkspaceVerdict> {
  const directory = facts.partition;
  const { interface: text } = found.value as Claim;
  const wanted = index.namedType({ text, directory, typeParameters: [] });
  const type: GoTypeUse = { text: found.key, directory, typeParameters: [] };
  const owner = index.namedType(type);
  if (wanted?.declaration.form !== 'interface' || owner === null || owner === wanted) return;
  if (owner.declaration.form === 'interface' || owner.declaration.typeParameters.length > 0) return;
  if (!index.isComplete(wanted.directory) || !index.isComplete(owner.directory)) return;
  const methods = methodsOf(wanted, index);
  const gaps = methods === null || methods.size === 0 ? null : gapsOf(type, owner, methods, index);
  if (methods === null || gaps === null) return;
  const first = gaps[0];
  if (first === undefined) {
    yield { kind: 'pass', subject: found.place };
    return;
  }
  const missing = gaps.filter(({ message }) => message === 'missing');
  const { message } = missing[0] ?? first;
  const concerned = gaps.filter((gap) => gap.message === message).map(({ method }) => method);
  const declared = index.declarations(wanted.directory, wanted.name)[0];
  yield {
    kind: 'fail',
    subject: found.place,
    message,
    args: { type: owner.name, interface: wanted.name, method: concerned.join(', ') },
    related: declared === undefined ? [] : [{ place: declared.place, message: 'The interface.' }],
    fixes: missing.length === gaps.length ? stubs(owner, missing, methods, index) : [],
  };
}

/** Interfaces of the package that a type of the package implements. */
function* implemented(facts: FactView, index: GoIndex): Generator<WorkspaceVerdict> {
  const ownersByMethod = new Map<string, Set<string>>();
  for (const { key } of facts.get('go.decl')) {
    const dot = key.indexOf('.');
    if (dot < 0) continue;
    const owners = ownersByMethod.get(key.slice(dot + 1));
    if (owners === undefined) ownersByMethod.set(key.slice(dot + 1), new Set([key.slice(0, dot)]));
    else owners.add(key.slice(0, dot));
  }
  for (const found of facts.get('go.decl')) {
    const declaration = found.value as GoDeclaration;
    if (declaration.kind !== 'type' || declaration.form !== 'interface' || declaration.test) continue;
    const use = { text: found.key, directory: facts.partition, typeParameters: [] };
    const named = facts.role(found.place.path) === 'production' ? index.namedType(use) : null;
    const methods = named === null ? null : methodsOf(named, index);
    const [first, ...rest] = methods === null ? [] : [...methods.keys()];
    if (methods === null || first === undefined) continue;
    const owners = [...(ownersByMethod.get(first) ?? [])].filter((owner) =>
      rest.every((name) => ownersByMethod.get(name)?.has(owner) === true),
    );
    const isComplete = owners.some((owner) => {
      const type = { text: `*${owner}`, directory: facts.partition, typeParameters: [] };
      const concrete = index.namedType(type);
      return concrete !== null && gapsOf(type, concrete, methods, index)?.length === 0;
    });
    if (isComplete) yield { kind: 'pass', subject: found.place };
  }
}

export const rule = defineRule({
  id: 'interface-not-implemented',
  title: 'Declared implementation lacks methods',
  category: 'quality',
  severity: 'critical',
  confidence: 'certain',
  stage: 'stable',
  docs: {
    what: 'A type is asserted to implement an interface of the workspace, or a value of it is returned as one, but it lacks a method, has one with another number or kind of parameters or results, or has it on the pointer only. Methods are followed through embedded types; generic types and interfaces of other modules are left out.',
    why: 'The package does not compile, and so nothing that imports it does.',
    howToFix:
      'Write the method as the interface declares it, or return a pointer when the methods have pointer receivers. Keep `var _ Interface = (*Type)(nil)` beside the type, so that the compiler names the type and not a distant caller.',
    refs: ['Go specification: Implementing an interface'],
  },
  messages: {
    missing: '{type} lacks {method} and so is no {interface}, which does not compile; write the method.',
    signature: '{method} of {type} differs from what {interface} asks for, which does not compile; make them agree.',
    pointer: '{method} belongs to *{type}, so {type} itself is no {interface}; use a pointer.',
  },
  fix: 'sometimes',
  on: { go: [claims] },
  workspace: {
    partition: 'directory',
    reads: [CLAIM_FACT, 'go.decl'],
    *judge(facts): Iterable<WorkspaceVerdict> {
      if (mayHoldExcerpts(facts.partition)) return;
      const index = facts.derive(goIndex);
      for (const found of facts.get(CLAIM_FACT)) {
        if (facts.role(found.place.path) === 'production') yield* judgeClaim(found, index, facts);
      }
      yield* implemented(facts, index);
    },
  },
});
