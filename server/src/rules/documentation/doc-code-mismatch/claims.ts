/**
 * What a Markdown document says about the project that can be looked up: targets of makefiles, packages and files by
 * their paths, options of its programs, variables. Only what is written as code counts; nothing is looked
 * up here.
 */
import type { FactVerdict } from '../../../core/model/verdict.ts';
import { fact, type TextDetector } from '../../../core/rulekit/rule.ts';

/** Key: path of the document. */
export const CLAIM = 'document.claim';
export type Claim = {
  /**
   * `target`: of a makefile. `package`: path in a go command. `import`: full path of a package. `path`: a file or
   * directory by its path. `option`: of a program, '' for one in a list. `variable`: of the environment.
   */
  readonly kind: 'target' | 'package' | 'import' | 'path' | 'option' | 'variable';
  readonly text: string;
  /** Options: the program that is given them. */
  readonly program: string;
  /** Last repository that the reader was told to clone, '' for none. */
  readonly clone: string;
};

/** Documents about what was, will be, or is the business of somebody else. */
const OTHER_TIMES =
  /change|history|release|migrat|upgrad|roadmap|proposal|rfcs?\b|\badrs?\b|decision|design|plan|todo|audit|report|review|news|archive|legacy|deprecat|status|complete|summary|implementation|progress|postmortem|meeting|blog|template|\bspecs?\b|v\d+\.md$/i;
/** Lines about what is not there on purpose. */
const HEDGED =
  /deprecat|remov|no longer|former|previous|rename|legacy|obsolete|future|planned|todo|will be|coming soon|not yet|e\.g\.|example|for instance|such as|would|creat|generat|ignored|instead of|replaced|old\b|deleted|optional|例如|比如|示例|如：|自动|生成/i;
