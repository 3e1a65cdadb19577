/**
 * The audit report, for people who decide whether to ship: what it says and in which order, as a document that is rendered
 * as Markdown or HTML. The same audit gives the same report: no clock, no absolute path. Nothing is in it that the audit
 * does not hold.
 */
import type { Finding, Location } from '../model/finding.ts';
import { SEVERITIES } from '../model/verdict.ts';
import { addMinutes, type Minutes } from '../rulekit/effort.ts';
import { actionPlan, cheapestWay, type PlanStep, totalMinutes } from '../score/plan.ts';
import { displayScore } from '../score/score.ts';
import type { CategoryScore, GatingRule, LedgerEntry, MustHaveStatus } from '../score/types.ts';
import { adviceOn } from './advice.ts';
import {
  type Audit,
  type CategoryOutline,
  isBesideCode,
  outlineAudit,
  type RuleOutline,
  scoreReason,
  sortFindings,
  unratedReason,
  worstSeverity,
} from './audit.ts';
import type { Block, Inline, Line, Table } from './document.ts';
import { changeCounts, dayOf, pointName, scoreChange, shortCommit } from './history.ts';
import type { PastFinding } from './past.ts';
import { compareText, counted, effortText, namesOf, percentText, pointsText } from './text.ts';

/** Passing places named for a rule; the count says how many there are. */
const PLACES_SHOWN = 3;
/** Findings of a rule that are shown with their code; the others are listed. */
const EXCERPTS_SHOWN = 3;
/** Findings shown in full among the critical issues, in all and of each rule. */
const CRITICAL_SHOWN = 20;
const CRITICAL_OF_RULE = 5;
/** Findings of a rule that say the same, from which on that is said once. */
const SAME_MESSAGE = 4;
/** Audits in the trend. */
const TREND_SHOWN = 30;
/** Findings named in each list of changes. */
const CHANGES_SHOWN = 50;
/** Files named in each list. */
const FILES_SHOWN = 100;

const NOTHING_TO_JUDGE = 'No rule found anything to judge.';

/** The whole report. */
export function reportOf(audit: Audit): readonly Block[] {
  const categories = outlineAudit(audit);
  return [
    heading(1, `Production readiness of ${audit.root}`),
    ...summary(audit),
    ...verdict(audit),
    ...grades(audit),
    ...trend(audit),
    ...changes(audit),
    ...criticalIssues(audit),
    ...categories.flatMap((category, index) => categorySection(audit, category, index + 1)),
    ...components(audit),
    ...files(audit),
    ...checklist(audit, categories),
    ...plan(audit),
    ...acceptedRisks(audit),
    ...appendix(audit),
  ];
}

/** Grade, verdict, what decides it and the cheapest way on: for a message or a description of a change. */
export function summaryReport(audit: Audit): readonly Block[] {
  return [heading(1, `Production readiness of ${audit.root}`), ...summary(audit), ...verdict(audit), ...grades(audit)];
}

function summary(audit: Audit): readonly Block[] {
  const { scorecard, stats, rules, findings, unaccepted } = audit;
  const rating: Line =
    scorecard.score === null
      ? [unratedReason(audit)]
      : ['Grade ', { strong: [scorecard.grade ?? ''] }, `, ${displayScore(scorecard.score)} of 100 points.`];
  const others = unjudgedFiles(audit);
  const scope =
    ` ${counted(rules.length, 'rule')} looked at ${counted(stats.files, 'file')} (${counted(stats.lines, 'line')})` +
    `${others === 0 ? '' : `, ${String(others)} of them code that is not judged yet,`} and ` +
    `left ${counted(findings.length, 'finding')} open.`;
  const confidence = ` Evidence in files decided ${percentText(scorecard.confidence)} of what applies.`;
  const risk = scorecard.risk === 'unknown' ? '' : ` Risk: ${scorecard.risk}.`;
  const effort = totalEffort(audit);
  const work = effort[1] === 0 ? '' : ` Estimated effort for what was found: ${effortText(effort)}.`;
  return [
    heading(2, 'Summary'),
    paragraph({ strong: [scorecard.verdict] }, '. ', ...rating, scope, confidence, risk, work),
    ...(unaccepted == null || unaccepted.score === null
      ? []
      : [
          paragraph(
            `Without the findings that comments accept; with them it would be ${unaccepted.grade ?? ''}, ${displayScore(unaccepted.score)} points.`,
          ),
        ]),
    ...(audit.restrictedTo == null
      ? []
      : [
          paragraph(
            { strong: [`Only findings of ${audit.restrictedTo} are listed`] },
            '; grades, verdict and plan are those of the whole.',
          ),
        ]),
    ...unjudgedNote(audit),
    ...purposes(audit),
  ];
}

