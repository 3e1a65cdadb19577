/** Which commands and actions judge code: tests, linters, checkers of types, scanners. What writes or mends is none of them. */
import type { Span } from '../../../core/model/location.ts';
import { unwrapped } from '../../../formats/dockerCommands.ts';
import type { ShellCommand } from '../../../formats/shell.ts';

const TASK = '(?:test|tests|lint|vet|check|typecheck|type-check|audit|security|scan|e2e|unit|integration)';
const SCRIPT = `${TASK}(?:[:-][\\w:-]+)?`;
/** A command line, blanks collapsed, with the tool as the first group. */
const GATES: readonly RegExp[] = [
  /^(go (?:test|vet))(?: |$)/,
  /^(golangci-lint) run\b/,
  /^(staticcheck|govulncheck|gosec|pytest|tox|nox|flake8|mypy|pyright|basedpyright|pylint|bandit|pip-audit|eslint|jest|vitest|trivy|grype|hadolint|semgrep|gitleaks|trufflehog|checkov|tfsec|kubeconform|kubeval|shellcheck|actionlint|rspec|rubocop|phpunit|phpstan)(?: |$)/,
  /^(safety) (?:check|scan)\b/,
  /^(snyk) (?:test|container|code|iac)\b/,
  /^(ruff) (?:check\b|format\b.* --check\b)/,
  /^(black|isort) (?=.*--(?:check|diff)\b)/,
  /^(tsc)\b.*--noEmit\b/,
  /^(prettier)\b.*--check\b/,
  /^(playwright) test\b/,
  /^(pre-commit) run\b/,
  /^(cargo (?:test|nextest|clippy|audit|deny|check))\b/,
  /^(cargo fmt)\b.*--check\b/,
  /^((?:npm|pnpm|yarn|bun) audit)\b(?! fix)/,
  new RegExp(`^((?:npm|pnpm|yarn|bun)(?: run)? ${SCRIPT})(?: |$)`),
  new RegExp(`^(make ${SCRIPT})(?: |$)`),
  /^(mvn)\b.* (?:test|verify)\b/,
  /^((?:\.\/)?gradlew?)\b.* (?:test|check)\b/,
  /^(dotnet test)\b/,
  /^(terraform (?:validate|fmt))\b(?!.*-write)/,
  /^(helm lint|promtool check|amtool check-config)\b/,
  /^(manage\.py test)\b/,
];
/** It mends, lists, installs or measures. */
const NO_GATE =
  /\s(?:--fix|--write|--version|--help|-h|--collect-only|--list|-bench\S*|--install-types|--init|fix|install|download|--download-db-only)(?:[\s=]|$)/;

/** Words in front of what is run. */
const RUNNERS =
  /^(?:(?:uv run|poetry run|pipenv run|pdm run|hatch run|npx|bunx|pnpm (?:exec|dlx)|yarn (?:exec|dlx)|bundle exec|python3? -m|(?:python3? )?(?=(?:\.\/)?manage\.py )|coverage run -m|docker[ -]compose (?:run|exec)(?: -\S+)* \S+|docker exec(?: -\S+)* \S+|xvfb-run(?: -\S+)*|timeout \S+)(?: --?[\w-]+(?:=\S+)?)* )+/;

/** The tool whose verdict a command line is; null for what judges nothing. */
export function gateOf(command: ShellCommand): string | null {
  const line = unwrapped(command)
    .map(({ text }) => text.replace(/\s+/g, ' '))
    .join(' ')
    .replace(RUNNERS, '')
    .replace(/^(?:\.\/|[\w./-]*\/bin\/)/, '');
  if (NO_GATE.test(` ${line} `)) return null;
  for (const gate of GATES) {
    const tool = gate.exec(line)?.[1];
    if (tool !== undefined) return tool;
  }
  return null;
}

const ACTIONS =
  /^(?:aquasecurity\/(?:trivy|tfsec)-action|snyk\/actions|anchore\/scan-action|golangci\/golangci-lint-action|securego\/gosec|golang\/govulncheck-action|bridgecrewio\/checkov-action|(?:returntocorp|semgrep)\/|gitleaks\/gitleaks-action|trufflesecurity\/trufflehog|hadolint\/hadolint-action|(?:super-linter|github)\/super-linter|actions\/dependency-review-action|pre-commit\/action|(?:astral-sh|chartboost)\/ruff-action|psf\/black|pypa\/gh-action-pip-audit|reviewdog\/|ludeeus\/action-shellcheck|ibiqlik\/action-yamllint)/;

/** Whether an action judges code. */
export function isGateAction(uses: string): boolean {
  return ACTIONS.test(uses);
}

/** How the failure of a gate is swallowed by what stands behind it on its line. */
export interface Swallowed {
  readonly tool: string;
  readonly subject: Span;
  /** What to delete. */
  readonly extra: Span;
  readonly by: string;
}

/** Judges commands in order: `swallowed` for those whose failure counts for nothing, `kept` for the others. */
export function swallowedGates(
  source: string,
  commands: readonly ShellCommand[],
): {
  readonly swallowed: readonly Swallowed[];
  readonly kept: readonly { readonly tool: string; readonly span: Span }[];
} {
  const swallowed: Swallowed[] = [];
  const kept: { tool: string; span: Span }[] = [];
  commands.forEach((command, index) => {
    const tool = gateOf(command);
    if (tool === null) return;
    const next = commands[index + 1];
    const words = next?.words.map(({ text }) => text) ?? [];
    const ends = next !== undefined && next.depth === command.depth && command.after === '||';
    const isNothing =
      (/^(?:true|:)$/.test(words[0] ?? '') && words.length === 1) ||
      (words[0] === 'exit' && words[1] === '0') ||
      (/^(?:echo|printf)$/.test(words[0] ?? '') && next!.after !== '&&');
    const isCaptured = /[$`]\([^)]*$/.test(
      source.slice(source.lastIndexOf('\n', command.start - 1) + 1, command.start),
    );
    if (ends && isNothing && !isCaptured) {
      const operator = source.indexOf('||', command.end);
      const start = operator - /[ \t]*$/.exec(source.slice(command.end, operator))![0].length;
      // What an echo says may stand in a redirection behind it.
      const rest = /^[^\n;&|]*/.exec(source.slice(next!.end))![0].replace(/["']?\s*$/, '');
      swallowed.push({
        tool,
        subject: { start: command.start, end: next!.end },
        extra: { start, end: /^\s*\d*>/.test(rest) ? next!.end + rest.length : next!.end },
        by: `|| ${words.slice(0, words[0] === 'exit' ? 2 : 1).join(' ')}`,
      });
    } else if (command.after !== '||') kept.push({ tool, span: { start: command.start, end: command.end } });
  });
  return { swallowed, kept };
}
