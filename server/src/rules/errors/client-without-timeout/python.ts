/**
 * Python: requests that wait for ever. `requests` and `urllib` have no time-out of their own; httpx and aiohttp have one,
 * unless it is switched off. A call that may get its time-out through `**kw`, and a session whose adapters are replaced,
 * is not judged. The default of all sockets holds for `urllib`, not for `requests`, which gives each socket its own: none.
 */
import type { FixEdit, Verdict, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { type Detector, type FactView, fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { pythonHome } from '../../../knowledge/python/services.ts';
import { pendingValue, settled } from '../../../languages/go/pending.ts';
import { callChain } from '../../../languages/python/chains.ts';
import { keywordInserted } from '../../../languages/python/edits.ts';
import { importsModule, type PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { hasSplat, keywordArgument, positionalArguments } from '../../../languages/python/syntax.ts';

const SECONDS = 30;

/** A call that waits for ever unless sockets have a time-out by default: the verdict if they have none. */
export const SOCKET_WAIT_FACT = 'client-without-timeout.socket-wait';
const SOCKET_DEFAULT_FACT = 'client-without-timeout.socket-default';
const OF_SOCKETS = /^urllib\.request\.urlopen$/;

/** Calls without a time-out unless one is given, with the position where it may stand (-1: by name only). */
const WAITING: readonly (readonly [RegExp, number])[] = [
  [/^requests\.(?:get|post|put|patch|delete|head|options|request)$/, -1],
  [/^requests\.(?:Session|session)\(\)\.(?:get|post|put|patch|delete|head|options|request)$/, -1],
  [/^urllib\.request\.urlopen$/, 2],
];
/** Calls with a time-out of their own, that may be switched off. */
const BOUNDED =
  /^(?:httpx\.(?:get|post|put|patch|delete|head|options|request|stream|Client|AsyncClient)|httpx\.(?:Async)?Client\(\)\.\w+|aiohttp\.ClientSession(?:\(\)\.\w+)?)$/;

const calls: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  calls: (name) =>
    /^(?:get|post|put|patch|delete|head|options|request|stream|urlopen|Client|AsyncClient|ClientSession)$/.test(name),
  when: (_node, { file }) =>
    ['requests', 'urllib', 'httpx', 'aiohttp'].some((module) => importsModule(file.header, module)),
  *check(node, ctx): Iterable<Verdict> {
    const chain = callChain(node, ctx);
    if (chain === '') return;
    const timeout = keywordArgument(node, 'timeout');
    const isOff = timeout?.kind === 'none';
    const waiting = WAITING.find(([pattern]) => pattern.test(chain));
    if (waiting === undefined) {
      // A stream of events is to last.
      if (timeout === null || !BOUNDED.test(chain) || (isOff && chain.endsWith('.stream'))) return;
      if (!isOff) {
        yield { kind: 'pass', subject: node.span };
        return;
      }
    } else if (!isOff) {
      if (timeout !== null || (waiting[1] >= 0 && positionalArguments(node).length > waiting[1])) {
        yield { kind: 'pass', subject: node.span };
        return;
      }
      if (hasSplat(node)) return;
      // A session may bring a time-out in its adapters.
      if (/Session|session/.test(chain) && /\.mount\(|\.request\s*=|partial\(/.test(node.tree.text)) return;
    }
    const edit = keywordInserted(node, 'timeout', String(SECONDS));
    const edits: readonly FixEdit[] = edit === null ? [] : [edit];
    const callee = node.child('function') ?? node;
    const verdict: Verdict = {
      kind: 'fail',
      subject: callee.span,
      message: isOff ? 'off' : 'call',
      args: { text: chain.replaceAll('()', '') },
      fixes:
        edits.length === 0
          ? []
          : [{ title: `Set a time-out of ${SECONDS} seconds`, safety: 'suggestion', preferred: true, edits }],
    };
    if (isOff || !OF_SOCKETS.test(chain)) yield verdict;
    else yield fact(SOCKET_WAIT_FACT, chain, pendingValue(verdict), callee);
  },
};

/** `socket.setdefaulttimeout(30)` */
const socketDefaults: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['setdefaulttimeout'],
  calls: (name) => name === 'setdefaulttimeout',
  *check(node, ctx): Iterable<Verdict> {
    const [value] = positionalArguments(node);
    if (value === undefined || value.kind === 'none' || callChain(node, ctx) !== 'socket.setdefaulttimeout') return;
    yield fact(SOCKET_DEFAULT_FACT, 'socket', null, node);
  },
};

/** What is to be said about calls whose sockets may have a time-out by default, set somewhere in the same component. */
export function* judgeSocketWaits(facts: FactView): Iterable<WorkspaceVerdict> {
  for (const found of facts.get(SOCKET_WAIT_FACT)) {
    const { path } = found.place;
    if (facts.role(path) !== 'production') continue;
    const home = pythonHome(facts, path);
    const isSet = facts
      .lookup(SOCKET_DEFAULT_FACT, 'socket')
      .some(({ place }) => facts.role(place.path) === 'production' && pythonHome(facts, place.path) === home);
    if (isSet) yield { kind: 'pass', subject: found.place };
    else yield settled(found, found.value);
  }
}

export const pythonDetectors: readonly Detector[] = [calls as NodeDetector, socketDefaults as NodeDetector];
