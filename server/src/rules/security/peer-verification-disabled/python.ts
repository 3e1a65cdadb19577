/**
 * Python: HTTP clients with `verify=False`, contexts of `ssl` that check nothing, and SSH clients that take any host key,
 * where the code says so by a constant. What a setting chooses, and what talks to the machine itself, is left alone.
 */
import type { Fix, FixEdit, Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { callChain, chainOf, headerOf } from '../../../languages/python/chains.ts';
import { keywordRemoved, replaced, statementRemoved } from '../../../languages/python/edits.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { stringValue } from '../../../languages/python/strings.ts';
import {
  calledName,
  definedName,
  enclosingFunction,
  keywordArgument,
  parametersOf,
  positionalArguments,
  syntaxChildren,
  unparenthesized,
} from '../../../languages/python/syntax.ts';

const CLIENT =
  /^(?:requests|httpx|niquests|curl_cffi|aiohttp|urllib3|hvac|elasticsearch|opensearchpy|kubernetes|boto3)\b/;
const VERBS = /^(?:get|post|put|patch|delete|head|options|request|stream|ws_connect)$/;
const LOCAL = /\b(?:localhost|127\.0\.0\.1|0\.0\.0\.0|::1)\b/;
/** Words of settings that let the operator choose. */
const CHOICE =
  /verif|insecure|skip|trust|self_?sign|unsafe|allow|strict|check_?(?:host|cert)|no_?(?:ssl|tls|cert)|debug|dev\b|\btest|local|ssl_?mode|cert_?reqs|tls_?mode/i;

/** Whether somebody chose this by a setting: it stands in a branch about it, or in a function that is told. */
function isChosen(node: PythonNode): boolean {
  for (
    let at = node.ancestor('if_statement', 'elif_clause', 'conditional_expression', 'match_statement');
    at !== null;
  ) {
    const condition =
      at.kind === 'conditional_expression' ? syntaxChildren(at)[1] : (at.child('condition') ?? at.child('subject'));
    if (condition != null && !condition.contains(node) && CHOICE.test(condition.text)) return true;
    // Branches after a first attempt that failed are no choice, but the setting may be asked further out.
    at = at.ancestor('if_statement', 'elif_clause', 'conditional_expression', 'match_statement');
  }
  const owner = enclosingFunction(node);
  if (owner === null) return false;
  return (
    parametersOf(owner).some(({ name }) => CHOICE.test(name)) ||
    /(?<!un)verif|insecure|^_?is_|probe|fingerprint|fetch_cert|get_(?:server_)?cert/i.test(definedName(owner))
  );
}

function finding(subject: PythonNode, message: string, setting: string, edit: FixEdit | null, title: string): Verdict {
  const fixes: readonly Fix[] = edit === null ? [] : [{ title, safety: 'suggestion', preferred: true, edits: [edit] }];
  return { kind: 'fail', subject: subject.span, message, args: { setting }, fixes };
}

/** `requests.get(url, verify=False)`, `aiohttp.TCPConnector(ssl=False)`, `Redis(ssl_cert_reqs=None)` */
const keywords: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['keyword_argument'],
  triggers: [
    'verify',
    'ssl=False',
    'ssl = False',
    'CERT_NONE',
    'verify_ssl',
    'ssl_cert_reqs',
    'known_hosts',
    'verify_certs',
  ],
  when: (node) =>
    /^(?:verify|ssl|verify_ssl|verify_certs|validate_certs|cert_reqs|ssl_cert_reqs|known_hosts)\s*=/.test(
      node.tree.text.slice(node.start, node.start + 20),
    ),
  *check(node, ctx): Iterable<Verdict> {
    const name = node.child('name')?.text ?? '';
    const value = node.child('value');
    const call = node.parent?.kind === 'argument_list' ? node.parent.parent : null;
    if (value === null || call?.kind !== 'call') return;
    const chain = callChain(call, ctx);
    const called = calledName(call);
    const known =
      name === 'verify'
        ? CLIENT.test(chain) || (chain === '' && VERBS.test(called) && importsClient(ctx))
        : name === 'ssl' || name === 'verify_ssl'
          ? /^aiohttp\b/.test(chain) ||
            (chain === '' && VERBS.test(called) && headerOf(ctx).imports.some(({ module }) => module === 'aiohttp'))
          : name === 'cert_reqs'
            ? /^(?:ssl\.wrap_socket|urllib3\b)/.test(chain)
            : name === 'ssl_cert_reqs'
              ? /redis/i.test(chain)
              : name === 'known_hosts'
                ? /^asyncssh\.connect$/.test(chain)
                : /^(?:elasticsearch|opensearchpy)\b/.test(chain);
    if (!known) return;
    const off =
      name === 'known_hosts'
        ? value.kind === 'none'
        : name === 'cert_reqs' || name === 'ssl_cert_reqs'
          ? value.kind === 'none' || /CERT_NONE|^["']none["']$/i.test(value.text)
          : value.kind === 'false';
    if (!off) {
      // What is passed on by name, or is an authority of one's own, is verified.
      if (value.kind === 'true' || (value.kind === 'string' && name === 'verify'))
        yield { kind: 'pass', subject: node.span };
      return;
    }
    const [first] = positionalArguments(call);
    const target = keywordArgument(call, 'url') ?? keywordArgument(call, 'host') ?? first;
    if ((target !== undefined && target !== null && LOCAL.test(target.text)) || isChosen(node)) return;
    const isKey = name === 'known_hosts';
    yield finding(
      node,
      isKey ? 'pythonHostKey' : 'python',
      node.text.replace(/\s+/g, ''),
      keywordRemoved(call, name),
      `Remove ${node.text.replace(/\s+/g, '')}`,
    );
  },
};

function importsClient(ctx: ChunkContext): boolean {
  return headerOf(ctx).imports.some(({ module }) => /^(?:requests|httpx|niquests)\b/.test(module));
}

/** `context.verify_mode = ssl.CERT_NONE`, `session.verify = False`, `ssl._create_default_https_context = ...` */
const assignments: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['assignment'],
  triggers: ['CERT_NONE', 'check_hostname', '.verify', '_create_unverified_context', 'VERIFY_NONE'],
  when: (node) =>
    /^[^=\r\n]*\.(?:verify_mode|check_hostname|verify|_create_default_https_context)\s*=/.test(
      node.tree.text.slice(node.start, node.start + 120),
    ),
  *check(node, ctx): Iterable<Verdict> {
    const target = node.child('left');
    const value = node.child('right');
    const object = target?.kind === 'attribute' ? target.child('object') : null;
    if (target === null || value === null || object === null) return;
    const attribute = target.child('attribute')?.text ?? '';
    const setting = node.text.replace(/\s+/g, ' ');
    const statement = node.parent?.kind === 'expression_statement' ? node.parent : null;
    if (attribute === '_create_default_https_context') {
      if (chainOf(object, ctx) !== 'ssl' || chainOf(value, ctx) !== 'ssl._create_unverified_context' || isChosen(node))
        return;
    } else if (attribute === 'verify') {
      if (value.kind !== 'false') return;
      const chain = chainOf(object, ctx) ?? '';
      if (!/^(?:requests\.(?:Session|session)|httpx\.(?:Async)?Client|niquests\.Session)\(\)$/.test(chain)) return;
      if (isChosen(node)) return;
    } else if (attribute === 'verify_mode') {
      if (!/(?:^|\.)CERT_NONE$/.test(value.text)) {
        if (/(?:^|\.)CERT_REQUIRED$/.test(value.text)) yield { kind: 'pass', subject: node.span };
        return;
      }
      if (isServerSide(object, ctx) || isChosen(node)) return;
    } else {
      if (value.kind !== 'false' || isServerSide(object, ctx) || isChosen(node)) return;
      // The step before `verify_mode`, which is reported itself.
      const around = enclosingFunction(node) ?? node.tree;
      const text = 'text' in around ? around.text : '';
      if (/verify_mode\s*=|CERT_NONE/.test(text)) return;
    }
    yield finding(
      node,
      attribute === 'check_hostname' ? 'pythonName' : 'python',
      setting,
      attribute === 'verify' && statement !== null ? statementRemoved(statement) : null,
      `Remove ${setting}`,
    );
  },
};

