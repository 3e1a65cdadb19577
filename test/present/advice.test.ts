/** What readers are told to do: for the languages that findings are in, and on the page of a rule for all. */
import { describe, expect, test } from 'vitest';
import { hoverMarkdown } from '../../server/src/core/present/explain.ts';
import { ruleDocument } from '../../server/src/core/present/ruleDoc.ts';
import { LANGUAGES } from '../../server/src/languages/languages.ts';
import { RULES } from '../../server/src/rules/index.gen.ts';
import { at, finding, rule } from './sampleAudit.ts';

const LINKS = { place: () => 'file:///place', rule: () => 'command:rule' };
const docs = { what: 'What.', why: 'Why.', refs: [] };
const IN = { go: 'Use the package rand.', python: 'Use the module secrets.' };
const both = rule('weak', { docs: { ...docs, howToFix: 'Ask the system.', howToFixIn: IN } });
const apart = rule('weak', { docs: { ...docs, howToFix: '', howToFixIn: IN } });

function fixOf(ofRule: typeof both, path: string): string | undefined {
  const hover = hoverMarkdown(finding(ofRule, at(path, 0)), ofRule, null, LINKS);
  return /\*\*Fix:\*\* (.*)/.exec(hover)?.[1];
}

describe('advice', () => {
  test('is that for all, and that for the language of the finding', () => {
    expect(fixOf(both, 'main.go')).toBe('Ask the system. Use the package rand.');
    expect(fixOf(both, 'app/main.py')).toBe('Ask the system. Use the module secrets.');
  });

  test('is that for all in a file of another language', () => {
    expect(fixOf(both, 'compose.yaml')).toBe('Ask the system.');
  });

  test('names the languages where nothing holds for all', () => {
    expect(fixOf(apart, 'compose.yaml')).toBe('Go: Use the package rand. Python: Use the module secrets.');
    expect(fixOf(apart, 'app/main.py')).toBe('Use the module secrets.');
  });

  test('is complete on the page of the rule', () => {
    expect(ruleDocument(both)).toContain(
      'Ask the system.\n\n**Go:** Use the package rand.\n\n**Python:** Use the module secrets.\n',
    );
  });
});

test.each(RULES.map((each) => [each.id, each] as const))(
  '%s says how to fix what it finds, whatever the language',
  (_, { docs: { howToFix, howToFixIn = {} }, on }) => {
    const programming = LANGUAGES.map(({ id }) => id).filter((id) => (on as Record<string, unknown> | undefined)?.[id]);
    for (const id of programming) expect(howToFix + ((howToFixIn as Record<string, string>)[id] ?? '')).not.toBe('');
    expect(howToFix + Object.values(howToFixIn).join('')).not.toBe('');
  },
);
