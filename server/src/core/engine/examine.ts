/**
 * Examination of one chunk: a single walk over the flat tree that hands every node to the detectors of its kind.
 * The result is a function of the chunk's text, the file's context and the rule set alone, so it may be reused as long
 * as these are the same. A detector that throws is reported and yields nothing; it never stops the others.
 */
import type { FileRole, LanguageId } from '../model/file.ts';
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
import type { InputEdit } from '../syntax/syntax.ts';
import type { LanguageSupport } from './language.ts';
import { TriggerScanner } from './triggers.ts';

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
  readonly id: string;
  readonly options: Json;
  readonly detector: Detector<unknown>;
  readonly roles: readonly FileRole[];
}

const RULE_ROLES: readonly FileRole[] = ['production'];
const EXTRACTOR_ROLES: readonly FileRole[] = ['production', 'generated', 'example'];

/** The node detectors of one language. */
interface NodeDispatch {
  readonly actives: readonly Active[];
  readonly scanner: TriggerScanner;
  /** For each detector 1 when it looks at files of a role. */
  readonly masks: Map<FileRole, Uint8Array>;
  /** The same when the rules do not apply. */
  readonly extractorMasks: Map<FileRole, Uint8Array>;
  readonly calledName: LanguageSupport['calledName'];
  readonly importedPath: LanguageSupport['importedPath'];
  /** Detectors by kind of node. */
  table: readonly (KindEntry | undefined)[] | null;
}

/** The detectors of a kind of node. */
interface KindEntry {
  readonly detectors: readonly number[];
  /**
   * For each name that was met in a call or an import, what the detectors at the same positions say of it, as far as they
   * were asked; null when none of them asks for names. A record, since its keys are copies: those of a map would keep the
   * texts alive that they were cut out of.
   */
  readonly byName: Record<string, Uint8Array> | null;
}

/** What a detector says of a name. */
const LOOKS = 1;
const PASSES_BY = 2;

/** Detectors by language, prepared once per rule set. */
export interface Dispatch {
  readonly rules: readonly Rule[];
  readonly nodeDetectors: ReadonlyMap<LanguageId, NodeDispatch>;
  /** Those of a language, and behind them those of any. */
  readonly textDetectors: (language: LanguageId) => TextDispatch;
}

interface TextDispatch {
  readonly actives: readonly Active[];
  readonly scanner: TriggerScanner;
}

function isText(detector: Detector<unknown>): detector is TextDetector<unknown> {
  return 'text' in detector;
}

/** Prepares the dispatch; `options` gives each rule the options that it has where nobody says otherwise. */
export function prepareDispatch(
  rules: readonly Rule[],
  extractors: readonly Extractor[],
  options: (rule: Rule) => Json,
  languages: ReadonlyMap<LanguageId, LanguageSupport>,
): Dispatch {
  const nodeDetectors = new Map<LanguageId, Active[]>();
  const textDetectors = new Map<LanguageId | 'any', Active[]>();
  const add = (language: LanguageId | 'any', active: Active): void => {
    const map = (isText(active.detector) ? textDetectors : nodeDetectors) as Map<LanguageId | 'any', Active[]>;
    const list = map.get(language);
    if (list === undefined) map.set(language, [active]);
    else list.push(active);
  };
  for (const extractor of extractors) {
    const { detector, roles = EXTRACTOR_ROLES } = extractor;
    add(extractor.language, {
      rule: -1,
      id: extractor.id,
      options: null,
      detector: detector as Detector<unknown>,
      roles,
    });
  }
  rules.forEach((rule, index) => {
    const resolved = options(rule);
    for (const [language, detectors] of Object.entries(rule.on)) {
      for (const detector of detectors ?? []) {
        const { roles = RULE_ROLES } = rule;
        add(language as LanguageId | 'any', {
          rule: index,
          id: rule.id,
          options: resolved,
          detector: detector as Detector<unknown>,
          roles,
        });
      }
    }
  });
  const prepared = new Map<LanguageId, NodeDispatch>();
  for (const [language, actives] of nodeDetectors) {
    const scanner = new TriggerScanner(actives.map(({ detector }) => detector.triggers));
    prepared.set(language, {
      actives,
      scanner,
      masks: new Map(),
      extractorMasks: new Map(),
      calledName: (node) => languages.get(language)?.calledName(node) ?? null,
      importedPath: (node) => languages.get(language)?.importedPath(node) ?? null,
      table: null,
    });
  }
  const texts = new Map<LanguageId, TextDispatch>();
  const textsOf = (language: LanguageId): TextDispatch => {
    let known = texts.get(language);
    if (known === undefined) {
      const actives = [...(textDetectors.get(language) ?? []), ...(textDetectors.get('any') ?? [])];
      known = { actives, scanner: new TriggerScanner(actives.map(({ detector }) => detector.triggers)) };
      texts.set(language, known);
    }
    return known;
  };
  return { rules, nodeDetectors: prepared, textDetectors: textsOf };
}

function tableOf(own: NodeDispatch, grammar: GrammarTables): readonly (KindEntry | undefined)[] {
  if (own.table === null) {
    const byKind = new Map<string, number[]>();
    own.actives.forEach((active, index) => {
      for (const kind of (active.detector as NodeDetector).kinds) {
        const list = byKind.get(kind);
        if (list === undefined) byKind.set(kind, [index]);
        else list.push(index);
      }
    });
    own.table = grammar.kinds.map((name) => {
      const detectors = byKind.get(name);
      if (detectors === undefined) return undefined;
      const asksForNames = detectors.some((index) => {
        const { calls, imports } = own.actives[index]!.detector as NodeDetector;
        return calls !== undefined || imports !== undefined;
      });
      return { detectors, byName: asksForNames ? Object.create(null) : null };
    });
  }
  return own.table;
}

