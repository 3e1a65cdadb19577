/**
 * Failing and passing examples of every rule, taken from its fixtures: what the rule pages in docs/rules and in the editor
 * show. The build keeps them beside the server, which reads them when somebody opens a rule page. It writes nothing.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ExampleNote, RuleExample, RuleExamples } from '../server/src/core/present/ruleDoc.ts';
import { type Annotation, parseAnnotated } from '../test/harness/annotations.ts';

/** Examples longer than this are cut: the page explains, the fixture proves. */
const EXAMPLE_LINES = 40;
/** Lines that are kept above the first finding when an example is cut at both ends. */
const LINES_ABOVE = 12;

interface Fixture {
  /** Path in its case. */
  readonly name: string;
  readonly source: string;
  readonly annotations: readonly Annotation[];
}

/** The first fixture with, and the first without findings; cases of a single file come first. */
export function examplesOf(
  rulesFolder: string,
  rule: { readonly id: string; readonly category: string },
): RuleExamples {
  const root = join(rulesFolder, rule.category, rule.id, 'fixtures');
  const failing: RuleExample[] = [];
  const passing: RuleExample[] = [];
  if (!existsSync(root)) return { failing, passing };
  for (const language of readdirSync(root).sort()) {
    const cases = casesIn(join(root, language));
    const fails = (files: readonly Fixture[]): boolean => files.some(({ annotations }) => annotations.length > 0);
    const bad = cases.find(fails)?.find(({ annotations }) => annotations.length > 0);
    // Where every case has findings, a file without any stands beside them.
    const clean = cases.flat().filter(({ annotations }) => annotations.length === 0);
    const good = longest(cases.find((files) => !fails(files)) ?? clean);
    const name = language === 'any' ? 'text' : language;
    if (bad !== undefined && failing.length === 0) failing.push(exampleOf(name, bad));
    if (good !== undefined && passing.length === 0) passing.push(exampleOf(name, good));
  }
  return { failing, passing };
}

/** The examples of all rules, by id. */
export function allExamples(rulesFolder: string): Readonly<Record<string, RuleExamples>> {
  const folders = (folder: string): readonly string[] =>
    readdirSync(folder)
      .filter((name) => statSync(join(folder, name)).isDirectory())
      .sort();
  return Object.fromEntries(
    folders(rulesFolder).flatMap((category) =>
      folders(join(rulesFolder, category)).map((id) => [id, examplesOf(rulesFolder, { id, category })]),
    ),
  );
}

function casesIn(folder: string): readonly (readonly Fixture[])[] {
  const names = readdirSync(folder).filter((name) => !name.endsWith('.fixed') && !name.endsWith('.fixes.diff'));
  const isFolder = (name: string): boolean => statSync(join(folder, name)).isDirectory();
  const singles = names.filter((name) => !isFolder(name)).sort();
  const several = names.filter(isFolder).sort();
  return [
    ...singles.map((name) => [read(folder, name)]),
    ...several.map((name) => filesBelow(join(folder, name)).map((path) => read(join(folder, name), path))),
  ];
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(folder, path)).isFile() && !path.endsWith('.fixed'))
    .map((path) => path.replaceAll('\\', '/'))
    .sort();
}

function read(folder: string, name: string): Fixture {
  return { name, ...parseAnnotated(readFileSync(join(folder, name), 'utf8')) };
}

/** Of a case with several files the one that says the most. */
function longest(files: readonly Fixture[]): Fixture | undefined {
  return [...files].sort((a, b) => b.source.length - a.source.length)[0];
}

function exampleOf(language: string, { name, source, annotations }: Fixture): RuleExample {
  const lines = source.replace(/\n+$/, '').split('\n');
  const first = annotations[0]?.line ?? 0;
  const from = lines.length <= EXAMPLE_LINES || first < EXAMPLE_LINES ? 0 : first - LINES_ABOVE;
  const notes = annotations
    .map(
      ({ line, start, end, severity, message }): ExampleNote => ({ line: line - from, start, end, severity, message }),
    )
    .filter(({ line }) => line < EXAMPLE_LINES);
  return {
    language,
    name,
    lines: lines.slice(from, from + EXAMPLE_LINES),
    isCut: from > 0 || lines.length > from + EXAMPLE_LINES,
    notes,
  };
}
