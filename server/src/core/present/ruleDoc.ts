/**
 * The page of a rule as Markdown, for hovers, docs/rules and SARIF help. A rule's own texts are Markdown by its author
 * and taken as they are; it never contains text of a judged repository.
 */
import type { Json } from '../model/json.ts';
import { adviceParagraphs } from './advice.ts';
import type { AuditRule } from './audit.ts';
import { plainText } from './text.ts';

/** A finding in an example. */
export interface ExampleNote {
  /** Line of the example, from 0, and UTF-16 columns in it. */
  readonly line: number;
  readonly start: number;
  readonly end: number;
  readonly severity: string;
  readonly message: string;
}

export interface RuleExample {
  /** Language of the code fence. */
  readonly language: string;
  /** Path of the file in the example. */
  readonly name: string;
  readonly lines: readonly string[];
  /** The file goes on before or behind these lines. */
  readonly isCut: boolean;
  readonly notes: readonly ExampleNote[];
}

export interface RuleExamples {
  readonly failing: readonly RuleExample[];
  readonly passing: readonly RuleExample[];
}

export const FIX_TEXT: Readonly<Record<AuditRule['fix'], string>> = {
  none: 'no quick fix',
  sometimes: 'a quick fix for some findings',
  always: 'a quick fix for every finding',
};

export const CONFIDENCE_TEXT: Readonly<Record<AuditRule['confidence'], string>> = {
  certain: 'The code alone proves the defect.',
  likely: 'The code shows the defect unless something outside of it makes up for it.',
  heuristic: 'A guess from names and shapes: it lowers the score, but never caps a category or blocks the verdict.',
};

export const NO_EXAMPLES: RuleExamples = { failing: [], passing: [] };

/** The whole page, ending in a line break. */
export function ruleDocument(rule: AuditRule, examples: RuleExamples = NO_EXAMPLES): string {
  const sections = [
    `# ${rule.title}`,
    `\`${rule.id}\` · ${rule.category} · ${rule.severity} · ${rule.confidence} · ${FIX_TEXT[rule.fix]}`,
    ...(rule.stage === 'preview' ? ['**Preview**: shown on request, and never part of score or verdict.'] : []),
    section('What it finds', rule.docs.what),
    section('Why it matters', rule.docs.why),
    section('How to fix it', adviceParagraphs(rule.docs)),
    ...optionSection(rule.options),
    ...exampleSection('Reported', examples.failing),
    ...exampleSection('Not reported', examples.passing),
    section('How sure it is', CONFIDENCE_TEXT[rule.confidence]),
    ...(rule.docs.refs.length === 0
      ? []
      : [section('References', rule.docs.refs.map((ref) => `- ${reference(ref)}`).join('\n'))]),
  ];
  return `${sections.join('\n\n')}\n`;
}

/** The number of a reference such as "CWE-362", or `null`. */
export function cweNumber(ref: string): string | null {
  return /^CWE-(\d+)$/.exec(ref)?.[1] ?? null;
}

function section(title: string, body: string): string {
  return `## ${title}\n\n${body.trim()}`;
}

function exampleSection(title: string, examples: readonly RuleExample[]): readonly string[] {
  return examples.length === 0 ? [] : [section(title, examples.map(codeBlock).join('\n\n'))];
}

/** The code, with a comment below each line that has a finding. */
/** Each option on a line, with its default. */
function optionSection(options: AuditRule['options']): readonly string[] {
  if (options === undefined) return [];
  const { properties = {} } = options.schema as {
    readonly properties?: Readonly<Record<string, { readonly description?: string }>>;
  };
  const defaults = options.default as Readonly<Record<string, Json>>;
  const lines = Object.entries(properties).map(([name, { description = '' }]) => {
    return `- \`${name}\` (default \`${JSON.stringify(defaults[name] ?? null)}\`)${description === '' ? '' : `: ${description}`}`;
  });
  return lines.length === 0 ? [] : [section('Options', lines.join('\n'))];
}

function codeBlock({ language, lines, isCut, notes }: RuleExample): string {
  const comment = SLASH_LANGUAGES.has(language) ? '//' : '#';
  const shown = lines.flatMap((line, index) => [
    line,
    ...notes.filter((note) => note.line === index).map((note) => noteLine(line, note, comment)),
  ]);
  const code = [...shown, ...(isCut ? ['...'] : [])].join('\n');
  const longestRun = Math.max(2, ...[...code.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longestRun + 1);
  return `${fence}${language}\n${code}\n${fence}`;
}

const SLASH_LANGUAGES: ReadonlySet<string> = new Set(['go', 'gomod', 'rust', 'typescript', 'javascript']);

/** Carets under what a finding is about; the comment stands in the first columns, as wide as the blanks it replaces. */
function noteLine(line: string, { start, end, severity, message }: ExampleNote, comment: string): string {
  const indent = line.slice(0, start).replace(/[^\t]/g, ' ');
  const carets = '^'.repeat(Math.max(1, end - start));
  const free = indent.startsWith('\t') ? indent : indent.slice(comment.length);
  return `${comment}${free === '' ? ' ' : free}${carets} ${severity}: ${message}`;
}

function reference(ref: string): string {
  const cwe = cweNumber(ref);
  if (cwe !== null) return `[${ref}](https://cwe.mitre.org/data/definitions/${cwe}.html)`;
  return /^https:\/\/\S+$/.test(ref) ? `<${ref}>` : plainText(ref);
}
