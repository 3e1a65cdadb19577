/** Says for a file which configuration files hold, and where each setting that is in effect comes from. */
import ignore from 'ignore';
import { directoryOf } from '../core/model/path.ts';
import { indexLines, positionAt } from '../core/text/lines.ts';
import type { ConfigFile } from './file.ts';
import type { ConfigProblem, Configuration, Origin, Pattern, Setting } from './resolve.ts';

type Row = readonly [name: string, value: string, place: string];

/** The explanation for a file or folder (workspace path), as text. `isFolder`: it is asked for what holds in it. */
export function explainConfiguration(configuration: Configuration, path: string, isFolder: boolean): string {
  const { files, rules, patterns } = configuration.effective(isFolder ? path : directoryOf(path));
  const { whole } = configuration;
  const sections: string[] = [`${path === '' ? '.' : path}\n`];
  const names = files.map((file) => `  ${file.path}${notNow(configuration, file)}\n`);
  sections.push(
    names.length === 0
      ? 'No configuration file holds here; everything has its default.\n'
      : `Configuration files, of which a later one wins:\n${names.join('')}`,
  );
  if (!isFolder) {
    const rows = [
      decision('excluded', patterns.exclude, path),
      decision('test', patterns.test, path),
      decision('generated', patterns.generated, path),
    ];
    sections.push(section('This file', rows.flat()));
  }
  const ruleRows = [...rules]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([id, { level, options }]): Row[] => [
      ...(level === null ? [] : [[id, level.value, placeText(level.origin)] as const]),
      ...[...options].map(
        ([key, { value, origin }]) => [id, `${key} = ${JSON.stringify(value)}`, placeText(origin)] as const,
      ),
    ]);
  sections.push(section('Rules that do not have their defaults', ruleRows));
  sections.push(
    section(
      'Patterns',
      (['exclude', 'test', 'generated'] as const).flatMap((kind) =>
        patterns[kind].map(({ value, origin }): Row => [kind, value, placeText(origin)]),
      ),
    ),
  );
  const row = (name: string, setting: Setting<string | number | boolean> | null | undefined): readonly Row[] =>
    setting == null ? [] : [[name, String(setting.value), placeText(setting.origin)]];
  sections.push(
    section('The whole workspace', [
      ...row('previewRules', whole.previewRules),
      ...row('rubric', whole.rubric),
      ...row('baseline', whole.baseline),
      ...row('gates.failOn', whole.gates.failOn),
      ...row('gates.failUnder', whole.gates.failUnder),
      ...row('gates.newOnly', whole.gates.newOnly),
      ...whole.components.map(({ value, origin }): Row => ['component', value.path || '.', placeText(origin)]),
      ...whole.attestations.map(
        ({ value, origin }): Row => ['attestation', `${value.subject} until ${value.until}`, placeText(origin)],
      ),
    ]),
  );
  return sections.filter((text) => text !== '').join('\n');
}

function notNow(configuration: Configuration, file: ConfigFile): string {
  return configuration.files.get(file.path) === file ? '' : ' (as it was before it had an error)';
}

function section(title: string, rows: readonly Row[]): string {
  if (rows.length === 0) return '';
  const width = (column: 0 | 1): number => Math.max(...rows.map((row) => row[column].length));
  const [first, second] = [width(0), width(1)];
  const lines = rows.map(([name, value, place]) =>
    `  ${name.padEnd(first)}  ${value.padEnd(second)}  ${place}`.trimEnd(),
  );
  return `${title}:\n${lines.map((line) => `${line}\n`).join('')}`;
}

/** The last pattern that speaks of the file, which decides; nothing when none does. */
function decision(name: string, patterns: readonly Pattern[], path: string): readonly Row[] {
  const speaking = patterns.filter(({ value, folder }) =>
    ignore()
      .add(value.replace(/^!/, ''))
      .ignores(path.slice(folder === '' ? 0 : folder.length + 1)),
  );
  const last = speaking.at(-1);
  if (last === undefined) return [];
  return [[name, `${last.value.startsWith('!') ? 'no' : 'yes'}, by ${last.value}`, placeText(last.origin)]];
}

/** `file:line` of a setting. */
function placeText({ file, span }: Origin): string {
  return `${file.path}:${positionAt(indexLines(file.text), span.start).line + 1}`;
}

/** A problem in one line: `file:line:column: sentence`. */
export function problemText({ path, span, message }: ConfigProblem, text: string): string {
  const { line, character } = positionAt(indexLines(text), span.start);
  return `${path}:${line + 1}:${character + 1}: ${message}`;
}
