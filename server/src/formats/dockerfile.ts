/**
 * Dockerfiles as instructions with spans: continuation lines, comments, heredocs, flags, both forms of commands, and the
 * build stages that they make up. Tolerant: an unknown instruction is kept as it is, and nothing is reported. It runs no
 * shell; words of a command in shell form are split at blanks.
 */
import type { Span } from '../core/model/location.ts';

/** A word as it is meant (without quotes), with the span of what is written. */
export interface DockerWord extends Span {
  readonly text: string;
}

export interface DockerInstruction {
  /** In upper case. */
  readonly keyword: string;
  /** From the keyword to the end of the last line, heredocs included. */
  readonly span: Span;
  readonly keywordSpan: Span;
  /** Leading `--name=value` words. */
  readonly flags: readonly { readonly name: string; readonly value: string; readonly span: Span }[];
  /** Everything behind keyword and flags, continuation lines joined and comments left out. */
  readonly text: string;
  readonly words: readonly DockerWord[];
  /** Arguments are a JSON list: no shell takes part. */
  readonly exec: boolean;
  readonly heredocs: readonly { readonly name: string; readonly text: string }[];
  /** Number of its stage, -1 before the first FROM. */
  readonly stage: number;
}

export interface DockerStage {
  /** Name behind AS, '' without one. */
  readonly name: string;
  readonly base: DockerWord;
  /** The base is an earlier stage: its number; -1 for an image. */
  readonly parent: number;
  readonly from: DockerInstruction;
  /** Without its FROM. */
  readonly instructions: readonly DockerInstruction[];
}

export interface Dockerfile {
  readonly instructions: readonly DockerInstruction[];
  readonly stages: readonly DockerStage[];
  /** Values of ARG instructions before the first FROM. */
  readonly globalArguments: ReadonlyMap<string, string>;
}

/** A logical line: the characters that count, each with its offset. */
interface Joined {
  text: string;
  readonly offsets: number[];
}

interface Line {
  readonly start: number;
  /** Without the line break. */
  readonly end: number;
  readonly next: number;
}

function lineAt(text: string, start: number): Line {
  const found = text.indexOf('\n', start);
  const next = found < 0 ? text.length : found + 1;
  let end = found < 0 ? text.length : found;
  if (end > start && text.charAt(end - 1) === '\r') end--;
  return { start, end, next };
}

function escapeOf(text: string): string {
  return /^(?:#[^\n]*\n)*?#[ \t]*escape[ \t]*=[ \t]*`/i.test(text) ? '`' : '\\';
}

/** Quotes may begin and end anywhere in a word, as in `"$APP"/bin`; one without a partner is a character like any other. */
const WORD = /(?:"(?:[^"\\]|\\.)*"|'[^']*'|\\.|\S)+/gs;
const QUOTED_WORD = /^(?:"(?:[^"\\]|\\.)*"|'[^']*')$/s;

function wordsOf(joined: Joined, from: number): DockerWord[] {
  return [...joined.text.slice(from).matchAll(WORD)].map((match) => {
    const start = from + match.index;
    const written = match[0];
    return {
      text: QUOTED_WORD.test(written) ? written.slice(1, -1) : written,
      start: joined.offsets[start]!,
      end: joined.offsets[start + written.length - 1]! + 1,
    };
  });
}

/** Words of a JSON list, or null when it is none. */
function execWords(joined: Joined, from: number): DockerWord[] | null {
  const text = joined.text.slice(from).trim();
  if (!text.startsWith('[') || !text.endsWith(']')) return null;
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch {
    return null;
  }
  if (!Array.isArray(values) || values.some((value) => typeof value !== 'string')) return null;
  const strings = [...joined.text.slice(from).matchAll(/"(?:[^"\\]|\\.)*"/g)];
  return strings.map((match, index) => {
    const start = from + match.index;
    return {
      text: values[index] as string,
      start: joined.offsets[start]!,
      end: joined.offsets[start + match[0].length - 1]! + 1,
    };
  });
}

