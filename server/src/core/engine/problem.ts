/** What went wrong inside the engine, as a value: shown in the log, never thrown at the user. */
export interface Problem {
  readonly path: string;
  readonly kind: 'too-large' | 'parse-budget' | 'rule-failed' | 'unreadable' | 'binary' | 'missing' | 'crashed';
  readonly message: string;
}

/** Whether it would go wrong again with the same text: a parse that took too long need not do so next time. */
export function isLasting({ kind }: Problem): boolean {
  return kind === 'too-large' || kind === 'unreadable' || kind === 'binary' || kind === 'missing';
}
