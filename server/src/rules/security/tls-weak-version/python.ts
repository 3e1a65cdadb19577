/** Python: protocol constants of `ssl` and pyOpenSSL where a context is made, lowest versions, and lists of ciphers. */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { callChain, chainOf } from '../../../languages/python/chains.ts';
import { replaced } from '../../../languages/python/edits.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { constantText } from '../../../languages/python/strings.ts';
import { argumentOf, calledName, keywordArgument, positionalArguments } from '../../../languages/python/syntax.ts';

const OLD_PROTOCOL = /^ssl\.(?:PROTOCOL_(?:SSLv2|SSLv3|TLSv1|TLSv1_1))$/;
const OLD_METHOD = /^OpenSSL\.SSL\.(?:SSLv2|SSLv3|TLSv1|TLSv1_1)_METHOD$/;
const OLD_VERSION = /^ssl\.TLSVersion\.(?:SSLv3|TLSv1|TLSv1_1|MINIMUM_SUPPORTED)$/;
const NEW_VERSION = /^ssl\.TLSVersion\.(?:TLSv1_2|TLSv1_3)$/;
/** Ciphers that can be broken, where they are not excluded. */
const CIPHER =
  /(?:^|[:, ])\+?((?:[A-Z0-9]+-)*(?:RC4|3DES|DES|NULL|eNULL|aNULL|EXPORT|EXP|ADH|MD5)(?:-[A-Z0-9]+)*)(?=$|[:, @])/;

function better(node: PythonNode, newText: string, title: string): readonly Fix[] {
  return [{ title, safety: 'suggestion', preferred: true, edits: [replaced(node, newText)] }];
}

/** The last word of `ssl.PROTOCOL_TLSv1`, where it is written with its module. */
function wordOf(node: PythonNode): PythonNode | null {
  return node.kind === 'attribute' ? node.child('attribute') : null;
}

const contexts: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: [
    'PROTOCOL_SSLv',
    'PROTOCOL_TLSv1',
    '_METHOD',
    'set_ciphers',
    'ssl_version',
    'SSLContext',
    'create_default_context',
  ],
  calls: (name) =>
    /^(?:SSLContext|wrap_socket|Context|set_ciphers|get_server_certificate|create_default_context|PoolManager)$/.test(
      name,
    ),
  *check(node, ctx): Iterable<Verdict> {
    const chain = callChain(node, ctx);
    if (calledName(node) === 'set_ciphers') {
      const [list] = positionalArguments(node);
      const text = list === undefined ? null : constantText(list, ctx);
      const cipher = text === null ? undefined : CIPHER.exec(text)?.[1];
      if (cipher !== undefined && /^ssl\b/.test(chain))
        yield { kind: 'fail', subject: list!.span, message: 'pythonCipher', args: { name: cipher } };
      return;
    }
    if (chain === 'ssl.create_default_context') {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    const value =
      chain === 'ssl.SSLContext'
        ? argumentOf(node, 'protocol', 0)
        : chain === 'OpenSSL.SSL.Context'
          ? (positionalArguments(node)[0] ?? null)
          : keywordArgument(node, 'ssl_version');
    if (value === null) return;
    const named = chainOf(value, ctx) ?? '';
    if (!OLD_PROTOCOL.test(named) && !OLD_METHOD.test(named)) return;
    const word = wordOf(value);
    const isServer = keywordArgument(node, 'server_side')?.kind === 'true';
    const isContext = chain === 'ssl.SSLContext';
    // A context for clients or servers also sets other defaults; somebody has to say which of them this one is.
    const fixes =
      word === null || isContext
        ? []
        : named.startsWith('OpenSSL')
          ? better(word, 'TLS_METHOD', 'Negotiate the version')
          : better(word, isServer ? 'PROTOCOL_TLS_SERVER' : 'PROTOCOL_TLSv1_2', 'Ask for TLS 1.2');
    yield { kind: 'fail', subject: value.span, message: 'pythonVersion', args: { name: value.text }, fixes };
  },
};

/** `context.minimum_version = ssl.TLSVersion.TLSv1` */
const versions: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['assignment'],
  triggers: ['minimum_version', 'maximum_version'],
  when: (node) => /\.m(?:in|ax)imum_version$/.test(node.child('left')?.text ?? ''),
  *check(node, ctx: ChunkContext): Iterable<Verdict> {
    const value = node.child('right');
    if (value === null) return;
    const named = chainOf(value, ctx) ?? '';
    const isLowest = node.child('left')?.child('attribute')?.text === 'minimum_version';
    if (NEW_VERSION.test(named)) {
      if (isLowest) yield { kind: 'pass', subject: value.span };
      return;
    }
    if (!OLD_VERSION.test(named) || node.ancestor('if_statement', 'elif_clause', 'match_statement') !== null) return;
    const word = wordOf(value);
    yield {
      kind: 'fail',
      subject: value.span,
      message: 'pythonVersion',
      args: { name: value.text },
      fixes: word === null ? [] : better(word, 'TLSv1_2', 'Ask for TLS 1.2 at least'),
    };
  },
};

export const pythonDetectors: readonly Detector[] = [contexts, versions] as readonly Detector[];
