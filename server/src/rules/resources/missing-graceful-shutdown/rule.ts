/** Servers that stop in the middle of requests: no handler for SIGTERM, or one that does not drain them. */
import type { Fact, Fix, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import { allFacts, placeIn, type TypedFact } from '../../../knowledge/facts.ts';
import { TIMEOUTS } from '../../../knowledge/go/servers.ts';
import {
  evidence,
  firstTime,
  type GoProgram,
  isDeployedPath,
  SERVICE_FACTS,
  servicesOf,
} from '../../../knowledge/go/services.ts';
import { isServedPath, pythonHome } from '../../../knowledge/python/services.ts';
import { isRunBy } from '../../../knowledge/services.ts';
import { alignedFields } from '../../../languages/go/literal.ts';
import { PYTHON_DRAIN, PYTHON_SERVER, type PythonServer, pythonDetectors } from './python.ts';

type Start = TypedFact<'http.server'>;
type Handler = TypedFact<'signal.handler'>;

/** `if err := server.Shutdown(ctx) ...` in lines without indentation. */
function drain(server: string, cancel: string, logger: string): string[] {
  const report =
    logger === 'slog' ? 'slog.Error("shutting down", "error", err)' : 'log.Printf("shutting down: %v", err)';
  return [
    `shutdownCtx, ${cancel} := context.WithTimeout(context.Background(), 30*time.Second)`,
    `defer ${cancel}()`,
    `if err := ${server}.Shutdown(shutdownCtx); err != nil {`,
    `\t${report}`,
    '}',
  ];
}

const DRAIN_IMPORTS = ['context', 'time'];

function logImport(logger: string): string {
  return logger === 'slog' ? 'log/slog' : 'log';
}

/** Drains the server behind the statement that waits for the signal. */
function drainAfterSignal(start: Start): Fix[] {
  const { afterSignal, call } = start.value;
  if (afterSignal === null || start.key !== 'net/http' || !call.startsWith('ListenAndServe')) return [];
  const { server, cancel, logger, indent } = afterSignal;
  const text = drain(server, cancel, logger)
    .map((line) => `\n${indent}${line}`)
    .join('');
  return [
    {
      title: `Drain the server: call ${server}.Shutdown with a deadline`,
      safety: 'suggestion',
      preferred: true,
      edits: [
        { kind: 'replaceAt', place: placeIn(start, afterSignal), newText: text },
        { kind: 'import', add: [...DRAIN_IMPORTS, logImport(logger)] },
      ],
    },
  ];
}

/** Catches SIGTERM in a goroutine, drains the server, and lets `main` wait for it. */
function catchAndDrain(start: Start): Fix[] {
  const { statement } = start.value;
  if (statement === null || statement.failure === null || start.key !== 'net/http') return [];
  const { indent, http, logger, failure } = statement;
  const isHelper = statement.server === '';
  const server = isHelper ? statement.name : statement.server;
  const literal = isHelper
    ? [
        `${server} := &${http}.Server{`,
        ...alignedFields([...statement.fields, ...TIMEOUTS], '\t')
          .trimEnd()
          .split('\n'),
        '}',
      ]
    : [];
  const block = failure
    .split(/\r?\n/)
    .map((line, index) => (index > 0 && line.startsWith(indent) ? line.slice(indent.length) : line));
  const lines = [
    ...literal,
    'drained := make(chan struct{})',
    'go func() {',
    '\tdefer close(drained)',
    '\tctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)',
    '\tdefer stop()',
    '\t<-ctx.Done()',
    ...drain(server, 'cancel', logger).map((line) => `\t${line}`),
    '}()',
    `if err := ${server}.${statement.serve}; err != nil && !errors.Is(err, ${http}.ErrServerClosed) ${block[0]}`,
    ...block.slice(1),
    '<-drained',
  ];
  const packages = ['context', 'errors', 'os', 'os/signal', 'syscall', 'time', logImport(logger), 'net/http'];
  return [
    {
      title: 'Catch SIGTERM and drain the server',
      safety: 'suggestion',
      preferred: true,
      edits: [
        {
          kind: 'replaceAt',
          place: placeIn(start, statement),
          newText: lines.join(`\n${indent}`).replaceAll(/^[ \t]+$/gm, ''),
        },
        { kind: 'import', add: packages },
      ],
    },
  ];
}

/** Adds SIGTERM to the signals of a handler. */
function addSigterm(handler: Handler): Fix[] {
  const { last } = handler.value;
  if (last === null) return [];
  return [
    {
      title: 'Catch SIGTERM, too',
      safety: 'suggestion',
      preferred: true,
      edits: [
        {
          kind: 'replaceAt',
          place: placeIn(handler, { start: last.end, end: last.end }),
          newText: ', syscall.SIGTERM',
        },
        { kind: 'import', add: ['syscall'] },
      ],
    },
  ];
}

/** Handlers of a program; a package of the workspace is judged by what it does, not by its name. */
function handlersOf(facts: FactView, program: GoProgram): readonly Handler[] {
  const modules = allFacts(facts, 'go.module').map((module) => module.key);
  return evidence(facts, program, 'signal.handler').filter(
    ({ key }) => !modules.some((module) => key === module || key.startsWith(`${module}/`)),
  );
}

/** The servers that requests come to: not one that only shows the profiles and counters of the default router. */
function requestServers(program: GoProgram): readonly Start[] {
  const onDefault = program.routes.some((route) => route.value.framework === 'net/http' && route.value.router === '');
  return program.starts.filter((start) => start.value.handler !== 'default' || onDefault);
}

const IS_LIBRARY = /[./]/;

/** Servers that run an application and drain it at SIGTERM. */
const PYTHON_SERVERS = ['gunicorn', 'uvicorn', 'uwsgi', 'hypercorn', 'daphne', 'granian', 'mod-wsgi', 'passenger'];

/** Servers of Python, each in its component: the directory of the nearest manifest. */
function* judgePython(facts: FactView): Generator<WorkspaceVerdict> {
  const seen = new Set<string>();
  for (const found of facts.all(PYTHON_SERVER)) {
    const { path } = found.place;
    const server = found.value as unknown as PythonServer;
    if (facts.role(path) !== 'production' || !isServedPath(path) || seen.has(path)) continue;
    seen.add(path);
    if (server.drains === 'itself') {
      yield { kind: 'pass', subject: found.place };
      continue;
    }
    const home = pythonHome(facts, path);
    const isNear = ({ place }: Pick<Fact, 'place'>): boolean =>
      place.path.endsWith('.py') && pythonHome(facts, place.path) === home;
    const handlers = allFacts(facts, 'signal.handler').filter(isNear);
    if (handlers.some(({ value }) => value.terminate)) {
      const isDrained = facts.all(PYTHON_DRAIN).some(isNear);
      yield isDrained
        ? { kind: 'pass', subject: found.place }
        : { kind: 'unknown', subject: found.place, note: 'What its handler of SIGTERM ends is not known.' };
    } else if (server.drains === 'wsgi' && PYTHON_SERVERS.some((name) => isRunBy(facts, name))) {
      yield { kind: 'unknown', subject: found.place, note: 'Another server may run the application.' };
    } else if (server.drains === 'wsgi') {
      yield { kind: 'fail', subject: found.place, message: 'development', args: { server: found.key } };
    } else {
      const { catching } = server;
      const fixes: Fix[] =
        catching === null
          ? []
          : [
              {
                title: 'Catch SIGTERM and stop the server',
                safety: 'suggestion',
                preferred: true,
                edits: [
                  { kind: 'replaceAt', place: placeIn(found, catching), newText: catching.newText },
                  { kind: 'import', add: catching.imports },
                ],
              },
            ];
      const args = { shutdown: server.shutdown };
      yield { kind: 'fail', subject: found.place, message: 'noHandler', args, fixes };
    }
  }
}

export const rule = defineRule({
  id: 'missing-graceful-shutdown',
  title: 'Server stops without draining',
  category: 'resources',
  severity: 'high',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A program that serves requests does not catch SIGTERM (SIGINT alone, which a terminal sends, does not count), or it does but never calls `Shutdown` or `GracefulStop` of its server. In Python: servers of gRPC and `http.server` without a handler, and the server of Flask, Bottle, `wsgiref` or waitress that listens for everybody where no uvicorn, gunicorn or the like, which drain by themselves, is in use.',
    why: 'Every deployment, scale-down and node drain sends SIGTERM. Without a handler the process dies in the middle of its requests: clients see broken connections, and writes stop half-way.',
    howToFix: '',
    howToFixIn: {
      go: 'Wait for `os.Interrupt` and `syscall.SIGTERM` with `signal.NotifyContext`, then call `server.Shutdown` (gRPC: `GracefulStop`) with a deadline below the grace period of the orchestrator, then close databases and queues, and only then let `main` return.',
      python:
        'Run the application with a server that drains (gunicorn, uvicorn, hypercorn), or call `server.stop(grace)` of gRPC and `shutdown()` of `http.server` in a handler of `signal.SIGTERM`.',
    },
    refs: [
      'CWE-404',
      'https://pkg.go.dev/net/http#Server.Shutdown',
      'https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination',
    ],
  },
  messages: {
    noHandler:
      'This server cuts its open requests when the program gets SIGTERM; catch the signal and call {shutdown}.',
    interruptOnly: 'This server is stopped only by SIGINT, but orchestrators send SIGTERM; add syscall.SIGTERM.',
    development:
      'SIGTERM ends this server ({server}) in the middle of its requests; run the application with one that drains them, such as gunicorn or uvicorn.',
    notDrained: 'SIGTERM ends this program without draining the server; call {shutdown} before main returns.',
  },
  effort: { each: [30, 120] },
  fix: 'sometimes',
  on: { go: [], python: pythonDetectors },
  workspace: {
    partition: 'workspace',
    reads: [...SERVICE_FACTS, 'signal.handler', PYTHON_SERVER],
    *judge(facts) {
      for (const handler of allFacts(facts, 'signal.handler')) {
        const { path } = handler.place;
        if (IS_LIBRARY.test(handler.key) || !handler.value.terminate) continue;
        if (facts.role(path) === 'production' && isDeployedPath(path)) yield { kind: 'pass', subject: handler.place };
      }
      yield* judgePython(facts);
      const isFirst = firstTime();
      for (const program of servicesOf(facts)) {
        if (program.framework !== '') continue;
        const start = requestServers(program)[0];
        if (start === undefined || !isFirst(start.place)) continue;
        const handlers = handlersOf(facts, program);
        const terminates = handlers.filter((handler) => handler.value.terminate);
        const drains = evidence(facts, program, 'server.shutdown');
        const args = { shutdown: start.key === 'grpc' ? 'GracefulStop' : 'Shutdown' };
        if (terminates.length > 0) {
          // A library that catches the signal ends what it started.
          if (drains.length > 0 || terminates.some((handler) => IS_LIBRARY.test(handler.key))) {
            yield { kind: 'pass', subject: start.place };
          } else
            yield { kind: 'fail', subject: start.place, message: 'notDrained', args, fixes: drainAfterSignal(start) };
          continue;
        }
        const interrupted = handlers.find((handler) => handler.value.interrupt);
        if (interrupted !== undefined) {
          // With several programs on the same server it is not known which of them catches what.
          const isOnly = program.mains.length === 1;
          yield {
            kind: 'fail',
            subject: isOnly ? interrupted.place : start.place,
            message: 'interruptOnly',
            related: isOnly ? [{ place: start.place, message: 'The server that it stops.' }] : [],
            fixes: isOnly ? addSigterm(interrupted) : [],
          };
        } else if (program.opaque.length > 0 || (drains.length > 0 && handlers.length === 0)) {
          yield { kind: 'unknown', subject: start.place, note: 'Who catches SIGTERM is not in the workspace.' };
        } else yield { kind: 'fail', subject: start.place, message: 'noHandler', args, fixes: catchAndDrain(start) };
      }
    },
  },
});
