/**
 * Examination of one chunk: a single walk over the flat tree that hands every node to the detectors of its kind.
 * The result is a function of the chunk's text, the file's context and the rule set alone, so it may be reused as long
 * as these are the same. A detector that throws is reported and yields nothing; it never stops the others.
 */
import type { LanguageId } from '../model/file.ts';
import type { Json } from '../model/json.ts';
import type { Anchor } from '../model/location.ts';
import type { Fact, FailVerdict, Verdict } from '../model/verdict.ts';
import type {
  Analysis,
  ChunkContext,
  Detector,
  Extractor,
  FileContext,
  NodeDetector,
  Rule,
  TextDetector,
} from '../rulekit/rule.ts';
import { FlatNode, type FlatTree, type GrammarTables } from '../syntax/flatTree.ts';

/** A passing or failing verdict of a rule, with the chunk's coordinates. */
export interface RuleVerdict {
  readonly rule: number;
  readonly verdict: { readonly kind: 'pass'; readonly subject: { start: number; end: number } } | FailVerdict;
}

export interface Examination {
  readonly verdicts: readonly RuleVerdict[];
  readonly facts: readonly Fact[];
  readonly failures: readonly { readonly rule: number; readonly message: string }[];
}

export const EMPTY_EXAMINATION: Examination = { verdicts: [], facts: [], failures: [] };

/** More verdicts than this from one detector on one chunk are a defect of the detector. */
const VERDICT_LIMIT = 20_000;

interface Active {
  /** Index into the rules; -1 for an extractor. */
  readonly rule: number;
  readonly options: Json;
  readonly detector: Detector<unknown>;
  /** Indexes of the trigger words in `Dispatch.words`; `null` when the detector always looks. */
  readonly triggers: readonly number[] | null;
}

/** Detectors by language, prepared once per rule set. */
export interface Dispatch {
  readonly rules: readonly Rule[];
  /** Every trigger word there is. */
  readonly words: readonly string[];
  readonly nodeDetectors: ReadonlyMap<LanguageId, readonly Active[]>;
  readonly textDetectors: ReadonlyMap<LanguageId | 'any', readonly Active[]>;
  readonly tables: WeakMap<GrammarTables, readonly (readonly number[] | undefined)[]>;
}

function isText(detector: Detector<unknown>): detector is TextDetector<unknown> {
  return 'text' in detector;
}

/** Prepares the dispatch; `options` gives each rule its resolved options. */
export function prepareDispatch(
  rules: readonly Rule[],
  extractors: readonly Extractor[],
  options: (rule: Rule) => Json,
): Dispatch {
  const nodeDetectors = new Map<LanguageId, Active[]>();
  const textDetectors = new Map<LanguageId | 'any', Active[]>();
  const words: string[] = [];
  const indexes = new Map<string, number>();
  const indexOf = (word: string): number => {
    let index = indexes.get(word);
    if (index === undefined) {
      index = words.push(word) - 1;
      indexes.set(word, index);
    }
    return index;
  };
  const add = (language: LanguageId | 'any', rule: number, resolved: Json, detector: Detector<unknown>): void => {
    const triggers = detector.triggers?.map(indexOf) ?? null;
    const active: Active = { rule, options: resolved, detector, triggers };
    const map = (isText(active.detector) ? textDetectors : nodeDetectors) as Map<LanguageId | 'any', Active[]>;
    const list = map.get(language);
    if (list === undefined) map.set(language, [active]);
    else list.push(active);
  };
  for (const extractor of extractors) {
    add(extractor.language, -1, null, extractor.detector as Detector<unknown>);
  }
  rules.forEach((rule, index) => {
    const resolved = options(rule);
    for (const [language, detectors] of Object.entries(rule.on)) {
      for (const detector of detectors ?? []) {
        add(language as LanguageId | 'any', index, resolved, detector as Detector<unknown>);
      }
    }
  });
  return { rules, words, nodeDetectors, textDetectors, tables: new WeakMap() };
}

function tableFor(
  dispatch: Dispatch,
  grammar: GrammarTables,
  actives: readonly Active[],
): readonly (readonly number[] | undefined)[] {
  let table = dispatch.tables.get(grammar);
  if (table === undefined) {
    const byName = new Map<string, number[]>();
    actives.forEach((active, index) => {
      for (const kind of (active.detector as NodeDetector).kinds) {
        const list = byName.get(kind);
        if (list === undefined) byName.set(kind, [index]);
        else list.push(index);
      }
    });
    table = grammar.kinds.map((name) => byName.get(name));
    dispatch.tables.set(grammar, table);
  }
  return table;
}

const UNKNOWN = 0;
const PRESENT = 1;
const ABSENT = 2;

/** Which trigger words occur in a text: each is searched once, and not at all when a text around it lacks it. */
export class TriggerWords {
  readonly #words: readonly string[];
  readonly #text: string;
  readonly #known: Uint8Array;
  readonly #wider: TriggerWords | null;
  /** Detectors of a language that the words do not rule out. */
  #candidates: readonly number[] | null = null;

  /** `wider` is what is known of the text that holds this one. */
  constructor(words: readonly string[], text: string, wider: TriggerWords | null) {
    this.#words = words;
    this.#text = text;
    this.#known = new Uint8Array(words.length);
    this.#wider = wider;
  }

