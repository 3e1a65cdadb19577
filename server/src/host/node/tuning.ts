/** Settings of the JavaScript engine for short, busy processes. */
import { setFlagsFromString } from 'node:v8';

/**
 * What V8 does by default pays for programs that run for long. An audit runs many different functions for a few seconds
 * and keeps most of what it makes, so that it is over before any of this has paid. `npm run bench` shows the difference.
 */
const FLAGS = [
  // Inline less into optimised functions.
  '--max-inlined-bytecode-size-cumulative=300',
  // Look for garbage less often: there is little.
  '--semi-space-growth-factor=8',
  '--no-incremental-marking',
];

const FLAGS_OF_FEW_FILES = [
  // Optimise a function only once it has run for some twenty times as long as usual.
  '--interrupt-budget=1500000',
  '--heap-growing-percent=400',
];

const FLAGS_OF_MANY_FILES = [
  // Six times.
  '--interrupt-budget=400000',
  // What is kept is most of the memory, and garbage may not come to several times as much.
  '--heap-growing-percent=15',
  // All threads have work: whoever waits for another one to help waits for long.
  '--no-parallel-scavenge',
];

/** From so many on an audit takes a multiple of the time that optimising takes. */
const MANY_FILES = 5_000;

/**
 * A server runs for long, and V8 lets its heap grow to twice of what is alive: that is too much where most of it stays.
 * `files`: how many there are. Threads that are started later follow these settings.
 */
export function tuneForLongRun(files: number): void {
  if (files >= MANY_FILES) setFlagsFromString('--heap-growing-percent=5');
}

/** Call before anything is read. `files`: how many there are. Threads that are started later follow these settings. */
export function tuneForShortRun(files: number): void {
  for (const flag of [...FLAGS, ...(files < MANY_FILES ? FLAGS_OF_FEW_FILES : FLAGS_OF_MANY_FILES)])
    setFlagsFromString(flag);
}
