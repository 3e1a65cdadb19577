/** The published schema: valid as such, made of every rule, and of one mind with the program about what fits. */
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readConfigFile } from '../../server/src/configuration/file.ts';
import schema from '../../server/src/configuration/shipworthy.schema.gen.json' with { type: 'json' };
import { RUBRICS } from '../../server/src/rubrics/rubrics.ts';
import { RULES } from '../../server/src/rules/index.gen.ts';

const ajv = new Ajv({ allErrors: true, strict: true, strictTypes: false, allowUnionTypes: true });
for (const word of ['enumDescriptions']) ajv.addKeyword(word);
const validate = ajv.compile(schema);
const vocabulary = { rules: RULES, rubrics: RUBRICS };

test('completes and explains every rule, and every option with its default', () => {
  const rules = schema.properties.rules.properties as Record<string, { description: string; anyOf: object[] }>;
  expect(Object.keys(rules)).toEqual(RULES.map(({ id }) => id).sort());
  for (const rule of RULES) {
    expect(rules[rule.id]!.description).toContain(rule.title);
    for (const [name, value] of Object.entries((rule.options?.default ?? {}) as Record<string, unknown>)) {
      expect(rules[rule.id]!.anyOf[1]).toMatchObject({
        properties: { options: { properties: { [name]: { default: value } } } },
      });
    }
  }
});

test('is contributed to the editor for every name that the program reads as JSON', () => {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    contributes: { jsonValidation: { fileMatch: string[]; url: string }[] };
  };
  expect(manifest.contributes.jsonValidation).toContainEqual({
    fileMatch: ['shipworthy.json', 'shipworthy.jsonc'],
    url: './dist/shipworthy.schema.json',
  });
});

const word = fc.constantFrom('off', 'high', 'default', 'a/', '', 'todo-comment', '2027-01-31', 'service', 'x');
const leaf = fc.oneof(word, fc.integer({ min: -5, max: 120 }), fc.double(), fc.boolean(), fc.constant(null));
const key = fc.constantFrom(
  ...[
    'rules',
    'paths',
    'exclude',
    'test',
    'generated',
    'previewRules',
    'rubric',
    'gates',
    'failOn',
    'failUnder',
    'components',
  ],
  ...[
    'path',
    'kind',
    'attestations',
    'for',
    'evidence',
    'until',
    'by',
    'severity',
    'options',
    'maximum',
    'long-function',
  ],
  ...['todo-comment', 'missing-doc-comment', 'skipMethods', 'unknown'],
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 2 }),
    fc.dictionary(key, tie('value'), { maxKeys: 3 }),
  ),
}));
/** Mostly of the right shape, so that both yes and no are said often. */
const settings = fc.oneof(
  fc.dictionary(key, value, { maxKeys: 3 }),
  fc.record(
    {
      rules: fc.dictionary(key, fc.oneof(word, fc.dictionary(key, value, { maxKeys: 2 })), { maxKeys: 2 }),
      paths: fc.dictionary(key, fc.array(word, { maxLength: 2 }), { maxKeys: 2 }),
      gates: fc.dictionary(key, leaf, { maxKeys: 2 }),
      exclude: fc.array(word, { maxLength: 2 }),
      previewRules: leaf,
    },
    { requiredKeys: [] },
  ),
);

test('and the program agree', () => {
  let fitting = 0;
  fc.assert(
    fc.property(settings, (given) => {
      const text = JSON.stringify(given);
      const { faults } = readConfigFile('shipworthy.json', '', text, vocabulary);
      // Names of rubrics and subjects are looked up, which no schema can.
      const own = faults.filter(({ message }) => !/^There is no rubric|no must-have|no day|a path in/.test(message));
      const fits = validate(JSON.parse(text)) === true;
      if (fits) fitting++;
      expect({ text, fits: own.length === 0 }).toEqual({ text, fits });
    }),
    { seed: 5, numRuns: 2_000 },
  );
  expect(fitting).toBeGreaterThan(100);
});
