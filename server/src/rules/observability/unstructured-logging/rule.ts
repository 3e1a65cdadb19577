/** Services that log plain lines through the standard logger and use no structured logger anywhere. */
import { directoryOf } from '../../../core/model/path.ts';
import type { Fix } from '../../../core/model/verdict.ts';
import { defineRule } from '../../../core/rulekit/rule.ts';
import { allFacts, type FactName, placeIn, type TypedFact } from '../../../knowledge/facts.ts';
import {
  type GoProgram,
  isDeployedPath,
  mayBeShared,
  SERVICE_FACTS,
  servicesOf,
  supportsGo,
} from '../../../knowledge/go/services.ts';

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

export const rule = defineRule({
  id: 'unstructured-logging',
  title: 'Plain text logging instead of structured logging',
  category: 'observability',
  severity: 'medium',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A module with a service logs through the package `log` of the standard library, and none of its production code uses a structured logger (slog, zap, zerolog, logrus, go-kit/log and the like). Reported once per module, at the first import of `log`.',
    why: 'Lines of free text cannot be searched by field, joined by request, or counted for an alert without a fragile pattern for each message; they carry no level either, so that errors drown in progress messages.',
    howToFix:
      'Use `log/slog` with a JSON handler and pass values as attributes: `slog.Info("order stored", "id", id)`. As a first step `slog.SetDefault` in `main` turns the messages of the standard logger into records, too.',
    refs: ['https://go.dev/blog/slog', 'https://12factor.net/logs'],
  },
  messages: {
    plain: 'This service logs plain lines ({calls} calls in {files}); use log/slog with a JSON handler and attributes.',
  },
  effort: { once: [120, 480], each: [1, 4] },
  fix: 'sometimes',
  on: { go: [] },
  workspace: {
    partition: 'workspace',
    reads: SERVICE_FACTS,
    *judge(facts) {
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
