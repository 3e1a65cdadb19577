/**
 * Imports of Go packages that are not there: packages of the file's own module without a Go file, and paths that begin
 * like no module at all. Other modules are never looked into, and what may be generated or ignored by git is unknown.
 */
import type { Fact, Fix, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import type { FactView } from '../../../core/rulekit/rule.ts';
import { nearestName } from '../../../core/text/nearest.ts';
import { importPathOf, moduleOf } from '../../../knowledge/go/modules.ts';
import { STDLIB_PACKAGES } from '../../../knowledge/go/stdlib.gen.ts';
import { mayHideGoFiles, mayHoldExcerpts } from '../../../languages/go/hidden.ts';
import type { GoImportFact, GoPackageFile } from '../../../languages/go/symbols.ts';

/** First elements of the standard library; which packages are below them depends on the version of Go. */
const STANDARD = new Set([
  ...Object.keys(STDLIB_PACKAGES).map((path) => path.split('/', 1)[0]!),
  ...'C arena cmd cmp debug embed go index internal iter log maps plugin simd slices structs syscall unique unsafe vendor weak'.split(
    ' ',
  ),
]);

/** Directories whose code is often made while building. */
const GENERATED =
  /(?:^|\/)(?:gen|generated|pb|proto\w*|\w*pb|ent|mocks?|docs|swagger|bindata|statik|graph\w*|sqlc?|models)(?:\/|$)/;

/** Whether git ignores the directory or one above, so that it may exist on somebody's machine. */
function isIgnored(facts: FactView, directory: string): boolean {
  const segments = directory.split('/');
  return facts.all('project.ignore').some(({ value }) =>
    (value as readonly { readonly pattern: string }[]).some(({ pattern }) => {
      const words = pattern.split('/').filter((word) => word !== '' && word !== '**');
      const last = words.at(-1);
      if (last === undefined || last === '*' || pattern.startsWith('!')) return false;
      const expression = new RegExp(
        `^${last
          .replace(/[.+^${}()|\\]/g, '\\$&')
          .replace(/\*/g, '.*')
          .replace(/\?/g, '.')}$`,
      );
      return segments.some((segment) => expression.test(segment));
    }),
  );
}

function hasPackage(facts: FactView, directory: string): boolean {
  return facts.lookup('go.package', directory).some(({ value }) => !(value as GoPackageFile).test);
}

/** The package of the module that was probably meant: one that ends the same, or is spelt nearly so. */
function meant(facts: FactView, path: string, module: string): string | null {
  const known = new Set<string>();
  for (const { key } of facts.all('go.package')) {
    const own = hasPackage(facts, key) ? importPathOf(facts, key) : null;
    if (own !== null && (own === module || own.startsWith(`${module}/`))) known.add(own);
  }
  const last = path.slice(path.lastIndexOf('/'));
  const same = [...known].filter((candidate) => candidate.endsWith(last));
  return same.length === 1 ? same[0]! : nearestName(path, [...known]);
}

interface Problem {
  readonly message: 'missing' | 'unknown';
  readonly module: string;
}

function problemOf(facts: FactView, path: string): Problem | 'fine' | null {
  const module = moduleOf(facts, facts.partition);
  if (module === null) return null;
  if (path === module.key || path.startsWith(`${module.key}/`)) {
    const { directory: root } = module.value;
    const directory = [root, path.slice(module.key.length + 1)].filter((part) => part !== '').join('/');
    if (hasPackage(facts, directory)) return 'fine';
    // A nested module is another's business.
    if (moduleOf(facts, directory)?.place.path !== module.place.path) return null;
    if (GENERATED.test(directory) || isIgnored(facts, directory) || mayHideGoFiles(facts, directory)) return null;
    if (facts.lookup('go.generate', directory).length > 0) return null;
    return { message: 'missing', module: module.key };
  }
  const first = path.split('/', 1)[0]!;
  if (!path.includes('/') || first.includes('.') || STANDARD.has(first)) return null;
  const { requires, replaces } = module.value;
  const isKnown = [...requires, ...replaces, ...facts.all('go.module').map(({ key }) => key)].some(
    (other) => path === other || path.startsWith(`${other}/`),
  );
  return isKnown ? null : { message: 'unknown', module: module.key };
}

function judged(found: Fact, facts: FactView): boolean {
  const file = facts.get('go.package').find(({ place }) => place.path === found.place.path);
  if (file === undefined || /\bignore\b/.test((file.value as GoPackageFile).constraint)) return false;
  const role = facts.role(found.place.path);
  return role === 'production' || role === 'test';
}

export function* judgeGo(facts: FactView): Generator<WorkspaceVerdict> {
  if (mayHoldExcerpts(facts.partition)) return;
  const problems = new Map<string, Problem | 'fine' | null>();
  for (const found of facts.get('go.import')) {
    const path = found.key;
    let problem = problems.get(path);
    if (problem === undefined) {
      problem = problemOf(facts, path);
      problems.set(path, problem);
    }
    if (problem === null || !judged(found, facts)) continue;
    if (problem === 'fine') {
      yield { kind: 'pass', subject: found.place };
      continue;
    }
    const { message, module } = problem;
    const other = meant(facts, path, module);
    const { name } = found.value as GoImportFact;
    const isAlias = name !== '' && !path.split('/').includes(name);
    const fixes: readonly Fix[] =
      other === null
        ? []
        : [
            {
              title: `Import "${other}"`,
              safety: 'suggestion',
              edits: [{ kind: 'replaceAt', place: found.place, newText: `${isAlias ? `${name} ` : ''}"${other}"` }],
            },
          ];
    yield { kind: 'fail', subject: found.place, message, args: { path, module }, fixes };
  }
}
