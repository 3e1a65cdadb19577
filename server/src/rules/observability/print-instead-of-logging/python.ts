/** Python: `print` in handlers of requests, and in functions of files that have a logger. Reported once for a function. */
import type { Fix, FixEdit, Verdict } from '../../../core/model/verdict.ts';
import type { NodeDetector } from '../../../core/rulekit/rule.ts';
import { isDeployedPath } from '../../../knowledge/go/services.ts';
import { isPrint, mayLog } from '../../../knowledge/python/logging.ts';
import { handlerAround, routeOf } from '../../../knowledge/python/requests.ts';
import { importsModule, type PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import {
  calledName,
  definedName,
  enclosingFunction,
  isWaived,
  keywordArguments,
  leadingComments,
  onlyChild,
  positionalArguments,
  statementOf,
} from '../../../languages/python/syntax.ts';

/** Libraries of programs that people run at a terminal. */
const TERMINAL = [
  'argparse',
  'click',
  'typer',
  'rich',
  'tqdm',
  'colorama',
  'prompt_toolkit',
  'questionary',
  'getpass',
  'cmd',
  'curses',
  'fire',
  'docopt',
  'optparse',
  'tabulate',
  'termcolor',
  'inquirer',
  'InquirerPy',
];
const TERMINAL_PATH =
  /(?:^|\/)(?:cli|commands?|tools?|scripts?|ui|tui|console|terminal|shell|install\w*|migrat\w*|gen\w*|contrib|hack|bench\w*|examples?|notebooks?|management|setup|bin|seed\w*|manage|train\w*|eval\w*|demo\w*)(?:\/|\.py$)|(?:^|\/)(?:run|start|test|debug|demo|example|quick)\w*\.py$|cli\.py$/i;
const TALKS =
  /print|usage|help|dump|show|display|render|banner|version|prompt|report|output|table|splash|logo|debug|ask|confirm|progress|welcome|main|cli|repl|interactive|demo|test|benchmark|summary|menu|login|qr|scan|setup|emit|on_error|dry_?run/i;
/** Files that are the logger. */
const LOGGER_PATH = /(?:^|\/)(?:logs?|logger|loggers|logging|log_\w+|\w+_log(?:ger)?)(?:\/|\.py$)/i;

const LOGGERS = ['logging', 'loguru', 'structlog'];

const functions: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['function_definition'],
  triggers: ['print(', 'log'],
  when: (_node, { file }) => isDeployedPath(file.path),
  *check(node, ctx): Iterable<Verdict> {
    const { header, path } = ctx.file;
    const calls = node.descendants('call').filter((call) => enclosingFunction(call)?.equals(node) === true);
    const logs = calls.filter((call) => mayLog(call));
    const [logged] = logs;
    const printed = calls.filter((call) => isPrint(call) && !isQuiet(call));
    const [first] = printed;
    if (first === undefined) {
      if (logged !== undefined) yield { kind: 'pass', subject: logged.span };
      return;
    }
    const serves = routeOf(node, ctx) !== null || handlerAround(node, ctx) !== null;
    const hasLogger =
      LOGGERS.some((module) => importsModule(header, module)) ||
      header.imports.some(({ name }) => /^(?:logger|log)$/.test(name));
    if (!serves) {
      if (!hasLogger || TERMINAL_PATH.test(path) || LOGGER_PATH.test(path) || TALKS.test(definedName(node))) return;
      if (calls.some((call) => /^_?(?:print|show|display)_/.test(calledName(call)))) return;
      if (TERMINAL.some((module) => importsModule(header, module))) return;
      // A script that is run by hand talks to who runs it, unless it rather logs.
      if (header.main && printed.length > logs.length) return;
    }
    const args = { call: 'print' };
    const related = printed.slice(1, 4).map((call) => ({ span: call.span, message: 'Here as well.' }));
    yield { kind: 'fail', subject: first.span, message: 'printed', args, related, fixes: fixOf(printed, header) };
  },
};

/** Printed to look for a fault, besides what is logged, as the last word of a program, or where nothing else is possible. */
function isQuiet(call: PythonNode): boolean {
  const statement = statementOf(call);
  if (isWaived(call, /\bT20[13]?\b/)) return true;
  const beside = [statement?.previousSibling, statement?.nextSibling].flatMap((other) => other ?? []);
  if (beside.some((other) => onlyChild(other)?.kind === 'call' && mayLog(onlyChild(other)!))) return true;
  if (/^(?:sys\.|os\._?)?exit\(|^raise SystemExit\b/.test(statement?.nextSibling?.text ?? '')) return true;
  if (
    statement !== null &&
    leadingComments(statement).some((comment) => /stdout|stderr|terminal|console/i.test(comment.text))
  )
    return true;
  const condition = call.ancestor('if_statement')?.child('condition')?.text ?? '';
  return (
    /debug|verbose|trace|dump|quiet|silent/i.test(condition) ||
    keywordArguments(call).some(({ name }) => name === 'file')
  );
}

/** `logger.info(...)`, when the file has a logger of that name and every call prints one value. */
function fixOf(printed: readonly PythonNode[], header: PythonHeader): readonly Fix[] {
  const logger = header.globals.find(
    ({ name, call }) => /^(?:logger|log|LOGGER|LOG|_logger)$/.test(name) && /getLogger|get_logger/.test(call),
  );
  if (logger === undefined) return [];
  const isPlain = printed.every((call) => {
    const values = positionalArguments(call);
    return values.length === 1 && keywordArguments(call).length === 0 && !/^list_splat$/.test(values[0]!.kind);
  });
  if (!isPlain) return [];
  const edits = printed.map((call): FixEdit => {
    const callee = call.child('function')!;
    const text = positionalArguments(call)[0]!.text;
    const level = /\b(?:error|fail\w*|exception|could not|unable)\b|❌/i.test(text)
      ? 'error'
      : /warn/i.test(text)
        ? 'warning'
        : 'info';
    return { kind: 'replace', span: callee.span, newText: `${logger.name}.${level}` };
  });
  return [{ title: `Write it with ${logger.name}`, safety: 'suggestion', preferred: true, edits }];
}

export const pythonDetectors = [functions] as readonly NodeDetector[];
