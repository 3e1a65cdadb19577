/** Build instructions that change nothing: stages nobody builds, arguments out of scope, linker flags without a target. */
import { directoryOf } from '../../../core/model/path.ts';
import type { Fix, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import { nearestName } from '../../../core/text/nearest.ts';
import { ownFacts, type TypedFact } from '../../../knowledge/facts.ts';
import { moduleOf } from '../../../knowledge/go/modules.ts';
import { isCompletePackage } from '../../../languages/go/resolve.ts';
import type { GoDeclaration, GoPackageFile } from '../../../languages/go/symbols.ts';
import { dockerfiles, UNUSED_STAGE, USED_STAGE } from './dockerfile.ts';

/** Stages that somebody asks for by hand while developing. */
const DEVELOPMENT =
  /(?:^|[-_.])(?:dev\w*|debug\w*|local|watch|hot|shell|bench\w*|export|artifacts?|bin(?:ary|aries)?)(?:$|[-_.])/;

function* judgeStages(facts: FactView): Generator<WorkspaceVerdict> {
  for (const { place } of facts.get(USED_STAGE)) yield { kind: 'pass', subject: place };
  const asked = new Set(ownFacts(facts, 'build.target').map(({ key }) => key));
  for (const { key, value, place } of facts.get(UNUSED_STAGE)) {
    if (asked.has(key)) yield { kind: 'pass', subject: place };
    else if (!asked.has('') && !DEVELOPMENT.test(key))
      yield { kind: 'fail', subject: place, message: 'stage', args: { name: value as string } };
  }
}

type LinkerSymbol = TypedFact<'build.linker-symbol'>;

interface GoPackage {
  readonly directory: string;
  readonly name: string;
}

/** Packages of the workspace by directory, tests left out. */
function packagesOf(facts: FactView): ReadonlyMap<string, GoPackage> {
  const packages = new Map<string, GoPackage>();
  for (const { key, value } of facts.all('go.package')) {
    const file = value as GoPackageFile;
    if (!file.test && !/\bignore\b/.test(file.constraint)) packages.set(key, { directory: key, name: file.package });
  }
  return packages;
}

type Declared = 'settable' | 'other' | 'missing';

function declaredIn(facts: FactView, directory: string, name: string): Declared {
  const found = facts
    .lookup('go.decl', name, directory)
    .filter(({ value }) => !(value as GoDeclaration).test)
    .map(({ value }) => value as GoDeclaration);
  if (found.length === 0) return 'missing';
  return found.some((declaration) => declaration.kind === 'var' && (declaration.type ?? 'string') === 'string')
    ? 'settable'
    : 'other';
}

/** Variables of a package, for a spelling that may have been meant. */
function variablesOf(facts: FactView, directory: string): readonly string[] {
  return facts
    .all('go.decl')
    .filter(({ value, place }) => {
      const declaration = value as GoDeclaration;
      return declaration.kind === 'var' && !declaration.test && directoryOf(place.path) === directory;
    })
    .map(({ key }) => key);
}

/** Replaces the last `length` characters of the place: the name, or all of it. */
function replacement({ place }: LinkerSymbol, length: number, text: string, title: string): readonly Fix[] {
  const at = { ...place, span: { start: place.span.end - length, end: place.span.end } };
  return [{ title, safety: 'suggestion', preferred: true, edits: [{ kind: 'replaceAt', place: at, newText: text }] }];
}

function judgeMain(
  facts: FactView,
  symbol: LinkerSymbol,
  packages: ReadonlyMap<string, GoPackage>,
): WorkspaceVerdict | null {
  const mains = [...packages.values()].filter(({ name }) => name === 'main');
  if (mains.length === 0) return null;
  const declared = mains.map(({ directory }) => declaredIn(facts, directory, symbol.key));
  if (declared.includes('settable')) return { kind: 'pass', subject: symbol.place };
  if (!mains.every(({ directory }) => isCompletePackage(facts, directory))) return null;
  const message = declared.includes('other') ? 'kind' : 'symbol';
  return { kind: 'fail', subject: symbol.place, message, args: { name: symbol.key, package: 'main' } };
}

function judgeSymbol(
  facts: FactView,
  symbol: LinkerSymbol,
  packages: ReadonlyMap<string, GoPackage>,
): WorkspaceVerdict | null {
  const written = symbol.value.package;
  if (written === 'main') return judgeMain(facts, symbol, packages);
  const own = moduleOf(facts, directoryOf(symbol.place.path));
  if (own === null) return null;
  const path = written.startsWith('@module') ? own.key + written.slice('@module'.length) : written;
  if (path !== own.key && !path.startsWith(`${own.key}/`)) return null;
  const directory = [own.value.directory, path.slice(own.key.length + 1)].filter((part) => part !== '').join('/');
  // A module inside the module is another one, perhaps of another version.
  if (moduleOf(facts, directory)?.key !== own.key) return null;
  const found = packages.get(directory);
  if (found === undefined || !isCompletePackage(facts, directory)) return null;
  const declared = declaredIn(facts, directory, symbol.key);
  const args = { name: symbol.key, package: path };
  if (found.name === 'main') {
    const length = symbol.place.span.end - symbol.place.span.start;
    // The linker knows every program as main, wherever it stands.
    const fixes =
      declared === 'settable' ? replacement(symbol, length, `main.${symbol.key}`, `Set main.${symbol.key}`) : [];
    return { kind: 'fail', subject: symbol.place, message: 'main', args, fixes };
  }
  if (declared === 'settable') return { kind: 'pass', subject: symbol.place };
  const near = declared === 'missing' ? nearestName(symbol.key, variablesOf(facts, directory)) : null;
  const fixes = near === null ? [] : replacement(symbol, symbol.key.length, near, `Set ${near}`);
  return { kind: 'fail', subject: symbol.place, message: declared === 'other' ? 'kind' : 'symbol', args, fixes };
}

export const rule = defineRule({
  id: 'ineffective-build-instruction',
  title: 'Build instruction without effect',
  category: 'configuration',
  severity: 'low',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A linker flag `-X package.name=value` names a variable that the Go package does not have, a stage of a Dockerfile uses a build argument that it does not declare, or no build ever reaches a stage: nothing copies from it, nothing is built on it, and no pipeline, compose file or script of the workspace asks for it by name.',
    why: 'Nobody tells: the linker ignores unknown names, an undeclared argument is empty, and a builder skips what nothing needs. Programs report no version, images lack their labels or are built for the wrong platform, and the checks in a skipped stage never run.',
    howToFix:
      'Correct the name behind `-X`: the import path of the package, or `main` for the program itself, and a variable of type string. Repeat `ARG NAME` behind the `FROM` of each stage that uses it. Copy something from a stage that has to run, ask for it by `--target`, or delete it.',
    refs: [
      'https://pkg.go.dev/cmd/link',
      'https://docs.docker.com/build/building/variables/#scoping',
      'https://docs.docker.com/build/building/multi-stage/',
    ],
  },
  messages: {
    symbol:
      'Package {package} has no variable {name}, so the linker ignores this flag; correct the name or declare it.',
    kind: '{name} of package {package} is no string variable, so the linker cannot set it; make it one.',
    main: 'The linker knows the program in {package} as main, so this flag does nothing; write main.{name}.',
    argument: '{name} is empty here, since this stage does not declare it; add ARG {name} behind its FROM.',
    stage: 'Nothing builds stage {name} or copies from it, so it never runs; ask for it by --target, or delete it.',
  },
  fix: 'sometimes',
  on: { dockerfile: [dockerfiles] },
  workspace: {
    partition: 'workspace',
    reads: [UNUSED_STAGE, USED_STAGE, 'build.linker-symbol'],
    *judge(facts): Iterable<WorkspaceVerdict> {
      yield* judgeStages(facts);
      const symbols = ownFacts(facts, 'build.linker-symbol');
      if (symbols.length === 0) return;
      const packages = packagesOf(facts);
      for (const symbol of symbols) {
        const verdict = judgeSymbol(facts, symbol, packages);
        if (verdict !== null) yield verdict;
      }
    },
  },
});
