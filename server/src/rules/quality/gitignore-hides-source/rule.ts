/** Ignore patterns that match folders of source code, so that new files in them are never committed. */
import { directoryOf } from '../../../core/model/path.ts';
import type { Fact, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import { type IgnoreLevel, isIgnored } from '../../../formats/ignoreFile.ts';
import { ignoreLevels } from '../../../knowledge/project/tree.ts';

type Patterns = readonly { readonly pattern: string; readonly start: number; readonly end: number }[];

/** Names of what tools make: a folder of that name is meant to be ignored, whatever lies in it. */
const MADE =
  /^(?:bin|build|dist|out|output|target|vendor|node_modules|tmp|temp|te?mp|logs?|coverage|cache|data|venv|env|obj|debug|release|pkg|public|static|generated|gen|_?site|__pycache__|eggs|wheels|parts|sdist|var|lib|lib64|downloads|develop-eggs|share)$/i;

/** The folder that a pattern names wherever it stands; null for any other pattern. */
function folderOf(pattern: string): string | null {
  const name = /^([\w.-]+)\/?$/.exec(pattern)?.[1] ?? null;
  return name === null || MADE.test(name) || name.startsWith('.') ? null : name;
}

/** Files of production code. */
function sources(facts: FactView): readonly string[] {
  return [...facts.all('go.package'), ...facts.all('python.file')]
    .map(({ place }) => place.path)
    .filter((path) => facts.role(path) === 'production');
}

/** A source file, relative to the ignore file, in a folder of that name. */
function hiddenBy(name: string, directory: string, files: readonly string[]): string | null {
  const from = directory === '' ? 0 : directory.length + 1;
  for (const path of files) {
    if (directory !== '' && !path.startsWith(`${directory}/`)) continue;
    if (`/${directoryOf(path.slice(from))}/`.includes(`/${name}/`)) return path;
  }
  return null;
}

function* judgeFile(file: Fact, files: readonly string[], levels: readonly IgnoreLevel[]): Generator<WorkspaceVerdict> {
  const at = (start: number, end: number): Fact['place'] => ({ ...file.place, span: { start, end } });
  let isGood = true;
  for (const { pattern, start, end } of file.value as unknown as Patterns) {
    const name = folderOf(pattern);
    const path = name === null ? null : hiddenBy(name, file.key, files);
    // Another pattern may let it in again.
    if (name === null || path === null || !isIgnored(path, levels)) continue;
    isGood = false;
    const isAtTop = path.slice(file.key === '' ? 0 : file.key.length + 1).startsWith(`${name}/`);
    const place = at(start, end);
    yield {
      kind: 'fail',
      subject: place,
      message: isAtTop ? 'top' : 'hides',
      args: { pattern, folder: directoryOf(path) },
      fixes: isAtTop
        ? []
        : [
            {
              title: `Ignore ${pattern} at the top only`,
              safety: 'suggestion',
              preferred: true,
              edits: [{ kind: 'replaceAt', place, newText: `/${pattern}` }],
            },
          ],
    };
  }
  if (isGood) yield { kind: 'pass', subject: file.place };
}

export const rule = defineRule({
  id: 'gitignore-hides-source',
  title: 'Ignore pattern that hides source folders',
  category: 'quality',
  severity: 'medium',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A pattern of a `.gitignore` is a bare name, so that it matches at any depth, and a folder of that name holds source code that is part of the tree. Names of what tools make (`bin`, `dist`, `build` and their like) are left out, and so is what another pattern lets in again.',
    why: 'Files that were added before stay, so nobody notices. A new file in that folder is left out of every commit without a word: it builds on one machine and is missing on all others.',
    howToFix: 'Write a slash in front, `/name`, so that the pattern matches beside the ignore file only.',
    refs: ['https://git-scm.com/docs/gitignore#_pattern_format'],
  },
  messages: {
    hides: 'New files in {folder} are not committed, because {pattern} matches at any depth; write /{pattern}.',
    top: 'New files in {folder} are not committed, because of {pattern}; remove this pattern.',
  },
  fix: 'sometimes',
  on: {},
  workspace: {
    partition: 'workspace',
    reads: ['project.ignore'],
    *judge(facts) {
      const ignoring = facts.all('project.ignore');
      const files = sources(facts);
      const levels = ignoreLevels(facts);
      if (files.length === 0) return;
      for (const file of ignoring) yield* judgeFile(file, files, levels);
    },
  },
});
