/**
 * Python: requests and redirects to a URL whose host a request chooses. A constant host, and a function that looks at the
 * URL before, are fine.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { inputIn, inputName } from '../../../knowledge/python/requests.ts';
import { callChain } from '../../../languages/python/chains.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { stringValue, textPieces } from '../../../languages/python/strings.ts';
import { argumentOf, calledName, enclosingFunction } from '../../../languages/python/syntax.ts';

const REQUESTS =
  /^(?:requests|httpx|niquests)\b(?:.*\(\))?\.(?:get|post|put|patch|delete|head|options|request|stream)$|^aiohttp\.ClientSession\(\)\.(?:get|post|put|patch|delete|head|request|ws_connect)$|^urllib\.request\.(?:urlopen|urlretrieve|Request)$|^websockets?\.(?:connect|create_connection)$/;
const REDIRECTS =
  /^(?:flask\.redirect|quart\.redirect|django\.shortcuts\.redirect|django\.http\.HttpResponse(?:Permanent)?Redirect|(?:fastapi|starlette)\.responses\.RedirectResponse|aiohttp\.web\.HTTP(?:Found|SeeOther|TemporaryRedirect|MovedPermanently)|sanic\.response\.redirect)$/;
/** Signs that somebody looks at the URL first. */
const CHECKED =
  /url_?parse|urlsplit|allow|white_?list|is_safe|is_valid|valid(?:ate|_)\w*(?:url|host|uri|redirect|next)|url_has_allowed|netloc|hostname|ipaddress|check_\w*(?:url|host|redirect)|sanit|safe_\w*(?:url|redirect|next)|fullmatch|re\.match|\.startswith\(|is_local|is_private|(?:check|guard|block|prevent)_ssrf|HttpUrl|AnyUrl|validators?\.url|URLValidator/i;

/** `if host not in HOSTS` */
const LISTED = /\bin [A-Z_]{4,}\b/;

/** The value that decides about the host: what the URL begins with, or what stands behind `https://`. */
function hostPart(url: PythonNode, ctx: ChunkContext): PythonNode | 'path' | null {
  const [first, second, ...more] = textPieces(url, ctx);
  if (first === undefined) return null;
  if (!('text' in first)) return first.value;
  if (second === undefined) return null;
  if (/^(?:https?|wss?):\/\/$/.test(first.text) && !('text' in second)) return second.value;
  return /^(?:https?|wss?):\/\/[^/]+\/|^\//.test(first.text) &&
    [second, ...more].some((piece) => 'value' in piece && inputIn(piece.value, ctx) !== null)
    ? 'path'
    : null;
}

const calls: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  calls: (name) =>
    /^(?:get|post|put|patch|delete|head|options|request|stream|urlopen|urlretrieve|Request|redirect|RedirectResponse|HttpResponseRedirect|HttpResponsePermanentRedirect|HTTPFound|HTTPSeeOther|HTTPTemporaryRedirect|HTTPMovedPermanently|connect|create_connection|ws_connect)$/.test(
      name,
    ),
  *check(node, ctx): Iterable<Verdict> {
    const owner = enclosingFunction(node);
    const position = /^(?:request|stream)$/.test(calledName(node)) ? 1 : 0;
    const url =
      argumentOf(node, 'url', position) ??
      argumentOf(node, 'location', position) ??
      argumentOf(node, 'redirect_to', position) ??
      argumentOf(node, 'to', position);
    if (owner === null || url === null || stringValue(url) !== null) return;
    const chain = callChain(node, ctx);
    const isRedirect = REDIRECTS.test(chain);
    if (!isRedirect && !REQUESTS.test(chain)) return;
    const host = hostPart(url, ctx);
    if (host === null) return;
    if (host === 'path') {
      yield { kind: 'pass', subject: url.span };
      return;
    }
    const source = inputIn(host, ctx);
    if (source === null) return;
    // A link of another page can bring these about.
    if (isRedirect && /header|cookie/.test(source)) return;
    if (/^(?:request\.(?:path|url|full_path|get_full_path))/.test(host.text)) return;
    if (CHECKED.test(owner.text) || LISTED.test(owner.text)) {
      yield { kind: 'pass', subject: url.span };
      return;
    }
    yield {
      kind: 'fail',
      subject: url.span,
      message: isRedirect ? 'redirect' : 'request',
      args: { value: inputName(url), source },
    };
  },
};

export const pythonDetectors: readonly Detector[] = [calls as NodeDetector];
