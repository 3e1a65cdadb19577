/**
 * Python: exceptions raised in an `except` clause without `from`, and errors of any kind that are logged as text without
 * their traceback. What is raised for a framework that answers with it (HTTP exceptions), ends a program, or replaces a
 * failed look-up says all there is to say, and is left alone.
 */
import type { Fix, FixEdit, Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { chainOf } from '../../../languages/python/chains.ts';
import { replaced } from '../../../languages/python/edits.ts';
import { caughtAs, caughtNames, isCatchAll } from '../../../languages/python/flow.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import {
  assignmentTargets,
  calledName,
  calledOn,
  commentText,
  enclosingFunction,
  hasToken,
  keywordArgument,
  onlyChild,
  positionalArguments,
  statementOf,
  syntaxChildren,
} from '../../../languages/python/syntax.ts';

/** Exceptions of a look-up, a conversion or an import: the new one says the same in the caller's terms. */
const LOOKUP =
  /(?:^|\.)(?:KeyError|IndexError|LookupError|AttributeError|StopIteration|StopAsyncIteration|ImportError|ModuleNotFoundError|\w*DoesNotExist|\w*NotFound\w*|NoResultFound|QueueEmpty|Empty|Full|QueueFull|CancelledError|KeyboardInterrupt|GeneratorExit|SystemExit|UnicodeDecodeError|UnicodeError)$/;
/** What a framework or the interpreter deals with itself, so that nobody sees its cause. */
const ANSWERED =
  /(?:HTTP\w*|Http\w+|Abort|Exit|BadRequest|NotFound|Forbidden|Unauthorized|PermissionDenied|ValidationError|UsageError|BadParameter|ArgumentTypeError|SystemExit|AttributeError|KeyError|StopIteration|Skip\w*|Ignore|Retry|Reject|APIError|ConfigEntry\w*|UpdateFailed|CommandError)$/;
const DELIBERATE =
  /\b(?:hid(?:e|es|ing|den)|leak\w*|expos\w*|sensitive|deliberate\w*|intentional\w*|on purpose|B904)\b/i;

function isDeliberate(node: PythonNode): boolean {
  const handler = node.ancestor('except_clause');
  return handler?.descendants('comment').some((comment) => DELIBERATE.test(commentText(comment))) === true;
}

/** The clause whose exception is being dealt with where a node stands, in the same function. */
function handlerOf(node: PythonNode): PythonNode | null {
  const around = node.ancestor('except_clause', 'function_definition', 'lambda', 'class_definition');
  return around?.kind === 'except_clause' ? around : null;
}

const raised: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['raise_statement'],
  triggers: ['except'],
  *check(node): Iterable<Verdict> {
    const handler = handlerOf(node);
    if (handler === null) return;
    if (node.child('cause') !== null || hasToken(node, 'from')) {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    const [value] = syntaxChildren(node);
    if (value?.kind !== 'call' || caughtNames(handler).some((name) => LOOKUP.test(name))) return;
    const made = calledName(value);
    if (!/^[A-Z]/.test(made) || ANSWERED.test(made) || isDeliberate(node)) return;
    const name = caughtAs(handler);
    // What is handed over as an argument is kept, and what is set by hand as well.
    const keeps =
      name !== null &&
      positionalArguments(value)
        .concat(keywordValues(value))
        .some((argument) => argument.text === name.text);
    if (keeps || /__cause__|with_traceback/.test(handler.text)) return;
    // A handler that logs the traceback has kept it for whoever reads the log.
    if (handler.descendants('call').some((call) => calledName(call) === 'exception' || /exc_info/.test(call.text)))
      return;
    const fix = chainFix(node, handler, name);
    yield {
      kind: 'fail',
      subject: node.span,
      message: 'raised',
      args: { error: name?.text ?? caughtNames(handler)[0]! },
      fixes: fix === null ? [] : [fix],
    };
  },
};

function keywordValues(call: PythonNode): PythonNode[] {
  const list = call.child('arguments');
  return list === null
    ? []
    : syntaxChildren(list).flatMap((argument) =>
        argument.kind === 'keyword_argument' ? (argument.child('value') ?? []) : [],
      );
}

