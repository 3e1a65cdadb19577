/**
 * The analysis of a file as text, without its own text and tree: what another thread hands over, what a disk keeps, and
 * what is kept of a closed file until somebody asks for more. Rules are named by their position, so a record is only good
 * for the rule set that it was made with.
 *
 * A record consists of JSON texts with tabs in between, which JSON itself does not hold: its head, what was found besides
 * facts, and the facts of each name. Whoever wants the facts of one name thus reads nothing else.
 */
import type { FileRole } from '../model/file.ts';
import type { Json } from '../model/json.ts';
import type { Anchor, Span } from '../model/location.ts';
import type { Fact, FailVerdict } from '../model/verdict.ts';
import { type Chunk, type FileAnalysis, newFileAnalysis, ownFacts } from './analyser.ts';
import { EMPTY_EXAMINATION, type Examination, type RuleVerdict } from './examine.ts';
import type { RestingFacts } from './factIndex.ts';
import { isLasting, type Problem } from './problem.ts';
import type { Recipe } from './recipe.ts';
import { languageOf } from './roles.ts';

const TAB = '\t';
/** Position of the facts of the first name among the texts behind the head. */
const FACTS = 1;

interface Head {
  readonly role: FileRole;
  /** Where the chunks start. */
  readonly starts: readonly number[];
  /** Names of the facts, in order. */
  readonly names: readonly string[];
  readonly problems: readonly Problem[];
}

/** One verdict after the other: rule, start and end of a pass; rule and what it says of a failure. */
type VerdictsRecord = readonly (number | FailVerdict)[];
/** Mostly nothing failed. */
type ExaminationRecord = VerdictsRecord | readonly [verdicts: VerdictsRecord, failures: Examination['failures']];

type ChunkRecord = readonly [
  length: number,
  /** 0: no error, 1: an error somewhere; else the first one. */
  fault: 0 | 1 | readonly [start: number, end: number, missing: string],
  /** 0: nothing was found. */
  examination: ExaminationRecord | 0,
];

interface Body {
  readonly header: Json;
  readonly parsed: boolean;
  readonly conflicted: boolean;
  readonly text: ExaminationRecord | 0;
  readonly chunks: readonly ChunkRecord[];
}

/** `anchor`: position of the chunk, `OF_TEXT` for the text as a whole, `OF_FILE` for none. `key`: 0 for the path. */
type FactRecord = readonly [anchor: number, key: string | 0, value: Json, start: number, end: number];

const NO_FAILURES: Examination['failures'] = [];
const OF_TEXT = -1;
const OF_FILE = -2;

function recordExamination({ verdicts, failures }: Examination): ExaminationRecord | 0 {
  if (verdicts.length === 0 && failures.length === 0) return 0;
  const said = verdicts.flatMap(({ rule, verdict }): VerdictsRecord => {
    return verdict.kind === 'pass' ? [rule, verdict.subject.start, verdict.subject.end] : [rule, verdict];
  });
  return failures.length === 0 ? said : [said, failures];
}

function hasFailures(
  record: ExaminationRecord,
): record is readonly [verdicts: VerdictsRecord, failures: Examination['failures']] {
  return Array.isArray(record[0]);
}

function restoreExamination(record: ExaminationRecord | 0): Examination {
  if (record === 0) return EMPTY_EXAMINATION;
  const [said, failures] = hasFailures(record) ? record : [record, NO_FAILURES];
  const verdicts: RuleVerdict[] = [];
  for (let i = 0; i < said.length; ) {
    const rule = said[i] as number;
    const what = said[i + 1]!;
    const isPass = typeof what === 'number';
    verdicts.push({
      rule,
      verdict: isPass ? { kind: 'pass', subject: { start: what, end: said[i + 2] as number } } : what,
    });
    i += isPass ? 3 : 2;
  }
  return { verdicts, facts: [], failures };
}

function faultOf({ hasError, error }: Chunk): ChunkRecord[1] {
  if (error === null) return hasError ? 1 : 0;
  return [error.span.start, error.span.end, error.missing];
}

/** All facts of a file: those of the engine, of its text, and of its chunks. */
export function factsOf({ ownFacts, text, chunks }: FileAnalysis): readonly Fact[] {
  const facts: Fact[] = [...ownFacts, ...text.facts];
  for (const { examination } of chunks) for (const fact of examination.facts) facts.push(fact);
  return facts;
}

/** The record of a file that was parsed from scratch. */
export function recordOf(file: FileAnalysis): string {
  const positions = new Map<Anchor | null, number>([
    [null, OF_FILE],
    [file.textAnchor, OF_TEXT],
  ]);
  file.chunks.forEach(({ anchor }, position) => {
    positions.set(anchor, position);
  });
  const facts = new Map<string, FactRecord[]>();
  for (const { name, key, value, place } of factsOf(file)) {
    const { start, end } = place.span;
    const row: FactRecord = [positions.get(place.anchor)!, key === file.path ? 0 : key, value, start, end];
    const rows = facts.get(name);
    if (rows === undefined) facts.set(name, [row]);
    else rows.push(row);
  }
  const names = [...facts.keys()].sort();
  const head: Head = {
    role: file.role,
    starts: file.chunks.map(({ anchor }) => anchor.start),
    names,
    problems: file.problems,
  };
  const body: Body = {
    header: file.header,
    parsed: facts.has('file.parsed'),
    conflicted: facts.has('file.conflict'),
    text: recordExamination(file.text),
    chunks: file.chunks.map((chunk) => [chunk.length, faultOf(chunk), recordExamination(chunk.examination)]),
  };
  return [head, body, ...names.map((name) => facts.get(name)!)].map((part) => JSON.stringify(part)).join(TAB);
}

