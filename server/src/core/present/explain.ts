/**
 * What a finding and its rule mean, for people who are about to mend them: the hover text, and the rule page of the editor.
 * Structurally the protocol's types, which the core may not import. Texts of the repository are escaped in Markdown and
 * are data everywhere else; nothing is scored here that the scorer does not say.
 */
import { suppressionComment } from '../engine/suppressions.ts';
import type { LanguageId } from '../model/file.ts';
import type { Finding, Location, Range, RuleTally } from '../model/finding.ts';
import type { Severity } from '../model/verdict.ts';
import { criterionOf, displayScore, scoreWorkspace } from '../score/score.ts';
import { adviceOn, adviceParagraphs } from './advice.ts';
import { type Audit, type AuditRule, sortFindings } from './audit.ts';
import { highlight, type Token } from './highlight.ts';
import { CONFIDENCE_TEXT, cweNumber, FIX_TEXT, type RuleExample, type RuleExamples } from './ruleDoc.ts';
import { counted, markdownText, placeText, plainText, pointsText } from './text.ts';

/** Findings of a rule that its page lists. */
const PLACES_SHOWN = 50;
/** Places beside a finding that its hover names. */
const RELATED_SHOWN = 5;

// --- text with little markup ----------------------------------------------------------------------------------------

export interface TextPart {
  readonly text: string;
  readonly style?: 'code' | 'strong';
}

