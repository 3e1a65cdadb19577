/** Documents that name files which are not in the workspace. */
import { directoryOf } from '../../../core/model/path.ts';
import type { Fact, Fix, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import { nearestName } from '../../../core/text/nearest.ts';
import { mayBeMade, projectTree, type Tree } from '../../../knowledge/project/tree.ts';
import { pythonModules } from '../../../knowledge/python/modules.ts';
import { NAMED, type Named, references } from './references.ts';

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function extensionOf(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1).toLowerCase();
}

interface Known extends Tree {
  readonly lowerCase: ReadonlySet<string>;
  readonly extensions: ReadonlySet<string>;
}

function knownOf(facts: FactView): Known {
  const tree = facts.derive(projectTree);
  const extensions = new Set<string>();
  for (const path of tree.files) if (!/(?:^|\/)(?:vendor|third_party)\//.test(path)) extensions.add(extensionOf(path));
  return { ...tree, lowerCase: new Set([...tree.endings].map((ending) => ending.toLowerCase())), extensions };
}

/** Whether what a document names is there; null when that is not known. */
function isThere({ key, value, place }: Fact, known: Known, facts: FactView): boolean | null {
  const { kind, path } = value as Named;
  if (known.files.has(path) || known.directories.has(path)) return true;
  // Documents are often written as if they stood at the root.
  if (known.lowerCase.has(key.replace(/^(?:\.{1,2}\/)+/, '').toLowerCase())) return true;
  // Whether something outside of the workspace is there is not known.
  if (path === '' || mayBeMade(path, facts)) return null;
  const extension = extensionOf(key);
  // Without any file of its kind the document is about something else.
  if (!known.extensions.has(extension)) return null;
  if (kind === 'link' && lastOf(place.path) === lastOf(key)) return null;
  if (!key.includes('/') && known.ignored.some(({ patterns }) => patterns.some((pattern) => lastOf(pattern) === key)))
    return null;
  return false;
}

function fixFor({ key, place, value }: Fact, known: Known): readonly Fix[] {
  const { kind, path } = value as Named;
  if (kind === 'module' || place.span.end - place.span.start !== key.length) return [];
  const directory = directoryOf(path);
  const prefix = directory === '' ? '' : `${directory}/`;
  const names = [...known.files].filter(
    (file) => directoryOf(file) === directory && extensionOf(file) === extensionOf(key),
  );
  const near = nearestName(
    lastOf(path),
    names.map((file) => file.slice(prefix.length)),
  );
  if (near === null) return [];
  const newText = key.slice(0, key.length - lastOf(key).length) + near;
  return [
    { title: `Name ${newText}`, safety: 'suggestion', preferred: true, edits: [{ kind: 'replaceAt', place, newText }] },
  ];
}

export const rule = defineRule({
  id: 'doc-references-missing-path',
  title: 'Document names a file that does not exist',
  category: 'documentation',
  severity: 'medium',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A Markdown document links to a file of the project, names one as code (`tools/load.py`), shows a command that starts one, or imports one in a Python example, and no file of the workspace has that path or ends in it. Once for each name and document. Documents about other times (change logs, plans, reviews), files that the reader is told to make, that a build makes or that git ignores, placeholders and names that any project may have are left out; an import counts only when some document names the file of the module.',
    why: 'The first command that somebody new types fails, and from then on they trust none of the others.',
    howToFix: 'Name the file that took its place, or delete the passage together with what it describes.',
    refs: ['CWE-1116'],
  },
  messages: {
    link: 'This link leads nowhere, since there is no {path}; correct or delete it.',
    file: 'There is no {path} in the project; name the right file, or delete the passage.',
    program: 'There is no {path} to start; correct the command, or delete it.',
    module: 'The project has no module {module}, so this example fails; correct or delete it.',
  },
  effort: { each: [3, 15] },
  fix: 'sometimes',
  on: { markdown: [references] },
  workspace: {
    partition: 'workspace',
    reads: [NAMED],
    *judge(facts): Iterable<WorkspaceVerdict> {
      const known = knownOf(facts);
      const named = facts.get(NAMED);
      /** Files that some document takes for a part of the project. */
      const files = new Set(
        named.filter(({ value }) => (value as Named).kind !== 'module').map(({ key }) => lastOf(key)),
      );
      const modules = pythonModules(facts);
      for (const item of named) {
        const { kind } = item.value as Named;
        if (kind === 'past') continue;
        const module = item.key.replace(/\.py$/, '');
        if (kind === 'module') {
          if (!files.has(item.key) || modules.resolve(module, item.place.path).kind !== 'unknown') continue;
        }
        const found = isThere(item, known, facts);
        if (found === true) yield { kind: 'pass', subject: item.place };
        else if (found === false)
          yield {
            kind: 'fail',
            subject: item.place,
            message: kind,
            args: { path: item.key, module },
            fixes: fixFor(item, known),
          };
      }
    },
  },
});
