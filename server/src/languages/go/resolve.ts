/**
 * Follows names and chains through the Go packages of a workspace, for judges. It answers from the facts of symbols.ts
 * and uses.ts; whatever these do not tell is unknown (null), and unknown is never taken for missing: a name is missing
 * only from a package of which every file is known.
 */
import { directoryOf } from '../../core/model/path.ts';
import type { Fact } from '../../core/model/verdict.ts';
import { defineDerivation, type FactView } from '../../core/rulekit/rule.ts';
import { mayHideGoFiles } from './hidden.ts';
import type { GoDeclaration, GoFunctionFact, GoPackageFile, GoTypeFact } from './symbols.ts';
import { elementOf, mapKeyOf } from './types.ts';

/** A type as it is written somewhere: bare names are those of the package in `directory`. */
export interface GoTypeUse {
  readonly text: string;
  readonly directory: string;
  /** Names in it that stand for any type. */
  readonly typeParameters: readonly string[];
}

/** A declared type, with where it is declared. */
export interface GoNamedType {
  readonly name: string;
  readonly directory: string;
  readonly declaration: GoTypeFact;
}

/** What a chain leads to. */
export type GoEntity =
  | { readonly kind: 'value'; readonly type: GoTypeUse }
  | {
      readonly kind: 'func';
      /** As in `GoFunctionFact`. */
      readonly parameters: readonly (string | null)[];
      readonly variadic: boolean;
      readonly results: readonly (string | null)[];
      readonly directory: string;
      readonly typeParameters: readonly string[];
    }
  | { readonly kind: 'type'; readonly type: GoTypeUse }
  | { readonly kind: 'package'; readonly directory: string };

/** What a value has under a name: found (perhaps of unknown type), certainly missing, or not to be told. */
export type Selection =
  | { readonly kind: 'found'; readonly entity: GoEntity | null }
  | { readonly kind: 'missing'; readonly owner: GoNamedType }
  | { readonly kind: 'unknown' };

export interface GoIndex {
  /** Directory of a package of the same module as `from`; null for every other package. */
  directoryOfImport(from: string, importPath: string): string | null;
  /** Name in the package clauses of the files of a directory that are no tests; null unless they agree. */
  packageName(directory: string): string | null;
  /** Declarations of a name (or `Receiver.Method`) in a directory, tests included. */
  declarations(directory: string, key: string): readonly Fact[];
  /** Whether all code of the package is known: nothing unparsed, hidden or still to be generated. */
  isComplete(directory: string): boolean;
  /** Follows a chain as in chains.ts that stands in a file. */
  follow(path: string, chain: string): GoEntity | null;
  /** The declaration of a named type, through aliases, pointers and type arguments; null for every other type. */
  namedType(type: GoTypeUse): GoNamedType | null;
  /** Looks up a field or method. */
  select(type: GoTypeUse, name: string): Selection;
}

const UNKNOWN: Selection = { kind: 'unknown' };
/** Embedded types, aliases and initial values that lead on and on are given up. */
const DEPTH_LIMIT = 32;

const NAMED = /^(?:([\w./~-]+)\.)?([\p{L}_][\p{L}\p{Nd}_]*)$/u;

