/**
 * Source files that their grammar cannot read. The engine has parsed them; this rule only weighs what it found: files
 * with merge conflicts are reported by another rule, templates of source code are not source code.
 */
import type { Fact, Fix, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView, fact, type TextDetector } from '../../../core/rulekit/rule.ts';

/** Placeholders of text/template and the like, which generators fill in: `{{.Name}}`, `{{ range .Fields }}`, `<%= x %>`. */
const PLACEHOLDER = /\{\{-?\s*(?:[.$][\w.]*\s*(?:\||-?\}\})|(?:if|range|with|end|else|template|define|block)\b)|<%/;

/** What stands between the parentheses of `new(...)`, as far as one can tell without counting deeper ones. */
const NEW = /\bnew\(([^()\n]*)([()\n])/g;
/** A type: a name, perhaps with type arguments, behind any number of `*`, `[]` and the like. */
const TYPE =
  /^\s*(?:\*|\[\w*\]|map\[[\w.*]+\]|(?:<-)?chan(?:<-)?\s)*(?!\d)\w+(?:\.\w+)?(?:\[\s*[A-Za-z_*[][^\]]*\])*\s*$/;
/** Types that may hold parentheses and line breaks. */
const TYPE_KEYWORD = /^\s*(?:\*|\[\w*\])*(?:func|struct|interface)\b/;

/** Whether the text holds `new` of a value, as Go has it since 1.26: the grammar knows it for types only. */
function hasNewOfValue(text: string): boolean {
  for (const [, content, end] of text.matchAll(NEW)) {
    if (!TYPE_KEYWORD.test(content!) && (end !== ')' || !TYPE.test(content!))) return true;
  }
  return false;
}

/** States that a file may well be right although the grammar cannot read it. */
const beyondGrammar: TextDetector = {
  text: true,
  triggers: ['{{', '<%', 'new('],
  *check(text, ctx) {
    if (!PLACEHOLDER.test(text) && !hasNewOfValue(text)) return;
    yield fact('syntax.doubt', ctx.file.path, null, { start: 0, end: 0 });
  },
};

/** Statements of Jinja and the like on a line of their own, and placeholders of a project template. */
const JINJA =
  /^[ \t]*\{%-?\s*(?:if|for|set|macro|block|include|import|from|extends|raw|call|with|endif|endfor)\b|^\uFEFF?[ \t]*(?:from|import|class|def)\b[^"'#\n]*\{\{|\{\{\s*cookiecutter\./m;

/** States the same of Python that a generator fills in. */
const template: TextDetector = {
  text: true,
  triggers: ['{%', '{{', '<%'],
  *check(text, ctx) {
    if (JINJA.test(text) || PLACEHOLDER.test(text))
      yield fact('syntax.doubt', ctx.file.path, null, { start: 0, end: 0 });
  },
};

/** Tokens that can be put where they are missing without choosing anything. */
const PUNCTUATION = /^[^\w\s"'`]+$/;

function fixesOf(error: Fact): readonly Fix[] {
  const { missing } = error.value as { readonly missing: string };
  if (!PUNCTUATION.test(missing)) return [];
  const { path, anchor, span } = error.place;
  return [
    {
      title: `Insert ${missing}`,
      safety: 'suggestion',
      edits: [
        { kind: 'replaceAt', place: { path, anchor, span: { start: span.end, end: span.end } }, newText: missing },
      ],
    },
  ];
}

function* judge(facts: FactView): Generator<WorkspaceVerdict> {
  for (const { key: path, place } of facts.get('file.parsed')) {
    if (facts.lookup('file.conflict', path).length > 0) continue;
    const error = facts.lookup('file.syntax-error', path)[0];
    if (error === undefined) {
      yield { kind: 'pass', subject: place };
      continue;
    }
    // A template that generates code, or a feature that is newer than the grammar.
    if (facts.lookup('syntax.doubt', path).length > 0) continue;
    const { missing } = error.value as { readonly missing: string };
    yield {
      kind: 'fail',
      subject: error.place,
      message: missing === '' ? 'error' : 'missing',
      args: { missing },
      fixes: fixesOf(error),
    };
  }
}

export const rule = defineRule({
  id: 'syntax-error',
  title: 'File does not parse',
  category: 'quality',
  severity: 'critical',
  confidence: 'certain',
  stage: 'stable',
  docs: {
    what: 'A source file holds text that the grammar of its language cannot place; the first such place of each file is reported. Files with merge conflicts are reported as such instead, and templates from which source code is generated are left out.',
    why: 'The file does not compile, and with it neither does its package nor anything that imports it. The declarations of the file are not judged by other rules either.',
    howToFix:
      'Look at the place and at what stands right before it: the cause is often a bracket or brace that is missing a few lines earlier. A formatter such as gofmt names the same place.',
    refs: ['Go specification: Lexical elements', 'gofmt'],
  },
  messages: {
    error: 'The file does not parse here; correct the syntax at this place or right before it.',
    missing: 'The file does not parse here, since {missing} is missing; insert it.',
  },
  effort: { each: [5, 30] },
  suppressible: false,
  fix: 'sometimes',
  // What is generated or tests must parse as well; examples may hold invalid input on purpose.
  roles: ['production', 'test', 'generated'],
  on: { go: [beyondGrammar], python: [template] },
  workspace: { partition: 'directory', reads: ['file.parsed'], judge },
});
