/**
 * Migrations of Alembic and Django as facts: which revision a file is, and on which ones it stands. Read from the text of
 * the file, as these files are written by tools; what is computed is left out.
 */
import type { Extractor, TextDetector } from '../../core/rulekit/rule.ts';
import { state } from '../facts.ts';

const REVISION = /^\uFEFF?(revision(?:\s*:[^=\n]*)?\s*=\s*["']([\w.-]+)["'])/m;
const DOWN_REVISION = /^down_revision(?:\s*:[^=\n]*)?\s*=\s*(\([^)]*\)|\[[^\]]*\]|[^\n]*)/m;
/** Several heads are wanted. */
const BRANCHES = /^(?:branch_labels|depends_on)(?:\s*:[^=\n]*)?\s*=\s*(?!None\b)\S/m;
const DJANGO = /^class Migration\((?:migrations\.)?Migration\):/m;

/** What stands between the brackets of an attribute of the class. */
function listAfter(text: string, name: 'dependencies' | 'replaces'): string {
  const pattern =
    name === 'replaces'
      ? /^\s+replaces(?:\s*:[^=\n]*)?\s*=\s*\[([\s\S]*?)\]\s*$/m
      : /^\s+dependencies(?:\s*:[^=\n]*)?\s*=\s*\[([\s\S]*?)\]\s*$/m;
  return pattern.exec(text)?.[1] ?? '';
}

/** Second names of `("app", "0001_initial")`. */
function migrationsIn(list: string): string[] {
  return [...list.matchAll(/\(\s*["']\w+["']\s*,\s*["'](\w+)["']\s*,?\s*\)/g)].map((match) => match[1]!);
}

const migrations: TextDetector = {
  text: true,
  triggers: ['down_revision', 'class Migration('],
  *check(text, ctx) {
    const name = ctx.file.path.slice(ctx.file.path.lastIndexOf('/') + 1, -'.py'.length);
    const revision = REVISION.exec(text);
    const down = DOWN_REVISION.exec(text);
    if (revision !== null && down !== null) {
      // Behind a byte order mark.
      const start = revision.index + revision[0].length - revision[1]!.length;
      const written = down[1]!.replace(/#.*/, '').trim();
      // A variable may stand for anything.
      if (!/^(?:None|["'][\w.-]+["']|[([][\s\S]*)$/.test(written)) return;
      yield state(
        'python.migration',
        revision[2]!,
        {
          tool: 'alembic',
          parents: [...written.matchAll(/["']([\w.-]+)["']/g)].map((match) => match[1]!),
          branches: BRANCHES.test(text),
          replaces: [],
        },
        { start, end: start + revision[1]!.length },
      );
      return;
    }
    const head = DJANGO.exec(text);
    if (head === null || !/(?:^|\/)migrations\/\w+\.py$/.test(ctx.file.path) || !/^\d/.test(name)) return;
    yield state(
      'python.migration',
      name,
      {
        tool: 'django',
        parents: migrationsIn(listAfter(text, 'dependencies')),
        branches: false,
        replaces: migrationsIn(listAfter(text, 'replaces')),
      },
      { start: head.index, end: head.index + head[0].length },
    );
  },
};

export const extractors: readonly Extractor[] = [
  { id: 'python.migrations', language: 'python', detector: migrations, roles: ['production', 'generated'] },
];
