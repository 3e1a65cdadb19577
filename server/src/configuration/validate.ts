/**
 * Checks a configuration tree by a schema. Each problem has the place of the value or key that is wrong and, where one is
 * close enough, the name that was probably meant. What is wrong is left out of the value that comes out.
 */
import type { Json } from '../core/model/json.ts';
import type { Span } from '../core/model/location.ts';
import { nearestName } from '../core/text/nearest.ts';
import type { Schema } from './schema.ts';
import type { ConfigMap, ConfigValue, Fault } from './tree.ts';

export interface Validated {
  /** What fits; undefined when nothing does. */
  readonly value: Json | undefined;
  readonly faults: readonly Fault[];
}

/** Nobody reads more; a file with so many is none that a person wrote. */
const FAULT_LIMIT = 50;

export function validate(root: ConfigValue, schema: Schema): Validated {
  const faults: Fault[] = [];
  const report = (span: Span, message: string): undefined => {
    if (faults.length < FAULT_LIMIT) faults.push({ span, message });
    return undefined;
  };
  const resolve = (part: Schema): Schema => {
    const name = part.$ref?.slice('#/definitions/'.length);
    return name === undefined ? part : (schema.definitions?.[name] ?? {});
  };

  /** `name`: what the value is called in messages. */
  const check = (value: ConfigValue, given: Schema, name: string): Json | undefined => {
    const part = resolve(given);
    if (part.anyOf !== undefined) {
      const options = part.anyOf.map(resolve);
      const fitting = options.find((option) => kindOf(option) === value.kind);
      if (fitting !== undefined) return check(value, fitting, name);
      return report(value.span, `${name} must be ${options.map(nounOf).join(' or ')}.`);
    }
    if (kindOf(part) !== value.kind) return report(value.span, `${name} must be ${nounOf(part)}.`);
    if (value.kind === 'map') return checkMap(value, part, name);
    if (value.kind === 'list') {
      const { maxItems = Number.POSITIVE_INFINITY, items = {} } = part;
      if (value.items.length > maxItems) return report(value.span, `${name} holds more than ${maxItems} items.`);
      return value.items.flatMap((item) => check(item, items, `Each of ${name}`) ?? []);
    }
    const { value: scalar } = value;
    if (part.enum !== undefined) {
      if (typeof scalar === 'string' && part.enum.includes(scalar)) return scalar;
      const choice = part.enum.map((word) => `"${word}"`).join(', ');
      return report(value.span, `${name} must be one of ${choice}${endOf(String(scalar), part.enum)}`);
    }
    const isFitting =
      part.type === 'string'
        ? typeof scalar === 'string' &&
          scalar.trim().length >= (part.minLength ?? 0) &&
          (part.pattern === undefined || new RegExp(part.pattern).test(scalar))
        : part.type === 'boolean'
          ? typeof scalar === 'boolean'
          : typeof scalar === 'number' &&
            Number.isFinite(scalar) &&
            (part.type !== 'integer' || Number.isInteger(scalar)) &&
            scalar >= (part.minimum ?? Number.NEGATIVE_INFINITY) &&
            scalar <= (part.maximum ?? Number.POSITIVE_INFINITY);
    return isFitting ? scalar : report(value.span, `${name} must be ${nounOf(part)}.`);
  };

  const checkMap = (map: ConfigMap, { properties = {}, required = [] }: Schema, name: string): Json | undefined => {
    const result: Record<string, Json> = {};
    for (const { key, keySpan, value } of map.entries) {
      if (!Object.hasOwn(properties, key)) {
        if (faults.length < FAULT_LIMIT) report(keySpan, unknownKey(key, Object.keys(properties), name));
        continue;
      }
      const checked = check(value, properties[key]!, `"${key}"`);
      if (checked !== undefined) result[key] = checked;
    }
    const missing = required.filter((key) => !map.entries.some((entry) => entry.key === key));
    if (missing.length > 0) report(map.span, `${name} must have ${missing.map((key) => `"${key}"`).join(', ')}.`);
    return required.every((key) => Object.hasOwn(result, key)) ? result : undefined;
  };

  return { value: check(root, schema, 'The configuration'), faults };
}

function kindOf({ type }: Schema): ConfigValue['kind'] {
  return type === 'object' ? 'map' : type === 'array' ? 'list' : 'scalar';
}

function nounOf({ type, enum: words, minimum, maximum, errorMessage }: Schema): string {
  if (errorMessage !== undefined) return errorMessage;
  if (words !== undefined) return `one of ${words.map((word) => `"${word}"`).join(', ')}`;
  const range =
    minimum !== undefined && maximum !== undefined
      ? ` from ${minimum} to ${maximum}`
      : minimum !== undefined
        ? ` of at least ${minimum}`
        : maximum !== undefined
          ? ` of at most ${maximum}`
          : '';
  switch (type) {
    case 'object':
      return 'an object';
    case 'array':
      return 'a list';
    case 'boolean':
      return 'true or false';
    case 'integer':
      return `a whole number${range}`;
    case 'number':
      return `a number${range}`;
    default:
      return 'a text';
  }
}

/** The end of a sentence about a name that is none: the one that was probably meant, if there is one. */
export function endOf(name: string, candidates: readonly string[]): string {
  const nearest = name.length > 100 ? null : nearestName(name, candidates);
  return nearest === null ? '.' : `; did you mean "${nearest}"?`;
}

/** A text in a message. */
export function shown(text: string): string {
  return `"${text.length > 100 ? `${text.slice(0, 100)}...` : text}"`;
}

function unknownKey(key: string, known: readonly string[], name: string): string {
  const end = endOf(key, known);
  if (name === '"rules"') return `There is no rule ${shown(key)}${end}`;
  if (end !== '.') return `${name} knows no ${shown(key)}${end}`;
  return `${name} knows no ${shown(key)}; known are ${known.filter((word) => word !== '$schema').join(', ')}.`;
}
