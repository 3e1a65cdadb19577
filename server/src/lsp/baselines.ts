/**
 * The baselines of a workspace, one for each folder that names one, and which findings they hold. What a finding is known
 * again by is remembered for as long as the findings of its file are the same.
 */
import {
  type Baseline,
  type BaselineEntry,
  type FindingContext,
  matchBaseline,
  readBaseline,
  writeBaseline,
} from '../core/engine/baseline.ts';
import type { Engine } from '../core/engine/engine.ts';
import type { Finding } from '../core/model/finding.ts';
import { sortFindings } from '../core/present/audit.ts';
import type { BaselineSummary } from '../core/present/tree/decisions.ts';
import type { Host } from '../host/host.ts';
import type { Root } from './roots.ts';

/** The baseline of a folder as it is on the disk. */
export interface FolderBaseline {
  readonly root: Root;
  /** In the workspace, and in its folder. */
  readonly path: string;
  readonly inside: string;
  readonly baseline: Baseline;
  /** Why it cannot be read; '' when it can. A file that is not there yet is an empty baseline. */
  readonly problem: string;
}

const EMPTY: Baseline = { entries: [] };

/** The baselines that the settings name, by their paths in their folders. */
export async function readBaselines(
  named: readonly { readonly root: Root; readonly inside: string }[],
  hostOf: (root: Root) => Host,
): Promise<readonly FolderBaseline[]> {
  const found: FolderBaseline[] = [];
  for (const { root, inside } of named) {
    const text = await hostOf(root).read(inside);
    const read = typeof text === 'string' ? readBaseline(text) : EMPTY;
    const isBroken = typeof read === 'string';
    const path = root.prefix + inside;
    found.push({ root, path, inside, baseline: isBroken ? EMPTY : read, problem: isBroken ? read : '' });
  }
  return found;
}

type Contexts = Readonly<Record<string, FindingContext>>;

/** Compares the findings of an engine with baselines. */
export class BaselineMatcher {
  readonly #engine: Engine;
  readonly #contexts = new WeakMap<readonly Finding[], Contexts>();
  #baselines: readonly FolderBaseline[] = [];
  #known: ReadonlySet<string> = new Set();
  #summaries: readonly BaselineSummary[] = [];
  #rests = new Map<FolderBaseline, Baseline>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  get baselines(): readonly FolderBaseline[] {
    return this.#baselines;
  }

  /** How each compares, as of the last `match`. */
  get summaries(): readonly BaselineSummary[] {
    return this.#summaries;
  }

  setBaselines(baselines: readonly FolderBaseline[]): void {
    this.#baselines = baselines;
  }

  /** Whether a baseline holds the finding, as of the last `match`. */
  holds({ fingerprint }: Pick<Finding, 'fingerprint'>): boolean {
    return this.#known.has(fingerprint);
  }

  /** Whether there is a baseline for the file. */
  covers(path: string): boolean {
    return this.#baselines.some(({ root }) => path.startsWith(root.prefix));
  }

  /** Compares anew; returns the fingerprints of which something else is said now. */
  match(): ReadonlySet<string> {
    const before = this.#known;
    const known = new Set<string>();
    this.#rests = new Map();
    this.#summaries = this.#baselines.map((folder): BaselineSummary => {
      const findings = this.#findingsIn(folder.root);
      const matched = matchBaseline(folder.baseline.entries, findings, (finding) => this.entryOf(folder.root, finding));
      for (const { fingerprint } of matched.known.keys()) known.add(fingerprint);
      this.#rests.set(folder, {
        entries: [...matched.known.keys()].flatMap((finding) => this.entryOf(folder.root, finding) ?? []),
      });
      const { path, problem } = folder;
      return {
        path,
        known: matched.known.size,
        fresh: findings.length - matched.known.size,
        gone: matched.gone.length,
        problem,
      };
    });
    this.#known = known;
    const changed = new Set<string>();
    for (const fingerprint of known) if (!before.has(fingerprint)) changed.add(fingerprint);
    for (const fingerprint of before) if (!known.has(fingerprint)) changed.add(fingerprint);
    return changed;
  }

  /** The entry that would stand for a finding; null when no baseline accepts its rule. */
  entryOf(root: Root, { ruleId, fingerprint, location: { path } }: Finding): BaselineEntry | null {
    const context = this.#contextsOf(path)[fingerprint];
    if (context === undefined || this.#engine.ruleOf(ruleId)?.suppressible === false) return null;
    return { rule: ruleId, path: path.slice(root.prefix.length), ...context };
  }

  /** The baseline of all findings of a folder. */
  textOfAll(root: Root): string {
    return writeBaseline({
      entries: this.#findingsIn(root).flatMap((finding) => this.entryOf(root, finding) ?? []),
    });
  }

  /** A baseline with further findings. */
  textWith({ root, baseline }: Pick<FolderBaseline, 'root' | 'baseline'>, findings: readonly Finding[]): string {
    const entries = [...baseline.entries, ...findings.flatMap((finding) => this.entryOf(root, finding) ?? [])];
    return writeBaseline({ entries });
  }

  /** A baseline without what is gone, as of the last `match`. */
  textOfRest(folder: FolderBaseline): string {
    return writeBaseline(this.#rests.get(folder) ?? folder.baseline);
  }

  #findingsIn({ prefix }: Root): readonly Finding[] {
    const paths = this.#engine.paths.filter((path) => path.startsWith(prefix));
    return sortFindings(paths.flatMap((path) => this.#engine.findings(path)));
  }

  #contextsOf(path: string): Contexts {
    const findings = this.#engine.findings(path);
    const known = this.#contexts.get(findings);
    if (known !== undefined) return known;
    const contexts = this.#engine.contextsOf(path);
    this.#contexts.set(findings, contexts);
    return contexts;
  }
}
