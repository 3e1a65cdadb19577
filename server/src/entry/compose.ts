/** Puts the parts together: every rule, extractor and language around one parser. */
import { createRecipes } from '../configuration/recipes.ts';
import { Analyser, type AnalyserOptions } from '../core/engine/analyser.ts';
import { Engine } from '../core/engine/engine.ts';
import type { Syntax } from '../core/syntax/syntax.ts';
import { EXTRACTORS } from '../knowledge/index.gen.ts';
import { LANGUAGES } from '../languages/languages.ts';
import { RULES } from '../rules/index.gen.ts';

function optionsWith(syntax: Syntax): AnalyserOptions {
  return { syntax, rules: RULES, extractors: EXTRACTORS, languages: LANGUAGES };
}

/** `once`: the workspace is judged once, and does not change. */
export function createEngine(syntax: Syntax, once = false): Engine {
  return new Engine({ ...optionsWith(syntax), now: () => performance.now(), createRecipes, once });
}

/** The part of the engine that looks at single files, for threads that do nothing else. */
export function createAnalyser(syntax: Syntax): Analyser {
  return new Analyser(optionsWith(syntax));
}