function unjudgedNote({ stats }: Audit): readonly Block[] {
  const list = unjudgedText(stats.unjudged);
  if (list === '') return [];
  return [
    paragraph(
      { strong: ['Not judged as code yet'] },
      `: ${list}. Only what shows in any text is looked for there, such as merge conflicts; no grade speaks of this code.`,
    ),
  ];
}

function unjudgedText(unjudged: Audit['stats']['unjudged']): string {
  return Object.entries(unjudged ?? {})
    .map(([name, count]) => `${name} (${counted(count, 'file')})`)
    .join(', ');
}

function unjudgedNames({ stats }: Audit): string {
  return Object.keys(stats.unjudged ?? {}).join(', ');
}

function unjudgedFiles({ stats }: Audit): number {
  return Object.values(stats.unjudged ?? {}).reduce((total, count) => total + count, 0);
}

function purposes({ scorecard }: Audit): readonly Block[] {
  if (scorecard.purposes.length === 0 || scorecard.score === null) return [];
  return [
    paragraph('Good enough for:'),
    table(
      [
        ['Purpose', 'left'],
        ['Fit', 'center'],
      ],
      scorecard.purposes.map(({ title, fit }) => [title, fit ? 'yes' : 'no']),
    ),
  ];
}

function verdict(audit: Audit): readonly Block[] {
  const { blockers, conditions, verdict: name, mustHaves } = audit.scorecard;
  const reason = scoreReason(audit);
  return [
    heading(2, 'Verdict'),
    reason === '' ? paragraph({ strong: [name] }) : paragraph({ strong: [name] }, `: ${reason}`),
    ...titledList(
      ['Blockers. While one of these is open, the answer is no, whatever the score:'],
      gating(audit, blockers),
    ),
    ...titledList(
      ['Conditions. While one of these is open, the answer is not a plain yes:'],
      gating(audit, conditions),
    ),
    ...(mustHaves.length === 0
      ? []
      : [
          paragraph('What has to hold whatever the score:'),
          table(
            [
              ['Must-have', 'left'],
              ['Status', 'left'],
              ['Open', 'left'],
            ],
            mustHaves.map(({ title, status, open }) => [title, MUST_HAVE_TEXT[status], open.join(', ')]),
          ),
        ]),
    ...nextSteps(audit),
  ];
}

const MUST_HAVE_TEXT: Readonly<Record<MustHaveStatus, string>> = {
  met: 'met',
  open: 'open',
  unknown: 'not decided from files',
  attested: 'attested',
  'not-judged': 'nothing to judge it by',
};

function nextSteps(audit: Audit): readonly Block[] {
  const { scorecard, tallies, rules, rubric } = audit;
  const next = cheapestWay(scorecard, tallies, rules, rubric);
  const good = rubric.grades.findLast(({ min }) => min >= rubric.verdict.ready)?.grade;
  const further = good === next?.grade ? null : cheapestWay(scorecard, tallies, rules, rubric, good);
  return [next, further].flatMap((way) =>
    way == null
      ? []
      : titledList(
          [`Cheapest way to grade ${way.grade}:`],
          way.steps.map((step) => stepLine(audit, step)),
          true,
          `Together ${effortText(way.minutes)}, for ${displayScore(way.score)} points.`,
        ),
  );
}

function stepLine(audit: Audit, { ruleId, findings, gain, minutes }: PlanStep): Line {
  const owners = audit.ruleOwners?.[ruleId] ?? [];
  return [
    ...ruleName(audit, ruleId),
    `: ${counted(findings, 'finding')}, ${audit.scorecard.score === null ? '' : `${worth(gain)}, `}${effortText(minutes)}`,
    ...(owners.length === 0 ? [] : [', for ', { code: namesOf(owners) }]),
  ];
}

function ownerPart(owners: readonly string[]): Line {
  return owners.length === 0 ? [] : [' Owner: ', { code: namesOf(owners) }, '.'];
}

/** While a cap holds, a single fix of several that set it wins nothing. */
function worth(gain: number): string {
  if (gain >= 0.05) return `worth ${pointsText(gain)} points`;
  return gain > 1e-9 ? 'worth less than 0.1 points' : 'worth its points with the steps beside it';
}

function gating(audit: Audit, rules: readonly GatingRule[]): readonly Line[] {
  return rules.map(({ ruleId, findings }) => [...ruleName(audit, ruleId), `: ${counted(findings, 'finding')}`]);
}

