/**
 * Finds the fixtures of the rules. A case is a file `fixtures/<language>/<name>.<ext>` or a folder
 * `fixtures/<language>/<name>/` with a small workspace. `*.fixed` beside a file is that file after all safe fixes;
 * `<name>.fixes.diff` shows every fix of the case.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Rule } from '../../server/src/core/rulekit/rule.ts';
import { RULES } from '../../server/src/rules/index.gen.ts';
import { type Annotation, parseAnnotated } from './annotations.ts';

const RULES_FOLDER = fileURLToPath(new URL('../../server/src/rules/', import.meta.url));

export interface FixtureFile {
  readonly path: string;
  /** Absolute path on disk. */
  readonly file: string;
  readonly source: string;
  readonly annotations: readonly Annotation[];
}

export interface FixtureCase {
  readonly rule: Rule;
  readonly language: string;
  readonly name: string;
  readonly files: readonly FixtureFile[];
  /** Absolute path of the diff of all fixes; it exists when a finding has a fix. */
  readonly diff: string;
}

export function ruleFolder(rule: Rule): string {
  return join(RULES_FOLDER, rule.category, rule.id);
}

function readFiles(folder: string, base: string): FixtureFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.fixed'))
    .map((entry) => readFixture(join(entry.parentPath, entry.name), base))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

function readFixture(file: string, base: string): FixtureFile {
  const path = relative(base, file).split(sep).join('/');
  return { path, file, ...parseAnnotated(readFileSync(file, 'utf8')) };
}

export function casesOf(rule: Rule): readonly FixtureCase[] {
  const root = join(ruleFolder(rule), 'fixtures');
  if (!existsSync(root)) return [];
  const cases: FixtureCase[] = [];
  for (const language of readdirSync(root).sort()) {
    const folder = join(root, language);
    for (const name of readdirSync(folder).sort()) {
      const entry = join(folder, name);
      if (name.endsWith('.fixed') || name.endsWith('.fixes.diff')) continue;
      const files = statSync(entry).isDirectory() ? readFiles(entry, entry) : [readFixture(entry, folder)];
      cases.push({ rule, language, name, files, diff: join(folder, `${name}.fixes.diff`) });
    }
  }
  return cases;
}

export function allCases(): readonly FixtureCase[] {
  return RULES.flatMap(casesOf);
}
