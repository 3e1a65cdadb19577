/** Puts the parts together: every rule, extractor and language around one parser. */
import { Engine } from '../core/engine/engine.ts';
import type { Syntax } from '../core/syntax/syntax.ts';
import { EXTRACTORS } from '../knowledge/index.gen.ts';
import { goSupport } from '../languages/go/support.ts';
import { RULES } from '../rules/index.gen.ts';

export function createEngine(syntax: Syntax): Engine {
  return new Engine({ syntax, rules: RULES, extractors: EXTRACTORS, languages: [goSupport] });
}
