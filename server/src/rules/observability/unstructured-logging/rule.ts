/** Services that log plain lines through the standard logger and use no structured logger anywhere. */
import { directoryOf } from '../../../core/model/path.ts';
import type { Fix, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import { allFacts, type FactName, placeIn, type TypedFact } from '../../../knowledge/facts.ts';
import {
  evidence,
  type GoProgram,
  isDeployedPath,
  mayBeShared,
  servicesOf,
  supportsGo,
} from '../../../knowledge/go/services.ts';
import { pythonServicesOf } from '../../../knowledge/python/services.ts';
import { ANY_SERVICE_FACTS, frontsOf, servedIn } from '../../../knowledge/services.ts';

/** Fewer calls than this are start-up messages, not logging. */
const FEW_CALLS = 3;

/** Names of packages that are loggers: a logger of the project may well be structured. */
const LOGGER_PACKAGE = /^(?:\w*_)?(?:[a-z]?log|logs|logger|loggers|logging|xlog|applog|logutils?|logx|slogger)$/;

/** Makes every message of the standard logger a JSON record; needs Go 1.21. */
function structuredDefault(main: TypedFact<'go.main'>): Fix[] {
  const { body } = main.value;
  if (body === null) return [];
  const text = `\n${body.indent}slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stderr, nil)))`;
  return [
    {
      title: 'Write JSON records: make slog the default, which the standard logger then writes to',
      safety: 'suggestion',
      preferred: true,
      edits: [
        { kind: 'replaceAt', place: placeIn(main, body), newText: text },
        { kind: 'import', add: ['log/slog', 'os'] },
      ],
    },
  ];
}

/** Python: the loggers of the standard library write what a formatter makes of a record; without one it is a line. */
function* judgePython(facts: FactView): Generator<WorkspaceVerdict> {
  for (const program of pythonServicesOf(facts)) {
    if (program.framework !== '' || program.routes.length === 0) continue;
    const imports = evidence(facts, program, 'log.import').filter(
      ({ place: { path } }) => facts.role(path) === 'production' && isDeployedPath(path),
    );
    const structured = imports.find(({ value }) => value.structured);
    if (structured !== undefined) {
      yield { kind: 'pass', subject: structured.place };
      continue;
    }
    const isServed = servedIn(facts, program);
    const calls = evidence(facts, program, 'log.call').filter(({ place }) => isServed(place.path));
    const plain = imports.filter(({ key, place }) => /^logging(?:\.|$)/.test(key) && isServed(place.path));
    if (sum(calls) < FEW_CALLS || plain.length === 0) continue;
    const fronts = frontsOf(facts, program).map(({ place }) => place.path);
    const subject = (plain.find(({ place }) => fronts.includes(place.path)) ?? plain[0]!).place;
    if (imports.some(({ key }) => !/^logging(?:\.|$)/.test(key))) {
      yield { kind: 'unknown', subject, note: 'Another logger is in use; whether it writes records is not known.' };
      continue;
    }
    const all = new Set(calls.map((fact) => fact.place.path)).size;
    const args = { calls: String(sum(calls)), files: all === 1 ? '1 file' : `${all} files` };
    // Its lines have levels, times and names at least.
    yield { kind: 'fail', subject, message: 'lines', args, severity: 'low' };
  }
}

export const rule = defineRule({
  id: 'unstructured-logging',
  title: 'Plain text logging instead of structured logging',
  category: 'observability',
  severity: 'medium',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A module with a service logs through the package `log` of the standard library, and none of its production code uses a structured logger (slog, zap, zerolog, logrus, go-kit/log and the like). Reported once per module, at the first import of `log`. In Python: a service logs by `logging`, and nothing brings a structured logger or a formatter for JSON (structlog, python-json-logger).',
    why: 'Lines of free text cannot be searched by field, joined by request, or counted for an alert without a fragile pattern for each message; they carry no level either, so that errors drown in progress messages.',
    howToFix: '',
    howToFixIn: {
      go: 'Use `log/slog` with a JSON handler and pass values as attributes: `slog.Info("order stored", "id", id)`. As a first step `slog.SetDefault` in `main` turns the messages of the standard logger into records, too.',
      python: 'Give the root handler a formatter of python-json-logger, or use structlog.',
    },
    refs: ['https://go.dev/blog/slog', 'https://12factor.net/logs'],
  },
  messages: {
    lines:
      'This service logs plain lines ({calls} calls in {files}); give the loggers a JSON formatter and pass values as fields.',
    plain: 'This service logs plain lines ({calls} calls in {files}); use log/slog with a JSON handler and attributes.',
  },
  effort: { once: [120, 480], each: [1, 4] },
  fix: 'sometimes',
  on: { go: [], python: [] },
  workspace: {
    partition: 'workspace',
    reads: ANY_SERVICE_FACTS,
    *judge(facts) {
      yield* judgePython(facts);
      const byComponent = new Map<string, GoProgram[]>();
      for (const program of servicesOf(facts)) {
        const list = byComponent.get(program.component);
        if (list === undefined) byComponent.set(program.component, [program]);
        else list.push(program);
      }
      for (const [component, programs] of byComponent) {
        if (programs.some((program) => program.framework !== '')) continue;
        const modules = allFacts(facts, 'go.module').map((module) => module.value.directory);
        const isOwn = (path: string): boolean =>
          programs[0]!.files.has(path) && isDeployedPath(path) && nearest(modules, path) === component;
        const own = <N extends FactName>(name: N): TypedFact<N>[] =>
          allFacts(facts, name).filter(
            (fact) => isOwn(fact.place.path) && facts.role(fact.place.path) === 'production',
          );

        const imports = own('log.import');
        const structured = imports.find((fact) => fact.value.structured);
        if (structured !== undefined) {
          yield { kind: 'pass', subject: structured.place };
          continue;
        }
        const calls = own('log.call');
        const reached = calls.filter((fact) =>
          programs.some((program) => program.directories.has(directoryOf(fact.place.path))),
        );
        const files = new Set(reached.map((fact) => fact.place.path));
        const plain = imports.filter((fact) => fact.key === 'log' && files.has(fact.place.path));
        if (sum(reached) < FEW_CALLS || plain.length === 0) continue;
        const mains = programs.flatMap((program) => program.mains);
        const inMain = plain.find((fact) => mains.some((main) => main.place.path === fact.place.path));
        const subject = (inMain ?? plain[0]!).place;
        const other = imports.find((fact) => fact.key !== 'log');
        const wrapper = own('go.file').find((fact) => LOGGER_PACKAGE.test(fact.value.package));
        if (other !== undefined || wrapper !== undefined || programs.some((program) => mayBeShared(program, /log/i))) {
          yield { kind: 'unknown', subject, note: 'Another logger is in use; whether it writes records is not known.' };
          continue;
        }
        const main = mains.find((fact) => fact.place.path === subject.path);
        const fixes = main !== undefined && supportsGo(programs[0]!, 21) ? structuredDefault(main) : [];
        const all = new Set(calls.map((fact) => fact.place.path)).size;
        const args = { calls: String(sum(calls)), files: all === 1 ? '1 file' : `${all} files` };
        yield { kind: 'fail', subject, message: 'plain', args, fixes };
      }
    },
  },
});

function sum(calls: readonly TypedFact<'log.call'>[]): number {
  return calls.reduce((total, fact) => total + fact.value.count, 0);
}

/** The nearest of the directories around a path, '' when there is none. */
function nearest(directories: readonly string[], path: string): string {
  let best = '';
  for (const directory of directories) {
    if (directory.length > best.length && path.startsWith(`${directory}/`)) best = directory;
  }
  return best;
}
