/** Programs that read request bodies or messages of any size. */
import { directoryOf } from '../../../core/model/path.ts';
import type { Fix, FixEdit, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import { placeIn, type TypedFact } from '../../../knowledge/facts.ts';
import {
  type Beside,
  evidence,
  firstTime,
  type GoProgram,
  mayBeShared,
  supportsGo,
} from '../../../knowledge/go/services.ts';
import { ANY_SERVICE_FACTS, anyServicesOf, frontOf, frontsOf, proxyFor } from '../../../knowledge/services.ts';

const TITLE = 'Limit request bodies to 1 MiB (choose the number)';

/** Wraps the handler of a server in http.MaxBytesHandler, which needs Go 1.18. */
function wrapHandler(
  fact: { readonly place: TypedFact<'http.server'>['place'] },
  span: { start: number; end: number },
): Fix {
  return {
    title: TITLE,
    safety: 'suggestion',
    preferred: true,
    edits: [
      {
        kind: 'replaceAt',
        place: placeIn(fact, { start: span.start, end: span.start }),
        newText: 'http.MaxBytesHandler(',
      },
      { kind: 'replaceAt', place: placeIn(fact, { start: span.end, end: span.end }), newText: ', 1<<20)' },
      { kind: 'import', add: ['net/http'] },
    ],
  };
}

/** Sets the limit on a WebSocket as soon as it is there. */
function limitMessages(upgrade: TypedFact<'ws.upgrade'>): Fix[] {
  const { after, connection } = upgrade.value;
  if (after === null) return [];
  return [
    {
      title: 'Limit messages to 64 KiB (choose the number)',
      safety: 'suggestion',
      preferred: true,
      edits: [
        {
          kind: 'replaceAt',
          place: placeIn(upgrade, after),
          newText: `\n${after.indent}${connection}.SetReadLimit(64 << 10)`,
        },
      ],
    },
  ];
}

/** A limit for every route of a router, where it is made. */
function routerLimit(beside: Beside, imports: readonly string[]): Fix[] {
  const { framework, router } = beside;
  if (framework === 'gin') {
    const statement = `${router}.Use(func(c *gin.Context) {\n\tc.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, 1<<20)\n\tc.Next()\n})`;
    const edits: FixEdit[] = [beside.insert(statement), { kind: 'import', add: ['net/http'] }];
    return [{ title: TITLE, safety: 'suggestion', preferred: true, edits }];
  }
  const echo = imports.find((path) => /^github\.com\/labstack\/echo(?:\/v4)?$/.test(path));
  const isTaken = imports.some((path) => path.endsWith('/middleware') && !path.startsWith('github.com/labstack/'));
  if (framework !== 'echo' || echo === undefined || isTaken) return [];
  const edits: FixEdit[] = [
    beside.insert(`${router}.Use(middleware.BodyLimit("1M"))`),
    { kind: 'import', add: [`${echo}/middleware`] },
  ];
  return [{ title: TITLE, safety: 'suggestion', preferred: true, edits }];
}

/** Where a limit for all routes belongs: the server's literal when there is one, else its start. */
function serverOf(facts: FactView, program: GoProgram): TypedFact<'http.server'> | TypedFact<'http.server.literal'> {
  const start = program.starts.find((item) => item.key !== 'grpc') ?? program.starts[0]!;
  const near = evidence(facts, program, 'http.server.literal').filter(
    (literal) =>
      directoryOf(literal.place.path) === directoryOf(start.place.path) && literal.value.exposure !== 'loopback',
  );
  return start.value.form === 'method' && start.key === 'net/http' ? (near[0] ?? start) : start;
}

/** Frameworks that stop large bodies by themselves. */
const BOUNDED = new Set(['fiber', 'fasthttp']);

/** Frameworks of Python that take a body of any size unless they are told otherwise. */
const UNBOUNDED = /^(?:fastapi|starlette|flask)$/;

/** Flask has a setting for it. */
function flaskLimit(beside: Beside | null): Fix[] {
  if (beside?.framework !== 'flask') return [];
  const statement = `${beside.router}.config["MAX_CONTENT_LENGTH"] = 1024 * 1024`;
  return [{ title: TITLE, safety: 'suggestion', preferred: true, edits: [beside.insert(statement)] }];
}

function* judgePython(
  facts: FactView,
  program: GoProgram,
  isFirst: ReturnType<typeof firstTime>,
): Generator<WorkspaceVerdict> {
  const limits = evidence(facts, program, 'http.body-limit');
  const proxy = proxyFor(facts, program, 'proxy.body-limit');
  const bounded = limits.find(({ key }) => key === 'ws_max_size');
  for (const read of evidence(facts, program, 'ws.read')) {
    if (facts.role(read.place.path) !== 'production' || !isFirst(read.place)) continue;
    if (read.key === 'bounded' || bounded !== undefined) yield { kind: 'pass', subject: read.place };
    else yield { kind: 'fail', subject: read.place, message: 'socket' };
  }
  const limit = limits.find(({ key }) => key !== 'ws_max_size');
  const reads = program.routes.filter(
    ({ place, value }) =>
      facts.role(place.path) === 'production' &&
      /^(?:POST|PUT|PATCH)$/.test(value.method) &&
      UNBOUNDED.test(value.framework),
  );
  if (reads.length === 0) return;
  if (limit !== undefined) {
    if (isFirst(limit.place)) yield { kind: 'pass', subject: limit.place };
    return;
  }
  for (const { place, beside } of frontsOf(facts, program)) {
    // A router of another framework may stand beside.
    if (!isFirst(place)) continue;
    if (proxy !== undefined) {
      yield { kind: 'unknown', subject: place, note: `Bodies may be limited by ${proxy.value.by}.` };
      continue;
    }
    const related = reads.slice(0, 3).map((read) => ({ place: read.place, message: 'A body is read here.' }));
    yield { kind: 'fail', subject: place, message: 'application', related, fixes: flaskLimit(beside) };
  }
}

export const rule = defineRule({
  id: 'missing-request-size-limit',
  title: 'No limit on request or message size',
  category: 'resources',
  severity: 'medium',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'Handlers of a program read whole request bodies, multipart forms or WebSocket messages, and nothing in the program limits their size: no `http.MaxBytesReader` or `http.MaxBytesHandler`, no body-limit middleware, no `SetReadLimit`. In Python: an application of FastAPI, Starlette or Flask takes bodies and nothing looks at their length or sets `MAX_CONTENT_LENGTH`, or a WebSocket handler takes texts without a look at theirs; Django, aiohttp and others have limits of their own.',
    why: 'What a handler decodes is held in memory. One client with one large request, or a few of them at a time, can take all of it and with it the service.',
    howToFix: 'A limit of the proxy helps only when nothing can go around the proxy.',
    howToFixIn: {
      go: 'Wrap the outermost handler in `http.MaxBytesHandler`, with a larger limit for uploads through `http.MaxBytesReader`; call `SetReadLimit` on every WebSocket.',
      python:
        'Set `MAX_CONTENT_LENGTH` in Flask; in FastAPI and Starlette refuse large `Content-Length` values (and bodies without one) in a middleware, bound texts with `max_length`, and give uvicorn a `ws_max_size`.',
    },
    refs: ['CWE-770', 'gosec G120', 'https://pkg.go.dev/net/http#MaxBytesHandler'],
  },
  messages: {
    application:
      'Handlers of this application read request bodies of any size; refuse large ones in a middleware or setting.',
    socket: 'Messages of up to 16 MiB are taken from this WebSocket; set ws_max_size or look at their length.',
    bodies: 'Handlers of this server read request bodies of any size; wrap its handler in http.MaxBytesHandler.',
    messages: 'Messages of any size are read from this WebSocket; call SetReadLimit on the connection.',
  },
  fix: 'sometimes',
  on: { go: [], python: [] },
  workspace: {
    partition: 'workspace',
    reads: ANY_SERVICE_FACTS,
    *judge(facts) {
      const isFirst = firstTime();
      for (const program of anyServicesOf(facts)) {
        if (program.framework !== '') continue;
        if (program.language === 'python') {
          yield* judgePython(facts, program, isFirst);
          continue;
        }
        const reads = evidence(facts, program, 'http.body-read');
        const upgrades = evidence(facts, program, 'ws.upgrade');
        const messages = upgrades.length === 0 ? [] : evidence(facts, program, 'ws.read');
        if (reads.length === 0 && messages.length === 0) continue;
        const limits = evidence(facts, program, 'http.body-limit');
        if (messages.length > 0) {
          const limit = limits.find((fact) => fact.key === 'SetReadLimit');
          const upgrade = upgrades[0]!;
          if (limit === undefined && isFirst(upgrade.place)) {
            const related = messages.slice(0, 3).map(({ place }) => ({ place, message: 'A message is read here.' }));
            yield { kind: 'fail', subject: upgrade.place, message: 'messages', related, fixes: limitMessages(upgrade) };
          } else if (limit !== undefined && isFirst(limit.place)) yield { kind: 'pass', subject: limit.place };
        }
        if (reads.length === 0) continue;
        const limit = limits.find((fact) => fact.key !== 'SetReadLimit');
        if (limit !== undefined) {
          if (isFirst(limit.place)) yield { kind: 'pass', subject: limit.place };
          continue;
        }
        if (program.starts.every((start) => BOUNDED.has(start.key))) continue;
        const server = serverOf(facts, program);
        if (!isFirst(server.place)) continue;
        const proxy = proxyFor(facts, program, 'proxy.body-limit');
        if (proxy !== undefined || mayBeShared(program, /limit|body|middleware/i)) {
          const by = proxy?.value.by ?? program.opaque[0]!;
          yield { kind: 'unknown', subject: server.place, note: `Bodies may be limited by ${by}.` };
          continue;
        }
        const related = reads.slice(0, 3).map(({ place }) => ({ place, message: 'A body is read here.' }));
        const { handlerSpan } = server.value;
        let fixes: Fix[] = [];
        if (handlerSpan !== null && supportsGo(program, 18)) fixes = [wrapHandler(server, handlerSpan)];
        else {
          const { beside } = frontOf(facts, program);
          const file = facts.lookup('go.file', server.place.path)[0] as TypedFact<'go.file'> | undefined;
          if (beside?.path === server.place.path) fixes = routerLimit(beside, file?.value.imports ?? []);
        }
        yield { kind: 'fail', subject: server.place, message: 'bodies', related, fixes };
      }
    },
  },
});
