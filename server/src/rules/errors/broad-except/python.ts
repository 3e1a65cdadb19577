/**
 * Handlers of every exception that neither log, count nor raise. Handlers that do nothing at all are the business of
 * swallowed-error; those with a comment that gives a reason, around imports or clean-up are left alone, and so are printed
 * messages in programs of the command line.
 */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { headerOf } from '../../../languages/python/chains.ts';
import { caughtAs, isCatchAll } from '../../../languages/python/flow.ts';
import { CLEANUP, headOfHandler, isExplained } from '../../../languages/python/handlers.ts';
import { importsModule, type PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import {
  assignmentTargets,
  calledName,
  definedName,
  enclosingFunction,
  isEmptyStatement,
  onlyChild,
  shortText,
  statementsOf,
  unparenthesized,
} from '../../../languages/python/syntax.ts';

/** Functions whose answer is whether something works: every failure is a no. */
const PROBE =
  /^_*(?:is|has|can|could|should|supports?|try|maybe|safe(?:ly)?|exists?|valid(?:ate)?|verify|check|test|probe|ping|health\w*|looks|are|detect|guess|main|__\w+__)(?:_|$)|_(?:or_none|or_default|safe|safely|exists|available)$/;
/** An author's word that the breadth is meant. */
const MEANT = /#\s*(?:noqa\b.*\bBLE001|pylint:\s*disable=.*broad-)/;
/** Calls that no log or counter learns of. */
const SILENT = /^(?:print|str|repr|type|set|dict|list|tuple|len)$/;
/** Calls that fail for what they are given alone: a short way to a default. */
const CONVERSION =
  /^(?:int|float|str|bool|bytes|strip|[lr]strip|r?split|splitlines|lower|upper|title|replace|format|join|encode|decode|index|find|group|groups|splitext|basename|dirname|isinstance|getattr|len|max|min|sorted|strptime|strftime|fromisoformat|now|utcnow|today|timedelta|items|keys|values|round|abs|range|zip|enumerate|list|dict|set|tuple|append|date|match|search)$/;
/** Modules of programs that speak with whoever has started them. */
const TERMINAL = ['argparse', 'click', 'typer', 'rich', 'optparse', 'curses', 'fire', 'tkinter'];

/** What stands for "nothing": constants and empty collections. */
function isDefault(value: PythonNode): boolean {
  const inner = unparenthesized(value);
  switch (inner.kind) {
    case 'none':
    case 'true':
    case 'false':
    case 'integer':
    case 'float':
      return true;
    case 'string':
      return inner.text.length <= 4;
    case 'list':
    case 'dictionary':
    case 'tuple':
      return onlyChild(inner) === null;
    case 'unary_operator':
      return /^-\s*\d+$/.test(inner.text);
    default:
      return /^(?:set|dict|list|tuple)\(\)$/.test(inner.text);
  }
}

/** The default that a statement puts in the place of a result; null when it does something else. */
function defaultOf(statement: PythonNode, tried: PythonNode): string | null {
  if (statement.kind === 'return_statement') {
    const value = onlyChild(statement);
    if (value === null) return 'None';
    return isDefault(value) ? value.text : null;
  }
  const assignment = statement.kind === 'expression_statement' ? onlyChild(statement) : null;
  if (assignment?.kind !== 'assignment') return null;
  const [only, ...more] = assignmentTargets(assignment);
  if (only?.value == null || more.length > 0 || !isDefault(only.value)) return null;
  // The name must be one that the tried code would have set.
  const name = only.target.text;
  const isTried = tried
    .descendants('assignment')
    .some((other) => assignmentTargets(other).some(({ target }) => target.text === name));
  return isTried ? only.value.text : null;
}

function isConversion(call: PythonNode): boolean {
  return CONVERSION.test(calledName(call));
}

function isPrint(statement: PythonNode): boolean {
  const call = statement.kind === 'expression_statement' ? onlyChild(statement) : null;
  return call?.kind === 'call' && call.child('function')?.text === 'print';
}

/** Whether only something optional is imported, and no more is done than to see what it is. */
function isImportAlone(tried: PythonNode): boolean {
  const statements = statementsOf(tried);
  const others = statements.filter(({ kind }) => kind !== 'import_statement' && kind !== 'import_from_statement');
  return others.length < statements.length && others.every((other) => other.descendants('call').length === 0);
}

const handlers: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['except_clause'],
  triggers: ['except'],
  when: (node) => isCatchAll(node),
  *check(node, ctx): Iterable<Verdict> {
    const tried = node.parent?.kind === 'try_statement' ? node.parent.child('body') : null;
    if (tried === null || MEANT.test(node.text) || isImportAlone(tried)) return;
    const inProduction = ctx.file.role === 'production';
    const isBare = node.child('value') === null;
    // In a test a signal that is taken for a result is wrong whatever the reason.
    if (isExplained(node) && (inProduction || !isBare)) return;
    const raises = node.descendants('raise_statement').length > 0;
    if (raises || !node.descendants('call').every((call) => SILENT.test(call.child('function')?.text ?? ''))) {
      if (inProduction) yield { kind: 'pass', subject: headOfHandler(node) };
      return;
    }
    const calls = tried.descendants('call');
    const [first] = calls.filter((call) => !CLEANUP.test(calledName(call)) && !isConversion(call));
    const hidden = inProduction && first !== undefined ? hiddenBy(node, tried, first, ctx) : null;
    if (isBare && (!calls.some((call) => CLEANUP.test(calledName(call))) || !inProduction)) {
      const span = { start: node.start, end: node.start + 'except'.length };
      const edits = [{ kind: 'replace' as const, span, newText: 'except Exception' }];
      const fix: Fix = { title: 'Catch Exception', safety: 'suggestion', preferred: true, edits };
      yield {
        kind: 'fail',
        subject: span,
        message: 'bare',
        // What remains to be done behind it is no matter of one word.
        fixes: hidden === null ? [fix] : [],
        ...(inProduction ? {} : { severity: 'low' }),
      };
    } else if (hidden !== null) yield hidden;
  },
};

