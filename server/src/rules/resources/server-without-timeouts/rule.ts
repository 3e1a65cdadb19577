/** HTTP servers that wait for slow clients for ever: default helpers, and servers without time-outs. */
import type { Fix, FixEdit } from '../../../core/model/verdict.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import { ownFacts, placeIn, type TypedFact } from '../../../knowledge/facts.ts';
import { TIMEOUTS } from '../../../knowledge/go/servers.ts';
import { isDeployedPath } from '../../../knowledge/go/services.ts';
import { alignedFields } from '../../../languages/go/literal.ts';
import { judgePython, PYTHON_SERVER, pythonDetectors } from './python.ts';

const TITLE = 'Set time-outs for headers, bodies and idle connections';

function literalFix(literal: TypedFact<'http.server.literal'>): Fix[] {
  const edits = literal.value.withTimeouts;
  if (edits === null) return [];
  const changes = edits.map(
    ({ start, end, newText }): FixEdit => ({ kind: 'replaceAt', place: placeIn(literal, { start, end }), newText }),
  );
  return [
    { title: TITLE, safety: 'suggestion', preferred: true, edits: [...changes, { kind: 'import', add: ['time'] }] },
  ];
}

/** Builds the server that the helper builds, with time-outs, in front of the statement. */
function helperFix(start: TypedFact<'http.server'>): Fix[] {
  const { statement } = start.value;
  if (statement === null) return [];
  const { indent, name, http } = statement;
  const literal = `${name} := &${http}.Server{\n${alignedFields([...statement.fields, ...TIMEOUTS], `${indent}\t`)}${indent}}\n${indent}`;
  const before = { start: statement.start, end: statement.start };
  return [
    {
      title: 'Start a server with time-outs',
      safety: 'suggestion',
      preferred: true,
      edits: [
        { kind: 'replaceAt', place: placeIn(start, before), newText: literal },
        { kind: 'replaceAt', place: placeIn(start, statement.call), newText: `${name}.${statement.serve}` },
        { kind: 'import', add: ['time'] },
      ],
    },
  ];
}

/** Whether time-outs are set on the value after the literal, in some file of the package. */
function isSetLater(facts: FactView, literal: TypedFact<'http.server.literal'>): boolean {
  const others = ownFacts(facts, 'http.server.literal').filter((other) => other !== literal);
  return ownFacts(facts, 'http.server.setting').some(({ key, value }) => {
    if (key !== 'ReadTimeout' && key !== 'ReadHeaderTimeout') return false;
    return value.owner === literal.key || !others.some((other) => other.key === value.owner);
  });
}

/** Whether the server is started on a listener that only this machine reaches. */
function isLocal(facts: FactView, literal: TypedFact<'http.server.literal'>): boolean {
  return ownFacts(facts, 'http.server').some(
    ({ place, value }) =>
      value.exposure === 'loopback' && value.receiver === literal.key && place.anchor === literal.place.anchor,
  );
}

/** Whether a framework's own server is given time-outs, here or where its configuration is made. */
function isConfigured(facts: FactView, start: TypedFact<'http.server'>): boolean {
  const settings = facts.lookup('http.server.setting', 'ReadTimeout') as readonly TypedFact<'http.server.setting'>[];
  if (start.key === 'fiber') return settings.some((setting) => setting.value.owner === 'fiber.Config');
  const own = ownFacts(facts, 'http.server.setting');
  return own.some(({ key, value }) => /^Read/.test(key) && /^(?:Server|TLSServer)$/.test(value.owner));
}

