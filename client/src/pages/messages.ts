/**
 * What the extension and its webviews say to each other: types only. A webview gets data and never markup; what it sends
 * names one of a few actions.
 */
import type { Dashboard, PlaceRange, RulePage } from '../../../server/src/protocol.ts';

/** Words of the pages that do not come from the server, in the language of the editor. */
export type Labels = Readonly<Record<LabelId, string>>;
export type LabelId =
  | 'loading'
  | 'openSettings'
  | 'copySnippet'
  | 'copied'
  | 'configuration'
  | 'references'
  | 'places'
  | 'cut'
  | 'score'
  | 'notRated'
  | 'open'
  | 'explain'
  | 'exportReport'
  | 'copyMarkdown'
  | 'rescan'
  | 'table'
  | 'trendOf'
  | 'ofHundred';

export type PageMessage =
  | { readonly kind: 'rule'; readonly labels: Labels; readonly page: RulePage }
  | { readonly kind: 'dashboard'; readonly labels: Labels; readonly page: Dashboard }
  /** There is nothing to show, and why. */
  | { readonly kind: 'nothing'; readonly labels: Labels; readonly text: string };

export type PageAction =
  /** The page has loaded and wants its data. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'open'; readonly uri: string; readonly range: PlaceRange }
  | { readonly kind: 'explain'; readonly ruleId: string }
  | { readonly kind: 'browse'; readonly uri: string }
  | { readonly kind: 'copy'; readonly text: string }
  /** Applies the quick fixes of all findings of a rule. */
  | { readonly kind: 'fix'; readonly ruleId: string }
  | { readonly kind: 'exportReport' }
  | { readonly kind: 'copyMarkdown' }
  | { readonly kind: 'rescan' }
  | { readonly kind: 'openSettings' };

/** What a page keeps while it is hidden or the editor restarts. */
export interface PageState {
  readonly ruleId?: string;
}