function grades(audit: Audit): readonly Block[] {
  const { scorecard } = audit;
  const names = unjudgedNames(audit);
  const hasOverall = scorecard.score !== null;
  const rated = scorecard.categories.filter(({ score }) => score !== null);
  const ratedWeight = rated.reduce((total, { weight }) => total + weight, 0);
  const rows = scorecard.categories.map(({ title, grade, score, weight, findings }) => {
    if (score === null) return [title, '–', 'Not rated', String(weight), '–', String(findings)];
    const points = hasOverall ? pointsText((score * weight) / ratedWeight) : '–';
    return [title, grade ?? '–', String(displayScore(score)), String(weight), points, String(findings)];
  });
  const { score, grade } = scorecard;
  const findings = String(scorecard.categories.reduce((total, category) => total + category.findings, 0));
  const overall =
    score === null
      ? ['Overall', '–', 'Not rated', '–', '–', findings]
      : ['Overall', grade ?? '–', String(displayScore(score)), String(ratedWeight), pointsText(score), findings];
  const { table: content } = table(
    [
      ['Category', 'left'],
      ['Grade', 'center'],
      ['Score', 'right'],
      ['Weight', 'right'],
      ['Points', 'right'],
      ['Findings', 'right'],
    ],
    [...rows, overall],
  );
  return [
    heading(2, 'Grades'),
    ...(names === ''
      ? []
      : [
          isBesideCode(audit)
            ? paragraph(
                { strong: ['No code was judged'] },
                `: these grades are of configuration, documents, scripts and what shows in any text. They say nothing else about the code in ${names}.`,
              )
            : paragraph(`Nothing in these grades is about the code in ${names}, which is not judged yet.`),
        ]),
    {
      kind: 'chart',
      title: isBesideCode(audit) ? 'Score of each category, without the code' : 'Score of each category',
      bars: scorecard.categories.map((category) => ({
        label: category.title,
        value: category.score,
        text: category.score === null ? 'not rated' : `${displayScore(category.score)} ${category.grade ?? ''}`,
      })),
      table: content,
    },
    ...(rated.length === scorecard.categories.length
      ? []
      : [
          paragraph(
            `A category that is not rated had nothing to judge${hasOverall ? '; its weight is shared among the others' : ''}.`,
          ),
        ]),
  ];
}

function trend({ past }: Audit): readonly Block[] {
  if (past === undefined) return [];
  const points = past.trend;
  if (points.length < 2) return [heading(2, 'Trend'), paragraph('This is the first audit in the history.')];
  const shown = points.slice(-TREND_SHOWN);
  const rows = shown.map((point, index) => {
    const before = index === 0 ? points.at(-shown.length - 1) : shown[index - 1];
    return [
      dayOf(point),
      point.commit === null ? '–' : shortCommit(point.commit),
      point.score === null ? 'Not rated' : String(point.score),
      before === undefined ? '–' : scoreChange(before, point),
      point.grade ?? '–',
      point.verdict,
      ...SEVERITIES.map((severity) => String(point.open[severity])),
    ];
  });
  const { table: content } = table(
    [
      ['Day', 'left'],
      ['Commit', 'left'],
      ['Score', 'right'],
      ['Change', 'right'],
      ['Grade', 'center'],
      ['Verdict', 'left'],
      ['Critical', 'right'],
      ['High', 'right'],
      ['Medium', 'right'],
      ['Low', 'right'],
    ],
    rows.reverse(),
  );
  const isUnlike = shown.some((point) => point.rules !== points.at(-1)!.rules);
  return [
    heading(2, 'Trend'),
    paragraph(
      `${counted(points.length, 'audit')} since ${dayOf(points[0]!)}; `,
      points.length > shown.length ? `the last ${shown.length} are shown. ` : 'the newest stands first in the table. ',
      ...(isUnlike ? ['Some were made with other rules or another rubric, so their scores compare only roughly.'] : []),
    ),
    {
      kind: 'trend',
      title: `Score of the last ${counted(shown.length, 'audit')}`,
      points: shown.map((point) => ({ label: pointName(point), value: point.score })),
      table: content,
    },
  ];
}

function changes({ past, scorecard, rules }: Audit): readonly Block[] {
  if (past?.changes == null) return [];
  const { since, comparable, fixed, fresh, moved, accepted, unchanged } = past.changes;
  const titleOf = new Map(rules.map(({ id, title }) => [id, title]));
  const about = ({ rule, severity }: PastFinding): string => `: ${titleOf.get(rule) ?? rule}, ${severity}`;
  const part = (title: string, lines: readonly Line[]): readonly Block[] =>
    lines.length === 0
      ? []
      : [
          heading(3, `${title}: ${lines.length}`),
          list([
            ...lines.slice(0, CHANGES_SHOWN),
            ...(lines.length > CHANGES_SHOWN ? [[`and ${lines.length - CHANGES_SHOWN} more`]] : []),
          ]),
        ];
  const now = past.trend.at(-1)!;
  return [
    heading(2, `Changed since ${pointName(since)}`),
    paragraph(
      `The score went from ${since.score ?? 'not rated'} to ${now.score ?? 'not rated'} (${scoreChange(since, now)}), `,
      since.grade === scorecard.grade
        ? `the grade stayed ${since.grade ?? 'none'}. `
        : `the grade went from ${since.grade ?? 'none'} to ${scorecard.grade ?? 'none'}. `,
      `${changeCounts(past.changes)}, ${unchanged} unchanged.`,
      comparable
        ? ''
        : ' The rules, the rubric or the configuration were others then, so not every change is one of the code.',
    ),
    ...part(
      'New',
      fresh.map((finding) => [{ place: pastLocation(finding) }, about(finding)]),
    ),
    ...part(
      'Fixed',
      fixed.map((finding) => [{ code: `${finding.path}:${finding.line}` }, about(finding)]),
    ),
    ...part(
      'Moved',
      moved.map(({ now: here, before }) => [
        { place: pastLocation(here) },
        ' from ',
        { code: `${before.path}:${before.line}` },
        about(here),
      ]),
    ),
    ...part(
      'Accepted by a comment',
      accepted.map((finding) => [{ place: pastLocation(finding) }, about(finding)]),
    ),
  ];
}

