/**
 * What client and server say to each other beyond LSP: types and names only, no code. The one file of the server that
 * the client may import. Everything that the client shows is computed by the server and drawn as it comes.
 */

/** Options given with `initialize`. */
export interface InitializationOptions {
  /** The client renders command links of hover texts (`command:` URIs), e.g. VS Code. */
  readonly commandLinks?: boolean;
  /**
   * Folder of this machine (absolute path) where the server may keep what it found, so that it need not look at unchanged files again;
   * null: nowhere. Without it the user's cache folder is used.
   */
  readonly cacheFolder?: string | null;
  /**
   * Folder of this machine (absolute path), of this workspace alone, where the server may remember its audits, for the trend in the
   * report; without it they are not remembered.
   */
  readonly historyFolder?: string | null;
}

/** Settings section of the client, pulled by `workspace/configuration`. */
export const SETTINGS_SECTION = 'shipworthy';
export interface Settings {
  /** Off: nothing is analysed. */
  readonly enable: boolean;
  /** Rule id -> severity override or "off". */
  readonly rules: Readonly<Record<string, 'critical' | 'high' | 'medium' | 'low' | 'off'>>;
  /** Globs (workspace-relative) left out besides `.gitignore`. */
  readonly exclude: readonly string[];
  /** Whether preview rules are shown. They never count in the score. */
  readonly previewRules: boolean;
}

/** Server -> client notification: the whole state of status bar, badge and view header. */
export const STATUS_NOTIFICATION = 'shipworthy/status';
export interface StatusParams {
  /**
   * `starting`: no result yet. `scanning`: results so far are shown. `ready`. `disabled`: by setting.
   * `empty`: the workspace holds no file that can be judged. `noFolder`: no folder open. `error`: see `message`.
   */
  readonly state: 'starting' | 'scanning' | 'ready' | 'disabled' | 'empty' | 'noFolder' | 'error';
  readonly message?: string;
  /** e.g. "B+ 84", or "B+ 84 · Security 75 → 84" behind an edit that changes a score. */
  readonly statusText: string;
  /** Markdown. */
  readonly statusTooltip: string;
  readonly statusAccessibility: string;
  /** Header of the view: e.g. "B+ · 84 · NOT READY". */
  readonly viewDescription: string;
  /** Number of blockers; 0 hides the badge. */
  readonly badge: number;
  readonly badgeTooltip: string;
  /** Increases with every change of the tree; the client then asks for the tree again. */
  readonly revision: number;
}

/** The trees: findings with their score, components with their grades, and what people decided. */
export type ViewName = 'scorecard' | 'components' | 'decisions';

/** How the reader wants to see the scorecard. What is not known is ignored. */
export interface ViewOptions {
  readonly group: 'category' | 'rule' | 'file' | 'component' | 'severity';
  /** Ids of filter choices. */
  readonly filters: readonly string[];
  /** Words that all have to occur. */
  readonly search: string;
}

/** Client -> server request: children of an element of a tree (top level when `parent` is absent). */
export const TREE_REQUEST = 'shipworthy/tree';
export interface TreeParams {
  /** Default: the scorecard. */
  readonly view?: ViewName;
  readonly parent?: string;
  /** For the scorecard; default: everything, by category. */
  readonly options?: ViewOptions;
}
export interface TreeElement {
  /** Stable across refreshes, so that expansion and selection survive. */
  readonly id: string;
  readonly label: string;
  readonly description: string;
  /** Markdown. */
  readonly tooltip: string;
  /** Codicon name without `$()`. */
  readonly icon: string;
  /** Theme colour id for the icon, e.g. `list.errorForeground`; '' for the default. */
  readonly iconColor: string;
  readonly collapsible: 'none' | 'collapsed' | 'expanded';
  /** What it is, such as `category` or `finding`; menus look at it. */
  readonly kind: string;
  readonly accessibilityLabel: string;
  /** What can be done with it, such as `fix`, `suppress` or `explain`; menus look at it. */
  readonly actions: readonly string[];
  /** Where a click leads. */
  readonly target?: {
    readonly uri: string;
    readonly range: {
      readonly start: { readonly line: number; readonly character: number };
      readonly end: { readonly line: number; readonly character: number };
    };
  };
  /** For actions: the rule's id. */
  readonly ruleId?: string;
  /** For actions: the finding. */
  readonly fingerprint?: string;
}

