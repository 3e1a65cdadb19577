/**
 * Requests and redirects of Go programs whose host a stranger chooses: the part of a URL before its path is input. A
 * constant or configured host with input behind it is fine, and so is a URL that was tested in any way. The own path
 * and host of the request, and the page it came from, are common targets of redirects and are left out there.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { NodeDetector } from '../../../core/rulekit/rule.ts';
import { plainType } from '../../../knowledge/go/frameworks.ts';
import { inputSinkJudge, parameterSink } from '../../../knowledge/go/inputFlow.ts';
import { INPUT_NAMES, type InputKind } from '../../../knowledge/go/inputs.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { type GoOrigins, type Leaf, originsAround } from '../../../languages/go/origin.ts';
import { callArguments, shortText } from '../../../languages/go/syntax.ts';
import { typesAround } from '../../../languages/go/types.ts';

const REQUESTS: Readonly<Record<string, number>> = {
  'net/http.Get': 0,
  'net/http.Head': 0,
  'net/http.Post': 0,
  'net/http.PostForm': 0,
  'net/http.NewRequest': 1,
  'net/http.NewRequestWithContext': 2,
  'net/http.Client.Get': 0,
  'net/http.Client.Head': 0,
  'net/http.Client.Post': 0,
  'net/http.Client.PostForm': 0,
  'net/http/httputil.NewSingleHostReverseProxy': 0,
  'net.Dial': 1,
  'net.DialTimeout': 1,
};
const REDIRECTS: Readonly<Record<string, number>> = {
  'net/http.Redirect': 2,
  'github.com/gin-gonic/gin.Context.Redirect': 1,
  'github.com/labstack/echo.Context.Redirect': 1,
  'github.com/gofiber/fiber.Ctx.Redirect': 0,
};

/** What another site can put into a link. */
const LINKABLE: ReadonlySet<InputKind> = new Set(['query', 'form', 'body', 'message']);
const CHOSEN: ReadonlySet<InputKind> = new Set(['query', 'form', 'body', 'path', 'header', 'message']);

/** The input that chooses the host of a URL, or null; 'path' when input stands behind the host only. */
function hostInput(url: GoNode, origins: GoOrigins): { readonly value: GoNode; readonly leaf: Leaf } | 'path' | null {
  let before = '';
  let hasInput = false;
  for (const piece of origins.piecesOf(url)) {
    if (piece.text !== null) {
      before += piece.text;
      continue;
    }
    const input = origins.inputIn(piece.node, (via) => /net\/url\.(?:Path|Query)Escape|Values\.Encode|Base$/.test(via));
    hasInput ||= input !== null;
    const opensHost = before === '' || /^[a-z+]*:\/\/[^/?#]*$/i.test(before);
    if (opensHost && input !== null) return { value: piece.node, leaf: input };
    before += '\u0000';
    // Behind a host that the program chooses, or a value that may be a whole base, input is a part of the path.
    if (before.startsWith('\u0000')) break;
  }
  return hasInput ? 'path' : null;
}

/** The value that a URL begins with, or its host. */
function firstHole(url: GoNode, origins: GoOrigins): GoNode | null {
  const [first, second] = origins.piecesOf(url);
  if (first?.text === null) return first.node;
  return first !== undefined && /^https?:\/\/$/.test(first.text) && second?.text === null ? second.node : null;
}

const calls: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['.Get(', '.Head(', '.Post(', '.PostForm(', 'NewRequest', 'Redirect', 'ReverseProxy', '.Dial'],
  calls: (name) =>
    /^(?:Get|Head|Post|PostForm|NewRequest|NewRequestWithContext|Redirect|NewSingleHostReverseProxy|Dial|DialTimeout)$/.test(
      name,
    ),
  *check(node, ctx): Iterable<Verdict> {
    const values = callArguments(node);
    if (values.length === 0) return;
    const types = typesAround(ctx, node);
    const callee = types?.calleeOf(node);
    if (callee === undefined) return;
    const id =
      callee.kind === 'package'
        ? `${callee.path}.${callee.name}`
        : callee.kind === 'method'
          ? `${plainType(callee.type) ?? ''}.${callee.name}`
          : '';
    const isRedirect = Object.hasOwn(REDIRECTS, id);
    const position = isRedirect ? REDIRECTS[id] : Object.hasOwn(REQUESTS, id) ? REQUESTS[id] : undefined;
    const url = position === undefined ? undefined : values[position];
    if (url === undefined || url.kind.endsWith('string_literal')) return;
    const origins = originsAround(ctx, node);
    if (origins === null) return;
    const found = hostInput(url, origins);
    if (found === null) {
      const host = isRedirect ? null : firstHole(url, origins);
      const sink =
        host === null
          ? null
          : parameterSink('untrusted-url-target', host, origins, {
              message: 'request',
              args: { value: shortText(url) },
              neutral: () => false,
            });
      if (sink !== null) yield sink;
      return;
    }
    if (found === 'path') {
      yield { kind: 'pass', subject: url.span };
      return;
    }
    const kind = found.leaf.input!;
    if (!(isRedirect ? LINKABLE : CHOSEN).has(kind)) return;
    if (kind === 'body' && found.leaf.fields.length === 0) return;
    yield {
      kind: 'fail',
      subject: url.span,
      message: isRedirect ? 'redirect' : 'request',
      args: { value: shortText(url), source: INPUT_NAMES[kind] },
    };
  },
};

export const go: readonly NodeDetector[] = [calls as NodeDetector];

export const judge = inputSinkJudge('untrusted-url-target', (kind) => CHOSEN.has(kind));
