/** What to do about a rule's findings, for readers who want to hear of the languages that the findings are in. */
import { languageOf } from '../engine/roles.ts';
import type { LanguageId } from '../model/file.ts';
import type { Finding } from '../model/finding.ts';
import type { RuleDocs } from '../rulekit/rule.ts';
import type { AuditRule } from './audit.ts';

const NAMES: Readonly<Partial<Record<LanguageId, string>>> = { go: 'Go', python: 'Python' };

function entriesOf({ howToFixIn = {} }: RuleDocs): readonly (readonly [language: string, text: string])[] {
  return Object.entries(howToFixIn);
}

/** What to do about those of the findings that are of the rule, with what is to be said of their languages, or of all. */
export function adviceOn({ id, docs }: AuditRule, findings: readonly Finding[]): string {
  const own = findings.filter(({ ruleId }) => ruleId === id);
  const languages = new Set<string | null>(own.map(({ location }) => languageOf(location.path)));
  const entries = entriesOf(docs);
  const matching = entries.filter(([language]) => languages.has(language));
  const shown = matching.length > 0 || docs.howToFix !== '' ? matching : entries;
  const texts = shown.map(([language, text]) => (shown.length === 1 ? text : `${nameOf(language)}: ${text}`));
  return [docs.howToFix, ...texts].filter((text) => text !== '').join(' ');
}

/** The advice for all languages as paragraphs. */
export function adviceParagraphs(docs: RuleDocs): string {
  const texts = entriesOf(docs).map(([language, text]) => `**${nameOf(language)}:** ${text}`);
  return [docs.howToFix, ...texts].filter((text) => text !== '').join('\n\n');
}

function nameOf(language: string): string {
  return NAMES[language as LanguageId] ?? language;
}
