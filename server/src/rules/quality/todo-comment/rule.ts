/**
 * Comments that admit an open end: TODO, FIXME, HACK and XXX. A file without such a comment passes once. It never looks
 * into strings or names: in Go and Python the grammar says what a comment is, elsewhere `#` must begin a line or follow
 * white space.
 */

import type { LanguageId } from '../../../core/model/file.ts';
import type { Span } from '../../../core/model/location.ts';
import type { FailVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type NodeDetector, type TextDetector } from '../../../core/rulekit/rule.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';

/** The words as they stand at the beginning of a comment's text; in lower case only with a colon or a name behind. */
const WORD = /^(?:@?(TODO|FIXME|HACK|XXX)(?![\w.])|@?(todo|fixme)(?=:|\())/;
const TRIGGERS = ['TODO', 'FIXME', 'HACK', 'XXX', 'todo', 'fixme'] as const;
const ANY_WORD = new RegExp(TRIGGERS.join('|'));

/** Comments of these languages begin with `#` and end with the line. */
const HASH_LANGUAGES: ReadonlySet<LanguageId> = new Set<LanguageId>([
  'yaml',
  'workflow',
  'compose',
  'makefile',
  'shell',
  'dockerfile',
  'env',
  'toml',
  'gitignore',
]);

function failure(word: string, subject: Span): FailVerdict {
  return { kind: 'fail', subject, message: 'open', args: { word: word.toUpperCase() } };
}

/** Lines of a comment whose text begins with one of the words: from the word to the end of the line. */
function* openEnds(comment: string, offset: number): Generator<FailVerdict> {
  for (const line of comment.matchAll(/[^\r\n]+/g)) {
    const decoration = /^[\s/*#\-!]*/.exec(line[0])![0].length;
    const text = line[0].slice(decoration).replace(/\s*(?:\*\/)?\s*$/, '');
    const match = WORD.exec(text);
    if (match === null) continue;
    const start = offset + line.index + decoration;
    yield failure(match[1] ?? match[2]!, { start, end: start + text.length });
  }
}

/** Whether the comment documents something that is called like the word, as `context.TODO` is. */
function documentsName(comment: GoNode): boolean {
  const name = WORD.exec(comment.text.replace(/^\/[/*]\s*/, ''))?.[1];
  if (name === undefined) return false;
  let next = comment.nextSibling;
  while (next?.kind === 'comment') next = next.nextSibling;
  return next?.child('name')?.text === name;
}

const goComment: NodeDetector<unknown, GoNode> = {
  kinds: ['comment'],
  triggers: TRIGGERS,
  *check(node) {
    const { text } = node;
    if (!ANY_WORD.test(text) || documentsName(node)) return;
    yield* openEnds(text, node.start);
  },
};

const pythonComment: NodeDetector<unknown, PythonNode> = {
  kinds: ['comment'],
  triggers: TRIGGERS,
  when: (node) => ANY_WORD.test(node.text),
  *check(node) {
    yield* openEnds(node.text, node.start);
  },
};

const wholeFile: TextDetector = {
  text: true,
  *check(text) {
    if (!ANY_WORD.test(text)) yield { kind: 'pass', subject: { start: 0, end: 0 } };
  },
};

/** Offset of the `#` that begins a comment in the line, or -1. */
function hashComment(line: string): number {
  let quote = '';
  for (let i = 0; i < line.length; i++) {
    const character = line[i]!;
    if (character === '\\') i++;
    else if (quote !== '') quote = character === quote ? '' : quote;
    else if (character === '"' || character === "'") quote = character;
    else if (character === '#' && (i === 0 || /\s/.test(line[i - 1]!))) return i;
  }
  return -1;
}

const hashComments: TextDetector = {
  text: true,
  *check(text, ctx) {
    if (!HASH_LANGUAGES.has(ctx.file.language)) return;
    let open = 0;
    if (ANY_WORD.test(text)) {
      for (const line of text.matchAll(/[^\r\n]+/g)) {
        if (!ANY_WORD.test(line[0])) continue;
        const start = hashComment(line[0]);
        if (start < 0) continue;
        for (const verdict of openEnds(line[0].slice(start), line.index + start)) {
          open++;
          yield verdict;
        }
      }
    }
    if (open === 0) yield { kind: 'pass', subject: { start: 0, end: 0 } };
  },
};

export const rule = defineRule({
  id: 'todo-comment',
  title: 'Open TODO or FIXME in production code',
  category: 'quality',
  severity: 'low',
  confidence: 'certain',
  stage: 'stable',
  docs: {
    what: 'A comment of production code or configuration begins with TODO, FIXME, HACK or XXX. Tests, examples, generated and vendored files are left out.',
    why: 'Such a comment says that something is missing or known to be wrong, and that it ships all the same. In the source it has no owner, no priority and no date, so it tends to stay.',
    howToFix:
      'Do what the comment asks for, or decide that it will not be done; then delete it. What must wait belongs in the issue tracker, where it is seen and planned.',
    refs: ['CWE-546'],
  },
  messages: {
    open: 'This {word} ships an open end; finish it, or move it to the issue tracker and delete the comment.',
  },
  effort: { each: [5, 120] },
  fix: 'none',
  on: { go: [goComment, wholeFile], python: [pythonComment, wholeFile], any: [hashComments] },
});
