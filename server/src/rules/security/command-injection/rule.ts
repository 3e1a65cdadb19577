/** Commands whose line, program or environment somebody else may choose. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { go } from './go.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'command-injection',
  title: 'Command line or environment built from input',
  category: 'security',
  severity: 'critical',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A shell runs a text with values in it, a request names the program or fills its environment, or a list of allowed commands contains a shell or interpreter.',
    why: 'A shell reads `;`, `$( )` and quotes in a value as its own language, so whoever chooses the value runs commands with the rights of the service. An allowed interpreter is the same with one more word, and variables such as `LD_PRELOAD` and `PATH` decide what a program does.',
    howToFix:
      'Start the program itself with a list of arguments, `exec.Command("convert", name)` or `subprocess.run(["convert", name])`: no shell reads them. Choose the program and its environment in the code, and keep interpreters out of lists of allowed commands.',
    refs: ['CWE-78', 'CWE-88', 'gosec G204'],
  },
  messages: {
    shell:
      '{value} becomes part of a command line that {shell} runs; start the program with a list of arguments instead.',
    input:
      '{value} comes from {source} and becomes part of a command line that {shell} runs; start the program with a list of arguments instead.',
    program: '{value} comes from {source} and names the program to start; choose it from a fixed list.',
    environment: 'The environment of this process is filled from {source}; set only variables that the code names.',
    interpreter: '{program} runs whatever it is given, so this list allows everything; remove it.',
  },
  fix: 'sometimes',
  on: { go, python: pythonDetectors },
});