  #has(word: number): boolean {
    let known = this.#known[word]!;
    if (known === UNKNOWN) {
      const found = (this.#wider === null || this.#wider.#has(word)) && this.#text.includes(this.#words[word]!);
      known = found ? PRESENT : ABSENT;
      this.#known[word] = known;
    }
    return known === PRESENT;
  }

  allows(active: Active): boolean {
    const { triggers } = active;
    if (triggers === null) return true;
    for (const word of triggers) if (this.#has(word)) return true;
    return false;
  }

  /** Indexes of the detectors that may find something in this text; all texts of a file share its list. */
  candidates(actives: readonly Active[]): readonly number[] {
    if (this.#candidates === null) {
      const list: number[] = [];
      for (let i = 0; i < actives.length; i++) if (this.allows(actives[i]!)) list.push(i);
      this.#candidates = list;
    }
    return this.#candidates;
  }
}

class Context implements ChunkContext {
  readonly file: FileContext;
  options: unknown = null;
  readonly #results = new Map<string, Map<number, unknown>>();

  constructor(file: FileContext) {
    this.file = file;
  }

  get<N extends FlatNode, T>(analysis: Analysis<N, T>, node: N): T {
    let ofAnalysis = this.#results.get(analysis.name);
    if (ofAnalysis === undefined) {
      ofAnalysis = new Map();
      this.#results.set(analysis.name, ofAnalysis);
    }
    if (ofAnalysis.has(node.index)) return ofAnalysis.get(node.index) as T;
    const result = analysis.compute(node, this);
    ofAnalysis.set(node.index, result);
    return result;
  }
}

/** Collects what detectors say about one text, with its anchor. */
class Collector {
  readonly verdicts: RuleVerdict[] = [];
  readonly facts: Fact[] = [];
  readonly failures: { rule: number; message: string }[] = [];
  readonly #path: string;
  readonly #anchor: Anchor;

  constructor(path: string, anchor: Anchor) {
    this.#path = path;
    this.#anchor = anchor;
  }

  take(rule: number, verdicts: Iterable<Verdict>): void {
    let count = 0;
    for (const verdict of verdicts) {
      if (++count > VERDICT_LIMIT) throw new Error(`more than ${VERDICT_LIMIT} verdicts on one chunk`);
      if (verdict.kind === 'fact') {
        this.facts.push({
          name: verdict.name,
          key: verdict.key,
          value: verdict.value,
          place: { path: this.#path, anchor: this.#anchor, span: verdict.subject },
        });
      } else if (rule >= 0) this.verdicts.push({ rule, verdict });
    }
  }

  fail(rule: number, error: unknown): void {
    this.failures.push({ rule, message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }

  get result(): Examination {
    return { verdicts: this.verdicts, facts: this.facts, failures: this.failures };
  }
}

/**
 * Examines a chunk of a tree-sitter language. With `rulesApply` false (syntax errors, conflict markers) only the
 * extractors look at it, so that declarations stay known while somebody types.
 */
export function examineChunk(
  dispatch: Dispatch,
  tree: FlatTree,
  file: FileContext,
  anchor: Anchor,
  fileWords: TriggerWords,
  rulesApply: boolean,
): Examination {
  const actives = dispatch.nodeDetectors.get(file.language);
  if (actives === undefined) return EMPTY_EXAMINATION;
  const table = tableFor(dispatch, tree.grammar, actives);
  const words = new TriggerWords(dispatch.words, tree.text, fileWords);
  const enabled = new Uint8Array(actives.length);
  let any = false;
  for (const index of fileWords.candidates(actives)) {
    const active = actives[index]!;
    if (!applies(dispatch, active, file, rulesApply) || !words.allows(active)) continue;
    enabled[index] = 1;
    any = true;
  }
  if (!any) return EMPTY_EXAMINATION;
  const collector = new Collector(file.path, anchor);
  const context = new Context(file);
  for (let i = 0; i < tree.size; i++) {
    const list = table[tree.kinds[i]!];
    if (list === undefined) continue;
    for (const index of list) {
      if (enabled[index] === 0) continue;
      const active = actives[index]!;
      context.options = active.options;
      try {
        collector.take(active.rule, (active.detector as NodeDetector).check(new FlatNode(tree, i), context));
      } catch (error) {
        enabled[index] = 0;
        collector.fail(active.rule, error);
      }
    }
  }
  return collector.result;
}

/** Examines the text of a whole file with the text detectors of its language and those for any file. */
export function examineText(
  dispatch: Dispatch,
  text: string,
  file: FileContext,
  anchor: Anchor,
  words: TriggerWords,
): Examination {
  const collector = new Collector(file.path, anchor);
  const context = new Context(file);
  for (const language of [file.language, 'any'] as const) {
    for (const active of dispatch.textDetectors.get(language) ?? []) {
      if (!applies(dispatch, active, file, true) || !words.allows(active)) continue;
      context.options = active.options;
      try {
        collector.take(active.rule, (active.detector as TextDetector).check(text, context));
      } catch (error) {
        collector.fail(active.rule, error);
      }
    }
  }
  return collector.result;
}

function applies(dispatch: Dispatch, active: Active, file: FileContext, rulesApply: boolean): boolean {
  if (file.role === 'vendored') return false;
  if (active.rule < 0) return true;
  const roles = dispatch.rules[active.rule]!.roles;
  return rulesApply && (roles === undefined ? file.role === 'production' : roles.includes(file.role));
}
