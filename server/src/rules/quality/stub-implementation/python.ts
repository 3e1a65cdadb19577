/**
 * Python: functions of one statement that say that they are not there, bodies that hold nothing but a note of what is to be
 * done, and comments and docstrings that admit it. Methods that raise NotImplementedError belong to sub-classes.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { routeOf } from '../../../knowledge/python/requests.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { stringValue } from '../../../languages/python/strings.ts';
import {
  classOfMethod,
  commentText,
  decoratorsOf,
  definedName,
  docstringOf,
  isEmptyStatement,
  leadingComments,
  lineStartAt,
  qualifiedName,
  statementsOf,
} from '../../../languages/python/syntax.ts';
import { ANY_WORD, admission, INTENDED } from './words.ts';

/** Words without which a function is taken for real, besides those of all languages. */
const OWN_WORD = /TODO|FIXME/;
const TO_DO =
  /^(?:TODO|FIXME)\b|^(?:to be|not yet|needs? to be) (?:implemented|done|written)\b|^implement (?:me|this|later)\b/i;
/** A docstring that says so of the whole function, which then does next to nothing. */
const PLACEHOLDER = /^(?:placeholder|stub|dummy) (?:for|of|that|to)\b/i;
const FEW = 3;
const NOT_DONE =
  /\b(?:not (?:yet )?implemented(?: yet)?|unimplemented|implement me|to ?do\b.*\bimplement|coming soon)\b/i;
/** Decorators of functions whose body never runs, or is filled in elsewhere. */
const BODYLESS = /(?:^|\.)(?:overload|abstractmethod|abstractproperty|singledispatch(?:method)?|hookspec\w*|fixture)\b/;

/** What a statement says to the caller in place of a result; '' when it says nothing of the kind. */
function refusal(statement: PythonNode): string {
  const { text } = statement;
  if (statement.kind === 'raise_statement') {
    if (/^raise\s+NotImplementedError\b/.test(text)) return 'error';
    return /\b(?:HTTPException|abort|HTTPNotImplemented)\b/.test(text) &&
      /\b501\b|HTTP_501_NOT_IMPLEMENTED|NotImplemented\b/.test(text)
      ? 'status'
      : '';
  }
  if (statement.kind === 'return_statement' || statement.kind === 'expression_statement') {
    const status =
      /(?:,|status(?:_code)?\s*=|\babort\()\s*(?:501\b|(?:\w+\.)*(?:HTTP_501_NOT_IMPLEMENTED|NOT_IMPLEMENTED)\b)/;
    if (status.test(text) && text.length < 400) return 'status';
  }
  return '';
}

/** Comments of a function's own, those of functions inside of it left out. */
function commentsOf(definition: PythonNode): PythonNode[] {
  const own = definition
    .descendants('comment')
    .filter((comment) => comment.ancestor('function_definition', 'class_definition')?.equals(definition) === true);
  return [...leadingComments(definition), ...own];
}

/** What a comment says; behind code it is about that line, and a single word says nothing of the function. */
function noteText(comment: PythonNode): string {
  const { text } = comment.tree;
  const isAlone = text.slice(lineStartAt(text, comment.start), comment.start).trim() === '';
  return isAlone ? commentText(comment) : `- ${commentText(comment)}`;
}

/** A docstring without descriptions of parameters; only its first line begins a sentence for certain. */
function proseText(text: string): string {
  const [first = '', ...rest] = text.trim().split(/\r?\n/);
  const others = rest.filter((line) => !/^\s*(?::?\w[\w ]*(?:\([^)]*\))?\s*:|@)/.test(line));
  return [first, ...others.map((line) => `- ${line.trim()}`)].join('\n');
}

const functions: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['function_definition'],
  *check(node, ctx): Iterable<Verdict> {
    const { text } = node.tree;
    const verdict = ANY_WORD.test(text) || OWN_WORD.test(text) ? judge(node, ctx) : null;
    if (verdict !== null) yield verdict;
    else {
      const name = node.child('name');
      const real = statementsOf(node).filter((statement) => !isEmptyStatement(statement));
      if (name !== null && real.length > 1) yield { kind: 'pass', subject: name.span };
    }
  },
};

function judge(node: PythonNode, ctx: ChunkContext): Verdict | null {
  const name = node.child('name');
  if (name === null) return null;
  const owner = classOfMethod(node);
  const file = ctx.file.path.slice(ctx.file.path.lastIndexOf('/') + 1);
  const outer = node.ancestor('class_definition');
  if (INTENDED.test(name.text) || INTENDED.test(file) || (outer !== null && INTENDED.test(definedName(outer))))
    return null;
  const decorators = decoratorsOf(node);
  if (decorators.some(({ text }) => BODYLESS.test(text))) return null;
  const title = qualifiedName(node);
  const comments = commentsOf(node);
  const real = statementsOf(node).filter((statement) => !isEmptyStatement(statement));
  const [only] = real;
  const isHandler = decorators.length > 0 && routeOf(node, ctx) !== null;
  if (only !== undefined && real.length === 1) {
    const said = refusal(only);
    // A method that raises is for sub-classes, unless it says otherwise; so is a function within another one.
    const isOwn = owner === null && node.ancestor('function_definition', 'class_definition') === null;
    const text = only
      .descendants('string')
      .map((item) => stringValue(item) ?? '')
      .join(' ');
    const isPlain = said === 'error' && isOwn && (text === '' || NOT_DONE.test(text));
    if (said === 'status' || (said === 'error' && isHandler) || isPlain)
      return { kind: 'fail', subject: name.span, message: 'body', args: { function: title } };
  }
  if (real.length === 0 && (owner === null || isHandler)) {
    const note = comments.find((comment) => node.contains(comment) && TO_DO.test(commentText(comment)));
    if (note !== undefined) {
      const related = [{ span: note.span, message: 'It says so here' }];
      return { kind: 'fail', subject: name.span, message: 'empty', args: { function: title }, related };
    }
  }
  const documentation = docstringOf(node);
  const isAbstract = owner !== null && real.every((statement) => /^raise\s+NotImplemented/.test(statement.text));
  if (isAbstract || /overrid|sub-?class/i.test(documentation?.text ?? '')) return null;
  const notes = comments.map((comment) => ({ node: comment, text: noteText(comment) }));
  if (documentation?.kind === 'string') {
    notes.push({ node: documentation, text: proseText(stringValue(documentation) ?? '') });
  }
  for (const note of notes) {
    const isWhole = documentation?.equals(note.node) === true && real.length <= FEW;
    const words = admission(note.text) ?? (isWhole ? (PLACEHOLDER.exec(note.text)?.[0] ?? null) : null);
    if (words === null) continue;
    return {
      kind: 'fail',
      subject: name.span,
      message: 'admitted',
      args: { function: title, words },
      related: [{ span: note.node.span, message: 'It says so here' }],
    };
  }
  return null;
}

export const pythonDetectors: readonly Detector[] = [functions as NodeDetector];