/** Client -> server request: what can be done about a finding, about all of a rule, or about everything. */
export const ACTIONS_REQUEST = 'shipworthy/actions';
export interface ActionsParams {
  /** `fix` mends, `suppress` leaves it and says why, `fixSafe` mends what is safe everywhere; the others are of baselines. */
  readonly purpose: 'fix' | 'suppress' | 'fixSafe' | 'createBaseline' | 'pruneBaseline';
  readonly ruleId?: string;
  /** With `uri`: a finding. */
  readonly fingerprint?: string;
  readonly uri?: string;
}
export interface ActionChoice {
  readonly title: string;
  readonly description: string;
  /** A question to ask before; the answer becomes `reason` in the `data` of the action. */
  readonly question?: string;
  /** A code action of LSP, to be resolved with `codeAction/resolve`. */
  readonly action: { readonly title: string; readonly data?: unknown };
}
export interface ActionsResult {
  readonly choices: readonly ActionChoice[];
  /** Why there is nothing to choose; '' when there is. */
  readonly message: string;
}

/** Command of the client that asks what to do with a finding; its argument is an `ActionsParams` without purpose. */
export const SUPPRESS_COMMAND = 'shipworthy.suppress';

/** Client -> server request: the filters that there are, each with how many findings it stands for. */
export const FILTERS_REQUEST = 'shipworthy/filters';
export interface FiltersParams {
  readonly options: ViewOptions;
}
export interface FilterChoice {
  readonly id: string;
  readonly section: string;
  readonly label: string;
  readonly description: string;
  readonly picked: boolean;
}
export type FiltersResult = readonly FilterChoice[];

/** Client -> server request: documentation of a rule as Markdown (offline). */
export const RULE_DOC_REQUEST = 'shipworthy/ruleDoc';
export interface RuleDocParams {
  readonly ruleId: string;
}
export interface RuleDocResult {
  readonly markdown: string;
}

/** A place in a file, as LSP has it. */
export interface PlaceRange {
  readonly start: { readonly line: number; readonly character: number };
  readonly end: { readonly line: number; readonly character: number };
}

/** Plain text with the little markup of rules; nothing in it is HTML, Markdown or a link. */
export type RichText = readonly { readonly text: string; readonly style?: 'code' | 'strong' }[];

/** A finding as a row that leads to its place. */
export interface PlaceItem {
  /** e.g. "api/socket.go:12" */
  readonly label: string;
  readonly text: string;
  readonly severity: string;
  readonly uri: string;
  readonly range: PlaceRange;
}

/** Client -> server request: all there is to say of a rule, for a page in the editor (offline); null: no such rule. */
export const RULE_PAGE_REQUEST = 'shipworthy/rulePage';
export interface RulePageParams {
  readonly ruleId: string;
}
export interface RulePage {
  readonly ruleId: string;
  readonly title: string;
  readonly facts: readonly { readonly label: string; readonly value: string }[];
  /** What a reader should know first; '' for nothing. */
  readonly notice: string;
  readonly sections: readonly { readonly title: string; readonly text: RichText }[];
  /** What the rule says of the workspace that is open. */
  readonly here: {
    readonly title: string;
    readonly sentences: readonly string[];
    readonly places: readonly PlaceItem[];
    readonly more: string;
  };
  readonly examples: readonly CodeExample[];
  readonly settings: {
    readonly title: string;
    readonly sentences: readonly RichText[];
    /** What to write into the configuration file. */
    readonly snippet: string;
  };
  /** `uri` is '' for what is no link. */
  readonly references: readonly { readonly label: string; readonly uri: string }[];
}
export interface CodeExample {
  readonly title: string;
  readonly tone: 'failing' | 'passing';
  /** Name of the file. */
  readonly name: string;
  /** The file goes on. */
  readonly isCut: boolean;
  readonly lines: readonly {
    readonly number: number;
    readonly tokens: readonly {
      readonly text: string;
      readonly kind: 'plain' | 'comment' | 'string' | 'number' | 'keyword';
      /** It is what the finding is about. */
      readonly marked: boolean;
    }[];
    readonly notes: readonly { readonly severity: string; readonly text: string }[];
  }[];
}

/** Client -> server request without parameters: the rules, for a list to choose from. */
export const RULES_REQUEST = 'shipworthy/rules';
export interface RuleItem {
  readonly ruleId: string;
  readonly title: string;
  /** e.g. "security · critical" */
  readonly detail: string;
  /** Its open findings. */
  readonly findings: number;
}

/** Client -> server request: the audit report of the workspace as it is now. */
export const REPORT_REQUEST = 'shipworthy/report';
export interface ReportParams {
  /** `summary`: grade, verdict and the way on, as Markdown. */
  readonly format: 'markdown' | 'html' | 'json' | 'sarif' | 'summary';
}
export interface ReportResult {
  readonly content: string;
}

