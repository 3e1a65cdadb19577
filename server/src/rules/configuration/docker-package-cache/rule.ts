/** Package managers that leave lists or downloads in the layer that they write. */
import type { Fix } from '../../../core/model/verdict.ts';
import { defineRule, type TextDetector } from '../../../core/rulekit/rule.ts';
import {
  type DockerStep,
  hasOption,
  type Installation,
  installationOf,
  mayHaveOptions,
  optionBehind,
  stepsOf,
} from '../../../formats/dockerCommands.ts';
import { readDockerfile } from '../../../formats/dockerfile.ts';

interface Cache {
  /** Clean-up in the same step, anywhere in its text. */
  readonly cleaned: RegExp;
  /** Where a mount may hold the cache. */
  readonly mounted: RegExp;
  /** Command that cleans up; '' where an option does it better. */
  readonly command: string;
  readonly option: string;
}

const CACHES: Readonly<Record<string, Cache>> = {
  apt: {
    cleaned:
      /\brm\b[^&;|]*\/var\/lib\/apt(?:\/|\b)|\bfind\b[^&;|]*\/var\/lib\/apt\b[^&;|]*-delete|apt(?:-get)?\b[^&;|]*\bdist-?clean|\brm\b[^&;|]*\/var\/lib\/\*/,
    mounted: /\/var\/lib\/apt|\/var\/cache\/apt/,
    command: 'rm -rf /var/lib/apt/lists/*',
    option: '',
  },
  apk: {
    cleaned: /\brm\b[^&;|]*\/var\/cache(?:\/apk)?\b|apk cache clean/,
    mounted: /\/var\/cache\/apk|\/etc\/apk\/cache/,
    command: '',
    option: '--no-cache',
  },
  yum: {
    cleaned: /\b(?:yum|dnf|microdnf)\b[^&;|]*\bclean\b|\brm\b[^&;|]*\/var\/cache/,
    mounted: /\/var\/cache\/(?:yum|dnf)/,
    command: 'yum clean all',
    option: '',
  },
  dnf: {
    cleaned: /\b(?:yum|dnf|microdnf)\b[^&;|]*\bclean\b|\brm\b[^&;|]*\/var\/cache/,
    mounted: /\/var\/cache\/(?:yum|dnf|libdnf5)/,
    command: 'dnf clean all',
    option: '',
  },
  microdnf: {
    cleaned: /\bmicrodnf\b[^&;|]*\bclean\b|\brm\b[^&;|]*\/var\/cache/,
    mounted: /\/var\/cache/,
    command: 'microdnf clean all',
    option: '',
  },
  zypper: {
    cleaned: /\bzypper\b[^&;|]*\b(?:clean|cc)\b|\brm\b[^&;|]*\/var\/cache/,
    mounted: /\/var\/cache\/zypp/,
    command: 'zypper clean',
    option: '',
  },
  pip: {
    cleaned: /\bpip3?\b[^&;|]*\bcache purge\b|\brm\b[^&;|]*\.cache/,
    mounted: /\.cache|\/pip/,
    command: '',
    option: '--no-cache-dir',
  },
};

function isInstall({ manager, action }: Installation): boolean {
  return manager === 'apk'
    ? action.text === 'add'
    : /^(?:install|in|reinstall|localinstall|groupinstall)$/.test(action.text);
}

/** Whether the step may leave something behind. */
function mayLeave(found: Installation, step: DockerStep): boolean {
  if (found.manager === 'apt') {
    // The lists come into the layer with an update.
    return step.commands.some((command) => {
      const other = installationOf(command);
      return other?.manager === 'apt' && other.action.text === 'update';
    });
  }
  if (found.manager === 'apk') return !hasOption(found, /^--no-cache$/) && !mayHaveOptions(found);
  if (found.manager === 'pip')
    return !hasOption(found, /^--no-cache-dir(?:=|$)|^--cache-dir|^--target|^--dry-run/, 't');
  return true;
}