function pastLocation({ path, line }: PastFinding): Location {
  const position = { line: line - 1, character: 0 };
  return { path, span: { start: 0, end: 0 }, range: { start: position, end: position } };
}

/** What decides the verdict, finding by finding, with the fix. */
function criticalIssues(audit: Audit): readonly Block[] {
  const blocking = new Set(audit.scorecard.blockers.map(({ ruleId }) => ruleId));
  const isGuess = new Set(audit.rules.filter(({ confidence }) => confidence === 'heuristic').map(({ id }) => id));
  const critical = sortFindings(audit.findings).filter(
    ({ ruleId, severity, stage }) =>
      stage === 'stable' && !isGuess.has(ruleId) && (blocking.has(ruleId) || severity === 'critical'),
  );
  if (critical.length === 0) return [];
  const rank = ({ severity, ruleId }: Finding): number =>
    SEVERITIES.indexOf(severity) * 2 + (blocking.has(ruleId) ? 0 : 1);
  const byRule = new Map<string, Finding[]>();
  for (const finding of critical.toSorted((a, b) => rank(a) - rank(b))) {
    const own = byRule.get(finding.ruleId);
    if (own === undefined) byRule.set(finding.ruleId, [finding]);
    else own.push(finding);
  }
  let left = CRITICAL_SHOWN;
  const blocks: Block[] = [];
  let issues = 0;
  for (const [ruleId, own] of byRule) {
    const shown = own.slice(0, Math.min(left, CRITICAL_OF_RULE));
    if (shown.length === 0) break;
    left -= shown.length;
    blocks.push(...criticalIssue(audit, ruleId, shown, own.length, ++issues));
  }
  const rest = [...byRule].slice(issues).reduce((total, [, own]) => total + own.length, 0);
  return [
    heading(2, 'Critical issues'),
    ...blocks,
    ...(rest === 0
      ? []
      : [paragraph(`${counted(rest, 'finding')} of other rules ${rest === 1 ? 'stands' : 'stand'} below.`)]),
  ];
}

/** A rule, why it matters, and some of its findings, each with its code and its fix. */
function criticalIssue(
  audit: Audit,
  ruleId: string,
  shown: readonly Finding[],
  all: number,
  number: number,
): readonly Block[] {
  const rule = audit.rules.find(({ id }) => id === ruleId);
  const places = all === 1 ? '' : `: ${counted(all, 'finding')}`;
  const hasDiff = ({ fingerprint }: Finding): boolean => audit.diffs?.[fingerprint] !== undefined;
  return [
    numbered(3, number, `${rule?.title ?? ruleId}${places}`),
    ...(rule === undefined ? [] : [paragraph({ strong: ['Risk'] }, ': ', { authored: rule.docs.why })]),
    ...(rule === undefined || shown.every(hasDiff)
      ? []
      : [paragraph({ strong: ['Fix'] }, ': ', { authored: adviceOn(rule, shown) })]),
    ...shown.flatMap((finding): Block[] => {
      const diff = audit.diffs?.[finding.fingerprint];
      return [
        paragraph(
          { place: finding.location },
          ': ',
          ...messageLine(finding.message),
          ...ownerPart(audit.owners?.[finding.location.path] ?? []),
        ),
        ...excerptBlock(audit, finding),
        ...(diff === undefined
          ? []
          : [
              paragraph(
                { strong: ['Fix'] },
                `: ${diff.title}${remark(diff.safety === 'suggestion', finding.fixes.length)}`,
              ),
              { kind: 'code', language: 'diff', lines: diff.lines, firstLine: null } as const,
            ]),
      ];
    }),
    ...(all > shown.length ? [paragraph(`${all - shown.length} more of these stand below.`)] : []),
  ];
}

