/** The program as files: what the threads run and what it reads beside itself decides what a cache may give it. */
import { ASSETS } from '../host/node/assets.ts';
import { digestOfProgram } from '../host/node/diskCache.ts';

/** Everything that an analysis of a file is a function of, besides its path and text. */
const ANALYSIS = ['scanWorker.js', ...ASSETS];

/** A file of the bundle. */
export function beside(name: string): URL {
  return new URL(name, import.meta.url);
}

/** Names the analysis of files, the same for command line and server; null when it cannot be told. */
export function digestOfAnalysis(): string | null {
  return digestOfProgram(ANALYSIS.map(beside));
}
