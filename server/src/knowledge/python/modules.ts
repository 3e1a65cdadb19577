/**
 * The modules of a workspace's Python code and what they import, as facts, and where an import leads: to a file or folder
 * of the workspace, the standard library, or a distribution that a manifest names. Roots are not configured: a module is
 * looked for beside the importing file, in every folder above it, and below folders that hold a manifest or are named
 * `src` or the like. Nothing outside of the workspace is looked at.
 */
import { OWN_ROLES } from '../../core/model/file.ts';
import type { Span } from '../../core/model/location.ts';
import { directoryOf } from '../../core/model/path.ts';
import type { Extractor, FactView, NodeDetector, TextDetector } from '../../core/rulekit/rule.ts';
import {
  isDevelopmentFile,
  normalizedName,
  type Requirement,
  readRequirementsFile,
  readSetupRequirements,
  readTomlRequirements,
} from '../../formats/requirements.ts';
import { readToml } from '../../formats/toml.ts';
import { EMPTY_PYTHON_HEADER, importsOf, type PythonHeader } from '../../languages/python/header.ts';
import type { PythonNode } from '../../languages/python/nodes.gen.ts';
import { isKeyword, isStandardModule } from '../../languages/python/stdlib.ts';
import { definedName, runningFunction } from '../../languages/python/syntax.ts';
import { allFacts, type Part, state } from '../facts.ts';
import { DISTRIBUTION_OF, KNOWN_MODULES } from './distributions.ts';

// --- facts --------------------------------------------------------------------------------------------------------

const DEFINED = /^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+([^\W\d]\w*)/gmu;
/** What may make names while the module runs. */
const DYNAMIC = /\bdef __getattr__\b|\bglobals\(\)|\bsys\.modules\b|\blazy_import|\b__path__\b|\bexec\(|\bvars\(\)/;

const files: TextDetector = {
  text: true,
  *check(text, ctx) {
    const header = (ctx.file.header as PythonHeader | null) ?? EMPTY_PYTHON_HEADER;
    const names = new Set([
      ...header.imports.map(({ name }) => name),
      ...header.globals.map(({ name }) => name),
      ...[...text.matchAll(DEFINED)].map((match) => match[1]!),
      // Other statements that bind names at the top: loops, `with`, `global` in functions.
      ...[
        ...text.matchAll(
          /^[ \t]*(?:async[ \t]+)?(?:for|with)\b.*|^[ \t]+(?:from|import)\b.*|\w+[ \t]*:=|^[ \t]+global[ \t].*|^[ \t]+\w+(?:[ \t]*:[^=\n]+)?[ \t]*=/gm,
        ),
      ].flatMap((match) => match[0].match(/[^\W\d]\w*/gu) ?? []),
    ]);
    names.delete('*');
    const value = {
      role: ctx.file.role,
      names: [...names].filter((name) => !isKeyword(name)),
      stars: header.imports.filter(({ name }) => name === '*').map(({ module }) => module),
      dynamic: DYNAMIC.test(text),
      main: header.main,
    };
    const place = { start: 0, end: 0 };
    yield state('python.file', ctx.file.path, value, place);
    const segments = ctx.file.path.replace(/\.py$/, '').split('/');
    for (const name of new Set(segments)) yield state('python.name', name, null, place);
    for (let folder = directoryOf(ctx.file.path); folder !== ''; folder = directoryOf(folder)) {
      yield state('python.folder', folder, null, place);
    }
  },
};

const imports: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['import_statement', 'import_from_statement'],
  triggers: ['import'],
  *check(node) {
    const owner = runningFunction(node);
    const around = node.ancestor('try_statement', 'if_statement', 'with_statement');
    for (const { name, module, member, typing, optional } of importsOf(node)) {
      const part = node.childrenOf('name').find((item) => item.text.includes(member === '' ? module : member));
      const subject = member === '' || member === '*' ? (node.child('module_name') ?? part ?? node) : (part ?? node);
      yield state(
        'python.import',
        module,
        {
          name,
          member,
          typing,
          optional,
          conditional: around !== null,
          function: owner === null ? '' : definedName(owner),
          inFunction: owner !== null,
          moduleSpan: {
            start: (node.child('module_name') ?? subject).start,
            end: (node.child('module_name') ?? subject).end,
          },
        },
        subject,
      );
    }
  },
};