function chainFix(raise: PythonNode, handler: PythonNode, name: PythonNode | null): Fix | null {
  const edits: FixEdit[] = [];
  let cause = name?.text;
  if (cause === undefined) {
    const value = handler.child('value');
    cause = 'err';
    const owner = enclosingFunction(handler);
    const isTaken = (owner ?? handler).descendants('identifier').some(({ text }) => text === 'err');
    if (value === null || isTaken) return null;
    edits.push({ kind: 'replace', span: { start: value.end, end: value.end }, newText: ` as ${cause}` });
  }
  edits.push({ kind: 'replace', span: { start: raise.end, end: raise.end }, newText: ` from ${cause}` });
  return { title: `Raise it from ${cause}`, safety: 'safe', preferred: true, edits };
}

// --- logged without traceback -------------------------------------------------------------------------------------

/** Whether a call is one of a logger's `error` or `critical`. */
function isLogger(call: PythonNode, ctx: ChunkContext): boolean {
  const receiver = calledOn(call);
  if (receiver === null) return false;
  const chain = chainOf(receiver, ctx) ?? '';
  return (
    /^logging(?:\.getLogger\(\))?$/.test(chain) ||
    /^(?:self\.|cls\.)?_?(?:log|logger|LOG|LOGGER|_LOGGER)$/.test(receiver.text)
  );
}

/** Names in a handler that hold the text of its exception. */
function textsOf(handler: PythonNode, error: string): Set<string> {
  const names = new Set([error]);
  for (const assignment of handler.descendants('assignment')) {
    for (const { target, value } of assignmentTargets(assignment)) {
      if (
        target.kind === 'identifier' &&
        value !== null &&
        /^(?:str|repr)\(\s*\w+\s*\)$/.test(value.text) &&
        value.text.includes(`(${error})`)
      )
        names.add(target.text);
    }
  }
  return names;
}

const logged: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['except_clause'],
  triggers: ['.error(', '.critical('],
  when: (node) => isCatchAll(node),
  *check(node, ctx): Iterable<Verdict> {
    const name = caughtAs(node);
    if (name === null || isDeliberate(node)) return;
    const calls = node.descendants('call').filter((call) => handlerOf(call)?.equals(node) === true);
    const keepsTrace = calls.some(
      (call) =>
        calledName(call) === 'exception' ||
        keywordArgument(call, 'exc_info') !== null ||
        /traceback|format_exc|print_exc|capture_exception/.test(call.child('function')?.text ?? ''),
    );
    // The exception goes on, with its traceback.
    const passesOn = node.descendants('raise_statement').some((raise) => {
      const value = onlyChild(raise);
      return value === null || value.text === name.text || hasToken(raise, 'from') || calledName(value) === 'type';
    });
    if (keepsTrace) {
      const trace = calls.find((call) => calledName(call) === 'exception');
      if (trace !== undefined) yield { kind: 'pass', subject: trace.span };
      return;
    }
    if (passesOn) return;
    const names = textsOf(node, name.text);
    const call = calls.find(
      (one) =>
        /^(?:error|critical)$/.test(calledName(one)) &&
        one
          .child('arguments')
          ?.descendants('identifier')
          .some(({ text }) => names.has(text)) === true &&
        isLogger(one, ctx),
    );
    if (call === undefined || statementOf(call) === null) return;
    const method = call.child('function')?.child('attribute');
    const fixes: readonly Fix[] =
      method?.text === 'error'
        ? [
            {
              title: 'Log it with its traceback',
              safety: 'safe',
              preferred: true,
              edits: [replaced(method, 'exception')],
            },
          ]
        : [];
    yield {
      kind: 'fail',
      subject: (call.child('function') ?? call).span,
      message: 'logged',
      args: { error: name.text },
      fixes,
    };
  },
};

export const pythonDetectors: readonly Detector[] = [raised as NodeDetector, logged as NodeDetector];
