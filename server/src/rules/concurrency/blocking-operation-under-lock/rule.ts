/**
 * Sends, receives, network operations and pauses while a mutex of the package is held. A channel counts when it has no
 * buffer, or when the other side needs the same mutex; a lock that only serialises the use of one connection does not.
 */
import type { Severity, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { type Detector, defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import { CHANNEL_MADE, CHANNEL_USED, type ChannelMake, type ChannelUse } from '../../../languages/go/channels.ts';
import { typeOfChain } from '../../../languages/go/libraryChains.ts';
import { type GuardedFunction, packageGuards } from '../../../languages/go/locks/guards.ts';
import { lockReach } from '../../../languages/go/locks/reach.ts';
import { goIndex } from '../../../languages/go/resolve.ts';
import { BLOCKING, type BlockingFact, detectors } from './go.ts';
import { pythonDetectors } from './python.ts';

const CLIENT = /^\*?net\/http\.Client$/;
const COMMAND = /^\*?os\/exec\.Cmd$/;
const CONNECTION =
  /^\*?(?:net\.(?:Conn|TCPConn|UDPConn|UnixConn)|crypto\/tls\.Conn|github\.com\/gorilla\/websocket\.Conn|(?:nhooyr\.io|github\.com\/coder)\/websocket\.Conn|golang\.org\/x\/net\/websocket\.Conn|github\.com\/gofiber\/(?:contrib\/)?websocket(?:\/v\d)?\.Conn)$/;

/** What a method of a type of a library waits for; null when it does not. */
function waitsFor(type: string, method: string): string | null {
  if (CLIENT.test(type)) return /^(?:Do|Get|Post|PostForm|Head)$/.test(method) ? 'request' : null;
  if (COMMAND.test(type)) return /^(?:Run|Output|CombinedOutput|Wait)$/.test(method) ? 'process' : null;
  return CONNECTION.test(type) && /^(?:Write|Read|Next)/.test(method) ? 'peer' : null;
}

/** Whether a lock belongs to the value that has the connection: then it keeps messages apart, which is its purpose. */
function serialises(lock: string, place: string): boolean {
  if (/(?:write|send|conn|io|rw)_?(?:mu|mutex|lock)/i.test(lock)) return true;
  const owner = lock.replace(/\.[^.]*$/, '');
  return place.startsWith(`${owner}.`) || place === owner;
}

function* judge(facts: FactView): Generator<WorkspaceVerdict> {
  const { functions } = facts.derive(packageGuards);
  const reach = facts.derive(lockReach);
  const byName = new Map<string, GuardedFunction>();
  for (const at of functions) byName.set(at.name, at);

  /** Classes of the locks that a function comes to take, itself or through those that it calls. */
  const takes = (name: string): ReadonlySet<string> => {
    const at = byName.get(name);
    const classes = new Set<string>();
    if (at === undefined) return classes;
    for (const { lock } of at.value.acquisitions) classes.add(reach.classOf(at, lock) ?? '');
    for (const call of reach.callsOf(at)) {
      for (const { by, acquisition } of reach.takenBy(call.callee)) {
        classes.add(reach.classOf(by, acquisition.lock) ?? '');
      }
    }
    return classes;
  };

  for (const found of facts.get(BLOCKING)) {
    const value = found.value as unknown as BlockingFact;
    const at = functions.find(({ name, fact }) => name === found.key && fact.place.path === found.place.path);
    if (at === undefined || facts.role(found.place.path) !== 'production') continue;
    const locks = value.locks.filter((lock) => reach.classOf(at, lock) !== null);
    if (locks.length === 0) continue;
    const lock = locks[0]!.replace(/^=/, '').replace(/#\d+/g, '');
    if (value.kind === 'call') {
      let message: string | null = /^time/.test(value.name) ? 'sleep' : 'request';
      if (value.chain !== '') {
        const type = typeOfChain(facts.derive(goIndex), found.place.path, value.chain);
        message = type === null ? null : waitsFor(type, value.name);
        if (message === 'peer' && locks.some((place) => serialises(place, value.place))) message = null;
      }
      if (message === null) continue;
      yield { kind: 'fail', subject: found.place, message, args: { lock, call: value.text }, severity: 'medium' };
      continue;
    }
    const makes = facts.get(CHANNEL_MADE).filter(({ key }) => key === value.name);
    if (makes.length === 0) continue;
    const isUnbuffered = makes.every(({ value: made }) => !(made as ChannelMake).buffered);
    const classes = new Set(locks.map((place) => reach.classOf(at, place)));
    const other = value.kind === 'send' ? 'receive' : 'send';
    const needing = facts.get(CHANNEL_USED).find(({ key, value: use }) => {
      const { how, function: name } = use as unknown as ChannelUse;
      return key === value.name && how === other && name !== found.key && [...takes(name)].some((x) => classes.has(x));
    });
    if (needing === undefined ? !isUnbuffered || value.kind === 'receive' : value.kind === 'send' && !isUnbuffered)
      continue;
    const severity: Severity = needing === undefined ? 'high' : 'critical';
    yield {
      kind: 'fail',
      subject: found.place,
      message: needing === undefined ? 'send' : value.kind === 'send' ? 'sendNeeded' : 'receiveNeeded',
      args: { lock, channel: value.text },
      severity,
      related:
        needing === undefined ? [] : [{ place: needing.place, message: `The other side, which needs ${lock} as well` }],
    };
  }
}

export const rule = defineRule({
  id: 'blocking-operation-under-lock',
  title: 'Blocking call while a mutex is held',
  category: 'concurrency',
  severity: 'high',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'While a mutex is held, the function sends to a channel without buffer, waits for a channel whose other side needs the same mutex, sends a request, writes to a connection that is not the one which the mutex serialises, waits for a process, or sleeps.',
    why: 'Everybody who needs the mutex waits as long as the slowest peer does. When the other side of the channel needs the mutex too, both wait for each other for ever.',
    howToFix:
      'Collect under the lock what is to be sent or asked for, release the lock, and send it then. Give connections a write deadline.',
    refs: ['CWE-833', 'CWE-667', 'CWE-400'],
  },
  messages: {
    send: 'This send waits for a receiver while {lock} is held; collect what to send, release the lock, then send.',
    sendNeeded:
      'The receiver of {channel} needs {lock}, which is held here, so both can wait for ever; release the lock before the send.',
    receiveNeeded:
      'The sender of {channel} needs {lock}, which is held here, so both can wait for ever; release the lock before the receive.',
    sleep: 'Everybody who needs {lock} sleeps along here; release it before {call}.',
    request: '{call} waits for another system while {lock} is held; release the lock before, or set it aside.',
    peer: '{call} waits for a slow peer while {lock} is held; collect what to write, release the lock, then write.',
    process: '{call} waits for a process while {lock} is held; release the lock before.',
  },
  fix: 'none',
  on: { go: detectors as readonly Detector[], python: pythonDetectors },
  workspace: { partition: 'directory', reads: [BLOCKING], judge },
});
