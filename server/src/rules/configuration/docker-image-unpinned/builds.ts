/**
 * Images that a workflow builds and gives nothing but a tag that moves. What the workflow only tries out (runs, loads,
 * scans) needs no version, and neither does a name without a tag, which is how such images are built.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import { unwrapped } from '../../../formats/dockerCommands.ts';
import { isFloatingTag, readImageReference } from '../../../formats/imageReference.ts';
import type { ShellCommand, ShellWord } from '../../../formats/shell.ts';
import { commandsOfRun } from '../../../formats/workflow.ts';
import { entriesAt, itemsAt, readYaml, valueAt } from '../../../formats/yaml.ts';

/** Words that name the image in `docker build -t NAME`; null for other commands, and where a variable may hold more. */
function tagsOf(command: ShellCommand): readonly ShellWord[] | null {
  const words = unwrapped(command);
  const line = words.map(({ text }) => text).join(' ');
  // A single stage is built for something else.
  if (!/^docker (?:buildx )?build(?: |$)/.test(line) || / --target[ =]/.test(line)) return null;
  const tags: ShellWord[] = [];
  for (const [at, word] of words.entries()) {
    if (/^(?:-t|--tag)$/.test(word.text)) {
      const next = words[at + 1];
      if (next !== undefined) tags.push(next);
    } else if (
      /^--tag=/.test(word.text) ||
      (word.expanded && !/^-/.test(word.text) && at > 1 && !/^-/.test(words[at - 1]!.text))
    )
      return null;
  }
  return tags.length === 0 || tags.some(({ expanded }) => expanded) ? null : tags;
}

export function* judgeBuilds(source: string): Generator<Verdict> {
  const commands = readYaml(source).flatMap(({ root, problems }) =>
    problems.length > 0
      ? []
      : entriesAt(root, 'jobs').flatMap(({ value: job }) =>
          itemsAt(job, 'steps').flatMap((step) => {
            const run = valueAt(step, 'run');
            return run?.kind === 'scalar' ? commandsOfRun(source, run) : [];
          }),
        ),
  );
  for (const command of commands) {
    const tags = tagsOf(command);
    const references = tags?.map(({ text }) => readImageReference(text)) ?? [];
    const [first] = references;
    if (first == null || references.includes(null)) continue;
    if (!references.every((reference) => reference!.tag !== '' && isFloatingTag(reference!.tag))) {
      if (references.some((reference) => !isFloatingTag(reference!.tag))) yield { kind: 'pass', subject: tags![0]! };
      continue;
    }
    // Other commands that name it: only those that hand it out matter.
    const uses = commands.filter(
      (other) => other !== command && unwrapped(other).some(({ text }) => text.includes(first.name)),
    );
    const pushes =
      uses.some((other) => /^docker (?:image )?push /.test(lineOf(other))) || /--push(?: |$)/.test(lineOf(command));
    if (uses.some((other) => /^docker (?:image )?tag /.test(lineOf(other))) || (uses.length > 0 && !pushes)) continue;
    const { start, end } = tags![0]!;
    yield { kind: 'fail', subject: { start, end }, message: 'built', args: { tag: first.tag }, severity: 'low' };
  }
}

function lineOf(command: ShellCommand): string {
  return `${unwrapped(command)
    .map(({ text }) => text)
    .join(' ')} `;
}