/** Client -> server request without parameters: what the dashboard shows. */
export const DASHBOARD_REQUEST = 'shipworthy/dashboard';
export interface DashboardResult {
  /** Null while there is nothing to show; then `message` says why. */
  readonly page: Dashboard | null;
  readonly message: string;
}
export type Tone = 'good' | 'middling' | 'bad' | 'none';
/** Every text is plain text in the words to be shown; numbers are for charts alone. */
export interface Dashboard {
  readonly title: string;
  readonly overall: {
    /** '' when nothing is rated. */
    readonly grade: string;
    /** 0 to 100; null: not rated. */
    readonly score: number | null;
    readonly verdict: string;
    readonly tone: Tone;
    /** For screen readers. */
    readonly sentence: string;
    /** Why the verdict is what it is; '' when it needs no words. */
    readonly reason: string;
    readonly facts: readonly { readonly label: string; readonly value: string }[];
  };
  /** What to do: blockers, ways to better grades, conditions. */
  readonly groups: readonly {
    readonly title: string;
    readonly outcome: string;
    readonly ordered: boolean;
    readonly rules: readonly DashboardRule[];
  }[];
  readonly categories: { readonly title: string; readonly items: readonly DashboardCategory[] };
  /** Earlier audits by time, the present one last; empty when none is remembered. */
  readonly trend: {
    readonly title: string;
    readonly sentence: string;
    readonly columns: readonly string[];
    readonly entries: readonly {
      readonly label: string;
      readonly score: number | null;
      /** As many as there are columns. */
      readonly cells: readonly string[];
    }[];
  };
}
export interface DashboardRule {
  readonly ruleId: string;
  readonly title: string;
  readonly severity: string;
  readonly detail: string;
  /** Title of the action that applies the quick fixes of its findings; '' where there are none. */
  readonly fix: string;
  readonly places: readonly PlaceItem[];
  readonly more: string;
}
export interface DashboardCategory {
  readonly id: string;
  readonly title: string;
  readonly grade: string;
  readonly score: number | null;
  readonly tone: Tone;
  readonly detail: string;
  readonly ledger: readonly { readonly text: string; readonly points: string; readonly ruleId: string }[];
}

/** Client -> server request: the quick fixes of all findings of a rule as one edit. Those to be looked at ask for it. */
export const RULE_FIX_REQUEST = 'shipworthy/ruleFix';
export interface RuleFixParams {
  readonly ruleId: string;
}
export interface RuleFixResult {
  /** An LSP `WorkspaceEdit`; null where nothing can be mended. */
  readonly edit: object | null;
  /** How many findings it mends. */
  readonly findings: number;
}

/**
 * Client -> server request: a tool for language models. All are read-only; `input` is checked by the server, and `text` is
 * JSON or Markdown for the model, or what is wrong with the call, in words that help it to make a better one.
 */
export const TOOL_REQUEST = 'shipworthy/tool';
export type ToolName =
  | 'shipworthy_get_scorecard'
  | 'shipworthy_list_findings'
  | 'shipworthy_explain_rule'
  | 'shipworthy_preview_score';
export interface ToolParams {
  readonly name: ToolName;
  readonly input: unknown;
}
export interface ToolResult {
  readonly text: string;
  readonly isError: boolean;
}

/** Client -> server request without parameters: ends the scan that is under way; what was found stays. */
export const CANCEL_SCAN_REQUEST = 'shipworthy/cancelScan';

/** Client -> server request without parameters: the files that block shipping, to be marked. */
export const MARKS_REQUEST = 'shipworthy/marks';
export interface FileMark {
  readonly uri: string;
  /** Two characters at most. */
  readonly badge: string;
  readonly tooltip: string;
  /** Theme colour id. */
  readonly color: string;
}

/** Client -> server request without parameters: read every file again, as on a cold start; resolves when it has begun. */
export const RESCAN_REQUEST = 'shipworthy/rescan';

/**
 * Client -> server request for tests and `source.fixAll`: resolves when every pending edit is settled and all
 * workspace judges ran, with the revision that is published.
 */
export const SETTLED_REQUEST = 'shipworthy/settled';
export interface SettledResult {
  readonly revision: number;
}

/** Client -> server request without parameters, for the benchmark: how much work the analysis has done since the start. */
export const COUNTERS_REQUEST = 'shipworthy/counters';
export interface CountersResult {
  readonly chunksExamined: number;
  readonly chunksReused: number;
  readonly parses: number;
  readonly bytesParsed: number;
  readonly judgesRun: number;
}
