/**
 * What builds ask for besides sources: stages of images by name, and variables that the linker sets in Go programs, in
 * whatever file the command stands. Facts `build.target` and `build.linker-symbol`: see knowledge/facts.ts. Which package
 * a flag means, and whether it has the variable, is for the judge.
 */
import type { LanguageId } from '../../core/model/file.ts';
import type { FactVerdict } from '../../core/model/verdict.ts';
import type { Extractor, NodeDetector, TextDetector } from '../../core/rulekit/rule.ts';
import type { GoHeader } from '../../languages/go/header.ts';
import type { GoNode } from '../../languages/go/nodes.gen.ts';
import { state } from '../facts.ts';

const LIMIT = 500_000;

/** `--target NAME`, `target: NAME`, `"target": "NAME"`, `target = "NAME"`. */
const NAMED = /--target(?:[ \t]+|=)["']?([^\s"',;)\]]+)|["']?\btarget["']?[ \t]*[:=][ \t]*["']?([^\s"',}]+)/gi;
const targets: TextDetector = {
  text: true,
  triggers: ['target', 'Target', 'TARGET'],
  *check(text) {
    if (text.length > LIMIT) return;
    const seen = new Set<string>();
    for (const match of text.matchAll(NAMED)) {
      const written = match[1] ?? match[2]!;
      const name = /^[\w.-]+$/.test(written) ? written.toLowerCase() : written.includes('$') && match[1] ? '' : null;
      if (name === null || seen.has(name)) continue;
      seen.add(name);
      yield state('build.target', name, null, { start: match.index, end: match.index + match[0].length });
    }
  },
};

/** The package may be written with variables; the name may not. */
const FLAG = /(?<![\w-])-X(?:[ \t]+|=)(?:\\?["'])?((?:[\w./~-]|\$[({][^()\s{}]+[)}]|\$\w+)+)\.([A-Za-z_]\w*)=/g;
const MODULE = /^\$\(\s*(?:shell\s+)?go list -m\s*\)$|^`go list -m`$/;

/** The value of a variable that the file sets once, to something that is no expression. */
function valueIn(name: string, text: string): string | null {
  const set = [
    ...text.matchAll(
      new RegExp(`^[ \\t]*(?:export[ \\t]+|ARG[ \\t]+|ENV[ \\t]+)?${name}[ \\t]*[:?]?=[ \\t]*(.*?)[ \\t]*$`, 'gm'),
    ),
  ];
  if (set.length !== 1) return null;
  const value = set[0]![1]!.replace(/^(["'])(.*)\1$/, '$2').replace(/\s+#.*$/, '');
  if (MODULE.test(value)) return '@module';
  return value;
}

/** How many variables may name other variables. */
const DEPTH = 4;

/** The package with variables replaced; null when one is not known. */
function packageOf(written: string, text: string): string | null {
  let path = written;
  for (let depth = 0; depth < DEPTH && path.includes('$'); depth++) {
    let known = true;
    path = path.replace(/\$(?:\(([^()]*)\)|\{([^{}]*)\}|(\w+))/g, (_whole, ...groups: (string | undefined)[]) => {
      const name = groups[0] ?? groups[1] ?? groups[2] ?? '';
      const value = /^\w+$/.test(name) ? valueIn(name, text) : null;
      if (value === null) known = false;
      return value ?? '';
    });
    if (!known) return null;
  }
  return /^(?:@module|[\w.~-]+)(?:\/[\w.~-]+)*$/.test(path) ? path : null;
}

/** Commands that build something else than what the workspace holds, or a test. */
const ELSEWHERE = /\bgo(?:\s+(?:install|get|run))\b[^\n]*@(?:v?\d|latest|\$)|\bgo\s+test\b|git clone/;

function* flagsIn(text: string, all: string, offset: number): Generator<FactVerdict> {
  for (const match of text.matchAll(FLAG)) {
    const lineStart = text.lastIndexOf('\n', match.index - 1) + 1;
    const lineEnd = text.indexOf('\n', match.index);
    const line = text.slice(lineStart, lineEnd < 0 ? text.length : lineEnd);
    if (/^\s*(?:#|\/\/)/.test(line) || ELSEWHERE.test(line)) continue;
    const path = packageOf(match[1]!, all);
    if (path === null) continue;
    const start = match.index + match[0].length - 1 - match[2]!.length - 1 - match[1]!.length;
    const span = { start: offset + start, end: offset + match.index + match[0].length - 1 };
    yield state('build.linker-symbol', match[2]!, { package: path }, span);
  }
}

const linkerFlags: TextDetector = {
  text: true,
  triggers: ['-X ', '-X='],
  *check(text) {
    // A byte order mark counts as a blank, so that offsets stay as they are.
    const plain = text.replace(/^\uFEFF/, ' ');
    if (text.length < LIMIT) yield* flagsIn(plain, plain, 0);
  },
};

/** Build programs in Go: `"-X example.com/shop/cmd.Version=" + version`. */
const goBuildPrograms: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['interpreted_string_literal', 'raw_string_literal'],
  triggers: ['-X '],
  when: (literal) => literal.text.includes('-X '),
  *check(literal) {
    yield* flagsIn(literal.text, '', literal.start);
  },
};

const OUTPUT = /\bgo\s+build\b[^\n;&|]*?\s-o[ =]["']?([\w./${}()-]*\/)?([\w.-]+)/g;

/** Names of the programs that builds make. */
const outputs: TextDetector = {
  text: true,
  triggers: ['go build'],
  *check(text) {
    if (text.length > LIMIT) return;
    for (const match of text.matchAll(OUTPUT))
      yield state('build.output', match[2]!, null, { start: match.index, end: match.index + match[0].length });
  },
};

const BUILDING: readonly LanguageId[] = ['dockerfile', 'makefile', 'shell', 'workflow', 'yaml', 'json', 'toml', 'text'];
const NAMING: readonly LanguageId[] = [...BUILDING, 'compose', 'markdown'];

export const extractors: readonly Extractor[] = [
  ...NAMING.map((language) => ({ id: `build.targets.${language}`, language, detector: targets })),
  ...BUILDING.map((language) => ({ id: `build.linker.${language}`, language, detector: linkerFlags })),
  ...BUILDING.map((language) => ({ id: `build.outputs.${language}`, language, detector: outputs })),
  { id: 'build.linker.go', language: 'go', detector: goBuildPrograms as NodeDetector },
];
