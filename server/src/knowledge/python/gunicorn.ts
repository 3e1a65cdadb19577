/**
 * gunicorn: the command lines that start it, in images, compose files, scripts and Procfiles, and the settings of its
 * configuration files. Only what bears on its workers: what they are, and how long they may be silent.
 */
import type { Span } from '../../core/model/location.ts';
import type { Extractor, NodeDetector, TextDetector } from '../../core/rulekit/rule.ts';
import type { PythonHeader } from '../../languages/python/header.ts';
import type { PythonNode } from '../../languages/python/nodes.gen.ts';
import { stringValue } from '../../languages/python/strings.ts';
import { isAtTop } from '../../languages/python/syntax.ts';
import { type FactValues, state } from '../facts.ts';

interface Word extends Span {
  readonly text: string;
}

/** A logical line from `gunicorn` on: over continuations, up to the end of a list, or to the next command. */
const COMMAND = /(?<![\w.-])gunicorn(?=["']?[\s,])(?:[^\n\\;&|\]#]|\\\r?\n|\\.|&(?!&)|#(?<!\s#))*/g;

function wordsOf(text: string, start: number): readonly Word[] {
  return [...text.matchAll(/[^\s"',\\[\]]+/g)].map((match) => ({
    text: match[0],
    start: start + match.index,
    end: start + match.index + match[0].length,
  }));
}

/** Value of an option, written behind `=`, as the next word, or right behind its letter; the last one counts. */
function optionOf(words: readonly Word[], long: string, letter = ''): Word | null {
  let found: Word | null = null;
  for (const [index, { text, end }] of words.entries()) {
    if (text === long || (letter !== '' && text === letter)) found = words[index + 1] ?? null;
    else {
      const joined = text.startsWith(`${long}=`)
        ? text.slice(long.length + 1)
        : letter !== '' && !text.startsWith('--') && text.startsWith(letter)
          ? text.slice(letter.length)
          : null;
      if (joined !== null) found = { text: joined, start: end - joined.length, end };
    }
  }
  return found;
}

function commandOf(words: readonly Word[]): FactValues['gunicorn.command'] {
  const timeout = optionOf(words, '--timeout', '-t');
  const worker = optionOf(words, '--worker-class', '-k');
  const threads = optionOf(words, '--threads');
  // A word of its own may stand for any options; and without an application there is more than is seen here.
  const isOpen = words.some(
    ({ text }, index) => (/^\$/.test(text) && !/^--?[\w-]+$/.test(words[index - 1]?.text ?? '')) || text === '--reload',
  );
  const hasApplication = words.some(({ text }, index) => {
    if (index === 0 || !/^[A-Za-z_]\w*(?:\.\w+)*(?::[A-Za-z_]\S*)?$/.test(text)) return false;
    return text.includes(':') || (text.includes('.') && !/^--?[\w-]+$/.test(words[index - 1]!.text));
  });
  return {
    timeout: timeout !== null,
    zero: timeout !== null && timeout.text === '0' ? { start: timeout.start, end: timeout.end } : null,
    concurrent: (worker !== null && worker.text !== 'sync') || (threads !== null && threads.text !== '1'),
    config: optionOf(words, '--config', '-c')?.text ?? '',
    open: isOpen || !hasApplication,
  };
}

const commands: TextDetector = {
  text: true,
  triggers: ['gunicorn'],
  *check(text, ctx) {
    const { path, language } = ctx.file;
    if (language === 'text' && !/(?:^|\/)Procfile$/.test(path)) return;
    const plain = text.replace(/^[ \t]*#[^\r\n]*/gm, (line) => ' '.repeat(line.length));
    for (const match of plain.matchAll(COMMAND)) {
      const before = plain.slice(plain.lastIndexOf('\n', match.index) + 1, match.index);
      if (/\b(?:pip3?|install|add|which|command|pkill|killall|echo|apk|apt|apt-get|uv pip)\b(?!:)/.test(before))
        continue;
      const words = wordsOf(match[0], match.index);
      const value = commandOf(words);
      const subject = { start: match.index, end: match.index + 'gunicorn'.length };
      // More options on the lines of a folded text, or from the environment.
      const rest = plain.slice(match.index + match[0].length);
      const isOpen = value.open || /^\s*\n\s*--?[a-z]/.test(rest) || plain.includes('GUNICORN_CMD_ARGS');
      yield state('gunicorn.command', path, { ...value, open: isOpen }, subject);
    }
  },
};

const SETTINGS = /^(?:timeout|worker_class|threads|reload)$/;

const settings: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['assignment'],
  triggers: ['timeout', 'worker_class', 'threads', 'reload'],
  when: (node, ctx) => ctx.file.path.includes('gunicorn') && SETTINGS.test(node.child('left')?.text ?? ''),
  *check(node, ctx) {
    const value = node.child('right');
    if (!/gunicorn[^/]*\.py$/.test(ctx.file.path) || value === null || node.parent === null || !isAtTop(node.parent))
      return;
    const text = stringValue(value) ?? value.text;
    const span = { start: value.start, end: value.end };
    yield state('gunicorn.setting', node.child('left')!.text, { text: text.slice(0, 80), span }, node);
  },
};

export const extractors: readonly Extractor[] = [
  { id: 'gunicorn.command.dockerfile', language: 'dockerfile', detector: commands },
  { id: 'gunicorn.command.compose', language: 'compose', detector: commands },
  { id: 'gunicorn.command.shell', language: 'shell', detector: commands },
  { id: 'gunicorn.command.text', language: 'text', detector: commands },
  { id: 'gunicorn.setting', language: 'python', detector: settings as NodeDetector },
];
