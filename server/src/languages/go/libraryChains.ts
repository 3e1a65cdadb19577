/**
 * Follows chains (see chains.ts) through the workspace and on into the standard library: `s.db.Begin()` leads from a
 * field of the workspace to `*database/sql.Tx`. It adds what resolve.ts leaves out and guesses nothing.
 */
import { stdlibFieldType, stdlibMethodResults } from '../../knowledge/go/stdlib.ts';
import type { GoIndex } from './resolve.ts';

/** Type of the value that a chain in a file leads to, as it is written where it is declared; null when unknown. */
export function typeOfChain(index: GoIndex, path: string, chain: string): string | null {
  const whole = index.follow(path, chain);
  if (whole !== null) return whole.kind === 'value' ? whole.type.text : null;
  const parts = chain.split('\t');
  for (let known = parts.length - 1; known > 0; known--) {
    const entity = index.follow(path, parts.slice(0, known).join('\t'));
    if (entity === null) continue;
    return entity.kind === 'value' ? typeInLibrary(entity.type.text, parts.slice(known)) : null;
  }
  return null;
}

/** Result types of the function or method that a chain leads to; null when unknown. */
export function resultsOfChain(index: GoIndex, path: string, chain: string): readonly (string | null)[] | null {
  const entity = index.follow(path, chain);
  if (entity !== null) return entity.kind === 'func' ? entity.results : null;
  const last = chain.lastIndexOf('\t');
  if (last < 0 || chain[last + 1] !== '.') return null;
  const owner = typeOfChain(index, path, chain.slice(0, last));
  return owner === null ? null : stdlibMethodResults(owner, chain.slice(last + 2));
}

/** Selects fields and results of methods of a library type, one step after the other. */
function typeInLibrary(type: string, steps: readonly string[]): string | null {
  let current: string | null = type;
  for (let i = 0; i < steps.length && current !== null; i++) {
    const step = steps[i]!;
    if (!step.startsWith('.')) return null;
    const name = step.slice(1);
    const result = /^\(\)(\d+)$/.exec(steps[i + 1] ?? '');
    if (result === null) current = stdlibFieldType(current, name);
    else {
      current = stdlibMethodResults(current, name)?.[Number(result[1])] ?? null;
      i++;
    }
  }
  return current;
}
