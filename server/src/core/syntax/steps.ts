/** Work in steps, between which its caller may do something else. */

/** Takes all steps; returns the outcome. */
export function finish<T>(steps: Generator<undefined, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
