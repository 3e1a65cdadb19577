/** What each rule takes of a cold audit: the dearest rules, and the dearest sources of facts that rules share. */
import { basename } from 'node:path';
import { bundle, DIST, median, type Row, rowsOf, runNode } from './measure.ts';

/** How many are named. */
const NAMED = 5;

interface Times {
  readonly whole: number;
  readonly times: Readonly<Record<string, number>>;
}

export async function ruleRows(folder: string, rounds: number): Promise<readonly Row[]> {
  const { row } = rowsOf(`Rules in ${basename(folder)}, share of a cold audit on one thread`);
  const program = await bundle('ruleTimes');
  const runs = Array.from({ length: rounds }, () => JSON.parse(runNode(program, folder, DIST).stdout) as Times);
  const ids = new Set(runs.flatMap(({ times }) => Object.keys(times)));
  const shares = [...ids]
    .map((id) => ({ id, values: runs.map(({ whole, times }) => (100 * (times[id] ?? 0)) / whole) }))
    .sort((a, b) => median(b.values) - median(a.values));
  const all = runs.map(({ whole, times }) => (100 * Object.values(times).reduce((sum, time) => sum + time, 0)) / whole);
  return [
    row('all rules and facts', all, '%'),
    ...shares.slice(0, NAMED).map(({ id, values }) => row(id, values, '%', 0.5)),
  ];
}
