/**
 * Python: signing keys that `secrets`, `os.urandom` or `uuid` make when none is configured, or always, and that nothing
 * keeps. Keys of single conversations and a development mode are left alone.
 */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { callChain } from '../../../languages/python/chains.ts';
import { importing, replaced } from '../../../languages/python/edits.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { stringValue } from '../../../languages/python/strings.ts';
import {
  calledName,
  definedName,
  enclosingFunction,
  keywordArgument,
  positionalArguments,
  unparenthesized,
} from '../../../languages/python/syntax.ts';
import { MEANT, SIGNING } from './names.ts';

const RANDOM =
  /^(?:secrets\.(?:token_hex|token_urlsafe|token_bytes)|os\.urandom|uuid\.uuid4|cryptography\.fernet\.Fernet\.generate_key|Crypto\.Random\.get_random_bytes)$/;
const LOOKUPS = /^(?:os\.getenv|os\.environ\.get|(?:decouple|starlette\.config|environs|environ)\b.*)$/;
/** What keeps a value, or stands for a choice of a developer. */
const KEEPS =
  /\.(?:write|write_text|write_bytes|save|commit|put|set|dump|insert|execute|store|setdefault|add)\(|set_key\(|open\(/;

function isSigning(name: string): boolean {
  return (SIGNING.test(name) || /(?:^|_)secret_?key$/i.test(name)) && !MEANT.test(name);
}

/** Name that a value is given to: a variable, attribute, setting or key of a mapping; '' for none. */
function targetOf(value: PythonNode): string {
  let inner = value;
  for (;;) {
    const { parent } = inner;
    if (parent === null) return '';
    if (parent.kind === 'assignment') {
      const left = parent.child('left');
      if (left === null || parent.child('right')?.contains(value) !== true) return '';
      if (left.kind === 'subscript') return stringValue(left.child('subscript') ?? left) ?? '';
      return left.kind === 'attribute' ? (left.child('attribute')?.text ?? '') : left.text;
    }
    const isPart =
      parent.kind === 'boolean_operator' ||
      parent.kind === 'parenthesized_expression' ||
      parent.kind === 'attribute' ||
      parent.kind === 'argument_list' ||
      (parent.kind === 'call' && /^(?:hex|decode|str|getenv|get|bytes|b64encode)$/.test(calledName(parent)));
    if (!isPart) return '';
    inner = parent;
  }
}

/** The lookup of the environment whose default a value is; null when it is none. */
function lookupAround(
  value: PythonNode,
  ctx: ChunkContext,
): { readonly call: PythonNode; readonly name: string } | null {
  for (let call = value.ancestor('call'); call !== null; call = call.ancestor('call')) {
    if (!LOOKUPS.test(callChain(call, ctx))) continue;
    const [first, second] = positionalArguments(call);
    const isDefault = (second ?? keywordArgument(call, 'default'))?.contains(value) === true;
    const name = first === undefined ? null : stringValue(first);
    if (isDefault && name !== null) return { call, name };
  }
  return null;
}

function required(call: PythonNode, ctx: ChunkContext, name: string): readonly Fix[] {
  if (!/^os\./.test(callChain(call, ctx))) return [];
  return [
    {
      title: `Stop when ${name} is not set`,
      safety: 'suggestion',
      preferred: true,
      edits: [replaced(call, `os.environ["${name}"]`), importing(['os'], ['secrets', 'uuid'])],
    },
  ];
}

/** Whether a condition of the code around the node is about development. */
function isDevelopment(node: PythonNode): boolean {
  for (let branch = node.ancestor('if_statement'); branch !== null; branch = branch.ancestor('if_statement')) {
    if (/dev|debug|test|local/i.test(branch.child('condition')?.text ?? '')) return true;
  }
  return /dev|debug|test/i.test(definedName(enclosingFunction(node) ?? node));
}

const keys: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['token_hex', 'token_urlsafe', 'token_bytes', 'urandom', 'uuid4', 'generate_key', 'get_random_bytes'],
  calls: (name) => /^(?:token_hex|token_urlsafe|token_bytes|urandom|uuid4|generate_key|get_random_bytes)$/.test(name),
  *check(node, ctx): Iterable<Verdict> {
    if (!RANDOM.test(callChain(node, ctx)) || isDevelopment(node)) return;
    const target = targetOf(node);
    const lookup = lookupAround(node, ctx);
    const name = lookup !== null && isSigning(lookup.name) ? lookup.name : target;
    if (!isSigning(name)) return;
    const owner = enclosingFunction(node);
    const branch = node.ancestor('if_statement');
    const missing = branch === null ? null : unparenthesized(branch.child('condition') ?? branch);
    const isFallback =
      lookup !== null ||
      node.ancestor('boolean_operator')?.child('operator')?.text === 'or' ||
      (missing !== null && /^not \w|is None$|==\s*(?:""|'')$/.test(missing.text) && missing.text.includes(target));
    // A value of a function is one of the process only where it is the start that calls it.
    const isStart =
      owner === null || /^(?:__init__|create_app|configure|init_app|main|setup|load_\w+)$/.test(definedName(owner));
    if (!isFallback && !isStart) return;
    const around = owner ?? branch;
    if (around !== null && KEEPS.test(around.text.replace(/\bos\.environ\.\w+\(|\.get\(/g, ''))) {
      const stored = around.text
        .split(/\r?\n/)
        .some((line) => KEEPS.test(line) && line.includes(target === '' ? name : target));
      if (stored) {
        yield { kind: 'pass', subject: node.span };
        return;
      }
    }
    const settings = node.ancestor('class_definition')?.child('superclasses')?.text ?? '';
    const isSetting = owner === null && /Settings/.test(settings);
    yield {
      kind: 'fail',
      subject: node.span,
      message: isFallback || isSetting ? 'fallback' : 'process',
      args: { name },
      fixes: lookup === null ? [] : required(lookup.call, ctx, lookup.name),
    };
  },
};

/** `os.environ["SECRET_KEY"]`: the start stops without the secret. */
const demands: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['subscript'],
  triggers: ['environ['],
  when: (node) => node.child('value')?.text === 'os.environ',
  *check(node): Iterable<Verdict> {
    const name = stringValue(node.child('subscript') ?? node) ?? '';
    if (isSigning(name) && node.parent?.kind !== 'assignment') yield { kind: 'pass', subject: node.span };
    else if (isSigning(name) && node.parent?.child('left')?.equals(node) !== true)
      yield { kind: 'pass', subject: node.span };
  },
};

export const pythonDetectors: readonly Detector[] = [keys, demands] as readonly Detector[];
