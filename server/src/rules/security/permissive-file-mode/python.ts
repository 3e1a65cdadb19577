/**
 * Python: modes that let every account write, or read what is secret, and files of secrets that are opened without any
 * mode. Executables and public files are left alone.
 */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { wordsOf } from '../../../knowledge/project/secrets.ts';
import { callChain } from '../../../languages/python/chains.ts';
import { importing, keywordInserted, replaced } from '../../../languages/python/edits.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { assignedValue, stringValue, textPieces } from '../../../languages/python/strings.ts';
import {
  argumentOf,
  calledName,
  calledOn,
  enclosingFunction,
  keywordArgument,
  positionalArguments,
  shortText,
  unparenthesized,
} from '../../../languages/python/syntax.ts';

const SECRETS =
  /^(?:password|passwd|passphrase|secrets?|credentials?|creds|privkey|keystore|keyfile|keyring|htpasswd|kubeconfig|wallet|mnemonic)$/;
/** Files that hold secrets by their names. */
const SECRET_FILE =
  /(?:^|[/\\])(?:\.env(?:\.(?:local|prod|production))?|\.pgpass|\.netrc|\.htpasswd|id_(?:rsa|ed25519|ecdsa)|credentials(?:\.json)?|secrets?\.(?:json|ya?ml|toml|txt|env))$|(?:private|secret)\w*\.(?:pem|key)$/i;

function modeOf(node: PythonNode): number | null {
  const { text } = unparenthesized(node);
  return /^0[oO][0-7]+$/.test(text) ? Number.parseInt(text.slice(2), 8) : null;
}

/** Last part of a path that is put together: `.env` of `folder / ".env"`; null when it is not written. */
function endOf(path: PythonNode, ctx: ChunkContext): string | null {
  let node = unparenthesized(path);
  if (node.kind === 'identifier') node = unparenthesized(assignedValue(node, ctx) ?? node);
  if (node.kind === 'binary_operator' && node.child('operator')?.text === '/') {
    node = unparenthesized(node.child('right') ?? node);
  } else if (node.kind === 'call' && /^(?:join|Path)$/.test(calledName(node))) {
    node = positionalArguments(node).at(-1) ?? node;
  }
  const last = textPieces(node, ctx).at(-1);
  return last !== undefined && 'text' in last ? last.text : null;
}

const modes: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['0o', '0O'],
  calls: (name) => /^(?:chmod|fchmod|mkdir|makedirs|open|mkfifo|touch)$/.test(name),
  *check(node, ctx): Iterable<Verdict> {
    const name = calledName(node);
    const chain = callChain(node, ctx);
    const onPath = !chain.startsWith('os.');
    if (name === 'open' && onPath) return;
    const position = name === 'open' ? 2 : onPath ? 0 : 1;
    const mode = argumentOf(node, 'mode', position);
    const value = mode === null ? null : modeOf(mode);
    if (mode === null || value === null) return;
    const isDirectory = /mkdir|makedirs/.test(name) || (value & 0o111) !== 0;
    const better = isDirectory ? '0o750' : '0o600';
    const fixes: readonly Fix[] = [
      { title: `Use ${better}`, safety: 'suggestion', preferred: true, edits: [replaced(mode, better)] },
    ];
    const subject = mode.span;
    const target = onPath ? calledOn(node) : (positionalArguments(node)[0] ?? null);
    // What is created gets its mode through the mask of the process; only chmod gives it away for sure.
    if ((value & 0o002) !== 0 && (value & 0o1000) === 0) {
      if (!/chmod$/.test(name)) return;
      yield { kind: 'fail', subject, message: 'writable', args: { mode: mode.text, better }, fixes };
      return;
    }
    const words = target === null ? [] : wordsOf(target.text.replace(/[^\w]+/g, '_'));
    const end = target === null ? null : endOf(target, ctx);
    const secret = words.some((word) => SECRETS.test(word)) || (end !== null && SECRET_FILE.test(end));
    if (secret && (value & 0o004) !== 0) {
      yield { kind: 'fail', subject, message: 'secret', args: { mode: mode.text, better }, severity: 'high', fixes };
    } else if ((value & 0o007) === 0) yield { kind: 'pass', subject };
  },
};

/** `open(folder / ".env", "w")`: the mask of the process decides who may read it. */
const fresh: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['.env', '.pgpass', '.netrc', 'htpasswd', 'id_rsa', 'id_ed25519', 'credentials', 'secret', 'private'],
  calls: (name) => name === 'open',
  *check(node, ctx): Iterable<Verdict> {
    if (callChain(node, ctx) !== 'builtins.open') return;
    const [path] = positionalArguments(node);
    const mode = argumentOf(node, 'mode', 1);
    if (path === undefined || mode === null || !/^[wx]/.test(stringValue(mode) ?? '')) return;
    const end = endOf(path, ctx);
    if (end === null || !SECRET_FILE.test(end)) return;
    const owner = enclosingFunction(node);
    if (keywordArgument(node, 'opener') !== null || /\bchmod\(|\bumask\(/.test((owner ?? node).text)) {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    const edit = keywordInserted(node, 'opener', 'lambda name, flags: os.open(name, flags, 0o600)');
    yield {
      kind: 'fail',
      subject: node.span,
      message: 'fresh',
      args: { path: shortText(path), better: '0o600' },
      fixes:
        edit === null
          ? []
          : [
              {
                title: 'Make the file readable for its owner only',
                safety: 'suggestion',
                preferred: true,
                edits: [edit, importing(['os'])],
              },
            ],
    };
  },
};

export const pythonDetectors: readonly Detector[] = [modes, fresh] as readonly Detector[];
