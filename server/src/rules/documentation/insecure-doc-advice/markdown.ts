/**
 * Code blocks of Markdown documents, with the headings and the words around them. It looks at what a block shows and
 * whether the text around says that it is to be avoided; it does not understand sentences.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { TextDetector } from '../../../core/rulekit/rule.ts';

/** Documents that show what was wrong, or are about something else than running the program. */
const REPORT =
  /audit|finding|review|report|change_?log|history|issue|vuln|pentest|lesson|ctf|challenge|release|fix|security|hardening|contribut|develop|local|test|troubleshoot|faq|adr|decision|rfc|proposal|article|blog|tutorial|course|summary|status|complete|improvement/i;
const ASIDE =
  /develop|\bdev\b|local|debug|troubleshoot|vulnerab|audit|finding|issue|bad\b|wrong|insecure|before|problem|attack|test|faq|migrat|known|contribut|prototyp|sandbox|playground|example of/i;
const WARNING =
  /\b(?:do not|don['’]t|never|avoid|bad|wrong|insecure|unsafe|vulnerab\w*|instead of|not recommended|only (?:in|for) (?:dev|local)\w*|(?:for|in) (?:local )?development|for local|previously|not (?:be )?used|disabled by default|dangerous|risk\w*|warning|caution|incorrect|anti-?pattern|defaults?)\b|❌|⚠|✗|🚫|:warning:/i;

interface Advice {
  readonly message: string;
  readonly pattern: RegExp;
}

const ADVICE: readonly Advice[] = [
  {
    message: 'origins',
    pattern:
      /\ballow(?:ed)?_origins?\s*[=:]\s*\[?\s*["']\*["']|\bCORS_(?:ALLOW(?:ED)?_)?ORIGINS?\s*[=:]\s*["'[]*\*|\bCORS_ALLOW_ALL_ORIGINS\s*=\s*True|\bCORS_ORIGIN_ALLOW_ALL\s*=\s*True|(?:add_header|[hH]eader\s+(?:always\s+)?set|[hH]eaders?(?:\(\))?\.(?:Set|Add|set)\(|setHeader\()\s*["']?Access-Control-Allow-Origin["']?\s*[,:]?\s*["']?\*|\borigin\s*:\s*["']\*["']|\bAllow(?:ed)?Origins:\s*\[\]string\{"\*"\}|\ballow_origins?\s*:\s*\[?["']?\*["']?\]?\s*$/,
  },
  {
    message: 'verification',
    pattern:
      /\bverify\s*=\s*False\b|\bNODE_TLS_REJECT_UNAUTHORIZED\s*=\s*["']?0|\bInsecureSkipVerify:\s*true|\bPYTHONHTTPSVERIFY\s*=\s*["']?0|\bGIT_SSL_NO_VERIFY\s*=\s*(?:true|1)|http\.sslVerify\s+["']?false|\bwget\b.*--no-check-certificate|\bStrictHostKeyChecking[= ]no\b|\brejectUnauthorized:\s*false/,
  },
  { message: 'rights', pattern: /\bchmod\s+(?:-R\s+)?(?:0?777|a\+rwx|ugo\+rwx)\b/ },
  { message: 'secrets', pattern: /^\s*\$?\s*git\s+add\s+(?:-f\s+|--force\s+)?(?:\S*\/)?\.env(?:\.prod\w*)?\s*$/ },
];

/** The same settings with a value that protects. */
const SAFE =
  /\b(?:allow(?:ed)?_origins?|CORS_(?:ALLOW(?:ED)?_)?ORIGINS?)\s*[=:]\s*\[?\s*["']https:|\bchmod\s+(?:-R\s+)?0?[67][0-5]0\b/;

/** Lines of text before a block that are read. */
const LINES_BEFORE = 4;

export const markdown: TextDetector = {
  text: true,
  triggers: [
    '*',
    '777',
    'False',
    'false',
    '.env',
    'UNAUTHORIZED',
    'InsecureSkipVerify',
    'HTTPSVERIFY',
    'no-check',
    'StrictHostKey',
    'origin',
    'ORIGIN',
    'chmod',
  ],
  *check(text, ctx): Iterable<Verdict> {
    const { path } = ctx.file;
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (
      REPORT.test(name.replace(/^README/i, '')) ||
      /(?:^|\/)(?:examples?|samples?|tests?|changelogs?|blog|adr|docs\/(?:dev|contrib)\w*)\//i.test(path)
    )
      return;
    const headings: string[] = [];
    let fence = '';
    let before: string[] = [];
    let block: string[] = [];
    let offset = 0;
    for (const line of text.split('\n')) {
      const start = offset;
      offset += line.length + 1;
      const mark = /^\s*(`{3,}|~{3,})/.exec(line)?.[1];
      if (mark !== undefined) {
        if (fence === '') {
          fence = mark;
          block = [];
        } else if (mark.startsWith(fence)) {
          fence = '';
          before = [];
        }
        continue;
      }
      if (fence === '') {
        const heading = /^(#{1,6})\s+(.*)/.exec(line);
        if (heading !== null) {
          headings.length = heading[1]!.length - 1;
          headings[heading[1]!.length - 1] = heading[2]!;
          before = [];
        } else if (line.trim() !== '') before = [...before, line].slice(-LINES_BEFORE);
        continue;
      }
      const found = ADVICE.find(({ pattern }) => pattern.test(line));
      const words = [...before, ...block.slice(-2).filter((item) => /^\s*(?:#|\/\/|--)/.test(item)), line].join(' ');
      block.push(line);
      if (found === undefined && SAFE.test(line))
        yield { kind: 'pass', subject: { start, end: start + line.trimEnd().length } };
      if (found === undefined || /^\s*[-+<]\s?(?!-)/.test(line.replace(/^\s*- (?=\w+[=:])/, ''))) continue;
      // A comment that shows what is not in effect.
      if (/^\s*(?:#|\/\/)/.test(line) || WARNING.test(words) || headings.some((item) => ASIDE.test(item ?? '')))
        continue;
      const from = start + (line.length - line.trimStart().length);
      yield { kind: 'fail', subject: { start: from, end: start + line.trimEnd().length }, message: found.message };
    }
  },
};