/** What is said of a handler of everything that turns a failure into a value or a printed line; null for others. */
function hiddenBy(handler: PythonNode, tried: PythonNode, call: PythonNode, ctx: ChunkContext): Verdict | null {
  const statements = statementsOf(handler);
  const owner = enclosingFunction(handler);
  // While another exception, or the end of a block, is dealt with there is nobody to tell.
  if (handler.parent?.ancestor('except_clause', 'finally_clause') != null || statements.every(isEmptyStatement))
    return null;
  if (PROBE.test(owner === null ? 'main' : definedName(owner))) return null;
  const rest = statements.filter((statement) => !isPrint(statement));
  const prints = statements.length > rest.length;
  if (rest.length > 1 || (prints && speaksToTerminal(ctx))) return null;
  // A value that tells what happened is no default.
  const error = caughtAs(handler)?.text;
  const uses = rest.flatMap((statement) => statement.descendants('identifier'));
  if (error !== undefined && uses.some(({ text }) => text === error)) return null;
  const name = calledName(call) === '' ? shortText(call, 30) : calledName(call);
  const subject = headOfHandler(handler);
  if (rest.length === 0) return prints ? { kind: 'fail', subject, message: 'printed', args: { call: name } } : null;
  const value = defaultOf(rest[0]!, tried);
  return value === null ? null : { kind: 'fail', subject, message: 'value', args: { call: name, value } };
}

function speaksToTerminal(ctx: ChunkContext): boolean {
  const header = headerOf(ctx);
  if (TERMINAL.some((module) => importsModule(header, module))) return true;
  return /(?:^|\/)(?:scripts?|tools?|bin|cli|commands?|management)\/|(?:^|\/)(?:cli|setup|manage|migrate\w*|load_\w+)\.py$/.test(
    ctx.file.path,
  );
}

export const pythonDetectors: readonly Detector[] = [handlers as NodeDetector];
