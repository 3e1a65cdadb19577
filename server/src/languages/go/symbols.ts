/**
 * What the packages of a workspace declare and import, as facts that judges share. Everything is taken from one
 * declaration as it is written; nothing here looks at another file or resolves a name (see resolve.ts for that).
 *
 * - `go.decl`, key: name (`Server`) or receiver and name (`Server.Close`), value: `GoDeclaration`, place: the name.
 *   One for each name that is declared at package level, in every file that is not vendored, tests included.
 * - `go.package`, key: directory, value: `GoPackageFile`, place: the package clause. One for each file.
 * - `go.import`, key: import path, value: `GoImportFact`, place: the import.
 * - `go.generate`, key: directory: the file asks a code generator for something, so code may be missing in the tree.
 *
 * Types are written as types.ts does: with full import paths, types of the package itself by their bare names.
 */

import { OWN_ROLES } from '../../core/model/file.ts';
import { directoryOf } from '../../core/model/path.ts';
import type { Verdict } from '../../core/model/verdict.ts';
import {
  type Extractor,
  type FileContext,
  fact,
  type NodeDetector,
  type TextDetector,
} from '../../core/rulekit/rule.ts';
import { type ChainContext, chainContext, chainOf } from './chains.ts';
import { EMPTY_GO_HEADER, type GoHeader } from './header.ts';
import type { GoNode } from './nodes.gen.ts';
import { scopeAround } from './scope.ts';
import {
  functionName,
  type GoParameter,
  hasToken,
  nilComparison,
  parametersOf,
  receiverOf,
  resultsOf,
  stringLiteralValue,
  syntaxChildren,
} from './syntax.ts';
import { type GoTypes, signatureTypes, typesAround } from './types.ts';

// A large workspace has many of these facts, so that what does not hold is left out.

/** What every declaration says. */
export type GoDeclarationBase = {
  /** Name in the package clause: a directory may hold `x` and `x_test`. */
  readonly package: string;
  /** Stands in a `_test.go` file. */
  readonly test?: true;
  /** Build constraint and platform suffix of the file, '' when the file is always built: see `fileConstraint`. */
  readonly constraint: string;
};

export type GoFunctionFact = GoDeclarationBase & {
  readonly kind: 'func' | 'method';
  /** Methods: the receiver is a pointer. */
  readonly pointer?: true;
  /** Type parameters of the function, or of the receiver's type under the names that the receiver gives them. */
  readonly typeParameters: readonly string[];
  /** Types, null when they cannot be written; the last one of a variadic function is a slice. */
  readonly parameters: readonly (string | null)[];
  readonly variadic?: true;
  readonly results: readonly (string | null)[];
  /** Has a body with statements. */
  readonly body: boolean;
  /** The body decides something: a loop, a switch, or an `if` that is more than `if err != nil`. */
  readonly branches?: true;
};

/** What a method of an interface takes and gives. */
export type GoMethodFact = {
  /** Types, null when they cannot be written; the last one of a variadic method is a slice. */
  readonly parameters: readonly (string | null)[];
  readonly variadic?: true;
  readonly results: readonly (string | null)[];
};

export type GoTypeFact = GoDeclarationBase & {
  readonly kind: 'type';
  /** `defined`: `type A B`; `alias`: `type A = B`, whatever B is. */
  readonly form: 'struct' | 'interface' | 'alias' | 'defined';
  readonly typeParameters: readonly string[];
  /** Structs: fields by name, without embedded ones. */
  readonly fields: { readonly [name: string]: string | null };
  /** Structs and interfaces: what they embed. */
  readonly embedded: readonly (string | null)[];
  /** Interfaces: methods by name. */
  readonly methods: { readonly [name: string]: GoMethodFact };
  /** Aliases and defined types: the type on the right. */
  readonly type: string | null;
};

