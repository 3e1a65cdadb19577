/**
 * The findings that were there before: a file in the repository that lets a team hold the line at once. A finding is known
 * again by its rule and its syntactic context, never by its line: it may move in its file, into another file, be formatted
 * anew, or stand in a function that was renamed. A baseline only shrinks; whoever wants a larger one writes a new one.
 */
import type { Json } from '../model/json.ts';
import { hashText } from '../text/hash.ts';

/** What a finding is known again by. */
export interface FindingContext {
  /** Names the declaration around it, by its first line without blanks. */
  readonly scope: string;
  /** Names the text that it is about, without blanks; its message where it is about a file as a whole. */
  readonly subject: string;
}

export interface BaselineEntry extends FindingContext {
  readonly rule: string;
  readonly path: string;
}

export interface Baseline {
  readonly entries: readonly BaselineEntry[];
}

export interface BaselineMatch<T, E extends BaselineEntry> {
  /** Present findings that were there before, each with the entry that stands for it. */
  readonly known: ReadonlyMap<T, E>;
  /** Entries of which nothing is left. */
  readonly gone: readonly E[];
}

const VERSION = 1;
/** Characters of the subject that count: what follows in a long one may change with the code around it. */
const SUBJECT_LENGTH = 96;

/** The context of a place. `declaration`: the text of the declaration around it. */
export function contextOf(declaration: string, subject: string, message: string): FindingContext {
  const signature = declaration.replace(/^(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)+/, '').split('{', 1)[0]!;
  return {
    scope: hashText(withoutBlanks(signature).slice(0, SUBJECT_LENGTH)),
    subject: hashText(subject.trim() === '' ? message : withoutBlanks(subject).slice(0, SUBJECT_LENGTH)),
  };
}

/** Text as any formatter leaves it: no blanks, no comma before a closing bracket. */
function withoutBlanks(text: string): string {
  return text.replace(/\s+/g, '').replace(/,(?=[)\]}])/g, '');
}

/** The ways in which an entry may stand for a finding, the surest first. */
const LEVELS: readonly ((entry: BaselineEntry) => string)[] = [
  ({ rule, path, scope, subject }) => [rule, path, scope, subject].join('\n'),
  ({ rule, scope, subject }) => [rule, scope, subject].join('\n'),
  ({ rule, path, subject }) => [rule, path, subject].join('\n'),
];

/**
 * Tells known findings from new ones; an entry stands for one finding, and of several alike the first takes the first.
 * `entryOf`: null for what no baseline accepts.
 */
export function matchBaseline<T, E extends BaselineEntry>(
  entries: readonly E[],
  findings: readonly T[],
  entryOf: (finding: T) => BaselineEntry | null,
): BaselineMatch<T, E> {
  const known = new Map<T, E>();
  let left = [...entries];
  for (const level of LEVELS) {
    const waiting = new Map<string, E[]>();
    for (const entry of left) {
      const list = waiting.get(level(entry));
      if (list === undefined) waiting.set(level(entry), [entry]);
      else list.push(entry);
    }
    const used = new Set<E>();
    for (const finding of findings) {
      const own = known.has(finding) ? null : entryOf(finding);
      const entry = own === null ? undefined : waiting.get(level(own))?.shift();
      if (entry === undefined) continue;
      used.add(entry);
      known.set(finding, entry);
    }
    left = left.filter((entry) => !used.has(entry));
  }
  return { known, gone: left };
}

/** The baseline as text: sorted, an entry a line, so that a change is easy to review. */
export function writeBaseline({ entries }: Baseline): string {
  const lines = entries
    .map(({ rule, path, scope, subject }) => JSON.stringify({ rule, path, scope, subject }))
    .sort((a, b) => (a < b ? -1 : 1));
  const list = lines.length === 0 ? '[]' : `[\n    ${lines.join(',\n    ')}\n  ]`;
  return `{\n  "version": ${VERSION},\n  "findings": ${list}\n}\n`;
}

/** Reads a baseline; a sentence when it is none. */
export function readBaseline(text: string): Baseline | string {
  let json: Json;
  try {
    json = JSON.parse(text) as Json;
  } catch (error) {
    return `It is no valid JSON: ${error instanceof Error ? error.message : error}`;
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return 'It is no baseline.';
  const { version, findings } = json as { readonly [key: string]: Json };
  if (version !== VERSION) return `It has version ${JSON.stringify(version ?? null)}, known is ${VERSION}.`;
  if (!Array.isArray(findings)) return 'It has no list "findings".';
  const entries: BaselineEntry[] = [];
  for (const item of findings as readonly Json[]) {
    const { rule, path, scope, subject } = (item ?? {}) as { readonly [key: string]: Json };
    const words = [rule, path, scope, subject];
    if (!words.every((word) => typeof word === 'string')) return 'An entry has no rule, path, scope or subject.';
    const [a, b, c, d] = words as [string, string, string, string];
    entries.push({ rule: a, path: b, scope: c, subject: d });
  }
  return { entries };
}
