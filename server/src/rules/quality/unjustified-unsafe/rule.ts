/**
 * Uses of Go's package unsafe that go around the type system without a word about why that is sound. Sizes and offsets
 * are harmless; arguments of system calls and code that talks to C follow a documented pattern.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import { defineRule, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { type GoHeader, localNameOf } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { scopeAround } from '../../../languages/go/scope.ts';
import {
  commentText,
  indentationOf,
  leadingCommentText,
  lineBreakOf,
  lineStartAt,
  statementOf,
  topLevelOf,
} from '../../../languages/go/syntax.ts';

const DANGEROUS = /^(?:Pointer|Add|Slice|SliceData|String|StringData)$/;

/** Words of a comment that tells why unsafe memory access is sound, or at least that somebody thought of it. */
const REASON =
  /\b(?:un)?safe(?:ty|ly)?\b|\bzero[- ]?cop|\bzero[- ]?alloc|\ballocat|\bcopying\b|\bcopies\b|\bmemory\b|\blifetime|\bgarbage|\bGC\b|\bimmutab|\bmutat|\bmodif|\balign|\blayout\b|\bescape|\bpointer|\bheader\b|\bnolint\b.*\/\//i;

/** Calls that take addresses as numbers; the package unsafe names this pattern among those that are sound. */
const SYSTEM_CALL = /^(?:syscall|unix|windows)\.|[sS]yscall|\.Call$|^ioctl|^prctl|[iI]octl/;

/** Whether a comment before or behind the statement, or before one around it, speaks of it. */
function isExplained(node: GoNode): boolean {
  const declaration = topLevelOf(node);
  if (declaration !== null && REASON.test(leadingCommentText(declaration))) return true;
  for (let around = statementOf(node); around !== null; around = statementOf(around.parent!)) {
    if (leadingCommentText(around) !== '') return true;
    const next = around.nextSibling;
    if (next?.kind === 'comment' && !node.tree.text.slice(around.end, next.start).includes('\n')) return true;
    if (around.parent === null) break;
  }
  const body = declaration?.child('body') ?? declaration;
  return body?.descendants('comment').some((comment) => REASON.test(commentText(comment))) === true;
}

function isSystemCall(node: GoNode): boolean {
  for (let call = node.ancestor('call_expression'); call !== null; call = call.ancestor('call_expression')) {
    if (SYSTEM_CALL.test(call.child('function')?.text ?? '')) return true;
  }
  return false;
}

const declarations: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['function_declaration', 'method_declaration', 'var_declaration'],
  triggers: ['unsafe.'],
  *check(node, ctx): Iterable<Verdict> {
    const { header } = ctx.file;
    const name = localNameOf(header, 'unsafe');
    if (node.parent?.kind !== 'chunk' || name === null || header.imports.some(({ path }) => path === 'C')) return;
    const uses = node
      .descendants('selector_expression')
      .filter(
        (selector) =>
          selector.child('operand')?.text === name &&
          DANGEROUS.test(selector.child('field')?.text ?? '') &&
          scopeAround(ctx, selector)?.bindingOf(selector.child('operand')!) === null &&
          !isSystemCall(selector),
      );
    const first = uses[0];
    if (first === undefined) return;
    const open = uses.find((use) => !isExplained(use));
    if (open === undefined) {
      yield { kind: 'pass', subject: first.span };
      return;
    }
    const statement = statementOf(open) ?? node;
    const at = lineStartAt(node.tree.text, statement.start);
    const comment = `${indentationOf(statement)}// SAFETY: say here why this memory access is sound.${lineBreakOf(node)}`;
    yield {
      kind: 'fail',
      subject: open.span,
      message: 'unexplained',
      args: { use: open.text },
      fixes: [
        {
          title: 'Add a SAFETY comment to fill in',
          safety: 'suggestion',
          edits: [{ kind: 'replace', span: { start: at, end: at }, newText: comment }],
        },
      ],
    };
  },
};

export const rule = defineRule({
  id: 'unjustified-unsafe',
  title: 'Unsafe memory access without a reason',
  category: 'quality',
  severity: 'medium',
  confidence: 'certain',
  stage: 'stable',
  docs: {
    what: 'A function converts to `unsafe.Pointer`, or makes strings and slices of raw memory, and no comment at the statement or function says why that is sound. Sizes and offsets, arguments of system calls, and files that use C code are left out.',
    why: 'Neither the compiler nor the race detector checks such code. Whoever changes it later cannot see which promise it depends on - that bytes are never written again, that a layout stays the same - and breaks it without noticing.',
    howToFix:
      'Write a comment that begins with `SAFETY:` and names the promise, or use what the standard library offers: `strings.Builder`, `bytes.Clone`, `encoding/binary`.',
    refs: ['CWE-704', 'CWE-119', 'gosec G103', 'https://pkg.go.dev/unsafe#Pointer'],
  },
  messages: {
    unexplained: 'Nothing says why {use} is sound here; add a SAFETY comment, or do without unsafe.',
  },
  fix: 'always',
  on: { go: [declarations] },
});
