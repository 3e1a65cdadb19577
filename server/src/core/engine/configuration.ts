/** Configuration that changes what the engine reports, in its resolved form. */
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

/** Which rules are reported, and how severe they are. */
export interface RuleConfiguration {
  /** Rule id -> severity, or `off`. Ids that are not listed keep their default. */
  readonly rules: Readonly<Record<string, Severity | 'off'>>;
  /** Whether preview rules are reported at all; they never count in the score. */
  readonly previewRules: boolean;
}

export interface EngineConfiguration extends RuleConfiguration {
  /** Folders with rules of their own, which then hold instead. `prefix`: how the paths in it begin. */
  readonly folders?: readonly (RuleConfiguration & { readonly prefix: string })[];
  /** The day, such as `2027-01-31`, on which suppressions and attestations are looked at; null: none of them ends. */
  readonly today?: string | null;
  readonly attestations?: readonly Attestation[];
}

export const DEFAULT_CONFIGURATION: EngineConfiguration = { rules: {}, previewRules: true };

/** What holds for a file. */
export function rulesFor(configuration: EngineConfiguration, path: string): RuleConfiguration {
  return configuration.folders?.find(({ prefix }) => path.startsWith(prefix)) ?? configuration;
}

/** The subjects that somebody vouches for today. */
export function attestedToday({ attestations = [], today = null }: EngineConfiguration): ReadonlySet<string> {
  return new Set(attestations.filter(({ until }) => today === null || today <= until).map(({ subject }) => subject));
}
