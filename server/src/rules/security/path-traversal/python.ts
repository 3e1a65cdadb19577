/**
 * Python: paths with a name from a request that are opened, sent or removed unchecked, and archives whose members are
 * extracted by the names that they bring. A resolved path that is compared, or the last part alone, is fine.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { handlerAround, inputIn, inputName } from '../../../knowledge/python/requests.ts';
import { callChain } from '../../../languages/python/chains.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { assignedValue, textPieces } from '../../../languages/python/strings.ts';
import {
  calledName,
  calledOn,
  enclosingFunction,
  keywordArgument,
  positionalArguments,
  unparenthesized,
} from '../../../languages/python/syntax.ts';

const OPENS =
  /^(?:builtins\.open|io\.open|aiofiles\.open|os\.(?:remove|unlink|rmdir|listdir|open|rename|replace|makedirs|mkdir)|shutil\.(?:copy|copy2|copyfile|move|rmtree)|flask\.send_file|(?:fastapi|starlette)\.responses\.FileResponse|zipfile\.ZipFile)$/;
const ON_PATH = /^(?:open|read_text|read_bytes|write_text|write_bytes|unlink|mkdir|rmdir|iterdir|save)$/;
/** Signs that the name or the path is checked somewhere in the function. */
const CHECKED =
  /is_relative_to|relative_to\(|commonpath|commonprefix|realpath|abspath[\s\S]*startswith|\.resolve\(\)[\s\S]*(?:startswith|parents)|secure_filename|safe_join|sanitize|safe_name|safe_path|basename\(|["']\.\.["']\s+(?:not\s+)?in|os\.path\.isabs|valid(?:ate|_)\w*(?:path|name|file)|(?:path|name)\w*_valid|is_safe|fullmatch|re\.match|\bif\s+\w+\s+not\s+in\s/;

/** The parts of a path that is put together by `/`, `os.path.join` or `Path()`; with whether something stands before it. */
function partsOf(path: PythonNode, ctx: ChunkContext): PythonNode[] {
  const result: PythonNode[] = [];
  const open = [path];
  for (let next = open.pop(), hops = 0; next !== undefined && hops < 40; next = open.pop(), hops++) {
    let node = unparenthesized(next);
    if (node.kind === 'identifier') {
      const value = assignedValue(node, ctx);
      if (value !== null) {
        open.push(value);
        continue;
      }
    }
    if (node.kind === 'binary_operator' && node.child('operator')?.text === '/') {
      open.push(node.child('right')!, node.child('left')!);
      continue;
    }
    if (node.kind === 'call') {
      const name = calledName(node);
      // A file in memory has no path, and what was read from a file is none.
      if (/^(?:BytesIO|StringIO|read|getvalue|getbuffer)$/.test(name)) continue;
      if (/^(?:join|Path|PurePath|str|expanduser|fspath)$/.test(name)) {
        if (name === 'join' && !/path/.test(node.child('function')?.text ?? '')) continue;
        open.push(...positionalArguments(node).reverse());
        continue;
      }
      if (name === 'joinpath') {
        open.push(...positionalArguments(node).reverse());
        const object = calledOn(node);
        if (object !== null) open.push(object);
        continue;
      }
    }
    for (const piece of textPieces(node, ctx, false)) if ('value' in piece) result.push(piece.value);
    node = next;
  }
  return result;
}

const files: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  calls: (name) =>
    ON_PATH.test(name) ||
    /^(?:remove|listdir|rename|replace|makedirs|copy|copy2|copyfile|move|rmtree|send_file|FileResponse|ZipFile)$/.test(
      name,
    ),
  *check(node, ctx): Iterable<Verdict> {
    const owner = enclosingFunction(node);
    if (owner === null) return;
    const chain = callChain(node, ctx);
    let path: PythonNode | null = null;
    if (OPENS.test(chain)) path = positionalArguments(node)[0] ?? keywordArgument(node, 'path');
    else if (calledName(node) === 'save') {
      const object = calledOn(node);
      if (object === null || inputIn(object, ctx) !== 'an uploaded file') return;
      path = positionalArguments(node)[0] ?? null;
    } else if (ON_PATH.test(calledName(node)) && calledName(node) !== 'replace') {
      const object = calledOn(node);
      const made = object?.kind === 'identifier' ? assignedValue(object, ctx) : object;
      if (made == null || !/^(?:call|binary_operator|parenthesized_expression)$/.test(made.kind)) return;
      if (!/\bPath\(| \/ |joinpath/.test(made.text)) return;
      path = object;
    }
    if (path === null) return;
    for (const part of partsOf(path, ctx)) {
      const source = inputIn(part, ctx);
      if (source === null || /^(?:get_json|loads)$/.test(calledName(part))) continue;
      // A part of a route holds no slash, unless the route says so.
      if (source === 'the path of the request' && !/:path\}|<path:/.test(handlerAround(part, ctx)?.route.path ?? ''))
        continue;
      if (CHECKED.test(owner.text)) {
        yield { kind: 'pass', subject: path.span };
        return;
      }
      if (/uuid|\bint\(/.test(part.text)) return;
      yield { kind: 'fail', subject: path.span, message: 'python', args: { value: inputName(path), source } };
      return;
    }
  },
};

/** `tarfile.open(path).extractall(folder)` */
const archives: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['extractall'],
  calls: (name) => name === 'extractall',
  *check(node, ctx): Iterable<Verdict> {
    const chain = callChain(node, ctx);
    if (!/^tarfile\.(?:open|TarFile|TarFile\.open)\(\)\.extractall$/.test(chain)) return;
    if (keywordArgument(node, 'filter') !== null || keywordArgument(node, 'members') !== null) {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    const owner = enclosingFunction(node);
    if (owner !== null && /getmembers|is_relative_to|commonpath|startswith|extraction_filter/.test(owner.text)) return;
    const list = node.child('arguments');
    const end = (list?.end ?? node.end) - 1;
    const isEmpty = positionalArguments(node).length === 0 && keywordArgument(node, 'path') === null;
    yield {
      kind: 'fail',
      subject: (node.child('function') ?? node).span,
      message: 'members',
      severity: 'medium',
      fixes: [
        {
          title: 'Extract with filter="data"',
          safety: 'suggestion',
          preferred: true,
          edits: [{ kind: 'replace', span: { start: end, end }, newText: `${isEmpty ? '' : ', '}filter="data"` }],
        },
      ],
    };
  },
};

export const pythonDetectors: readonly Detector[] = [files, archives] as readonly Detector[];