/** The little Markdown that rules are written in, as pieces: code spans and strong text. */
export function richText(authored: string): readonly TextPart[] {
  return authored
    .replace(/\s+/g, ' ')
    .trim()
    .split(/(`[^`]+`|\*\*[^*]+\*\*)/)
    .filter((part) => part !== '')
    .map((part): TextPart => {
      if (/^`.+`$/.test(part)) return { text: part.slice(1, -1), style: 'code' };
      if (/^\*\*.+\*\*$/.test(part)) return { text: part.slice(2, -2), style: 'strong' };
      return { text: part };
    });
}

// --- points ---------------------------------------------------------------------------------------------------------

export type Scored = Pick<Audit, 'scorecard' | 'tallies' | 'rules' | 'rubric'>;

/** What a rule costs and what mending brings, in sentences. `finding`: one of its findings, to speak of it alone. */
export function stakes(audit: Scored, rule: AuditRule, finding?: Pick<Finding, 'severity'>): readonly string[] {
  if (rule.stage === 'preview') return ['A preview rule: it is not in the score.'];
  if (rule.scored === false) return ['It is not in the score.'];
  const { scorecard } = audit;
  const id = criterionOf(rule, audit.rubric)?.id;
  const category = scorecard.categories.find((each) => each.id === id);
  if (category === undefined || category.score === null) return [];
  const cost = category.ledger.find(({ ruleId }) => ruleId === rule.id);
  const title = plainText(category.title);
  const state = `${title} is at ${displayScore(category.score)} of 100`;
  if (cost === undefined) return [`${state}; this rule costs nothing.`];
  const cap = category.cap?.ruleId === rule.id ? category.cap : null;
  return [
    `${state}; this rule costs ${pointsText(cost.categoryPoints)} points there and ${pointsText(cost.overallPoints)} of the overall score.`,
    ...(cap === null ? [] : [`Its open ${cap.severity} finding caps ${title} at ${cap.limit}.`]),
    ...gainSentences(audit, rule, finding),
  ];
}

function gainSentences(audit: Scored, rule: AuditRule, finding?: Pick<Finding, 'severity'>): readonly string[] {
  const tally = audit.tallies.find(({ ruleId }) => ruleId === rule.id);
  const now = audit.scorecard.score;
  if (tally === undefined || tally.fail === 0 || now === null) return [];
  const gain = (mended: RuleTally): number => {
    const tallies = audit.tallies.map((each) => (each === tally ? mended : each));
    return (scoreWorkspace(tallies, audit.rules, audit.rubric).score ?? now) - now;
  };
  const none: Record<Severity, number> = { critical: 0, high: 0, medium: 0, low: 0 };
  const all = gain({ ...tally, pass: tally.pass + tally.fail, fail: 0, failBySeverity: none });
  const worth = (points: number): string => `${pointsText(points)} points overall`;
  if (tally.fail === 1 || finding === undefined) {
    const what = tally.fail === 1 ? 'Mending it' : `Mending all ${tally.fail} findings`;
    return [all < 0.05 ? `${what} changes the score only together with others.` : `${what} brings ${worth(all)}.`];
  }
  const open = tally.failBySeverity[finding.severity];
  const one = gain({
    ...tally,
    pass: tally.pass + 1,
    fail: tally.fail - 1,
    failBySeverity: { ...tally.failBySeverity, [finding.severity]: Math.max(0, open - 1) },
  });
  return [
    one < 0.05
      ? `Mending all ${tally.fail} findings brings ${worth(all)}; this one alone changes nothing yet.`
      : `Mending this one brings ${worth(one)}, all ${tally.fail} findings ${pointsText(all)}.`,
  ];
}

// --- hover ----------------------------------------------------------------------------------------------------------

/** Addresses that a hover may link to. */
export interface HoverLinks {
  /** URI of the rule's page. */
  rule(ruleId: string): string;
  /** URI of a place. */
  place(location: Location): string;
}

/**
 * Why a finding matters, what it costs, how to mend it and what shows it, as Markdown. The editor shows the message itself
 * above it. `audit`: null while there is no result of the workspace yet.
 */
export function hoverMarkdown(finding: Finding, rule: AuditRule, audit: Scored | null, links: HoverLinks): string {
  const tally = audit?.tallies.find(({ ruleId }) => ruleId === rule.id);
  const facts = [finding.severity, finding.confidence, ...(finding.stage === 'preview' ? ['preview'] : [])];
  const related = finding.related.slice(0, RELATED_SHOWN).map(({ location, message }) => {
    return `- [${markdownText(placeText(location))}](<${links.place(location)}>) ${markdownText(message)}`;
  });
  const more = finding.related.length - related.length;
  const share =
    tally === undefined
      ? []
      : [`- It passes at ${tally.pass} of ${counted(tally.pass + tally.fail, 'place')} in this workspace`];
  const evidence = [...related, ...(more > 0 ? [`- and ${counted(more, 'more place')}`] : []), ...share];
  const atStake = audit === null ? [] : stakes(audit, rule, finding);
  return [
    `**${markdownText(rule.title)}** · ${facts.join(' · ')}`,
    `**Why:** ${authored(rule.docs.why)}`,
    ...(atStake.length === 0 ? [] : [`**At stake:** ${atStake.map(markdownText).join(' ')}`]),
    `**Fix:** ${authored(adviceOn(rule, [finding]))}`,
    ...(evidence.length === 0 ? [] : [`**Evidence:**\n${evidence.join('\n')}`]),
    `[Explain ${rule.id}](<${links.rule(rule.id)}>)`,
  ].join('\n\n');
}

function authored(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

// --- rule page ------------------------------------------------------------------------------------------------------

export interface PlaceItem {
  readonly label: string;
  readonly text: string;
  readonly severity: Severity;
  readonly uri: string;
  readonly range: Range;
}

export interface CodeLine {
  readonly number: number;
  readonly tokens: readonly (Token & { readonly marked: boolean })[];
  /** What is reported on the line, each with its severity. */
  readonly notes: readonly { readonly severity: string; readonly text: string }[];
}

export interface CodeExample {
  readonly title: string;
  readonly tone: 'failing' | 'passing';
  readonly name: string;
  readonly lines: readonly CodeLine[];
  readonly isCut: boolean;
}

export interface RulePage {
  readonly ruleId: string;
  readonly title: string;
  readonly facts: readonly { readonly label: string; readonly value: string }[];
  /** What a reader should know first; '' for nothing. */
  readonly notice: string;
  readonly sections: readonly { readonly title: string; readonly text: readonly TextPart[] }[];
  readonly here: {
    readonly title: string;
    readonly sentences: readonly string[];
    readonly places: readonly PlaceItem[];
    /** How many places are not listed; '' for none. */
    readonly more: string;
  };
  readonly examples: readonly CodeExample[];
  readonly settings: {
    readonly title: string;
    readonly sentences: readonly (readonly TextPart[])[];
    /** What to write into the configuration file. */
    readonly snippet: string;
  };
  readonly references: readonly { readonly label: string; readonly uri: string }[];
}

/** Where the severity of a rule comes from. */
export interface RuleLevel {
  readonly level: Severity | 'off';
  /** '' when it is the default. */
  readonly setBy: '' | 'file' | 'editor';
}

export interface RulePageOptions {
  readonly examples: RuleExamples;
  readonly level: RuleLevel;
  /** Name of the configuration file. */
  readonly configurationFile: string;
  toUri(path: string): string;
}

/** The page of a rule. `audit`: null while there is no result of the workspace yet. */
export function rulePage(rule: AuditRule, audit: Audit | null, options: RulePageOptions): RulePage {
  const { examples } = options;
  return {
    ruleId: rule.id,
    title: rule.title,
    facts: [
      { label: 'Rule', value: rule.id },
      { label: 'Category', value: rule.category },
      { label: 'Severity', value: options.level.level },
      { label: 'Confidence', value: rule.confidence },
      { label: 'Quick fix', value: FIX_TEXT[rule.fix] },
    ],
    notice:
      rule.stage === 'preview' ? 'A preview rule: its findings are shown, and never part of score or verdict.' : '',
    sections: [
      { title: 'What it finds', text: richText(rule.docs.what) },
      { title: 'Why it matters', text: richText(rule.docs.why) },
      { title: 'How to fix it', text: richText(adviceParagraphs(rule.docs)) },
      { title: 'How sure it is', text: richText(CONFIDENCE_TEXT[rule.confidence]) },
    ],
    here: inThisWorkspace(rule, audit, options),
    examples: [
      ...examples.failing.map((example) => codeExample('Reported', 'failing', example)),
      ...examples.passing.map((example) => codeExample('Not reported', 'passing', example)),
    ],
    settings: settingsOf(rule, options),
    references: rule.docs.refs.map(reference),
  };
}

function inThisWorkspace(rule: AuditRule, audit: Audit | null, { level, toUri }: RulePageOptions): RulePage['here'] {
  const title = 'In this workspace';
  if (level.level === 'off') return { title, sentences: ['The rule is turned off.'], places: [], more: '' };
  const tally = audit?.tallies.find(({ ruleId }) => ruleId === rule.id);
  if (audit === null || tally === undefined)
    return { title, sentences: ['There is no result yet.'], places: [], more: '' };
  const findings = sortFindings(audit.findings.filter(({ ruleId }) => ruleId === rule.id));
  const { pass, fail, unknown } = tally;
  const sentence =
    pass + fail + unknown === 0
      ? 'It found nothing to judge here.'
      : fail === 0 && pass === 0
        ? `Files alone cannot decide it, at ${counted(unknown, 'place')}.`
        : `${counted(fail, 'finding')}; it passes at ${pass} of ${counted(pass + fail, 'place')}.`;
  const more = findings.length - PLACES_SHOWN;
  return {
    title,
    sentences: [sentence, ...(pass + fail === 0 ? [] : stakes(audit, rule))],
    places: findings.slice(0, PLACES_SHOWN).map((finding) => placeItem(finding, toUri)),
    more: more > 0 ? `and ${counted(more, 'more finding')}` : '',
  };
}

/** A finding as a row that leads to its place. */
export function placeItem({ location, message, severity }: Finding, toUri: (path: string) => string): PlaceItem {
  return {
    label: plainText(placeText(location)),
    text: plainText(message),
    severity,
    uri: toUri(location.path),
    range: location.range,
  };
}

function settingsOf(rule: AuditRule, { level, configurationFile }: RulePageOptions): RulePage['settings'] {
  const origin =
    level.setBy === ''
      ? 'That is the default.'
      : `Set ${level.setBy === 'file' ? `in \`${configurationFile}\`` : 'in the settings of the editor'}; the default is ${rule.severity}.`;
  const comment = suppressionComment('example.go', 'go' as LanguageId, rule.id, 'line');
  return {
    title: 'Settings',
    sentences: [
      `Severity: **${level.level}**. ${origin}`,
      `To change it, write \`critical\`, \`high\`, \`medium\`, \`low\` or \`off\` into \`${configurationFile}\`, which the command line reads as well, or into the setting \`shipworthy.rules\`, which comes first:`,
      ...(rule.stage === 'preview' ? ['Preview rules are shown while `shipworthy.previewRules` is on.'] : []),
      rule.suppressible === false
        ? 'No comment accepts a finding of this rule.'
        : `To accept a single finding, with a reason: \`${comment ?? ''}…\``,
    ].map(richText),
    snippet: JSON.stringify({ rules: { [rule.id]: level.level === 'off' ? rule.severity : 'off' } }, null, 2),
  };
}

