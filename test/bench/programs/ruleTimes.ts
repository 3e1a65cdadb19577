/**
 * An audit on one thread in which every detector, extractor and judge is wrapped by a clock. Prints JSON: milliseconds of
 * the whole, and of each rule and extractor by id. An analysis that several share counts for the one that asks first.
 *
 * Usage: ruleTimes.mjs FOLDER ASSETS
 */
import { pathToFileURL } from 'node:url';
import { Engine } from '../../../server/src/core/engine/engine.ts';
import { isManifest } from '../../../server/src/core/engine/roles.ts';
import { directoryOf } from '../../../server/src/core/model/path.ts';
import type { Detector, NodeDetector, Rule, TextDetector } from '../../../server/src/core/rulekit/rule.ts';
import { isProblem } from '../../../server/src/host/host.ts';
import { loadSyntax } from '../../../server/src/host/node/assets.ts';
import { createNodeHost } from '../../../server/src/host/node/nodeHost.ts';
import { tuneForShortRun } from '../../../server/src/host/node/tuning.ts';
import { EXTRACTORS } from '../../../server/src/knowledge/index.gen.ts';
import { LANGUAGES } from '../../../server/src/languages/languages.ts';
import { RULES } from '../../../server/src/rules/index.gen.ts';

tuneForShortRun(0);
const times: Record<string, number> = {};

/** Adds the time of a call, whose results are made while they are asked for, to those of `id`. */
function timed<T>(id: string, results: () => Iterable<T>): readonly T[] {
  const start = performance.now();
  const list = [...results()];
  times[id] = (times[id] ?? 0) + performance.now() - start;
  return list;
}

function timedDetector<O>(id: string, detector: Detector<O>): Detector<O> {
  if ('text' in detector) {
    const check: TextDetector<O>['check'] = (text, ctx) => timed(id, () => detector.check(text, ctx));
    return { ...detector, check };
  }
  const check: NodeDetector<O>['check'] = (node, ctx) => timed(id, () => detector.check(node, ctx));
  if (detector.when === undefined) return { ...detector, check };
  const when: NodeDetector<O>['when'] = (node, ctx) => timed(id, () => [detector.when!(node, ctx)])[0]!;
  return { ...detector, check, when };
}

function timedRule(rule: Rule): Rule {
  const on = Object.entries(rule.on).map(([language, detectors]) => [
    language,
    detectors.map((detector) => timedDetector(rule.id, detector)),
  ]);
  const { workspace } = rule;
  if (workspace === undefined) return { ...rule, on: Object.fromEntries(on) };
  const judge: typeof workspace.judge = (facts, options) => timed(rule.id, () => workspace.judge(facts, options));
  return { ...rule, on: Object.fromEntries(on), workspace: { ...workspace, judge } };
}

const [folder, assets] = process.argv.slice(2) as [string, string];
const syntax = await loadSyntax(pathToFileURL(`${assets}/`));
const start = performance.now();
const engine = new Engine({
  syntax,
  rules: RULES.map(timedRule),
  extractors: EXTRACTORS.map((extractor) => ({
    ...extractor,
    detector: timedDetector(`${extractor.id} (facts)`, extractor.detector) as typeof extractor.detector,
  })),
  languages: LANGUAGES,
});
const host = createNodeHost(folder);
const { paths } = await host.list([], async () => {});
engine.setManifestDirectories(paths.filter(isManifest).map(directoryOf));
for (const path of paths) {
  const source = await host.open(path);
  if (!isProblem(source)) engine.setFile(path, source.text(), false);
}
engine.judge();
for (const path of engine.paths) engine.findings(path);
engine.tallies(true);
process.stdout.write(JSON.stringify({ whole: performance.now() - start, times }));
