/**
 * Configuration of the engine, in its resolved form: plain data, so that it can be compared, hashed and sent to threads.
 * What people write is read and resolved elsewhere (`server/src/configuration`).
 */
import type { Json } from '../model/json.ts';
import { directoryOf } from '../model/path.ts';
import type { Severity } from '../model/verdict.ts';

/** A person vouches for what files cannot show. */
export interface Attestation {
  /** A rule, or a must-have of the rubric. */
  readonly subject: string;
  /** Where it can be seen. */
  readonly evidence: string;
  /** The last day on which it holds. */
  readonly until: string;
  /** Who vouches; '' when nobody is named. */
  readonly by: string;
}

/** How a rule is reported: its severity, or not at all. */
export type Level = Severity | 'off';

/** What holds for the files of a folder. */
export interface Scope {
  /** Rule id -> level. Rules that are not listed keep their default. */
  readonly rules: Readonly<Record<string, Level>>;
  /** Rule id -> all of its options. Rules that are not listed keep their defaults. */
  readonly options?: Readonly<Record<string, Json>>;
  /** Whether preview rules are reported; where it is not said, as in the whole workspace. */
  readonly previewRules?: boolean;
}

/** What holds below a folder, complete in itself: of several folders around a file the innermost counts. */
export interface FolderScope extends Scope {
  readonly folder: string;
}

/** Patterns, as in a `.gitignore` file of the folder, for files that have a role whatever else speaks for another. */
export interface RolePatterns {
  readonly folder: string;
  readonly role: 'test' | 'generated';
  readonly patterns: readonly string[];
}

/** The part of a configuration that decides what is found in a file. */
export interface AnalysisSettings {
  /** Options of the whole workspace: see `Scope`. */
  readonly options?: Readonly<Record<string, Json>>;
  readonly scopes?: readonly FolderScope[];
  /** From outer to inner folders; the last pattern that speaks of a file decides. */
  readonly roles?: readonly RolePatterns[];
}

export interface EngineConfiguration extends Scope, AnalysisSettings {
  /** Whether preview rules are reported at all; they never count in the score. */
  readonly previewRules: boolean;
  /** The day, such as `2027-01-31`, on which suppressions and attestations are looked at; null: none of them ends. */
  readonly today?: string | null;
  readonly attestations?: readonly Attestation[];
  /** Paths of the files that attestations are written in; default: `shipworthy.json`. */
  readonly attestedIn?: readonly string[];
}

/** The part of a configuration that decides what is found in files. */
export function analysisSettings({ options, scopes, roles }: AnalysisSettings): AnalysisSettings {
  return {
    ...(options === undefined ? {} : { options }),
    ...(scopes === undefined ? {} : { scopes }),
    ...(roles === undefined ? {} : { roles }),
  };
}

/** Where a configuration is written first, and where it is looked for when nobody says otherwise. */
export const CONFIGURATION_FILE = 'shipworthy.json';

export const DEFAULT_CONFIGURATION: EngineConfiguration = { rules: {}, previewRules: true };

/** The subjects that somebody vouches for today. */
export function attestedToday({ attestations = [], today = null }: EngineConfiguration): ReadonlySet<string> {
  return new Set(attestations.filter(({ until }) => today === null || today <= until).map(({ subject }) => subject));
}

/** What holds in a folder (its path in, the scope out). Remembers what it was asked; takes no time without scopes. */
export function scopeLookup<S extends Scope>(whole: S, scopes: readonly FolderScope[] = []): (folder: string) => Scope {
  if (scopes.length === 0) return () => whole;
  const known = new Map<string, Scope>(scopes.map((scope) => [scope.folder, scope]));
  if (!known.has('')) known.set('', whole);
  return (folder) => {
    const missed: string[] = [];
    let at = folder;
    let scope = known.get(at);
    while (scope === undefined) {
      missed.push(at);
      at = directoryOf(at);
      scope = known.get(at);
    }
    for (const each of missed) known.set(each, scope);
    return scope;
  };
}
