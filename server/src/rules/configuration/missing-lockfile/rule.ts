/** Dependencies that no lock file in the tree pins, or an image build that does not use it. */
import { directoryOf } from '../../../core/model/path.ts';
import type { Fact, Fix, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView, type WorkspaceJudge } from '../../../core/rulekit/rule.ts';
import { type IgnoreLevel, ignoringPattern } from '../../../formats/ignoreFile.ts';
import type { Manifest } from '../../../knowledge/project/layout.ts';

interface LockFile {
  readonly kind: string;
  readonly directory: string;
}

function isAtOrAbove(directory: string, other: string): boolean {
  return directory === '' || directory === other || other.startsWith(`${directory}/`);
}

/** The lock file that pins the manifest's dependencies, or null. npm and its kin keep one for all packages of a workspace. */
function lockOf(facts: FactView, manifest: Manifest): Fact | null {
  const files = facts.all('project.lockfile');
  const found = files.find((file) => {
    const { kind, directory } = file.value as unknown as LockFile;
    if (kind !== manifest.kind) return false;
    return kind === 'go' ? directory === manifest.directory : isAtOrAbove(directory, manifest.directory);
  });
  return found ?? null;
}

const LOCK_NAMES: Readonly<Record<Manifest['kind'], readonly [string, ...string[]]>> = {
  go: ['go.sum'],
  npm: ['package-lock.json', 'yarn.lock', 'pnpm-lock.yaml'],
};

interface Pattern {
  readonly pattern: string;
  readonly start: number;
  readonly end: number;
}

/** The line of an ignore file that hides a path, or null. */
function hidingLine(
  facts: FactView,
  path: string,
): { readonly path: string; readonly fact: Fact; readonly pattern: Pattern } | null {
  for (const file of facts.all('project.ignore')) {
    const level: IgnoreLevel = { directory: file.key, patterns: [] };
    if (!isAtOrAbove(level.directory, directoryOf(path))) continue;
    const patterns = file.value as unknown as readonly Pattern[];
    const relative = level.directory === '' ? path : path.slice(level.directory.length + 1);
    const index = ignoringPattern(
      relative,
      patterns.map((pattern) => pattern.pattern),
    );
    if (index >= 0) return { path, fact: file, pattern: patterns[index]! };
  }
  return null;
}

/** Dependencies that are not modules of this workspace: those of a go.work need no checksum. */
function foreign(facts: FactView, manifest: Manifest): readonly string[] {
  if (manifest.kind !== 'go') return manifest.dependencies;
  const own = new Set(
    facts
      .all('project.manifest')
      .map((other) => other.value as unknown as Manifest)
      .filter((other) => other.kind === 'go')
      .map((other) => other.name),
  );
  return manifest.dependencies.filter((name) => !own.has(name));
}

const DOCUMENTS = /(?:^|\/)(?:docs?|documentation)(?:\/|$)/;

const judge: WorkspaceJudge = {
  partition: 'workspace',
  reads: ['project.manifest'],
  *judge(facts): Iterable<WorkspaceVerdict> {
    for (const item of facts.all('project.manifest')) {
      const manifest = item.value as unknown as Manifest;
      if (facts.role(item.place.path) !== 'production' || !manifest.application) continue;
      // Tools that make documents are no part of what runs.
      if (manifest.kind === 'npm' && DOCUMENTS.test(manifest.directory)) continue;
      if (foreign(facts, manifest).length === 0) continue;
      const lock = lockOf(facts, manifest);
      if (lock !== null) {
        yield { kind: 'pass', subject: lock.place };
        continue;
      }
      const prefix = manifest.directory === '' ? '' : `${manifest.directory}/`;
      const [name, ...others] = LOCK_NAMES[manifest.kind];
      const hiding = [name, ...others]
        .map((file) => hidingLine(facts, `${prefix}${file}`))
        .find((line) => line !== null);
      if (hiding !== undefined) {
        const { start, end, pattern } = hiding.pattern;
        const subject = { ...hiding.fact.place, span: { start, end } };
        yield { kind: 'fail', subject, message: 'ignored', args: { file: hiding.path, pattern } };
      } else {
        const command = manifest.kind === 'go' ? 'go mod tidy' : 'npm install';
        yield {
          kind: 'fail',
          subject: item.place,
          message: 'missing',
          args: { manifest: item.key, file: name, command },
        };
      }
    }
    for (const install of facts.all('image.npm-install')) {
      if (facts.role(install.place.path) !== 'production') continue;
      const directory = directoryOf(install.place.path);
      const locked = facts
        .all('project.lockfile')
        .some(
          (file) =>
            /(?:package-lock|npm-shrinkwrap)\.json$/.test(file.key) &&
            (file.value as unknown as LockFile).directory === directory,
        );
      if (!locked) continue;
      const fix: Fix = {
        title: 'Install exactly what the lock file says',
        safety: 'suggestion',
        preferred: true,
        edits: [{ kind: 'replaceAt', place: install.place, newText: 'npm ci' }],
      };
      yield { kind: 'fail', subject: install.place, message: 'unused', fixes: [fix] };
    }
  },
};

export const rule = defineRule({
  id: 'missing-lockfile',
  title: 'Dependencies without a committed lock file',
  category: 'configuration',
  severity: 'medium',
  confidence: 'certain',
  stage: 'stable',
  docs: {
    what: 'An application names dependencies, but the file that pins their versions and checksums (`go.sum`, `package-lock.json` or its kin) is not part of the tree or is hidden by an ignore rule; or an image build installs without heeding it.',
    why: 'Each build may take other versions: what was tested is not what is shipped, a build of last week cannot be repeated, and a package that was replaced by an attacker is not noticed.',
    howToFix:
      'Create the lock file (`go mod tidy`, `npm install`), take it out of the ignore file and commit it. In images and pipelines use the installation that fails when lock file and manifest disagree (`npm ci`, `go build -mod=readonly`).',
    refs: ['CWE-1357', 'https://go.dev/ref/mod#go-sum-files'],
  },
  messages: {
    missing: '{manifest} has dependencies but no {file} beside it; run {command} and commit the file.',
    ignored: 'The pattern {pattern} keeps {file} out of the repository; remove it and commit the file.',
    unused: 'npm install may change the versions of the lock file; use npm ci.',
  },
  fix: 'sometimes',
  on: {},
  workspace: judge,
});
