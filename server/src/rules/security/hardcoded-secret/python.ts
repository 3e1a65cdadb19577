/**
 * Python: secrets written as literals: by their format, under a name that holds one, as the fallback of a lookup, in a
 * comparison, or as the key of a signature. Placeholders, labels and texts for readers are none.
 */
import type { FailVerdict, Fix, Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import {
  isLocalHost,
  isPlaceholder,
  operationalSecretOf,
  secretNameOf,
  secretValueOf,
  urlPasswords,
  wordsOf,
} from '../../../knowledge/project/secrets.ts';
import { callChain } from '../../../languages/python/chains.ts';
import { importing, replaced } from '../../../languages/python/edits.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { isBytes, stringValue } from '../../../languages/python/strings.ts';
import { calledName, isProse, keywordArgument, positionalArguments } from '../../../languages/python/syntax.ts';

type Site = {
  readonly kind: 'held' | 'fallback' | 'compared' | 'sink';
  readonly name: string;
  /** What a fix replaces by a lookup; null when there is no simple one. */
  readonly replaced: PythonNode | null;
  /** Environment variable that is looked up. */
  readonly variable: string;
};

const SIGNS = /^(?:jwt|jose\.jwt|authlib\.jose\.jwt)\.(?:encode|decode)$/;
const LOOKUPS = /^(?:os\.getenv|os\.environ\.(?:get|setdefault)|decouple\.config|config)$/;
/** Names under which a literal is a word for readers. */
const LABEL =
  /(?:url|uri|path|header|label|title|field|name|prompt|message|msg|help|text|description|placeholder|type|mode|prefix|regex|pattern|format|template|policy|param|hash(?:er|ers)?|scheme|validators?|backend|class|file|dir|column|key_?name|env|grant|endpoint|scope|error|hint|caption|icon)s?$/i;

function siteOf(literal: PythonNode, ctx: ChunkContext): Site | null {
  let value = literal;
  let { parent } = value;
  while (
    parent?.kind === 'parenthesized_expression' ||
    (parent?.kind === 'attribute' && parent.parent?.kind === 'call')
  ) {
    if (parent.kind === 'attribute') {
      if (parent.child('attribute')?.text !== 'encode') return null;
      value = parent.parent!;
    } else value = parent;
    parent = value.parent;
  }
  if (parent === null) return null;
  switch (parent.kind) {
    case 'assignment': {
      const left = parent.child('left');
      if (left === null || parent.child('right')?.equals(value) !== true) return null;
      const name = nameOf(left);
      return name === '' ? null : { kind: 'held', name, replaced: value, variable: '' };
    }
    case 'pair': {
      const key = parent.child('key');
      const name = key === null ? null : stringValue(key);
      return name === null || parent.child('value')?.equals(value) !== true
        ? null
        : { kind: 'held', name, replaced: value, variable: '' };
    }
    case 'keyword_argument': {
      const call = parent.ancestor('call');
      const name = parent.child('name')?.text ?? '';
      if (call !== null && name === 'default') return lookupSite(call, ctx);
      return { kind: 'held', name, replaced: value, variable: '' };
    }
    case 'default_parameter':
    case 'typed_default_parameter':
      return { kind: 'held', name: parent.child('name')?.text ?? '', replaced: null, variable: '' };
    case 'boolean_operator': {
      const left = parent.child('left');
      if (
        parent.child('operator')?.text !== 'or' ||
        left?.kind !== 'call' ||
        parent.child('right')?.equals(value) !== true
      )
        return null;
      const site = lookupSite(left, ctx);
      return site === null ? null : { ...site, replaced: parent };
    }
    case 'comparison_operator': {
      const other = parent.namedChildren.find((child) => !child.equals(value) && child.kind !== 'comment');
      if (other === undefined || !/(?:==|!=)/.test(parent.text)) return null;
      return { kind: 'compared', name: nameOf(other), replaced: null, variable: '' };
    }
    case 'argument_list': {
      const call = parent.parent;
      if (call?.kind !== 'call') return null;
      const index = positionalArguments(call).findIndex((argument) => argument.equals(value));
      if (index === 1 && SIGNS.test(callChain(call, ctx))) {
        return { kind: 'sink', name: callChain(call, ctx), replaced: value, variable: '' };
      }
      return index === 1 ? lookupSite(call, ctx) : null;
    }
    default:
      return null;
  }
}

function lookupSite(call: PythonNode, ctx: ChunkContext): Site | null {
  const [first] = positionalArguments(call);
  const name = first === undefined ? null : stringValue(first);
  const chain = callChain(call, ctx);
  if (name === null || !(LOOKUPS.test(chain) || /^(?:getenv|environ)$/.test(calledName(call)))) return null;
  return { kind: 'fallback', name, replaced: /^os\./.test(chain) ? call : null, variable: name };
}

function nameOf(node: PythonNode): string {
  if (node.kind === 'identifier') return node.text;
  if (node.kind === 'attribute') return node.child('attribute')?.text ?? '';
  if (node.kind === 'subscript') return stringValue(node.child('subscript') ?? node) ?? '';
  if (node.kind === 'call' && calledName(node) === 'get')
    return stringValue(positionalArguments(node)[0] ?? node) ?? '';
  return '';
}

function messageOf(literal: PythonNode, value: string, site: Site): string | null {
  const name = site.name.slice(site.name.lastIndexOf('.') + 1);
  if (site.kind === 'sink') return operationalSecretOf(value.replaceAll(' ', '_')) === null ? null : 'used';
  const kind = secretNameOf(name);
  if (kind === null || kind === 'weak' || LABEL.test(name)) return null;
  if (site.kind === 'fallback') {
    // Another service refuses a key that stands for none, and a generated file only shows one.
    if (isPlaceholder(value) && !/jwt|session|sign|secret_?key|cookie|csrf|encrypt/i.test(name)) return null;
    return operationalSecretOf(value) === null || literal.ancestor('interpolation') !== null ? null : 'fallback';
  }
  // Django's own word for a key that was made for a project.
  if (/^SECRET_KEY$/.test(name) && /^django-insecure-/.test(value)) return 'held';
  if (secretValueOf(value, kind, name) === null) return null;
  // What guests of an FTP server say by custom.
  if (/^anonymous@?/i.test(value)) return null;
  if (site.kind === 'compared') return 'compared';
  // A name in capitals whose value is a name itself is an entry of a list of names.
  if (
    literal.ancestor('class_definition') !== null &&
    /Enum\b/.test(literal.ancestor('class_definition')!.child('superclasses')?.text ?? '')
  )
    return null;
  return 'held';
}

function fixesOf(site: Site, literal: PythonNode): readonly Fix[] {
  const target = site.replaced;
  if (target === null || isBytes(literal)) return [];
  const words = wordsOf(site.name).join('_').toUpperCase();
  const variable =
    site.variable !== ''
      ? site.variable
      : site.kind === 'sink'
        ? 'JWT_SECRET'
        : /^(?:KEY|TOKEN|PASSWORD|PASSWD|PASS|PWD|SECRET)$/.test(words)
          ? `APP_${words}`
          : words;
  if (!/^[A-Z_][A-Z0-9_]*$/i.test(variable)) return [];
  return [
    {
      title: `Read it from the environment variable ${variable}`,
      safety: 'suggestion',
      preferred: true,
      edits: [replaced(target, `os.environ["${variable}"]`), importing(['os'])],
    },
  ];
}

/** Files that only show how something is used, or stand in for something. */
const SHOWN =
  /(?:^|[/_])(?:mock|fake|stub|exampl|example|examples|sample|samples|demo|testing|smoketest)s?(?:[/_.]|$)/i;

const literals: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['string'],
  when: (node) => node.end - node.start >= 6 && node.end - node.start < 700,
  *check(node, ctx): Iterable<Verdict> {
    if (SHOWN.test(ctx.file.path) || isProse(node)) return;
    const { parent } = node;
    if (parent?.kind === 'subscript' || parent?.kind === 'concatenated_string') return;
    const text = node.text;
    const mayBeAddress = text.includes('://') && text.includes('@');
    const site = parent === null ? null : siteOf(node, ctx);
    if (site === null && !mayBeAddress) return;
    const value = stringValue(node);
    if (value === null) return;
    if (mayBeAddress && !/\s/.test(value)) {
      const [address] = urlPasswords(value);
      if (address !== undefined && (site === null || !LABEL.test(site.name) || /url|uri/i.test(site.name))) {
        const severity = isLocalHost(address.host) ? ({ severity: 'medium' } as const) : {};
        yield { kind: 'fail', subject: node.span, message: 'address', ...severity };
        return;
      }
    }
    if (site === null || site.name === '') return;
    const message = messageOf(node, value, site);
    if (message === null) return;
    const isDemo = node.ancestor('if_statement')?.child('condition')?.text.includes('__main__') === true;
    const verdict: FailVerdict = {
      kind: 'fail',
      subject: node.span,
      message,
      args: { name: site.name },
      fixes: fixesOf(site, node),
    };
    if (isDemo) yield { ...verdict, severity: 'low' };
    else if (message === 'fallback') yield { ...verdict, severity: 'high' };
    else yield verdict;
  },
};

/** Secrets that come from the environment. */
const lookups: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call', 'subscript'],
  triggers: ['environ', 'getenv'],
  calls: (name) => name === 'getenv' || name === 'get',
  *check(node, ctx): Iterable<Verdict> {
    let name: string | null = null;
    if (node.kind === 'subscript') {
      if (node.child('value')?.text === 'os.environ') name = stringValue(node.child('subscript') ?? node);
      if (node.parent?.child('left')?.equals(node) === true) return;
    } else {
      const [first, fallback] = positionalArguments(node);
      if (fallback !== undefined || keywordArgument(node, 'default') !== null || first === undefined) return;
      if (LOOKUPS.test(callChain(node, ctx))) name = stringValue(first);
    }
    const kind = name === null ? null : secretNameOf(name);
    if (kind === 'password' || kind === 'secret') yield { kind: 'pass', subject: node.span };
  },
};

export const pythonDetectors: readonly Detector[] = [literals, lookups] as readonly Detector[];