/** A server asks its clients for no certificate: that is how most of them work. */
function isServerSide(context: PythonNode, ctx: ChunkContext): boolean {
  const owner = enclosingFunction(context);
  const text = owner === null ? context.tree.text : owner.text;
  if (/CLIENT_AUTH|PROTOCOL_TLS_SERVER|server_side\s*=\s*True|load_cert_chain/.test(text)) return true;
  return LOCAL.test(text) && !/^:/.test(chainOf(context, ctx) ?? '');
}

/** `ssl._create_unverified_context()`, `client.set_missing_host_key_policy(paramiko.AutoAddPolicy())` */
const calls: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['_create_unverified_context', 'set_missing_host_key_policy', 'OPT_X_TLS_NEVER', 'CERT_NONE'],
  calls: (name) =>
    /^(?:_create_unverified_context|set_missing_host_key_policy|set_option|run_forever|create_connection)$/.test(name),
  *check(node, ctx): Iterable<Verdict> {
    const name = calledName(node);
    if (name === '_create_unverified_context') {
      if (callChain(node, ctx) !== 'ssl._create_unverified_context' || isChosen(node)) return;
      const callee = node.child('function')?.child('attribute');
      const edit = callee == null ? null : replaced(callee, 'create_default_context');
      yield finding(node, 'python', 'ssl._create_unverified_context()', edit, 'Use ssl.create_default_context()');
      return;
    }
    const [first, second] = positionalArguments(node);
    if (first === undefined) {
      const options = keywordArgument(node, 'sslopt');
      if (
        options?.kind === 'dictionary' &&
        /["']cert_reqs["']\s*:\s*(?:ssl\.)?CERT_NONE/.test(options.text) &&
        !isChosen(node)
      )
        yield finding(options, 'python', 'cert_reqs: CERT_NONE', keywordRemoved(node, 'sslopt'), 'Remove sslopt');
      return;
    }
    if (name === 'set_missing_host_key_policy') {
      const inner = unparenthesized(first);
      const chain = (inner.kind === 'call' ? callChain(inner, ctx) : chainOf(inner, ctx)) ?? '';
      const policy = /^paramiko\b.*\b(AutoAddPolicy|WarningPolicy|RejectPolicy)$/.exec(chain)?.[1];
      if (policy === undefined) return;
      if (policy === 'RejectPolicy') {
        yield { kind: 'pass', subject: node.span };
        return;
      }
      if (isChosen(node)) return;
      const written = inner.kind === 'call' ? inner.child('function') : inner;
      const word = written?.kind === 'attribute' ? written.child('attribute') : null;
      yield finding(
        first,
        'pythonHostKey',
        policy,
        word === null ? null : replaced(word, 'RejectPolicy'),
        'Refuse unknown host keys',
      );
      return;
    }
    if (
      name === 'set_option' &&
      second !== undefined &&
      /OPT_X_TLS_REQUIRE_CERT$/.test(first.text) &&
      /OPT_X_TLS_NEVER$/.test(second.text) &&
      !isChosen(node)
    )
      yield finding(second, 'python', stringValue(second) ?? 'OPT_X_TLS_NEVER', null, '');
  },
};

export const pythonDetectors: readonly Detector[] = [keywords, assignments, calls] as readonly Detector[];