function fixFor(source: string, found: Installation, step: DockerStep, { command, option }: Cache): readonly Fix[] {
  const { instruction, commands } = step;
  const make = (title: string, edit: { span: { start: number; end: number }; newText: string }): readonly Fix[] => [
    { title, safety: 'safe', preferred: true, edits: [{ kind: 'replace', ...edit }] },
  ];
  if (option !== '') return make(`Add ${option}`, optionBehind(source, found.action, option));
  const last = commands.at(-1);
  // Behind a chain that stops at the first failure.
  if (instruction.exec || instruction.heredocs.length > 0 || last === undefined || last.depth > 0) return [];
  if (commands.some(({ before, depth }) => depth === 0 && (before === '||' || before === '|'))) return [];
  const { end } = instruction.span;
  const lineStart = source.lastIndexOf('\n', end - 1) + 1;
  const indent = /^[ \t]*(?=\S)/.exec(source.slice(lineStart, end))?.[0] ?? '';
  const isLong = lineStart > instruction.span.start;
  const eol = source.charAt(lineStart - 2) === '\r' ? '\r\n' : '\n';
  return make('Delete the lists in the same step', {
    span: { start: end, end },
    newText: isLong ? ` \\${eol}${indent}&& ${command}` : ` && ${command}`,
  });
}

const dockerfiles: TextDetector = {
  text: true,
  triggers: ['apt', 'apk', 'yum', 'dnf', 'zypper', 'pip'],
  *check(source) {
    const noPipCache =
      /^[ \t]*(?:ENV|ARG)\b[^\n]*(?:\\\r?\n[^\n]*)*?PIP_NO_CACHE_DIR|PIP_NO_CACHE_DIR[ \t]*[= ][ \t]*\S/m.test(source);
    for (const step of stepsOf(source, readDockerfile(source))) {
      // What a stage that nobody ships holds costs nothing.
      if (!step.shipped) continue;
      const { instruction, commands } = step;
      const text = source.slice(instruction.span.start, instruction.span.end);
      const mounts = instruction.flags.filter(
        ({ name, value }) => name === 'mount' && /type=(?:cache|tmpfs)/.test(value),
      );
      const said = new Set<string>();
      for (const command of commands) {
        const found = installationOf(command);
        const cache = found === null ? undefined : CACHES[found.manager];
        if (found === null || cache === undefined || !isInstall(found) || said.has(found.manager)) continue;
        if (found.packages.length === 0 && found.options.length === 0) continue;
        const subject = { start: found.program.start, end: found.action.end };
        const isClean =
          cache.cleaned.test(text) ||
          mounts.some(({ value }) => cache.mounted.test(value)) ||
          (found.manager === 'pip' && (noPipCache || mounts.length > 0)) ||
          !mayLeave(found, step);
        if (isClean) {
          yield { kind: 'pass', subject };
          continue;
        }
        // Once for each manager: cleaning up is done once, an option is written for each call.
        if (cache.option === '') said.add(found.manager);
        yield {
          kind: 'fail',
          subject,
          message: cache.option === '' ? 'lists' : 'option',
          args: { manager: found.program.text, command: cache.command, option: cache.option },
          fixes: fixFor(source, found, step, cache),
        };
      }
    }
  },
};

export const rule = defineRule({
  id: 'docker-package-cache',
  title: 'Package cache left in the layer',
  category: 'configuration',
  severity: 'low',
  confidence: 'certain',
  stage: 'stable',
  docs: {
    what: 'A RUN step of a stage that is shipped installs packages (apt, apk, yum, dnf, zypper, pip) and leaves the lists or downloads of the package manager in its layer: it neither deletes them in the same step, nor uses the option that keeps none, nor a cache mount. Stages that only build are left out.',
    why: 'What a later step deletes stays in the layer below. Every pull carries tens of megabytes that nothing reads, and lists that are out of date the next day.',
    howToFix:
      'Delete the lists at the end of the same RUN (`rm -rf /var/lib/apt/lists/*`, `dnf clean all`), or keep none: `apk add --no-cache`, `pip install --no-cache-dir`.',
    refs: ['hadolint DL3009', 'hadolint DL3019', 'hadolint DL3032', 'hadolint DL3042'],
  },
  messages: {
    lists: '{manager} leaves its lists in this layer; end the same step with {command}.',
    option: '{manager} leaves its downloads in this layer; add {option}.',
  },
  effort: { each: [1, 3] },
  fix: 'sometimes',
  on: { dockerfile: [dockerfiles] },
});
