/**
 * Go: packages that no program can reach, and Go files that no build reads. A package is judged only when nobody outside
 * of the workspace can import it; whether the code that imports it runs itself is not asked.
 */
import { filePlace } from '../../../core/model/location.ts';
import { directoryOf } from '../../../core/model/path.ts';
import type { Fact, Verdict, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import type { FactView, NodeDetector, TextDetector } from '../../../core/rulekit/rule.ts';
import { importPathOf, moduleOf } from '../../../knowledge/go/modules.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import { mayHideGoFiles, mayHoldExcerpts } from '../../../languages/go/hidden.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import type { GoPackageFile } from '../../../languages/go/symbols.ts';

/** Blanks and comments at the beginning of a file. */
const NO_CODE = /^(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/;

export const emptyFile: TextDetector = {
  text: true,
  *check(text, ctx): Iterable<Verdict> {
    if (ctx.file.role !== 'production') return;
    if (NO_CODE.exec(text.replace(/^\uFEFF/, ''))![0].length < text.length - 1) return;
    if (mayHoldExcerpts(directoryOf(ctx.file.path))) return;
    yield { kind: 'fail', subject: { start: 0, end: 0 }, message: 'empty' };
  },
};

/** A file that is switched off as a whole; generators and scripts are programs and run by hand. */
export const ignoredFile: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['package_clause'],
  *check(node, ctx): Iterable<Verdict> {
    const { buildConstraint, packageName } = ctx.file.header;
    if (ctx.file.role !== 'production') return;
    if (buildConstraint !== 'ignore' || packageName === 'main' || packageName === 'documentation') return;
    yield { kind: 'fail', subject: node.span, message: 'ignored' };
  },
};

/** Names of packages that exist for tests. */
const TEST_SUPPORT = /(?:^|\/)test\w*$|^\w*(?:tests?|testing|testutils?|testdata|mocks?|fakes?|stubs?|fixtures?)$/;

function isProduction({ value, place }: Fact, facts: FactView): boolean {
  const { test, constraint } = value as GoPackageFile;
  return !test && !/\bignore\b/.test(constraint) && facts.role(place.path) === 'production';
}

function importsOf({ value }: Fact): readonly string[] {
  return (value as GoPackageFile).imports.map(([, path]) => path);
}

/** Whether only code of the same module can import the package. */
function isClosed(directory: string, module: string): boolean {
  // Without a dot in its first element nobody can fetch a module.
  return `/${directory}/`.includes('/internal/') || !module.split('/', 1)[0]!.includes('.');
}

export function* judgeGo(facts: FactView): Generator<WorkspaceVerdict> {
  const directory = facts.partition;
  const files = facts.get('go.package').filter((file) => isProduction(file, facts));
  const first = files[0];
  const module = moduleOf(facts, directory);
  const path = importPathOf(facts, directory);
  if (first === undefined || module === null || path === null || mayHoldExcerpts(directory)) return;
  const { package: name } = first.value as GoPackageFile;
  if (name === 'main' || !isClosed(directory, module.key)) return;
  // Code that imports it may be generated or stand elsewhere; a package of declarations for C is linked, not imported.
  if (mayHideGoFiles(facts, module.value.directory) || facts.get('go.decl').length === 0) return;
  if (files.some((file) => importsOf(file).includes('C'))) return;
  const others = facts.lookup('go.import', path).filter(({ place }) => directoryOf(place.path) !== directory);
  if (others.some(({ place }) => facts.role(place.path) !== 'test')) {
    yield { kind: 'pass', subject: first.place };
    return;
  }
  const test = others[0];
  if (test !== undefined && (TEST_SUPPORT.test(name) || TEST_SUPPORT.test(directory))) return;
  // What takes a *testing.T is made for tests.
  if (test !== undefined && files.some((file) => importsOf(file).some((imported) => /^testing(?:\/|$)/.test(imported))))
    return;
  yield {
    kind: 'fail',
    subject: first.place,
    message: test === undefined ? 'unused' : 'tested',
    args: { name: directory === '' ? name : directory, test: test?.place.path ?? '' },
    ...(test === undefined
      ? {}
      : { related: [{ place: filePlace(test.place.path), message: 'This test imports it.' }] }),
  };
}
