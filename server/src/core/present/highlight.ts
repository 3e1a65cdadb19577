/**
 * Code in coloured pieces for pages that have no grammar at hand: comments, strings, numbers and keywords, and nothing
 * else. Good enough for reading; it judges nothing and never fails.
 */

export type TokenKind = 'plain' | 'comment' | 'string' | 'number' | 'keyword';

export interface Token {
  readonly text: string;
  readonly kind: TokenKind;
}

const KEYWORDS: Readonly<Record<string, string>> = {
  go: 'break case chan const continue default defer else fallthrough for func go goto if import interface map package range return select struct switch type var nil true false iota',
  python:
    'and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield None True False',
  dockerfile:
    'FROM AS RUN CMD LABEL EXPOSE ENV ADD COPY ENTRYPOINT VOLUME USER WORKDIR ARG ONBUILD STOPSIGNAL HEALTHCHECK SHELL',
  shell: 'if then else elif fi for while do done case esac in function return export set exit local',
  gomod: 'module go require replace exclude retract toolchain',
};
const YAML_WORDS = 'true false null yes no';

const SLASHES = String.raw`\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)`;
const HASHES = String.raw`(?<![\w$&])#[^\n]*`;
const QUOTED = String.raw`"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?`;
const GO_STRINGS = String.raw`"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'|\x60[^\x60]*\x60?`;
const PYTHON_STRINGS = String.raw`"""[\s\S]*?(?:"""|$)|'''[\s\S]*?(?:'''|$)|${QUOTED}`;

/** Comments and strings of a language. */
const SHAPES: Readonly<Record<string, readonly [comments: string, strings: string]>> = {
  go: [SLASHES, GO_STRINGS],
  gomod: [SLASHES, GO_STRINGS],
  python: [HASHES, PYTHON_STRINGS],
};

/** The lines of a code in pieces; joined they are the lines as they were. */
export function highlight(language: string, lines: readonly string[]): readonly (readonly Token[])[] {
  if (language === 'text' || language === 'markdown') return lines.map((text) => [{ text, kind: 'plain' }]);
  const [comments, strings] = SHAPES[language] ?? [HASHES, QUOTED];
  const keywords = new Set((KEYWORDS[language] ?? YAML_WORDS).split(' '));
  const pattern = new RegExp(`(${comments})|(${strings})|(\\b\\d[\\w.]*)|([A-Za-z_]\\w*)`, 'g');
  const result: Token[][] = [[]];
  const add = (text: string, kind: TokenKind): void => {
    text.split('\n').forEach((part, index) => {
      if (index > 0) result.push([]);
      if (part !== '') result.at(-1)!.push({ text: part, kind });
    });
  };
  const code = lines.join('\n');
  let end = 0;
  for (const match of code.matchAll(pattern)) {
    const [text, comment, string, number] = match;
    const isPlain = comment === undefined && string === undefined && number === undefined;
    if (isPlain && !keywords.has(text)) continue;
    add(code.slice(end, match.index), 'plain');
    add(text, comment !== undefined ? 'comment' : string !== undefined ? 'string' : isPlain ? 'keyword' : 'number');
    end = match.index + text.length;
  }
  add(code.slice(end), 'plain');
  return result;
}
