/**
 * Who imports a Python file, asked by key. Generous: a name counts from whatever root it may be looked up, so that a file of
 * the same name elsewhere is taken for this one rather than missed.
 */
import type { FactView } from '../../core/rulekit/rule.ts';
import type { TypedFact } from '../facts.ts';

/** Levels of `..` that relative imports are looked for. */
const LEVELS = 5;

/** The module that a path is, as its parts: `a/b/__init__.py` is `a.b`. */
export function modulePartsOf(path: string): readonly string[] {
  const parts = path.replace(/\.py$/, '').split('/');
  return parts.at(-1) === '__init__' ? parts.slice(0, -1) : parts;
}

/** Imports of other files that may mean the file, or something in it. */
export function importersOf(facts: FactView, path: string): readonly TypedFact<'python.import'>[] {
  const parts = modulePartsOf(path);
  const last = parts.at(-1);
  if (last === undefined) return [];
  const found: TypedFact<'python.import'>[] = [];
  const take = (module: string, member: string | null): void => {
    for (const fact of facts.lookup('python.import', module) as readonly TypedFact<'python.import'>[]) {
      if (fact.place.path === path) continue;
      if (member === null || fact.value.member === member || fact.value.member === '*') found.push(fact);
    }
  };
  for (let from = 0; from < parts.length; from++) {
    const tail = parts.slice(from).join('.');
    const parent = parts.slice(from, -1).join('.');
    take(tail, null);
    if (parent !== '') take(parent, last);
    for (let level = 1; level <= LEVELS; level++) {
      const dots = '.'.repeat(level);
      take(dots + tail, null);
      if (from === parts.length - 1 || parent !== '') take(dots + parent, last);
    }
  }
  return found;
}
