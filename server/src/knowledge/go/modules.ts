/** The module that a go.mod declares, with what it requires and replaces. Resolves no versions. */
import { OWN_ROLES } from '../../core/model/file.ts';
import { directoryOf } from '../../core/model/path.ts';
import type { Extractor, FactView, TextDetector } from '../../core/rulekit/rule.ts';
import { readGoMod } from '../../formats/gomod.ts';
import { allFacts, state, type TypedFact } from '../facts.ts';

const modules: TextDetector = {
  text: true,
  triggers: ['module'],
  *check(text, ctx) {
    const document = readGoMod(text);
    const { module, requirements, replacements } = document;
    if (module === null) return;
    const value = {
      directory: directoryOf(ctx.file.path),
      goVersion: document.go?.text ?? '',
      requires: requirements.map(({ path }) => path.text),
      indirect: requirements.filter(({ indirect }) => indirect).map(({ path }) => path.text),
      replaces: replacements.map(({ path }) => path.text),
    };
    yield state('go.module', module.text, value, module);
  },
};

export const extractors: readonly Extractor[] = [
  { id: 'go.module', language: 'gomod', detector: modules, roles: OWN_ROLES },
];

/** The module that a directory belongs to: that of the nearest go.mod above; null without one. */
export function moduleOf(facts: FactView, directory: string): TypedFact<'go.module'> | null {
  let nearest: TypedFact<'go.module'> | null = null;
  for (const module of allFacts(facts, 'go.module')) {
    const root = module.value.directory;
    const holds = root === '' || directory === root || directory.startsWith(`${root}/`);
    if (holds && (nearest === null || root.length > nearest.value.directory.length)) nearest = module;
  }
  return nearest;
}

/** Import path of the package in a directory; null outside of every module. */
export function importPathOf(facts: FactView, directory: string): string | null {
  const module = moduleOf(facts, directory);
  if (module === null) return null;
  const root = module.value.directory;
  const rest = root === '' ? directory : directory.slice(root.length + 1);
  return rest === '' ? module.key : `${module.key}/${rest}`;
}

/** Whether the module of a file is written for a version of Go below `1.minor`; an unknown version is an old one. */
export function isBeforeGo(minor: number, path: string, facts: FactView): boolean {
  const match = /^(\d+)(?:\.(\d+))?/.exec(moduleOf(facts, directoryOf(path))?.value.goVersion ?? '');
  if (match === null || Number(match[1]) !== 1) return match === null;
  return Number(match[2] ?? 0) < minor;
}
