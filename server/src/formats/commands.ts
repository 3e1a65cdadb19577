/**
 * Commands in the files that run them: workflows and other pipelines, makefiles, scripts, package.json. Lines are joined
 * where a backslash continues them; comments and `echo` lines are no commands. It reads text, not the grammar of each
 * format: good enough to find a command and its flags, not to know when it runs.
 */
import type { Span } from '../core/model/location.ts';

export interface FoundCommand {
  /** From the first word of the command to its end, continuation lines joined by a blank. */
  readonly text: string;
  /** The words that were searched for. */
  readonly span: Span;
}

/** Whether the rest of the line before a command makes it a comment or a message. */
const NO_COMMAND = /(?:^|\s)(?:#|\/\/|rem\b|echo\b|printf\b|@echo\b)|["']?(?:name|title|description)["']?\s*:/i;

/**
 * Finds commands that begin with what `words` matches (a global expression whose match is the command's first words).
 * A command ends at `&&`, `||`, `;`, `|`, a quote of JSON or the end of its line.
 */
export function findCommands(text: string, words: RegExp): readonly FoundCommand[] {
  const found: FoundCommand[] = [];
  for (const match of text.matchAll(words)) {
    const start = match.index;
    const lineStart = text.lastIndexOf('\n', start - 1) + 1;
    if (NO_COMMAND.test(text.slice(lineStart, start))) continue;
    let command = '';
    for (let from = start; ; ) {
      let end = text.indexOf('\n', from);
      if (end < 0) end = text.length;
      const line = text.slice(from, end).replace(/\r$/, '');
      const continued = /\\$/.test(line);
      command += continued ? `${line.slice(0, -1)} ` : line;
      if (!continued || end === text.length) break;
      from = end + 1;
    }
    const stop = /&&|\|\||[;|]|"\s*,?\s*$/.exec(command);
    if (stop !== null) command = command.slice(0, stop.index);
    found.push({ text: command.replace(/\s+/g, ' ').trim(), span: { start, end: start + match[0].length } });
  }
  return found;
}

/** The text with comment lines blanked (same length), for searches that only ask whether something is there. */
export function withoutComments(text: string): string {
  return text.replace(/^[ \t]*(?:#|\/\/)[^\n]*/gm, (line) => ' '.repeat(line.length));
}
