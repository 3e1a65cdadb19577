/** What the threads of a scan and the thread that started them say to each other. */
import type { AnalysisSettings } from '../../core/engine/configuration.ts';
import type { Problem } from '../../core/engine/problem.ts';
import type { ScanItem } from '../host.ts';

/** Given to a thread when it starts. */
export interface ScanTask {
  readonly items: readonly ScanItem[];
  /**
   * Shared counters: the next item at `NEXT`, and from `CURRENT` on for each thread the item that it works on plus one,
   * so that it is known which file was too much for it.
   */
  readonly counters: SharedArrayBuffer;
  readonly slot: number;
  readonly analysis: AnalysisSettings;
}

export const NEXT = 0;
export const CURRENT = 1;

/** What a thread found: see `recordOf`. `lasting`: it may be kept. */
export type ScanMessage = readonly (
  | readonly [index: number, text: string, digest: string, record: string, lasting: boolean]
  | readonly [index: number, problem: Problem]
)[];