export type GoValueFact = GoDeclarationBase & {
  readonly kind: 'var' | 'const';
  /** As declared, or what follows from the value alone; null when unknown. */
  readonly type: string | null;
  /** Where the type comes from when it is not written: a chain as in chains.ts; null when unknown. */
  readonly origin: string | null;
};

export type GoDeclaration = GoFunctionFact | GoTypeFact | GoValueFact;

export type GoPackageFile = {
  readonly package: string;
  readonly test?: true;
  readonly constraint: string;
  /** Name and path of each import, and whether the name is written. */
  readonly imports: readonly (readonly [name: string, path: string, alias?: true])[];
};

export type GoImportFact = {
  /** Name in the file: the alias, or what the path suggests. */
  readonly name: string;
  readonly test?: true;
};

const OPERATING_SYSTEMS = new Set(
  'aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris wasip1 windows zos'.split(
    ' ',
  ),
);
const ARCHITECTURES = new Set(
  (
    '386 amd64 amd64p32 arm arm64 arm64be armbe loong64 mips mips64 mips64le mips64p32 mips64p32le mipsle ppc ppc64 ' +
    'ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm'
  ).split(' '),
);

export function isTestFile(path: string): boolean {
  return path.endsWith('_test.go');
}

/** Build constraint of a file with that of its name (`_linux.go`, `_windows_amd64.go`); '' for none. */
export function fileConstraint(path: string, header: GoHeader): string {
  const name = path.slice(path.lastIndexOf('/') + 1).replace(/(?:_test)?\.go$/, '');
  const words = name.split('_');
  // A name that is nothing but a platform is no constraint.
  const last = words.length > 1 ? words.pop()! : '';
  const parts = header.buildConstraint === '' ? [] : [header.buildConstraint];
  if (ARCHITECTURES.has(last)) {
    const system = words.length > 1 ? words.pop()! : '';
    if (OPERATING_SYSTEMS.has(system)) parts.push(system);
    parts.push(last);
  } else if (OPERATING_SYSTEMS.has(last)) parts.push(last);
  return parts.join(' && ');
}

function headerOf(file: FileContext): GoHeader {
  return (file.header as GoHeader | null) ?? EMPTY_GO_HEADER;
}

/** What the declarations of a file have in common, by the file. */
const bases = new WeakMap<FileContext, GoDeclarationBase>();

function baseOf(file: FileContext): GoDeclarationBase {
  let base = bases.get(file);
  if (base === undefined) {
    const header = headerOf(file);
    base = { package: header.packageName, constraint: fileConstraint(file.path, header) };
    if (isTestFile(file.path)) base = { ...base, test: true };
    bases.set(file, base);
  }
  return base;
}

function isPackageLevel(node: GoNode): boolean {
  return node.ancestor('block') === null;
}

function typeParameterNames(node: GoNode): string[] {
  const list = node.child('type_parameters');
  if (list === null) return [];
  return [...list.descendants('type_parameter_declaration')].flatMap((parameter) =>
    parameter.childrenOf('name').map((name) => name.text),
  );
}

/** `K` and `V` of the receiver `(c *Cache[K, V])`. */
function receiverTypeParameters(method: GoNode): string[] {
  const list = method.child('receiver');
  const generic = list === null ? undefined : [...list.descendants('generic_type')][0];
  const names = generic?.child('type_arguments') ?? null;
  return names === null ? [] : [...names.descendants('type_identifier')].map((name) => name.text);
}

function isErrorCheck(statement: GoNode): boolean {
  const condition = statement.child('condition');
  const comparison = condition === null ? null : nilComparison(condition);
  return comparison !== null && /^err$|Err$/.test(comparison.operand.text) && statement.child('alternative') === null;
}