function remark(isSuggestion: boolean, ways: number): string {
  const parts = [...(isSuggestion ? ['to be checked'] : []), ...(ways > 1 ? [`one of ${ways} ways`] : [])];
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

function excerptBlock({ excerpts = {} }: Audit, { fingerprint }: Finding): readonly Block[] {
  const excerpt = excerpts[fingerprint];
  if (excerpt === undefined) return [];
  return [{ kind: 'code', language: '', lines: excerpt.lines, firstLine: excerpt.firstLine }];
}

function categorySection(audit: Audit, category: CategoryOutline, number: number): readonly Block[] {
  const { score, failing, passing, undecided } = category;
  const places = passing.reduce((total, { tally }) => total + tally.pass, 0);
  const hasNoCode = isBesideCode(audit) && !isEmptyCategory(category);
  return [
    numbered(2, number, `${score.title}: ${scoreText(score)}${hasNoCode ? ', without the code' : ''}`),
    ...(score.cap === null ? [] : [capParagraph(audit, score.cap)]),
    ...(isEmptyCategory(category)
      ? [paragraph(NOTHING_TO_JUDGE, unjudgedHint(audit))]
      : [
          ...(hasNoCode ? [paragraph({ strong: ['Without a look into the code.'] }, unjudgedHint(audit))] : []),
          paragraph(
            `${counted(passing.length, 'rule')} passed at ${counted(places, 'place')}, ${failing.length} failed, ${undecided.length} not decided.`,
          ),
        ]),
    ...(failing.length === 0
      ? []
      : [heading(3, 'Findings'), ...failing.flatMap((rule) => ruleFindings(audit, rule, score.ledger))]),
    ...section3(
      'Evidence that passed',
      passing.map(passingLine),
      'Looked for and not found, with how many places were judged:',
    ),
    ...section3(
      'Not decided from files',
      undecided.map(({ rule, tally }) => [...ruleTitle(rule), `: ${counted(tally.unknown, 'place')}`]),
    ),
    ...section3('Recommendations', failing.map(recommendation)),
  ];
}

function unjudgedHint(audit: Audit): string {
  const names = unjudgedNames(audit);
  return names === '' ? '' : ` Code in ${names} is not judged yet.`;
}

function scoreText({ score, grade }: CategoryScore): string {
  return score === null ? 'not rated' : `${grade ?? ''} (${displayScore(score)})`;
}

function capParagraph(audit: Audit, cap: NonNullable<CategoryScore['cap']>): Block {
  return paragraph(
    `Capped at ${cap.limit} by an open ${cap.severity} finding of `,
    ...ruleName(audit, cap.ruleId),
    `, which takes ${pointsText(cap.points)} points beyond the shares.`,
  );
}

function ruleFindings(audit: Audit, outline: RuleOutline, ledger: readonly LedgerEntry[]): readonly Block[] {
  const { rule, tally, findings } = outline;
  const cost = ledger.find(({ ruleId }) => ruleId === rule.id);
  const facts = [
    worstSeverity(findings),
    ...(rule.stage === 'preview' ? ['preview, not scored'] : rule.scored === false ? ['not scored'] : []),
    ...(cost === undefined
      ? []
      : [
          `${tally.fail} of ${counted(tally.pass + tally.fail, 'place')}`,
          `costs ${lossText(cost.categoryPoints)} points here` +
            (audit.scorecard.score === null ? '' : ` and ${lossText(cost.overallPoints)} overall`),
        ]),
  ];
  const seen = new Set<string>();
  const withCode = findings
    .filter(({ fingerprint }) => {
      const code = audit.excerpts?.[fingerprint]?.lines.join('\n');
      if (code === undefined || seen.has(code)) return false;
      seen.add(code);
      return true;
    })
    .slice(0, EXCERPTS_SHOWN);
  return [
    paragraph({ strong: ruleTitle(rule) }, `: ${facts.join(', ')}`),
    ...findingList(audit, findings),
    ...withCode.flatMap((finding) => [
      paragraph('Evidence: ', { place: finding.location }),
      ...excerptBlock(audit, finding),
    ]),
  ];
}

/** Points lost, of which none would be said of a little. */
function lossText(points: number): string {
  return points > 0 && points < 0.05 ? 'less than 0.1' : pointsText(points);
}

/** The findings of a rule; what many of them say alike is said once, and places in a file that say the same are joined. */
function findingList(audit: Audit, findings: readonly Finding[]): readonly Block[] {
  const said = new Set(findings.map(saying));
  const isAlike = findings.length >= SAME_MESSAGE && said.size === 1;
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const key = JSON.stringify([finding.location.path, saying(finding), isFresh(audit, finding)]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [finding]);
    else group.push(finding);
  }
  return [
    ...(isAlike ? [paragraph(...sayingLine(findings[0]!))] : []),
    list([...groups.values()].map((group) => findingLine(audit, group, isAlike))),
  ];
}

