/** Packages of languages that an image installs in whatever version is newest. Packages of the operating system are left out. */
import { defineRule, type TextDetector } from '../../../core/rulekit/rule.ts';
import { hasOption, type Installation, installationOf, stepsOf, unwrapped } from '../../../formats/dockerCommands.ts';
import { readDockerfile } from '../../../formats/dockerfile.ts';
import type { ShellWord } from '../../../formats/shell.ts';

/** Tools that install others and are kept current on purpose. */
const TOOLS = /^(?:pip|setuptools|wheel|npm|bundler|corepack)$/;

/** Words that name a package of a registry: no path, address, archive or variable. */
function isNamed({ text, expanded }: ShellWord): boolean {
  return (
    !expanded &&
    /^@?[A-Za-z][\w.+-]*(?:\/[\w.-]+)?(?:\[[\w,-]+\])?$/.test(text) &&
    !/\.(?:whl|tgz|tar|gz|gem|txt)$/.test(text)
  );
}

function unpinnedIn(found: Installation): readonly ShellWord[] {
  const { manager, action, packages } = found;
  switch (manager) {
    case 'pip':
      if (action.text !== 'install' || hasOption(found, /^(?:--requirement|--constraint|--editable|--no-index)/, ''))
        return [];
      if (found.options.some(({ text }) => /^-[rce]/.test(text))) return [];
      return packages.filter(isNamed);
    case 'npm':
    case 'pnpm':
      if (!/^(?:install|i|add)$/.test(action.text)) return [];
      return packages.filter((word) => isNamed(word) && !/^@?[^@]+@/.test(word.text));
    case 'yarn':
      return action.text === 'add' ? packages.filter(isNamed) : [];
    case 'gem':
      if (action.text !== 'install' || hasOption(found, /^--version|^-v/)) return [];
      return packages.filter((word) => isNamed(word) && !word.text.includes(':'));
    default:
      return [];
  }
}

const dockerfiles: TextDetector = {
  text: true,
  triggers: ['pip', 'npm', 'yarn', 'gem', 'go install'],
  *check(source) {
    for (const { commands } of stepsOf(source, readDockerfile(source))) {
      for (const command of commands) {
        const [program, action, ...rest] = unwrapped(command);
        if (program?.text === 'go' && action?.text === 'install') {
          for (const word of rest) {
            if (/@latest$/.test(word.text))
              yield { kind: 'fail', subject: word, message: 'latest', args: { name: word.text.replace(/@.*/, '') } };
            else if (/@v?\d/.test(word.text)) yield { kind: 'pass', subject: word };
          }
          continue;
        }
        const found = installationOf(command);
        if (found === null || !/^(?:pip|npm|pnpm|yarn|gem)$/.test(found.manager)) continue;
        const open = new Set(unpinnedIn(found));
        for (const word of found.packages) {
          if (TOOLS.test(word.text)) continue;
          if (open.has(word)) yield { kind: 'fail', subject: word, message: 'none', args: { name: word.text } };
          else if (/[=@:]\S*\d/.test(word.text)) yield { kind: 'pass', subject: word };
        }
      }
    }
  },
};

export const rule = defineRule({
  id: 'docker-package-unpinned',
  title: 'Image installs a package without a version',
  category: 'configuration',
  severity: 'low',
  confidence: 'certain',
  stage: 'stable',
  docs: {
    what: 'A RUN step installs a package of pip, npm, yarn, pnpm or gem by its name alone, or a Go program as `@latest`. Files of requirements, lock files, paths, addresses, variables, installers that are kept current (pip, setuptools, npm) and packages of the operating system, whose repositories drop old versions, are left out.',
    why: 'Two builds of the same commit install different programs, and nothing in the repository says which one worked.',
    howToFix:
      'Name the version (`pip install gunicorn==22.0.0`), or move the package to the manifest, where the lock file fixes it.',
    refs: ['hadolint DL3013', 'hadolint DL3016', 'hadolint DL3028', 'hadolint DL3062'],
  },
  messages: {
    none: 'Each build installs the newest {name}; name a version.',
    latest: 'Each build installs the newest {name}; name a version instead of latest.',
  },
  effort: { each: [2, 5] },
  fix: 'none',
  on: { dockerfile: [dockerfiles] },
});
