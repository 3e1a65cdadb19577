/**
 * The audit for a terminal: findings by file, then what stands at the end because it is what a reader sees first: grades,
 * what changed, the verdict and the next steps. Text of the repository cannot move the cursor, change colours or break
 * lines; colours come from the caller's `paint` alone and never carry meaning alone.
 */
import type { Finding } from '../model/finding.ts';
import { SEVERITIES, type Severity } from '../model/verdict.ts';
import { cheapestWay } from '../score/plan.ts';
import { displayScore } from '../score/score.ts';
import type { GatingRule, MustHaveStatus, VerdictName } from '../score/types.ts';
import { type Audit, isBesideCode, scoreReason, sortFindings, unratedReason } from './audit.ts';
import { changeCounts, dayOf, pointName, scoreChange, shortCommit } from './history.ts';
import type { Changes, PastAudits, PastFinding, TrendPoint } from './past.ts';
import { counted, effortText, namesOf, percentText, plainText, pointsText } from './text.ts';

/** Colours by meaning: each takes printable text and returns it with whatever the terminal needs around it. */
export interface Paint {
  readonly strong: (text: string) => string;
  readonly muted: (text: string) => string;
  readonly good: (text: string) => string;
  readonly warning: (text: string) => string;
  readonly bad: (text: string) => string;
}

const asIs = (text: string): string => text;

/** No colours: for files, pipes and NO_COLOR. */
export const PLAIN_PAINT: Paint = { strong: asIs, muted: asIs, good: asIs, warning: asIs, bad: asIs };

const ansi = (code: number) => (text: string) => `\u001b[${code}m${text}\u001b[0m`;

/** The sixteen colours of every terminal, so that the reader's theme decides how they look. */
export const ANSI_PAINT: Paint = { strong: ansi(1), muted: ansi(2), good: ansi(32), warning: ansi(33), bad: ansi(31) };

/** What is written to. */
export interface Terminal {
  readonly paint: Paint;
  /** Columns; null: lines are never broken, so that each finding stays on one. */
  readonly width: number | null;
  /** Lists every finding, also the hundredth of a rule that is of little weight. */
  readonly all: boolean;
}

export const PLAIN_TERMINAL: Terminal = { paint: PLAIN_PAINT, width: null, all: false };

const SEVERITY_PAINT: Readonly<Record<Severity, keyof Paint>> = {
  critical: 'bad',
  high: 'bad',
  medium: 'warning',
  low: 'muted',
};

const VERDICT_PAINT: Readonly<Record<VerdictName, keyof Paint>> = {
  READY: 'good',
  'READY WITH CONDITIONS': 'warning',
  'NOT READY': 'bad',
  'NOT RATED': 'muted',
};

const MUST_HAVE: Readonly<Record<MustHaveStatus, readonly [mark: string, paint: keyof Paint, text: string]>> = {
  met: ['✓', 'good', 'met'],
  attested: ['✓', 'good', 'attested'],
  open: ['✗', 'bad', 'open'],
  unknown: ['?', 'warning', 'not decided from files'],
  'not-judged': ['?', 'muted', 'nothing to judge it by'],
};

const BAR_CELLS = 20;
/** Findings of a rule that are listed; those that are high or worse always are. */
const LISTED = 10;
/** Steps, changes and the like that are listed. */
const LINES_SHOWN = 8;
/** Components and files that are listed. */
const ROWS_SHOWN = 20;
/** A message is not broken into columns narrower than that. */
const NARROWEST = 30;

/** The whole output, ending in a line break. */
export function toPrettyText(audit: Audit, terminal: Terminal = PLAIN_TERMINAL): string {
  const blocks = [
    ...findingBlocks(audit, terminal),
    ...skippedBlock(audit, terminal),
    ...componentBlock(audit, terminal),
    gradeBlock(audit, terminal),
    ...mustHaveBlock(audit, terminal),
    ...(audit.past === undefined ? [] : pastBlocks(audit.past, terminal)),
    verdictBlock(audit, terminal),
    ...nextBlock(audit, terminal),
  ];
  return `${blocks.join('\n\n')}\n`;
}

