/** Settings of the JavaScript engine for short, busy processes. */
import { setFlagsFromString } from 'node:v8';

/**
 * What V8 does by default pays for programs that run for long. An audit runs many different functions for a few seconds
 * and keeps most of what it makes, so that it is over before any of this has paid. `npm run bench` shows the difference.
 */
const FLAGS = [
  // Optimise a function only once it has run for some twenty times as long as usual, and inline less into it.
  '--interrupt-budget=1500000',
  '--max-inlined-bytecode-size-cumulative=300',
  // Look for garbage less often: there is little.
  '--semi-space-growth-factor=8',
  '--no-incremental-marking',
];

/** With so many files, what is kept is most of the memory, and garbage may not come to several times as much. */
const MANY_FILES = 5_000;

/** Call before anything is read. `files`: how many there are. Threads that are started later follow these settings. */
export function tuneForShortRun(files: number): void {
  for (const flag of FLAGS) setFlagsFromString(flag);
  setFlagsFromString(`--heap-growing-percent=${files < MANY_FILES ? 400 : 25}`);
}
