/** Steps of GitHub workflows that judge code, and what makes their verdict count for nothing. */
import type { Span } from '../../../core/model/location.ts';
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { TextDetector } from '../../../core/rulekit/rule.ts';
import type { ShellCommand } from '../../../formats/shell.ts';
import { commandsOfRun } from '../../../formats/workflow.ts';
import {
  entriesAt,
  entryOf,
  innerSpan,
  itemsAt,
  readYaml,
  textAt,
  valueAt,
  type YamlEntry,
  type YamlScalar,
  type YamlValue,
} from '../../../formats/yaml.ts';
import { gateOf, isGateAction, swallowedGates } from './gates.ts';

/** Names by which a job or step says that it only informs, tidies up or tells. */
const INFORMS =
  /informational|optional|advisory|non[- ]?block|not blocking|experimental|allow(?:ed)?[- ](?:to[- ])?fail|best[- ]effort|report[- ]only|nightly|canary|flaky|known[- ]fail|clean[- ]?up|debug|upload|publish|notify|comment|retry|attempt|\bwarn(?:ing)?s?\b/i;

function fixOf(title: string, span: Span, newText: string): readonly Fix[] {
  return [{ title, safety: 'suggestion', preferred: true, edits: [{ kind: 'replace', span, newText }] }];
}

function lineAround(source: string, { start, end }: Span): Span {
  const next = source.indexOf('\n', end);
  return { start: source.lastIndexOf('\n', start - 1) + 1, end: next < 0 ? source.length : next + 1 };
}

/** Deletes a key that has a line of its own. */
function deletion(source: string, entry: YamlEntry): readonly Fix[] {
  const line = lineAround(source, { start: entry.keySpan.start, end: entry.value.span.end });
  const before = source.slice(line.start, entry.keySpan.start);
  return /^[ \t]*$/.test(before) ? fixOf(`Delete ${entry.key}`, line, '') : [];
}