function codeExample(title: string, tone: CodeExample['tone'], example: RuleExample): CodeExample {
  const tokens = highlight(example.language, example.lines);
  return {
    title,
    tone,
    name: example.name,
    isCut: example.isCut,
    lines: example.lines.map((_, index): CodeLine => {
      const notes = example.notes.filter(({ line }) => line === index);
      return {
        number: index + 1,
        tokens: marked(tokens[index] ?? [], notes),
        notes: notes.map(({ severity, message }) => ({ severity, text: message })),
      };
    }),
  };
}

/** The pieces of a line, cut where a note begins or ends. */
function marked(tokens: readonly Token[], notes: RuleExample['notes']): CodeLine['tokens'] {
  const result: CodeLine['tokens'][number][] = [];
  let at = 0;
  for (const { text, kind } of tokens) {
    const end = at + text.length;
    const cuts = notes.flatMap(({ start, end: last }) => [start, last]).filter((cut) => cut > at && cut < end);
    const edges = [at, ...new Set(cuts.sort((a, b) => a - b)), end];
    for (let i = 0; i + 1 < edges.length; i++) {
      const [from, to] = [edges[i]!, edges[i + 1]!];
      const isMarked = notes.some(({ start, end: last }) => start <= from && to <= last);
      result.push({ text: text.slice(from - at, to - at), kind, marked: isMarked });
    }
    at = end;
  }
  return result;
}

function reference(ref: string): { readonly label: string; readonly uri: string } {
  const cwe = cweNumber(ref);
  if (cwe !== null) return { label: ref, uri: `https://cwe.mitre.org/data/definitions/${cwe}.html` };
  return { label: plainText(ref), uri: /^https:\/\/\S+$/.test(ref) ? ref : '' };
}
