/**
 * Code that Go programs take from outside: scripts that a request brings to an interpreter, plugins that it names, and
 * downloads that a shell runs unseen. Scripts of the program and of its configuration are not input.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { NodeDetector } from '../../../core/rulekit/rule.ts';
import { INPUT_NAMES } from '../../../knowledge/go/inputs.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { originsAround } from '../../../languages/go/origin.ts';
import { callArguments, calledName, shortText } from '../../../languages/go/syntax.ts';
import { typesAround } from '../../../languages/go/types.ts';

const INTERPRETERS =
  /dop251\/goja|robertkrimen\/otto|traefik\/yaegi|yuin\/gopher-lua|rogchap\.com\/v8go|go\.starlark\.net|mattn\/anko|d5\/tengo|Shopify\/go-lua/;
const RUNS = /^(?:RunString|RunScript|Eval|EvalWithContext|DoString|LoadString|Run|ExecFile|Execute|Compile)$/;
/** `curl ... | sh` */
const DOWNLOAD = /\b(?:curl|wget)\b[^|;&]*\|\s*(?:sudo\s+(?:-\w+\s+)*)?(?:ba|z|da|k)?sh\b/;

const scripts: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: [
    'goja',
    'otto',
    'yaegi',
    'lua',
    'v8go',
    'starlark',
    'anko',
    'tengo',
    'RunString',
    'DoString',
    'Eval(',
    'RunScript',
    'plugin.Open',
  ],
  calls: (name) => RUNS.test(name) || name === 'Open',
  *check(node, ctx): Iterable<Verdict> {
    const values = callArguments(node);
    if (values.length === 0) return;
    const { imports } = ctx.file.header;
    if (calledName(node) === 'Open') {
      const callee = imports.some(({ path }) => path === 'plugin') ? typesAround(ctx, node)?.calleeOf(node) : undefined;
      if (callee?.kind !== 'package' || callee.path !== 'plugin') return;
    } else if (!imports.some(({ path }) => INTERPRETERS.test(path))) return;
    const origins = originsAround(ctx, node);
    if (origins === null) return;
    for (const value of values) {
      if (value.kind.endsWith('string_literal')) {
        yield { kind: 'pass', subject: node.span };
        return;
      }
      const input = origins.inputIn(value);
      if (input === null) continue;
      yield {
        kind: 'fail',
        subject: value.span,
        message: 'script',
        args: { value: shortText(value), source: INPUT_NAMES[input.input!] },
      };
      return;
    }
  },
};

const downloads: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['curl', 'wget'],
  calls: (name) => name === 'Command' || name === 'CommandContext',
  *check(node, ctx): Iterable<Verdict> {
    const callee = typesAround(ctx, node)?.calleeOf(node);
    if (callee?.kind !== 'package' || callee.path !== 'os/exec') return;
    for (const value of callArguments(node)) {
      const text =
        originsAround(ctx, node)
          ?.piecesOf(value)
          .map((piece) => piece.text ?? 'x')
          .join('') ?? '';
      if (!DOWNLOAD.test(text)) continue;
      yield { kind: 'fail', subject: value.span, message: 'download' };
      return;
    }
  },
};

export const go: readonly NodeDetector[] = [scripts, downloads] as readonly NodeDetector[];
