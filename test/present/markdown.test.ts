/** The audit report: what it says, that it is the same every time, and that nothing in it acts. */
import MarkdownIt from 'markdown-it';
import { describe, expect, test } from 'vitest';
import { toMarkdownReport } from '../../server/src/core/present/markdown.ts';
import { ruleDocument } from '../../server/src/core/present/ruleDoc.ts';
import { scoreWorkspace } from '../../server/src/core/score/score.ts';
import { DEFAULT_RUBRIC } from '../../server/src/rubrics/rubrics.ts';
import {
  at,
  auditOf,
  bodyRule,
  drainRule,
  fileRule,
  finding,
  fix,
  originRule,
  PAYLOADS,
  rule,
  sampleAudit,
} from './sampleAudit.ts';

const report = toMarkdownReport(sampleAudit());

/** The blocks below a heading, up to the next heading of the same or a higher level. */
function section(heading: string, markdown = report): string {
  const lines = markdown.split('\n');
  const start = lines.findIndex((line) => line.replace(/^#+ /, '').startsWith(heading) && line.startsWith('#'));
  if (start < 0) throw new Error(`The report has no heading "${heading}".`);
  const level = /^#+/.exec(lines[start] ?? '')?.[0].length ?? 0;
  const length = lines.slice(start + 1).findIndex((line) => (/^#+(?= )/.exec(line)?.[0].length ?? 99) <= level);
  return lines.slice(start, length < 0 ? undefined : start + 1 + length).join('\n');
}

describe('the sample report', () => {
  test('has its sections in order', () => {
    const headings = report.split('\n').filter((line) => /^##? /.test(line));
    expect(headings).toEqual([
      '# Production readiness of shop',
      '## Summary',
      '## Verdict',
      '## Grades',
      '## Critical issues',
      '## 1. Concurrency: not rated',
      '## 2. Resource management: D (64)',
      '## 3. Error handling: not rated',
      '## 4. Performance: not rated',
      '## 5. Security: F (0)',
      '## 6. Configuration and deployment: not rated',
      '## 7. Observability: not rated',
      '## 8. Testing: not rated',
      '## 9. Documentation: not rated',
      '## 10. Code quality: not rated',
      '## Checklist',
      '## Action plan',
      '## Appendix',
    ]);
  });

  test('sums up grade, scope and confidence', () => {
    // Resources (5 * 2/4 + 2 * 1) / 7 = 64.3 with weight 15, security 0 with weight 20: 27.6. One weight-5 category of
    // three that apply could not be decided.
    expect(section('Summary')).toContain('**NOT READY**. Grade **F**, 27 of 100 points.');
    expect(section('Summary')).toContain('Evidence in files decided 87 % of what applies.');
    expect(section('Summary')).toContain('5 rules looked at 3 files (250 lines) and left 4 findings open.');
  });

  test('names blockers, conditions and the shortest way to a better grade', () => {
    const verdict = section('Verdict');
    expect(verdict).toContain('**NOT READY**');
    expect(verdict).toContain('- WebSocket accepts any origin (`websocket-accepts-any-origin`): 1 finding');
    expect(verdict).toContain('- Response body not closed (`response-body-not-closed`): 1 finding');
    expect(verdict).toMatch(
      /Cheapest way to grade [A-D][+-]?:\n\n1\. WebSocket accepts any origin .*: 1 finding, worth \d+\.\d points/,
    );
  });

  test('shows grades with weights, and points that sum to the overall score', () => {
    const rows = section('Grades')
      .split('\n')
      .filter((line) => /^\| (?!:|Category)/.test(line))
      .map((line) =>
        line
          .split('|')
          .map((cell) => cell.trim())
          .slice(1, -1),
      );
    expect(rows).toHaveLength(11);
    const points = rows.slice(0, -1).reduce((total, cells) => total + (Number(cells[4]) || 0), 0);
    expect(points).toBeCloseTo(Number(rows[10]?.[4]), 1);
    expect(rows[0]).toEqual(['Concurrency', '–', 'Not rated', '15', '–', '0']);
    expect(section('Grades')).toContain('its weight is shared among the others');
  });

  test('lists findings with linked places, messages and quick fixes, worst rule first', () => {
    expect(section('5. Security')).toContain(
      '- [a/server.go:15](a/server.go#L15): The upgrader accepts every origin; compare it with the allowed ones.',
    );
    const resources = section('2. Resource management');
    expect(resources).toContain('(`response-body-not-closed`)**: high, 2 of 4 places, costs ');
    expect(resources).toContain(
      '- [b/fetch.go:8](b/fetch.go#L8): The body of resp is never closed; close it after the error check. Quick fix: Close the response body.',
    );
    expect(resources).toContain('How to fix response-body-not-closed. A quick fix is there for 1 of 2 findings.');
  });

  test('lists evidence with its count and a few places, and what files cannot decide', () => {
    expect(section('2. Resource management')).toContain(
      '- File not closed (`file-not-closed`): 4 places, such as [c/file.go:12](c/file.go#L12), [c/file.go:22](c/file.go#L22), [c/file.go:32](c/file.go#L32)\n',
    );
    expect(section('6. Configuration')).toContain('### Not decided from files\n\n- Server stops without draining');
  });

  test('says of a category when there was nothing to judge', () => {
    expect(section('1. Concurrency')).toBe('## 1. Concurrency: not rated\n\nNo rule found anything to judge.\n');
  });

  test('shows preview findings and says that they do not score', () => {
    expect(section('10. Code quality')).toContain('(`vague-name`)**: high, preview, not scored');
  });

  test('ends in a checklist and an appendix', () => {
    const checklist = section('Checklist');
    expect(section('Not ready', checklist)).toBe(
      '### Not ready\n\nFound, and in the way while it is open:\n\n- [ ] WebSocket accepts any origin (`websocket-accepts-any-origin`)\n',
    );
    expect(section('Needs attention', checklist)).toBe(
      '### Needs attention\n\nFound:\n\n- [ ] Response body not closed (`response-body-not-closed`)\n',
    );
    expect(section('Ready', checklist)).toBe(
      '### Ready\n\nLooked for and not found:\n\n- [x] File not closed (`file-not-closed`)\n',
    );
    const appendix = section('Appendix');
    expect(appendix).toContain('Written by Shipworthy 1.2.3.');
    expect(appendix).toContain('- Grades, by lowest score: A+ 97, A 93, A- 90,');
    expect(appendix).toContain('- go: 2\n- yaml: 1');
    expect(appendix).toContain('- dist/bundle.js: larger than the limit');
  });

  test('says which cap took points', () => {
    const passing = Array.from({ length: 99 }, (_, line) => at('ok.go', line));
    const capped = auditOf({
      rules: [bodyRule],
      findings: [finding(bodyRule, at('a.go', 0))],
      evidence: { [bodyRule.id]: passing },
    });
    expect(toMarkdownReport(capped)).toContain(
      'Capped at 79 by an open high finding of Response body not closed (`response-body-not-closed`), which takes 20.0 points',
    );
  });

  test('gives the score as the reason when nothing else is', () => {
    const low = auditOf({ rules: [fileRule], findings: [finding(fileRule, at('a.go', 0))] });
    expect(toMarkdownReport(low)).toContain(
      '**NOT READY**: The score of 0 is below 70, the least for READY WITH CONDITIONS.',
    );
  });
});

test('a rule that fails only in files outside of the audit has not passed', () => {
  const audit = { ...sampleAudit(), findings: [] };
  const partial = toMarkdownReport(audit);
  expect(partial).toContain('- [x] File not closed');
  expect(partial).not.toMatch(/- \[x\] (?:Response body|WebSocket)/);
});

test('an empty workspace is not rated', () => {
  const empty = toMarkdownReport(auditOf({ rules: [] }));
  expect(empty).toContain('**NOT RATED**. No rule found anything to judge.');
  expect(empty).not.toContain('Cheapest way');
});

test('the same audit gives the same report, whatever its order', () => {
  const audit = sampleAudit();
  const reversed = {
    ...audit,
    findings: audit.findings.toReversed(),
    rules: audit.rules.toReversed(),
    tallies: audit.tallies.toReversed(),
  };
  expect(toMarkdownReport(reversed)).toBe(report);
});

test('nothing of the repository renders as markup', () => {
  const hostile = (payload: string) =>
    auditOf({
      rules: [bodyRule, fileRule],
      root: payload,
      findings: [
        finding(bodyRule, at(`dir/${payload}`, 0), { message: payload, fixes: [fix(payload, 'a.go', 0, 0, '')] }),
      ],
      evidence: { [fileRule.id]: [at(payload, 3)] },
      skipped: [{ path: payload, reason: payload }],
    });
  const renderer = new MarkdownIt({ html: true, linkify: true });
  const shape = (payload: string) =>
    renderer
      .render(toMarkdownReport(hostile(payload)))
      .replace(/<\/?code>/g, '')
      .match(/<[^>]*>/g)
      ?.map((tag) => tag.replace(/href="(?:[\w.%-]*\/)*[\w.%-]*#L\d+"/, 'href="place"'));
  const expected = shape('harmless');
  for (const payload of PAYLOADS) expect([payload, shape(payload)]).toEqual([payload, expected]);
});

describe('the page of a rule', () => {
  test('has what, why, how, examples and references', () => {
    const page = ruleDocument(originRule, {
      failing: [
        {
          language: 'go',
          name: 'api.go',
          lines: ['\tCheckOrigin: yes,', '}'],
          isCut: true,
          notes: [{ line: 0, start: 1, end: 12, severity: 'critical', message: 'Accepts any.' }],
        },
      ],
      passing: [{ language: 'markdown', name: 'a.md', lines: ['```', 'fenced', '```'], isCut: false, notes: [] }],
    });
    expect(page).toMatch(
      /^# WebSocket accepts any origin\n\n`websocket-accepts-any-origin` · security · critical · certain/,
    );
    expect(page).toContain('## Why it matters\n\nWhy.');
    expect(page).toContain(
      '## Reported\n\n```go\n\tCheckOrigin: yes,\n//\t^^^^^^^^^^^ critical: Accepts any.\n}\n...\n```',
    );
    expect(page).toContain('## Not reported\n\n````markdown\n```\nfenced\n```\n````');
    expect(page).toContain('- [CWE-346](https://cwe.mitre.org/data/definitions/346.html)');
  });

  test('says what preview and heuristic mean, and leaves out empty sections', () => {
    const page = ruleDocument(rule('guess', { stage: 'preview', confidence: 'heuristic' }));
    expect(page).toContain('**Preview**');
    expect(page).toContain('never caps a category or blocks the verdict');
    expect(page).not.toContain('## Reported');
    expect(page).not.toContain('## References');
  });
});

describe('what is not judged', () => {
  const beside = {
    ...auditOf({
      rules: [fileRule, drainRule],
      findings: [finding(fileRule, at('a.yaml', 0))],
      evidence: { [drainRule.id]: [at('b.yaml', 3)] },
    }),
    stats: { files: 70, lines: 250, byLanguage: { rust: 60, yaml: 2 }, unjudged: { Rust: 59 }, skipped: [] },
  };
  const rules = [fileRule, drainRule];
  const unrated = scoreWorkspace(beside.tallies, rules, DEFAULT_RUBRIC, { judged: 0, unjudged: 59 });
  const text = toMarkdownReport({ ...beside, scorecard: unrated });

  test('is named wherever a grade, a place or a plan could be read as being about it', () => {
    expect(section('Summary', text)).toContain(
      'looked at 70 files (250 lines), 59 of them code that is not judged yet,',
    );
    expect(section('Grades', text)).toContain('**No code was judged**');
    expect(section('1. Concurrency', text)).toContain('Code in Rust is not judged yet.');
    expect(section('6. Configuration and deployment: A+ (100), without the code', text)).toContain(
      '**Without a look into the code.** Code in Rust',
    );
    expect(section('Action plan', text)).toContain('What the code itself needs is not in it.');
    expect(section('Appendix', text)).toContain('- rust: 60, not judged as code yet\n- yaml: 2');
  });

  test('leaves the overall score without points', () => {
    expect(section('Grades', text)).toMatch(/\| Resource management \| F \| 0 \| 15 \| – \| 1 \|/);
    expect(section('Grades', text)).not.toContain('shared among the others');
    expect(text).not.toMatch(/points overall|worth \d/);
  });

  test('stands in the checklist, with what had nothing to judge and what files cannot decide', () => {
    const list = section('Not judged', section('Checklist', text));
    expect(list).toContain('- Code in Rust: 59 files, a language that is not judged yet\n- Concurrency: no rule found');
    expect(section('Not judged', section('Checklist'))).toContain(
      '- Server stops without draining (`server-without-drain`): not decided from files',
    );
  });

  test('is said of a component, too', () => {
    const component = {
      path: '',
      name: 'core',
      kind: 'service',
      criticality: 'critical',
      manifests: ['Cargo.toml'],
      runs: [],
      files: 70,
      unjudged: { Rust: 59 },
      score: null,
      grade: null,
      verdict: 'NOT RATED',
      findings: 1,
      strengths: [],
      issues: [],
    } as const;
    expect(toMarkdownReport({ ...beside, components: [component] })).toContain(
      '- Not judged as code yet: Rust (59 files)',
    );
  });

  test('does not take points where the rest has a grade', () => {
    const rest = toMarkdownReport(beside);
    expect(section('Grades', rest)).toContain(
      'Nothing in these grades is about the code in Rust, which is not judged yet.',
    );
    expect(rest).not.toContain('No code was judged');
    expect(section('2. Resource management', rest)).toContain('overall');
  });
});

describe('many findings that say the same', () => {
  const places = ['a.go', 'b.go'].flatMap((path) => [0, 5, 9, 12].map((line) => at(path, line)));
  const many = auditOf({
    rules: [originRule, bodyRule],
    findings: places.flatMap((place) => [finding(originRule, place), finding(bodyRule, place)]),
  });
  const text = toMarkdownReport({
    ...many,
    excerpts: Object.fromEntries(
      many.findings.map(({ fingerprint }) => [fingerprint, { firstLine: 1, lines: ['x()'] }]),
    ),
  });

  test('say it once, with one line of places for each file', () => {
    expect(section('2. Resource management', text)).toContain(
      'Message of response-body-not-closed.\n\n- [a.go:1](a.go#L1), [a.go:6](a.go#L6), [a.go:10](a.go#L10), [a.go:13](a.go#L13)\n- [b.go:1](b.go#L1),',
    );
    expect(section('2. Resource management', text).match(/x\(\)/g)).toHaveLength(1);
  });

  test('are one critical issue, of which a few are shown in full', () => {
    const issues = section('Critical issues', text);
    expect(issues.match(/^### .*/gm)).toEqual(['### 1. WebSocket accepts any origin: 8 findings']);
    expect(issues.match(/^\[/gm)).toHaveLength(5);
    expect(issues).toContain('3 more of these stand below.');
    expect(issues.match(/\*\*Risk\*\*/g)).toHaveLength(1);
  });
});
