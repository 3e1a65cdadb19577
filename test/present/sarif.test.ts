/** The SARIF log: valid by the official schema, and right in what services read of it. */

import sarifSchema from '@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json' with { type: 'json' };
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import type { Log } from 'sarif';
import { describe, expect, test } from 'vitest';
import { FINGERPRINT_KEY, toSarif } from '../../server/src/core/present/sarif.ts';
import {
  at,
  auditOf,
  bodyRule,
  finding,
  fix,
  originRule,
  PAYLOADS,
  positionAt,
  rule,
  sampleAudit,
} from './sampleAudit.ts';

/** The schema is draft 4 and uses nothing that later drafts changed, but for the name of its identifier; one of its patterns is no Unicode one. */
function validator() {
  const { id: _id, $schema: _draft, ...schema } = sarifSchema as Record<string, unknown>;
  const ajv = new Ajv({ allErrors: true, strict: false, unicodeRegExp: false });
  addFormats.default(ajv);
  return ajv.compile(schema);
}
const validate = validator();

function run(audit = sampleAudit()) {
  const log: Log = toSarif(audit, positionAt);
  const first = log.runs[0];
  if (first === undefined) throw new Error('The log has no run.');
  return first;
}

describe('schema', () => {
  test('is not satisfied by just anything', () => {
    expect(validate({ version: '2.1.0', runs: [{ results: [] }] })).toBe(false);
    expect(validate({ version: '2.1.0', runs: [{ tool: { driver: { name: 'x' } }, results: [{}] }] })).toBe(false);
  });

  test.each([
    ['the sample', sampleAudit()],
    ['nothing at all', auditOf({ rules: [] })],
    [
      'hostile text',
      auditOf({
        rules: [originRule],
        root: PAYLOADS.join(' '),
        findings: PAYLOADS.map((payload, index) =>
          finding(originRule, at(`dir/${payload}`, index), {
            message: payload,
            related: [{ location: at(payload, 0), message: payload }],
            fixes: [fix(payload, payload, 0, 3, payload)],
          }),
        ),
        skipped: PAYLOADS.map((payload) => ({ path: payload, reason: payload })),
      }),
    ],
  ])('is satisfied by %s', (_, audit) => {
    // What is validated is what a reader of the file gets.
    validate(JSON.parse(JSON.stringify(toSarif(audit, positionAt))));
    expect(validate.errors).toBeNull();
  });
});

describe('rules', () => {
  const { rules = [], ...driver } = run().tool.driver;

  test('are all there, in id order, with help and links', () => {
    expect(driver).toMatchObject({
      name: 'Shipworthy',
      version: '1.2.3',
      informationUri: 'https://example.org/shipworthy',
    });
    expect(rules.map(({ id }) => id)).toEqual([
      'file-not-closed',
      'response-body-not-closed',
      'server-without-drain',
      'vague-name',
      'websocket-accepts-any-origin',
    ]);
    expect(rules[4]).toMatchObject({
      name: 'WebsocketAcceptsAnyOrigin',
      shortDescription: { text: 'WebSocket accepts any origin' },
      fullDescription: { text: 'What.' },
      help: { text: 'Why.\n\nCompare the origin.' },
      helpUri: 'https://example.org/shipworthy/rules/websocket-accepts-any-origin.md',
      defaultConfiguration: { level: 'error' },
      properties: {
        category: 'security',
        precision: 'very-high',
        tags: ['production-readiness', 'security', 'external/cwe/cwe-1385', 'external/cwe/cwe-346'],
        'security-severity': '9.5',
      },
    });
    expect(rules[4]?.help?.markdown).toContain('## How to fix it\n\nCompare the origin.');
  });

  test('have a level by severity, and preview rules a note', () => {
    expect(rules.map((each) => each.defaultConfiguration?.level)).toEqual([
      'warning',
      'warning',
      'note',
      'note',
      'error',
    ]);
  });

  test('have a security severity only in security, and at most 20 tags', () => {
    expect(rules.filter((each) => each.properties?.['security-severity'] !== undefined)).toHaveLength(1);
    const refs = Array.from({ length: 40 }, (_, index) => `CWE-${index + 1}`);
    const many = rule('many', { docs: { ...originRule.docs, refs } });
    expect(run(auditOf({ rules: [many] })).tool.driver.rules?.[0]?.properties?.tags).toHaveLength(20);
  });
});

