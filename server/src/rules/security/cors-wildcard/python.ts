/**
 * Python: CORS middlewares of Starlette and FastAPI, Flask-CORS and django-cors-headers that allow every origin. A list
 * that comes from elsewhere is not judged.
 */
import type { FailVerdict, Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { callChain, chainOf } from '../../../languages/python/chains.ts';
import { importing, replaced } from '../../../languages/python/edits.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { assignedValue, constantText } from '../../../languages/python/strings.ts';
import {
  enclosingFunction,
  hasKeywordSplat,
  keywordArgument,
  positionalArguments,
  syntaxChildren,
  unparenthesized,
} from '../../../languages/python/syntax.ts';

const MIDDLEWARE = /^(?:fastapi|starlette)\.middleware\.cors\.CORSMiddleware$/;

/** What a value allows: `all`, a `list` of written origins, or null when that is not known. */
function allows(value: PythonNode, ctx: ChunkContext): 'all' | 'list' | null {
  const inner = unparenthesized(value);
  const followed = inner.kind === 'identifier' ? (assignedValue(inner, ctx) ?? inner) : inner;
  if (followed.kind === 'list' || followed.kind === 'tuple' || followed.kind === 'set') {
    const texts = syntaxChildren(followed).map((item) => constantText(item, ctx));
    if (texts.includes('*')) return 'all';
    return texts.length > 0 && texts.every((text) => text !== null) ? 'list' : null;
  }
  const text = constantText(followed, ctx);
  return text === null ? null : isEverything(text) ? 'all' : 'list';
}

/** `*`, and regular expressions that fit whatever comes. */
function isEverything(text: string): boolean {
  return /^(?:\*|\^?(?:https\?:\/\/)?\(?\.[*+]\)?\$?)$/.test(text);
}

/** Lists of written origins that a module chooses between, for the middleware that is told of one of them. */
const choices: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['assignment'],
  triggers: ['ORIGINS', 'origins'],
  when: (node) => /(?:^|_)origins$/i.test(node.child('left')?.text ?? '') && node.ancestor('if_statement') !== null,
  *check(node, ctx): Iterable<Verdict> {
    const value = node.child('right');
    if (value === null || !ctx.file.header.imports.some(({ module }) => /cors/i.test(module))) return;
    if (enclosingFunction(node) === null && allows(value, ctx) === 'list') yield { kind: 'pass', subject: value.span };
  },
};

/** The list as the environment gives it, in the place of the wildcard. */
function fixFor(value: PythonNode): FailVerdict['fixes'] {
  const edits = [replaced(value, 'os.environ["ALLOWED_ORIGINS"].split(",")'), importing(['os'])];
  return [{ title: 'Read the allowed origins from the environment', safety: 'suggestion', preferred: true, edits }];
}

const calls: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['CORS'],
  calls: (name) => name === 'add_middleware' || name === 'Middleware' || name === 'CORSMiddleware' || name === 'CORS',
  *check(node, ctx): Iterable<Verdict> {
    const chain = callChain(node, ctx);
    const [first] = positionalArguments(node);
    const isMiddleware = MIDDLEWARE.test(chain) || (first !== undefined && MIDDLEWARE.test(chainOf(first, ctx) ?? ''));
    if (isMiddleware) {
      const origins = keywordArgument(node, 'allow_origins') ?? keywordArgument(node, 'allow_origin_regex');
      if (origins === null) return;
      const credentials = keywordArgument(node, 'allow_credentials')?.kind === 'true';
      yield* verdictOn(origins, credentials, ctx, keywordArgument(node, 'allow_origins') !== null);
    } else if (chain === 'flask_cors.CORS') {
      const resources = keywordArgument(node, 'resources');
      const origins = keywordArgument(node, 'origins');
      const credentials = keywordArgument(node, 'supports_credentials')?.kind === 'true';
      if (origins !== null) yield* verdictOn(origins, credentials, ctx, true);
      else if (resources === null && !hasKeywordSplat(node)) {
        const severity = credentials ? ({ severity: 'critical' } as const) : {};
        yield { kind: 'fail', subject: node.span, message: 'preset', args: { call: 'CORS()' }, ...severity };
      }
    }
  },
};

function* verdictOn(origins: PythonNode, credentials: boolean, ctx: ChunkContext, isList: boolean): Iterable<Verdict> {
  const what = allows(origins, ctx);
  if (what === null) return;
  if (what === 'list') {
    yield { kind: 'pass', subject: origins.span };
    return;
  }
  const fixes = isList && origins.kind === 'list' ? fixFor(origins) : [];
  const severity = credentials ? ({ severity: 'critical' } as const) : {};
  yield { kind: 'fail', subject: origins.span, message: 'library', fixes: fixes ?? [], ...severity };
}

/** `CORS_ALLOW_ALL_ORIGINS = True` in Django's settings. */
const settings: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['assignment'],
  triggers: ['CORS_ALLOW_ALL_ORIGINS', 'CORS_ORIGIN_ALLOW_ALL'],
  *check(node): Iterable<Verdict> {
    const name = node.child('left')?.text ?? '';
    const value = node.child('right');
    if (value === null || (name !== 'CORS_ALLOW_ALL_ORIGINS' && name !== 'CORS_ORIGIN_ALLOW_ALL')) return;
    // A setting of development stands under a condition.
    if (node.ancestor('if_statement') !== null) return;
    if (value.kind === 'true') yield { kind: 'fail', subject: node.span, message: 'library' };
    else if (value.kind === 'false') yield { kind: 'pass', subject: node.span };
  },
};

export const pythonDetectors: readonly Detector[] = [calls, choices, settings] as readonly Detector[];
