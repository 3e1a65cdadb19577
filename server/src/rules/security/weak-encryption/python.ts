/**
 * Python: ciphers, modes, vectors and key sizes of PyCryptodome and cryptography, where the code names them. Decryption
 * has to read what there is, and protocols that ask for an old cipher are left alone.
 */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { callChain, chainOf } from '../../../languages/python/chains.ts';
import { replaced } from '../../../languages/python/edits.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { assignedValue, constantValue, stringValue } from '../../../languages/python/strings.ts';
import {
  argumentOf,
  calledName,
  definedName,
  enclosingClass,
  enclosingFunction,
  keywordArgument,
  positionalArguments,
  shortText,
  unparenthesized,
} from '../../../languages/python/syntax.ts';

const OLD_CIPHER = /^(?:Crypto|Cryptodome)\.Cipher\.(DES|DES3|ARC2|ARC4|Blowfish|CAST)\.new$/;
const OLD_ALGORITHM =
  /^cryptography\.hazmat\.(?:primitives\.ciphers\.|decrepit\.ciphers\.)algorithms\.(ARC4|TripleDES|Blowfish|IDEA|CAST5|SEED|RC2)$/;
const BLOCK = /^(?:Crypto|Cryptodome)\.Cipher\.AES\.new$/;
const MODES = /^cryptography\.hazmat\.primitives\.ciphers\.modes\.(ECB|CBC|CTR|OFB|CFB|CFB8|GCM)$/;
const SMALL_CURVE = /^cryptography\.hazmat\.primitives\.asymmetric\.ec\.(SECP192R1|SECP224R1|SECT163\w+|SECT233\w+)$/;
const NAMES: Readonly<Record<string, string>> = {
  DES3: '3DES',
  TripleDES: '3DES',
  ARC4: 'RC4',
  ARC2: 'RC2',
  CAST: 'CAST5',
};

const READS = /decrypt|unseal|decode|decipher|unpack|legacy|compat|unwrap|parse|crack/i;
/** Protocols that ask for the old cipher. */
const DEMANDED =
  /ntlm|kerberos|vnc|smb|rfb|pkcs12|radius|shadowsocks|pdf|mschap|weixin|wechat|weapi|eapi|spotify|deezer|mega|crypter|hoster|downloader|netease|alipay|wecom|dingtalk|tuya|smartcard|emv|bluetooth/i;

