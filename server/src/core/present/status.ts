/**
 * The texts of status bar, badge and view header. Structurally the `StatusParams` of the protocol, which the core may
 * not import. It decides no state; it words the one it is given.
 */
import { displayScore, type RuleInfo } from '../score/score.ts';
import type { GatingRule, Scorecard } from '../score/types.ts';
import { counted, markdownCell, markdownText, percentText } from './text.ts';

export type StatusState = 'starting' | 'scanning' | 'ready' | 'disabled' | 'empty' | 'noFolder' | 'error';

export interface StatusInput {
  readonly state: StatusState;
  /** Shown with `error`. */
  readonly message?: string;
  /** `null` while there is no result. */
  readonly scorecard: Scorecard | null;
  /** How it stood before the present edits. */
  readonly before?: Scorecard | null;
  /** For the titles of blockers. */
  readonly rules: readonly Pick<RuleInfo, 'id' | 'title'>[];
  readonly revision: number;
}

export interface StatusModel {
  readonly state: StatusState;
  readonly message?: string;
  readonly statusText: string;
  readonly statusTooltip: string;
  readonly statusAccessibility: string;
  readonly viewDescription: string;
  readonly badge: number;
  readonly badgeTooltip: string;
  readonly revision: number;
}

/** What is shown instead of a score, and the sentence that explains it. */
const WITHOUT_SCORE: Readonly<Record<StatusState, { readonly text: string; readonly sentence: string }>> = {
  starting: { text: 'Starting', sentence: 'The first scan has not finished.' },
  scanning: { text: 'Scanning', sentence: 'The scan has no result yet.' },
  ready: { text: 'Not rated', sentence: 'No rule found anything to judge.' },
  disabled: { text: 'Off', sentence: 'Analysis is turned off in the settings.' },
  empty: { text: 'Nothing to rate', sentence: 'The workspace holds no file that can be judged.' },
  noFolder: { text: 'No folder', sentence: 'Open a folder to see whether it is fit to ship.' },
  error: { text: 'Error', sentence: 'Analysis stopped with an error.' },
};

export function presentStatus(input: StatusInput): StatusModel {
  const { state, message, revision } = input;
  const base = { state, revision, ...(message === undefined ? {} : { message }) };
  const scorecard = state === 'ready' || state === 'scanning' ? input.scorecard : null;
  if (scorecard === null || scorecard.score === null) {
    const { text, sentence } = WITHOUT_SCORE[state];
    const isPartly = scorecard?.categories.some(({ score }) => score !== null) === true;
    const reason = state === 'ready' && isPartly ? 'Too little of the code is in languages that are judged.' : sentence;
    const explanation = state === 'error' && message !== undefined ? message : reason;
    return {
      ...base,
      statusText: text,
      statusTooltip: markdownText(explanation),
      statusAccessibility: `Production readiness: ${text}. ${explanation}`,
      viewDescription: text,
      ...badge(scorecard?.blockers ?? []),
    };
  }
  const score = displayScore(scorecard.score);
  const progress = state === 'scanning' ? 'Still scanning.' : '';
  const change = state === 'ready' ? changeText(input.before ?? null, scorecard) : '';
  return {
    ...base,
    statusText: `${scorecard.grade} ${score}${state === 'scanning' ? '…' : ''}${change === '' ? '' : ` · ${change}`}`,
    statusTooltip: [progress, scorecardMarkdown(scorecard, input.rules)].filter(Boolean).join('\n\n'),
    statusAccessibility: [
      `Production readiness: ${scorecardSentence(scorecard)}.`,
      change === '' ? '' : `Changed by the last edit: ${change.replace('→', 'to')}.`,
      progress,
    ]
      .filter(Boolean)
      .join(' '),
    viewDescription: `${scorecard.grade} · ${score} · ${change || scorecard.verdict}`,
    ...badge(scorecard.blockers),
  };
}

/** The category that changed the most, such as "Security 75 → 84"; '' when none shows another score. */
function changeText(before: Scorecard | null, now: Scorecard): string {
  let most = 0;
  let text = '';
  for (const { id, title, score } of now.categories) {
    const then = before?.categories.find((each) => each.id === id)?.score ?? null;
    if (score === null || then === null) continue;
    const [from, to] = [displayScore(then), displayScore(score)];
    if (Math.abs(to - from) <= most) continue;
    most = Math.abs(to - from);
    text = `${title} ${from} → ${to}`;
  }
  return text;
}

/** The scorecard for a tooltip: headline, table of categories, what decides the verdict. */
export function scorecardMarkdown(scorecard: Scorecard, rules: StatusInput['rules']): string {
  const headline =
    scorecard.score === null
      ? `**${scorecard.verdict}**`
      : `**${markdownText(scorecard.grade ?? '')} ${displayScore(scorecard.score)}** of 100 · **${scorecard.verdict}**`;
  const rows = scorecard.categories.map(({ title, grade, score, weight, findings }) => {
    const cells = [title, grade ?? '–', score === null ? 'Not rated' : String(displayScore(score))];
    return `| ${[...cells, String(weight), String(findings)].map(markdownCell).join(' | ')} |`;
  });
  const table = ['| Category | Grade | Score | Weight | Findings |', '| :-- | :-: | --: | --: | --: |', ...rows].join(
    '\n',
  );
  return [
    headline,
    table,
    ...gatingList('Blocks shipping:', scorecard.blockers, rules),
    ...gatingList('Stands against plain READY:', scorecard.conditions, rules),
    `Evidence in files decided ${percentText(scorecard.confidence)} of what applies.`,
  ].join('\n\n');
}

/** One sentence without its full stop, for screen readers. */
export function scorecardSentence(scorecard: Scorecard): string {
  const rating =
    scorecard.score === null ? 'not rated' : `grade ${scorecard.grade}, score ${displayScore(scorecard.score)} of 100`;
  const blocking = findingsOf(scorecard.blockers);
  return [rating, `verdict ${scorecard.verdict.toLowerCase()}`, ...(blocking > 0 ? [blockerText(blocking)] : [])].join(
    ', ',
  );
}

/** A heading and a list of gating rules as Markdown blocks; nothing for no rules. */
function gatingList(heading: string, gating: readonly GatingRule[], rules: StatusInput['rules']): readonly string[] {
  if (gating.length === 0) return [];
  const lines = gating.map(({ ruleId, findings }) => {
    const title = rules.find((rule) => rule.id === ruleId)?.title ?? ruleId;
    return `- ${markdownText(title)}: ${counted(findings, 'finding')}`;
  });
  return [heading, lines.join('\n')];
}

function badge(blockers: readonly GatingRule[]): Pick<StatusModel, 'badge' | 'badgeTooltip'> {
  const findings = findingsOf(blockers);
  return { badge: findings, badgeTooltip: findings === 0 ? '' : blockerText(findings) };
}

function blockerText(findings: number): string {
  return `${counted(findings, 'finding')} ${findings === 1 ? 'blocks' : 'block'} shipping`;
}

function findingsOf(gating: readonly GatingRule[]): number {
  return gating.reduce((total, { findings }) => total + findings, 0);
}
