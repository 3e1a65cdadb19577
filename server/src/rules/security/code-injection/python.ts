/**
 * Python: `eval`, `exec` and `compile` of what a request, another server or the environment brings, and downloads that a
 * shell runs unseen. Code that the program itself puts together, and files of its own, are left alone.
 */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { inputIn, inputName } from '../../../knowledge/python/requests.ts';
import { responseIn } from '../../../knowledge/python/responses.ts';
import { callChain, chainOf } from '../../../languages/python/chains.ts';
import { importing, replaced } from '../../../languages/python/edits.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { scopesAround } from '../../../languages/python/scope.ts';
import { assignedValue, textPieces } from '../../../languages/python/strings.ts';
import { positionalArguments, shortText, syntaxChildren, unparenthesized } from '../../../languages/python/syntax.ts';

const RUNS = /^builtins\.(?:eval|exec|compile)$/;
const ENVIRONMENT = /^os\.(?:getenv\(\)|environ\[\]|environ\.get\(\))$/;
/** `curl ... | sh` */
const DOWNLOAD = /\b(?:curl|wget)\b[^|;&]*\|\s*(?:sudo\s+(?:-\w+\s+)*)?(?:ba|z|da|k)?sh\b/;

/** Whether a value is read from the environment: directly, or in a loop over all of it. */
function isFromEnvironment(value: PythonNode, ctx: ChunkContext): boolean {
  const inner = unparenthesized(value);
  if (ENVIRONMENT.test(chainOf(inner, ctx) ?? '')) return true;
  if (inner.kind !== 'identifier') return false;
  const bindings = scopesAround(ctx, inner).bindingsOf(inner);
  if (bindings.length === 0) return false;
  return bindings.every(({ kind, node, value: given }) => {
    if (kind === 'assignment' && given !== null) return ENVIRONMENT.test(chainOf(given, ctx) ?? '');
    const loop = kind === 'loop' ? node.ancestor('for_statement') : null;
    return loop !== null && /^os\.environ\.(?:items|values)\(\)$/.test(loop.child('right')?.text ?? '');
  });
}

const evaluations: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['eval(', 'exec(', 'compile(', 'eval (', 'exec (', 'ImageMath'],
  calls: (name) => /^(?:eval|exec|compile|unsafe_eval)$/.test(name),
  *check(node, ctx): Iterable<Verdict> {
    const chain = callChain(node, ctx);
    const isImage = /^PIL\.ImageMath\.(?:eval|unsafe_eval)$/.test(chain);
    if (!isImage && !RUNS.test(chain)) return;
    const [code] = positionalArguments(node);
    if (code === undefined) return;
    const source = sourceOf(code, ctx);
    if (source !== null) {
      yield {
        kind: 'fail',
        subject: code.span,
        message: 'script',
        args: { value: inputName(code), source },
        fixes: literalFix(node, chain),
      };
    } else if (!isImage && isFromEnvironment(code, ctx)) {
      yield {
        kind: 'fail',
        subject: code.span,
        message: 'environment',
        args: { value: shortText(code) },
        severity: 'medium',
        fixes: literalFix(node, chain),
      };
    }
  },
};

/** Who brings the code, or a part of it. */
function sourceOf(code: PythonNode, ctx: ChunkContext): string | null {
  return inputIn(code, ctx) ?? responseIn(code, ctx);
}

/** `ast.literal_eval(x)` instead of `eval(x)`. */
function literalFix(call: PythonNode, chain: string): readonly Fix[] {
  const callee = call.child('function');
  if (chain !== 'builtins.eval' || callee?.kind !== 'identifier' || positionalArguments(call).length !== 1) return [];
  if (syntaxChildren(call.child('arguments') ?? call).length !== 1) return [];
  return [
    {
      title: 'Read literals only with ast.literal_eval',
      safety: 'suggestion',
      preferred: true,
      edits: [replaced(callee, 'ast.literal_eval'), importing(['ast'])],
    },
  ];
}

const downloads: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['curl', 'wget'],
  calls: (name) =>
    /^(?:system|popen|run|call|check_call|check_output|Popen|getoutput|create_subprocess_shell)$/.test(name),
  *check(node, ctx): Iterable<Verdict> {
    if (!/^(?:os\.(?:system|popen)|subprocess\.\w+|asyncio\.create_subprocess_shell)$/.test(callChain(node, ctx)))
      return;
    const [first] = positionalArguments(node);
    if (first === undefined) return;
    const line = first.kind === 'identifier' ? (assignedValue(first, ctx) ?? first) : first;
    const parts = line.kind === 'list' ? syntaxChildren(line) : [line];
    const found = parts.some((part) =>
      DOWNLOAD.test(
        textPieces(part, ctx)
          .map((piece) => ('text' in piece ? piece.text : 'x'))
          .join(''),
      ),
    );
    if (found) yield { kind: 'fail', subject: first.span, message: 'download' };
  },
};

/** Literals are read, and nothing is run. */
const literals: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['literal_eval'],
  calls: (name) => name === 'literal_eval',
  *check(node): Iterable<Verdict> {
    yield { kind: 'pass', subject: node.span };
  },
};

export const pythonDetectors: readonly Detector[] = [evaluations, downloads, literals] as readonly Detector[];