const requirementFiles: TextDetector = {
  text: true,
  *check(text, ctx) {
    const { path } = ctx.file;
    const name = path.slice(path.lastIndexOf('/') + 1);
    let found: readonly Requirement[];
    if (name === 'pyproject.toml' || name === 'Pipfile') found = readTomlRequirements(text);
    else if (name === 'setup.cfg' || name === 'setup.py') found = readSetupRequirements(text);
    else if (
      /^(?:.*[-_.])?(?:requirements|constraints)(?:[-_.].*)?\.(?:txt|in)$/.test(name) ||
      /(?:^|\/)requirements\/[^/]+\.(?:txt|in)$/.test(path)
    ) {
      found = readRequirementsFile(text, isDevelopmentFile(path));
    } else return;
    yield state('python.manifest', path, { directory: directoryOf(path) }, { start: 0, end: 0 });
    const part = (span: Span | null): Part | null => (span === null ? null : { start: span.start, end: span.end });
    for (const item of found) {
      const { name: distribution, version, extras, direct, development, explained, span } = item;
      const value = { version, bound: part(item.bound), extras, direct, development, line: part(item.line), explained };
      yield state('python.requirement', distribution, value, span);
    }
  },
};

/** A requirement that is switched off by a comment sign. */
const COMMENTED =
  /^([ \t]*#+[ \t]*)([A-Za-z][\w.-]*)(?:\[[\w, -]*\])?[ \t]*(?:[<>=~!]=?[^\r\n#]*)?(?=[ \t]*(?:#|\r?$))/gm;

const otherLines: TextDetector = {
  text: true,
  *check(text, ctx) {
    const { path } = ctx.file;
    const name = path.slice(path.lastIndexOf('/') + 1);
    const isPackage =
      (name === 'pyproject.toml' && /^\uFEFF?\[build-system\]/m.test(text)) ||
      (name === 'setup.py' && /\bsetup\s*\(/.test(text)) ||
      (name === 'setup.cfg' && /^\uFEFF?\[metadata\]/m.test(text));
    if (isPackage) yield state('python.package', path, null, { start: 0, end: 0 });
    if (isPackage && name === 'pyproject.toml' && text.includes('requirements')) {
      for (const { path: key, strings } of readToml(text)) {
        if (!METADATA_FILES.test(key)) continue;
        for (const file of strings) {
          if (/\.(?:txt|in)$/.test(file.text))
            yield state('python.package', below(directoryOf(path), file.text), null, { start: 0, end: 0 });
        }
      }
    }
    if (!/requirements[^/]*\.(?:txt|in)$|(?:^|\/)requirements\/[^/]+\.(?:txt|in)$/.test(path)) return;
    for (const match of text.matchAll(COMMENTED)) {
      const end = match.index + match[1]!.length;
      yield state('python.requirement.comment', normalizedName(match[2]!), null, { start: match.index, end });
    }
  },
};

/** Files that the metadata of a package takes its dependencies from. */
const METADATA_FILES =
  /^tool\.setuptools\.dynamic\.dependencies(?:\.file)?$|^tool\.hatch\.metadata\.hooks\.requirements_txt\.files$/;

export const extractors: readonly Extractor[] = [
  { id: 'python.package.text', language: 'text', detector: otherLines, roles: OWN_ROLES },
  { id: 'python.package.toml', language: 'toml', detector: otherLines, roles: OWN_ROLES },
  { id: 'python.package.setup', language: 'python', detector: otherLines, roles: OWN_ROLES },
  { id: 'python.file', language: 'python', detector: files, roles: OWN_ROLES },
  { id: 'python.import', language: 'python', detector: imports as NodeDetector, roles: OWN_ROLES },
  { id: 'python.requirement.text', language: 'text', detector: requirementFiles, roles: OWN_ROLES },
  { id: 'python.requirement.toml', language: 'toml', detector: requirementFiles, roles: OWN_ROLES },
  { id: 'python.requirement.setup', language: 'python', detector: requirementFiles, roles: OWN_ROLES },
];

// --- where imports lead -------------------------------------------------------------------------------------------

/** What an import leads to. */
export type Resolution =
  /** A file of the workspace. */
  | { readonly kind: 'file'; readonly path: string }
  /** A folder without `__init__.py`. */
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'standard' }
  /** A distribution that a manifest names, or one that is well known: `declared` tells them apart. */
  | { readonly kind: 'dependency'; readonly distribution: string; readonly declared: boolean }
  /** No module of that name; `parent` is the folder or file of the workspace that should hold it, '' for none. */
  | { readonly kind: 'missing'; readonly parent: string }
  /** It cannot be told. */
  | { readonly kind: 'unknown' };

export interface PythonModules {
  /** Whether a manifest says what the code depends on. */
  readonly hasManifest: boolean;
  /** Names of the distributions that any manifest names. */
  readonly requirements: ReadonlySet<string>;
  /** Where `module`, as written in a file, leads. */
  resolve(module: string, from: string): Resolution;
  /** Every file or folder that an absolute import may mean, depending on where the program is started. */
  alternatives(module: string, from: string): readonly Resolution[];
  /** Whether a file of the workspace certainly declares no such name, and no module of that name lies beside it. */
  lacks(path: string, name: string): boolean;
  /** Names that a file declares. */
  namesOf(path: string): readonly string[];
}

interface FileFact {
  readonly names: readonly string[];
  readonly stars: readonly string[];
  readonly dynamic: boolean;
}

/**
 * The modules of the workspace as a judge sees them. Files and folders are asked for by key, so that a judge runs again
 * only when one that it asked for comes or goes.
 */
export function pythonModules(facts: FactView): PythonModules {
  const fileOf = (path: string): FileFact | null =>
    (facts.lookup('python.file', path)[0]?.value as FileFact | undefined) ?? null;
  const isFile = (path: string): boolean => facts.lookup('python.file', path).length > 0;
  const isFolder = (path: string): boolean => facts.lookup('python.folder', path).length > 0;
  const manifests = allFacts(facts, 'python.manifest');
  const requirements = new Set(allFacts(facts, 'python.requirement').map(({ key }) => key));
  /** Folders that modules may be looked up from wherever the importing file is. */
  const roots = [
    ...new Set([
      ...manifests.map(({ value }) => value.directory),
      ...manifests.flatMap(({ value }) => ROOT_NAMES.map((name) => below(value.directory, name)).filter(isFolder)),
      ...ROOT_NAMES.filter(isFolder),
    ]),
  ];

  const lookUp = (folder: string, parts: readonly string[]): Resolution | null => {
    let at = folder;
    for (const [index, part] of parts.entries()) {
      const next = below(at, part);
      const isLast = index === parts.length - 1;
      if (isLast && isFile(`${next}/__init__.py`)) return { kind: 'file', path: `${next}/__init__.py` };
      if (isLast && isFile(`${next}.py`)) return { kind: 'file', path: `${next}.py` };
      if (isFolder(next)) {
        if (isLast) return { kind: 'folder', path: next };
        at = next;
        continue;
      }
      if (index === 0) return null;
      const init = `${at}/__init__.py`;
      return { kind: 'missing', parent: isFile(init) ? init : at };
    }
    return null;
  };

  const resolveRelative = (module: string, from: string): Resolution => {
    const dots = /^\.+/.exec(module)![0].length;
    let folder = directoryOf(from);
    for (let level = 1; level < dots; level++) {
      if (folder === '') return { kind: 'unknown' };
      folder = directoryOf(folder);
    }
    const rest = module.slice(dots);
    if (rest === '') {
      const init = below(folder, '__init__.py');
      return isFile(init) ? { kind: 'file', path: init } : { kind: 'folder', path: folder };
    }
    const parts = rest.split('.');
    const result = lookUp(folder, parts);
    if (result !== null) return result;
    return { kind: 'missing', parent: isFile(below(folder, '__init__.py')) ? below(folder, '__init__.py') : folder };
  };

  /** Folders that an absolute import of a file may start from, nearest first. */
  const startsOf = (first: string, from: string): readonly string[] => {
    const candidates: string[] = [];
    for (let at = directoryOf(from); ; at = directoryOf(at)) {
      // A package is no place that modules are looked up from.
      if (!isFile(below(at, '__init__.py'))) candidates.push(at);
      if (at === '') break;
    }
    // What hides a module of the standard library does so for its neighbours, not for another part of the repository.
    return isStandardModule(first) ? candidates : [...candidates, ...roots];
  };

  const resolveAbsolute = (module: string, from: string): Resolution => {
    const parts = module.split('.');
    const first = parts[0]!;
    let missing: Resolution | null = null;
    for (const folder of startsOf(first, from)) {
      const result = lookUp(folder, parts);
      if (result === null) continue;
      if (result.kind !== 'missing') return result;
      // `import azure.speech` in voice/azure means another `azure` than the folder that it is in.
      if (!from.startsWith(`${below(folder, first)}/`) || isFile(below(folder, `${first}/__init__.py`)))
        missing ??= result;
    }
    if (isStandardModule(first)) return { kind: 'standard' };
    const distribution = distributionOf(first, parts, requirements);
    if (distribution !== null) return { kind: 'dependency', distribution, declared: true };
    if (KNOWN_MODULES.has(first)) {
      return { kind: 'dependency', distribution: DISTRIBUTION_OF[first] ?? normalizedName(first), declared: false };
    }
    // A part of the path may be a root that nothing names.
    if (missing !== null) return missing;
    if (facts.lookup('python.name', first).length > 0) return { kind: 'unknown' };
    return manifests.length > 0 && mayBeOwn(first, parts.length)
      ? { kind: 'missing', parent: '' }
      : { kind: 'unknown' };
  };

  /**
   * Whether a module that nothing brings was meant to be one of the workspace. Dependencies of dependencies are imported
   * too, under names that are not theirs, so the name has to be put together like those here, of several words of which
   * one is common here and none stands in the name of a distribution.
   */
  const mayBeOwn = (name: string, depth: number): boolean => {
    const words = name.split('_').filter((word) => word.length > 3);
    if (depth > 1 || words.length < 2) return false;
    for (const requirement of requirements) {
      if (requirement.split('-').some((part) => part.length > 3 && words.some((word) => isPartOf(part, word))))
        return false;
    }
    const telling = words.filter((word) => !COMMON_WORD.test(word));
    return facts.all('python.name').some(({ key }) => key.split('_').some((word) => telling.includes(word)));
  };

  const cache = new Map<string, Resolution>();
  const resolve = (module: string, from: string): Resolution => {
    const key = `${directoryOf(from)}\n${module}`;
    let known = cache.get(key);
    if (known === undefined) {
      known = module.startsWith('.') ? resolveRelative(module, from) : resolveAbsolute(module, from);
      cache.set(key, known);
    }
    return known;
  };
  const alternatives = (module: string, from: string): readonly Resolution[] => {
    if (module.startsWith('.')) return [resolve(module, from)];
    const parts = module.split('.');
    return startsOf(parts[0]!, from).flatMap((folder) => {
      const result = lookUp(folder, parts);
      return result === null || result.kind === 'missing' ? [] : [result];
    });
  };
  const lacks = (path: string, name: string): boolean => {
    const seen = new Set<string>();
    const open = [path];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      const file = fileOf(next);
      if (file === null || file.dynamic || file.names.includes(name)) return false;
      if (next.endsWith('/__init__.py') || next === '__init__.py') {
        const folder = directoryOf(next);
        if (isFile(below(folder, `${name}.py`)) || isFolder(below(folder, name))) return false;
      }
      for (const star of file.stars) {
        const target = resolve(star, next);
        if (target.kind !== 'file') return false;
        open.push(target.path);
      }
    }
    return !/^__\w+__$/.test(name);
  };
  return {
    hasManifest: manifests.length > 0,
    requirements,
    resolve,
    alternatives,
    lacks,
    namesOf: (path) => fileOf(path)?.names ?? [],
  };
}

