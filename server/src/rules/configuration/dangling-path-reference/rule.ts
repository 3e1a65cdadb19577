/** Files that deploy, build or start a program and name paths which are not in the workspace. */
import type { Place } from '../../../core/model/location.ts';
import type { Fix, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import { nearestName } from '../../../core/text/nearest.ts';
import { envFileKind } from '../../../formats/env.ts';
import { mayBeMade, projectTree } from '../../../knowledge/project/tree.ts';
import { composeFiles, imageFiles, REFERENCE, type Reference, scripts } from './references.ts';

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Whether the workspace has an example to make a file of variables from: `shop.default.env` for `shop.env`. */
function hasExample(path: string, files: ReadonlySet<string>): boolean {
  const stem = lastOf(path).replace(/\.env$/, '');
  return [...files].some(
    (file) => lastOf(file).includes(stem) && /env/.test(lastOf(file)) && envFileKind(file) === 'example',
  );
}

/** Whether a reference leads somewhere; null when that is not known. */
function leads({ kind, paths }: Reference, text: string, facts: FactView): boolean | null {
  const { files, directories, endings } = facts.derive(projectTree);
  if (paths.some((path) => files.has(path) || directories.has(path))) return true;
  if (paths.some((path) => mayBeMade(path, facts))) return null;
  if (kind === 'module') {
    const [first = ''] = text.split('.');
    const isFolder = endings.has(text.replaceAll('.', '/'));
    if (isFolder || endings.has(lastOf(paths[0]!))) return null;
    // A package that is installed starts too.
    if (facts.lookup('python.requirement', first.toLowerCase().replaceAll('_', '-')).length > 0) return null;
    return facts.all('python.file').length > 0 ? false : null;
  }
  if (kind === 'program') return endings.has(lastOf(paths[0]!)) ? null : false;
  if (kind === 'variables' && hasExample(paths[0]!, files)) return null;
  // From a context that is not known, or in a file that is used from elsewhere.
  if (kind === 'copy' || kind === 'mount' || kind === 'folder' || kind === 'variables')
    return paths.some((path) => endings.has(path)) || endings.has(text.replace(/^[./]+/, '').replace(/\/$/, ''))
      ? null
      : false;
  // Without its context a missing Dockerfile is no news.
  return false;
}

/** The one file beside the missing one whose name is spelt nearly the same. */
function correction({ kind, paths }: Reference, text: string, place: Place, facts: FactView): readonly Fix[] {
  if (kind === 'context' || kind === 'folder' || kind === 'module') return [];
  const { files } = facts.derive(projectTree);
  const path = paths[0]!;
  const directory = path.slice(0, path.length - lastOf(path).length);
  const names = [...files].filter((file) => file.startsWith(directory) && !file.slice(directory.length).includes('/'));
  const near = nearestName(lastOf(path), names.map(lastOf));
  const length = place.span.end - place.span.start;
  if (near === null || length !== text.length) return [];
  const newText = text.slice(0, text.length - lastOf(text).length) + near;
  return [
    { title: `Name ${newText}`, safety: 'suggestion', preferred: true, edits: [{ kind: 'replaceAt', place, newText }] },
  ];
}

export const rule = defineRule({
  id: 'dangling-path-reference',
  title: 'Deployment names a path that does not exist',
  category: 'configuration',
  severity: 'high',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A compose file, Dockerfile, pipeline or script builds from, copies, mounts or starts something by a path that is not in the workspace: a build context or Dockerfile, the source of a `COPY`, a mounted file, a folder of settings or code that is mounted for reading only, a file of variables, a Python or shell program, or the module behind `uvicorn` and `gunicorn`. Programs count as missing only when no file of that name is anywhere in the workspace. Paths with variables or patterns, those that git ignores, that a build makes, or that lie outside of the workspace are left out, and so are files with secrets, which everybody makes for themselves.',
    why: 'The build or the start fails, often for the first time on the machine that matters. A mount whose source is missing does not even fail: the engine makes an empty folder in its place, and the server runs without its settings or certificates.',
    howToFix: 'Correct the path, commit the file that was left out, or delete the line together with what it was for.',
    refs: [
      'https://docs.docker.com/reference/compose-file/services/#volumes',
      'https://docs.docker.com/reference/dockerfile/#copy',
    ],
  },
  messages: {
    context: 'There is no folder {path} to build from; correct the context, or add the folder.',
    dockerfile: 'The build needs {path}, which does not exist; correct the path, or add the file.',
    copy: 'The build copies {path}, which does not exist; correct the path, or add the file.',
    mount:
      '{path} does not exist, so an empty folder is mounted instead of the file; correct the path, or add the file.',
    folder: '{path} does not exist, so an empty folder is mounted for reading; correct the path, or add its files.',
    variables: 'There is no {path} to take variables from; correct the path, or add the file.',
    program: 'There is no {path} to start; correct the command, or add the program.',
    module: 'There is no module {path} to serve; correct the command, or add the module.',
  },
  fix: 'sometimes',
  on: {
    compose: [composeFiles],
    dockerfile: [imageFiles],
    shell: [scripts],
    makefile: [scripts],
    workflow: [scripts],
  },
  workspace: {
    partition: 'workspace',
    reads: [REFERENCE],
    *judge(facts): Iterable<WorkspaceVerdict> {
      // An anchor is read again wherever it is used.
      const said = new Set<string>();
      for (const { key, value, place } of facts.get(REFERENCE)) {
        const id = `${place.path}\n${place.span.start}\n${(value as Reference).kind}`;
        if (said.has(id)) continue;
        said.add(id);
        const reference = value as Reference;
        const found = leads(reference, key, facts);
        if (found === null) continue;
        if (found) {
          yield { kind: 'pass', subject: place };
          continue;
        }
        // A context that is missing is said once, not again for what would be in it.
        if (reference.kind === 'dockerfile' && isContextMissing(reference, facts)) continue;
        yield {
          kind: 'fail',
          subject: place,
          message: reference.kind,
          args: { path: key },
          ...(reference.kind === 'folder' || reference.kind === 'variables' ? { severity: 'medium' as const } : {}),
          fixes: correction(reference, key, place, facts),
        };
      }
    },
  },
});

function isContextMissing({ paths }: Reference, facts: FactView): boolean {
  const { directories } = facts.derive(projectTree);
  return paths.every((path) => path.includes('/') && !directories.has(path.slice(0, path.lastIndexOf('/'))));
}