describe('results', () => {
  const { results = [], columnKind, invocations, properties } = run();

  test('are in path and position order and refer to their rules', () => {
    expect(results.map(({ ruleId, ruleIndex, level }) => [ruleId, ruleIndex, level])).toEqual([
      ['response-body-not-closed', 1, 'note'],
      ['websocket-accepts-any-origin', 4, 'error'],
      ['vague-name', 3, 'note'],
      ['response-body-not-closed', 1, 'warning'],
    ]);
  });

  test('say where with one-based UTF-16 regions below the source root', () => {
    expect(columnKind).toBe('utf16CodeUnits');
    expect(results[1]?.locations).toEqual([
      {
        physicalLocation: {
          artifactLocation: { uri: 'a/server.go', uriBaseId: '%SRCROOT%' },
          region: { startLine: 15, startColumn: 2, endLine: 15, endColumn: 32, charOffset: 1401, charLength: 30 },
        },
      },
    ]);
    expect(results[1]?.relatedLocations).toMatchObject([
      { id: 0, message: { text: 'Clients connect here.' }, physicalLocation: { region: { startLine: 41 } } },
    ]);
  });

  test('carry fingerprints, messages and fixes', () => {
    expect(results[3]?.partialFingerprints).toEqual({ [FINGERPRINT_KEY]: 'response-body-not-closed@b/fetch.go:702' });
    expect(results[3]?.message.text).toBe('The body of resp is never closed; close it after the error check.');
    expect(results[3]?.fixes).toEqual([
      {
        description: { text: 'Close the response body' },
        artifactChanges: [
          {
            artifactLocation: { uri: 'b/fetch.go', uriBaseId: '%SRCROOT%' },
            replacements: [
              {
                deletedRegion: {
                  startLine: 8,
                  startColumn: 51,
                  endLine: 8,
                  endColumn: 51,
                  charOffset: 750,
                  charLength: 0,
                },
                insertedContent: { text: '\n\tdefer resp.Body.Close()' },
              },
            ],
          },
        ],
      },
    ]);
    expect(results[0]).not.toHaveProperty('fixes');
  });

  test('create files as text inserted into what is not there yet, and leave out a fix that changes nothing', () => {
    const creating = { ...fix('Add a file', 'a.go', 0, 0, 'x'), creates: [{ path: 'b c.go', content: 'package b\n' }] };
    const empty = { ...fix('Nothing', 'a.go', 0, 0, 'x'), changes: [{ path: 'a.go', edits: [] }] };
    const audit = auditOf({
      rules: [bodyRule],
      findings: [finding(bodyRule, at('a.go', 0), { fixes: [creating, empty] })],
    });
    const fixes = run(audit).results?.[0]?.fixes;
    expect(fixes).toHaveLength(1);
    expect(fixes?.[0]?.artifactChanges.map(({ artifactLocation }) => artifactLocation.uri)).toEqual([
      'b%20c.go',
      'a.go',
    ]);
    expect(fixes?.[0]?.artifactChanges[0]?.replacements[0]?.insertedContent?.text).toBe('package b\n');
  });

  test('of accepted findings are marked as suppressed in the source, with the reason', () => {
    const accepted = finding(bodyRule, at('a.go', 4));
    const audit = {
      ...auditOf({ rules: [bodyRule], findings: [finding(bodyRule, at('a.go', 9))] }),
      accepted: [
        {
          finding: accepted,
          reason: 'the reader closes it',
          until: '2027-01-31',
          scope: 'line' as const,
          location: at('a.go', 3),
        },
      ],
    };
    const results = run(audit).results ?? [];
    expect(results.map(({ suppressions = [] }) => suppressions.length)).toEqual([1, 0]);
    expect(results[0]?.suppressions?.[0]).toMatchObject({
      kind: 'inSource',
      status: 'accepted',
      justification: 'the reader closes it',
      properties: { until: '2027-01-31' },
    });
  });

  test('cannot form a link in a message', () => {
    const message = 'Calls Map[string](x) and [click](command:quit)';
    const audit = auditOf({ rules: [bodyRule], findings: [finding(bodyRule, at('a.go', 0), { message })] });
    expect(run(audit).results?.[0]?.message.text).toBe('Calls Map[string] (x) and [click] (command:quit)');
  });

  test('come with the verdict and the files that were skipped', () => {
    expect(properties).toMatchObject({ verdict: 'NOT READY', rubric: 'default' });
    expect(invocations?.[0]?.toolExecutionNotifications).toMatchObject([
      {
        message: { text: 'Not judged: larger than the limit' },
        locations: [{ physicalLocation: { artifactLocation: { uri: 'dist/bundle.js' } } }],
      },
    ]);
  });
});

test('the log does not depend on the order of the input', () => {
  const audit = sampleAudit();
  const reversed = { ...audit, findings: audit.findings.toReversed(), rules: audit.rules.toReversed() };
  expect(JSON.stringify(toSarif(reversed, positionAt))).toBe(JSON.stringify(toSarif(audit, positionAt)));
});
