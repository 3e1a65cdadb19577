/**
 * Names of Go packages, and fields and methods of their types, that nothing declares. A package is judged only when
 * every file of it is known and parses, and a member only when the whole way to its type can be followed inside the
 * module; the standard library and other modules are never judged. Silence is the answer to every doubt.
 */
import { directoryOf } from '../../../core/engine/factIndex.ts';
import type { Place } from '../../../core/model/location.ts';
import type { Fact, Fix, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import { STDLIB_PACKAGES } from '../../../knowledge/go/stdlib.gen.ts';
import { stdlibPackage } from '../../../knowledge/go/stdlib.ts';
import { createGoIndex, type GoIndex } from '../../../languages/go/resolve.ts';
import type { GoDeclaration, GoPackageFile } from '../../../languages/go/symbols.ts';
import { readUse } from '../../../languages/go/uses.ts';
import { nearestName } from './nearest.ts';

/** One file of the package, as far as the judge needs it. */
interface JudgedFile {
  readonly path: string;
  readonly index: GoIndex;
  readonly facts: FactView;
  /** Names that the imports introduce. */
  readonly imported: ReadonlySet<string>;
  /** Whether an import whose name is a guess may introduce one more. */
  readonly guessed: boolean;
}

/** What is wrong with a use; null when it is declared or cannot be told. */
interface Problem {
  readonly message: 'name' | 'package' | 'qualified' | 'member';
  readonly name: string;
  readonly args: Readonly<Record<string, string>>;
  readonly fixes: (place: Place) => readonly Fix[];
}

function replacement(name: string | null): (place: Place) => readonly Fix[] {
  if (name === null) return () => [];
  return (place) => [
    {
      title: `Replace by ${name}`,
      safety: 'suggestion',
      preferred: true,
      edits: [{ kind: 'replaceAt', place, newText: name }],
    },
  ];
}

function stub(name: string): (place: Place) => readonly Fix[] {
  return (place) => [
    {
      title: `Declare an empty type ${name}`,
      safety: 'suggestion',
      edits: [{ kind: 'append', path: place.path, content: `\n// ${name} ...\ntype ${name} struct{}\n` }],
    },
  ];
}

/** The one package of the standard library with that name that has all the members which are used of it. */
function libraryPackage(name: string, members: readonly string[]): string | null {
  const paths = Object.keys(STDLIB_PACKAGES).filter(
    (path) =>
      path.slice(path.lastIndexOf('/') + 1) === name &&
      members.length > 0 &&
      members.every((member) => stdlibPackage(path)?.names.has(member) === true),
  );
  return paths.length === 1 ? paths[0]! : null;
}

/** Names of the package's declarations that production code sees. */
function visibleNames(facts: FactView, isWanted: (declaration: GoDeclaration) => boolean): string[] {
  const names: string[] = [];
  for (const { key, value } of facts.get('go.decl')) {
    const declaration = value as GoDeclaration;
    if (!key.includes('.') && !declaration.test && isWanted(declaration)) names.push(key);
  }
  return names;
}

function judgeName(kind: 'value' | 'type', name: string, file: JudgedFile, packageName: string): Problem | null {
  const { facts, index } = file;
  if (index.declarations(facts.partition, name).length > 0 || file.imported.has(name)) return null;
  const near = nearestName(
    name,
    visibleNames(facts, (declaration) => (declaration.kind === 'type') === (kind === 'type') || kind === 'value'),
  );
  return {
    message: 'name',
    name,
    args: { name, package: packageName },
    fixes: (place) => [...replacement(near)(place), ...(kind === 'type' ? stub(name)(place) : [])],
  };
}

function judgeQualifier(name: string, members: readonly string[], file: JudgedFile): Problem | null {
  const { facts, index } = file;
  if (index.declarations(facts.partition, name).length > 0 || file.imported.has(name) || file.guessed) return null;
  const path = libraryPackage(name, members);
  if (path !== null) {
    return {
      message: 'package',
      name,
      args: { name },
      fixes: () => [
        { title: `Import "${path}"`, safety: 'suggestion', preferred: true, edits: [{ kind: 'import', add: [path] }] },
      ],
    };
  }
  const near = nearestName(name, [...file.imported, ...visibleNames(facts, ({ kind }) => kind === 'var')]);
  return { message: 'package', name, args: { name }, fixes: replacement(near) };
}

function judgeMember(chain: string, file: JudgedFile): Problem | null {
  const { index, path } = file;
  const parts = chain.split('\t');
  const name = parts.pop()!.slice(1);
  const owner = index.follow(path, parts);
  if (owner?.kind === 'package') {
    const { directory } = owner;
    if (index.declarations(directory, name).length > 0 || !index.isComplete(directory)) return null;
    const packageName = index.packageName(directory);
    if (packageName === null) return null;
    return { message: 'qualified', name, args: { name, package: packageName }, fixes: () => [] };
  }
  if (owner?.kind !== 'value') return null;
  const selection = index.select(owner.type, name);
  if (selection.kind !== 'missing') return null;
  const { declaration, name: type } = selection.owner;
  const near = nearestName(name, [...Object.keys(declaration.fields), ...Object.keys(declaration.methods)]);
  return { message: 'member', name, args: { name, type }, fixes: replacement(near) };
}

/** Names that the imports of a file introduce; `guessed` when one of them may have another name than its path says. */
function importedNames(
  file: GoPackageFile,
  directory: string,
  index: GoIndex,
  qualifiers: ReadonlySet<string>,
): Pick<JudgedFile, 'imported' | 'guessed'> {
  const imported = new Set<string>();
  let guessed = false;
  for (const [name, path, alias] of file.imports) {
    if (alias || stdlibPackage(path) !== null) {
      imported.add(name);
      continue;
    }
    const target = index.directoryOfImport(directory, path);
    const actual = target === null ? null : index.packageName(target);
    imported.add(actual ?? name);
    if (actual !== null) continue;
    // Every import is used: one that is not used under the name that its path suggests has another one.
    if (!qualifiers.has(name) || index.declarations(directory, name).length > 0) guessed = true;
  }
  return { imported, guessed };
}

/** Uses of one file, declaration by declaration. */
interface Uses {
  readonly lines: readonly string[];
  readonly fact: Fact;
}

function usesByFile(facts: FactView): Map<string, Uses[]> {
  const byFile = new Map<string, Uses[]>();
  for (const use of facts.get('go.uses')) {
    const uses = { lines: (use.value as string).split('\n'), fact: use };
    const list = byFile.get(use.key);
    if (list === undefined) byFile.set(use.key, [uses]);
    else list.push(uses);
  }
  return byFile;
}

/** The places of one line of a `go.uses` fact. */
function placesOf(facts: FactView, use: Fact, line: number, length: number): readonly Place[] {
  const positions = facts.lookup('go.uses.at', use.key).find(({ place }) => place.anchor === use.place.anchor);
  const starts = (positions?.value as string | undefined)?.split(';')[line] ?? '';
  return starts
    .split(',')
    .filter((start) => start !== '')
    .map((text) => {
      const start = Number(text);
      return { path: use.place.path, anchor: use.place.anchor, span: { start, end: start + length } };
    });
}

function* judgeFile(file: JudgedFile, uses: readonly Uses[], packageName: string): Generator<WorkspaceVerdict> {
  for (const { lines, fact } of uses) {
    for (const [line, text] of lines.entries()) {
      const use = readUse(text);
      let problem: Problem | null;
      if (use.kind === 'member') problem = judgeMember(use.chain, file);
      else if (use.kind === 'qualifier') {
        const prefix = `=${use.name}\t.`;
        const members = lines.filter((other) => other.startsWith(prefix)).map((other) => other.slice(prefix.length));
        problem = judgeQualifier(use.name, [...new Set(members.map((member) => member.split('\t')[0]!))], file);
      } else problem = judgeName(use.kind, use.name, file, packageName);
      if (problem === null) continue;
      for (const subject of placesOf(file.facts, fact, line, problem.name.length)) {
        const { message, args, fixes } = problem;
        yield { kind: 'fail', subject, message, args, fixes: fixes(subject) };
      }
    }
  }
}

/**
 * Files for the platforms that people build for. What stands behind other tags may need code that is generated for
 * that build alone, or may have been given up; either way nothing that ships depends on it.
 */
const COMMON_PLATFORMS = /^(?:linux|darwin|windows|unix|amd64|arm64|[\s!()&|])*$/;

function* judge(facts: FactView): Generator<WorkspaceVerdict> {
  const directory = facts.partition;
  const index = createGoIndex(facts);
  if (!index.isComplete(directory)) return;
  const uses = usesByFile(facts);
  for (const { value, place } of facts.get('go.package')) {
    const file = value as GoPackageFile;
    const own = uses.get(place.path) ?? [];
    if (file.test || own.length === 0) continue;
    if (!COMMON_PLATFORMS.test(file.constraint)) continue;
    // Names of a dot import and of C code are declared elsewhere.
    if (file.imports.some(([name, path]) => name === '.' || path === 'C')) continue;
    const qualifiers = new Set(
      own.flatMap(({ lines }) => lines.filter((line) => line.startsWith('q ')).map((line) => line.slice(2))),
    );
    const judged: JudgedFile = {
      path: place.path,
      index,
      facts,
      ...importedNames(file, directoryOf(place.path), index, qualifiers),
    };
    let failures = 0;
    for (const verdict of judgeFile(judged, own, file.package)) {
      failures++;
      yield verdict;
    }
    if (failures === 0) yield { kind: 'pass', subject: place };
  }
}

export const rule = defineRule({
  id: 'undefined-identifier',
  title: 'Name that is declared nowhere',
  category: 'quality',
  severity: 'critical',
  confidence: 'certain',
  stage: 'stable',
  docs: {
    what: 'Code uses a name that neither its package nor its imports declare, selects something of a package of the same module that this package does not have, or selects a field or method that the type does not have. Only packages of which every file is known are judged; the standard library and other modules are taken on trust.',
    why: 'The package does not compile, and so nothing that imports it does. It stays unnoticed as long as nobody builds that package: in a rarely used command, behind a failing build step, or in a branch that was merged without a build.',
    howToFix:
      'Correct the spelling, add the missing import, or write the declaration. When it exists in code that is generated or was left out of the commit, generate or add it. Let the continuous integration run `go build ./...` and `go vet ./...`.',
    refs: ['go/types: undeclared name, missing field or method', 'go vet'],
  },
  messages: {
    name: '{name} is declared nowhere in package {package}, so it does not compile; declare it, or correct the name.',
    package:
      '{name} is neither imported nor declared, so this does not compile; import the package, or correct the name.',
    qualified: 'Package {package} declares no {name}, so this does not compile; declare it there, or correct the name.',
    member: '{type} has no field or method {name}, so this does not compile; add it, or correct the name.',
  },
  fix: 'sometimes',
  on: {},
  workspace: { partition: 'directory', reads: ['go.uses'], judge },
});
