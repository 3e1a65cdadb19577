/** Configuration that changes what the engine reports, in its resolved form. */
import type { Severity } from '../model/verdict.ts';

export interface EngineConfiguration {
  /** Rule id -> severity, or `off`. Ids that are not listed keep their default. */
  readonly rules: Readonly<Record<string, Severity | 'off'>>;
  /** Whether preview rules are reported at all; they never count in the score. */
  readonly previewRules: boolean;
}

export const DEFAULT_CONFIGURATION: EngineConfiguration = { rules: {}, previewRules: true };
