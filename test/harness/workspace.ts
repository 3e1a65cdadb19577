/** Workspaces for tests: the sample and the fixtures of every rule as files, and what an engine says of them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Engine } from '../../server/src/core/engine/engine.ts';
import type { ScanItem } from '../../server/src/host/host.ts';
import { allCases } from './fixtures.ts';

const SAMPLE = fileURLToPath(new URL('../../samples/checkout-service/', import.meta.url));

/** Files of the sample service. */
export function sampleFiles(): Map<string, string> {
  const entries = readdirSync(SAMPLE, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const files = entries.map((entry) => join(entry.parentPath, entry.name)).sort();
  return new Map(files.map((file) => [relative(SAMPLE, file).split(sep).join('/'), readFileSync(file, 'utf8')]));
}

/** A Python file with code of every shape. */
export function pythonSample(): readonly [path: string, text: string] {
  return ['shop/orders.py', readFileSync(new URL('./samples/orders.py', import.meta.url), 'utf8')];
}

/** Files of every fixture, each fixture in a folder of its own. */
export function everyFixture(): Map<string, string> {
  const files = new Map<string, string>();
  allCases().forEach((fixture, index) => {
    for (const { path, source } of fixture.files) files.set(`f${index}/${path}`, source);
  });
  return files;
}

/** Everything that an engine says. */
export function stateOf(engine: Engine): unknown {
  return {
    findings: engine.paths.map((path) => [path, engine.findings(path)]),
    tallies: engine.tallies(true),
    problems: engine.problems,
  };
}

export function itemsOf(folder: string, paths: Iterable<string>): ScanItem[] {
  return [...paths].map((path) => ({ path, root: folder, inside: path }));
}
