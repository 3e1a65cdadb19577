/**
 * Names of Python files, names of Go packages, and fields and methods of their types, that nothing declares. A package is judged only when
 * every file of it is known and parses, and a member only when the whole way to its type can be followed inside the
 * module; the standard library and other modules are never judged. Silence is the answer to every doubt.
 */
import type { Place } from '../../../core/model/location.ts';
import type { Fact, Fix, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import { nearestName } from '../../../core/text/nearest.ts';
import { STDLIB_PACKAGES } from '../../../knowledge/go/stdlib.gen.ts';
import { stdlibPackage } from '../../../knowledge/go/stdlib.ts';
import { mayHoldExcerpts } from '../../../languages/go/hidden.ts';
import { type GoIndex, goIndex } from '../../../languages/go/resolve.ts';
import type { GoDeclaration, GoPackageFile } from '../../../languages/go/symbols.ts';
import { type GoUse, readUses, usePositions } from '../../../languages/go/uses.ts';
import { judgePython, pythonDetectors, UNRESOLVED } from './python.ts';

/** One file of the package, as far as the judge needs it. */
interface JudgedFile {
  readonly path: string;
  readonly packageName: string;
  /** Facts of its declarations: what they use. */
  readonly uses: readonly Fact[];
  /** Names that the imports introduce. */
  readonly imported: ReadonlySet<string>;
  /** Names that imports of other modules may introduce: a guess from their paths. */
  readonly guessed: readonly string[];
}

/** One run of the judge. */
interface Run {
  readonly facts: FactView;
  readonly index: GoIndex;
  /** What is known of chains that begin with a type, and so mean the same in every file. */
  readonly judged: Map<string, Problem | null>;
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

function isDeclared(name: string, { facts, index }: Run, file: JudgedFile): boolean {
  return file.imported.has(name) || index.declarations(facts.partition, name).length > 0;
}

function judgeName(kind: 'value' | 'type', name: string, run: Run, file: JudgedFile): Problem | null {
  if (isDeclared(name, run, file)) return null;
  const near = nearestName(
    name,
    visibleNames(run.facts, (declaration) => kind === 'value' || declaration.kind === 'type'),
  );
  return {
    message: 'name',
    name,
    args: { name, package: file.packageName },
    fixes: (place) => [...replacement(near)(place), ...(kind === 'type' ? stub(name)(place) : [])],
  };
}

/** Members that the uses select of a name. */
function membersOf(name: string, uses: readonly GoUse[]): readonly string[] {
  const prefix = `=${name}\t.`;
  const selected = uses.filter(({ line }) => line.startsWith(prefix));
  return [...new Set(selected.map(({ line }) => line.slice(prefix.length).split('\t', 1)[0]!))];
}

/** Every import is used: one whose guessed name is used nowhere has another name, which may be any. */
function hasUnknownImport(run: Run, file: JudgedFile): boolean {
  if (file.guessed.length === 0) return false;
  const qualifiers = new Set<string>();
  for (const fact of file.uses) {
    for (const use of readUses(fact)) if (use.kind === 'qualifier') qualifiers.add(use.name);
  }
  return file.guessed.some(
    (name) => !qualifiers.has(name) || run.index.declarations(run.facts.partition, name).length > 0,
  );
}

function judgeQualifier(name: string, uses: readonly GoUse[], run: Run, file: JudgedFile): Problem | null {
  if (isDeclared(name, run, file) || hasUnknownImport(run, file)) return null;
  const path = libraryPackage(name, membersOf(name, uses));
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
  const near = nearestName(name, [...file.imported, ...visibleNames(run.facts, ({ kind }) => kind === 'var')]);
  return { message: 'package', name, args: { name }, fixes: replacement(near) };
}

function judgeMember(chain: string, name: string, { index }: Run, file: JudgedFile): Problem | null {
  const owner = index.follow(file.path, chain);
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

function judgeUse(
  use: GoUse,
  uses: readonly GoUse[],
  run: Run,
  file: JudgedFile,
  judgedInFile: Map<string, Problem | null>,
): Problem | null {
  if (use.kind === 'qualifier') return judgeQualifier(use.name, uses, run, file);
  if (use.kind !== 'member') return judgeName(use.kind, use.name, run, file);
  const judged = use.named ? judgedInFile : run.judged;
  let problem = judged.get(use.line);
  if (problem === undefined) {
    problem = judgeMember(use.owner, use.name, run, file);
    judged.set(use.line, problem);
  }
  return problem;
}

/** The places of one line of a `go.uses` fact. */
function placesOf(facts: FactView, use: Fact, line: number, length: number): readonly Place[] {
  return usePositions(facts, use, line).map((start) => ({
    path: use.place.path,
    anchor: use.place.anchor,
    span: { start, end: start + length },
  }));
}

function* judgeFile(run: Run, file: JudgedFile): Generator<WorkspaceVerdict> {
  const judgedInFile = new Map<string, Problem | null>();
  for (const fact of file.uses) {
    const uses = readUses(fact);
    for (let line = 0; line < uses.length; line++) {
      const problem = judgeUse(uses[line]!, uses, run, file, judgedInFile);
      if (problem === null) continue;
      for (const subject of placesOf(run.facts, fact, line, problem.name.length)) {
        const { message, args, fixes } = problem;
        yield { kind: 'fail', subject, message, args, fixes: fixes(subject) };
      }
    }
  }
}

/** Names that the imports of a file introduce. */
function importedNames(
  file: GoPackageFile,
  directory: string,
  index: GoIndex,
): Pick<JudgedFile, 'imported' | 'guessed'> {
  const imported = new Set<string>();
  const guessed: string[] = [];
  for (const [name, path, alias] of file.imports) {
    if (alias || stdlibPackage(path) !== null) {
      imported.add(name);
      continue;
    }
    const target = index.directoryOfImport(directory, path);
    const actual = target === null ? null : index.packageName(target);
    imported.add(actual ?? name);
    if (actual === null) guessed.push(name);
  }
  return { imported, guessed };
}

function usesByFile(facts: FactView): ReadonlyMap<string, readonly Fact[]> {
  const byFile = new Map<string, Fact[]>();
  for (const use of facts.get('go.uses')) {
    const list = byFile.get(use.key);
    if (list === undefined) byFile.set(use.key, [use]);
    else list.push(use);
  }
  return byFile;
}

/**
 * Files for the platforms that people build for. What stands behind other tags may need code that is generated for
 * that build alone, or may have been given up; either way nothing that ships depends on it.
 */
const COMMON_PLATFORMS = /^(?:linux|darwin|windows|unix|amd64|arm64|[\s!()&|])*$/;

function isJudged({ test, constraint, imports }: GoPackageFile): boolean {
  if (test || !COMMON_PLATFORMS.test(constraint)) return false;
  // Names of a dot import and of C code are declared elsewhere.
  return imports.every(([name, path]) => name !== '.' && path !== 'C');
}

function* judge(facts: FactView): Generator<WorkspaceVerdict> {
  yield* judgeGo(facts);
  yield* judgePython(facts);
}

function* judgeGo(facts: FactView): Generator<WorkspaceVerdict> {
  const index = facts.derive(goIndex);
  if (mayHoldExcerpts(facts.partition) || !index.isComplete(facts.partition)) return;
  const uses = usesByFile(facts);
  const run: Run = { facts, index, judged: new Map() };
  for (const { value, place } of facts.get('go.package')) {
    const file = value as GoPackageFile;
    const own = uses.get(place.path);
    if (own === undefined || !isJudged(file)) continue;
    const names = importedNames(file, facts.partition, index);
    const judged = { path: place.path, packageName: file.package, uses: own, ...names };
    let failures = 0;
    for (const verdict of judgeFile(run, judged)) {
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
    what: 'Code uses a name that neither its package nor its imports declare, selects something of a package of the same module that this package does not have, or selects a field or method that the type does not have. Only packages of which every file is known are judged; the standard library and other modules are taken on trust. In Python a name is read that nothing in the file binds: no import, declaration, assignment or built-in.',
    why: 'The package does not compile, and so nothing that imports it does. It stays unnoticed as long as nobody builds that package: in a rarely used command, behind a failing build step, or in a branch that was merged without a build. Python raises NameError when it gets there, which may be in a handler that seldom runs.',
    howToFix:
      'Correct the spelling, add the missing import, or write the declaration. When it exists in code that is generated or was left out of the commit, generate or add it. Let the continuous integration run `go build ./...` and `go vet ./...`.',
    refs: ['go/types: undeclared name, missing field or method', 'go vet', 'pyflakes: undefined name', 'ruff F821'],
  },
  messages: {
    name: '{name} is declared nowhere in package {package}, so it does not compile; declare it, or correct the name.',
    package:
      '{name} is neither imported nor declared, so this does not compile; import the package, or correct the name.',
    qualified: 'Package {package} declares no {name}, so this does not compile; declare it there, or correct the name.',
    python: 'Nothing in this file binds {name}, so it raises NameError; import or define it, or correct the name.',
    member: '{type} has no field or method {name}, so this does not compile; add it, or correct the name.',
  },
  effort: { each: [10, 120] },
  suppressible: false,
  fix: 'sometimes',
  on: { python: pythonDetectors },
  workspace: { partition: 'directory', reads: ['go.uses', UNRESOLVED], judge },
});
