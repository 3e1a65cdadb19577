/**
 * Go: constructors of crypto packages by name, sizes as literals, and nonces whose bytes are in sight. Decryption is
 * left alone: it has to read what there is.
 */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, NodeDetector } from '../../../core/rulekit/rule.ts';
import { packageCallId } from '../../../languages/go/calls.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { onlyValueOf } from '../../../languages/go/paths.ts';
import { declarationAround, declaredFunctionName } from '../../../languages/go/purpose.ts';
import { scopeAround } from '../../../languages/go/scope.ts';
import {
  callArguments,
  calledName,
  integerLiteralValue,
  operatorOf,
  stringLiteralValue,
  syntaxChildren,
  unparenthesized,
} from '../../../languages/go/syntax.ts';

const CIPHERS: ReadonlyMap<string, string> = new Map([
  ['crypto/des.NewCipher', 'DES'],
  ['crypto/des.NewTripleDESCipher', '3DES'],
  ['crypto/rc4.NewCipher', 'RC4'],
  ['golang.org/x/crypto/blowfish.NewCipher', 'Blowfish'],
  ['golang.org/x/crypto/cast5.NewCipher', 'CAST5'],
  ['golang.org/x/crypto/tea.NewCipher', 'TEA'],
  ['golang.org/x/crypto/xtea.NewCipher', 'XTEA'],
]);
/** Modes with the position of the vector. */
const MODES: ReadonlyMap<string, number> = new Map([
  ['crypto/cipher.NewCBCEncrypter', 1],
  ['crypto/cipher.NewCTR', 1],
  ['crypto/cipher.NewOFB', 1],
  ['crypto/cipher.NewCFBEncrypter', 1],
]);
const READS = /decrypt|unseal|decode|legacy|compat|open\b/i;
/** Protocols that ask for the old cipher. */
const DEMANDED = /ntlm|kerberos|vnc|smb|rfb|pkcs12|radius|shadowsocks|\bpdf|mschap|sip\b/i;

const constructors: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  calls: (name) =>
    /^(?:NewCipher|NewTripleDESCipher|NewGCM|GenerateKey|P224|NewCBCEncrypter|NewCTR|NewOFB|NewCFBEncrypter|Seal|New|NewX)$/.test(
      name,
    ),
  *check(node, ctx): Generator<Verdict> {
    const id = packageCallId(node, ctx);
    const owner = declaredFunctionName(node);
    const cipher = CIPHERS.get(id);
    if (cipher !== undefined) {
      if (!READS.test(owner) && !DEMANDED.test(`${owner} ${ctx.file.path}`)) {
        yield { kind: 'fail', subject: node.span, message: 'cipher', args: { name: cipher } };
      }
      return;
    }
    if (id === 'crypto/cipher.NewGCM' || /chacha20poly1305\.NewX?$/.test(id)) {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    const values = callArguments(node);
    if (id === 'crypto/rsa.GenerateKey') {
      const bits = values[1] === undefined ? null : integerLiteralValue(values[1]);
      if (bits === null || values[1] === undefined) return;
      if (bits >= 2048) yield { kind: 'pass', subject: node.span };
      else
        yield {
          kind: 'fail',
          subject: node.span,
          message: 'size',
          args: { bits: String(bits) },
          fixes: replaceFix(values[1], '2048', 'Make a key of 2048 bits'),
        };
      return;
    }
    if (id === 'crypto/elliptic.P224') {
      // One of several that somebody else chose.
      if (node.ancestor('expression_case', 'keyed_element') !== null) return;
      const callee = node.child('function')!;
      const name = callee.child('field')!;
      yield {
        kind: 'fail',
        subject: node.span,
        message: 'curve',
        args: { name: 'P-224' },
        fixes: replaceFix(name, 'P256', 'Use the curve P-256'),
      };
      return;
    }
    const mode = MODES.get(id);
    const isSeal = mode === undefined && calledName(node) === 'Seal' && values.length === 4;
    const nonce = mode === undefined ? (isSeal ? values[1] : undefined) : values[mode];
    if (nonce === undefined || READS.test(owner)) return;
    if (isFixed(nonce, isSeal ? null : (values[0] ?? null), ctx)) {
      const name = nonce.text.length > 40 ? `${nonce.text.slice(0, 37)}...` : nonce.text;
      yield { kind: 'fail', subject: nonce.span, message: 'nonce', args: { name } };
    }
  },
};

