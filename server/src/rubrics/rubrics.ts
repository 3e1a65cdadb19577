/** The rubrics that ship with the product, as typed values. Their numbers are in the JSON files beside; none are here. */
import { parseRubric, rubricPath } from '../core/score/rubric.ts';
import type { Rubric } from '../core/score/types.ts';
import defaultRubric from './default.json' with { type: 'json' };
import missionCritical from './mission-critical.json' with { type: 'json' };
import tenPoint from './ten-point.json' with { type: 'json' };

/** Ten categories on the scale A+ to F. The test suite validates the file against rubric.schema.json. */
export const DEFAULT_RUBRIC = defaultRubric as Rubric;

/** Every rubric that a configuration can name. */
export const RUBRICS: readonly Rubric[] = [DEFAULT_RUBRIC, missionCritical as Rubric, tenPoint as Rubric];

export interface ChosenRubric {
  /** The default one when there is a problem. */
  readonly rubric: Rubric;
  readonly problems: readonly string[];
}

/**
 * The rubric that a configuration names: one that ships, or a file. `read` gives the text of a file, or null.
 * `knownRules`: every rule that there is.
 */
export async function chooseRubric(
  name: string | undefined,
  read: (path: string) => Promise<string | null>,
  knownRules: ReadonlySet<string>,
): Promise<ChosenRubric> {
  if (name === undefined) return { rubric: DEFAULT_RUBRIC, problems: [] };
  const shipped = RUBRICS.find(({ id }) => id === name);
  if (shipped !== undefined) return { rubric: shipped, problems: [] };
  const path = rubricPath(name);
  const text = path === null ? null : await read(path);
  if (text === null) {
    const known = RUBRICS.map(({ id }) => id).join(', ');
    const problem = `"${name}" is neither a file nor a rubric that ships with the tool; those are ${known}.`;
    return { rubric: DEFAULT_RUBRIC, problems: [problem] };
  }
  const { rubric, problems } = parseRubric(text, RUBRICS, knownRules);
  return { rubric: rubric ?? DEFAULT_RUBRIC, problems: problems.map((problem) => `${path}: ${problem}`) };
}