/** The positions in `detectors` of those that look at a chunk. */
function wantedIn({ detectors }: KindEntry, flags: Uint8Array): readonly number[] {
  const wanted: number[] = [];
  for (let at = 0; at < detectors.length; at++) if (flags[detectors[at]!] === 1) wanted.push(at);
  return wanted;
}

/**
 * Which detectors look at a chunk with this text, as a flag for each; null: none, and its tree is of no use. With
 * `rulesApply` false (syntax errors, conflict markers) only extractors look, so that declarations stay known while
 * somebody types.
 */
export function detectorsFor(
  dispatch: Dispatch,
  file: FileContext,
  text: string,
  rulesApply: boolean,
): Uint8Array | null {
  const own = dispatch.nodeDetectors.get(file.language);
  if (own === undefined) return null;
  const masks = rulesApply ? own.masks : own.extractorMasks;
  let mask = masks.get(file.role);
  if (mask === undefined) {
    mask = Uint8Array.from(own.actives, (active) => (applies(active, file, rulesApply) ? 1 : 0));
    masks.set(file.role, mask);
  }
  const wanted = own.scanner.scan(text);
  let any = false;
  for (let i = 0; i < wanted.length; i++) {
    wanted[i]! &= mask[i]!;
    if (wanted[i] === 1) any = true;
  }
  return any ? wanted : null;
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

/** Rule id -> options, where they are not the default. */
type Options = Readonly<Record<string, Json>> | null;

function optionsFor(active: Active, given: Options): Json {
  return given !== null && Object.hasOwn(given, active.id) ? given[active.id]! : active.options;
}

/** Examines a chunk of a tree-sitter language with the detectors that `detectorsFor` gave for it, and uses them up. */
export function examineChunk(
  dispatch: Dispatch,
  tree: FlatTree,
  file: FileContext,
  anchor: Anchor,
  detectors: Uint8Array,
  options: Options = null,
): Examination {
  const own = dispatch.nodeDetectors.get(file.language)!;
  const table = tableOf(own, tree.grammar);
  const collector = new Collector(file.path, anchor);
  const context = new Context(file);
  const { kinds, size } = tree;
  // Most detectors of a kind do not look at most chunks; who does is found once for each kind, not for each node.
  const wantedOf: (readonly number[] | undefined)[] = [];
  for (let i = 0; i < size; i++) {
    const kind = kinds[i]!;
    const entry = table[kind];
    if (entry === undefined) continue;
    let wanted = wantedOf[kind];
    if (wanted === undefined) {
      wanted = wantedIn(entry, detectors);
      wantedOf[kind] = wanted;
    }
    if (wanted.length === 0) continue;
    const node = new FlatNode(tree, i);
    const { byName } = entry;
    const called = byName === null ? null : own.calledName(node);
    const name = called ?? (byName === null ? null : own.importedPath(node));
    let known: Uint8Array | null = null;
    if (byName !== null && name !== null) {
      byName[name] ??= new Uint8Array(entry.detectors.length);
      known = byName[name];
    }
    for (const at of wanted) {
      if (known !== null && known[at] === PASSES_BY) continue;
      const index = entry.detectors[at]!;
      if (detectors[index] === 0) continue;
      const active = own.actives[index]!;
      const detector = active.detector as NodeDetector;
      context.options = optionsFor(active, options);
      try {
        if (known !== null && known[at] !== LOOKS) {
          const asks = called === null ? detector.imports : detector.calls;
          known[at] = asks === undefined || asks(name!) ? LOOKS : PASSES_BY;
          if (known[at] === PASSES_BY) continue;
        }
        if (detector.when !== undefined && !detector.when(node, context)) continue;
        collector.take(active.rule, detector.check(node, context));
      } catch (error) {
        detectors[index] = 0;
        collector.fail(active.rule, error);
      }
    }
  }
  return collector.result;
}

/**
 * Which text detectors of a file's language have a trigger word in its text, as a flag for each. `before`: the flags of
 * the text that `edit` made this one of; only what is near the edit is searched for words that were not there then.
 */
export function textDetectorsFor(
  dispatch: Dispatch,
  language: LanguageId,
  text: string,
  before: Uint8Array | null,
  edit: InputEdit | null,
): Uint8Array {
  const { actives, scanner } = dispatch.textDetectors(language);
  if (before === null || edit === null) return scanner.scan(text);
  const wanted = scanner.scan(text.slice(Math.max(0, edit.start - scanner.longest), edit.newEnd + scanner.longest));
  actives.forEach(({ detector: { triggers } }, index) => {
    if (before[index] === 0 || wanted[index] === 1) return;
    if (triggers?.some((word) => text.includes(word)) !== false) wanted[index] = 1;
  });
  return wanted;
}

/** Examines the text of a whole file with the text detectors that `textDetectorsFor` gave for it, a step for each. */
export function* examineText(
  dispatch: Dispatch,
  text: string,
  file: FileContext,
  anchor: Anchor,
  detectors: Uint8Array,
  options: Options = null,
): Generator<undefined, Examination> {
  const collector = new Collector(file.path, anchor);
  const context = new Context(file);
  for (const [index, active] of dispatch.textDetectors(file.language).actives.entries()) {
    if (detectors[index] === 0 || !applies(active, file, true)) continue;
    context.options = optionsFor(active, options);
    try {
      collector.take(active.rule, (active.detector as TextDetector).check(text, context));
    } catch (error) {
      collector.fail(active.rule, error);
    }
    yield;
  }
  return collector.result;
}

function applies(active: Active, file: FileContext, rulesApply: boolean): boolean {
  return active.roles.includes(file.role) && (rulesApply || active.rule < 0);
}
