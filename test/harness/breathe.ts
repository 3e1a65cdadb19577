/** Lets messages through in a test that computes for long: the test runner gives up a worker that it does not hear from. */
export function breathe(): Promise<void> {
  return new Promise((resume) => setImmediate(resume));
}
