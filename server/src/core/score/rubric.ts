/**
 * Reads a rubric that a team wrote. Nothing is guessed: whatever is wrong is said, and a rubric with a problem is not
 * used at all, since a grade by half a rubric is a grade by none. The schema for editors is rubrics/rubric.schema.json.
 */
import type { Json } from '../model/json.ts';
import { workspacePath } from '../model/path.ts';
import { CATEGORY_IDS, SEVERITIES } from '../model/verdict.ts';
import type { Rubric } from './types.ts';

export interface ReadRubric {
  readonly rubric: Rubric | null;
  /** Sentences for the person who wrote it. */
  readonly problems: readonly string[];
}

interface JsonObject {
  readonly [key: string]: Json;
}

const ID = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

/** `shipped`: the rubrics that `extends` can name; `knownRules`: every rule that there is. */
export function parseRubric(text: string, shipped: readonly Rubric[], knownRules: ReadonlySet<string>): ReadRubric {
  let json: Json;
  try {
    json = JSON.parse(text) as Json;
  } catch (error) {
    return { rubric: null, problems: [`It is no valid JSON: ${error instanceof Error ? error.message : error}`] };
  }
  if (!isObject(json)) return { rubric: null, problems: ['A rubric is an object.'] };
  const { $schema: _schema, extends: base, ...own } = json;
  const parent = base === undefined ? undefined : shipped.find(({ id }) => id === base);
  if (base !== undefined && parent === undefined) {
    const known = shipped.map(({ id }) => `"${id}"`).join(', ');
    return { rubric: null, problems: [`"extends" names no rubric that ships with the tool; those are ${known}.`] };
  }
  const { $schema: _parentSchema, ...whole } = {
    ...(parent as unknown as JsonObject | undefined),
    ...own,
  } as JsonObject;
  const problems = problemsOf(whole, own, knownRules);
  return problems.length > 0 ? { rubric: null, problems } : { rubric: whole as unknown as Rubric, problems };
}

/** The file that the name of a rubric is the path of; null when it is no path. */
export function rubricPath(name: string | undefined): string | null {
  return name !== undefined && /[./]/.test(name) ? workspacePath(name) : null;
}

type Check = (value: Json, at: string) => readonly string[];

const isText: Check = (value, at) => (typeof value === 'string' && value !== '' ? [] : [`${at} must be a text.`]);
const isId: Check = (value, at) =>
  typeof value === 'string' && ID.test(value) ? [] : [`${at} must be a name in lower case with hyphens.`];
const isScore: Check = (value, at) =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 100
    ? []
    : [`${at} must be a whole number from 0 to 100.`];
const isWeight: Check = (value, at) =>
  typeof value === 'number' && Number.isFinite(value) && value > 0 ? [] : [`${at} must be a number above 0.`];
const oneOf =
  (words: readonly string[]): Check =>
  (value, at) =>
    words.includes(value as string) ? [] : [`${at} must be one of ${words.join(', ')}.`];
const listOf =
  (check: Check): Check =>
  (value, at) =>
    Array.isArray(value)
      ? value.flatMap((item: Json, index) => check(item, `${at}[${index}]`))
      : [`${at} must be a list.`];
const objectOf =
  (required: Readonly<Record<string, Check>>, optional: Readonly<Record<string, Check>> = {}): Check =>
  (value, at) => {
    if (!isObject(value)) return [`${at} must be an object.`];
    const found: string[] = [];
    for (const key of Object.keys(required)) {
      if (!Object.hasOwn(value, key)) found.push(`${at} must have "${key}".`);
    }
    for (const [key, item] of Object.entries(value)) {
      const check = Object.hasOwn(required, key)
        ? required[key]
        : Object.hasOwn(optional, key)
          ? optional[key]
          : undefined;
      found.push(...(check === undefined ? [`${at} knows no "${key}".`] : check(item, `${at}.${key}`)));
    }
    return found;
  };

const severity = oneOf(SEVERITIES);
const category = oneOf(CATEGORY_IDS);
const bySeverity = { critical: isWeight, high: isWeight, medium: isWeight, low: isWeight };
const capBySeverity = { critical: isScore, high: isScore, medium: isScore, low: isScore };

function problemsOf(whole: JsonObject, own: JsonObject, knownRules: ReadonlySet<string>): readonly string[] {
  const shape = objectOf(
    {
      id: isId,
      title: isText,
      categories: listOf(
        objectOf({ id: isId, title: isText, weight: isWeight }, { categories: listOf(category), rules: listOf(isId) }),
      ),
      grades: listOf(objectOf({ grade: isText, min: isScore })),
      severityWeights: objectOf(bySeverity),
      caps: objectOf({}, capBySeverity),
      verdict: objectOf({
        ready: isScore,
        conditional: isScore,
        conditionsSeverity: severity,
        blockingRules: listOf(isId),
        blockingSeverity: severity,
        blockingCategories: listOf(category),
      }),
    },
    {
      mustHaves: listOf(objectOf({ id: isId, title: isText, rules: listOf(isId) })),
      components: objectOf({}, { critical: isText, any: isText }),
      purposes: listOf(objectOf({ id: isId, title: isText, min: isScore, worstOpen: severity })),
      unusedFileRules: listOf(isId),
    },
  );
  const found = shape(whole, 'The rubric');
  return found.length > 0 ? found : meaningProblems(whole as unknown as Rubric, own as Partial<Rubric>, knownRules);
}

/** What a schema cannot say. Rule names are looked up only in what the team wrote itself. */
function meaningProblems(rubric: Rubric, own: Partial<Rubric>, knownRules: ReadonlySet<string>): readonly string[] {
  const problems: string[] = [];
  const { categories, grades, verdict, components } = rubric;
  if (categories.length === 0) problems.push('The rubric needs at least one category.');
  for (const id of repeated(categories.map((each) => each.id))) problems.push(`There are two categories "${id}".`);
  for (const { id, categories: taken, rules } of categories) {
    if (taken === undefined && rules === undefined && !(CATEGORY_IDS as readonly string[]).includes(id)) {
      problems.push(`The category "${id}" is none of the rules' categories, so it needs "categories" or "rules".`);
    }
  }
  for (const id of repeated(categories.flatMap(({ rules = [] }) => rules)))
    problems.push(`The rule "${id}" is named by two categories.`);
  if (grades.length === 0) problems.push('The rubric needs at least one grade.');
  grades.forEach(({ grade, min }, index) => {
    const better = grades[index - 1];
    if (better !== undefined && better.min <= min)
      problems.push(`The grade "${grade}" must have a lower "min" than "${better.grade}".`);
  });
  if (grades.at(-1)?.min !== 0) problems.push('The lowest grade must have "min" 0, so that every score has a grade.');
  if (verdict.conditional > verdict.ready) problems.push('"conditional" must not be above "ready".');
  for (const [key, grade] of Object.entries(components ?? {})) {
    if (!grades.some((each) => each.grade === grade)) problems.push(`"components.${key}" names no grade: "${grade}".`);
  }
  const named = [
    ...(own.categories ?? []).flatMap(({ rules = [] }) => rules),
    ...(own.verdict?.blockingRules ?? []),
    ...(own.mustHaves ?? []).flatMap(({ rules }) => rules),
    ...(own.unusedFileRules ?? []),
  ];
  for (const id of new Set(named)) if (!knownRules.has(id)) problems.push(`There is no rule "${id}".`);
  return problems;
}

function repeated(items: readonly string[]): readonly string[] {
  return [...new Set(items.filter((item, index) => items.indexOf(item) !== index))];
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
