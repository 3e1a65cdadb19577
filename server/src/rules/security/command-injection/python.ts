/**
 * Python: command lines with values in them that a shell runs (`shell=True`, `os.system`, `os.popen`), and programs that
 * a request names. Constants, numbers and quoted values are fine, and so are tools of developers.
 */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { inputIn, inputName } from '../../../knowledge/python/requests.ts';
import { callChain } from '../../../languages/python/chains.ts';
import { replaced } from '../../../languages/python/edits.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { scopesAround } from '../../../languages/python/scope.ts';
import { assignedValue, textPieces } from '../../../languages/python/strings.ts';
import {
  calledName,
  enclosingFunction,
  keywordArgument,
  positionalArguments,
  shortText,
  syntaxChildren,
  unparenthesized,
} from '../../../languages/python/syntax.ts';

const DEVELOPMENT =
  /(?:^|\/)(?:tools?|scripts?|hack|build|ci|examples?|contrib|dev|docs?)\/|(?:^|\/)(?:setup|tasks|fabfile|noxfile|manage|conftest)\.py$/;
const SHELL_CALLS =
  /^(?:os\.system|os\.popen|subprocess\.(?:getoutput|getstatusoutput)|asyncio\.create_subprocess_shell|commands\.getoutput)$/;
const VECTOR_CALLS = /^(?:subprocess\.(?:run|call|check_call|check_output|Popen)|asyncio\.create_subprocess_exec)$/;

/** Whether a value cannot bring signs that a shell reads. */
function isHarmless(value: PythonNode, ctx: ChunkContext): boolean {
  const inner = unparenthesized(value);
  if (inner.kind === 'integer' || inner.kind === 'float') return true;
  if (inner.kind === 'call') {
    return /^(?:int|len|float|quote|shlex_quote|list2cmdline|join|getpid|mkdtemp|gettempdir)$/.test(calledName(inner));
  }
  if (inner.kind === 'attribute')
    return /^(?:sys\.executable|os\.(?:sep|curdir|name))$|\.[A-Z][A-Z0-9_]+$/.test(inner.text);
  if (inner.kind !== 'identifier') return false;
  if (/^_*[A-Z][A-Z0-9_]*$/.test(inner.text)) return true;
  const bindings = scopesAround(ctx, inner).bindingsOf(inner);
  if (bindings.length === 0) return true;
  return bindings.every(
    ({ kind, type, value: given }) =>
      (type !== null && /^(?:int|float|bool)$/.test(type.text)) ||
      (kind === 'assignment' &&
        given !== null &&
        !given.contains(inner) &&
        (given.kind === 'string' || isHarmless(given, ctx))),
  );
}

/** Whether the values of a function come from whoever calls it, and not from a list that it holds. */
function comesFromOutside(value: PythonNode, ctx: ChunkContext): boolean {
  const inner = unparenthesized(value);
  const root = inner.kind === 'identifier' ? inner : (inner.descendants('identifier')[0] ?? null);
  if (root === null) return false;
  if (/^(?:self|cls|args|config|settings|options|opts|cfg|constants)$/.test(root.text)) return false;
  const [binding] = scopesAround(ctx, root).bindingsOf(root);
  return binding?.kind === 'parameter' && enclosingFunction(value) !== null;
}

/** `run(f"convert {name}", shell=True)` as `run(["convert", name])`, where blanks alone part the words. */
function vectorFix(call: PythonNode, line: PythonNode): readonly Fix[] {
  const option = keywordArgument(call, 'shell');
  const pair = option?.parent ?? null;
  if (pair === null || line.kind !== 'string' || !/^f"[^"\\]*"$/.test(line.text)) return [];
  const body = line.text.slice(2, -1);
  if (/[|&;<>$`*?()'~#!]/.test(body.replace(/\{[\w.]+\}/g, ''))) return [];
  const words = body.trim().split(/\s+/);
  if (words.some((word) => /[{}]/.test(word) && !/^\{[\w.]+\}$/.test(word))) return [];
  const items = words.map((word) => (word.startsWith('{') ? word.slice(1, -1) : `"${word}"`));
  const { text } = call.tree;
  let start = pair.start;
  while (/[\s,]/.test(text[start - 1] ?? '')) start--;
  return [
    {
      title: 'Start the program with a list of arguments',
      safety: 'suggestion',
      preferred: true,
      edits: [
        replaced(line, `[${items.join(', ')}]`),
        { kind: 'replace', span: { start, end: pair.end }, newText: '' },
      ],
    },
  ];
}

const processes: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['subprocess', 'os.system', 'popen', 'create_subprocess', 'getoutput', 'shell=True', 'system('],
  calls: (name) =>
    /^(?:system|popen|getoutput|getstatusoutput|create_subprocess_shell|create_subprocess_exec|run|call|check_call|check_output|Popen)$/.test(
      name,
    ),
  *check(node, ctx): Iterable<Verdict> {
    if (DEVELOPMENT.test(ctx.file.path)) return;
    const chain = callChain(node, ctx);
    const [first] = positionalArguments(node);
    if (first === undefined) return;
    const isVector = VECTOR_CALLS.test(chain);
    const shell = SHELL_CALLS.test(chain) || (isVector && keywordArgument(node, 'shell')?.kind === 'true');
    if (!shell && !isVector) return;
    const inner = unparenthesized(first);
    const line = inner.kind === 'identifier' ? unparenthesized(assignedValue(inner, ctx) ?? inner) : inner;
    if (!shell) {
      const program = line.kind === 'list' ? syntaxChildren(line)[0] : line;
      const source = program === undefined || program.kind === 'list_splat' ? null : inputIn(program, ctx);
      if (source !== null) {
        yield {
          kind: 'fail',
          subject: program!.span,
          message: 'program',
          args: { value: inputName(program!), source },
        };
      } else if (line.kind === 'list' && program?.kind === 'string') yield { kind: 'pass', subject: first.span };
      return;
    }
    const pieces = textPieces(line, ctx);
    if (pieces.every((piece) => 'text' in piece)) return;
    for (const piece of pieces) {
      if ('text' in piece || isHarmless(piece.value, ctx)) continue;
      const source = inputIn(piece.value, ctx);
      // A lone variable may be a line that somebody else wrote down.
      if (source === null && (pieces.length === 1 || !comesFromOutside(piece.value, ctx))) continue;
      const args = {
        value: source === null ? shortText(piece.value) : inputName(piece.value),
        source: source ?? '',
        shell: 'a shell',
      };
      const message = source === null ? 'shell' : 'input';
      const severity = source === null ? ({ severity: 'high' } as const) : {};
      yield { kind: 'fail', subject: first.span, message, args, fixes: vectorFix(node, inner), ...severity };
      return;
    }
  },
};

export const pythonDetectors: readonly Detector[] = [processes] as readonly Detector[];
