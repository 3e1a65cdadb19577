/**
 * Comparisons of an expression with a number, as sets of numbers: whether one lies in another, whether two have nothing
 * in common, whether two together are everything. Nothing here looks at syntax.
 */

export type Comparison = '<' | '<=' | '>' | '>=' | '==' | '!=';

/** The values for which `x operator bound` holds. */
export interface Range {
  readonly operator: Comparison;
  readonly bound: number;
}

/** Whether the value fulfils the comparison. */
export function holds({ operator, bound }: Range, value: number): boolean {
  switch (operator) {
    case '<':
      return value < bound;
    case '<=':
      return value <= bound;
    case '>':
      return value > bound;
    case '>=':
      return value >= bound;
    case '==':
      return value === bound;
    case '!=':
      return value !== bound;
  }
}

/** Values that decide any question about two comparisons: the bounds, between them, and beyond. */
function samples(a: Range, b: Range): readonly number[] {
  const low = Math.min(a.bound, b.bound);
  const high = Math.max(a.bound, b.bound);
  return [low - 1, low, (low + high) / 2, high, high + 1];
}

/** Whether everything that fulfils `inner` fulfils `outer`. */
export function isWithin(inner: Range, outer: Range): boolean {
  return samples(inner, outer).every((value) => !holds(inner, value) || holds(outer, value));
}

/** Whether nothing fulfils both. */
export function areDisjoint(a: Range, b: Range): boolean {
  return samples(a, b).every((value) => !(holds(a, value) && holds(b, value)));
}

/** Whether everything fulfils one of them. */
export function areExhaustive(a: Range, b: Range): boolean {
  return samples(a, b).every((value) => holds(a, value) || holds(b, value));
}