const HEREDOC = /<<-?\s*(["']?)([A-Za-z_]\w*)\1/g;

/** Reads the text of a Dockerfile. */
export function readDockerfile(source: string): Dockerfile {
  const text = source.replace(/^\uFEFF/, ' ');
  const continuation = escapeOf(text);
  const instructions: DockerInstruction[] = [];
  let stage = -1;
  for (let at = 0; at < text.length; ) {
    let line = lineAt(text, at);
    at = line.next;
    if (/^\s*(?:#.*)?$/.test(text.slice(line.start, line.end))) continue;
    const joined: Joined = { text: '', offsets: [] };
    let end = line.end;
    for (;;) {
      const raw = text.slice(line.start, line.end);
      const isComment = joined.text !== '' && /^\s*#/.test(raw);
      const isBlank = joined.text !== '' && raw.trim() === '';
      const body = raw.trimEnd();
      const continues = isComment || isBlank || body.endsWith(continuation);
      if (!isComment && !isBlank) {
        const kept = body.endsWith(continuation) ? body.slice(0, -1) : raw;
        for (let i = 0; i < kept.length; i++) joined.offsets.push(line.start + i);
        joined.text += kept;
        end = line.start + body.length;
      }
      if (!continues || at >= text.length) break;
      line = lineAt(text, at);
      at = line.next;
    }
    const match = /^\s*([A-Za-z]+)(?=\s|$)/.exec(joined.text);
    if (match === null) continue;
    const keyword = match[1]!.toUpperCase();
    const keywordStart = joined.offsets[match[0].length - match[1]!.length]!;
    const heredocs: { name: string; text: string }[] = [];
    if (keyword === 'RUN' || keyword === 'COPY' || keyword === 'ADD') {
      for (const [, , name] of joined.text.matchAll(HEREDOC)) {
        const lines: string[] = [];
        while (at < text.length) {
          line = lineAt(text, at);
          at = line.next;
          end = line.end;
          const raw = text.slice(line.start, line.end);
          if (raw.trim() === name) break;
          lines.push(raw);
        }
        heredocs.push({ name: name!, text: lines.join('\n') });
      }
    }
    const flags: { name: string; value: string; span: Span }[] = [];
    let from = match[0].length;
    for (;;) {
      const flag = /^\s+--([a-z][\w-]*)(?:=("[^"]*"|\S*))?(?=\s|$)/.exec(joined.text.slice(from));
      if (flag === null) break;
      const start = from + flag[0].indexOf('--');
      flags.push({
        name: flag[1]!,
        value: (flag[2] ?? '').replace(/^"|"$/g, ''),
        span: { start: joined.offsets[start]!, end: joined.offsets[from + flag[0].length - 1]! + 1 },
      });
      from += flag[0].length;
    }
    const exec = execWords(joined, from);
    if (keyword === 'FROM') stage++;
    instructions.push({
      keyword,
      span: { start: keywordStart, end },
      keywordSpan: { start: keywordStart, end: keywordStart + keyword.length },
      flags,
      text: joined.text.slice(from).trim(),
      words: exec ?? wordsOf(joined, from),
      exec: exec !== null,
      heredocs,
      stage,
    });
  }
  return { instructions, stages: stagesOf(instructions), globalArguments: globalArgumentsOf(instructions) };
}

function globalArgumentsOf(instructions: readonly DockerInstruction[]): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const { keyword, stage, words } of instructions) {
    if (keyword !== 'ARG' || stage >= 0) continue;
    for (const { text } of words) {
      const equals = text.indexOf('=');
      if (equals > 0) values.set(text.slice(0, equals), unquoted(text.slice(equals + 1)));
    }
  }
  return values;
}

function stagesOf(instructions: readonly DockerInstruction[]): readonly DockerStage[] {
  const stages: DockerStage[] = [];
  instructions.forEach((from) => {
    const [base, as, name] = from.words;
    if (from.keyword !== 'FROM' || base === undefined) return;
    const parent = stages.findIndex(
      (stage) => stage.name !== '' && stage.name.toLowerCase() === base.text.toLowerCase(),
    );
    stages.push({
      name: as?.text.toUpperCase() === 'AS' ? (name?.text ?? '') : '',
      base,
      parent,
      from,
      instructions: instructions.filter((other) => other.stage === from.stage && other !== from),
    });
  });
  return stages;
}

function unquoted(text: string): string {
  return /^(["']).*\1$/s.test(text) ? text.slice(1, -1) : text;
}

/** The span is that of the name. */
export interface DockerVariable extends Span {
  readonly name: string;
  readonly value: string;
}

/** Variables that an ENV or ARG instruction sets, in both notations (`ENV A=1 B=2`, `ENV A 1`). */
export function variablesOf({ keyword, words, text }: DockerInstruction): readonly DockerVariable[] {
  const [first] = words;
  if (first === undefined || (keyword !== 'ENV' && keyword !== 'ARG')) return [];
  const variable = ({ text: word, start, end }: DockerWord, equals: number, value: string): DockerVariable => {
    const from = start + (end - start > word.length ? 1 : 0);
    const name = word.slice(0, equals);
    return { name, value, start: from, end: from + name.length };
  };
  if (keyword === 'ENV' && !first.text.includes('='))
    return [variable(first, first.text.length, unquoted(text.slice(first.text.length).trim()))];
  return words.flatMap((word): DockerVariable[] => {
    const equals = word.text.indexOf('=');
    if (equals < 0) return keyword === 'ARG' ? [variable(word, word.text.length, '')] : [];
    return [variable(word, equals, unquoted(word.text.slice(equals + 1)))];
  });
}

/** A text with `$NAME`, `${NAME}` and `${NAME:-default}` replaced; null when a variable is not known. */
export function expandVariables(text: string, values: ReadonlyMap<string, string>): string | null {
  let known = true;
  const expanded = text.replace(
    /\$(?:\{([A-Za-z_]\w*)(?::?-([^}]*))?\}|([A-Za-z_]\w*))/g,
    (_match, braced: string | undefined, fallback: string | undefined, bare: string | undefined) => {
      const value = values.get(braced ?? bare ?? '') ?? fallback;
      if (value === undefined) known = false;
      return value ?? '';
    },
  );
  return known ? expanded : null;
}
