/**
 * The audit of a folder for the command line: files are analysed by threads and this one, or taken from the cache, and
 * where nothing changed at all the audit itself is. The outcome is the same in every case. Prints nothing.
 */
import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { createRecipes } from '../configuration/recipes.ts';
import { analysisSettings, type EngineConfiguration } from '../core/engine/configuration.ts';
import { isLasting, type Problem } from '../core/engine/problem.ts';
import { isManifest } from '../core/engine/roles.ts';
import type { DeclaredComponent } from '../core/model/component.ts';
import { directoryOf } from '../core/model/path.ts';
import type { Audit } from '../core/present/audit.ts';
import { recordAudit, restoreAudit } from '../core/present/auditRecord.ts';
import { buildAudit } from '../core/present/build.ts';
import type { PositionAt } from '../core/present/sarif.ts';
import type { Rubric } from '../core/score/types.ts';
import { type Cache, type Host, isProblem, type Listing } from '../host/host.ts';
import { loadSyntax } from '../host/node/assets.ts';
import { digestOf } from '../host/node/bytes.ts';
import { digestOfProgram, openDiskCache } from '../host/node/diskCache.ts';
import { createScanFiles } from '../host/node/scanFiles.ts';
import { cacheWithRecipes } from '../host/recipeCache.ts';
import { componentsOf } from '../knowledge/project/components.ts';
import { ownersIn } from '../knowledge/project/owners.ts';
import { RULES } from '../rules/index.gen.ts';
import { createEngine } from './compose.ts';
import { beside, digestOfAnalysis } from './program.ts';

export interface AuditOptions {
  /** Absolute path of the folder. */
  readonly root: string;
  readonly configuration: EngineConfiguration;
  readonly rubric: Rubric;
  readonly components: readonly DeclaredComponent[];
  /** What is checked out, for the reader. */
  readonly commit: string | null;
  readonly host: Host;
  /** The files to judge. */
  readonly listing: Listing;
  /** Folder of the caches of all workspaces; null for none. */
  readonly cacheFolder: string | null;
  /** Says how far it is. */
  readonly show: (text: string) => void;
}

export interface AuditOutcome {
  readonly audit: Audit;
  readonly positionAt: PositionAt;
  /** What went wrong inside the engine. */
  readonly problems: readonly Problem[];
  /** For those who watch the cache: where the result comes from. */
  readonly origin: string;
  /** Writes the cache and ends the work; can wait until the report is out. */
  finish(): Promise<void>;
}

const noPause = async (): Promise<void> => {};

export async function auditFolder(options: AuditOptions): Promise<AuditOutcome> {
  const { root, cacheFolder } = options;
  const analysis = cacheFolder === null ? null : digestOfAnalysis();
  const cache =
    cacheFolder === null || analysis === null
      ? null
      : openDiskCache({ folder: cacheFolder, roots: [{ prefix: '', folder: root }], program: analysis });
  return (await knownAudit(options, cache)) ?? (await freshAudit(options, cache));
}

/** The audit that was kept, if everything is as it was. */
async function knownAudit(options: AuditOptions, cache: Cache | null): Promise<AuditOutcome | null> {
  const { host, listing } = options;
  const kept = cache?.result() ?? null;
  if (cache === null || kept === null) return null;
  const contents = new Map<string, string | Problem>();
  for (const path of listing.paths) {
    const source = await host.open(path);
    contents.set(path, isProblem(source) ? source : source.digest());
  }
  const value = kept.key === keyOf(options, contents) ? kept.value() : null;
  const restored = value === null ? null : restoreAudit(value, RULES, options.rubric);
  if (restored === null) return null;
  return { ...restored, problems: [], origin: 'nothing changed', finish: () => cache.save(null, noPause) };
}

async function freshAudit(options: AuditOptions, kept: Cache | null): Promise<AuditOutcome> {
  const { root, configuration, show, host, listing } = options;
  const cache = kept === null ? null : cacheWithRecipes(kept, createRecipes(configuration));
  const { paths, problems } = listing;
  const engine = createEngine(await loadSyntax(beside('./')), true);
  engine.configure(configuration);
  engine.setManifestDirectories(paths.filter(isManifest).map(directoryOf));
  const contents = new Map<string, string | Problem>();
  const unread: Problem[] = [...problems];
  let known = 0;
  const done = (path: string, content: string | Problem): void => {
    contents.set(path, content);
    if (typeof content !== 'string') unread.push(content);
    show(`Auditing ${contents.size} of ${paths.length} files`);
  };
  // This thread works too, so one fewer is started.
  const scanFiles = createScanFiles(beside('scanWorker.js'), availableParallelism() - 1);
  await scanFiles(
    paths.map((path) => ({ path, root, inside: path })),
    {
      take(result) {
        const { path } = result.item;
        if (result.kind === 'analysed') engine.adoptFile(path, result.text, result.record);
        if (result.kind === 'analysed' && result.known) known++;
        done(path, result.kind === 'analysed' ? result.digest : result.problem);
      },
      isCancelled: () => false,
      analysis: analysisSettings(configuration),
      async alongside({ path }) {
        const source = await host.open(path);
        if (isProblem(source)) {
          done(path, source);
          return;
        }
        engine.setFile(path, source.text(), false);
        const record = cache === null ? null : engine.recordOf(path);
        const digest = cache === null ? '' : source.digest();
        if (record !== null) cache?.keep(path, digest, record);
        done(path, digest);
      },
      ...(cache === null ? {} : { cache }),
    },
  );
  show('Judging the workspace');
  engine.judge();
  const audit = buildAudit(engine, {
    root: basename(root),
    rubric: options.rubric,
    unread,
    detail: 'full',
    contexts: true,
    evidence: true,
    commit: options.commit,
    components: (workspace) => componentsOf(workspace, options.components),
    owners: (workspace) => ownersIn((path) => workspace.textOf(path)),
  });
  const positionAt: PositionAt = (path, offset) => engine.positionAt(path, offset);
  return {
    audit,
    positionAt,
    problems: engine.problems,
    origin: `${known} files known, ${paths.length - known} looked at`,
    async finish() {
      if (cache !== null) {
        if ([...unread, ...engine.problems].every(isLasting)) {
          cache.keepResult(keyOf(options, contents), recordAudit(audit, positionAt));
        }
        await cache.save(new Set(paths), noPause);
      }
      engine.dispose();
    },
  };
}

/** Names everything that an audit is a function of. `contents`: digest of each file, or why it could not be read. */
function keyOf(
  { root, configuration, rubric, components, commit, listing: { paths, problems } }: AuditOptions,
  contents: ReadonlyMap<string, string | Problem>,
): string {
  const program = digestOfProgram([beside('cli.js')]);
  const files = paths.map((path) => [path, contents.get(path) ?? null]);
  return digestOf(
    JSON.stringify([program, basename(root), configuration, rubric, components, commit, problems, files]),
  );
}
