/**
 * Reads go.mod: module path, Go version, requirements and replacements, each with its place in the text. Tolerant: a
 * line that it does not understand is left out, and nothing is ever reported as an error. It resolves no versions.
 */
import type { Span } from '../core/model/location.ts';

/** A word of a directive as it is meant (without quotes), with the span of what is written. */
export interface GoModWord extends Span {
  readonly text: string;
}

export interface GoModRequirement {
  readonly path: GoModWord;
  readonly version: GoModWord;
  /** Marked `// indirect`: needed by a dependency only. */
  readonly indirect: boolean;
  /** From the path to the end of the version. */
  readonly span: Span;
}

export interface GoModReplacement {
  readonly path: GoModWord;
  /** Null: every version is replaced. */
  readonly version: GoModWord | null;
  /** Module path, or a folder when it begins with `./`, `../` or `/`. */
  readonly target: GoModWord;
  readonly targetVersion: GoModWord | null;
  readonly span: Span;
}

export interface GoMod {
  readonly module: GoModWord | null;
  /** Language version, as in `go 1.24`. */
  readonly go: GoModWord | null;
  readonly toolchain: GoModWord | null;
  readonly requirements: readonly GoModRequirement[];
  readonly replacements: readonly GoModReplacement[];
}

const WORD = /"(?:[^"\\]|\\.)*"|`[^`]*`|[^\s"`()]+|[()]/g;

function wordsOf(line: string, offset: number): GoModWord[] {
  return [...line.matchAll(WORD)].map((match) => {
    const written = match[0];
    const quoted = /^["`]/.test(written);
    return {
      text: quoted ? written.slice(1, -1) : written,
      start: offset + match.index,
      end: offset + match.index + written.length,
    };
  });
}

/** Offset of the comment in a line, or its length: `//` counts when it begins a word, as in URLs it does not. */
function commentStart(line: string): number {
  const match = /(?:^|\s)\/\//.exec(line);
  return match === null ? line.length : match.index;
}

/** Reads the text of a go.mod file. */
export function readGoMod(text: string): GoMod {
  let module: GoModWord | null = null;
  let go: GoModWord | null = null;
  let toolchain: GoModWord | null = null;
  const requirements: GoModRequirement[] = [];
  const replacements: GoModReplacement[] = [];
  /** The directive whose parentheses are open, or ''. */
  let block = '';

  for (const match of text.matchAll(/[^\r\n]+/g)) {
    const line = match[0].replace(/^\uFEFF/, ' ');
    const comment = line.slice(commentStart(line));
    const words = wordsOf(line.slice(0, line.length - comment.length), match.index);
    if (words.length === 0) continue;
    if (block !== '' && words[0]!.text === ')') {
      block = '';
      continue;
    }
    const directive = block === '' ? words.shift()!.text : block;
    if (block === '' && words[0]?.text === '(') {
      block = directive;
      continue;
    }
    const [first, second] = words;
    if (first === undefined) continue;
    const span = { start: first.start, end: words.at(-1)!.end };
    switch (directive) {
      case 'module':
        module ??= first;
        break;
      case 'go':
        go ??= first;
        break;
      case 'toolchain':
        toolchain ??= first;
        break;
      case 'require':
        if (second !== undefined) {
          const indirect = /^\s*\/\/\s*indirect\b/.test(comment);
          requirements.push({ path: first, version: second, indirect, span: { start: first.start, end: second.end } });
        }
        break;
      case 'replace': {
        const arrow = words.findIndex((word) => word.text === '=>');
        const target = words[arrow + 1];
        if (arrow < 1 || target === undefined) break;
        const version = arrow > 1 ? words[1]! : null;
        replacements.push({ path: first, version, target, targetVersion: words[arrow + 2] ?? null, span });
        break;
      }
    }
  }
  return { module, go, toolchain, requirements, replacements };
}
