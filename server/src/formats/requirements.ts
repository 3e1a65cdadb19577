/**
 * Requirements of Python projects: lines of `requirements*.txt`, and the texts in `pyproject.toml`, `setup.cfg` and
 * `Pipfile` that name a distribution (PEP 508). Resolves no versions and follows no other file.
 */
import type { Span } from '../core/model/location.ts';
import { readToml } from './toml.ts';

export interface Requirement {
  /** Name as PEP 503 compares it: lower case with single hyphens. */
  readonly name: string;
  /** What bounds the version, as in `>=2,<3`; '' for none. */
  readonly version: string;
  /** Where the bound is written; null without one, and where it is a value of its own. */
  readonly bound: Span | null;
  readonly extras: readonly string[];
  /** The line or text that requires it. */
  readonly span: Span;
  /** Fixed by a hash, an address or a path. */
  readonly direct: boolean;
  /** Only for development, tests or documentation. */
  readonly development: boolean;
  /** Its line with the line break, where it has one of its own. */
  readonly line: Span | null;
  /** A comment on its line says what it is for, or who needs it. */
  readonly explained: boolean;
}

const REQUIREMENT =
  /^\s*([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)\s*(?:\[([^\]]*)\])?\s*(@\s*\S+|\(?(?:[<>=!~]=?=?\s*[^;,#\s)]+\s*,?\s*)*\)?)/;

/** The name that names of distributions are compared by. */
export function normalizedName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}

/** Reads one requirement; null for options, paths and anything else. */
export function readRequirement(text: string, span: Span, development: boolean): Requirement | null {
  const match = REQUIREMENT.exec(text);
  if (match === null) return null;
  const version = (match[3] ?? '').trim();
  const end = match[0].trimEnd().length;
  return {
    name: normalizedName(match[1]!),
    version: version.startsWith('@') ? '' : version.replace(/[()\s]/g, ''),
    bound: /^[<>=!~]/.test(version) ? { start: span.start + end - version.length, end: span.start + end } : null,
    extras: (match[2] ?? '').split(',').flatMap((extra) => extra.trim() || []),
    span,
    direct: version.startsWith('@'),
    development,
    line: null,
    explained: false,
  };
}

/** Requirements of a `requirements.txt`; lines that name a file or an address are left out. */
export function readRequirementsFile(text: string, development: boolean): readonly Requirement[] {
  const result: Requirement[] = [];
  for (const match of text.matchAll(/^[ \t]*([^\r\n#]+)/gm)) {
    const line = match[1]!.trimEnd();
    const start = match.index + match[0].indexOf(match[1]!);
    const egg = /[#&]egg=([\w.-]+)/.exec(text.slice(start, start + 500).split('\n', 1)[0]!)?.[1];
    if (/^(?:-|https?:|git\+|\.{0,2}\/|file:)/.test(line)) {
      if (egg !== undefined) {
        const span = { start, end: start + line.length };
        result.push({
          name: normalizedName(egg),
          version: '',
          bound: null,
          extras: [],
          span,
          direct: true,
          development,
          line: null,
          explained: false,
        });
      }
      continue;
    }
    const found = readRequirement(line, { start, end: start + line.length }, development);
    if (found === null) continue;
    const rest = /^[^\r\n]*(?:\r?\n)?/.exec(text.slice(start))![0];
    const whole = { start: match.index, end: start + rest.length };
    // A compiler of requirements writes who needs one on the next line.
    result.push({
      ...found,
      line: whole,
      explained: rest.includes('#') || /^[ \t]+#/.test(text.slice(whole.end, whole.end + 80)),
    });
  }
  return result;
}

const DEVELOPMENT = /(?:^|[._-])(?:dev|develop|development|test|tests|testing|lint|docs?|typing|ci|build)(?:$|[._-])/;

/** Whether a file of requirements is not for production, by its name. */
export function isDevelopmentFile(path: string): boolean {
  return DEVELOPMENT.test(
    path
      .slice(path.lastIndexOf('/') + 1)
      .toLowerCase()
      .replace(/\.(?:txt|in)$/, ''),
  );
}

/** Requirements of a `pyproject.toml` (PEP 621, PEP 735, Poetry, PDM, uv) or a `Pipfile`. */
export function readTomlRequirements(text: string): readonly Requirement[] {
  const result: Requirement[] = [];
  for (const { path, key, value, strings, raw } of readToml(text)) {
    const isList =
      path === 'project.dependencies' ||
      path === 'build-system.requires' ||
      /^(?:project\.optional-dependencies|dependency-groups|tool\.pdm\.dev-dependencies)\./.test(path) ||
      path === 'tool.uv.dev-dependencies';
    const table =
      /^(?:tool\.poetry\.(?:dev-)?dependencies|tool\.poetry\.group\.([\w-]+)\.dependencies|packages|dev-packages)\.([^.]+)$/.exec(
        path,
      );
    if (isList) {
      const development = path !== 'project.dependencies' && DEVELOPMENT.test(path);
      for (const { text: written, span } of strings) {
        const found = readRequirement(written, span, development || path === 'build-system.requires');
        if (found !== null) result.push(found);
      }
    } else if (table !== null && table[2] !== 'python') {
      const first = strings[0]?.text ?? '';
      const isTable = raw.startsWith('{');
      const version = isTable ? (/version\s*=\s*"([^"]*)"/.exec(raw)?.[1] ?? '') : first;
      result.push({
        name: normalizedName(table[2]!),
        version: version === '*' ? '' : version,
        bound: null,
        extras: [],
        span: { start: key.start, end: value.end },
        line: null,
        explained: false,
        direct: isTable && /\b(?:git|path|url|file)\s*=/.test(raw),
        development: /dev-|group/.test(path) && DEVELOPMENT.test(`.${table[1] ?? 'dev'}.`),
      });
    }
  }
  return result;
}

/** Requirements of a `setup.cfg`, or those that a `setup.py` lists as texts. */
export function readSetupRequirements(text: string): readonly Requirement[] {
  const result: Requirement[] = [];
  const cfg = /^install_requires[ \t]*=[ \t]*([^\n]*(?:\n[ \t]+[^\n]*)*)/m.exec(text);
  if (cfg !== null && !cfg[1]!.trimStart().startsWith('[')) {
    const base = cfg.index + cfg[0].indexOf(cfg[1]!);
    for (const line of cfg[1]!.matchAll(/[^\r\n]+/g)) {
      const start = base + line.index + (line[0].length - line[0].trimStart().length);
      const found = readRequirement(line[0].trim(), { start, end: base + line.index + line[0].length }, false);
      if (found !== null) result.push(found);
    }
    return result;
  }
  for (const list of text.matchAll(
    /(?:install_requires|requirements|REQUIRED|extras_require)\s*=\s*[[{]([\s\S]*?)[\]}]/g,
  )) {
    const base = list.index + list[0].indexOf(list[1]!);
    for (const match of list[1]!.matchAll(/["']([^"'\r\n]+)["']/g)) {
      const start = base + match.index + 1;
      const found = readRequirement(match[1]!, { start, end: start + match[1]!.length }, false);
      if (found !== null) result.push(found);
    }
  }
  return result;
}