/** Whether the analysis of the same text would be the same another time. */
export function isRepeatable({ problems }: Pick<FileAnalysis, 'problems'>): boolean {
  return problems.every(isLasting);
}

/** Whether a text that comes from outside has the shape of a record. It is what the same program wrote, behind a seal. */
export function isRecord(text: string): boolean {
  try {
    const head = headOf(text);
    return isHead(head) && text.split(TAB).length === 1 + FACTS + head.names.length;
  } catch {
    return false;
  }
}

function isHead(value: unknown): value is Head {
  if (typeof value !== 'object' || value === null) return false;
  const { role, starts, names, problems } = value as Readonly<Record<string, unknown>>;
  return typeof role === 'string' && Array.isArray(starts) && Array.isArray(names) && Array.isArray(problems);
}

function headOf(record: string): Head {
  return JSON.parse(record.slice(0, record.indexOf(TAB))) as Head;
}

/** The part of a record at a position, of which the text begins with the first. */
function partAt(parts: string, position: number): unknown {
  let start = 0;
  for (let i = 0; i < position; i++) start = parts.indexOf(TAB, start) + 1;
  const end = parts.indexOf(TAB, start);
  return JSON.parse(end < 0 ? parts.slice(start) : parts.slice(start, end));
}

/** A file that was recorded. Facts and analysis that it gives say where they are by the same anchors each time. */
export class RecordedFile implements RestingFacts {
  readonly path: string;
  readonly names: readonly string[];
  readonly role: FileRole;
  readonly problems: readonly Problem[];
  readonly textAnchor: Anchor;
  /** The record without its head, which the other fields say. */
  readonly #parts: string;
  /** Those of the chunks, or where they start as long as nobody asked for one. */
  #anchors: readonly Anchor[] | readonly number[];

  /** `record`: see `recordOf`. `anchors`: those that the chunks have already, null where nobody knows them. */
  constructor(path: string, record: string, textAnchor: Anchor, anchors: readonly Anchor[] | null) {
    const { role, names, problems, starts } = headOf(record);
    this.path = path;
    this.names = sharedNames(names);
    this.role = role;
    this.problems = problems.length === 0 ? NO_PROBLEMS : problems;
    this.textAnchor = textAnchor;
    this.#parts = copyOf(record, record.indexOf(TAB) + 1);
    this.#anchors = anchors ?? starts;
  }

  /** What it was made of: see `recordOf`. */
  get record(): string {
    const starts = this.#chunkAnchors().map(({ start }) => start);
    const head: Head = { role: this.role, starts, names: this.names, problems: this.problems };
    return [JSON.stringify(head), this.#parts].join(TAB);
  }

  #chunkAnchors(): readonly Anchor[] {
    if (!areAnchors(this.#anchors)) this.#anchors = this.#anchors.map((start) => ({ start }));
    return this.#anchors;
  }

  factsAt(position: number): readonly Fact[] {
    const { path, textAnchor } = this;
    const name = this.names[position]!;
    const anchors = this.#chunkAnchors();
    const rows = partAt(this.#parts, FACTS + position) as readonly FactRecord[];
    return rows.map(([at, key, value, start, end]) => {
      const anchor = at === OF_FILE ? null : at === OF_TEXT ? textAnchor : anchors[at]!;
      return { name, key: key === 0 ? path : key, value, place: { path, anchor, span: { start, end } } };
    });
  }

  /** The analysis of `text`, of which the record was made, without facts and context. `recipe`: what it was looked at by. */
  analysis(text: string, recipe: Recipe): FileAnalysis {
    const { path, textAnchor, role, problems } = this;
    const anchors = this.#chunkAnchors();
    const body = partAt(this.#parts, 0) as Body;
    const file: FileAnalysis = { ...newFileAnalysis(path, languageOf(path)!, text), textAnchor };
    file.recipe = recipe;
    file.role = role;
    file.header = body.header;
    file.text = restoreExamination(body.text);
    const unsure = body.chunks.some(([, fault]) => fault !== 0);
    file.chunks = body.chunks.map(([length, fault, examination], i): Chunk => {
      const anchor = anchors[i]!;
      const span: Span | null = typeof fault === 'number' ? null : { start: fault[0], end: fault[1] };
      return {
        anchor,
        length,
        text: text.slice(anchor.start, anchor.start + length),
        hasError: fault !== 0,
        error: span === null ? null : { span, missing: (fault as readonly [number, number, string])[2] },
        header: null,
        examination: restoreExamination(examination),
        stale: false,
        unsure,
        tree: undefined,
      };
    });
    file.problems = problems;
    file.ownFacts = ownFacts(file, body.parsed, body.conflicted);
    return file;
  }
}

const NO_PROBLEMS: readonly Problem[] = [];

function areAnchors(anchors: readonly Anchor[] | readonly number[]): anchors is readonly Anchor[] {
  return typeof anchors[0] !== 'number';
}

/** The end of a text as a text of its own: a part would keep the whole alive. Joined texts are new ones. */
function copyOf(text: string, start: number): string {
  const middle = (start + text.length) >> 1;
  return [text.slice(start, middle), text.slice(middle)].join('');
}

const knownNames = new Map<string, readonly string[]>();

/** The same list, as it was seen first: most files of a kind have facts of the same names. */
function sharedNames(names: readonly string[]): readonly string[] {
  const key = names.join();
  const known = knownNames.get(key) ?? names;
  knownNames.set(key, known);
  return known;
}
