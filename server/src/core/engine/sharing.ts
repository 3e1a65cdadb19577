/**
 * Values that come out of JSON say the same things again and again, each time in a copy of its own: of a large workspace
 * these copies are most of the memory. Here equal strings become one, and so do empty lists and objects.
 */
import type { Json } from '../model/json.ts';

/** Longer strings are hardly ever equal. */
const LENGTH_LIMIT = 64;
/** With so many strings the table starts anew; what is common is soon in it again. */
const SIZE_LIMIT = 50_000;

const NO_ITEMS: readonly Json[] = Object.freeze([]);
const NO_FIELDS: { readonly [key: string]: Json } = Object.freeze({});

const strings = new Map<string, string>();

/** The same string, as it was seen first. */
export function sharedString(text: string): string {
  if (text.length > LENGTH_LIMIT) return text;
  const known = strings.get(text);
  if (known !== undefined) return known;
  if (strings.size >= SIZE_LIMIT) strings.clear();
  strings.set(text, text);
  return text;
}

/** An equal value with shared parts. It takes the value over: lists and objects of it are changed in place. */
export function sharedJson(value: Json): Json {
  if (typeof value === 'string') return sharedString(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const items = value as Json[];
    if (items.length === 0) return NO_ITEMS;
    for (let i = 0; i < items.length; i++) items[i] = sharedJson(items[i]!);
    return items;
  }
  const fields = value as { [key: string]: Json };
  let isEmpty = true;
  for (const key in fields) {
    isEmpty = false;
    fields[key] = sharedJson(fields[key]!);
  }
  return isEmpty ? NO_FIELDS : fields;
}
