/**
 * Which detectors a text can interest: all their trigger words are searched in one pass over the text, with the
 * automaton of Aho and Corasick ("Efficient string matching", 1975). It answers which detectors, never where.
 */

/** Characters from here on are in no trigger word. */
const ASCII = 128;

export class TriggerScanner {
  /** For each detector 1 when it looks at every text. */
  readonly #always: Uint8Array;
  /** Class of each ASCII character: 0 for those of no word. */
  readonly #classes = new Uint8Array(ASCII);
  readonly #classCount: number;
  /** Next state by state and class. The start is state 0, and states that are seldom entered lie apart from the others. */
  readonly #next: Uint16Array | Uint32Array;
  /** From this state on some word ends in each. */
  readonly #firstEnd: number;
  /** Detectors of the words that end there, by state behind the first. */
  readonly #detectors: readonly (readonly number[])[];
  /** By state behind the first: the scan that met its words last. */
  readonly #met: Uint32Array;
  #scans = 0;
  /** Characters of the longest word. */
  readonly longest: number;

  /**
   * `triggers`: the words of each detector, any of which is enough; `undefined` for one that looks at every text.
   * Throws when a word is empty or not ASCII, which is a mistake in a rule.
   */
  constructor(triggers: readonly (readonly string[] | undefined)[]) {
    this.#always = Uint8Array.from(triggers, (words) => (words === undefined ? 1 : 0));
    const detectorsOf = new Map<string, number[]>();
    triggers.forEach((words, detector) => {
      for (const word of words ?? []) {
        const list = detectorsOf.get(word);
        if (list === undefined) detectorsOf.set(word, [detector]);
        else list.push(detector);
      }
    });
    this.longest = Math.max(0, ...[...detectorsOf.keys()].map((word) => word.length));

    let classes = 1;
    for (const word of detectorsOf.keys()) {
      if (word === '') throw new Error('A trigger word is empty.');
      for (let i = 0; i < word.length; i++) {
        const code = word.charCodeAt(i);
        if (code >= ASCII) throw new Error(`The trigger word ${word} is not ASCII.`);
        if (this.#classes[code] === 0) this.#classes[code] = classes++;
      }
    }

    // The words as a trie; row 0 is the root, and 0 in a cell says that there is no child.
    const rows: Uint32Array[] = [new Uint32Array(classes)];
    const ending = new Map<number, Set<number>>();
    for (const [word, detectors] of detectorsOf) {
      let row = 0;
      for (let i = 0; i < word.length; i++) {
        const symbol = this.#classes[word.charCodeAt(i)]!;
        if (rows[row]![symbol] === 0) rows[row]![symbol] = rows.push(new Uint32Array(classes)) - 1;
        row = rows[row]![symbol]!;
      }
      const all = ending.get(row) ?? new Set();
      for (const detector of detectors) all.add(detector);
      ending.set(row, all);
    }

    // In breadth, so that the row of a shorter suffix is complete before it is needed.
    const suffixes = new Uint32Array(rows.length);
    const queue = [0];
    for (let at = 0; at < queue.length; at++) {
      const row = queue[at]!;
      const suffix = suffixes[row]!;
      for (const detector of row === 0 ? [] : (ending.get(suffix) ?? [])) {
        const all = ending.get(row) ?? new Set();
        ending.set(row, all.add(detector));
      }
      for (let symbol = 1; symbol < classes; symbol++) {
        const child = rows[row]![symbol]!;
        const fallback = row === 0 ? 0 : rows[suffix]![symbol]!;
        if (child === 0) rows[row]![symbol] = fallback;
        else {
          suffixes[child] = fallback;
          queue.push(child);
        }
      }
    }

    // Those near the start first, which texts are in nearly all of the time, and those where words end last.
    const order = [...queue.filter((row) => !ending.has(row)), ...queue.filter((row) => ending.has(row))];
    const states = new Uint32Array(rows.length);
    order.forEach((row, state) => {
      states[row] = state;
    });
    this.#classCount = classes;
    this.#firstEnd = rows.length - ending.size;
    this.#next = new (rows.length <= 0x10000 ? Uint16Array : Uint32Array)(rows.length * classes);
    order.forEach((row, state) => {
      rows[row]!.forEach((cell, symbol) => {
        this.#next[state * classes + symbol] = states[cell]!;
      });
    });
    this.#detectors = order.slice(this.#firstEnd).map((row) => [...ending.get(row)!]);
    this.#met = new Uint32Array(ending.size);
  }

  /** For each detector 1 when it has to look at the text, else 0. */
  scan(text: string): Uint8Array {
    const wanted = this.#always.slice();
    const next = this.#next;
    const classes = this.#classes;
    const classCount = this.#classCount;
    const firstEnd = this.#firstEnd;
    const met = this.#met;
    this.#scans = this.#scans === 0xffffffff ? 1 : this.#scans + 1;
    const scan = this.#scans;
    let state = 0;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      state = code < ASCII ? next[state * classCount + classes[code]!]! : 0;
      if (state < firstEnd) continue;
      const end = state - firstEnd;
      if (met[end] === scan) continue;
      met[end] = scan;
      for (const detector of this.#detectors[end]!) wanted[detector] = 1;
    }
    return wanted;
  }
}
