/** Small hand-made audits for the tests of the presenters. The scorecard is always the real one of the tallies. */

import type { Finding, Location, ResolvedFix, RuleTally } from '../../server/src/core/model/finding.ts';
import type { Audit, AuditRule } from '../../server/src/core/present/audit.ts';
import { scoreWorkspace } from '../../server/src/core/score/score.ts';
import { DEFAULT_RUBRIC } from '../../server/src/rubrics/rubrics.ts';

export function rule(id: string, overrides: Partial<AuditRule> = {}): AuditRule {
  return {
    id,
    title: `Title of ${id}`,
    category: 'resources',
    severity: 'high',
    confidence: 'certain',
    stage: 'stable',
    docs: { what: `What ${id} finds.`, why: `Why ${id} matters.`, howToFix: `How to fix ${id}.`, refs: [] },
    fix: 'none',
    ...overrides,
  };
}

/** A place of `length` characters on one line; `line` and `character` count from 0. */
export function at(path: string, line: number, character = 0, length = 4): Location {
  const start = line * 100 + character;
  return {
    path,
    span: { start, end: start + length },
    range: { start: { line, character }, end: { line, character: character + length } },
  };
}

/** The position of an offset in the files of these audits, whose lines are all 100 characters long. */
export function positionAt(_path: string, offset: number) {
  return { line: Math.floor(offset / 100), character: offset % 100 };
}

export function finding(ofRule: AuditRule, location: Location, overrides: Partial<Finding> = {}): Finding {
  return {
    ruleId: ofRule.id,
    category: ofRule.category,
    severity: ofRule.severity,
    confidence: ofRule.confidence,
    stage: ofRule.stage,
    message: `Message of ${ofRule.id}.`,
    location,
    related: [],
    fixes: [],
    fingerprint: `${ofRule.id}@${location.path}:${location.span.start}`,
    ...overrides,
  };
}

export function fix(title: string, path: string, start: number, end: number, newText: string): ResolvedFix {
  return {
    title,
    safety: 'safe',
    preferred: true,
    changes: [{ path, edits: [{ start, end, newText }] }],
    creates: [],
  };
}

export interface AuditParts {
  readonly rules: readonly AuditRule[];
  readonly findings?: readonly Finding[];
  /** Passing places by rule id. */
  readonly evidence?: Readonly<Record<string, readonly Location[]>>;
  readonly unknown?: Readonly<Record<string, number>>;
  readonly root?: string;
  readonly skipped?: Audit['stats']['skipped'];
}

export function auditOf(parts: AuditParts): Audit {
  const findings = parts.findings ?? [];
  const tallies: RuleTally[] = parts.rules.map(({ id }) => {
    const failing = findings.filter(({ ruleId }) => ruleId === id);
    const ofSeverity = (name: string) => failing.filter(({ severity }) => severity === name).length;
    const evidence = parts.evidence?.[id] ?? [];
    return {
      ruleId: id,
      pass: evidence.length,
      fail: failing.length,
      unknown: parts.unknown?.[id] ?? 0,
      failBySeverity: {
        critical: ofSeverity('critical'),
        high: ofSeverity('high'),
        medium: ofSeverity('medium'),
        low: ofSeverity('low'),
      },
      evidence,
    };
  });
  return {
    tool: {
      name: 'Shipworthy',
      version: '1.2.3',
      uri: 'https://example.org/shipworthy',
      ruleDocsUri: 'https://example.org/shipworthy/rules',
    },
    root: parts.root ?? 'shop',
    rules: parts.rules,
    findings,
    tallies,
    scorecard: scoreWorkspace(tallies, parts.rules, DEFAULT_RUBRIC),
    rubric: DEFAULT_RUBRIC,
    stats: { files: 3, lines: 250, byLanguage: { yaml: 1, go: 2 }, skipped: parts.skipped ?? [] },
  };
}

export const originRule = rule('websocket-accepts-any-origin', {
  title: 'WebSocket accepts any origin',
  category: 'security',
  severity: 'critical',
  docs: { what: 'What.', why: 'Why.', howToFix: 'Compare the origin.', refs: ['CWE-1385', 'CWE-346'] },
  fix: 'sometimes',
});
export const bodyRule = rule('response-body-not-closed', { title: 'Response body not closed', fix: 'always' });
export const fileRule = rule('file-not-closed', { title: 'File not closed', severity: 'medium' });
export const drainRule = rule('server-without-drain', {
  title: 'Server stops without draining',
  category: 'configuration',
  severity: 'low',
});
export const previewRule = rule('vague-name', {
  title: 'Vague name',
  category: 'quality',
  severity: 'high',
  stage: 'preview',
});

/** Every kind of rule once: failing and blocking, failing in part, passing, undecided, preview. */
export function sampleAudit(): Audit {
  return auditOf({
    rules: [originRule, bodyRule, fileRule, drainRule, previewRule],
    findings: [
      finding(bodyRule, at('b/fetch.go', 7, 2), {
        message: 'The body of resp is never closed; close it after the error check.',
        fixes: [fix('Close the response body', 'b/fetch.go', 750, 750, '\n\tdefer resp.Body.Close()')],
      }),
      finding(originRule, at('a/server.go', 14, 1, 30), {
        message: 'The upgrader accepts every origin; compare it with the allowed ones.',
        related: [{ location: at('a/server.go', 40), message: 'Clients connect here.' }],
      }),
      finding(bodyRule, at('a/server.go', 2), { severity: 'low' }),
      finding(previewRule, at('a/server.go', 90)),
    ],
    evidence: {
      [bodyRule.id]: [at('a/ok.go', 3), at('a/ok.go', 9)],
      [fileRule.id]: [at('c/file.go', 11), at('c/file.go', 21), at('c/file.go', 31), at('c/file.go', 41)],
    },
    unknown: { [drainRule.id]: 1 },
    skipped: [{ path: 'dist/bundle.js', reason: 'larger than the limit' }],
  });
}

/** Text that would act in one output or another: markup, links, commands, escapes, hidden and reordering characters. */
export const PAYLOADS: readonly string[] = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '[click](command:workbench.action.quit)',
  '[click](https://evil.example)',
  '![pixel](https://evil.example/p.png)',
  '<https://evil.example>',
  'https://evil.example/path',
  'www.evil.example',
  'someone@evil.example',
  '@team please',
  'closes #1',
  '**bold** _italic_ ~~gone~~ `code`',
  '``` fence',
  '~~~ fence',
  '# heading',
  '> quote',
  '- item',
  '+ item',
  '* item',
  '1. item',
  '2) item',
  '---',
  '===',
  '***',
  '| cell | cell |',
  'a|b@c',
  '&lt;b&gt; &amp; &#60;',
  '\\[x\\](y)',
  '\\',
  '`',
  '``',
  '`a``b```',
  '$(bug) $(sync~spin)',
  '$x^2$',
  ':smile:',
  '[^1]: note',
  '[ref]: https://evil.example',
  '<!-- comment',
  '-->',
  ']]>',
  '{{ template }}',
  '\u001b[31mred\u001b[0m',
  '\u001b]8;;https://evil.example\u0007link\u001b]8;;\u0007',
  '\r\nforged line',
  'line\n\n# heading',
  'tab\tseparated',
  '\u202egnp.exe',
  '\u2066isolate\u2069',
  'zero\u200bwidth',
  '\u2028separator\u2029',
  '\ufeffbom',
  '\ud800 lone',
  'nul\u0000byte',
  '\u009b31mcsi',
  'javascript:alert(1)',
  'data:text/html,<b>x</b>',
];
