/** Connections from outside that are read without any deadline, so that a silent peer is waited for for ever. */
import { directoryOf } from '../../../core/model/path.ts';
import type { Fix } from '../../../core/model/verdict.ts';
import { defineRule } from '../../../core/rulekit/rule.ts';
import { allFacts, placeIn } from '../../../knowledge/facts.ts';
import { ACCEPT_FACT, type Accept, DEADLINE_FACT, goDetectors, READ_FACT } from './go.ts';
import { pythonDetectors } from './python.ts';

const MINUTE = 'time.Now().Add(time.Minute)';

function insertion(place: Parameters<typeof placeIn>[0], at: number, newText: string, title: string): Fix {
  return {
    title,
    safety: 'suggestion',
    preferred: true,
    edits: [
      { kind: 'replaceAt', place: placeIn(place, { start: at, end: at }), newText },
      { kind: 'import', add: ['time'] },
    ],
  };
}

export const rule = defineRule({
  id: 'connection-without-limits',
  title: 'Socket without deadline or read limit',
  category: 'resources',
  severity: 'high',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A program accepts TCP connections or upgrades requests to WebSockets, reads from them, and never sets a deadline or answers to pings, so that a read waits as long as the peer likes. In Python: accepted sockets, handlers of `socketserver` and asyncio streams without a time-out, and WebSockets without pings.',
    why: 'A peer that vanishes without a word, or never meant to say one, keeps its goroutine or thread, its buffers and its descriptor for ever. Opening a few thousand such connections costs an attacker nothing.',
    howToFix: '',
    howToFixIn: {
      go: 'Call `SetReadDeadline` before each read, or once and again whenever a pong arrives, with pings sent more often than that. Limit messages by `SetReadLimit`.',
      python:
        'Call `settimeout` on the connection, wrap reads of asyncio in `asyncio.timeout`, and give aiohttp a `heartbeat`.',
    },
    refs: ['CWE-400', 'CWE-770', 'https://pkg.go.dev/github.com/gorilla/websocket#Conn.SetReadDeadline'],
  },
  messages: {
    socket: 'This WebSocket is read without a deadline or pings; set a read deadline and move it on with each pong.',
    accept: 'Connections that are accepted here are read without a deadline; call SetReadDeadline before each read.',
    pythonSocket: 'Connections that are accepted here are read without a time-out; call `settimeout` on each.',
    pythonHandler: 'The connections of {name} are read without a time-out; set `timeout` in the class.',
    pythonStream: 'This read waits as long as the peer likes; put it into `asyncio.timeout` or `asyncio.wait_for`.',
    pythonWebSocket: 'This WebSocket is read without pings or a time-out; give it a `heartbeat`.',
    pythonOff: '`{name}=None` takes away a limit that this server has of itself; leave it out, or choose a number.',
  },
  fix: 'sometimes',
  on: { go: goDetectors, python: pythonDetectors },
  workspace: {
    partition: 'workspace',
    reads: ['ws.upgrade', ACCEPT_FACT],
    *judge(facts) {
      const limited = new Set(
        facts
          .all(DEADLINE_FACT)
          .filter(({ place }) => facts.role(place.path) === 'production')
          .map(({ place }) => directoryOf(place.path)),
      );
      const upgrades = allFacts(facts, 'ws.upgrade').filter(({ place }) => facts.role(place.path) === 'production');
      const messages = upgrades.length === 0 ? [] : allFacts(facts, 'ws.read');
      for (const upgrade of upgrades) {
        const directory = directoryOf(upgrade.place.path);
        const reads = messages.filter(({ place }) => facts.role(place.path) === 'production');
        const near = reads.filter(({ place }) => directoryOf(place.path) === directory);
        const used = near.length > 0 ? near : reads;
        if (used.length === 0) continue;
        if (limited.has(directory) || used.some(({ place }) => limited.has(directoryOf(place.path)))) {
          yield { kind: 'pass', subject: upgrade.place };
          continue;
        }
        const { after, connection } = upgrade.value;
        const lines = [
          `${connection}.SetReadLimit(64 << 10)`,
          `${connection}.SetReadDeadline(${MINUTE})`,
          `${connection}.SetPongHandler(func(string) error {`,
          `\treturn ${connection}.SetReadDeadline(${MINUTE})`,
          '})',
        ];
        const fixes =
          after === null || connection === ''
            ? []
            : [
                insertion(
                  upgrade,
                  after.start,
                  lines.map((line) => `\n${after.indent}${line}`).join(''),
                  'Set a read limit and a deadline that pongs move on (send pings, choose the numbers)',
                ),
              ];
        const related = used.slice(0, 3).map(({ place }) => ({ place, message: 'A message is read here.' }));
        yield { kind: 'fail', subject: upgrade.place, message: 'socket', related, fixes };
      }
      for (const found of facts.all(ACCEPT_FACT)) {
        const directory = directoryOf(found.place.path);
        if (facts.role(found.place.path) !== 'production') continue;
        const reads = facts
          .all(READ_FACT)
          .filter(({ place }) => directoryOf(place.path) === directory && facts.role(place.path) === 'production');
        if (limited.has(directory)) {
          yield { kind: 'pass', subject: found.place };
          continue;
        }
        if (reads.length === 0) continue;
        const place = found.value as Accept;
        const text = place === null ? '' : `\n${place.indent}${place.connection}.SetReadDeadline(${MINUTE})`;
        yield {
          kind: 'fail',
          subject: found.place,
          message: 'accept',
          severity: 'medium',
          related: reads.slice(0, 3).map((read) => ({ place: read.place, message: 'A connection is read here.' })),
          fixes:
            place === null ? [] : [insertion(found, place.at, text, 'Set a deadline of a minute (choose the number)')],
        };
      }
    },
  },
});
