/** Settings of the JavaScript engine for short, busy processes. */
import { setFlagsFromString } from 'node:v8';

/**
 * Makes V8 optimise a function only once it has run for some twenty times as long as usual. An audit runs many
 * different functions for a few seconds, and optimising them takes more time than it gains: `npm run bench` shows it.
 */
export function tuneForShortRun(): void {
  setFlagsFromString('--interrupt-budget=1500000');
}
