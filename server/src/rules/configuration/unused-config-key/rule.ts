/** Settings that operators may change without any effect: variables that nothing reads, and fields that nothing selects. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { ENV_READ_FACTS } from '../../../knowledge/project/envReads.ts';
import { FIELD_FACT, go, judgeFields } from './go.ts';
import { judgeSettings, python } from './python.ts';
import { judgeVariables } from './variables.ts';

export const rule = defineRule({
  id: 'unused-config-key',
  title: 'Setting that no code reads',
  category: 'configuration',
  severity: 'medium',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'An env file, a compose file or (for Python) an image sets a variable for a program and neither its code nor any script, template or other file reads it; or a configuration struct, or a settings class of pydantic, that is filled from a file or the environment has a field that no code selects of anything. Variables of platforms, images and libraries are left out, and so are files that are mostly for something else, programs that make names of variables while they run, structs of libraries, programs that look at all of their settings at once, and fields whose comment says that they are kept on purpose.',
    why: 'Whoever runs the program changes the value and nothing happens. The limit, time-out or switch that somebody relies on does not exist, and that is noticed when it would have been needed.',
    howToFix: 'Read the setting where it belongs, or remove it from the file, the struct or class and the documents.',
    refs: ['CWE-561', 'CWE-1164'],
  },
  messages: {
    variable: 'Nothing reads {name}, so that changing it has no effect; read it in the code, or remove it.',
    field: 'No code reads {name} of {struct}, so that setting {setting} has no effect; use it, or remove it.',
  },
  effort: { each: [5, 30] },
  fix: 'sometimes',
  on: { go, python },
  workspace: {
    partition: 'workspace',
    reads: [...ENV_READ_FACTS, FIELD_FACT, 'env.setting'],
    *judge(facts) {
      yield* judgeVariables(facts);
      yield* judgeFields(facts);
      yield* judgeSettings(facts);
    },
  },
});
