/**
 * Folders with a manifest that makes them something to be built or tested by itself: Go modules, Python projects, npm
 * packages with a script that builds or tests. Fact `project.part`: see knowledge/facts.ts.
 */
import type { LanguageId } from '../../core/model/file.ts';
import type { Span } from '../../core/model/location.ts';
import { directoryOf } from '../../core/model/path.ts';
import type { Extractor, TextDetector } from '../../core/rulekit/rule.ts';
import { readGoMod } from '../../formats/gomod.ts';
import { readToml } from '../../formats/toml.ts';
import { state } from '../facts.ts';

interface Part {
  readonly kind: 'go' | 'python' | 'npm';
  readonly name: string;
  readonly span: Span;
}

function goPart(text: string): Part | null {
  const { module } = readGoMod(text);
  if (module === null) return null;
  const name = module.text
    .replace(/\/v\d+$/, '')
    .split('/')
    .at(-1)!;
  return { kind: 'go', name, span: { start: module.start, end: module.end } };
}

function pyprojectPart(text: string): Part | null {
  const entry = readToml(text).find(({ path }) => path === 'project.name' || path === 'tool.poetry.name');
  const name = entry?.strings[0];
  return name === undefined ? null : { kind: 'python', name: name.text, span: name.span };
}

/** The first match of a pattern whose first group is the name. */
function matchedPart(kind: Part['kind'], text: string, pattern: RegExp): Part | null {
  const match = pattern.exec(text);
  if (match === null) return null;
  const start = match.index + match[0].length - match[1]!.length;
  return { kind, name: match[1]!, span: { start, end: start + match[1]!.length } };
}

function npmPart(text: string): Part | null {
  const part = matchedPart('npm', text, /"name"\s*:\s*"([^"\\]+)/);
  let scripts: unknown;
  try {
    scripts = (JSON.parse(text.replace(/^\uFEFF/, '')) as { readonly scripts?: unknown } | null)?.scripts;
  } catch {
    return null;
  }
  if (part === null || typeof scripts !== 'object' || scripts === null) return null;
  const works = Object.entries(scripts).some(
    ([name, script]) => /^(?:build|test)(?:$|:)/.test(name) && !/no test specified/.test(String(script)),
  );
  return works ? { ...part, name: part.name.replace(/^@[^/]*\//, '') } : null;
}

const READERS: ReadonlyMap<string, (text: string) => Part | null> = new Map([
  ['go.mod', goPart],
  ['pyproject.toml', pyprojectPart],
  ['package.json', npmPart],
  ['setup.py', (text: string) => matchedPart('python', text, /\bsetup\s*\([^)]*?\bname\s*=\s*["']([\w.-]+)/)],
  ['setup.cfg', (text: string) => matchedPart('python', text, /^\[metadata\][^[]*?^name[ \t]*=[ \t]*([\w.-]+)/m)],
]);

const manifests: TextDetector = {
  text: true,
  *check(text, ctx) {
    const { path } = ctx.file;
    const read = READERS.get(path.slice(path.lastIndexOf('/') + 1));
    const part = read === undefined ? null : read(text);
    if (part !== null) yield state('project.part', directoryOf(path), { kind: part.kind, name: part.name }, part.span);
  },
};

const LANGUAGES: readonly LanguageId[] = ['gomod', 'toml', 'json', 'python', 'text'];

export const extractors: readonly Extractor[] = LANGUAGES.map((language) => ({
  id: `project.part.${language}`,
  language,
  detector: manifests,
}));
