/**
 * What other servers send to a Python program: bodies of responses of HTTP clients and bytes of sockets, followed through
 * variables that are assigned once and through decoders. Nothing is guessed from names.
 */
import type { ChunkContext } from '../../core/rulekit/rule.ts';
import { chainOf } from '../../languages/python/chains.ts';
import type { PythonNode } from '../../languages/python/nodes.gen.ts';
import { assignedValue } from '../../languages/python/strings.ts';
import { awaited, calledName, calledOn, positionalArguments } from '../../languages/python/syntax.ts';

const BODY =
  /^(?:requests|httpx|niquests)\b.*\(\)\.(?:text|content|raw|json\(\)|read\(\)|raw\.read\(\))$|^urllib\.request\.urlopen\(\)(?:\.read\(\))?$|^urllib3\b.*\(\)\.data$|^aiohttp\b.*\(\)\.(?:text|read|json)\(\)$/;
const SOCKET = /^socket\.(?:socket|create_connection)\(\)(?:\.accept\(\)\[\])?\.(?:recv|recvfrom)\(\)/;
const SAME = /^(?:b64decode|urlsafe_b64decode|unhexlify|fromhex|BytesIO|StringIO|decompress|str|bytes)$/;
const OF_ITSELF = /^(?:decode|encode|strip|read|getvalue)$/;

/** Words for messages when an expression is what another server sent; null when that is not known. */
export function responseIn(expression: PythonNode, ctx: ChunkContext): string | null {
  let node = awaited(expression);
  for (let hop = 0; hop < 8; hop++) {
    const chain = chainOf(node, ctx) ?? '';
    if (BODY.test(chain)) return 'the response of another server';
    if (SOCKET.test(chain)) return 'what comes over a socket';
    if (node.kind === 'call') {
      const object = calledOn(node);
      const [first] = positionalArguments(node);
      if (SAME.test(calledName(node)) && first !== undefined) node = awaited(first);
      else if (object !== null && OF_ITSELF.test(calledName(node))) node = awaited(object);
      else return null;
      continue;
    }
    if (node.kind !== 'identifier') return null;
    const value = assignedValue(node, ctx);
    if (value === null) return null;
    node = awaited(value);
  }
  return null;
}
