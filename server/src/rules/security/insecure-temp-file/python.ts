/** Python: files and folders with a foreseeable name in the shared temporary folder, and `tempfile.mktemp`. */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { callChain } from '../../../languages/python/chains.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { assignedValue, stringValue, textPieces } from '../../../languages/python/strings.ts';
import {
  argumentOf,
  calledName,
  calledOn,
  positionalArguments,
  shortText,
  unparenthesized,
} from '../../../languages/python/syntax.ts';

const SHARED = /^\/(?:var\/)?tmp\/[^/].*/;
/** Names that a protocol or another program prescribes. */
const PRESCRIBED = /\.(?:sock|socket|pid|lock|s)$|X11|systemd|docker|mysql/;

/** What makes names that nobody else has. */
const UNIQUE = /mkdtemp|mkstemp|uuid|token_|TemporaryDirectory|NamedTemporary|urandom|random/;

const files: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['/tmp/', 'mktemp', 'gettempdir'],
  calls: (name) => /^(?:open|makedirs|mkdir|mktemp|write_text|write_bytes|mkfifo|connect)$/.test(name),
  *check(node, ctx): Iterable<Verdict> {
    const chain = callChain(node, ctx);
    if (chain === 'tempfile.mktemp') {
      const args = { path: 'mktemp()', maker: 'tempfile.mkstemp' };
      yield { kind: 'fail', subject: (node.child('function') ?? node).span, message: 'race', args };
      return;
    }
    const name = calledName(node);
    const onPath = chain !== 'builtins.open' && !chain.startsWith('os.');
    if (name === 'connect' || name === 'mktemp') return;
    if (name === 'open' && !onPath) {
      const mode = argumentOf(node, 'mode', 1);
      if (mode === null || !/^[wax]/.test(stringValue(mode) ?? '')) return;
    } else if (name === 'open') return;
    const path = onPath ? calledOn(node) : (positionalArguments(node)[0] ?? null);
    if (path === null) return;
    let target = unparenthesized(path);
    if (target.kind === 'identifier') target = unparenthesized(assignedValue(target, ctx) ?? target);
    if (target.kind === 'call' && calledName(target) === 'Path') target = positionalArguments(target)[0] ?? target;
    let parts = target.kind === 'call' && calledName(target) === 'join' ? positionalArguments(target) : [target];
    if (target.kind === 'binary_operator' && target.child('operator')?.text === '/') {
      parts = [target.child('left')!, target.child('right')!];
    }
    let text = '';
    for (const [index, part] of parts.entries()) {
      const inner = unparenthesized(part);
      if (index === 0 && inner.kind === 'call' && callChain(inner, ctx) === 'tempfile.gettempdir') text += '/tmp';
      else {
        for (const piece of textPieces(inner, ctx)) {
          if ('text' in piece) text += piece.text;
          else {
            // What is not known may be unique.
            if (UNIQUE.test(piece.value.text) || !/pid|time|now|date|stamp/i.test(piece.value.text)) return;
            text += '0';
          }
        }
      }
      if (index + 1 < parts.length && !text.endsWith('/')) text += '/';
    }
    if (!SHARED.test(text) || PRESCRIBED.test(text)) return;
    const maker = /mkdir|makedirs/.test(name) ? 'tempfile.mkdtemp' : 'tempfile.NamedTemporaryFile';
    yield {
      kind: 'fail',
      subject: (onPath ? node : path).span,
      message: 'fixed',
      args: { path: shortText(path), maker },
    };
  },
};

const made: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['tempfile', 'TemporaryFile', 'TemporaryDirectory', 'mkstemp', 'mkdtemp'],
  calls: (name) =>
    /^(?:mkstemp|mkdtemp|NamedTemporaryFile|TemporaryFile|TemporaryDirectory|SpooledTemporaryFile)$/.test(name),
  *check(node, ctx): Iterable<Verdict> {
    if (callChain(node, ctx).startsWith('tempfile.')) yield { kind: 'pass', subject: node.span };
  },
};

export const pythonDetectors: readonly Detector[] = [files, made] as readonly Detector[];