/** Whether the code around has to use what it is given: it decrypts, or speaks somebody else's protocol. */
function isDemanded(node: PythonNode, ctx: ChunkContext): boolean {
  const owner = enclosingFunction(node);
  const type = owner === null ? null : (enclosingClass(owner) ?? null);
  const around = `${owner === null ? '' : definedName(owner)} ${type === null ? '' : definedName(type)}`;
  if (READS.test(around) || DEMANDED.test(`${around} ${ctx.file.path}`)) return true;
  // Made and used for reading alone.
  return (
    owner !== null && /\.decrypt\(|\.decryptor\(/.test(owner.text) && !/\.encrypt\(|\.encryptor\(/.test(owner.text)
  );
}

/** Whether the bytes are the same for every message: a literal, zeroes, or a part of the key. */
function isFixed(vector: PythonNode, key: PythonNode | null, ctx: ChunkContext): boolean {
  let node = unparenthesized(vector);
  if (node.kind === 'identifier') {
    const value = assignedValue(node, ctx);
    if (value === null) return typeof constantValue(node, ctx) === 'string';
    node = unparenthesized(value);
  }
  if (stringValue(node) !== null) return true;
  if (node.kind === 'call' && /^(?:bytes|bytearray)$/.test(node.child('function')?.text ?? '')) {
    const [only] = positionalArguments(node);
    return only?.kind === 'integer';
  }
  if (node.kind === 'call' && calledName(node) === 'encode') {
    const object = node.child('function')?.child('object');
    return object != null && stringValue(object) !== null;
  }
  if (node.kind === 'binary_operator') return /^b?["'][^"']*["']\s*\*\s*\d+$/.test(node.text);
  if (key === null) return false;
  const whole = node.kind === 'subscript' ? (node.child('value') ?? node) : node;
  return whole.kind === 'identifier' && whole.text === unparenthesized(key).text;
}

const calls: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: [
    '.new(',
    'modes.',
    'algorithms.',
    '.generate(',
    'generate_private_key',
    'SECP',
    'SECT',
    'AESGCM',
    'ChaCha20Poly1305',
    'Fernet',
    'ECB(',
    'CBC(',
    'TripleDES',
    'ARC4',
  ],
  calls: (name) =>
    /^(?:new|ARC4|TripleDES|Blowfish|IDEA|CAST5|SEED|RC2|ECB|CBC|CTR|OFB|CFB|CFB8|GCM|generate|generate_private_key|SECP\w+|SECT\w+|AESGCM|ChaCha20Poly1305|Fernet)$/.test(
      name,
    ),
  *check(node, ctx): Iterable<Verdict> {
    const chain = callChain(node, ctx);
    if (chain === '') return;
    const old = OLD_CIPHER.exec(chain)?.[1] ?? OLD_ALGORITHM.exec(chain)?.[1];
    if (old !== undefined) {
      if (!isDemanded(node, ctx))
        yield { kind: 'fail', subject: node.span, message: 'cipher', args: { name: NAMES[old] ?? old } };
      return;
    }
    if (
      /^cryptography\.(?:fernet\.Fernet|hazmat\.primitives\.ciphers\.aead\.(?:AESGCM|ChaCha20Poly1305))$/.test(chain)
    ) {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    if (
      /^(?:Crypto|Cryptodome)\.PublicKey\.(?:RSA|DSA)\.generate$|^cryptography\.hazmat\.primitives\.asymmetric\.(?:rsa|dsa)\.generate_private_key$/.test(
        chain,
      )
    ) {
      yield* judgeSize(node, chain);
      return;
    }
    const curve = SMALL_CURVE.exec(chain)?.[1];
    if (curve !== undefined) {
      // A list of those that exist.
      if (node.ancestor('dictionary', 'list', 'tuple') !== null) return;
      yield { kind: 'fail', subject: node.span, message: 'curvePython', args: { name: curve } };
      return;
    }
    if (BLOCK.test(chain)) yield* judgeBlock(node, ctx);
    const mode = MODES.exec(chain)?.[1];
    if (mode === undefined || isDemanded(node, ctx)) return;
    if (mode === 'ECB') {
      yield { kind: 'fail', subject: node.span, message: 'ecb' };
      return;
    }
    const [vector] = positionalArguments(node);
    const cipher = node.ancestor('call');
    const algorithm = cipher === null ? undefined : positionalArguments(cipher)[0];
    const key = algorithm?.kind === 'call' ? (positionalArguments(algorithm)[0] ?? null) : null;
    if (vector !== undefined && isFixed(vector, key, ctx))
      yield { kind: 'fail', subject: vector.span, message: 'noncePython', args: { name: shortText(vector) } };
  },
};

/** `AES.new(key, AES.MODE_ECB)`, `AES.new(key, AES.MODE_CBC, b"0" * 16)` */
function* judgeBlock(node: PythonNode, ctx: ChunkContext): Generator<Verdict> {
  const mode = argumentOf(node, 'mode', 1);
  const name = /\.MODE_(\w+)$/.exec(mode === null ? '' : (chainOf(mode, ctx) ?? mode.text))?.[1];
  if (mode === null || name === undefined || isDemanded(node, ctx)) return;
  if (name === 'ECB') {
    yield { kind: 'fail', subject: mode.span, message: 'ecb' };
    return;
  }
  const vector =
    keywordArgument(node, 'iv') ??
    keywordArgument(node, 'IV') ??
    keywordArgument(node, 'nonce') ??
    positionalArguments(node)[2] ??
    null;
  if (vector !== null && isFixed(vector, positionalArguments(node)[0] ?? null, ctx))
    yield { kind: 'fail', subject: vector.span, message: 'noncePython', args: { name: shortText(vector) } };
  else if (/^(?:GCM|EAX|CCM|SIV|OCB)$/.test(name)) yield { kind: 'pass', subject: node.span };
}

function* judgeSize(node: PythonNode, chain: string): Generator<Verdict> {
  const size = chain.startsWith('cryptography')
    ? argumentOf(node, 'key_size', chain.includes('rsa') ? 1 : 0)
    : argumentOf(node, 'bits', 0);
  if (size?.kind !== 'integer') return;
  const bits = Number(size.text);
  if (bits >= 2048) {
    yield { kind: 'pass', subject: node.span };
    return;
  }
  const fixes: readonly Fix[] = [
    { title: 'Make a key of 2048 bits', safety: 'suggestion', preferred: true, edits: [replaced(size, '2048')] },
  ];
  yield { kind: 'fail', subject: node.span, message: 'size', args: { bits: size.text }, fixes };
}

export const pythonDetectors: readonly Detector[] = [calls as NodeDetector];
