/**
 * The analysis of a file as plain JSON, without text and tree: what another thread hands over and what a disk keeps.
 * Rules are named by their position, so a record is only good for the rule set that it was made with.
 */
import type { FileRole } from '../model/file.ts';
import type { Json } from '../model/json.ts';
import type { Anchor, Span } from '../model/location.ts';
import type { Fact, FailVerdict } from '../model/verdict.ts';
import { type Chunk, contextKeyOf, type FileAnalysis, newFileAnalysis, ownFacts } from './analyser.ts';
import { EMPTY_EXAMINATION, type Examination, type RuleVerdict } from './examine.ts';
import { isLasting, type Problem } from './problem.ts';
import { DEFAULT_RECIPE, type Recipe } from './recipe.ts';
import { languageOf } from './roles.ts';
import { sharedJson, sharedString } from './sharing.ts';

type FactRecord = readonly [name: string, key: string, value: Json, start: number, end: number];

type VerdictRecord =
  | readonly [rule: number, start: number, end: number]
  | readonly [rule: number, failure: FailVerdict];

interface ExaminationRecord {
  readonly verdicts: readonly VerdictRecord[];
  readonly facts: readonly FactRecord[];
  readonly failures: Examination['failures'];
}

type ChunkRecord = readonly [
  start: number,
  length: number,
  /** 0: no error, 1: an error somewhere; else the first one. */
  fault: 0 | 1 | readonly [start: number, end: number, missing: string],
  /** 0: nothing was found. */
  examination: ExaminationRecord | 0,
];

/** See `recordOf`. */
export interface FileRecord {
  readonly role: FileRole;
  readonly header: Json;
  readonly parsed: boolean;
  readonly conflicted: boolean;
  readonly text: ExaminationRecord | 0;
  readonly chunks: readonly ChunkRecord[];
  readonly problems: readonly Problem[];
}

function recordExamination({ verdicts, facts, failures }: Examination): ExaminationRecord | 0 {
  if (verdicts.length === 0 && facts.length === 0 && failures.length === 0) return 0;
  return {
    verdicts: verdicts.map(({ rule, verdict }): VerdictRecord => {
      return verdict.kind === 'pass' ? [rule, verdict.subject.start, verdict.subject.end] : [rule, verdict];
    }),
    facts: facts.map(({ name, key, value, place: { span } }) => [name, key, value, span.start, span.end] as const),
    failures,
  };
}

function restoreExamination(record: ExaminationRecord | 0, path: string, anchor: Anchor): Examination {
  if (record === 0) return EMPTY_EXAMINATION;
  return {
    verdicts: record.verdicts.map(([rule, what, end]): RuleVerdict => {
      if (typeof what !== 'number') return { rule, verdict: what };
      return { rule, verdict: { kind: 'pass', subject: { start: what, end: end! } } };
    }),
    facts: record.facts.map(
      ([name, key, value, start, end]): Fact => ({
        name: sharedString(name),
        key: sharedString(key),
        value: sharedJson(value),
        place: { path, anchor, span: { start, end } },
      }),
    ),
    failures: record.failures,
  };
}

function faultOf({ hasError, error }: Chunk): ChunkRecord[2] {
  if (error === null) return hasError ? 1 : 0;
  return [error.span.start, error.span.end, error.missing];
}

/** The record of a file that was parsed from scratch. */
export function recordOf(file: FileAnalysis): FileRecord {
  const holds = (name: string): boolean => file.ownFacts.some((fact) => fact.name === name);
  return {
    role: file.role,
    header: file.header,
    parsed: holds('file.parsed'),
    conflicted: holds('file.conflict'),
    text: recordExamination(file.text),
    chunks: file.chunks.map(
      (chunk): ChunkRecord => [chunk.anchor.start, chunk.length, faultOf(chunk), recordExamination(chunk.examination)],
    ),
    problems: file.problems,
  };
}

/** Whether the analysis of the same text would be the same another time. */
export function isRepeatable({ problems }: Pick<FileRecord, 'problems'>): boolean {
  return problems.every(isLasting);
}

/**
 * The analysis that was recorded for `text` at `path`; null when files of its kind are not judged. It takes the record
 * over. `recipe`: what the file was looked at by. `anchors`: those that the file and its chunks have already.
 */
export function analysisOf(
  path: string,
  text: string,
  record: FileRecord,
  recipe: Recipe = DEFAULT_RECIPE,
  anchors?: { readonly file: Anchor; readonly chunks: readonly Anchor[] },
): FileAnalysis | null {
  const language = languageOf(path);
  if (language === null) return null;
  const fresh = newFileAnalysis(path, language, text);
  const file = anchors === undefined ? fresh : { ...fresh, textAnchor: anchors.file };
  file.recipe = recipe;
  file.role = record.role;
  file.header = sharedJson(record.header);
  file.contextKey = contextKeyOf(record.role, record.conflicted, record.header, recipe.key);
  file.text = restoreExamination(record.text, path, file.textAnchor);
  const unsure = record.chunks.some(([, , fault]) => fault !== 0);
  file.chunks = record.chunks.map(([start, length, fault, examination], i): Chunk => {
    const anchor = anchors?.chunks[i] ?? { start };
    const span: Span | null = typeof fault === 'number' ? null : { start: fault[0], end: fault[1] };
    return {
      anchor,
      length,
      text: text.slice(start, start + length),
      hasError: fault !== 0,
      error: span === null ? null : { span, missing: (fault as readonly [number, number, string])[2] },
      header: null,
      examination: restoreExamination(examination, path, anchor),
      stale: false,
      unsure,
      tree: undefined,
    };
  });
  file.problems = [...record.problems];
  file.ownFacts = ownFacts(file, record.parsed, record.conflicted);
  return file;
}

/**
 * Whether a value that comes from outside has the shape of a record. What detectors said is not looked into: it is what
 * the same program wrote.
 */
export function isFileRecord(value: unknown): value is FileRecord {
  if (!isObject(value)) return false;
  const { role, header, parsed, conflicted, text, chunks, problems } = value;
  return (
    typeof role === 'string' &&
    header !== undefined &&
    typeof parsed === 'boolean' &&
    typeof conflicted === 'boolean' &&
    isExaminationRecord(text) &&
    Array.isArray(chunks) &&
    chunks.every(isChunkRecord) &&
    Array.isArray(problems)
  );
}

function isChunkRecord(value: unknown): boolean {
  if (!Array.isArray(value)) return false;
  const [start, length, fault, examination] = value as unknown[];
  return (
    typeof start === 'number' &&
    typeof length === 'number' &&
    (fault === 0 || fault === 1 || (Array.isArray(fault) && typeof fault[2] === 'string')) &&
    isExaminationRecord(examination)
  );
}

function isExaminationRecord(value: unknown): boolean {
  if (value === 0) return true;
  if (!isObject(value)) return false;
  const { verdicts, facts, failures } = value;
  return (
    Array.isArray(verdicts) &&
    verdicts.every((item) => Array.isArray(item) && typeof item[0] === 'number' && isVerdict(item[1], item[2])) &&
    Array.isArray(facts) &&
    facts.every((item) => Array.isArray(item) && typeof item[0] === 'string' && typeof item[1] === 'string') &&
    Array.isArray(failures)
  );
}

function isVerdict(what: unknown, end: unknown): boolean {
  return typeof what === 'number' ? typeof end === 'number' : isObject(what);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
