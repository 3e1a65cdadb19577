/**
 * Python: functions of modules that others import which end the process: sys.exit, os._exit, quit. Programs, command
 * lines, handlers of signals and functions that say by their name that they end are left alone. Whether a module is
 * imported is the judge's question; handlers of requests are judged at once.
 */
import type { Verdict, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import {
  type ChunkContext,
  type Detector,
  type FactView,
  fact,
  type NodeDetector,
} from '../../../core/rulekit/rule.ts';
import { importersOf } from '../../../knowledge/python/importers.ts';
import { handlerAround } from '../../../knowledge/python/requests.ts';
import { callChain, headerOf } from '../../../languages/python/chains.ts';
import { caughtNames } from '../../../languages/python/flow.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import {
  commentsIn,
  definedName,
  docstringOf,
  leadingComments,
  onlyChild,
  parametersOf,
  qualifiedName,
  runningFunction,
} from '../../../languages/python/syntax.ts';
import { MEANT_COMMENT, PROGRAM } from './words.ts';

/** Key: ''. A function that ends the process; the value is what it calls and its name. */
export const EXIT_FACT = 'crash-in-library.exit';

const EXITS = /^(?:sys\.exit|os\._exit|os\.abort|builtins\.(?:exit|quit))$/;
/** Modules that make a command line of what imports them. */
const COMMAND_LINE =
  /^(?:argparse|optparse|getopt|click\w*|typer|fire|docopt|cement|cliff|plac|questionary|PyQt\d|PySide\d|tkinter|curses|multiprocessing|invoke|fabric)(?:\.|$)/;
const PROGRAM_FILE =
  /(?:^|\/)(?:__main__|main|manage|setup|conftest|cli|run\w*|start\w*|launch\w*|\w*_(?:cli|cmd|script|launcher|daemon))\.py$|\/management\/commands\//;
/** Functions that say by their name that they end the process, or start it. */
const MEANT =
  /exit|fatal|abort|die\b|usage|quit|kill|terminate|shut_?down|restart|reload|stop|panic|daemon|fork|ensure|assert|_?require|^_?(?:main|cli|run|start|serve|launch|boot)|main$|signal|sig(?:int|term)|version_check|check_python|^help$|_help$/i;

function isProgram({ file }: ChunkContext, header: PythonHeader): boolean {
  if (header.main || PROGRAM.test(file.path) || PROGRAM_FILE.test(file.path)) return true;
  return header.imports.some(({ module }) => COMMAND_LINE.test(module));
}

/** Whether the function around may end the process: by its name, its words, or because it handles a signal. */
function isMeant(definition: PythonNode): boolean {
  for (let at: PythonNode | null = definition; at !== null; at = at.ancestor('function_definition')) {
    if (MEANT.test(definedName(at))) return true;
    const names = parametersOf(at).map(({ name }) => name);
    if (names.some((name) => /^_*(?:signum|sig|signal|signal_number|sig_num|frame)$/.test(name))) return true;
  }
  const words = [docstringOf(definition), ...leadingComments(definition), ...commentsIn(definition)];
  return words.some((node) => node !== null && MEANT_COMMENT.test(node.text)) || /\bos\.fork\(/.test(definition.text);
}

/** Whether somebody at the keyboard wants it to end. */
function isInterrupt(node: PythonNode): boolean {
  const handler = node.ancestor('except_clause');
  return handler !== null && caughtNames(handler).some((name) => /KeyboardInterrupt|SystemExit/.test(name));
}

const exits: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call', 'raise_statement'],
  triggers: ['exit', 'quit(', 'SystemExit', 'os.abort'],
  calls: (name) => /^(?:exit|_exit|quit|abort)$/.test(name),
  when: (node) => node.kind === 'call' || /^raise\s+SystemExit\b/.test(node.text),
  *check(node, ctx): Iterable<Verdict> {
    const definition = runningFunction(node);
    if (definition?.kind !== 'function_definition') return;
    const call = node.kind === 'call' ? callChain(node, ctx) : 'raise SystemExit';
    if (node.kind === 'call' && !EXITS.test(call)) return;
    if (isInterrupt(node)) return;
    const shown = call.replace('builtins.', '');
    const raised = node.kind === 'call' ? node : (onlyChild(node) ?? node);
    const subject = raised.child('function') ?? raised;
    const args = { call: shown, name: qualifiedName(definition) };
    const handler = handlerAround(node, ctx);
    if (handler !== null && !MEANT.test(definedName(handler.definition))) {
      yield { kind: 'fail', subject: subject.span, message: 'pythonHandler', args, severity: 'critical' };
      return;
    }
    if (isProgram(ctx, headerOf(ctx)) || isMeant(definition)) return;
    // Once for each function is enough.
    if (
      /\b(?:sys\.exit|os\._exit|exit|quit)\(|raise SystemExit/.test(node.tree.text.slice(definition.start, node.start))
    )
      return;
    yield fact(EXIT_FACT, '', args, subject);
  },
};

/** A function that raises what it cannot deal with. */
const raising: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['function_definition'],
  triggers: ['raise '],
  *check(node, ctx): Iterable<Verdict> {
    const name = node.child('name');
    const { text } = node;
    if (name === null || !/\braise [A-Z]/.test(text) || /exit\(|quit\(|\bSystemExit\b/.test(text)) return;
    if (!isProgram(ctx, headerOf(ctx))) yield { kind: 'pass', subject: name.span };
  },
};

export const pythonDetectors: readonly Detector[] = [exits, raising] as NodeDetector[];

/** Of modules that nobody imports every function may belong to a program. */
export function* judgePython(facts: FactView): Generator<WorkspaceVerdict> {
  for (const { value, place } of facts.get(EXIT_FACT)) {
    if (facts.role(place.path) !== 'production') continue;
    const isImported = importersOf(facts, place.path).some((item) => facts.role(item.place.path) === 'production');
    if (!isImported) continue;
    yield { kind: 'fail', subject: place, message: 'python', args: value as Record<string, string> };
  }
}
