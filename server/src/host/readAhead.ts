/** Reads files in order while the next ones are already on their way, so that the disk and the parser work together. */
import type { Problem } from '../core/engine/problem.ts';

/** How many files are read ahead; more only costs memory. */
const WIDTH = 16;

/** Yields every item with its text or its problem, in the order given. `read` must not reject. */
export async function* readAhead<T>(
  items: readonly T[],
  read: (item: T) => Promise<string | Problem>,
): AsyncGenerator<{ readonly item: T; readonly text: string | Problem }> {
  const pending: Promise<string | Problem>[] = items.slice(0, WIDTH).map(read);
  for (let i = 0; i < items.length; i++) {
    const text = await pending[i % WIDTH]!;
    const next = items[i + WIDTH];
    if (next !== undefined) pending[i % WIDTH] = read(next);
    yield { item: items[i]!, text };
  }
}