export const rule = defineRule({
  id: 'server-without-timeouts',
  title: 'HTTP server without time-outs',
  category: 'resources',
  severity: 'high',
  confidence: 'certain',
  stage: 'stable',
  docs: {
    what: 'An HTTP server is started by a helper that has no time-outs (`http.ListenAndServe`, `gin.Engine.Run`, ...), or is an `http.Server` that sets neither `ReadHeaderTimeout` nor `ReadTimeout`, in the literal or later. In Python: a server of `http.server` that listens for everybody with a handler whose class attribute `timeout` is not set, and gunicorn with a time-out of 0 for workers that answer one request after another.',
    why: 'The defaults wait for ever. A client that sends its headers one byte at a time, by malice or over a bad network, keeps a connection and the goroutine, thread or process that serves it; once enough of them are kept, the service answers nobody else. A server that has one thread for all requests stops at the first such client.',
    howToFix: '',
    howToFixIn: {
      go: 'Build an `http.Server` with `ReadHeaderTimeout`, `ReadTimeout` and `IdleTimeout`. Leave `WriteTimeout` out where handlers stream; give such handlers a deadline of their own with `http.ResponseController`.',
      python:
        'Set the class attribute `timeout` of the handler: it bounds each single read and write, so that answers may still be streamed. Give gunicorn a time-out of some seconds (30 by default), or workers of the class `gthread` or `gevent` where single requests take long.',
    },
    refs: [
      'CWE-400',
      'gosec G112',
      'gosec G114',
      'https://pkg.go.dev/net/http#Server',
      'https://docs.python.org/3/library/socketserver.html',
      'https://docs.gunicorn.org/en/stable/settings.html#timeout',
    ],
  },
  messages: {
    literal: 'This server sets no time-out for slow clients; add ReadHeaderTimeout, ReadTimeout and IdleTimeout.',
    helper:
      '{call} serves without any time-out; start an http.Server with ReadHeaderTimeout, ReadTimeout and IdleTimeout.',
    framework: '{call} serves without any time-out; give the engine to an http.Server that has them.',
    configuration: 'This server reads without any time-out; set ReadTimeout and IdleTimeout in its configuration.',
    handler:
      'A client that falls silent blocks this server for everybody, as {handler} has no time-out; set its class attribute `timeout`.',
    thread:
      'Each client that falls silent keeps a thread of this server for ever, as {handler} has no time-out; set its class attribute `timeout`.',
    gunicorn:
      'With a time-out of 0, gunicorn never ends a worker that hangs or waits for a slow client; give it some seconds, such as 30.',
  },
  fix: 'sometimes',
  on: { go: [], python: pythonDetectors },
  workspace: {
    partition: 'directory',
    reads: ['http.server.literal', 'http.server', PYTHON_SERVER, 'gunicorn.command', 'gunicorn.setting'],
    *judge(facts) {
      yield* judgePython(facts);
      const bounded = ownFacts(facts, 'http.middleware').find((fact) => /[tT]imeout/.test(fact.key));
      const isSubject = (path: string): boolean =>
        path.endsWith('.go') && facts.role(path) === 'production' && isDeployedPath(path);
      for (const literal of ownFacts(facts, 'http.server.literal')) {
        if (!isSubject(literal.place.path) || literal.value.exposure === 'loopback' || isLocal(facts, literal))
          continue;
        if (literal.value.timeouts || bounded !== undefined || isSetLater(facts, literal)) {
          yield { kind: 'pass', subject: literal.place };
        } else yield { kind: 'fail', subject: literal.place, message: 'literal', fixes: literalFix(literal) };
      }
      const configured = new Set<string>();
      for (const start of ownFacts(facts, 'http.server')) {
        const { form, call, exposure } = start.value;
        if (!isSubject(start.place.path) || exposure === 'loopback' || bounded !== undefined) continue;
        const args = { call: form === 'helper' ? `${start.key === 'fasthttp' ? 'fasthttp' : 'http'}.${call}` : call };
        if (form === 'helper')
          yield { kind: 'fail', subject: start.place, message: 'helper', args, fixes: helperFix(start) };
        else if (start.key === 'gin' || start.key === 'negroni')
          yield { kind: 'fail', subject: start.place, message: 'framework', args };
        else if (start.key === 'fiber' || (start.key === 'echo' && call !== 'StartServer')) {
          // A program that serves with and without TLS starts one and the same server.
          if (configured.has(start.key)) continue;
          configured.add(start.key);
          if (isConfigured(facts, start)) yield { kind: 'pass', subject: start.place };
          else yield { kind: 'fail', subject: start.place, message: 'configuration' };
        }
      }
    },
  },
});
