/**
 * What rules and extractors say, before the engine gives it a place in the workspace. All of it is plain data; spans
 * are relative to the chunk that was examined.
 */
import type { Json } from './json.ts';
import type { Place, Span } from './location.ts';

/** Evidence next to a finding: where the lock was taken, where the path returns. */
export interface Related {
  readonly span: Span;
  readonly message: string;
}

/**
 * One change of a fix.
 * - `replace`: text of the examined chunk.
 * - `replaceAt`: text at a place of any file (workspace judges). `endsLine`: the fix is not offered where something else
 *   stands behind the place on its line.
 * - `import`: adds and removes imports of the file where the subject stands; `remove` takes effect only when nothing
 *   else in the file uses that import. The language layer turns it into text edits when the fix is applied.
 * - `create`: a new file; a fix with a `create` of an existing file is not offered.
 * - `append`: text at the end of a file (created when missing), on a line of its own.
 */
export type FixEdit =
  | { readonly kind: 'replace'; readonly span: Span; readonly newText: string }
  | { readonly kind: 'replaceAt'; readonly place: Place; readonly newText: string; readonly endsLine?: true }
  | { readonly kind: 'import'; readonly add?: readonly string[]; readonly remove?: readonly string[] }
  | { readonly kind: 'create'; readonly path: string; readonly content: string }
  | { readonly kind: 'append'; readonly path: string; readonly content: string };

/**
 * A fix that leaves valid code. `safe` fixes keep the meaning that the author intended and may be applied to all
 * findings at once (`source.fixAll.shipworthy`); a `suggestion` chooses a name, number or file and is offered one by one.
 */
export interface Fix {
  /** Imperative, shown as the title of the code action: "Close the response body". */
  readonly title: string;
  readonly safety: 'safe' | 'suggestion';
  readonly preferred?: boolean;
  readonly edits: readonly FixEdit[];
}

export interface PassVerdict {
  readonly kind: 'pass';
  readonly subject: Span;
}

export interface FailVerdict {
  readonly kind: 'fail';
  readonly subject: Span;
  /** Key into the rule's `messages`. */
  readonly message: string;
  /** Values for the `{name}` placeholders of the message. */
  readonly args?: Readonly<Record<string, string>>;
  readonly related?: readonly Related[];
  readonly fixes?: readonly Fix[];
  /** Lowers or raises the rule's default severity for this one finding. */
  readonly severity?: Severity;
}

/** A statement about the code that workspace judges read: see core/engine/factIndex. */
export interface FactVerdict {
  readonly kind: 'fact';
  readonly name: string;
  /** What the fact is about: a declared name, a route path, a variable. Facts are looked up by it. */
  readonly key: string;
  readonly value: Json;
  readonly subject: Span;
}

export type Verdict = PassVerdict | FailVerdict | FactVerdict;

/** A fact with its place in the workspace, as judges see it. */
export interface Fact {
  readonly name: string;
  readonly key: string;
  readonly value: Json;
  readonly place: Place;
}

/** What a workspace judge says. `unknown`: the subject exists but files alone cannot decide. */
export type WorkspaceVerdict =
  | { readonly kind: 'pass'; readonly subject: Place; readonly note?: string }
  | { readonly kind: 'unknown'; readonly subject: Place; readonly note: string }
  | {
      readonly kind: 'fail';
      readonly subject: Place;
      readonly message: string;
      readonly args?: Readonly<Record<string, string>>;
      readonly related?: readonly { readonly place: Place; readonly message: string }[];
      readonly fixes?: readonly Fix[];
      readonly severity?: Severity;
    };

export const SEVERITIES = ['critical', 'high', 'medium', 'low'] as const;
export type Severity = (typeof SEVERITIES)[number];

export const CONFIDENCES = ['certain', 'likely', 'heuristic'] as const;
export type Confidence = (typeof CONFIDENCES)[number];

export const CATEGORY_IDS = [
  'concurrency',
  'resources',
  'errors',
  'performance',
  'security',
  'configuration',
  'observability',
  'testing',
  'documentation',
  'quality',
] as const;
export type CategoryId = (typeof CATEGORY_IDS)[number];
