/**
 * What the build steps of a Dockerfile run: commands of RUN instructions in every form, the packages that they install, and
 * which stages are shipped. Windows images are left out: their shell is another one.
 */
import type { Span } from '../core/model/location.ts';
import type { Dockerfile, DockerInstruction, DockerStage } from './dockerfile.ts';
import { type ShellCommand, type ShellWord, shellCommands } from './shell.ts';

/** Where the first line of an instruction ends, with those that a backslash continues, heredocs left out. */
function endOfCommand(source: string, { words, span }: DockerInstruction): number {
  const behind = source.indexOf('\n', words.at(-1)?.end ?? span.start);
  return behind < 0 ? span.end : Math.min(behind, span.end);
}

/** The commands that a RUN instruction (or another one in the same notation) runs in a POSIX shell. */
export function commandsOf(source: string, instruction: DockerInstruction): readonly ShellCommand[] {
  const { words, exec, heredocs, span } = instruction;
  const [first] = words;
  if (first === undefined) return [];
  if (exec) {
    const script = words[2];
    if (/^(?:\/bin\/)?(?:ba|da|z|a)?sh$/.test(first.text) && words[1]?.text.endsWith('c') && script !== undefined) {
      // Escapes would shift what is written against what is meant.
      return script.end - script.start - 2 === script.text.length
        ? shellCommands(source, script.start + 1, script.end - 1)
        : [];
    }
    const plain = words.map(({ text, start, end }): ShellWord => ({ text, start, end, quoted: true, expanded: false }));
    return [{ words: plain, before: '', after: '', depth: 0, start: first.start, end: words.at(-1)!.end }];
  }
  if (heredocs.length === 1 && /^<<-?\s*(["']?)\w+\1$/.test(instruction.text)) {
    const from = endOfCommand(source, instruction) + 1;
    if (source.startsWith('#!', from) && !/^#!.*\b(?:ba|da|z)?sh\b/.test(source.slice(from, from + 60))) return [];
    return shellCommands(source, from, source.lastIndexOf('\n', span.end));
  }
  return shellCommands(source, first.start, heredocs.length > 0 ? endOfCommand(source, instruction) : span.end);
}

/** Whether the stage is built in a shell of Windows. */
export function isWindowsStage(source: string, stage: DockerStage): boolean {
  return (
    /windows|nanoserver|servercore/i.test(stage.base.text) ||
    /^#[ \t]*escape[ \t]*=[ \t]*`/im.test(source.slice(0, 200)) ||
    stage.instructions.some(
      ({ keyword, words }) => keyword === 'SHELL' && /powershell|pwsh|cmd/i.test(words[0]?.text ?? ''),
    )
  );
}

/** Numbers of the stages whose layers somebody runs: the last one, those that start something, and what they are built on. */
export function shippedStages({ stages }: Dockerfile): ReadonlySet<number> {
  const shipped = new Set<number>();
  for (const [index, stage] of stages.entries()) {
    const starts = stage.instructions.some(({ keyword }) => keyword === 'CMD' || keyword === 'ENTRYPOINT');
    if (index !== stages.length - 1 && !starts) continue;
    for (let at = index; at >= 0 && !shipped.has(at); at = stages[at]!.parent) shipped.add(at);
  }
  return shipped;
}

export type PackageManager =
  | 'apt'
  | 'apk'
  | 'yum'
  | 'dnf'
  | 'microdnf'
  | 'zypper'
  | 'pip'
  | 'npm'
  | 'yarn'
  | 'pnpm'
  | 'gem';

export interface Installation {
  readonly manager: PackageManager;
  /** As it is written: `apt-get`, `apt`, `pip3`. */
  readonly program: ShellWord;
  /** `install`, `add`, `upgrade` ... */
  readonly action: ShellWord;
  readonly options: readonly ShellWord[];
  /** What is named behind the action, without values of options. */
  readonly packages: readonly ShellWord[];
  readonly command: ShellCommand;
}

const PROGRAMS: Readonly<Record<string, PackageManager>> = {
  'apt-get': 'apt',
  apt: 'apt',
  aptitude: 'apt',
  apk: 'apk',
  yum: 'yum',
  dnf: 'dnf',
  microdnf: 'microdnf',
  zypper: 'zypper',
  pip: 'pip',
  pip3: 'pip',
  npm: 'npm',
  yarn: 'yarn',
  pnpm: 'pnpm',
  gem: 'gem',
};

/** Options with a value of their own. */
const WITH_VALUE: Readonly<Record<PackageManager, RegExp>> = {
  apt: /^(?:-[tocao]|--(?:target-release|default-release|option|config-file))$/,
  apk: /^(?:-[tXp]|--(?:virtual|repository|root|keys-dir|repositories-file|wait|arch|cache-dir))$/,
  yum: /^(?:-[cde]|--(?:enablerepo|disablerepo|exclude|config|setopt|installroot|releasever|repo))$/,
  dnf: /^(?:-[cdex]|--(?:enablerepo|disablerepo|exclude|config|setopt|installroot|releasever|repo))$/,
  microdnf: /^(?:-[cdex]|--(?:enablerepo|disablerepo|setopt|installroot|releasever|repo))$/,
  zypper: /^(?:-[rpt]|--(?:repo|from|root|type))$/,
  pip: /^(?:-[rceift]|--(?:requirement|constraint|editable|index-url|extra-index-url|find-links|target|trusted-host|prefix|root|python|no-binary|only-binary|progress-bar|timeout|retries|platform|proxy|cache-dir|python-version|abi|implementation|src|upgrade-strategy|config-settings|global-option))$/,
  npm: /^--(?:prefix|registry|cache|loglevel|location|omit|include|workspace)$/,
  yarn: /^--(?:cwd|registry|cache-folder|network-timeout|modules-folder|mutex)$/,
  pnpm: /^(?:-C|--(?:dir|filter|store-dir|reporter))$/,
  gem: /^(?:-[viPn]|--(?:version|install-dir|bindir|platform|source))$/,
};

/** Words in front of the command that is meant. */
const WRAPPERS = /^(?:sudo|env|exec|nice|time|eatmydata|command)$/;

/** Words of a command without what only wraps it: `sudo -E env A=b apt-get install x` is about apt-get. */
export function unwrapped({ words }: ShellCommand): readonly ShellWord[] {
  let at = 0;
  while (at < words.length && WRAPPERS.test(words[at]!.text)) {
    at++;
    while (at < words.length && /^-|^[A-Za-z_]\w*=/.test(words[at]!.text)) at++;
  }
  return words.slice(at);
}

/** The last part of the path of what a command starts. */
export function programOf(command: ShellCommand): string {
  const name = unwrapped(command)[0]?.text ?? '';
  return name.slice(name.lastIndexOf('/') + 1);
}

/** What a command asks a package manager for; null when it is none. */
export function installationOf(command: ShellCommand): Installation | null {
  let words = unwrapped(command);
  const first = words[0];
  if (first === undefined) return null;
  let program = first;
  if (/^python[\d.]*$/.test(programOf(command)) && words[1]?.text === '-m' && words[2]?.text === 'pip') {
    program = words[2];
    words = words.slice(2);
  }
  const name = program.text.slice(program.text.lastIndexOf('/') + 1);
  const manager = /^pip3?(?:\.\d+)?$/.test(name) ? 'pip' : PROGRAMS[name];
  if (manager === undefined || !Object.hasOwn(PROGRAMS, name.replace(/\.\d+$/, ''))) return null;
  const options: ShellWord[] = [];
  const named: ShellWord[] = [];
  for (let at = 1; at < words.length; at++) {
    const word = words[at]!;
    if (!/^-/.test(word.text)) named.push(word);
    else {
      options.push(word);
      if (WITH_VALUE[manager].test(word.text)) at++;
    }
  }
  let [action, ...packages] = named;
  // `yarn global add x`
  if (manager === 'yarn' && action?.text === 'global') [action, ...packages] = packages;
  if (action === undefined) return null;
  return { manager, program, action, options, packages, command };
}

/** Whether one of the options is given, in its short form also among others (`-qqy`). */
export function hasOption({ options }: Installation, long: RegExp, short = ''): boolean {
  return options.some(
    ({ text }) => long.test(text) || (short !== '' && /^-[A-Za-z]+$/.test(text) && text.includes(short)),
  );
}

/** Whether a variable may hold options, so that what is given is not known. */
export function mayHaveOptions({ packages }: Installation): boolean {
  return packages.some(({ text }) => /^\$\{?\w*(?:OPT|FLAG|ARGS)/i.test(text));
}

/** An edit that puts an option behind a word of a command, in both forms of commands. */
export function optionBehind(
  source: string,
  word: ShellWord,
  option: string,
): { readonly span: Span; readonly newText: string } {
  const isListed = word.quoted && source.charAt(word.end - 1) === '"' && /^\s*[,\]]/.test(source.slice(word.end));
  return { span: { start: word.end, end: word.end }, newText: isListed ? `, "${option}"` : ` ${option}` };
}

/** Stages with their RUN instructions and what those run; Windows is left out. */
export interface DockerStep {
  readonly instruction: DockerInstruction;
  readonly stage: DockerStage;
  readonly shipped: boolean;
  readonly commands: readonly ShellCommand[];
}

/** The RUN instructions of a Dockerfile with their commands, in order. */
export function stepsOf(source: string, file: Dockerfile): readonly DockerStep[] {
  const shipped = shippedStages(file);
  return file.stages.flatMap((stage, index) =>
    isWindowsStage(source, stage)
      ? []
      : stage.instructions
          .filter(({ keyword }) => keyword === 'RUN')
          .map((instruction) => ({
            instruction,
            stage,
            shipped: shipped.has(index),
            commands: commandsOf(source, instruction),
          })),
  );
}
