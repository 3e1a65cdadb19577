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

export interface EngineConfiguration {
  /** Rule id -> severity, or `off`. Ids that are not listed keep their default. */
  readonly rules: Readonly<Record<string, Severity | 'off'>>;
  /** Whether preview rules are reported at all; they never count in the score. */
  readonly previewRules: boolean;
  /** The day, such as `2027-01-31`, on which suppressions and attestations are looked at; null: none of them ends. */
  readonly today?: string | null;
  readonly attestations?: readonly Attestation[];
}

export const DEFAULT_CONFIGURATION: EngineConfiguration = { rules: {}, previewRules: true };

/** The subjects that somebody vouches for today. */
export function attestedToday({ attestations = [], today = null }: EngineConfiguration): ReadonlySet<string> {
  return new Set(attestations.filter(({ until }) => today === null || today <= until).map(({ subject }) => subject));
}
