/**
 * JSON in fewer letters, for what is kept in memory and not looked at for long: objects say the same names of fields
 * again and again, here each set of names is kept once. Only for texts that this process reads again.
 */
import type { Json } from '../model/json.ts';
import { sharedJson } from './sharing.ts';

/** Stands in front of the items of a list, where objects have the number of their names. */
const LIST = -1;

const shapes: (readonly string[])[] = [];
const numbers = new Map<string, number>();

/** A text that `unpack` makes an equal value of. */
export function pack(value: Json): string {
  return flat(JSON.stringify(packed(value)));
}

export function unpack(text: string): Json {
  return sharedJson(unpacked(JSON.parse(text) as Json));
}

function packed(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return [LIST, ...(value as readonly Json[]).map(packed)];
  const fields = value as { readonly [name: string]: Json | undefined };
  const names = Object.keys(fields).filter((name) => fields[name] !== undefined);
  const key = names.join();
  let number = numbers.get(key);
  if (number === undefined) {
    number = shapes.push(names) - 1;
    numbers.set(key, number);
  }
  return [number, ...names.map((name) => packed(fields[name]!))];
}

function unpacked(value: Json): Json {
  if (!Array.isArray(value)) return value;
  const number = value[0] as number;
  const items = value.slice(1) as Json[];
  for (let i = 0; i < items.length; i++) items[i] = unpacked(items[i]!);
  if (number === LIST) return items;
  // Not by assignment, which `__proto__` would not survive.
  return Object.fromEntries(shapes[number]!.map((name, i) => [name, items[i]!]));
}

/** Strings that were put together piece by piece keep their pieces; this is one. */
function flat(text: string): string {
  return [text, ''].join('');
}