function replaceFix(node: GoNode, newText: string, title: string): readonly Fix[] {
  return [{ title, safety: 'suggestion', preferred: true, edits: [{ kind: 'replace', span: node.span, newText }] }];
}

/** Whether the bytes are the same each time: a literal, zeroes that nobody fills, or a part of the key. */
function isFixed(nonce: GoNode, block: GoNode | null, ctx: ChunkContext): boolean {
  let node = unparenthesized(nonce);
  if (node.kind === 'identifier') {
    const value = onlyValueOf(node, ctx);
    if (value === null) return false;
    const made = unparenthesized(value);
    if (isMake(made)) return !isFilled(node, ctx);
    node = made;
  }
  if (isMake(node)) return true;
  if (node.kind === 'type_conversion_expression') {
    const inner = callArguments(node)[0];
    return inner !== undefined && stringLiteralValue(inner) !== null;
  }
  if (node.kind === 'composite_literal') {
    const elements = syntaxChildren(node.child('body') ?? node);
    return elements.length > 0 && elements.every((element) => /^(?:0x[\da-fA-F]+|\d+|'.')$/.test(element.text));
  }
  if (node.kind !== 'slice_expression' || block === null) return false;
  const key = unparenthesized(node.child('operand') ?? node);
  return key.kind === 'identifier' && keyOf(block, ctx) === key.text;
}

function isMake(node: GoNode): boolean {
  return node.kind === 'call_expression' && node.child('function')?.text === 'make';
}

/** Whether something may write into the variable between its declaration and the call. */
function isFilled(identifier: GoNode, ctx: ChunkContext): boolean {
  const binding = scopeAround(ctx, identifier)?.bindingOf(identifier) ?? null;
  if (binding === null) return true;
  return binding.uses.some((use) => {
    if (use.equals(identifier)) return false;
    const call = use.ancestor('call_expression', 'statement_list');
    if (call?.kind === 'call_expression') return !/^(?:len|append|EncodeToString|Seal|Open)$/.test(calledName(call));
    const parent = use.parent;
    return parent?.kind !== 'return_statement' && !(parent?.kind === 'binary_expression' && operatorOf(parent) !== '');
  });
}

/** Name of the key that a block cipher was made with: `block, err := aes.NewCipher(key)`. */
function keyOf(block: GoNode, ctx: ChunkContext): string {
  const binding = block.kind === 'identifier' ? (scopeAround(ctx, block)?.bindingOf(block) ?? null) : null;
  const statement = binding?.node.parent?.parent;
  if (statement?.kind !== 'short_var_declaration') return '';
  const call = statement.descendants('call_expression')[0];
  if (call === undefined || calledName(call) !== 'NewCipher') return '';
  return unparenthesized(callArguments(call)[0] ?? call).text;
}

/** `for ... { block.Encrypt(dst[i:], src[i:]) }` in a function that is called so. */
const codebooks: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['ECB', 'Ecb', 'ecb'],
  calls: (name) => name === 'Encrypt' || name === 'CryptBlocks',
  *check(node, ctx): Generator<Verdict> {
    const owner = declarationAround(node);
    if (owner === null || !/ecb/i.test(declaredFunctionName(node)) || READS.test(declaredFunctionName(node))) return;
    if (calledName(node) !== 'Encrypt' || callArguments(node).length !== 2 || node.ancestor('for_statement') === null)
      return;
    if (!ctx.file.header.imports.some((item) => /^crypto\/(?:aes|des|cipher)$/.test(item.path))) return;
    yield { kind: 'fail', subject: node.span, message: 'ecb' };
  },
};

export const goDetectors = [constructors, codebooks] as readonly NodeDetector[];
