/**
 * Go: responses and decompressed streams from elsewhere that are read into memory as a whole. What is read of requests
 * is the business of missing-request-size-limit.
 */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { FileContext, NodeDetector } from '../../../core/rulekit/rule.ts';
import { initialValueOf } from '../../../knowledge/go/frameworks.ts';
import { isDeployedPath } from '../../../knowledge/go/services.ts';
import { type GoHeader, localNameOf } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { type GoScope, scopeAround } from '../../../languages/go/scope.ts';
import { callArguments, calledName, FUNCTION_KINDS, unparenthesized } from '../../../languages/go/syntax.ts';
import { calleeId, type GoTypes, typesAround } from '../../../languages/go/types.ts';

const READERS = /^(?:io|io\/ioutil)\.ReadAll$/;
const DECOMPRESSORS =
  /^(?:compress\/(?:gzip|zlib|flate|bzip2|lzw)|github\.com\/klauspost\/compress\/(?:gzip|zstd|zlib)|github\.com\/andybalholm\/brotli)\.NewReader$/;

/** Whether `x` of `x.Body` is what a request was answered with. */
function isResponse(owner: GoNode, scope: GoScope, types: GoTypes): boolean {
  const type = types.typeOf(owner);
  if (type !== null) return /^\*?net\/http\.Response$/.test(type);
  const binding = owner.kind === 'identifier' ? scope.bindingOf(owner) : null;
  if (binding === null || binding.kind !== 'variable') return false;
  const value = initialValueOf(owner, scope);
  if (value?.kind !== 'call_expression') return false;
  const reads = binding.uses.some((use) => use.parent?.child('field')?.text === 'StatusCode');
  return (
    /^(?:Do|Get|Post|PostForm|RoundTrip)$/.test(calledName(value)) &&
    (reads || /^(?:res|resp|response|rsp)$/.test(binding.name))
  );
}

/** `resp.Body` of a response whose size nobody has looked at before. */
function isUnboundedBody(expression: GoNode, scope: GoScope, types: GoTypes): boolean {
  const inner = unparenthesized(expression);
  if (inner.kind !== 'selector_expression' || inner.child('field')?.text !== 'Body') return false;
  const owner = inner.child('operand');
  if (owner === null || !isResponse(owner, scope, types)) return false;
  const around = inner.ancestor(...FUNCTION_KINDS);
  if (around === null) return false;
  const before = inner.tree.text.slice(around.start, inner.start);
  const name = owner.text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  // Wrapped before, or refused when it says that it is large.
  return !new RegExp(`\\b${name}\\.(?:Body\\s*=[^=]|ContentLength\\s*[<>])`).test(before);
}

/** A decompressor over something from elsewhere: what comes out may be a thousand times larger. */
function isUnboundedArchive(expression: GoNode, scope: GoScope, types: GoTypes): boolean {
  const inner = unparenthesized(expression);
  const value = inner.kind === 'identifier' ? initialValueOf(inner, scope) : inner;
  if (value?.kind !== 'call_expression' || !DECOMPRESSORS.test(calleeId(types.calleeOf(value)))) return false;
  const source = callArguments(value)[0];
  return source !== undefined && (isUnboundedBody(source, scope, types) || isRequestBody(source, types));
}

function isRequestBody(expression: GoNode, types: GoTypes): boolean {
  const owner = expression.kind === 'selector_expression' ? expression.child('operand') : null;
  return expression.child('field')?.text === 'Body' && owner !== null && types.typeOf(owner) === '*net/http.Request';
}

/** Somebody sits in front of a command-line tool, and a program among packages makes files for them. */
function isTool({ path, header }: FileContext<GoHeader>): boolean {
  if (/(?:^|\/)(?:cli|cmd\/\w*(?:cli|ctl|tool)|\w+ctl)\//.test(path)) return true;
  return header.packageName === 'main' && /(?:^|\/)(?:internal|pkg)\//.test(path);
}

const reads: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['ReadAll('],
  calls: (name) => name === 'ReadAll',
  *check(node, ctx): Iterable<Verdict> {
    if (!isDeployedPath(ctx.file.path) || isTool(ctx.file)) return;
    const scope = scopeAround(ctx, node);
    const types = typesAround(ctx, node);
    const [source] = callArguments(node);
    if (scope === null || types === null || source === undefined) return;
    if (!READERS.test(calleeId(types.calleeOf(node)))) return;
    const inner = unparenthesized(source);
    const limited = inner.kind === 'identifier' ? initialValueOf(inner, scope) : inner;
    if (
      limited?.kind === 'call_expression' &&
      /^io\.LimitReader$|MaxBytesReader$/.test(calleeId(types.calleeOf(limited)))
    ) {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    const isArchive = isUnboundedArchive(source, scope, types);
    if (!isArchive && !isUnboundedBody(source, scope, types)) return;
    yield {
      kind: 'fail',
      subject: node.span,
      message: isArchive ? 'archive' : 'response',
      args: { source: source.text },
      fixes: limitFix(source, ctx.file.header),
    };
  },
};

function limitFix(source: GoNode, header: GoHeader): Fix[] {
  const name = localNameOf(header, 'io') ?? 'io';
  const taken = header.imports.some((item) => item.name === 'io' && item.path !== 'io');
  if (taken) return [];
  return [
    {
      title: 'Read at most 10 MiB (choose the number)',
      safety: 'suggestion',
      preferred: true,
      edits: [
        { kind: 'replace', span: source.span, newText: `${name}.LimitReader(${source.text}, 10<<20)` },
        { kind: 'import', add: ['io'] },
      ],
    },
  ];
}

export const goDetectors = [reads];