function saying({ message, fixes }: Finding): string {
  return JSON.stringify([message, ...fixes.map(({ title }) => title)]);
}

function sayingLine({ message, fixes }: Finding): Line {
  const titles = fixes.map(({ title }) => title);
  return [
    ...messageLine(message),
    ...(titles.length === 0
      ? []
      : [' Quick fix: ', ...titles.flatMap((title, index) => (index === 0 ? [title] : ['; ', title])), '.']),
  ];
}

function isFresh({ baseline }: Audit, { fingerprint }: Finding): boolean {
  return baseline?.fresh.includes(fingerprint) === true;
}

/** Findings of one file that say the same. */
function findingLine(audit: Audit, group: readonly Finding[], isSaid: boolean): Line {
  const [first] = group as readonly [Finding, ...Finding[]];
  return [
    ...group.flatMap(({ location }, index): Inline[] => [...(index === 0 ? [] : [', ']), { place: location }]),
    ...(isSaid ? [] : [': ', ...sayingLine(first)]),
    ...(isFresh(audit, first) ? [' ', { strong: ['New.'] }] : []),
    ...ownerPart(audit.owners?.[first.location.path] ?? []),
  ];
}

/** A message with what stands in backquotes as code. */
function messageLine(message: string): Line {
  return message
    .split(/(`[^`]+`)/)
    .filter((part) => part !== '')
    .map((part) => (/^`[^`]+`$/.test(part) ? { code: part.slice(1, -1) } : part));
}

function passingLine({ rule, tally }: RuleOutline): Line {
  const places = tally.evidence.slice(0, PLACES_SHOWN);
  const attested = tally.attested ?? 0;
  return [
    ...ruleTitle(rule),
    `: ${counted(tally.pass, 'place')}`,
    ...(attested === 0 ? [] : [`, ${attested} attested`]),
    ...places.flatMap((location, index): Inline[] => [index === 0 ? ', such as ' : ', ', { place: location }]),
  ];
}

function recommendation({ rule, findings }: RuleOutline): Line {
  const quick = findings.filter(({ fixes }) => fixes.length > 0).length;
  return [
    { strong: ruleTitle(rule) },
    ': ',
    { authored: adviceOn(rule, findings) },
    ...(quick === 0 ? [] : [` A quick fix is there for ${quick} of ${counted(findings.length, 'finding')}.`]),
  ];
}

function components(audit: Audit): readonly Block[] {
  const { components: all = [], loose = [] } = audit;
  if (all.length === 0) return [];
  const titleOf = (ruleId: string): string => audit.rules.find(({ id }) => id === ruleId)?.title ?? ruleId;
  return [
    heading(2, 'Components'),
    table(
      [
        ['Component', 'left'],
        ['Kind', 'left'],
        ['Criticality', 'left'],
        ['Grade', 'center'],
        ['Score', 'right'],
        ['Verdict', 'left'],
        ['Files', 'right'],
        ['Findings', 'right'],
        ...(audit.owners === undefined ? [] : [['Owner', 'left'] as const]),
      ],
      all.map(({ name, kind, criticality, grade, score, verdict: own, files: count, findings, owners = [] }) => [
        name,
        kind,
        criticality,
        grade ?? '–',
        score === null ? 'Not rated' : String(displayScore(score)),
        own,
        String(count),
        String(findings),
        ...(audit.owners === undefined ? [] : [owners.length === 0 ? '–' : namesOf(owners)]),
      ]),
    ),
    ...all.flatMap(({ name, path, runs, strengths, issues, unjudged }): Block[] => [
      heading(3, name),
      list([
        ['Folder: ', { code: path === '' ? '.' : path }],
        ...(unjudgedText(unjudged) === '' ? [] : [[`Not judged as code yet: ${unjudgedText(unjudged)}`]]),
        ...(runs.length === 0 ? [] : [[`Run by: ${runs.join(', ')}`]]),
        ...(strengths.length === 0
          ? []
          : [
              [
                `Strengths, looked for and not found (places): ${strengths.map(({ ruleId, count }) => `${titleOf(ruleId)} (${count})`).join(', ')}`,
              ],
            ]),
        ...(issues.length === 0
          ? []
          : [[`Issues (findings): ${issues.map(({ ruleId, count }) => `${titleOf(ruleId)} (${count})`).join(', ')}`]]),
      ]),
    ]),
    ...fileList('Code that belongs to no component', loose),
  ];
}

