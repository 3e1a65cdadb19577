/** apt-get that also installs what packages only recommend. */
import { defineRule, type TextDetector } from '../../../core/rulekit/rule.ts';
import { hasOption, installationOf, mayHaveOptions, optionBehind, stepsOf } from '../../../formats/dockerCommands.ts';
import { readDockerfile } from '../../../formats/dockerfile.ts';

/** Options with which apt installs nothing. */
const PRETENDS = /^--(?:simulate|just-print|dry-run|recon|no-act|print-uris|download-only)$/;

const dockerfiles: TextDetector = {
  text: true,
  triggers: ['apt-get', 'apt ', 'aptitude'],
  *check(source) {
    // A setting in some file of apt decides for all steps.
    if (/Install-Recommends["']?[ \t]+["']?(?:false|0)/i.test(source)) return;
    for (const { commands, shipped } of stepsOf(source, readDockerfile(source))) {
      for (const command of commands) {
        const found = installationOf(command);
        if (found?.manager !== 'apt' || found.action.text !== 'install' || found.packages.length === 0) continue;
        const { program, action, options } = found;
        // What is only tried or fetched is not installed.
        if (hasOption(found, PRETENDS, 's')) continue;
        const subject = { start: program.start, end: action.end };
        if (
          hasOption(found, /^--no-install-recommends$/) ||
          /Install-Recommends=(?:false|0|no)/i.test(source.slice(command.start, command.end))
        )
          yield { kind: 'pass', subject };
        // What a stage that nobody ships holds costs nothing.
        else if (shipped && !mayHaveOptions(found) && !options.some(({ text }) => /^--install-/.test(text)))
          yield {
            kind: 'fail',
            subject,
            message: 'recommends',
            fixes: [
              {
                title: 'Leave out what is only recommended',
                safety: 'suggestion',
                preferred: true,
                edits: [{ kind: 'replace', ...optionBehind(source, action, '--no-install-recommends') }],
              },
            ],
          };
      }
    }
  },
};

export const rule = defineRule({
  id: 'docker-install-recommends',
  title: 'apt installs recommended packages',
  category: 'configuration',
  severity: 'low',
  confidence: 'certain',
  stage: 'stable',
  docs: {
    what: 'A RUN step of a stage that is shipped installs packages with apt-get and without `--no-install-recommends`, and no setting of apt says the same. Stages that only build are left out.',
    why: 'Debian installs what a package merely recommends: often several times its size, none of which anybody chose, scanned or needs.',
    howToFix: 'Add `--no-install-recommends`, and name the few recommended packages that are needed.',
    refs: ['hadolint DL3015', 'https://docs.docker.com/build/building/best-practices/#apt-get'],
  },
  messages: { recommends: 'This also installs packages that are only recommended; add --no-install-recommends.' },
  effort: { each: [2, 10] },
  fix: 'always',
  on: { dockerfile: [dockerfiles] },
});
