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
/** Position of the facts of the first name among the texts. */
const FACTS = 2;

interface Head {
  readonly role: FileRole;
  /** Where the chunks start. */
  readonly starts: readonly number[];
  /** Names of the facts, in order. */
  readonly names: readonly string[];
  readonly problems: readonly Problem[];
}

type VerdictRecord =
  | readonly [rule: number, start: number, end: number]
  | readonly [rule: number, failure: FailVerdict];

interface ExaminationRecord {
  readonly verdicts: readonly VerdictRecord[];
  readonly failures: Examination['failures'];
}

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

const OF_TEXT = -1;
const OF_FILE = -2;

function recordExamination({ verdicts, failures }: Examination): ExaminationRecord | 0 {
  if (verdicts.length === 0 && failures.length === 0) return 0;
  return {
    verdicts: verdicts.map(({ rule, verdict }): VerdictRecord => {
      return verdict.kind === 'pass' ? [rule, verdict.subject.start, verdict.subject.end] : [rule, verdict];
    }),
    failures,
  };
}

function restoreExamination(record: ExaminationRecord | 0): Examination {
  if (record === 0) return EMPTY_EXAMINATION;
  return {
    verdicts: record.verdicts.map(([rule, what, end]): RuleVerdict => {
      if (typeof what !== 'number') return { rule, verdict: what };
      return { rule, verdict: { kind: 'pass', subject: { start: what, end: end! } } };
    }),
    facts: [],
    failures: record.failures,
  };
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
    return isHead(head) && text.split(TAB).length === FACTS + head.names.length;
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

function partAt(record: string, position: number): unknown {
  let start = 0;
  for (let i = 0; i < position; i++) start = record.indexOf(TAB, start) + 1;
  const end = record.indexOf(TAB, start);
  return JSON.parse(end < 0 ? record.slice(start) : record.slice(start, end));
}

/** A file that was recorded. Facts and analysis that it gives say where they are by the same anchors each time. */
export class RecordedFile implements RestingFacts {
  readonly path: string;
  /** See `recordOf`. */
  readonly record: string;
  readonly names: readonly string[];
  readonly role: FileRole;
  readonly problems: Problem[];
  readonly textAnchor: Anchor;
  /** Those of the chunks; null: nobody asked for one. */
  #anchors: readonly Anchor[] | null;

  /** `anchors`: those that the chunks have already, null where nobody knows them. */
  constructor(path: string, record: string, textAnchor: Anchor, anchors: readonly Anchor[] | null) {
    const { role, names, problems } = headOf(record);
    this.path = path;
    this.record = record;
    this.names = sharedNames(names);
    this.role = role;
    this.problems = problems.length === 0 ? NO_PROBLEMS : [...problems];
    this.textAnchor = textAnchor;
    this.#anchors = anchors;
  }

  #chunkAnchors(): readonly Anchor[] {
    this.#anchors ??= headOf(this.record).starts.map((start) => ({ start }));
    return this.#anchors;
  }

  factsAt(position: number): readonly Fact[] {
    const { path, textAnchor } = this;
    const name = this.names[position]!;
    const anchors = this.#chunkAnchors();
    const rows = partAt(this.record, FACTS + position) as readonly FactRecord[];
    return rows.map(([at, key, value, start, end]) => {
      const anchor = at === OF_FILE ? null : at === OF_TEXT ? textAnchor : anchors[at]!;
      return { name, key: key === 0 ? path : key, value, place: { path, anchor, span: { start, end } } };
    });
  }

  /** The analysis of `text`, of which the record was made, without facts and context. `recipe`: what it was looked at by. */
  analysis(text: string, recipe: Recipe): FileAnalysis {
    const { path, textAnchor, role, problems } = this;
    const anchors = this.#chunkAnchors();
    const body = partAt(this.record, 1) as Body;
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
    file.problems = [...problems];
    file.ownFacts = ownFacts(file, body.parsed, body.conflicted);
    return file;
  }
}

const NO_PROBLEMS: Problem[] = [];

const knownNames = new Map<string, readonly string[]>();

/** The same list, as it was seen first: most files of a kind have facts of the same names. */
function sharedNames(names: readonly string[]): readonly string[] {
  const key = names.join();
  const known = knownNames.get(key) ?? names;
  knownNames.set(key, known);
  return known;
}
