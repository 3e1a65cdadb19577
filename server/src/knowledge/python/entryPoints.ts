/**
 * Which files of Python code an image or a service of a compose file runs: the module that its command names, and what
 * that imports. A command that names none, or a module that is not there, stays unknown.
 */
import { defineDerivation, type FactView } from '../../core/rulekit/rule.ts';
import { allFacts, type TypedFact } from '../facts.ts';
import { imageOfService, joinPath } from '../go/deployments.ts';
import { pythonModules, type Resolution } from './modules.ts';

/** The file that a command starts: of `uvicorn shop.api:app`, `python -m shop` or `python api.py`; null when not known. */
export function entryOf(facts: FactView, words: readonly string[], directory: string): string | null {
  const text = words.join(' ');
  const served =
    /(?:^|[\s/])(?:uvicorn|gunicorn|hypercorn|granian|daphne|waitress-serve)\s[^|;&]*?(?<![\w./-])([A-Za-z_][\w.]*):\w+/.exec(
      text,
    );
  const module = served?.[1] ?? /\bpython[\d.]*\s+(?:-\w\s+)*-m\s+([A-Za-z_][\w.]*)/.exec(text)?.[1];
  const script = /\bpython[\d.]*\s+(?:-u\s+)?(?:\.\/)?([\w./-]+\.py)\b/.exec(text)?.[1];
  const candidates =
    module !== undefined
      ? [`${module.replaceAll('.', '/')}.py`, `${module.replaceAll('.', '/')}/__main__.py`]
      : script === undefined
        ? []
        : [script.replace(/^\/(?:app|code|src|usr\/src\/app)\//, '')];
  for (const candidate of candidates) {
    for (const folder of [directory, `${directory}/src`, `${directory}/app`]) {
      const path = joinPath(folder, candidate);
      if (path !== null && facts.lookup('python.file', path).length > 0) return path;
    }
  }
  return null;
}

/** The file that a service of a compose file starts, by its own command or that of the image which it builds. */
export function entryOfService(facts: FactView, service: TypedFact<'compose.service'>): string | null {
  const image = imageOfService(facts, service);
  if (image === null) return null;
  if (service.value.command.length > 0) return entryOf(facts, service.value.command, image.value.directory);
  return entryOfImage(facts, image);
}

export function entryOfImage(facts: FactView, image: TypedFact<'image.file'>): string | null {
  const { entrypoint, command, directory } = image.value;
  return entryOf(facts, [...(entrypoint?.words ?? []), ...(command?.words ?? [])], directory);
}

const importsByFile = defineDerivation(
  'python.imports-by-file',
  (facts): ReadonlyMap<string, readonly TypedFact<'python.import'>[]> => {
    const result = new Map<string, TypedFact<'python.import'>[]>();
    for (const item of allFacts(facts, 'python.import')) {
      const own = result.get(item.place.path);
      if (own === undefined) result.set(item.place.path, [item]);
      else own.push(item);
    }
    return result;
  },
);

/** Whether what is imported out of a module may be a module itself. */
function mayHoldModules(module: Resolution): boolean {
  if (module.kind === 'file') return /(?:^|\/)__init__\.py$/.test(module.path);
  return module.kind !== 'standard' && module.kind !== 'dependency';
}

/** Files of the workspace that run when some files do: they and what they import, wherever. */
export function reachedFrom(facts: FactView, entries: Iterable<string>): ReadonlySet<string> {
  const imports = facts.derive(importsByFile);
  const modules = pythonModules(facts);
  const reached = new Set(entries);
  const open = [...reached];
  const take = (found: Resolution): void => {
    if (found.kind !== 'file' || reached.has(found.path)) return;
    reached.add(found.path);
    open.push(found.path);
  };
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const { key, value } of imports.get(next) ?? []) {
      if (value.typing) continue;
      const module = modules.resolve(key, next);
      take(module);
      if (value.member === '' || value.member === '*' || !mayHoldModules(module)) continue;
      take(modules.resolve(key.endsWith('.') ? `${key}${value.member}` : `${key}.${value.member}`, next));
    }
  }
  return reached;
}
