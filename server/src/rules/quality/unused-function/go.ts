/**
 * Go: functions and methods that nothing in the workspace refers to. Only those are judged that nobody outside can
 * reach: unexported ones, and all of internal packages and commands. A name counts as used wherever it stands, so that
 * two methods of one name keep each other; whatever may be called by other means is left out.
 */
import { directoryOf } from '../../../core/model/path.ts';
import type { Fact, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { type FactView, SHORTEST_WORD } from '../../../core/rulekit/rule.ts';
import { importPathOf } from '../../../knowledge/go/modules.ts';
import { mayHoldExcerpts } from '../../../languages/go/hidden.ts';
import { isCompletePackage } from '../../../languages/go/resolve.ts';
import { isPredeclared } from '../../../languages/go/scope.ts';
import type { GoDeclaration, GoFunctionFact, GoPackageFile } from '../../../languages/go/symbols.ts';
import { isExported } from '../../../languages/go/syntax.ts';
import { type GoUsage, goUsage, selectingFiles } from '../../../languages/go/usage.ts';

/** What a package may do that calls functions by other means than their names. */
interface PackageTraits {
  /** Its code is called from C, assembly or through the linker, or some of it is not known. */
  readonly opaque: boolean;
  /** It looks into values at run time, or hands them to a template or a remote caller. */
  readonly reflective: boolean;
  /** It is made for tests: something in it takes a *testing.T. */
  readonly forTests: boolean;
  /** Nobody outside of the module can import it. */
  readonly closed: boolean;
}

const REFLECTIVE = /^(?:reflect|text\/template|html\/template|net\/rpc|plugin)$|(?:^|\/)(?:plugin|template)s?$/;

function traitsOf(facts: FactView, directory: string): PackageTraits {
  let opaque = mayHoldExcerpts(directory) || !isCompletePackage(facts, directory);
  let reflective = false;
  let forTests = false;
  const packages = new Set<string>();
  for (const { value } of facts.lookup('go.package', directory)) {
    const file = value as GoPackageFile;
    if (file.test) continue;
    // A program beside a package stands outside of the build.
    if (!/\bignore\b/.test(file.constraint)) packages.add(file.package);
    for (const [name, path] of file.imports) {
      // `import _ "unsafe"` allows go:linkname, a dot import hides where names come from.
      if (path === 'C' || (path === 'unsafe' && name === '_') || name === '.') opaque = true;
      if (REFLECTIVE.test(path)) reflective = true;
      if (path === 'testing') forTests = true;
    }
  }
  const isInternal = `/${directory}/`.includes('/internal/');
  const isProgram = packages.size === 1 && packages.has('main') && facts.lookup('go.main', directory).length > 0;
  return { opaque, reflective, forTests, closed: isInternal || isProgram };
}

/** Methods that interfaces of the standard library and of widespread libraries ask for. */
const KNOWN_METHODS =
  /^(?:Accept|Add|Addr|As|At|Bind|Bounds|Cause|Chdir|Clone|Close|ColorModel|Commit|Config|Control|Convert|Debug\w*|Decode\w*|Deadline|Delete|Describe|Collect|DialContext|Do|Done|Enabled|Encode\w*|Err|Error\w*|Exec\w*|Fatal\w*|Fire|Flush|Format\w*|Get\w*|GoString|GormDataType|Handle\w*|Header|Help|Hijack|ID|Import|Info\w*|Init\w*|Int63|Intn?|Is|Key\w*|Kind|Len|Less|Level\w*|Load|LocalAddr|Lock|Log\w*|Lookup|Main|Marshal\w*|Match\w*|ModTime|Mode|Name|New\w*|Next|Observe\w*|On[A-Z]\w*|Open|Parse|Peek|Ping|Pop|Post|Prepare\w*|Print\w*|Process|Public|Push|Put|Query\w*|RLock|RUnlock|Read\w*|Remote\w*|Remove|Render|Reset|Resolve|Rollback|RoundTrip|Run|Scan\w*|Seek|Seed|Serve\w*|Set\w*|Shutdown|Sign\w*|Size|Stat|Start|Stop|Store|String|Sum|Swap|Sync|Sys|TableName|Trace\w*|Type\w*|URL|Uint64|Unlock|Unmarshal\w*|Unwrap|Update|Usage|Validate\w*|Value\w*|View|Visit|Wait|Walk\w*|Warn\w*|With\w*|Write\w*|Before[A-Z]\w*|After[A-Z]\w*|X?\d*)$/;

const QUALIFIED_TYPE = /([\w~-]+(?:\.[\w~-]+)+(?:\/[\w.~-]+)*)\.\w+/g;

/** Whether a type names one of another module that is not the standard library, or cannot be told. */
function isForeign(type: string | null, modules: readonly Fact[]): boolean {
  if (type === null) return true;
  for (const [, path] of type.matchAll(QUALIFIED_TYPE)) {
    if (!modules.some(({ key }) => path === key || path!.startsWith(`${key}/`))) return true;
  }
  return false;
}

/** Types of the package that are made for another module: a method or an embedded type says so. */
function foreignTypes(facts: FactView): ReadonlySet<string> {
  const modules = facts.all('go.module');
  const found = new Set<string>();
  for (const { key, value } of facts.get('go.decl')) {
    const declaration = value as GoDeclaration;
    let types: readonly (string | null)[];
    let owner = key;
    if (declaration.kind === 'type') types = declaration.embedded;
    else if (declaration.kind === 'method') {
      types = [...declaration.parameters, ...declaration.results];
      owner = key.slice(0, key.indexOf('.'));
    } else continue;
    if (types.some((type) => isForeign(type, modules))) found.add(owner);
  }
  return found;
}

function isCandidate(fact: Fact, declaration: GoFunctionFact, facts: FactView): boolean {
  const { key, place } = fact;
  const { test, body, constraint } = declaration;
  if (test || !body || /\bignore\b/.test(constraint)) return false;
  const name = key.slice(key.lastIndexOf('.') + 1);
  if (name.length < SHORTEST_WORD || name.startsWith('_') || isPredeclared(name)) return false;
  if (declaration.kind === 'func' && (name === 'main' || name === 'init')) return false;
  return facts.role(place.path) === 'production';
}

/** Whether live code of the package other than the function itself refers to it. */
function isUsedWithin(fact: Fact, name: string, kind: 'func' | 'method', uses: GoUsage): boolean {
  const user = (kind === 'method' ? uses.members : uses.free).get(name);
  return uses.elsewhere.has(name) || (user !== undefined && user !== fact.place.anchor);
}

/** Whether live code of other packages may refer to something exported. */
function isUsedOutside(name: string, kind: 'func' | 'method', facts: FactView): boolean {
  const directory = facts.partition;
  const isOutside = (path: string): boolean => directoryOf(path) !== directory;
  if (facts.mentions('go.mentions', name).some((path) => facts.role(path) !== 'test')) return true;
  if (kind === 'method') return selectingFiles(facts, name).some(isOutside);
  const path = importPathOf(facts, directory);
  // A file of the same directory that imports the package is one of its own, left out of the build.
  const files = new Set(facts.mentions('go.uses', `.${name}`));
  if (path === null || files.size === 0) return files.size > 0;
  return facts.lookup('go.import', path).some(({ place }) => files.has(place.path));
}

/** A test that mentions the function; null when none does. */
function testOf(name: string, uses: GoUsage, facts: FactView): string | null {
  const own = uses.tested.get(name);
  if (own !== undefined || !isExported(name)) return own ?? null;
  return facts.mentions('go.mentions', name).find((path) => facts.role(path) === 'test') ?? null;
}

export function* judgeGo(facts: FactView): Generator<WorkspaceVerdict> {
  const directory = facts.partition;
  const candidates = facts.get('go.decl').filter(({ value }) => {
    const { kind } = value as GoDeclaration;
    return kind === 'func' || kind === 'method';
  });
  if (candidates.length === 0) return;
  const own = traitsOf(facts, directory);
  if (own.opaque) return;
  const uses = facts.derive(goUsage);
  let foreign: ReadonlySet<string> | null = null;
  /** Reported already: the same function for another platform is the same finding. */
  const said = new Set<string>();
  for (const fact of candidates) {
    const declaration = fact.value as GoFunctionFact;
    if (!isCandidate(fact, declaration, facts)) continue;
    const name = fact.key.slice(fact.key.lastIndexOf('.') + 1);
    const { kind } = declaration;
    if (isExported(name) && !own.closed) continue;
    if (isUsedWithin(fact, name, kind, uses) || (isExported(name) && isUsedOutside(name, kind, facts))) {
      yield { kind: 'pass', subject: fact.place };
      continue;
    }
    if (kind === 'method' && isExported(name)) {
      foreign ??= foreignTypes(facts);
      const owner = fact.key.slice(0, fact.key.indexOf('.'));
      if (own.reflective || KNOWN_METHODS.test(name) || foreign.has(owner)) continue;
    }
    if (said.has(fact.key)) continue;
    said.add(fact.key);
    const test = testOf(name, uses, facts);
    if (test !== null && own.forTests) continue;
    yield {
      kind: 'fail',
      subject: fact.place,
      message: test === null ? 'unused' : 'tested',
      args: { name: fact.key, test: test ?? '' },
      ...(test === null ? {} : { severity: 'low' }),
    };
  }
}
