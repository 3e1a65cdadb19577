/**
 * Go: modules that a go.mod requires on its own behalf and no file of the module imports a package of, whatever the build
 * constraints. What commands run by its path counts as used. Versions and the needs of other modules are not looked at.
 */
import { directoryOf } from '../../../core/model/path.ts';
import type { Verdict, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { type FactView, fact, type TextDetector } from '../../../core/rulekit/rule.ts';
import { readGoMod } from '../../../formats/gomod.ts';
import { moduleOf } from '../../../knowledge/go/modules.ts';
import { mayHoldExcerpts } from '../../../languages/go/hidden.ts';
import type { GoPackageFile } from '../../../languages/go/symbols.ts';

/** Key: module path; required directly. */
export const REQUIRED = 'unused-dependency.required';
/** Key: path of a package that a command runs or installs, or a go.mod names as a tool. */
const RUN = 'unused-dependency.run';

const TOOL = /^[ \t]*(?:tool[ \t]+)?((?:[\w-]+\.)+[a-z]{2,}\/[\w./-]+)[ \t]*(?:\/\/.*)?$/gm;

export const requirements: TextDetector = {
  text: true,
  triggers: ['require'],
  *check(text): Iterable<Verdict> {
    const { requirements: list, replacements } = readGoMod(text);
    const replaced = new Set(replacements.map(({ path }) => path.text));
    for (const { path, span, indirect } of list) {
      // A comment behind it, or another place for it, says that somebody thought about it.
      const rest = /^[^\r\n]*/.exec(text.slice(span.end))![0];
      if (!indirect && rest.trim() === '' && !replaced.has(path.text)) yield fact(REQUIRED, path.text, null, span);
    }
    for (const match of text.matchAll(TOOL)) yield fact(RUN, match[1]!, null, { start: 0, end: 0 });
  },
};

/** `go run example.com/tool/cmd/x`, in generate comments, makefiles, scripts and pipelines. */
const COMMAND = /\bgo[ \t]+(?:run|install|build|get|tool)\b[^\n;&|]*?[ \t]((?:[\w-]+\.)+[a-z]{2,}\/[\w./-]+)/g;

export const commands: TextDetector = {
  text: true,
  triggers: ['go run', 'go install', 'go build', 'go get', 'go tool'],
  *check(text): Iterable<Verdict> {
    for (const match of text.matchAll(COMMAND)) yield fact(RUN, match[1]!, null, { start: 0, end: 0 });
  },
};

function holds(module: string, path: string): boolean {
  return path === module || path.startsWith(`${module}/`);
}

export function* judgeGo(facts: FactView): Generator<WorkspaceVerdict> {
  const required = facts.get(REQUIRED);
  if (required.length === 0) return;
  /** Imported paths by the go.mod of their module. */
  const imports = new Map<string, Set<string>>();
  for (const file of facts.all('go.package')) {
    const module = moduleOf(facts, directoryOf(file.place.path));
    if (module === null) continue;
    let paths = imports.get(module.place.path);
    if (paths === undefined) {
      paths = new Set();
      imports.set(module.place.path, paths);
    }
    for (const [, path] of (file.value as GoPackageFile).imports) paths.add(path);
  }
  const runs = facts.all(RUN).map(({ key }) => key);
  for (const { key, place } of required) {
    const paths = imports.get(place.path);
    if (paths === undefined || mayHoldExcerpts(directoryOf(place.path)) || facts.role(place.path) !== 'production')
      continue;
    /** Files of one module may be linked into another, which cannot be seen. */
    const isLinked = (): boolean =>
      [...imports].some(([path, others]) => path !== place.path && [...others].some((other) => holds(key, other)));
    let isUsed = runs.some((path) => holds(key, path));
    for (const path of paths) isUsed ||= holds(key, path);
    if (isUsed) yield { kind: 'pass', subject: place };
    else if (!isLinked()) yield { kind: 'fail', subject: place, message: 'module', args: { module: key } };
  }
}
