/** An engine with the real parser, for tests: one parser per process, any set of rules. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createRecipes } from '../../server/src/configuration/recipes.ts';
import { DEFAULT_CONFIGURATION } from '../../server/src/core/engine/configuration.ts';
import { Engine } from '../../server/src/core/engine/engine.ts';
import { isManifest, languageOf } from '../../server/src/core/engine/roles.ts';
import { directoryOf } from '../../server/src/core/model/path.ts';
import type { Rule } from '../../server/src/core/rulekit/rule.ts';
import type { Syntax } from '../../server/src/core/syntax/syntax.ts';
import { EXTRACTORS } from '../../server/src/knowledge/index.gen.ts';
import { LANGUAGES } from '../../server/src/languages/languages.ts';
import { createSyntax, type SyntaxSources } from '../../server/src/wasm/syntax.ts';

const require = createRequire(import.meta.url);
let shared: Promise<Syntax> | undefined;

/** The parser with every grammar; created once. */
export function testSyntax(): Promise<Syntax> {
  shared ??= newSyntax();
  return shared;
}

/** A parser of one's own. `step`: see `SyntaxSources`. */
export function newSyntax(options: Pick<SyntaxSources, 'step'> = {}): Promise<Syntax> {
  return createSyntax({
    runtimeWasm: readFileSync(require.resolve('web-tree-sitter/tree-sitter.wasm')),
    grammars: {
      go: readFileSync(require.resolve('tree-sitter-go/tree-sitter-go.wasm')),
      python: readFileSync(require.resolve('tree-sitter-python/tree-sitter-python.wasm')),
    },
    ...options,
  });
}

/** Declarations of a file that do not parse, at least 1 where anything does not; 0 for files without a grammar. */
export function syntaxErrors(syntax: Syntax, path: string, text: string): number {
  const language = languageOf(path);
  if (language === null || !syntax.supports(language)) return 0;
  const parsed = syntax.parse(language, text, { budget: 5_000 });
  if (parsed === null) return 0;
  const count = parsed.topLevel.errors.reduce((sum, flag) => sum + flag, 0);
  parsed.delete();
  return Math.max(count, parsed.hasError ? 1 : 0);
}

/** The parser with all the time that it wants: what is counted then does not depend on how busy the machine is. */
export function withoutBudget(syntax: Syntax): Syntax {
  return {
    supports: (language) => syntax.supports(language),
    parse: (language, text, options) => syntax.parse(language, text, { ...options, budget: 600_000 }),
    parseInSteps: (language, text) => syntax.parseInSteps(language, text, 600_000),
    get liveTrees() {
      return syntax.liveTrees;
    },
    get bytesRead() {
      return syntax.bytesRead;
    },
  };
}

/** The day on which everything in a test happens. */
export const TODAY = '2026-11-21';

/** See `FactIndexOptions` and `AnalyserOptions`; a limit of 0 puts to rest, or lets wait, whatever can be. */
export interface Limits {
  readonly factLimit?: number;
  readonly editLimit?: number;
}

export function newEngine(syntax: Syntax, rules: readonly Rule[], limits: Limits = {}): Engine {
  const common = { syntax, rules, extractors: EXTRACTORS, languages: LANGUAGES, createRecipes };
  const engine = new Engine({ ...common, factLimit: 400_000, ...limits });
  engine.configure({ ...DEFAULT_CONFIGURATION, today: TODAY });
  return engine;
}

/** An engine that holds the files, with all judges run. */
export function engineWith(
  syntax: Syntax,
  rules: readonly Rule[],
  files: ReadonlyMap<string, string>,
  limits?: Limits,
): Engine {
  const engine = newEngine(syntax, rules, limits);
  engine.setManifestDirectories([...files.keys()].filter(isManifest).map(directoryOf));
  for (const [path, text] of files) engine.setFile(path, text, false);
  engine.judge();
  return engine;
}
