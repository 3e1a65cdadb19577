/** What went wrong inside the engine, as a value: shown in the log, never thrown at the user. */
export interface Problem {
  readonly path: string;
  readonly kind: 'too-large' | 'parse-budget' | 'rule-failed' | 'unreadable' | 'binary' | 'crashed';
  readonly message: string;
}
