/** The rubrics that ship with the product, as typed values. Their numbers are in the JSON files beside; none are here. */
import type { Rubric } from '../core/score/types.ts';
import defaultRubric from './default.json' with { type: 'json' };

/** Ten categories on the scale A+ to F. The test suite validates the file against rubric.schema.json. */
export const DEFAULT_RUBRIC = defaultRubric as Rubric;