function hasBranches(body: GoNode): boolean {
  for (const node of body.descendants(
    'if_statement',
    'for_statement',
    'expression_switch_statement',
    'type_switch_statement',
    'select_statement',
  )) {
    if (node.kind !== 'if_statement' || !isErrorCheck(node)) return true;
  }
  return false;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function parameterType({ type, variadic }: GoParameter, typeText: GoTypes['typeText']): string | null {
  const text = typeText(type);
  return variadic && text !== null ? `[]${text}` : text;
}

// The facts are written out rather than to spread `base`: there are many of them, and that is several times as fast.

function functionFact(node: GoNode, typeText: GoTypes['typeText'], base: GoDeclarationBase): GoFunctionFact {
  const body = node.child('body');
  const parameters = parametersOf(node);
  const isMethod = node.kind === 'method_declaration';
  const value: Mutable<GoFunctionFact> = {
    package: base.package,
    constraint: base.constraint,
    kind: isMethod ? 'method' : 'func',
    typeParameters: isMethod ? receiverTypeParameters(node) : typeParameterNames(node),
    parameters: parameters.map((parameter) => parameterType(parameter, typeText)),
    results: resultsOf(node).map(({ type }) => typeText(type)),
    body: body !== null && syntaxChildren(body).length > 0,
  };
  if (base.test === true) value.test = true;
  if (isMethod && receiverOf(node)?.pointer === true) value.pointer = true;
  if (parameters.at(-1)?.variadic === true) value.variadic = true;
  if (body !== null && hasBranches(body)) value.branches = true;
  return value;
}

/** The type that a struct field or interface element without a name embeds. */
function embeddedType(node: GoNode, typeText: GoTypes['typeText']): string | null {
  const type = node.child('type') ?? syntaxChildren(node)[0] ?? null;
  return type === null ? null : typeText(type);
}

function typeFact(spec: GoNode, typeText: GoTypes['typeText'], base: GoDeclarationBase): GoTypeFact {
  const fields: Record<string, string | null> = {};
  const methods: Record<string, GoMethodFact> = {};
  const embedded: (string | null)[] = [];
  const type = spec.child('type');
  let form: GoTypeFact['form'] = spec.kind === 'type_alias' || spec.childOfKind('=') !== null ? 'alias' : 'defined';
  if (form === 'defined' && type?.kind === 'struct_type') {
    form = 'struct';
    for (const field of type.childOfKind('field_declaration_list')?.namedChildren ?? []) {
      if (field.kind !== 'field_declaration') continue;
      const names = field.childrenOf('name').filter((name) => name.isNamed);
      const written = field.child('type');
      const text = written === null ? null : typeText(written);
      for (const name of names) fields[name.text] = text;
      if (names.length === 0) embedded.push(text !== null && hasToken(field, '*') ? `*${text}` : text);
    }
  } else if (form === 'defined' && type?.kind === 'interface_type') {
    form = 'interface';
    for (const element of type.namedChildren) {
      if (element.kind === 'method_elem') {
        const parameters = parametersOf(element);
        const method: Mutable<GoMethodFact> = {
          parameters: parameters.map((parameter) => parameterType(parameter, typeText)),
          results: resultsOf(element).map((result) => typeText(result.type)),
        };
        if (parameters.at(-1)?.variadic === true) method.variadic = true;
        methods[element.child('name')?.text ?? ''] = method;
      } else if (element.kind !== 'comment') {
        // A union or an approximation has no name that could be looked up.
        embedded.push(syntaxChildren(element).length === 1 ? embeddedType(element, typeText) : null);
      }
    }
  }
  const isNamed = form === 'struct' || form === 'interface';
  const value: Mutable<GoTypeFact> = {
    package: base.package,
    constraint: base.constraint,
    kind: 'type',
    form,
    typeParameters: typeParameterNames(spec),
    fields,
    embedded,
    methods,
    type: isNamed || type === null ? null : typeText(type),
  };
  if (base.test === true) value.test = true;
  return value;
}

function* valueFacts(spec: GoNode, context: ChainContext, base: GoDeclarationBase): Generator<Verdict> {
  const { types } = context;
  const kind = spec.kind === 'var_spec' ? 'var' : 'const';
  const written = spec.child('type');
  const list = spec.child('value');
  const values = list === null ? [] : list.kind === 'expression_list' ? syntaxChildren(list) : [list];
  const names = spec.childrenOf('name').filter((name) => name.isNamed);
  for (const [position, name] of names.entries()) {
    let type = written === null ? null : types.typeText(written);
    let origin: string | null = null;
    if (written === null && kind === 'var') {
      const value = values.length === names.length ? values[position]! : null;
      if (value !== null) {
        type = types.typeOf(value);
        if (type === null) origin = chainOf(value, context);
      } else if (values.length === 1) origin = chainOf(values[0]!, context, position);
    }
    const value: Mutable<GoValueFact> = { package: base.package, constraint: base.constraint, kind, type, origin };
    if (base.test === true) value.test = true;
    yield fact('go.decl', name.text, value, name);
  }
}

const declarations: NodeDetector<unknown, GoNode> = {
  kinds: ['function_declaration', 'method_declaration', 'type_spec', 'type_alias', 'var_spec', 'const_spec'],
  *check(node, ctx) {
    if (!isPackageLevel(node)) return;
    const base = baseOf(ctx.file);
    const typeText = signatureTypes(headerOf(ctx.file));
    switch (node.kind) {
      case 'function_declaration':
      case 'method_declaration': {
        const name = node.child('name');
        if (name === null) return;
        const receiver = node.kind === 'method_declaration' ? receiverOf(node) : null;
        if (node.kind === 'method_declaration' && receiver === null) return;
        const key = receiver === null ? functionName(node) : `${receiver.type}.${name.text}`;
        yield fact('go.decl', key, functionFact(node, typeText, base), name);
        return;
      }
      case 'type_spec':
      case 'type_alias': {
        const name = node.child('name');
        if (name !== null) yield fact('go.decl', name.text, typeFact(node, typeText, base), name);
        return;
      }
      default: {
        const types = typesAround(ctx, node);
        const scope = scopeAround(ctx, node);
        if (types !== null && scope !== null) yield* valueFacts(node, chainContext(scope, types), base);
      }
    }
  },
};

const packageClause: NodeDetector<unknown, GoNode> = {
  kinds: ['package_clause'],
  *check(node, ctx) {
    const header = headerOf(ctx.file);
    const imports = header.imports.map((item): [string, string] | [string, string, true] =>
      item.alias === true ? [item.name, item.path, true] : [item.name, item.path],
    );
    yield fact('go.package', directoryOf(ctx.file.path), { ...baseOf(ctx.file), imports }, node);
  },
};

const importSpec: NodeDetector<unknown, GoNode> = {
  kinds: ['import_spec'],
  *check(node, ctx) {
    const literal = node.child('path');
    const path = literal === null ? null : stringLiteralValue(literal);
    if (path === null) return;
    const name = headerOf(ctx.file).imports.find((item) => item.path === path)?.name ?? '';
    yield fact('go.import', path, isTestFile(ctx.file.path) ? { name, test: true } : { name }, node);
  },
};

/** Directives of code generators: `//go:generate`, and the markers of those that look for them on types. */
const GENERATOR = /^\/\/(?:go:generate\s|\s?\+(?:gen\w*|marshal|stateify|k8s:\w|kubebuilder:object))/m;

const generate: TextDetector = {
  text: true,
  triggers: ['//go:generate', '// +', '//+'],
  *check(text, ctx) {
    const match = GENERATOR.exec(text);
    if (match === null) return;
    const subject = { start: match.index, end: match.index + match[0].length };
    yield fact('go.generate', directoryOf(ctx.file.path), null, subject);
  },
};

export const extractors: readonly Extractor[] = [
  { id: 'go.decl', language: 'go', detector: declarations as NodeDetector, roles: OWN_ROLES },
  { id: 'go.package', language: 'go', detector: packageClause as NodeDetector, roles: OWN_ROLES },
  { id: 'go.import', language: 'go', detector: importSpec as NodeDetector, roles: OWN_ROLES },
  { id: 'go.generate', language: 'go', detector: generate },
];
