/**
 * What names Python modules besides imports, as facts `python.reference`: commands of containers, services and scripts
 * (`python job.py`, `uvicorn api:app`, `python -m tools.load`), entry points and settings (`"shop.tasks"`), and what commands
 * install (`python.installed`). Generous: any text of the right form counts, whether it runs or not. Prose does not.
 */
import { OWN_ROLES } from '../../core/model/file.ts';
import type { Extractor, TextDetector } from '../../core/rulekit/rule.ts';
import { normalizedName } from '../../formats/requirements.ts';
import { state } from '../facts.ts';

const FILE = /([^\W\d][\w-]*)\.py\b/gu;
const TARGET = /((?:[^\W\d]\w*\.)*[^\W\d]\w*):[^\W\d]\w*/gu;
const MODULE = /\s-m[\s"',]+((?:[^\W\d]\w*\.)*[^\W\d]\w*)/gu;
const DOTTED = /["']((?:[^\W\d]\w*\.)+[^\W\d]\w*)(?::[^"'\s]*)?["']/gu;
const STRING_TARGET = /["']((?:[^\W\d]\w*\.)*[^\W\d]\w*):[^\W\d]\w*["']/gu;
const INSTALL = /\bpip3?\s+install\b([^\n&|;]*(?:\\\n[^\n&|;]*)*)/g;

const commands: TextDetector = {
  text: true,
  triggers: ['.py', 'python', 'uvicorn', 'gunicorn', 'hypercorn', 'celery', 'flask', 'pip'],
  *check(text, ctx) {
    const { language } = ctx.file;
    if (language === 'python' || language === 'go' || language === 'markdown' || language === 'gosum') return;
    if (/\.(?:rst|adoc|svg|css|scss|html?)$|requirements[^/]*\.txt$|\.lock$/i.test(ctx.file.path)) return;
    const place = { start: 0, end: 0 };
    const names = new Set<string>();
    for (const pattern of [FILE, TARGET, MODULE, DOTTED]) {
      for (const match of text.matchAll(pattern)) for (const part of match[1]!.split('.').slice(-2)) names.add(part);
    }
    for (const name of names) yield state('python.reference', name, null, place);
    for (const match of text.matchAll(INSTALL)) {
      for (const word of match[1]!.match(/(?<![\w-])[A-Za-z][\w.-]*/g) ?? [])
        yield state('python.installed', normalizedName(word), null, place);
    }
  },
};

/** Texts of Python code that may be imported by name: `uvicorn.run("api:app")`, `INSTALLED_APPS`, `import_module("x.y")`. */
const texts: TextDetector = {
  text: true,
  *check(text, ctx) {
    const place = { start: 0, end: 0 };
    const names = new Set<string>();
    for (const pattern of [DOTTED, STRING_TARGET, /["'][^"'\n]*?([^\W\d][\w-]*)\.py\b[^"'\n]*["']/gu]) {
      for (const match of text.matchAll(pattern)) for (const part of match[1]!.split('.').slice(-3)) names.add(part);
    }
    names.delete(ctx.file.path.replace(/^.*\/|\.py$/g, ''));
    // A module that is imported by a name that the program makes; one of the own name may lie in another folder.
    for (const match of text.matchAll(/(?:import_module|__import__|run_module|find_spec)\(\s*f?["']([^"'\n]+)["']/g)) {
      for (const part of match[1]!.split('.')) names.add(part);
    }
    if (/\b(?:import_module|__import__|iter_modules|walk_packages|spec_from_file_location|run_path)\(/.test(text))
      names.add('*');
    for (const name of names) yield state('python.reference', name, null, place);
  },
};

export const extractors: readonly Extractor[] = [
  { id: 'python.reference.commands', language: 'any', detector: commands, roles: OWN_ROLES },
  { id: 'python.reference.texts', language: 'python', detector: texts, roles: ['production', 'generated'] },
];
