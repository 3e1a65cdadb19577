/**
 * What it takes to mend findings, as ranges of minutes of somebody who knows the code. An estimate to order work by, and
 * never part of a score.
 */
import type { Severity } from '../model/verdict.ts';

/** From the least to the most, in minutes. */
export type Minutes = readonly [least: number, most: number];

export interface Effort {
  /** Spent once, however many findings there are: choosing a library, setting up a pipeline. */
  readonly once?: Minutes;
  /** Spent for every finding. */
  readonly each: Minutes;
}

/** A finding at a place, by severity: what is more severe is understood more carefully before it is changed. */
const PLACE: Readonly<Record<Severity, Minutes>> = {
  critical: [20, 90],
  high: [15, 60],
  medium: [10, 40],
  low: [5, 15],
};
/** Something that the whole system lacks: once for the decision, then for each place. */
const SYSTEM: Readonly<Record<Severity, Minutes>> = {
  critical: [60, 480],
  high: [60, 360],
  medium: [45, 240],
  low: [20, 120],
};
const SYSTEM_PLACE: Minutes = [5, 20];
/** Where every finding has a quick fix, what remains is to read it and to run the tests. */
const FIXED: Minutes = [2, 10];

/** What of a rule decides its effort. */
interface EstimatedRule {
  readonly severity: Severity;
  readonly fix: 'none' | 'sometimes' | 'always';
  readonly effort?: Effort;
  /** There is one: the rule judges the system and not a place. */
  readonly workspace?: object;
}

/** The effort of a rule's findings: what the rule says, or a default by what kind of rule it is. */
export function effortOf(rule: EstimatedRule): Effort {
  if (rule.effort !== undefined) return rule.effort;
  if (rule.fix === 'always') return { each: FIXED };
  if (rule.workspace !== undefined) return { once: SYSTEM[rule.severity], each: SYSTEM_PLACE };
  return { each: PLACE[rule.severity] };
}

/** Minutes for that many findings. */
export function minutesFor({ once = [0, 0], each }: Effort, findings: number): Minutes {
  return findings === 0 ? [0, 0] : [once[0] + findings * each[0], once[1] + findings * each[1]];
}

export function addMinutes(a: Minutes, b: Minutes): Minutes {
  return [a[0] + b[0], a[1] + b[1]];
}
