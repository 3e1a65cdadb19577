/**
 * An audit as plain JSON, without what the program knows by itself (rules, rubric): what a disk keeps of a workspace in
 * which nothing changes. It judges nothing anew.
 */
import type { Position } from '../model/finding.ts';
import type { Json } from '../model/json.ts';
import type { Audit, AuditRule } from './audit.ts';
import type { PositionAt } from './sarif.ts';

interface AuditRecord {
  readonly audit: Omit<Audit, 'rules' | 'rubric'>;
  readonly rules: readonly string[];
  /** Where the edits of the fixes are: path -> offset -> line and character. */
  readonly positions: readonly (readonly [path: string, ofPath: readonly (readonly [number, Position])[]])[];
}

/** The record of an audit of all files. */
export function recordAudit({ rules, rubric, ...audit }: Audit, positionAt: PositionAt): Json {
  const positions = new Map<string, Map<number, Position>>();
  const findings = [...audit.findings, ...(audit.accepted ?? []).map(({ finding }) => finding)];
  for (const { path, edits } of findings.flatMap(({ fixes }) => fixes.flatMap((fix) => fix.changes))) {
    const ofPath = positions.get(path) ?? new Map<number, Position>();
    positions.set(path, ofPath);
    for (const offset of edits.flatMap(({ start, end }) => [start, end])) ofPath.set(offset, positionAt(path, offset));
  }
  const record: AuditRecord = {
    audit,
    rules: rules.map((rule) => rule.id),
    positions: [...positions].map(([path, ofPath]) => [path, [...ofPath]]),
  };
  return record as unknown as Json;
}

/** The audit that was recorded, as the same program reads it. `known`: every rule that there is. */
export function restoreAudit(
  json: Json,
  known: readonly AuditRule[],
  rubric: Audit['rubric'],
): { readonly audit: Audit; readonly positionAt: PositionAt } | null {
  if (!isAuditRecord(json)) return null;
  const { audit, rules, positions } = json as unknown as AuditRecord;
  const enabled = new Set(rules);
  const byPath = new Map(positions.map(([path, ofPath]) => [path, new Map(ofPath)]));
  return {
    audit: { ...audit, rules: known.filter((rule) => enabled.has(rule.id)), rubric },
    positionAt: (path, offset) => byPath.get(path)?.get(offset) ?? { line: 0, character: 0 },
  };
}

function isAuditRecord(json: Json): boolean {
  if (json === null || typeof json !== 'object' || Array.isArray(json)) return false;
  const { audit, rules, positions } = json as { readonly [key: string]: Json };
  return typeof audit === 'object' && audit !== null && Array.isArray(rules) && Array.isArray(positions);
}
