/** The module that a go.mod declares. Reads only what is needed to follow imports; replacements are not resolved. */
import { directoryOf } from '../../core/model/path.ts';
import type { Extractor, FactView, TextDetector } from '../../core/rulekit/rule.ts';
import { allFacts, state } from '../facts.ts';

const MODULE = /^\uFEFF?[ \t]*module[ \t]+"?([^\s"]+)/m;
const GO_VERSION = /^[ \t]*go[ \t]+(\d+(?:\.\d+)*)/m;
const REQUIRE = /^[ \t]*(?:require[ \t]+)?([\w.~-]+(?:\.[\w~-]+)+(?:\/[\w.~-]+)*)[ \t]+v\d/gm;

const modules: TextDetector = {
  text: true,
  triggers: ['module'],
  *check(text, ctx) {
    const match = MODULE.exec(text);
    if (match === null) return;
    const value = {
      directory: directoryOf(ctx.file.path),
      goVersion: GO_VERSION.exec(text)?.[1] ?? '',
      requires: [...text.matchAll(REQUIRE)].map((line) => line[1]!),
    };
    const start = match.index + match[0].length - match[1]!.length;
    yield state('go.module', match[1]!, value, { start, end: start + match[1]!.length });
  },
};

export const extractors: readonly Extractor[] = [{ id: 'go.module', language: 'gomod', detector: modules }];

/** Whether the module of a file is written for a version of Go below `1.minor`; an unknown version is an old one. */
export function isBeforeGo(minor: number, path: string, facts: FactView): boolean {
  const directory = directoryOf(path);
  const [module] = allFacts(facts, 'go.module')
    .map((item) => item.value)
    .filter((item) => item.directory === '' || `${directory}/`.startsWith(`${item.directory}/`))
    .sort((a, b) => b.directory.length - a.directory.length);
  const match = /^(\d+)(?:\.(\d+))?/.exec(module?.goVersion ?? '');
  if (match === null || Number(match[1]) !== 1) return match === null;
  return Number(match[2] ?? 0) < minor;
}
