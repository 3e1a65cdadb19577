/** Package managers that would ask before they install or remove, in a build that nobody can answer. */
import { defineRule, type TextDetector } from '../../../core/rulekit/rule.ts';
import {
  hasOption,
  type Installation,
  installationOf,
  mayHaveOptions,
  optionBehind,
  stepsOf,
} from '../../../formats/dockerCommands.ts';
import { readDockerfile } from '../../../formats/dockerfile.ts';

const ASKING: Readonly<Record<string, RegExp>> = {
  apt: /^(?:install|remove|purge|upgrade|dist-upgrade|full-upgrade|autoremove|build-dep|reinstall)$/,
  yum: /^(?:install|reinstall|remove|erase|update|upgrade|localinstall|groupinstall|autoremove|downgrade)$/,
  dnf: /^(?:install|reinstall|remove|erase|update|upgrade|localinstall|groupinstall|autoremove|downgrade|swap)$/,
  zypper: /^(?:install|in|remove|rm|update|up|patch|dist-upgrade|dup)$/,
  pip: /^uninstall$/,
};

/** Whether the command goes on without an answer. */
function assumesYes(found: Installation): boolean {
  if (
    hasOption(
      found,
      /^--(?:yes|assume-?yes|force-yes|non-interactive|noconfirm|dry-run|simulate|just-print|no-act|download-only)$/,
      'y',
    )
  )
    return true;
  if (found.manager === 'zypper') return hasOption(found, /^$/, 'n');
  // Twice quiet implies yes; simulations do nothing.
  const written = found.options.map(({ text }) => text);
  const short = written.filter((text) => /^-[A-Za-z=\d]+$/.test(text)).join(' ');
  return (
    found.manager === 'apt' && (/-q=2|-\w*q\w*q|-q\b.*-q\b|-\w*s/.test(short) || /Assume-Yes=/i.test(written.join(' ')))
  );
}

const dockerfiles: TextDetector = {
  text: true,
  triggers: ['apt-get', 'apt ', 'aptitude', 'yum ', 'dnf ', 'zypper', 'pip'],
  *check(source) {
    // A setting in some file of the package manager answers for all steps.
    if (/Assume-Yes|assumeyes/i.test(source.replace(/--assume-?yes/g, ''))) return;
    for (const { commands } of stepsOf(source, readDockerfile(source))) {
      for (const command of commands) {
        const found = installationOf(command);
        if (found === null || !(ASKING[found.manager]?.test(found.action.text) ?? false)) continue;
        const { program, action } = found;
        const subject = { start: program.start, end: action.end };
        if (assumesYes(found)) yield { kind: 'pass', subject };
        // Something answers through the pipe, or the options are put in.
        else if (command.before !== '|' && !mayHaveOptions(found))
          yield {
            kind: 'fail',
            subject,
            message: 'asks',
            args: { command: `${program.text} ${action.text}` },
            fixes: [
              {
                title: 'Assume yes',
                safety: 'safe',
                preferred: true,
                edits: [{ kind: 'replace', ...optionBehind(source, action, '-y') }],
              },
            ],
          };
      }
    }
  },
};

export const rule = defineRule({
  id: 'docker-noninteractive-install',
  title: 'Package installation that waits for an answer',
  category: 'configuration',
  severity: 'medium',
  confidence: 'certain',
  stage: 'stable',
  docs: {
    what: 'A RUN step installs, updates or removes packages with apt, yum, dnf, zypper or `pip uninstall`, and without the option that answers the question in advance. Settings of the package manager, `-qq` of apt and answers through a pipe count.',
    why: 'No terminal is attached to a build, so the command gives up where it would ask. Whether it asks depends on how much there is to install, which is why it may have worked so far.',
    howToFix: 'Add `-y` (`--non-interactive` for zypper).',
    refs: ['hadolint DL3014', 'hadolint DL3030', 'hadolint DL3034', 'hadolint DL3038'],
  },
  messages: { asks: '{command} asks before it goes on, and nobody can answer in a build; add -y.' },
  effort: { each: [1, 2] },
  fix: 'always',
  on: { dockerfile: [dockerfiles] },
});