/** A history by itself: its audits, the grades of the last one, and what changed. Ends in a line break. */
export function toPrettyHistory(past: PastAudits, terminal: Terminal): string {
  const { paint } = terminal;
  const shown = past.trend.slice(-ROWS_SHOWN);
  const rows = shown.map((point, index): Cell[] => {
    const before = index === 0 ? past.trend.at(-shown.length - 1) : shown[index - 1];
    const open = SEVERITIES.flatMap((name) => (point.open[name] === 0 ? [] : [`${point.open[name]} ${name}`]));
    return [
      { text: dayOf(point) },
      { text: point.commit === null ? '–' : shortCommit(point.commit) },
      { text: point.grade ?? '' },
      { text: point.score === null ? '' : String(point.score), right: true },
      { text: before === undefined ? '' : scoreChange(before, point), right: true },
      { text: point.verdict, paint: paint[VERDICT_PAINT[point.verdict]] },
      { text: open.join(', ') || 'nothing open', paint: paint.muted },
    ];
  });
  const present = past.trend.at(-1);
  const [first] = past.trend;
  const of = (point: TrendPoint | undefined, id: string) => point?.categories.find((each) => each.id === id);
  const categories = (present?.categories ?? []).map(({ id, title, grade, score }): Cell[] => {
    const before = of(first, id)?.score ?? null;
    const change = before === null || score === null || first === present ? '' : difference(score - before);
    return [
      { text: title },
      { text: grade ?? '' },
      { text: score === null ? 'Not rated' : String(score), right: score !== null },
      { text: change, right: true },
    ];
  });
  const hidden = past.trend.length - shown.length;
  const blocks = [
    [
      paint.strong(`${counted(past.trend.length, 'audit')}  ${sparkline(past.trend)}`.trimEnd()),
      ...(hidden === 0 ? [] : [paint.muted(`  ${counted(hidden, 'earlier audit')} not listed`)]),
      ...aligned(rows, terminal),
    ].join('\n'),
    [
      paint.strong(
        past.trend.length > 1 && first !== undefined ? `Grades, and points since ${pointName(first)}` : 'Grades',
      ),
      ...aligned(categories, terminal),
    ].join('\n'),
    ...changeBlock(past.changes, terminal),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function difference(points: number): string {
  return points > 0 ? `+${points}` : points < 0 ? `−${-points}` : '±0';
}

/** One block a file: its path, then its findings with place, severity, message and rule in aligned columns. */
function findingBlocks(audit: Audit, terminal: Terminal): readonly string[] {
  const { paint } = terminal;
  const { listed, left } = chosen(sortFindings(audit.findings), terminal.all);
  const byFile = new Map<string, Finding[]>();
  for (const finding of listed) {
    const findings = byFile.get(finding.location.path);
    if (findings === undefined) byFile.set(finding.location.path, [finding]);
    else findings.push(finding);
  }
  const blocks = [...byFile].map(([path, findings]) => {
    const places = findings.map(
      ({ location }) => `${location.range.start.line + 1}:${location.range.start.character + 1}`,
    );
    const placeWidth = widest(places);
    const severityWidth = widest(findings.map(({ severity }) => severity));
    const indent = 2 + placeWidth + 2 + severityWidth + 2;
    const lines = findings.map((finding, index) => {
      const place = (places[index] ?? '').padStart(placeWidth);
      const severity = paint[SEVERITY_PAINT[finding.severity]](finding.severity.padEnd(severityWidth));
      const rule = `${finding.ruleId}${finding.stage === 'preview' ? ' (preview)' : ''}`;
      const text = wrapped(plainText(finding.message), rule, indent, terminal);
      return `  ${paint.muted(place)}  ${severity}  ${text}`;
    });
    const owners = audit.owners?.[path] ?? [];
    const owned = owners.length === 0 ? '' : `  ${paint.muted(plainText(namesOf(owners)))}`;
    return [`${paint.strong(plainText(path))}${owned}`, ...lines].join('\n');
  });
  if (left.size === 0) return blocks;
  const rows = [...left]
    .sort(([, a], [, b]) => b - a)
    .map(([rule, count]): Cell[] => [
      { text: String(count), right: true },
      { text: rule, paint: paint.muted },
    ]);
  return [...blocks, [paint.strong('More of the same, listed with --all'), ...aligned(rows, terminal)].join('\n')];
}

/** The findings that are listed, and how many others each rule has. */
function chosen(
  findings: readonly Finding[],
  all: boolean,
): { readonly listed: readonly Finding[]; readonly left: ReadonlyMap<string, number> } {
  const seen = new Map<string, number>();
  const left = new Map<string, number>();
  const listed = findings.filter(({ ruleId, severity }) => {
    if (all || severity === 'critical' || severity === 'high') return true;
    const count = (seen.get(ruleId) ?? 0) + 1;
    seen.set(ruleId, count);
    if (count <= LISTED) return true;
    left.set(ruleId, count - LISTED);
    return false;
  });
  return { listed, left };
}

/** A message and the rule behind it, broken into lines that start below its first character. */
function wrapped(message: string, rule: string, indent: number, { paint, width }: Terminal): string {
  if (width === null) return `${message}  ${paint.muted(rule)}`;
  const room = Math.max(NARROWEST, width - indent);
  const lines: string[] = [''];
  for (const word of message.split(' ')) {
    const line = lines.at(-1)!;
    if (line !== '' && line.length + 1 + word.length > room) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  const last = lines.pop()!;
  const end = last.length + 2 + rule.length > room ? [last, paint.muted(rule)] : [`${last}  ${paint.muted(rule)}`];
  return [...lines, ...end].join(`\n${' '.repeat(indent)}`);
}

function componentBlock({ components = [], owners, rubric }: Audit, terminal: Terminal): readonly string[] {
  const { paint } = terminal;
  if (components.length === 0) return [];
  const shown = components.slice(0, ROWS_SHOWN);
  const rows = shown.map(({ name, path, kind, criticality, grade, score, findings, owners: own = [] }): Cell[] => [
    { text: name === path || path === '' ? name : `${name} (${path})` },
    { text: criticality === 'critical' ? `critical ${kind}` : kind },
    { text: grade ?? '', paint: scorePaint(score, rubric, paint) },
    { text: score === null ? 'Not rated' : String(displayScore(score)), right: score !== null },
    { text: counted(findings, 'finding') },
    ...(owners === undefined ? [] : [{ text: namesOf(own) || 'no owner', paint: paint.muted, spare: true }]),
  ]);
  const hidden = components.length - shown.length;
  return [
    [
      paint.strong('Components'),
      ...aligned(rows, terminal),
      ...(hidden === 0 ? [] : [paint.muted(`  and ${hidden} more`)]),
    ].join('\n'),
  ];
}

function gradeBlock(audit: Audit, { paint, width }: Terminal): string {
  const { scorecard, rubric, accepted = [], unaccepted } = audit;
  const titles = [...scorecard.categories.map(({ title }) => plainText(title)), 'Overall'];
  const titleWidth = widest(titles);
  // Everything else on the line, so that it is not broken in a narrow terminal.
  const hasBar = width === null || width >= titleWidth + 40;
  const row = (title: string, score: number | null, grade: string | null, findings: string, strong = asIs) => {
    const name = strong(title.padEnd(titleWidth));
    if (score === null) return `  ${name}  ${paint.muted('Not rated')}`;
    const shown = displayScore(score);
    const filled = Math.floor((shown * BAR_CELLS) / 100);
    const bar = hasBar ? `  ${'█'.repeat(filled)}${paint.muted('░'.repeat(BAR_CELLS - filled))}` : '';
    const marks = scorePaint(score, rubric, paint)(plainText(grade ?? '').padEnd(2));
    return `  ${name}  ${marks}  ${String(shown).padStart(3)}${bar}${findings === '' ? '' : `  ${findings}`}`;
  };
  const rows = scorecard.categories.map(({ score, grade, findings }, index) =>
    row(titles[index] ?? '', score, grade, findings === 0 ? '' : counted(findings, 'finding')),
  );
  const with_ =
    unaccepted == null || unaccepted.score === null
      ? ''
      : `; with them: ${unaccepted.grade} (${displayScore(unaccepted.score)})`;
  return [
    paint.strong(isBesideCode(audit) ? 'Grades, without the code' : 'Grades'),
    ...rows,
    row('Overall', scorecard.score, scorecard.grade, '', paint.strong),
    ...(accepted.length === 0
      ? []
      : [paint.muted(`  ${counted(accepted.length, 'finding')} accepted by comments, not counted${with_}`)]),
  ].join('\n');
}

/** The colour that the rubric's verdict gives to a score. */
function scorePaint(score: number | null, { verdict }: Audit['rubric'], paint: Paint): (text: string) => string {
  if (score === null) return paint.muted;
  const shown = displayScore(score);
  return shown >= verdict.ready ? paint.good : shown >= verdict.conditional ? paint.warning : paint.bad;
}

function mustHaveBlock({ scorecard: { mustHaves } }: Audit, terminal: Terminal): readonly string[] {
  const { paint } = terminal;
  if (mustHaves.length === 0) return [];
  const met = mustHaves.filter(({ status }) => status === 'met' || status === 'attested').length;
  const rows = mustHaves.map(({ title, status, open }): Cell[] => {
    const [mark, colour, text] = MUST_HAVE[status];
    return [
      { text: mark, paint: paint[colour] },
      { text: title },
      { text: open.length === 0 ? text : `open: ${open.join(', ')}`, paint: paint[colour] },
    ];
  });
  return [[paint.strong(`Must-haves: ${met} of ${mustHaves.length} met`), ...aligned(rows, terminal)].join('\n')];
}

function pastBlocks({ trend, changes }: PastAudits, terminal: Terminal): readonly string[] {
  const { paint } = terminal;
  const present = trend.at(-1);
  if (present === undefined || changes === null) return [`${paint.strong('Trend')}  the first audit in the history`];
  const from = `${changes.since.score ?? 'not rated'} → ${present.score ?? 'not rated'}`;
  const line = `${paint.strong('Trend')}  ${sparkline(trend)}  ${from} (${scoreChange(changes.since, present)}) since ${pointName(changes.since)}, ${counted(trend.length, 'audit')}`;
  return [line, ...changeBlock(changes, terminal)];
}

function changeBlock(changes: Changes | null, terminal: Terminal): readonly string[] {
  const { paint, all } = terminal;
  if (changes === null) return [];
  const { since, comparable, fresh, fixed, moved, accepted } = changes;
  const kinds: readonly (readonly [name: string, colour: keyof Paint, findings: readonly PastFinding[]])[] = [
    ['new', 'bad', fresh],
    ['fixed', 'good', fixed],
    ['moved', 'muted', moved.map(({ now }) => now)],
    ['accepted', 'muted', accepted],
  ];
  const origin = new Map(moved.map(({ now, before }) => [now, `, from ${before.path}:${before.line}`]));
  const rows = kinds.flatMap(([name, colour, findings]) =>
    (all ? findings : findings.slice(0, LINES_SHOWN)).map((finding): Cell[] => [
      { text: name, paint: paint[colour] },
      { text: finding.severity },
      { text: `${finding.path}:${finding.line}` },
      { text: `${finding.rule}${origin.get(finding) ?? ''}`, paint: paint.muted },
    ]),
  );
  const hidden = kinds.reduce((total, [, , findings]) => total + findings.length, 0) - rows.length;
  return [
    [
      `${paint.strong(`Changed since ${plainText(pointName(since))}`)}  ${changeCounts(changes)}`,
      ...(comparable
        ? []
        : [paint.muted('  Rules, rubric or configuration were others then: not every change is one of the code.')]),
      ...aligned(rows, terminal),
      ...(hidden === 0 ? [] : [paint.muted(`  and ${hidden} more, listed with --all`)]),
    ].join('\n'),
  ];
}

/** A score a cell, from 0 to 100; a blank where there is none. */
function sparkline(points: readonly TrendPoint[]): string {
  const cells = '▁▂▃▄▅▆▇█';
  return points
    .slice(-ROWS_SHOWN)
    .map(({ score }) =>
      score === null ? ' ' : cells[Math.min(cells.length - 1, Math.floor((score * cells.length) / 100))],
    )
    .join('');
}

function verdictBlock(audit: Audit, terminal: Terminal): string {
  const { paint } = terminal;
  const { scorecard, rules, findings, stats } = audit;
  // Which languages are not judged stands in a line of its own.
  const reason = isBesideCode(audit) ? 'No code was judged.' : scoreReason(audit) || unratedReason(audit);
  const titleOf = new Map(rules.map(({ id, title }) => [id, title]));
  const gatingLines = (heading: string, colour: keyof Paint, gating: readonly GatingRule[]): readonly string[] =>
    gating.length === 0
      ? []
      : [
          paint[colour](heading),
          ...aligned(
            gating.map(({ ruleId, findings: open }): Cell[] => [
              { text: String(open), right: true },
              { text: titleOf.get(ruleId) ?? ruleId },
              { text: ruleId, paint: paint.muted, spare: true },
            ]),
            terminal,
          ),
        ];
  const rating =
    scorecard.score === null ? '' : `  ${paint.strong(`${scorecard.grade ?? ''} ${displayScore(scorecard.score)}`)}`;
  const scope = `${counted(findings.length, 'finding')} in ${counted(stats.files, 'file')}, ${counted(stats.lines, 'line')}`;
  const others = Object.entries(stats.unjudged ?? {}).map(
    ([name, count]) => `${plainText(name)} (${counted(count, 'file')})`,
  );
  return [
    `${paint.strong(paint[VERDICT_PAINT[scorecard.verdict]](scorecard.verdict))}${rating}  ${paint.muted(`${scope}; ${percentText(scorecard.confidence)} decided`)}`,
    ...(audit.restrictedTo == null
      ? []
      : [`Findings of ${plainText(audit.restrictedTo)} alone; the grades are those of the whole.`]),
    ...(reason === '' ? [] : [reason]),
    ...(others.length === 0 ? [] : [`Not judged as code yet, and in no grade: ${others.join(', ')}.`]),
    ...gatingLines('Blockers', 'bad', scorecard.blockers),
    ...gatingLines('Conditions', 'warning', scorecard.conditions),
  ].join('\n');
}

/** What to do next, and how long that takes. */
function nextBlock({ scorecard, tallies, rules, rubric }: Audit, terminal: Terminal): readonly string[] {
  const { paint } = terminal;
  const way = cheapestWay(scorecard, tallies, rules, rubric);
  if (way === null) return [];
  const titleOf = new Map(rules.map(({ id, title }) => [id, title]));
  const rows = way.steps
    .slice(0, LINES_SHOWN)
    .map(({ ruleId, findings, gain, minutes }): Cell[] => [
      { text: gain < 0.05 ? '' : `+${pointsText(gain)}`, right: true },
      { text: `${titleOf.get(ruleId) ?? ruleId}, ${counted(findings, 'finding')}` },
      { text: effortText(minutes) },
      { text: ruleId, paint: paint.muted, spare: true },
    ]);
  const hidden = way.steps.length - rows.length;
  return [
    [
      `${paint.strong(`Cheapest way to ${plainText(way.grade)}`)}  ${effortText(way.minutes)}, for ${displayScore(way.score)} points`,
      ...aligned(rows, terminal),
      ...(hidden === 0 ? [] : [paint.muted(`  and ${counted(hidden, 'step')} more`)]),
    ].join('\n'),
  ];
}

function skippedBlock({ stats: { skipped } }: Audit, terminal: Terminal): readonly string[] {
  const { paint, all } = terminal;
  if (skipped.length === 0) return [];
  const shown = all ? skipped : skipped.slice(0, ROWS_SHOWN);
  const rows = shown.map(({ path, reason }): Cell[] => [{ text: path }, { text: reason, paint: paint.muted }]);
  const hidden = skipped.length - shown.length;
  return [
    [
      paint.strong(`Skipped ${counted(skipped.length, 'file')}`),
      ...aligned(rows, terminal),
      ...(hidden === 0 ? [] : [paint.muted(`  and ${hidden} more, listed with --all`)]),
    ].join('\n'),
  ];
}

interface Cell {
  /** Made printable when it is written. */
  readonly text: string;
  readonly right?: boolean;
  readonly paint?: (text: string) => string;
  /** Says in other words what stands before it: left out where the terminal is too narrow for it. */
  readonly spare?: boolean;
}

/** Rows with their columns below each other, indented by two. */
function aligned(rows: readonly (readonly Cell[])[], { width: room }: Pick<Terminal, 'width'>): readonly string[] {
  const plain = rows.map((row) => row.map((cell) => ({ ...cell, text: plainText(cell.text) })));
  if (room !== null && rows.some((row) => row.some(({ spare }) => spare)) && lengthOf(plain) > room) {
    return aligned(
      rows.map((row) => row.filter(({ spare }) => spare !== true)),
      { width: room },
    );
  }
  const widths: number[] = [];
  for (const row of plain) {
    row.forEach(({ text }, column) => {
      widths[column] = Math.max(widths[column] ?? 0, text.length);
    });
  }
  return plain.map((row) => {
    // What ends a line needs no blanks behind it.
    const end = row.findLastIndex(({ text }) => text !== '');
    const cells = row.slice(0, end + 1).map(({ text, right = false, paint = asIs }, column) => {
      const width = column === end && !right ? 0 : (widths[column] ?? 0);
      return paint(right ? text.padStart(width) : text.padEnd(width));
    });
    return `  ${cells.join('  ')}`;
  });
}

/** Characters of the longest row. */
function lengthOf(rows: readonly (readonly Cell[])[]): number {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) => widest(rows.map((row) => row[column]?.text ?? '')));
  return widths.reduce((total, width) => total + 2 + width, 0);
}

function widest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map(({ length }) => length));
}
