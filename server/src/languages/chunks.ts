/** How files of languages with declarations at the top fall into chunks. Knows no grammar but the name of comments. */
import type { ChunkRange } from '../core/engine/language.ts';
import type { GrammarTables } from '../core/syntax/flatTree.ts';
import type { TopLevel } from '../core/syntax/syntax.ts';

/**
 * A declaration takes the comments that stand right above it (no blank line) and the one behind it on its last line.
 * Other comments are chunks of their own.
 */
export function chunkWithComments(topLevel: TopLevel, grammar: GrammarTables, text: string): readonly ChunkRange[] {
  const { size, kinds, starts, ends } = topLevel;
  const isComment = (i: number): boolean => grammar.kinds[kinds[i]!] === 'comment';
  const breaks = (from: number, to: number): number => {
    let count = 0;
    for (let i = from; i < to; i++) if (text.charCodeAt(i) === 10) count++;
    return count;
  };
  const ranges: ChunkRange[] = [];
  let i = 0;
  while (i < size) {
    let last = i;
    while (last + 1 < size && isComment(last) && breaks(ends[last]!, starts[last + 1]!) <= 1) last++;
    if (!isComment(last)) {
      while (last + 1 < size && isComment(last + 1) && breaks(ends[last]!, starts[last + 1]!) === 0) last++;
    }
    ranges.push({ first: i, last });
    i = last + 1;
  }
  return ranges;
}
