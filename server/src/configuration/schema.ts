/**
 * What a configuration file may hold, as a JSON schema that is made of the rules that there are. The same schema
 * completes and explains in editors and is what files are checked by; it uses only the words that `validate.ts` knows.
 */
import { COMPONENT_KINDS, CRITICALITIES } from '../core/model/component.ts';
import type { Json } from '../core/model/json.ts';
import { SEVERITIES } from '../core/model/verdict.ts';
import type { Rule } from '../core/rulekit/rule.ts';

/** The words of JSON schema that are used here. */
export interface Schema {
  readonly $ref?: string;
  readonly anyOf?: readonly Schema[];
  readonly type?: 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean';
  readonly enum?: readonly string[];
  readonly properties?: { readonly [key: string]: Schema };
  readonly required?: readonly string[];
  readonly additionalProperties?: false;
  readonly items?: Schema;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly pattern?: string;
  /** What a value that does not fit is told. Read here only. */
  readonly errorMessage?: string;
  readonly definitions?: { readonly [name: string]: Schema };
  readonly [word: string]: unknown;
}

const LIST_LIMIT = 500;
const text = (description: string): Schema => ({ type: 'string', minLength: 1, description });
const listOf = (items: Schema, description: string): Schema => ({
  type: 'array',
  items,
  maxItems: LIST_LIMIT,
  description,
});
const patterns = (description: string): Schema =>
  listOf({ type: 'string', minLength: 1 }, `${description} Patterns as in a .gitignore file of this folder.`);

const object = (
  properties: Readonly<Record<string, Schema>>,
  description: string,
  required: string[] = [],
): Schema => ({
  type: 'object',
  description,
  ...(required.length === 0 ? {} : { required }),
  properties,
  additionalProperties: false,
});

const LEVEL: Schema = {
  enum: [...SEVERITIES, 'off'],
  enumDescriptions: [
    'Must not be shipped.',
    'Should be mended before shipping.',
    'Should be mended soon.',
    'Worth mending.',
    'The rule is not reported.',
  ],
};
const SEVERITY: Schema = { enum: SEVERITIES };

function ruleSchema({ id, title, severity, stage, docs, options }: Rule): Schema {
  const preview = stage === 'preview' ? ', preview' : '';
  const setting = object(
    {
      severity: { $ref: '#/definitions/level' },
      ...(options === undefined ? {} : { options: optionsSchema(options) }),
    },
    `How ${id} is reported.`,
  );
  return {
    anyOf: [{ $ref: '#/definitions/level' }, setting],
    description: `${title} (${severity}${preview}). ${docs.what}`,
  };
}

/** Options with their defaults beside them, so that editors show them. */
function optionsSchema({ schema, default: defaults }: NonNullable<Rule['options']>): Schema {
  const { properties = {}, ...rest } = schema as Schema;
  const values = defaults as Readonly<Record<string, Json>>;
  const known = Object.entries(properties).map(([key, value]) => [key, { ...value, default: values[key] ?? null }]);
  return { ...rest, properties: Object.fromEntries(known) as Record<string, Schema> };
}

/** Names of the settings that are read in the configuration of a whole workspace only. */
export const WHOLE_WORKSPACE: readonly string[] = ['previewRules', 'rubric', 'gates', 'attestations', 'baseline'];

const built = new WeakMap<readonly Rule[], Schema>();

/** The schema of a configuration file for these rules. */
export function configurationSchema(rules: readonly Rule[]): Schema {
  let schema = built.get(rules);
  if (schema === undefined) {
    schema = buildSchema(rules);
    built.set(rules, schema);
  }
  return schema;
}

function buildSchema(rules: readonly Rule[]): Schema {
  const sorted = [...rules].sort((a, b) => (a.id < b.id ? -1 : 1));
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Shipworthy configuration',
    ...object(
      {
        $schema: { type: 'string', description: 'The schema of this file, for editors.' },
        extends: {
          anyOf: [text('A file.'), listOf({ type: 'string', minLength: 1 }, 'Files.')],
          description:
            'Configuration files of this workspace that this one builds on, relative to it. What is said here goes before what they say, and a later file before an earlier one.',
        },
        rules: object(
          Object.fromEntries(sorted.map((rule) => [rule.id, ruleSchema(rule)])),
          'How single rules are reported: a severity, "off", or an object with "severity" and "options".',
        ),
        paths: object(
          {
            exclude: patterns('Files and folders that are not looked at.'),
            test: patterns('Files that are tests; with a leading "!" files that are none although their name says so.'),
            generated: patterns('Files that a program wrote; with a leading "!" files that are none.'),
          },
          'What files are.',
        ),
        exclude: patterns('The same as "exclude" in "paths".'),
        previewRules: {
          type: 'boolean',
          description: 'Whether findings of preview rules are shown. They never count in the score.',
        },
        rubric: text(
          'The grading scheme: "default", "mission-critical", "ten-point", or the path of a file of your own.',
        ),
        gates: object(
          {
            failOn: { ...SEVERITY, description: 'As --fail-on: fail when a finding as severe, or more, is reported.' },
            failUnder: {
              type: 'number',
              minimum: 0,
              maximum: 100,
              description: 'As --fail-under: fail when the overall score is below.',
            },
            newOnly: {
              type: 'boolean',
              description: 'As --new-only: report only findings that the baseline does not hold.',
            },
          },
          'When "shipworthy audit" fails. What is said on the command line goes first.',
        ),
        components: listOf(
          object(
            {
              path: { ...text('Folder of the component, relative to this file.'), minLength: 1 },
              name: text('Its name for readers.'),
              kind: { enum: COMPONENT_KINDS, description: 'What it is.' },
              criticality: {
                enum: CRITICALITIES,
                description: 'Whether the least grade of critical components holds.',
              },
            },
            'A part of the workspace that is built and run by itself.',
            ['path'],
          ),
          'Corrects what is found about components.',
        ),
        attestations: listOf(
          object(
            {
              for: text('A rule that cannot be decided from files, or a must-have of the rubric.'),
              evidence: text('Where it can be seen.'),
              until: {
                type: 'string',
                pattern: '^\\d{4}-\\d{2}-\\d{2}$',
                errorMessage: 'a day such as 2027-01-31',
                description: 'The last day on which it holds, such as 2027-01-31.',
              },
              by: { type: 'string', description: 'Who vouches.' },
            },
            'A person vouches for what files cannot show.',
            ['for', 'evidence', 'until'],
          ),
          'What people vouch for.',
        ),
        baseline: text('The file with the findings that were there before.'),
      },
      'Configuration of Shipworthy for this folder and those below.',
    ),
    definitions: { level: LEVEL },
  };
}
