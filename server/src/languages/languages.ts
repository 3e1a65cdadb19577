/** The programming languages that the engine reads. A language that is added here needs a grammar in grammars.json. */
import type { LanguageSupport } from '../core/engine/language.ts';
import { goSupport } from './go/support.ts';
import { pythonSupport } from './python/support.ts';

export const LANGUAGES: readonly LanguageSupport[] = [goSupport, pythonSupport];