/** Predeclared types that certainly have neither fields nor methods. */
const MEMBERLESS =
  /^(?:bool|string|byte|rune|u?int(?:8|16|32|64)?|uintptr|float(?:32|64)|complex(?:64|128)|\[.*|map\[.*|func\(.*|(?:<-)?chan(?:<-)? .*)$/s;

/**
 * All members of the types of the standard library that are embedded most. Interfaces cannot grow, and the others have
 * nothing to grow into.
 */
export const LIBRARY_MEMBERS: Readonly<Record<string, readonly string[]>> = {
  error: ['Error'],
  'context.Context': ['Deadline', 'Done', 'Err', 'Value'],
  'fmt.Stringer': ['String'],
  'io.Closer': ['Close'],
  'io.ReadCloser': ['Close', 'Read'],
  'io.ReadWriteCloser': ['Close', 'Read', 'Write'],
  'io.ReadWriter': ['Read', 'Write'],
  'io.Reader': ['Read'],
  'io.WriteCloser': ['Close', 'Write'],
  'io.Writer': ['Write'],
  'net.Conn': [
    'Close',
    'LocalAddr',
    'Read',
    'RemoteAddr',
    'SetDeadline',
    'SetReadDeadline',
    'SetWriteDeadline',
    'Write',
  ],
  'net.Listener': ['Accept', 'Addr', 'Close'],
  'net/http.Handler': ['ServeHTTP'],
  'net/http.ResponseWriter': ['Header', 'Write', 'WriteHeader'],
  'net/http.RoundTripper': ['RoundTrip'],
  'sort.Interface': ['Len', 'Less', 'Swap'],
  'sync.Mutex': ['Lock', 'TryLock', 'Unlock'],
  'sync.Once': ['Do'],
  'sync.RWMutex': ['Lock', 'RLock', 'RLocker', 'RUnlock', 'TryLock', 'TryRLock', 'Unlock'],
  'sync.WaitGroup': ['Add', 'Done', 'Go', 'Wait'],
};

/** Type arguments are left out: what depends on them is unknown anyway. */
function withoutArguments(text: string): string {
  const open = text.indexOf('[');
  return open > 0 && text.endsWith(']') ? text.slice(0, open) : text;
}

function withoutPointers(text: string): string {
  return text.replace(/^[*(]+/, (signs) => (signs.includes('(') ? signs : ''));
}

/** Splits at commas outside of brackets. */
function splitList(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!;
    if ('([{'.includes(character)) depth++;
    else if (')]}'.includes(character)) depth--;
    else if (character === ',' && depth === 0) {
      parts.push(text.slice(from, i).trim());
      from = i + 1;
    }
  }
  const last = text.slice(from).trim();
  return last === '' ? parts : [...parts, last];
}

/** Result types of a function type as types.ts writes it: `func(int) (string, error)`. */
function resultsOfFunctionType(text: string): readonly string[] | null {
  if (!text.startsWith('func(')) return null;
  let depth = 0;
  for (let i = 4; i < text.length; i++) {
    if (text[i] === '(') depth++;
    else if (text[i] === ')' && --depth === 0) {
      const results = text.slice(i + 1).trim();
      return results.startsWith('(') ? splitList(results.slice(1, -1)) : results === '' ? [] : [results];
    }
  }
  return null;
}

/** Whether all code of the package in a directory is known: nothing unparsed, hidden or still to be generated. */
export function isCompletePackage(facts: FactView, directory: string): boolean {
  const siblings = facts.lookup('file.in', directory);
  const paths = siblings.flatMap(({ value, place }) => (value === 'go' ? [place.path] : []));
  return (
    paths.length > 0 &&
    // Where code is generated and none was committed, more of it may be missing.
    (facts.lookup('go.generate', directory).length === 0 || paths.some((path) => facts.role(path) === 'generated')) &&
    !mayHideGoFiles(facts, directory) &&
    paths.every(
      (path) =>
        facts.role(path) !== 'vendored' &&
        facts.lookup('file.parsed', path).length > 0 &&
        facts.lookup('file.syntax-error', path).length === 0 &&
        facts.lookup('file.conflict', path).length === 0,
    )
  );
}

/** The look-ups for judges of directories. Answers are kept while they run. */
export const goIndex = defineDerivation('go.index', createIndex);

function createIndex(facts: FactView): GoIndex {
  const own = new Map<string, Fact[]>();
  for (const declaration of facts.get('go.decl')) {
    const list = own.get(declaration.key);
    if (list === undefined) own.set(declaration.key, [declaration]);
    else list.push(declaration);
  }
  const modules = facts
    .all('go.module')
    .map((module) => ({ path: module.key, directory: directoryOf(module.place.path) }));
  const otherDeclarations = new Map<string, readonly Fact[]>();
  const complete = new Map<string, boolean>();
  const imports = new Map<string, Map<string, string | null>>();
  const directories = new Map<string, string | null>();
  /** Chains that begin with a type mean the same in every file of a directory, others depend on the file. */
  const chains = new Map<string, Map<string, GoEntity | null>>();
  const namedTypes = new Map<string, GoNamedType>();
  const namedTypeOf = new WeakMap<GoTypeUse, GoNamedType | null>();
  const members = new Map<GoNamedType, Map<string, Selection>>();
  let depth = 0;

  const declarations = (directory: string, key: string): readonly Fact[] => {
    if (directory === facts.partition) return own.get(key) ?? [];
    const id = `${directory}\n${key}`;
    let found = otherDeclarations.get(id);
    if (found === undefined) {
      found = facts.lookup('go.decl', key, directory);
      otherDeclarations.set(id, found);
    }
    return found;
  };

  /** The module that a directory belongs to: the nearest one above. */
  const moduleOf = (directory: string): { readonly path: string; readonly directory: string } | null => {
    let nearest: (typeof modules)[number] | null = null;
    for (const module of modules) {
      const holds =
        module.directory === '' || directory === module.directory || directory.startsWith(`${module.directory}/`);
      if (holds && (nearest === null || module.directory.length > nearest.directory.length)) nearest = module;
    }
    return nearest;
  };

  const directoryOfImport = (from: string, importPath: string): string | null => {
    const id = `${from}\n${importPath}`;
    const known = directories.get(id);
    if (known !== undefined) return known;
    const module = moduleOf(from);
    let result: string | null = null;
    if (module !== null && (importPath === module.path || importPath.startsWith(`${module.path}/`))) {
      const rest = importPath.slice(module.path.length + 1);
      const directory = [module.directory, rest].filter((part) => part !== '').join('/');
      // A module inside the module is another one, perhaps of another version.
      if (moduleOf(directory) === module) result = directory;
    }
    directories.set(id, result);
    return result;
  };

  const packageFiles = (directory: string): readonly Fact[] => facts.lookup('go.package', directory);

  const packageName = (directory: string): string | null => {
    const names = new Set<string>();
    for (const { value } of packageFiles(directory)) {
      const file = value as GoPackageFile;
      if (!file.test && !/\bignore\b/.test(file.constraint)) names.add(file.package);
    }
    return names.size === 1 ? [...names][0]! : null;
  };

  const isComplete = (directory: string): boolean => {
    let result = complete.get(directory);
    if (result === undefined) {
      result = isCompletePackage(facts, directory);
      complete.set(directory, result);
    }
    return result;
  };

  /** What the names of a file's imports stand for: a directory, or null for a package that is not known. */
  const importsOf = (path: string): ReadonlyMap<string, string | null> => {
    let known = imports.get(path);
    if (known === undefined) {
      known = new Map();
      const directory = directoryOf(path);
      const file = packageFiles(directory).find((item) => item.place.path === path);
      for (const [name, importPath, alias] of (file?.value as GoPackageFile | undefined)?.imports ?? []) {
        const target = directoryOfImport(directory, importPath);
        known.set(alias || target === null ? name : (packageName(target) ?? name), target);
      }
      imports.set(path, known);
    }
    return known;
  };

  const declaredEntity = (directory: string, name: string): GoEntity | null => {
    const found = declarations(directory, name);
    if (found.length !== 1) return null;
    const declaration = found[0]!.value as GoDeclaration;
    switch (declaration.kind) {
      case 'type':
        return { kind: 'type', type: { text: name, directory, typeParameters: [] } };
      case 'func':
        return functionEntity(declaration, directory);
      case 'var':
      case 'const':
        if (declaration.type !== null) {
          return { kind: 'value', type: { text: declaration.type, directory, typeParameters: [] } };
        }
        return declaration.origin === null ? null : follow(found[0]!.place.path, declaration.origin);
      case 'method':
        return null;
    }
  };

  const entityOf = (path: string, name: string): GoEntity | null => {
    const imported = importsOf(path).get(name);
    if (imported === undefined) return declaredEntity(directoryOf(path), name);
    return imported === null ? null : { kind: 'package', directory: imported };
  };

  const findNamedType = (use: GoTypeUse): GoNamedType | null => {
    let current = use;
    for (let i = 0; i < DEPTH_LIMIT; i++) {
      const match = NAMED.exec(withoutArguments(withoutPointers(current.text)));
      if (match === null) return null;
      const [, path, name] = match;
      if (path === undefined && current.typeParameters.includes(name!)) return null;
      const directory = path === undefined ? current.directory : directoryOfImport(current.directory, path);
      if (directory === null) return null;
      const found = declarations(directory, name!);
      const declaration = found[0]?.value as GoDeclaration | undefined;
      if (found.length !== 1 || declaration?.kind !== 'type' || declaration.test) return null;
      if (declaration.form !== 'alias') {
        const id = `${directory}\n${name}`;
        let type = namedTypes.get(id);
        if (type === undefined) {
          type = { name: name!, directory, declaration };
          namedTypes.set(id, type);
        }
        return type;
      }
      if (declaration.type === null) return null;
      current = { text: declaration.type, directory, typeParameters: declaration.typeParameters };
    }
    return null;
  };

  const namedType = (use: GoTypeUse): GoNamedType | null => {
    let type = namedTypeOf.get(use);
    if (type === undefined) {
      type = findNamedType(use);
      namedTypeOf.set(use, type);
    }
    return type;
  };

  /** The type behind defined types such as `type Names []string`; null when unknown. */
  const underlying = (use: GoTypeUse): GoTypeUse | null => {
    let current = use;
    for (let i = 0; i < DEPTH_LIMIT; i++) {
      if (MEMBERLESS.test(withoutPointers(current.text))) return current;
      const named = namedType(current);
      if (named?.declaration.form !== 'defined' || named.declaration.type === null) return null;
      const { type, typeParameters } = named.declaration;
      current = { text: type, directory: named.directory, typeParameters };
    }
    return null;
  };

  const functionEntity = (declaration: GoFunctionFact, directory: string): GoEntity => ({
    kind: 'func',
    parameters: declaration.parameters,
    variadic: declaration.variadic === true,
    results: declaration.results,
    directory,
    typeParameters: declaration.typeParameters,
  });

  const search = (owner: GoNamedType, name: string): Selection => {
    const visited = new Set<GoNamedType>();
    const directoriesSeen = new Set<string>();
    const queue: GoNamedType[] = [owner];
    let certain = true;
    let inLibrary = false;
    const enter = (type: GoTypeUse): void => {
      const named = namedType(type);
      if (named !== null) {
        queue.push(named);
        return;
      }
      const text = withoutPointers(type.text);
      const library = Object.hasOwn(LIBRARY_MEMBERS, text) ? LIBRARY_MEMBERS[text] : undefined;
      if (library?.includes(name) === true) inLibrary = true;
      else if (library === undefined && !MEMBERLESS.test(text)) certain = false;
    };
    for (let named = queue.shift(); named !== undefined; named = queue.shift()) {
      if (visited.size > DEPTH_LIMIT) return UNKNOWN;
      if (visited.has(named)) continue;
      visited.add(named);
      const { directory, declaration } = named;
      directoriesSeen.add(directory);
      const { typeParameters } = declaration;

      const methods = declarations(directory, `${named.name}.${name}`);
      if (methods.length > 0) {
        const method = methods[0]!.value as GoFunctionFact;
        return { kind: 'found', entity: methods.length === 1 ? functionEntity(method, directory) : null };
      }
      if (Object.hasOwn(declaration.fields, name)) {
        const text = declaration.fields[name]!;
        return {
          kind: 'found',
          entity: text === null ? null : { kind: 'value', type: { text, directory, typeParameters } },
        };
      }
      if (Object.hasOwn(declaration.methods, name)) {
        const { parameters, variadic = false, results } = declaration.methods[name]!;
        const entity = { kind: 'func', parameters, variadic, results, directory, typeParameters } as const;
        return { kind: 'found', entity };
      }
      for (const text of declaration.embedded) {
        if (text === null) {
          certain = false;
          continue;
        }
        const embedded = { text, directory, typeParameters };
        if (withoutArguments(withoutPointers(text)).replace(/^.*\./, '') === name) {
          return { kind: 'found', entity: { kind: 'value', type: embedded } };
        }
        enter(embedded);
      }
      if (declaration.form === 'defined') {
        if (declaration.type === null) certain = false;
        // Methods of the type on the right do not come along, but its fields do.
        else enter({ text: declaration.type, directory, typeParameters });
      }
    }
    if (inLibrary) return { kind: 'found', entity: null };
    if (!certain || ![...directoriesSeen].every(isComplete)) return UNKNOWN;
    return { kind: 'missing', owner };
  };

  const select = (type: GoTypeUse, name: string): Selection => {
    const owner = namedType(type);
    if (owner === null) return UNKNOWN;
    const known = getOrCreate(members, owner);
    let result = known.get(name);
    if (result === undefined) {
      result = search(owner, name);
      known.set(name, result);
    }
    return result;
  };

  const step = (from: GoEntity, what: string): GoEntity | null => {
    if (what.startsWith('.')) {
      const name = what.slice(1);
      if (from.kind === 'package') return declaredEntity(from.directory, name);
      const selection = from.kind === 'value' ? select(from.type, name) : UNKNOWN;
      return selection.kind === 'found' ? selection.entity : null;
    }
    const result = what.startsWith('()') ? Number(what.slice(2)) : -1;
    switch (from.kind) {
      case 'package':
        return null;
      case 'func': {
        // An instantiation, as in `f[int](x)`.
        if (what === '[]') return from;
        const text = from.results[result];
        if (text === null || text === undefined) return null;
        return { kind: 'value', type: { text, directory: from.directory, typeParameters: from.typeParameters } };
      }
      case 'type':
        if (what === '[]') return from;
        return result < 0 ? null : { kind: 'value', type: from.type };
      case 'value': {
        const base = underlying(from.type);
        const text = base === null ? null : partOfType(withoutPointers(base.text), what, result);
        return base === null || text === null ? null : { kind: 'value', type: { ...base, text } };
      }
    }
  };

  const follow = (path: string, chain: string): GoEntity | null => {
    const ofScope = getOrCreate(chains, chain.startsWith('=') ? path : directoryOf(path));
    const known = ofScope.get(chain);
    if (known !== undefined) return known;
    // An initial value that leads back to itself is unknown.
    if (depth > DEPTH_LIMIT) return null;
    ofScope.set(chain, null);
    depth++;
    const last = chain.lastIndexOf('\t');
    let entity: GoEntity | null;
    if (last < 0) {
      const rest = chain.slice(1);
      entity = chain.startsWith('=')
        ? entityOf(path, rest)
        : { kind: 'value', type: { text: rest, directory: directoryOf(path), typeParameters: [] } };
    } else {
      const owner = follow(path, chain.slice(0, last));
      entity = owner === null ? null : step(owner, chain.slice(last + 1));
    }
    depth--;
    ofScope.set(chain, entity);
    return entity;
  };

  return { directoryOfImport, packageName, declarations, isComplete, follow, namedType, select };
}

function getOrCreate<K, L, V>(map: Map<K, Map<L, V>>, key: K): Map<L, V> {
  let inner = map.get(key);
  if (inner === undefined) {
    inner = new Map();
    map.set(key, inner);
  }
  return inner;
}

/** An element, a key, a received value or a result of a type without a name; null when it has none. */
function partOfType(text: string, what: string, result: number): string | null {
  const isChannel = /^(?:<-)?chan(?:<-)? /.test(text);
  if (what === '<-') return isChannel ? elementOf(text) : null;
  if (what === '[]') return isChannel ? null : elementOf(text);
  // The first variable of a range clause: a key, or what a channel gives.
  if (what === '[k]') return isChannel ? elementOf(text) : mapKeyOf(text);
  return resultsOfFunctionType(text)?.[result] ?? null;
}