/** Code by what was found in it. */
function files({ codeFiles = [], findings, rubric }: Audit): readonly Block[] {
  if (codeFiles.length === 0) return [];
  const rulesOf = new Map<string, Set<string>>();
  for (const { ruleId, location, stage } of findings) {
    if (stage === 'preview') continue;
    rulesOf.set(location.path, (rulesOf.get(location.path) ?? new Set()).add(ruleId));
  }
  const has = (path: string, rules: readonly string[]): boolean => rules.some((rule) => rulesOf.get(path)?.has(rule));
  const broken = codeFiles.filter((path) => has(path, rubric.verdict.blockingRules));
  const unused = codeFiles.filter((path) => !broken.includes(path) && has(path, rubric.unusedFileRules ?? []));
  const rest = codeFiles.filter((path) => !broken.includes(path) && !unused.includes(path));
  const ready = rest.filter((path) => !rulesOf.has(path));
  const issues = rest.filter((path) => rulesOf.has(path));
  return [
    heading(2, 'Files'),
    paragraph('Production code in languages that are judged, by what was found in it.'),
    table(
      [
        ['State', 'left'],
        ['Files', 'right'],
      ],
      [
        ['Ready: nothing was found', String(ready.length)],
        ['With issues', String(issues.length)],
        ['Broken: cannot be compiled', String(broken.length)],
        ['Unused', String(unused.length)],
      ],
    ),
    ...fileList('Broken', broken),
    ...fileList('Unused', unused),
    ...fileList('With issues', issues),
    ...fileList('Ready', ready),
  ];
}

function fileList(title: string, paths: readonly string[]): readonly Block[] {
  if (paths.length === 0) return [];
  const shown = paths.slice(0, FILES_SHOWN).map((path): Line => [{ code: path }]);
  const more = paths.length - shown.length;
  return [heading(3, title), list(more === 0 ? shown : [...shown, [`and ${more} more`]])];
}

function checklist(audit: Audit, categories: readonly CategoryOutline[]): readonly Block[] {
  const blocking = new Set(audit.scorecard.blockers.map(({ ruleId }) => ruleId));
  const counts = ({ rule }: RuleOutline): boolean => rule.stage === 'stable' && rule.scored !== false;
  const failing = categories.flatMap((category) => category.failing).filter(counts);
  const passing = categories.flatMap((category) => category.passing).filter(counts);
  const item = ({ rule }: RuleOutline): Line => ruleTitle(rule);
  const boxes = (title: string, lead: string, rules: readonly RuleOutline[], checked: boolean): readonly Block[] =>
    rules.length === 0 ? [] : [heading(3, title), paragraph(lead), { kind: 'list', items: rules.map(item), checked }];
  return [
    heading(2, 'Checklist'),
    ...boxes(
      'Not ready',
      'Found, and in the way while it is open:',
      failing.filter(({ rule }) => blocking.has(rule.id)),
      false,
    ),
    ...boxes(
      'Needs attention',
      'Found:',
      failing.filter(({ rule }) => !blocking.has(rule.id)),
      false,
    ),
    ...boxes('Ready', 'Looked for and not found:', passing, true),
    ...section3(
      'Not judged',
      [
        ...Object.entries(audit.stats.unjudged ?? {}).map(([name, count]) => [
          `Code in ${name}: ${counted(count, 'file')}, a language that is not judged yet`,
        ]),
        ...categories.filter(isEmptyCategory).map(({ score }) => [`${score.title}: no rule found anything to judge`]),
        ...categories
          .flatMap((category) => category.undecided)
          .filter(counts)
          .map(({ rule }): Line => [...ruleTitle(rule), ': not decided from files']),
      ],
      'Neither found nor ruled out:',
    ),
  ];
}

function isEmptyCategory({ failing, passing, undecided }: CategoryOutline): boolean {
  return failing.length + passing.length + undecided.length === 0;
}

function plan(audit: Audit): readonly Block[] {
  const { immediate, shortTerm, longTerm } = actionPlan(audit.scorecard, audit.tallies, audit.rules, audit.rubric);
  const horizon = (title: string, steps: readonly PlanStep[]): readonly Block[] =>
    steps.length === 0
      ? []
      : [
          heading(3, `${title}: ${effortText(totalMinutes(steps))}`),
          list(
            steps.map((step) => stepLine(audit, step)),
            true,
          ),
        ];
  const parts = [
    ...horizon('Immediate', immediate),
    ...horizon('Short term', shortTerm),
    ...horizon('Long term', longTerm),
  ];
  if (parts.length === 0) return [];
  return [
    heading(2, 'Action plan'),
    paragraph(
      'In each part, what wins the most points for its effort comes first. Efforts are estimates by kind of rule.',
      isBesideCode(audit) ? ' What the code itself needs is not in it.' : '',
    ),
    ...parts,
  ];
}