const PLACEHOLDER = /xxx|\bfoo|\bbar\b|baz|example|your|\bmy|path\/to|<|>|\.\.\.|\*|\bpkg$|placeholder|some|\$|\{/i;

const SHELL = /^(?:|sh|bash|shell|console|zsh|terminal|shell-session|shellsession|text|cmd|powershell)$/;
const CODE = /^(?:|sh|bash|shell|console|zsh|terminal|shell-session|shellsession|text|go|golang|makefile|cmd)$/;
/** Blocks that show settings: a shell may set variables for the document alone. */
const SETTINGS = /^(?:env|dotenv|properties|ini)$/;
/** Blocks in which the reader makes what they go on to use. */
const MAKES =
  /\b(?:mkdir|touch|go mod init|npm create|git init)\b|\bcat\s*>|<<\s*['"]?EOF|\bvi(?:m)?\b|\bnano\b|\bgit checkout\b/;

const FENCE = /^ {0,8}(`{3,}|~{3,})[ \t]*([\w+-]*)/;
const CLONE = /\bgit clone\b[^\n]*?([\w.-]+?)(?:\.git)?\/?(?:\s|$)/;
const PROMPT = /^\s*(?:[$%#>]\s+)?(?:cd [\w./-]+ && )?(?:sudo )?(?:[A-Z_]\w*=\S*\s+)*/;
const GO_PATH =
  /\bgo (?:run|build|test|vet|install)\b[^\n`;&|#]*?[ \t](\.\/[\w./-]*\w[\w./-]*|[\w-]+(?:\/[\w.-]+)+\.go)(?=[\s`"']|$)/g;
const IMPORT = /(?<![\w./:@-])((?:[\w-]+\.)+[a-z]{2,}(?:\/[\w.-]+){2,})(?=[\s"'`)@]|$)/g;
const PATH =
  /`(?:\.\/)?([\w-][\w.-]*(?:\/[\w-][\w.-]*)+\.(?:go|sql|proto)|[\w-][\w.-]*(?:\/[\w-][\w.-]*)+\/)(?::\d+)?`/g;
const VARIABLE =
  /^\s*(?:[|*+-]\s*)+\**`?\$?([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)`?\**\s*(?:[|:=(–—-]|$)|^\s*(?:[$#]\s+)?(?:export\s+)?([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)=/;
const LISTED_OPTION = /^\s*(?:[|*+-]\s*)+\**`(?:-\w(?:,|\s*\|)\s*)?--([a-z][\w.-]+)[^`]*`/;
/** Options that libraries define by themselves. */
const COMMON_OPTION = /^(?:help|version|v|h)$/;

interface Reading {
  readonly path: string;
  clone: string;
}

function* claim(
  reading: Reading,
  kind: Claim['kind'],
  text: string,
  start: number,
  length: number,
  program = '',
): Generator<FactVerdict> {
  const value = { kind, text, program, clone: reading.clone } satisfies Claim;
  yield fact(CLAIM, reading.path, value, { start, end: start + length });
}

/** `make build test` and `./app serve --port 80`, as lines of a shell. */
function* commandLine(line: string, start: number, reading: Reading): Generator<FactVerdict> {
  const prompt = PROMPT.exec(line)![0].length;
  const rest = line.slice(prompt);
  const make = /^make((?:[ \t]+[\w./:=%-]+)+)[ \t]*(?:#.*|&&.*)?$/.exec(rest);
  if (make !== null) {
    if (/\s-[CfI]|\s--/.test(make[1]!)) return;
    for (const word of make[1]!.matchAll(/[^\s]+/g)) {
      if (/^[a-z][\w.-]*$/i.test(word[0]))
        yield* claim(reading, 'target', word[0], start + prompt + 4 + word.index, word[0].length);
    }
    return;
  }
  const command = rest.split(/\s(?:\||&&|;|#|--(?=\s)|<|>)/, 1)[0]!;
  const run = /^go run\s+(\.\/[\w./-]+|[\w./-]+\.go|\.)(?=\s)/.exec(command);
  const called = /^(?:\.{0,2}\/)?(?:[\w.-]+\/)*([\w-]+)(?:\.exe)?(?=\s)/.exec(command);
  const program = run !== null ? run[1]! : (called?.[1] ?? '');
  if (program === '' || (run === null && program === 'go')) return;
  for (const option of command.matchAll(/\s--([a-z][\w.-]+)(?=[=\s]|$)/g)) {
    if (COMMON_OPTION.test(option[1]!)) continue;
    const at = start + prompt + option.index + option[0].length - option[1]!.length - 2;
    yield* claim(reading, 'option', option[1]!, at, option[1]!.length + 2, program);
  }
}

/** Paths of go commands and packages; `line` may be prose with code in it. */
function* goPaths(line: string, start: number, reading: Reading): Generator<FactVerdict> {
  for (const match of line.matchAll(GO_PATH)) {
    const path = match[1]!
      .replace(/\/?\.\.\.$/, '')
      .replace(/^\.\//, '')
      .replace(/\/$/, '');
    if (path === '' || path.startsWith('..') || PLACEHOLDER.test(path)) continue;
    yield* claim(reading, 'package', path, start + match.index + match[0].length - match[1]!.length, match[1]!.length);
  }
  for (const match of line.matchAll(IMPORT)) {
    const path = match[1]!.replace(/\/?\.+$/, '');
    if (!PLACEHOLDER.test(path)) yield* claim(reading, 'import', path, start + match.index, path.length);
  }
}

function* prose(line: string, start: number, reading: Reading): Generator<FactVerdict> {
  if (HEDGED.test(line)) return;
  for (const match of line.matchAll(PATH)) {
    if (PLACEHOLDER.test(match[1]!)) continue;
    yield* claim(
      reading,
      'path',
      match[1]!.replace(/\/$/, ''),
      start + match.index + match[0].indexOf(match[1]!),
      match[1]!.length,
    );
  }
  for (const match of line.matchAll(/`([^`\n]+)`/g)) {
    const code = match[1]!;
    const at = start + match.index + 1;
    if (/^make [a-z][\w.-]*$/.test(code)) yield* commandLine(code, at, reading);
    yield* goPaths(code, at, reading);
  }
  const option = LISTED_OPTION.exec(line);
  if (option !== null && !COMMON_OPTION.test(option[1]!))
    yield* claim(reading, 'option', option[1]!, start + line.indexOf(`--${option[1]}`), option[1]!.length + 2);
}

function* variable(line: string, start: number, reading: Reading): Generator<FactVerdict> {
  if (HEDGED.test(line)) return;
  const match = VARIABLE.exec(line);
  if (match === null) return;
  const name = match[1] ?? match[2]!;
  yield* claim(reading, 'variable', name, start + line.indexOf(name), name.length);
}

interface Line {
  readonly text: string;
  readonly start: number;
}

/** Lines of a shell that a backslash continues, as one; the break stays in it, so that offsets stay as they are. */
function joined(lines: readonly Line[]): readonly Line[] {
  const whole: Line[] = [];
  for (const line of lines) {
    const before = whole.at(-1);
    if (before !== undefined && /\\$/.test(before.text)) {
      const gap = line.start - before.start - before.text.length;
      whole[whole.length - 1] = {
        text: `${before.text.slice(0, -1)}${' '.repeat(gap + 1)}${line.text}`,
        start: before.start,
      };
    } else whole.push(line);
  }
  return whole;
}

function* block(lines: readonly Line[], language: string, reading: Reading): Generator<FactVerdict> {
  const whole = lines.map(({ text }) => text).join('\n');
  const clone = CLONE.exec(whole);
  if (clone !== null) reading.clone = clone[1]!;
  if (SETTINGS.test(language)) for (const { text, start } of lines) yield* variable(text, start, reading);
  if (!CODE.test(language) || MAKES.test(whole)) return;
  for (const { text, start } of joined(lines)) {
    if (/^\s*(?:#(?!\s*(?:make|go|\.\/))|\/\/)/.test(text)) continue;
    if (SHELL.test(language)) yield* commandLine(text, start, reading);
    yield* goPaths(text, start, reading);
  }
}

export const claims: TextDetector = {
  text: true,
  *check(source, ctx) {
    const { path } = ctx.file;
    if (OTHER_TIMES.test(path) || source.length > 300_000) return;
    // A byte order mark counts as a blank, so that offsets stay as they are.
    const text = source.replace(/^\uFEFF/, ' ');
    const reading: Reading = { path, clone: '' };
    let fence: { readonly marker: string; readonly language: string; readonly lines: Line[] } | null = null;
    for (const match of text.matchAll(/[^\r\n]+/g)) {
      const line = match[0];
      const mark: RegExpExecArray | null = FENCE.exec(line);
      if (fence !== null) {
        if (mark !== null && mark[1]!.startsWith(fence.marker) && line.trim() === mark[1]) {
          yield* block(fence.lines, fence.language, reading);
          fence = null;
        } else fence.lines.push({ text: line, start: match.index });
      } else if (mark !== null) fence = { marker: mark[1]!, language: mark[2]!.toLowerCase(), lines: [] };
      else {
        yield* prose(line, match.index, reading);
        yield* variable(line, match.index, reading);
      }
    }
  },
};
