/**
 * Entry of the tests that run inside VS Code. Both launchers (a browser around the VS Code server, and a desktop editor)
 * load the bundle of this file and call `run`; a rejection is a failed run.
 */
import { runTests } from './harness.ts';
import './smoke.ts';
import './shipworthy.ts';
import './pages.ts';
import './views.ts';
import './actions.ts';
import './roots.ts';

export function run(): Promise<void> {
  return runTests();
}
