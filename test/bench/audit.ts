/**
 * Audits of a repository from the command line: cold against a bare parse of the same files and against ast-grep, warm
 * against reading the files and against cold. Python is compared with Bandit where it is installed.
 */
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { createNodeHost } from '../../server/src/host/node/nodeHost.ts';
import { astGrepBinary, scanArguments } from './astGrep.ts';
import {
  bundle,
  DIST,
  interleave,
  OUTPUT,
  type Row,
  ratios,
  rowsOf,
  run,
  runNode,
  runNodeWithPeak,
} from './measure.ts';

function isMostlyPython(paths: readonly string[]): boolean {
  const count = (extension: string): number => paths.filter((path) => path.endsWith(extension)).length;
  return count('.py') > count('.go');
}

export async function auditRows(folder: string, rounds: number): Promise<readonly Row[]> {
  const name = basename(folder);
  const { row, missing } = rowsOf(`Audit of ${name}`);
  const bare = await bundle('bare');
  const threads = availableParallelism();
  const { paths } = await createNodeHost(folder).list([], async () => {});
  const isPython = isMostlyPython(paths);
  const bandit = isPython && spawnSync('bandit', ['--version']).status === 0;
  // Its fifty rules are about Go.
  const astGrep = isPython ? null : astGrepBinary();
  const report = ['--output', join(OUTPUT, 'report.txt')];
  const audit = [join(DIST, 'cli.js'), 'audit', folder, ...report];
  const cold = [...audit, '--no-cache'];
  const warm = [...audit, '--cache-dir', join(OUTPUT, 'cache')];
  runNode(...warm);
  const walls = await interleave(rounds, {
    parse: () => runNode(bare, 'parse', folder, DIST, '1').wall,
    shared: () => runNode(bare, 'parse', folder, DIST, String(threads)).wall,
    astGrep: () => (astGrep === null ? Number.NaN : run(astGrep, scanArguments(folder)).wall),
    // It exits with 1 when it finds something.
    bandit: () => (bandit ? run('bandit', ['-r', '-q', folder], {}, [0, 1]).wall : Number.NaN),
    cold: () => runNode(...cold).wall,
    warm: () => runNode(...warm).wall,
    read: () => runNode(bare, 'read', folder).wall,
  });
  const cores = threads === 1 ? '1 thread' : `${threads} threads`;
  const peerRows = (): readonly Row[] => {
    if (!isPython)
      return astGrep === null
        ? [missing('cold audit / ast-grep scan', 'ast-grep is not installed')]
        : [row('cold audit / ast-grep scan', ratios(walls.cold, walls.astGrep), 'x', 1)];
    if (!bandit) return [missing('cold audit / bandit', 'bandit is not installed')];
    return [row('bandit', walls.bandit, 'ms'), row('cold audit / bandit', ratios(walls.cold, walls.bandit), 'x', 0.25)];
  };
  return [
    row('bare parse of the code, 1 thread', walls.parse, 'ms'),
    row(`bare parse of the code, ${cores}`, walls.shared, 'ms'),
    ...(astGrep === null ? [] : [row(`ast-grep scan, 50 rules, ${cores}`, walls.astGrep, 'ms')]),
    row(`cold audit, ${cores}`, walls.cold, 'ms'),
    row('cold audit / bare parse, 1 thread', ratios(walls.cold, walls.parse), 'x', 2),
    row(`cold audit / bare parse, ${cores}`, ratios(walls.cold, walls.shared), 'x', 1.3),
    ...peerRows(),
    row('reading the files', walls.read, 'ms'),
    row('warm audit, nothing changed', walls.warm, 'ms'),
    row('warm audit / reading the files', ratios(walls.warm, walls.read), 'x'),
    row('warm audit / cold audit', ratios(walls.warm, walls.cold), 'x', 0.1),
    row('peak memory of the cold audit', runNodeWithPeak(...cold).peak, 'MB', 250),
    row('peak memory of the warm audit', runNodeWithPeak(...warm).peak, 'MB', 250),
  ];
}
