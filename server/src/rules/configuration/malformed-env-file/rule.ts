/** Env files on whose values loaders disagree: keys that occur twice, open quotes, lines that are no entry. */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import { defineRule, type TextDetector } from '../../../core/rulekit/rule.ts';
import { type EnvDocument, type EnvEntry, parseEnv } from '../../../formats/env.ts';

/** More problems than this in one file say that it is something else: they are not worth a finding each. */
const LIMIT = 50;

function deletion(entry: EnvEntry, title: string): Fix {
  return { title, safety: 'suggestion', preferred: true, edits: [{ kind: 'replace', span: entry.lines, newText: '' }] };
}

/** Entries that a later one of the same key overrides. */
function* duplicates(text: string, document: EnvDocument): Generator<Verdict> {
  const last = new Map<string, EnvEntry>();
  for (const entry of document.entries) last.set(entry.key, entry);
  for (const entry of document.entries) {
    const winner = last.get(entry.key)!;
    if (winner === entry) continue;
    const line = text.slice(0, winner.lines.start).split(/\r\n|\r|\n/).length;
    const same = winner.value === entry.value;
    yield {
      kind: 'fail',
      subject: entry.keySpan,
      message: same ? 'repeated' : 'duplicate',
      args: { key: entry.key, line: String(line) },
      related: [{ span: winner.keySpan, message: 'Set again here.' }],
      fixes: [deletion(entry, `Delete this ${entry.key}`)],
    };
  }
}

const envFile: TextDetector = {
  text: true,
  *check(text) {
    const document = parseEnv(text);
    const verdicts: Verdict[] = [...duplicates(text, document)];
    for (const { kind, span } of document.problems) {
      if (kind === 'not-an-entry' && document.script) continue;
      if (kind === 'unclosed-quote') {
        const quote = text.charAt(span.start);
        const fix: Fix = {
          title: 'Close the quote at the end of the line',
          safety: 'suggestion',
          preferred: true,
          edits: [{ kind: 'replace', span: { start: span.end, end: span.end }, newText: quote }],
        };
        verdicts.push({ kind: 'fail', subject: span, message: 'quote', fixes: [fix] });
      } else verdicts.push({ kind: 'fail', subject: span, message: 'line' });
    }
    if (verdicts.length > 0) yield* verdicts.slice(0, LIMIT);
    else if (document.entries.length > 0) yield { kind: 'pass', subject: document.entries[0]!.keySpan };
  },
};

export const rule = defineRule({
  id: 'malformed-env-file',
  title: 'Env file with duplicate or broken entries',
  category: 'configuration',
  severity: 'low',
  confidence: 'certain',
  stage: 'stable',
  docs: {
    what: 'An env file sets a key more than once, opens a quote that it does not close, or holds a line that is neither `KEY=value` nor a comment.',
    why: 'Nothing defines what such a file means: some loaders take the first value of a key and others the last, and a quote that stays open swallows the lines that follow. The same file then configures the program differently on a laptop, in compose and under systemd.',
    howToFix: 'Keep one entry for each key, close quotes on the line where they open, and begin comments with `#`.',
    refs: ['dotenv-linter'],
  },
  messages: {
    duplicate:
      '{key} is set to another value in line {line}, and loaders disagree which one counts; delete one of them.',
    repeated: '{key} is set again in line {line}; delete one of the two.',
    quote: 'This quote is not closed, so that loaders read on into the next lines; close it.',
    line: 'This line is neither KEY=value nor a comment; write it as one of them.',
  },
  fix: 'sometimes',
  on: { env: [envFile] },
});