/** Folders that hold modules rather than being one. */
const ROOT_NAMES = ['src', 'lib', 'python', 'app', 'backend', 'server'];

function below(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

/** Words that say nothing about whose a module is. */
const COMMON_WORD =
  /^(?:core|types?|utils?|base|common|client|server|models?|tools?|helpers?|plugins?|data|test|tests|settings|config|python|django|flask|nested|framework)$/;

function isPartOf(one: string, other: string): boolean {
  return one.includes(other) || other.includes(one);
}

/** The required distribution that a module belongs to, as far as names tell; null when none does. */
function distributionOf(first: string, parts: readonly string[], requirements: ReadonlySet<string>): string | null {
  const plain = normalizedName(first);
  const named = DISTRIBUTION_OF[first] ?? null;
  if (named !== null && requirements.has(named)) return named;
  if (requirements.has(plain)) return plain;
  const dotted = normalizedName(parts.slice(0, 2).join('-'));
  if (requirements.has(dotted)) return dotted;
  const bare = plain.replaceAll('-', '');
  for (const requirement of requirements) {
    const other = requirement.replaceAll('-', '');
    // `python-jose` is `jose`, `google-cloud-storage` is in `google`, `beautifulsoup4` is well known by its table.
    if ((bare.length > 2 && other.includes(bare)) || (other.length > 3 && bare.includes(other))) return requirement;
  }
  return null;
}

/** Whether a package that others install holds the code of a directory. */
export function isInstalledPackage(facts: FactView, directory: string): boolean {
  return facts.all('python.package').some(({ place }) => {
    const folder = directoryOf(place.path);
    return folder === '' || directory === folder || directory.startsWith(`${folder}/`);
  });
}