function acceptedRisks({ accepted = [], attestations = [] }: Audit): readonly Block[] {
  if (accepted.length + attestations.length === 0) return [];
  return [
    heading(2, 'Accepted and attested'),
    ...section3(
      'Findings that comments accept',
      accepted.map(({ finding, reason, until }) => [
        { place: finding.location },
        ` ${finding.ruleId}: ${reason}`,
        until === null ? '' : ` (until ${until})`,
      ]),
    ),
    ...section3(
      'What people vouch for',
      attestations.map(({ subject, evidence, until, by, status }) => [
        `${subject}: ${evidence}, until ${until}${by === '' ? '' : `, by ${by}`} (${status})`,
      ]),
    ),
  ];
}

function appendix(audit: Audit): readonly Block[] {
  const { tool, rubric, stats, provenance, today, baseline } = audit;
  const { verdict: thresholds, caps, severityWeights } = rubric;
  const unread = new Set(Object.keys(stats.unjudged ?? {}).map((name) => name.toLowerCase()));
  const languages = Object.entries(stats.byLanguage).sort(([a], [b]) => compareText(a, b));
  const capLines = SEVERITIES.flatMap((severity) => {
    const cap = caps[severity];
    return cap === undefined ? [] : [`${severity} ${cap}`];
  });
  return [
    heading(2, 'Appendix'),
    paragraph(`Written by ${tool.name} ${tool.version}. The code was read, not run.`),
    list([
      [`Rubric: ${rubric.title} (`, { code: rubric.id }, ')'],
      [`Grades, by lowest score: ${rubric.grades.map(({ grade, min }) => `${grade} ${min}`).join(', ')}`],
      [`Weight of a rule by severity: ${SEVERITIES.map((name) => `${name} ${severityWeights[name]}`).join(', ')}`],
      [`Highest category score with an open finding: ${capLines.length === 0 ? 'no limit' : capLines.join(', ')}`],
      [
        `READY from ${thresholds.ready} without blockers and conditions, with conditions from ${thresholds.conditional}`,
      ],
      ...(provenance === undefined
        ? []
        : [
            ['Commit: ', provenance.commit === null ? 'not known' : { code: provenance.commit }],
            [
              'Rule set: ',
              { code: provenance.rules },
              ', rubric: ',
              { code: provenance.rubric },
              ', configuration: ',
              { code: provenance.configuration },
            ],
          ]),
      ...(today == null ? [] : [[`Suppressions and attestations as of ${today}`]]),
      ...(baseline === undefined
        ? []
        : [[`Baseline: ${baseline.known} known, ${baseline.fresh.length} new, ${baseline.gone} gone`]]),
    ] as readonly Line[]),
    ...section3(
      'Files read',
      languages.map(([language, count]) => [
        `${language}: ${count}${unread.has(language) ? ', not judged as code yet' : ''}`,
      ]),
    ),
    ...section3(
      'Files skipped',
      stats.skipped.map(({ path, reason }) => [path, `: ${reason}`]),
    ),
  ];
}

function totalEffort({ scorecard, tallies, rules, rubric }: Audit): Minutes {
  const { immediate, shortTerm, longTerm } = actionPlan(scorecard, tallies, rules, rubric);
  return [immediate, shortTerm, longTerm].map(totalMinutes).reduce<Minutes>(addMinutes, [0, 0]);
}

// --- small parts ----------------------------------------------------------------------------------------------------

function heading(level: 1 | 2 | 3, text: string): Block {
  return { kind: 'heading', level, text: [text] };
}

function numbered(level: 2 | 3, number: number, text: string): Block {
  return { kind: 'heading', level, text: [{ authored: `${number}.` }, ` ${text}`] };
}

function paragraph(...text: readonly Inline[]): Block {
  return { kind: 'paragraph', text };
}

function list(items: readonly Line[], ordered = false): Block {
  return { kind: 'list', items, ordered };
}

function table(
  columns: readonly (readonly [title: string, align: 'left' | 'center' | 'right'])[],
  rows: Table['rows'],
): Extract<Block, { kind: 'table' }> {
  return { kind: 'table', table: { columns: columns.map(([title, align]) => ({ title, align })), rows } };
}

/** A sentence and a list, or nothing for an empty list. */
function titledList(title: Line, items: readonly Line[], ordered = false, end = ''): readonly Block[] {
  if (items.length === 0) return [];
  return [paragraph(...title), list(items, ordered), ...(end === '' ? [] : [paragraph(end)])];
}

function section3(title: string, items: readonly Line[], lead = ''): readonly Block[] {
  if (items.length === 0) return [];
  return [heading(3, title), ...(lead === '' ? [] : [paragraph(lead)]), list(items)];
}

function ruleTitle(rule: { readonly id: string; readonly title: string }): Line {
  return [`${rule.title} (`, { code: rule.id }, ')'];
}

function ruleName(audit: Audit, ruleId: string): Line {
  return ruleTitle(audit.rules.find(({ id }) => id === ruleId) ?? { id: ruleId, title: ruleId });
}
