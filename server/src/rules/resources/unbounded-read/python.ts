/**
 * Python: responses and compressed data from elsewhere that are read into memory as a whole, and uploads whose size is
 * looked at when they are in memory already. Clients that read every body at once (`requests.get(url).json()`) are not
 * looked at, and that a service takes bodies of any size is the business of missing-request-size-limit.
 */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { inputIn } from '../../../knowledge/python/requests.ts';
import { responseIn } from '../../../knowledge/python/responses.ts';
import { isServedPath } from '../../../knowledge/python/services.ts';
import { callChain, chainOf } from '../../../languages/python/chains.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { scopesAround } from '../../../languages/python/scope.ts';
import { constantText } from '../../../languages/python/strings.ts';
import {
  awaited,
  calledName,
  calledOn,
  positionalArguments,
  runningFunction,
  shortText,
} from '../../../languages/python/syntax.ts';

const RESPONSE = /^urllib\.request\.urlopen\(\)$|^requests\.(?:get|post|[sS]ession\(\)\.\w+)\(\)\.raw$/;
const DECOMPRESS = /^(?:gzip|zlib|bz2|lzma|brotli|brotlicffi|zstandard|snappy|lz4\.frame)\.decompress$/;
const CHECKED = /content[-_]length|\.length\b|max_\w*(?:size|bytes|length)|getheader\(/i;

/** What a read gives: the identifier that it is assigned to; null for other uses. */
function resultOf(call: PythonNode): PythonNode | null {
  let value = call;
  while (value.parent?.kind === 'await' || value.parent?.kind === 'parenthesized_expression') value = value.parent;
  const target = value.parent?.kind === 'assignment' && value.field === 'right' ? value.parent.child('left') : null;
  return target?.kind === 'identifier' ? target : null;
}

/** The limit that `len(data) > LIMIT` compares with behind the read; null when nothing does. */
function lateLimit(call: PythonNode, ctx: ChunkContext): PythonNode | null {
  const target = resultOf(call);
  const owner = runningFunction(call);
  if (target === null || owner === null) return null;
  const scopes = scopesAround(ctx, target);
  const scope = scopes.bindingScope(target);
  if (scope === null) return null;
  const isLength = (node: PythonNode | undefined): boolean =>
    node?.kind === 'call' && calledName(node) === 'len' && positionalArguments(node)[0]?.text === target.text;
  for (const comparison of owner.descendants('comparison_operator')) {
    if (comparison.start < call.end || comparison.namedChildren.length !== 2) continue;
    const [left, right] = comparison.namedChildren;
    const operator = comparison.text.slice(left!.end - comparison.start, right!.start - comparison.start).trim();
    let limit: PythonNode | null = null;
    if (isLength(left) && /^>=?$/.test(operator)) limit = right!;
    else if (isLength(right) && /^<=?$/.test(operator)) limit = left!;
    // A format that is too short, or a number of characters, is no limit of memory.
    if (limit !== null && /max|limit|size|\d{5,}|1024/i.test(limit.text)) return limit;
  }
  return null;
}

/** `file: UploadFile` of a handler, by its annotation. */
function isUpload(object: PythonNode, ctx: ChunkContext): boolean {
  if (object.kind !== 'identifier') return false;
  const [only, ...more] = scopesAround(ctx, object).bindingsOf(object);
  return only?.kind === 'parameter' && more.length === 0 && /\bUploadFile\b/.test(only.type?.text ?? '');
}

/** Puts a number of bytes into the brackets of a read. */
function limited(call: PythonNode, text: string, title: string): Fix[] {
  const list = call.child('arguments');
  if (list === null) return [];
  const edits = [{ kind: 'replace' as const, span: list.span, newText: `(${text})` }];
  return [{ title, safety: 'suggestion', preferred: true, edits }];
}

const reads: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['.read('],
  calls: (name) => name === 'read',
  *check(node, ctx): Iterable<Verdict> {
    const object = calledOn(node);
    if (object === null || !isServedPath(ctx.file.path)) return;
    const upload = isUpload(object, ctx);
    if (!upload && !RESPONSE.test(chainOf(object, ctx) ?? '')) return;
    const [size] = positionalArguments(node);
    if (size !== undefined) {
      if (!/^(?:-1|None)$/.test(size.text)) yield { kind: 'pass', subject: node.span };
      return;
    }
    const around = runningFunction(node);
    const before = node.tree.text.slice(around?.start ?? 0, node.start);
    const limit = lateLimit(node, ctx);
    // Refused when it says that it is large.
    if (CHECKED.test(before) || (upload && /\.size\b/.test(before))) return;
    const source = shortText(object);
    if (limit !== null) {
      const isName = /^[\w.]+$/.test(limit.text) && limit.end !== 0 && limitIsOutside(limit, node, ctx);
      const fixes = isName
        ? limited(node, `${limit.text} + 1`, 'Read no more than it takes to see that it is too large')
        : [];
      yield { kind: 'fail', subject: node.span, message: 'late', args: { source }, fixes };
      return;
    }
    if (upload || isOwnAddress(object, ctx)) return;
    const fixes = limited(node, '10 * 1024 * 1024', 'Read at most 10 MiB (choose the number)');
    yield { kind: 'fail', subject: node.span, message: 'pythonResponse', args: { source }, fixes };
  },
};

/** Whether the limit has its value where the read stands: a global of the module, or something made before. */
function limitIsOutside(limit: PythonNode, call: PythonNode, ctx: ChunkContext): boolean {
  const root = limit.kind === 'identifier' ? limit : limit.descendants('identifier')[0];
  if (root === undefined) return false;
  return scopesAround(ctx, root)
    .bindingsOf(root)
    .every(({ node }) => node.start < call.start);
}

/** Another program on this machine, or a part of the cloud's own machine. */
function isOwnAddress(response: PythonNode, ctx: ChunkContext): boolean {
  const around = runningFunction(response);
  const call = around?.descendants('call').find((one) => callChain(one, ctx) === 'urllib.request.urlopen');
  const [url] = call === undefined ? [] : positionalArguments(call);
  const text = url === undefined ? null : constantText(url, ctx);
  return /^https?:\/\/(?:localhost|127\.|169\.254\.|metadata\b|\[::1\])/.test(
    text ?? url?.text.replace(/^f?["']/, '') ?? '',
  );
}

const archives: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['decompress('],
  calls: (name) => name === 'decompress',
  *check(node, ctx): Iterable<Verdict> {
    const [source] = positionalArguments(node);
    if (source === undefined || !isServedPath(ctx.file.path) || !DECOMPRESS.test(callChain(node, ctx))) return;
    const origin = inputIn(source, ctx) ?? responseIn(source, ctx);
    if (origin === null) return;
    const args = { source: shortText(awaited(source)) };
    yield { kind: 'fail', subject: node.span, message: 'pythonArchive', args };
  },
};

export const pythonDetectors: readonly Detector[] = [reads, archives] as NodeDetector[];
