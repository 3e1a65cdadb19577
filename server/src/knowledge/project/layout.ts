/**
 * What the tree of a project holds besides code. Facts:
 * - `project.manifest` (key: path): value {kind, name, directory, dependencies: what a lock file would pin}.
 * - `project.lockfile` (key: path): value {kind, directory}.
 * - `project.ignore` (key: directory): patterns of a `.gitignore`, with their spans.
 * - `project.goroutine` (key: path): production code is concurrent: a `go` statement, or an import of what guards shared data.
 * - `image.npm-install` (key: `npm`): an image build that installs packages without heeding the lock file.
 * - `project.test` (key: directory): a Go test file.
 */

import { OWN_ROLES } from '../../core/model/file.ts';
import type { Json } from '../../core/model/json.ts';
import type { Span } from '../../core/model/location.ts';
import { directoryOf } from '../../core/model/path.ts';
import type { FactVerdict } from '../../core/model/verdict.ts';
import { type Extractor, fact, type NodeDetector, type TextDetector } from '../../core/rulekit/rule.ts';
import { readGoMod } from '../../formats/gomod.ts';
import { parseIgnoreFile } from '../../formats/ignoreFile.ts';
import type { GoHeader } from '../../languages/go/header.ts';
import type { GoNode } from '../../languages/go/nodes.gen.ts';

export type Manifest = {
  readonly kind: 'go' | 'npm';
  readonly name: string;
  readonly directory: string;
  /** Names of what has to be fetched from elsewhere. */
  readonly dependencies: readonly string[];
  /** `dependencies` are needed to run, not only to develop. */
  readonly application: boolean;
};

function manifest(path: string, value: Manifest, span: Span): FactVerdict {
  return fact('project.manifest', path, value as unknown as Json, span);
}

const goMod: TextDetector = {
  text: true,
  *check(text, ctx) {
    const { path } = ctx.file;
    const document = readGoMod(text);
    if (document.module === null) return;
    // A module that is replaced by a folder needs no checksum.
    const local = new Set(
      document.replacements.filter((item) => /^\.{0,2}\//.test(item.target.text)).map((item) => item.path.text),
    );
    const dependencies = document.requirements.map((item) => item.path.text).filter((name) => !local.has(name));
    const { start, end } = document.module;
    yield manifest(
      path,
      { kind: 'go', name: document.module.text, directory: directoryOf(path), dependencies, application: true },
      { start, end },
    );
  },
};

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const packageJson: TextDetector = {
  text: true,
  triggers: ['"'],
  *check(text, ctx) {
    const { path } = ctx.file;
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (name === 'package-lock.json' || name === 'npm-shrinkwrap.json') {
      yield fact('project.lockfile', path, { kind: 'npm', directory: directoryOf(path) }, { start: 0, end: 0 });
      return;
    }
    if (name !== 'package.json') return;
    let value: unknown;
    try {
      value = JSON.parse(text.replace(/^\uFEFF/, ''));
    } catch {
      return;
    }
    if (!isRecord(value)) return;
    const own = (key: string): readonly string[] => {
      const entries = isRecord(value) ? value[key] : undefined;
      if (!isRecord(entries)) return [];
      return Object.entries(entries).flatMap(([dependency, version]) =>
        typeof version === 'string' && !/^(?:file|link|workspace|portal):/.test(version) ? [dependency] : [],
      );
    };
    const dependencies = [...own('dependencies'), ...own('devDependencies')];
    // A package that others install leaves the choice of versions to them.
    const library =
      value['private'] !== true &&
      ('main' in value || 'exports' in value || 'module' in value || 'bin' in value || 'files' in value);
    const title = typeof value['name'] === 'string' ? value['name'] : '';
    yield manifest(
      path,
      { kind: 'npm', name: title, directory: directoryOf(path), dependencies, application: !library },
      { start: 0, end: 0 },
    );
  },
};

const LOCK_FILES: Readonly<Record<string, string>> = {
  'go.sum': 'go',
  'pnpm-lock.yaml': 'npm',
  'yarn.lock': 'npm',
  'bun.lock': 'npm',
  'bun.lockb': 'npm',
  'poetry.lock': 'python',
  'uv.lock': 'python',
  'pdm.lock': 'python',
  'Pipfile.lock': 'python',
  'pylock.toml': 'python',
};

const lockFile: TextDetector = {
  text: true,
  *check(_text, ctx) {
    const { path } = ctx.file;
    const kind = LOCK_FILES[path.slice(path.lastIndexOf('/') + 1)];
    if (kind !== undefined)
      yield fact('project.lockfile', path, { kind, directory: directoryOf(path) }, { start: 0, end: 0 });
  },
};

const ignoreFile: TextDetector = {
  text: true,
  *check(text, ctx) {
    const { path } = ctx.file;
    if (!path.endsWith('.gitignore')) return;
    const patterns = parseIgnoreFile(text).map(({ pattern, span }) => ({ pattern, start: span.start, end: span.end }));
    yield fact('project.ignore', directoryOf(path), patterns, { start: 0, end: 0 });
  },
};

const goroutines: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['go_statement', 'import_spec'],
  triggers: ['go ', 'sync'],
  *check(node, ctx) {
    if (node.kind === 'import_spec' && !/"(?:sync|sync\/atomic|golang\.org\/x\/sync\/errgroup)"/.test(node.text))
      return;
    if (ctx.file.role === 'production') yield fact('project.goroutine', ctx.file.path, null, node.span);
  },
};

const testFiles: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['package_clause'],
  *check(node, ctx) {
    if (ctx.file.path.endsWith('_test.go')) yield fact('project.test', directoryOf(ctx.file.path), null, node.span);
  },
};

const NPM_INSTALL =
  /^[ \t]*(?:RUN\b[^\n]*?\b|&&[ \t]*)?npm[ \t]+(?:install|i)(?=[ \t]*(?:$|&&|;|\\|--(?:production|omit|only|include|prefer-offline|no-audit|no-fund|quiet|silent)\b))/gm;

/** `npm install` without package names in an image: it may change what the lock file says. */
const imageInstalls: TextDetector = {
  text: true,
  triggers: ['npm'],
  *check(text) {
    for (const match of text.matchAll(NPM_INSTALL)) {
      const end = match.index + match[0].length;
      yield fact('image.npm-install', 'npm', null, { start: match.index + match[0].lastIndexOf('npm'), end });
    }
  },
};

export const extractors: readonly Extractor[] = [
  { id: 'project.go-mod', language: 'gomod', detector: goMod },
  { id: 'project.package-json', language: 'json', detector: packageJson },
  { id: 'project.go-sum', language: 'gosum', detector: lockFile },
  { id: 'project.lock-yaml', language: 'yaml', detector: lockFile },
  { id: 'project.lock-toml', language: 'toml', detector: lockFile },
  { id: 'project.lock-text', language: 'text', detector: lockFile },
  { id: 'project.ignore', language: 'gitignore', detector: ignoreFile },
  { id: 'image.npm-install', language: 'dockerfile', detector: imageInstalls },
  { id: 'project.goroutines', language: 'go', detector: goroutines as NodeDetector },
  { id: 'project.tests', language: 'go', detector: testFiles as NodeDetector, roles: OWN_ROLES },
];