/** Whether the line of a key, or a comment right above it or above what holds it, says that it is meant so. */
function isExplained(source: string, { keySpan, value }: YamlEntry, holder: number): boolean {
  const line = lineAround(source, { start: keySpan.start, end: value.span.end });
  const above = [keySpan.start, holder].map((at) => {
    const start = source.lastIndexOf('\n', at - 1) + 1;
    return source.slice(source.lastIndexOf('\n', start - 2) + 1, start);
  });
  return [source.slice(value.span.end, line.end), ...above].some((text) => /^\s*#/.test(text) && INFORMS.test(text));
}

/** Options of scanners and actions that let everything through. */
const LENIENT: readonly {
  readonly action: RegExp;
  readonly key: string;
  readonly value: RegExp;
  readonly better: string;
}[] = [
  { action: /checkov-action|tfsec-action/, key: 'soft_fail', value: /^true$/, better: 'false' },
  { action: /anchore\/scan-action/, key: 'fail-build', value: /^false$/, better: 'true' },
  { action: /hadolint-action/, key: 'no-fail', value: /^true$/, better: 'false' },
];

interface Step {
  readonly value: YamlValue;
  readonly run: YamlScalar | null;
  readonly commands: readonly ShellCommand[];
  readonly uses: string;
  readonly name: string;
}

function stepsOf(source: string, job: YamlValue): readonly Step[] {
  return itemsAt(job, 'steps').map((value): Step => {
    const run = valueAt(value, 'run');
    const scalar = run?.kind === 'scalar' ? run : null;
    return {
      value,
      run: scalar,
      commands: scalar === null ? [] : commandsOfRun(source, scalar),
      uses: textAt(value, 'uses'),
      name: textAt(value, 'name'),
    };
  });
}

/** The tool whose verdict the step is; '' for a step that judges nothing. */
function toolOf({ commands, uses }: Step): string {
  if (isGateAction(uses)) return uses.replace(/@.*$/, '');
  for (const command of commands) {
    const tool = gateOf(command);
    if (tool !== null) return tool;
  }
  return '';
}

const TELLS = /^(?:echo|printf|:|true|sleep|date|mkdir|cat)$/;
const GOOD = /passed|pass(?:ed)?\b|success|completed?|all (?:good|clear)|no (?:issues|vulnerabilities)|✅|✓/i;
const JUDGES =
  /\b(?:tests?|testing|scan(?:ning)?|audit|lint(?:ing)?|verif(?:y|ication)|security|vulnerabilit\w+|smoke|compliance)\b/i;

function* judgeStep(source: string, step: Step, all: readonly Step[], piped: boolean): Generator<Verdict> {
  const { value, run, commands, uses, name } = step;
  const tool = toolOf(step);
  const id = textAt(value, 'id');
  if (INFORMS.test(`${name} ${id}`)) return;
  // Somebody looks at the outcome later.
  if (id !== '' && new RegExp(`steps\\.${id.replace(/[^\w-]/g, '')}\\.(?:outcome|conclusion)`).test(source)) return;
  if (tool === '') {
    yield* judgeTale(step);
    return;
  }
  const optional = entryOf(value, 'continue-on-error');
  if (optional?.value.kind === 'scalar' && optional.value.text === 'true') {
    if (isExplained(source, optional, value.span.start)) return;
    const subject = { start: optional.keySpan.start, end: optional.value.span.end };
    yield { kind: 'fail', subject, message: 'step', args: { tool }, fixes: deletion(source, optional) };
    return;
  }
  for (const { action, key, value: lenient, better } of LENIENT) {
    const setting = entryOf(valueAt(value, 'with'), key);
    if (!action.test(uses) || setting?.value.kind !== 'scalar' || !lenient.test(setting.value.text)) continue;
    const inner = innerSpan(setting.value);
    const subject = { start: setting.keySpan.start, end: setting.value.span.end };
    yield {
      kind: 'fail',
      subject,
      message: 'lenient',
      args: { tool, setting: `${key}: ${setting.value.text}` },
      fixes: fixOf(`Set ${key} to ${better}`, inner, better),
    };
    return;
  }
  if (run === null) return;
  const { swallowed, kept } = swallowedGates(source, commands);
  const strict = new Set(all.flatMap((other) => swallowedGates(source, other.commands).kept.map((gate) => gate.tool)));
  for (const { tool: gate, subject, extra, by } of swallowed) {
    // The tool writes a report, and judges in another run.
    if (strict.has(gate)) continue;
    yield {
      kind: 'fail',
      subject,
      message: 'swallowed',
      args: { tool: gate, by },
      fixes: fixOf(`Delete ${by}`, extra, ''),
    };
  }
  for (const { span } of kept) {
    const command = commands.find(({ start }) => start === span.start)!;
    const next = commands[commands.indexOf(command) + 1];
    const isTee = command.after === '|' && /^(?:tee|cat|head|tail|sed|awk|sort|less)$/.test(next?.words[0]?.text ?? '');
    if (!piped || !isTee) {
      yield { kind: 'pass', subject: span };
      continue;
    }
    if (/pipefail|PIPESTATUS/.test(source.slice(run.span.start, run.span.end))) continue;
    yield {
      kind: 'fail',
      subject: { start: span.start, end: next!.end },
      message: 'piped',
      args: { tool: gateOf(command)!, to: next!.words[0]!.text },
    };
  }
}

/** A step that is called a check and does nothing but say that all is well. */
function* judgeTale({ run, commands, name, value }: Step): Generator<Verdict> {
  if (
    run === null ||
    commands.length === 0 ||
    !JUDGES.test(name) ||
    /summary|report|result|notif|status|done/i.test(name)
  )
    return;
  if (entryOf(value, 'if') !== null || !commands.every(({ words }) => TELLS.test(words[0]?.text ?? ''))) return;
  const tale = commands.find(({ words }) => GOOD.test(words.map(({ text }) => text).join(' ')));
  if (tale === undefined || /GITHUB_(?:OUTPUT|ENV|STEP_SUMMARY)/.test(run.text)) return;
  yield { kind: 'fail', subject: { start: tale.start, end: tale.end }, message: 'tale', args: { name } };
}

/** Whether a pipe of the job takes the verdict of its last command, as where no shell is named. */
function lacksPipefail(root: YamlValue, job: YamlValue): boolean {
  const shells = [root, job].map((value) => textAt(value, 'defaults', 'run', 'shell'));
  const runner = valueAt(job, 'runs-on');
  return shells.every((shell) => shell === '') && runner?.kind === 'scalar' && /^(?:ubuntu|macos)-/.test(runner.text);
}

export const workflows: TextDetector = {
  text: true,
  triggers: ['steps:'],
  *check(source) {
    for (const { root, problems } of readYaml(source)) {
      if (root === null || problems.length > 0) continue;
      for (const { key, keySpan, value: job } of entriesAt(root, 'jobs')) {
        if (INFORMS.test(`${key} ${textAt(job, 'name')}`)) continue;
        const steps = stepsOf(source, job);
        const optional = entryOf(job, 'continue-on-error');
        if (optional !== null) {
          const tool = steps.map(toolOf).find((found) => found !== '');
          const isPlain = optional.value.kind === 'scalar' && optional.value.text === 'true';
          if (
            isPlain &&
            tool !== undefined &&
            !isExplained(source, optional, keySpan.start) &&
            !source.includes(`needs.${key}.result`)
          )
            yield {
              kind: 'fail',
              subject: { start: optional.keySpan.start, end: optional.value.span.end },
              message: 'job',
              args: { name: key, tool },
              fixes: deletion(source, optional),
            };
          if (!isPlain || tool !== undefined) continue;
        }
        const sarif = steps.some(({ uses }) => /upload-sarif/.test(uses));
        const piped = lacksPipefail(root, job);
        for (const step of steps) {
          // Findings that are uploaded are judged where they go.
          if (sarif && isGateAction(step.uses)) continue;
          yield* judgeStep(source, step, steps, piped && entryOf(step.value, 'shell') === null);
        }
        for (const step of steps) {
          const approvers = valueAt(step.value, 'with', 'approvers');
          if (/manual-approval/.test(step.uses) && approvers?.kind === 'scalar') {
            const written = source.slice(approvers.span.start, approvers.span.end);
            if (/^["']?\$\{\{\s*github\.(?:actor|triggering_actor)\s*\}\}["']?$/.test(written))
              yield { kind: 'fail', subject: approvers.span, message: 'self' };
          }
        }
      }
    }
  },
};
