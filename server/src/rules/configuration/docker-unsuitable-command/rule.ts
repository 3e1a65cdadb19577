/** Commands that do nothing useful in a build step, or that make its outcome depend on the day. */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import { defineRule, type TextDetector } from '../../../core/rulekit/rule.ts';
import { type DockerStep, installationOf, programOf, stepsOf } from '../../../formats/dockerCommands.ts';
import { type Dockerfile, readDockerfile } from '../../../formats/dockerfile.ts';
import type { ShellCommand } from '../../../formats/shell.ts';

/** Programs for people and for machines, not for builds. */
const INTERACTIVE =
  /^(?:vi|vim|nano|emacs|less|more|top|htop|shutdown|reboot|halt|poweroff|systemctl|ifconfig|telnet)$/;

function replaced(title: string, span: { start: number; end: number }, newText: string): readonly Fix[] {
  return [{ title, safety: 'suggestion', preferred: true, edits: [{ kind: 'replace', span, newText }] }];
}

/** Whether an earlier USER makes sudo necessary. */
function runsAsUser(file: Dockerfile, { stage, instruction }: DockerStep): boolean {
  let at = stage;
  for (let left = file.stages.length; left > 0; left--) {
    const user = at.instructions.findLast(
      ({ keyword, span }) => keyword === 'USER' && (at !== stage || span.start < instruction.span.start),
    );
    if (user !== undefined) return !/^(?:root|0)(?::|$)/.test(user.words[0]?.text ?? '');
    const parent = file.stages[at.parent];
    if (parent === undefined) return false;
    at = parent;
  }
  return false;
}

function* judge(file: Dockerfile, step: DockerStep, command: ShellCommand, isLast: boolean): Generator<Verdict> {
  const [first, second] = command.words;
  if (first === undefined) return;
  const span = { start: first.start, end: first.end };
  if (first.text === 'sudo') {
    const rest = second !== undefined && !second.text.startsWith('-') ? second : null;
    if (!runsAsUser(file, step))
      yield {
        kind: 'fail',
        subject: span,
        message: 'sudo',
        fixes: rest === null ? [] : replaced('Delete sudo', { start: first.start, end: rest.start }, ''),
      };
    return;
  }
  const program = programOf(command);
  const installation = installationOf(command);
  if (installation?.manager === 'apt') {
    const { action } = installation;
    const subject = { start: installation.program.start, end: action.end };
    if (/^(?:dist-upgrade|full-upgrade)$/.test(action.text))
      yield { kind: 'fail', subject, message: 'upgrade', args: { command: `${program} ${action.text}` } };
    else if (program === 'apt' && /^(?:update|install|upgrade|remove|purge|autoremove|clean)$/.test(action.text))
      yield { kind: 'fail', subject, message: 'apt', fixes: replaced('Use apt-get', installation.program, 'apt-get') };
    else if (program === 'apt-get') yield { kind: 'pass', subject };
  } else if (
    INTERACTIVE.test(program) &&
    !(program === 'systemctl' && second?.text !== 'start' && second?.text !== 'restart')
  )
    yield { kind: 'fail', subject: span, message: 'interactive', args: { program } };
  else if (program === 'service' && isLast && /^(?:start|restart)$/.test(command.words[2]?.text ?? ''))
    yield {
      kind: 'fail',
      subject: { start: first.start, end: command.end },
      message: 'service',
      args: { name: second?.text ?? '' },
    };
  else if (program === 'useradd') {
    const texts = command.words.map(({ text }) => text);
    const at = texts.findIndex((text) => text === '-u' || text === '--uid');
    const hasNoLog = texts.some((text) => text === '--no-log-init' || /^-[a-zA-Z]*l/.test(text));
    if (!/^\d+$/.test(texts[at + 1] ?? '') || at < 0) return;
    if (texts[at + 1]!.length < 6 || hasNoLog) yield { kind: 'pass', subject: span };
    else
      yield {
        kind: 'fail',
        subject: span,
        message: 'useradd',
        args: { uid: texts[at + 1]! },
        fixes: replaced('Keep no log of logins', { start: first.end, end: first.end }, ' -l'),
      };
  }
}

const dockerfiles: TextDetector = {
  text: true,
  triggers: ['RUN', 'run'],
  *check(source) {
    const file = readDockerfile(source);
    for (const step of stepsOf(source, file)) {
      for (const [index, command] of step.commands.entries())
        yield* judge(file, step, command, index === step.commands.length - 1);
    }
  },
};

export const rule = defineRule({
  id: 'docker-unsuitable-command',
  title: 'Command that does not belong in a build step',
  category: 'configuration',
  severity: 'low',
  confidence: 'certain',
  stage: 'stable',
  docs: {
    what: 'A RUN step uses sudo as root, `apt` (made for people, its options and output may change) instead of `apt-get`, upgrades the whole distribution, starts a service that ends with the step, calls an editor or a command for whole machines, or makes a user with a huge id while the log of logins is kept.',
    why: 'Such a command does nothing that lasts, ties the image to the day of its build, or, with a huge user id, writes a sparse file of gigabytes into the layer.',
    howToFix:
      'Use `apt-get`, drop sudo, take a newer base image instead of upgrading an old one, start services when the container starts, and create users with `useradd -l`.',
    refs: ['hadolint DL3001', 'hadolint DL3004', 'hadolint DL3005', 'hadolint DL3027', 'hadolint DL3046'],
  },
  messages: {
    sudo: 'The step runs as root already; delete sudo.',
    apt: 'The command line of apt is for people and may change; use apt-get.',
    upgrade: '{command} makes the image depend on the day of its build; take a newer base image.',
    interactive: '{program} does nothing that lasts in a build step; delete it.',
    service: 'Service {name} ends together with this step; start it when the container starts.',
    useradd: 'With id {uid} the log of logins fills the layer; add -l.',
  },
  effort: { each: [1, 5] },
  fix: 'sometimes',
  on: { dockerfile: [dockerfiles] },
});
