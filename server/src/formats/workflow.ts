/** Parts of GitHub workflows and actions that several readers need: the commands of a step. Nothing is evaluated. */
import { type ShellCommand, shellCommands } from './shell.ts';
import { innerSpan, type YamlScalar } from './yaml.ts';

/** Commands of a `run` where they are written. */
export function commandsOfRun(source: string, run: YamlScalar): readonly ShellCommand[] {
  const { start, end } = run.span;
  const header = /^[|>][-+\d]*[^\n]*\n/.exec(source.slice(start, Math.min(end, start + 200)));
  if (header !== null) return shellCommands(source, start + header[0].length, end);
  const inner = innerSpan(run);
  return shellCommands(source, inner.start, inner.end);
}
