/**
 * Python: results that say whether something has worked and that nobody looks at: the status of a command, the answer to a
 * request that changes something, a lock that may not have been taken, a part of what was to be sent; and results of calls
 * that do nothing but give one. Exceptions are the business of other rules.
 */
import type { Fix, FixEdit, Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { callChain } from '../../../languages/python/chains.ts';
import { keywordInserted, replaced } from '../../../languages/python/edits.ts';
import { CLEANUP } from '../../../languages/python/handlers.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { constantText, textPieces } from '../../../languages/python/strings.ts';
import {
  argumentOf,
  calledName,
  calledOn,
  definedName,
  enclosingFunction,
  hasKeywordSplat,
  isDiscarded,
  isEmptyStatement,
  keywordArgument,
  leadingComments,
  onlyChild,
  positionalArguments,
  shortText,
  statementOf,
  statementsOf,
  syntaxChildren,
  unparenthesized,
} from '../../../languages/python/syntax.ts';

const NAMES =
  /^(?:run|call|system|wait|post|put|patch|delete|request|acquire|send|sorted|reversed|strip|lstrip|rstrip|lower|upper|replace|title|capitalize|format|join|split|removeprefix|removesuffix|sub|exists|isfile|isdir|basename|dirname|deepcopy|copy)$/;

const COMMAND = /^(?:subprocess\.(?:run|call|Popen\(\)\.wait)|os\.system)$/;
/** Ways out that the functions offer. */
const STATUS_MESSAGES: Readonly<Record<string, string>> = {
  'subprocess.run': 'status',
  'subprocess.call': 'called',
  'os.system': 'system',
};
const REQUEST = /^(?:requests|httpx)\.(?:(?:Session|session|Client|AsyncClient)\(\)\.)?(?:post|put|patch|delete)$/;
const LOCK = /^(?:threading|multiprocessing)\.(?:R?Lock|(?:Bounded)?Semaphore)\(\)\.acquire$/;
const PURE =
  /^(?:builtins\.(?:sorted|reversed|str\(\)\.\w+|dict\(\)\.copy|list\(\)\.copy)|re\.sub|os\.path\.(?:join|exists|isfile|isdir|basename|dirname)|copy\.(?:deep)?copy|datetime\.(?:datetime|date)\.(?:now|utcnow|today)\(\)\.replace)$/;

/** Commands whose failure matters to nobody: they tidy up, or change what a terminal shows. */
const HARMLESS =
  /^\W*(?:sudo\s+)?(?:clear|cls|tput|stty|title|color|chcp|mode|reset|pkill|killall|kill|taskkill|rm|del|pause|open|start|xdg-open|explorer|notify-send|osascript|say|echo|espeak|aplay|afplay|paplay|true|sleep|stop|shutdown|reboot|xset|renice|ionice|pmset|fc-cache|\w*opener|\w*(?:editor|browser|pager|viewer|player)|docker (?:rm|stop|kill)|tmux kill)\b/i;
const BEST_EFFORT = /notif|alert|ping|heartbeat|telemetr|track|analytic|report|log|warm|webhook|metric|typing|track/i;

/** Parts of commands that tidy up, make code pretty, ask whether a program is there, or end this one. */
const MINOR =
  /__pycache__|\.pyc\b|\s-(?:delete\b|exec rm\b)|\b(?:prune|autoremove|autoclean|clean|gc)\b|\b(?:ruff|black|isort|autopep8|yapf|prettier|gofmt|clang-format)\b|\s--?version\b|^(?:which|where|type|hash|command -v)\s|getpid\(\)/;

/** Whether a comment beside or above says why the result does not matter. */
function isExplained(node: PythonNode): boolean {
  const statement = statementOf(node);
  if (statement === null) return false;
  const behind = /^[^\r\n]*/.exec(node.tree.text.slice(statement.end))![0];
  return leadingComments(statement).length > 0 || /#\s*\S/.test(behind);
}

/** What a variable was given last in the block of a call: in another branch it may be another command. */
function givenBefore(name: PythonNode, call: PythonNode): PythonNode | null {
  for (let at = statementOf(call)?.previousSibling ?? null; at !== null; at = at.previousSibling) {
    const assignment = at.kind === 'expression_statement' ? onlyChild(at) : null;
    if (assignment?.kind === 'assignment' && assignment.child('left')?.text === name.text)
      return assignment.child('right');
  }
  return null;
}

/** The command that a call runs, as far as it is written. */
function commandText(call: PythonNode, ctx: ChunkContext): string {
  const own = calledOn(call)?.kind === 'call' ? calledOn(call)! : call;
  const given = argumentOf(own, 'args', 0) ?? positionalArguments(own)[0];
  if (given === undefined) return '';
  const value = unparenthesized(given.kind === 'identifier' ? (givenBefore(given, call) ?? given) : given);
  // `"cls" if os.name == "nt" else "clear"`: both do the same.
  const first = value.kind === 'conditional_expression' ? (syntaxChildren(value)[0] ?? value) : value;
  if (first.text.includes('getpid()')) return first.text;
  const parts = first.kind === 'list' || first.kind === 'tuple' ? syntaxChildren(first) : [first];
  const texts = parts.map((part) =>
    // Of `'cls' if ... else 'clear'` the beginning says what kind of command it is.
    part.kind === 'conditional_expression' || (part.kind === 'identifier' && constantText(part, ctx) === null)
      ? part.text
      : textPieces(part, ctx)
          .map((piece) => ('text' in piece ? piece.text : '{}'))
          .join(''),
  );
  return texts.join(' ');
}

/** `try: run(...); return True`: whether there is such a command is all that is asked, or not even that matters. */
function isProbe(call: PythonNode): boolean {
  const statement = call.ancestor('try_statement');
  if (statement === null) return false;
  if (/\breturn (?:True|False)\b/.test(statement.text)) return true;
  const handlers = statement.children.filter(({ kind }) => kind === 'except_clause');
  return handlers.some((handler) => statementsOf(handler).every(isEmptyStatement));
}

function isTidying(call: PythonNode): boolean {
  const owner = enclosingFunction(call);
  return owner !== null && CLEANUP.test(definedName(owner));
}

function commandFixes(call: PythonNode, chain: string): readonly Fix[] {
  const edits: (FixEdit | null)[] = [];
  if (chain === 'subprocess.run') edits.push(keywordInserted(call, 'check', 'True'));
  const name = call.child('function')?.child('attribute') ?? null;
  if (chain === 'subprocess.call' && name !== null) edits.push(replaced(name, 'check_call'));
  const known = edits.filter((edit) => edit !== null);
  const title = chain === 'subprocess.call' ? 'Call check_call' : 'Add check=True';
  return known.length > 0 ? [{ title, safety: 'suggestion', edits: known }] : [];
}

/** A docstring that is put together where it stands. */
function isDocstring(call: PythonNode): boolean {
  const statement = statementOf(call);
  return statement?.previousSibling === null || /^[rRbBuUfF]*(?:"""|''')/.test(call.text);
}

function judge(call: PythonNode, chain: string, ctx: ChunkContext): Verdict | null {
  const subject = (call.child('function') ?? call).span;
  const args = { call: shortText(call.child('function') ?? call) };
  if (COMMAND.test(chain)) {
    // Of a process that has a name the status may be asked for later.
    if (chain.endsWith('wait') && calledOn(call)?.kind !== 'call') return null;
    const check = keywordArgument(call, 'check');
    if (check !== null) return { kind: 'pass', subject };
    if (hasKeywordSplat(call) || isTidying(call) || isProbe(call)) return null;
    const text = commandText(call, ctx);
    if (HARMLESS.test(text) || MINOR.test(text)) return null;
    // A shell does not wait for what it runs in the background, so that the status says nothing of it.
    if (chain === 'os.system' && /[^&]&\s*$/.test(text)) return null;
    const fixes = commandFixes(call, chain);
    return { kind: 'fail', subject, message: STATUS_MESSAGES[chain] ?? 'waited', args, fixes };
  }
  if (REQUEST.test(chain)) {
    const owner = enclosingFunction(call);
    if (BEST_EFFORT.test(owner === null ? '' : definedName(owner)) || isTidying(call)) return null;
    // Hooks of a session may look at every answer.
    if (/raise_for_status|event_hooks/.test(call.tree.text)) return null;
    const fix: Fix = {
      title: 'Raise when the answer is an error',
      safety: 'suggestion',
      edits: [{ kind: 'replace', span: { start: call.end, end: call.end }, newText: '.raise_for_status()' }],
    };
    const isAwaited = call.parent?.kind === 'await';
    return { kind: 'fail', subject, message: 'answer', args, fixes: isAwaited ? [] : [fix] };
  }
  if (LOCK.test(chain)) {
    const blocking = argumentOf(call, 'blocking', 0) ?? argumentOf(call, 'block', 0);
    const mayFail = argumentOf(call, 'timeout', 1) !== null || blocking?.kind === 'false';
    return mayFail ? { kind: 'fail', subject, message: 'lock', args } : null;
  }
  if (chain === 'socket.socket().send') {
    const name = call.child('function')?.child('attribute');
    const edits = name == null ? [] : [replaced(name, 'sendall')];
    const fixes: readonly Fix[] = [{ title: 'Call sendall', safety: 'suggestion', preferred: true, edits }];
    return { kind: 'fail', subject, message: 'partial', args, fixes };
  }
  // What is tried may be asked only whether it raises.
  if (calledOn(call)?.kind === 'string' && isDocstring(call)) return null;
  if (!PURE.test(chain) || call.ancestor('try_statement', 'with_statement') !== null) return null;
  return { kind: 'fail', subject, message: 'pure', args };
}

const calls: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  calls: (name) => NAMES.test(name),
  *check(node, ctx): Iterable<Verdict> {
    const isCommand = /^(?:run|call|system|wait)$/.test(calledName(node));
    if (!isDiscarded(node)) {
      if (isCommand && COMMAND.test(callChain(node, ctx)))
        yield { kind: 'pass', subject: (node.child('function') ?? node).span };
      return;
    }
    const chain = callChain(node, ctx);
    if (chain === '' || isExplained(node)) return;
    const verdict = judge(node, chain, ctx);
    if (verdict !== null) yield verdict;
  },
};

export const pythonDetectors: readonly Detector[] = [calls as NodeDetector];
