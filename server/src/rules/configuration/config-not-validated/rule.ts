/** A function that loads the settings of a program and lets every value pass. */
import { directoryOf } from '../../../core/model/path.ts';
import type { Fact, Fix, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView, type WorkspaceJudge } from '../../../core/rulekit/rule.ts';
import type { ConfigLoad } from '../../../knowledge/project/config.ts';
import { wrapperOf } from '../../../knowledge/project/envReads.ts';
import { judgePython, pythonDetectors, SETTINGS } from './python.ts';

/** Fields for which the fix writes a check. */
const CHECKED_FIELDS = 6;

/** Name of a validator of the type in the package of the loader, and whether production code calls it. */
function validatorOf(
  facts: FactView,
  type: string,
  directory: string,
): { readonly name: string; readonly called: boolean } | null {
  const found = facts
    .lookup('config.validator', type.slice(type.lastIndexOf('.') + 1))
    .filter((item) => type.includes('.') || directoryOf(item.place.path) === directory)
    .map((item) => (item.value as { readonly name: string }).name);
  const called = found.find((name) =>
    facts.lookup('config.validator-call', name).some((call) => facts.role(call.place.path) === 'production'),
  );
  if (called !== undefined) return { name: called, called: true };
  return found[0] === undefined ? null : { name: found[0], called: false };
}

function checks(load: ConfigLoad): readonly string[] {
  if (load.numericFields.length > 0) {
    return load.numericFields
      .slice(0, CHECKED_FIELDS)
      .map(
        (field) =>
          `\tif c.${field} < 0 {\n\t\treturn fmt.Errorf("${field} must not be negative, but is %v", c.${field})\n\t}\n`,
      );
  }
  return load.rawFields
    .slice(0, CHECKED_FIELDS)
    .map((field) => `\tif c.${field} == "" {\n\t\treturn fmt.Errorf("${field} must be set")\n\t}\n`);
}

/** Calls the validator before the value is returned, and writes one when there is none. */
function fixesFor(item: Fact, load: ConfigLoad, validator: string | null): readonly Fix[] {
  if (load.exit === null || load.type.includes('.')) return [];
  const { start, end, variable, indent } = load.exit;
  const { place } = item;
  const call = `if err := ${variable}.${validator ?? 'Validate'}(); err != nil {\n${indent}\treturn nil, err\n${indent}}\n${indent}return ${variable}, nil`;
  const edits: Fix['edits'][number][] = [
    { kind: 'replaceAt', place: { ...place, span: { start, end } }, newText: call },
  ];
  if (validator === null) {
    const written = checks(load);
    if (written.length === 0) return [];
    const method = `\n\n// Validate reports the first setting that cannot work.\nfunc (c *${load.type}) Validate() error {\n${written.join('')}\treturn nil\n}`;
    edits.push({ kind: 'replaceAt', place: { ...place, span: { start: load.end, end: load.end } }, newText: method });
    edits.push({ kind: 'import', add: ['fmt'] });
  }
  const title =
    validator === null ? 'Add a Validate method and call it' : `Call ${validator} before the settings are returned`;
  return [{ title, safety: 'suggestion', preferred: true, edits }];
}

const judge: WorkspaceJudge = {
  partition: 'directory',
  reads: ['config.load', SETTINGS],
  *judge(facts): Iterable<WorkspaceVerdict> {
    yield* judgePython(facts);
    for (const item of facts.get('config.load')) {
      if (facts.role(item.place.path) !== 'production') continue;
      const load = item.value as unknown as ConfigLoad;
      const directory = directoryOf(item.place.path);
      const pass: WorkspaceVerdict = { kind: 'pass', subject: item.place };
      // Strings that all have a default need no check to work.
      if (load.checked || load.raw + load.numeric === 0) {
        yield pass;
        continue;
      }
      if (load.wrappers.some((name) => wrapperOf(facts, name, '', directory)?.fails === true)) {
        yield pass;
        continue;
      }
      if (load.fields.some((field) => facts.lookup('config.field-check', field).length > 0)) {
        yield pass;
        continue;
      }
      const validator = validatorOf(facts, load.type, directory);
      if (validator?.called === true) {
        yield pass;
        continue;
      }
      yield {
        kind: 'fail',
        subject: item.place,
        message: validator !== null ? 'uncalled' : load.errorResult ? 'neverFails' : 'unchecked',
        args: { name: item.key, validator: validator?.name ?? '' },
        fixes: fixesFor(item, load, validator?.name ?? null),
      };
    }
  },
};

export const rule = defineRule({
  id: 'config-not-validated',
  title: 'Configuration used without validation',
  category: 'configuration',
  severity: 'medium',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A function reads several settings from the environment or a file and returns them, but neither it nor anything that it calls can fail, checks a required value or a range, or repairs one; and no validator of the type is called anywhere. An error result that is always nil counts as none. Loaders whose settings are all strings with a default are left alone. In Python a module of settings reads three or more variables that may be missing, checks nothing, and no condition anywhere mentions them; settings of Django are left alone.',
    why: 'A missing key or a port of -1 is accepted at start-up and shows itself hours later as strange behaviour, far from its cause. Numbers that do not parse are silently replaced by the default, so that a typing error in a limit is never noticed.',
    howToFix:
      'Check required values and ranges before the settings are used, and stop the program when one is wrong. Name the variable and the bad value in the message.',
    howToFixIn: {
      go: 'Give the type a Validate method, and call it before the settings are returned.',
      python: 'Use `os.environ[...]` for what is required, or a settings class of pydantic.',
    },
    refs: ['CWE-20', 'CWE-1188', 'https://12factor.net/config'],
  },
  messages: {
    neverFails:
      '{name} returns settings that nothing checks, and its error is always nil; validate them before returning.',
    unchecked: '{name} returns settings that nothing checks; validate them and return an error.',
    python: '{names} may be missing, which nothing checks; read what is required so that its absence stops the start.',
    uncalled: '{name} returns settings without calling {validator}; call it before returning.',
  },
  effort: { each: [60, 240] },
  fix: 'sometimes',
  on: { python: pythonDetectors },
  workspace: judge,
});
