/**
 * Components with their grades: each is scored by what was found in its files, with the same rubric, and the rubric may
 * ask for a least grade. It discovers no component.
 */
import type { Engine } from '../engine/engine.ts';
import { codeNameOf } from '../engine/roles.ts';
import type { ComponentPart } from '../model/component.ts';
import { type RuleInfo, scoreWorkspace } from '../score/score.ts';
import type { Rubric, Scorecard, VerdictName } from '../score/types.ts';

/** A rule and how often it passes or fails. */
export interface RuleCount {
  readonly ruleId: string;
  readonly count: number;
}

export interface ComponentResult extends ComponentPart {
  readonly files: number;
  /** Programming language -> production files of it that no rule reads as code yet. */
  readonly unjudged?: Readonly<Record<string, number>>;
  readonly score: number | null;
  readonly grade: string | null;
  readonly verdict: VerdictName;
  readonly findings: number;
  /** Rules that pass everywhere in it, the most places first. */
  readonly strengths: readonly RuleCount[];
  /** Rules with open findings, what costs the most first. */
  readonly issues: readonly RuleCount[];
  /** Who owns most of its files first; absent where nothing says who owns what. */
  readonly owners?: readonly string[];
}

const LISTED = 5;

/** The component that holds each path: the one with the longest folder around it. */
export function holderOf(components: readonly ComponentPart[]): (path: string) => ComponentPart | null {
  const byLength = [...components].sort((a, b) => b.path.length - a.path.length);
  return (path) => byLength.find((each) => each.path === '' || path.startsWith(`${each.path}/`)) ?? null;
}

export function gradeComponents(
  engine: Engine,
  components: readonly ComponentPart[],
  rules: readonly RuleInfo[],
  rubric: Rubric,
): readonly ComponentResult[] {
  if (components.length === 0) return [];
  const holder = holderOf(components);
  const holderByPath = new Map(engine.paths.map((path) => [path, holder(path)]));
  const own: Rubric = { ...rubric, mustHaves: [], purposes: [] };
  return components.map((component): ComponentResult => {
    const includes = (path: string): boolean => holderByPath.get(path) === component;
    const tallies = engine.tallies(false, includes);
    const { judged, unjudged } = engine.codeFiles(includes);
    const scorecard = scoreWorkspace(tallies, rules, own, { judged: sum(judged), unjudged: sum(unjudged) });
    const ledger = scorecard.categories.flatMap((category) => category.ledger);
    const failOf = new Map(tallies.map(({ ruleId, fail }) => [ruleId, fail]));
    const scoring = new Set(
      rules.filter(({ stage, scored }) => stage === 'stable' && scored !== false).map(({ id }) => id),
    );
    return {
      ...component,
      files: [...holderByPath.values()].filter((each) => each === component).length,
      unjudged: Object.fromEntries([...unjudged].sort(([a], [b]) => (a < b ? -1 : 1))),
      score: scorecard.score,
      grade: scorecard.grade,
      verdict: scorecard.verdict,
      findings: scorecard.categories.reduce((total, { findings }) => total + findings, 0),
      strengths: tallies
        .filter(({ ruleId, pass, fail }) => pass > 0 && fail === 0 && scoring.has(ruleId))
        .sort((a, b) => b.pass - a.pass || (a.ruleId < b.ruleId ? -1 : 1))
        .slice(0, LISTED)
        .map(({ ruleId, pass }) => ({ ruleId, count: pass })),
      issues: [...ledger]
        .sort((a, b) => b.overallPoints - a.overallPoints || (a.ruleId < b.ruleId ? -1 : 1))
        .slice(0, LISTED)
        .map(({ ruleId }) => ({ ruleId, count: failOf.get(ruleId) ?? 0 })),
    };
  });
}

/** The scorecard of the whole under what the rubric asks of components. */
export function withComponentGates(
  scorecard: Scorecard,
  components: readonly ComponentResult[],
  { components: least = {}, grades }: Rubric,
): Scorecard {
  const rank = (grade: string): number => grades.findIndex((each) => each.grade === grade);
  const belowGrade = components.flatMap(({ name, criticality, grade }) => {
    const wanted = criticality === 'critical' ? (least.critical ?? least.any) : least.any;
    if (grade === null || wanted === undefined || rank(grade) <= rank(wanted)) return [];
    return [{ component: name, grade, least: wanted }];
  });
  return belowGrade.length === 0 ? scorecard : { ...scorecard, belowGrade, verdict: 'NOT READY' };
}

/** The components with the owners of their files. */
export function withOwners(
  components: readonly ComponentResult[],
  paths: readonly string[],
  ownersOf: (path: string) => readonly string[],
): readonly ComponentResult[] {
  const holder = holderOf(components);
  const pathsOf = new Map<ComponentPart | null, string[]>();
  for (const path of paths) {
    const component = holder(path);
    const own = pathsOf.get(component) ?? [];
    pathsOf.set(component, own);
    own.push(path);
  }
  return components.map((each) => ({ ...each, owners: ownersByShare(pathsOf.get(each) ?? [], ownersOf) }));
}

/** The owners of some paths, who owns the most of them first. */
export function ownersByShare(
  paths: readonly string[],
  ownersOf: (path: string) => readonly string[],
): readonly string[] {
  const counts = new Map<string, number>();
  for (const owner of paths.flatMap(ownersOf)) counts.set(owner, (counts.get(owner) ?? 0) + 1);
  return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).map(([owner]) => owner);
}

/** Code that belongs to no component. */
export function looseFiles(paths: readonly string[], components: readonly ComponentPart[]): readonly string[] {
  const holder = holderOf(components);
  return paths.filter((path) => codeNameOf(path) !== null && holder(path) === null);
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}
