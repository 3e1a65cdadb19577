/** Components that make many errors of text and never tell one from another. */
import { directoryOf } from '../../../core/model/path.ts';
import type { Fact, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule } from '../../../core/rulekit/rule.ts';
import { goDetectors, KIND_FACT, MATCH_FACT, TEXT_FACT } from './go.ts';
import { pythonDetectors } from './python.ts';

/** Fewer errors in fewer packages make a small program, which needs no kinds of them. */
const MANY = 25;
const PACKAGES = 3;

export const rule = defineRule({
  id: 'unstructured-errors',
  title: 'No typed errors, or several competing styles',
  category: 'errors',
  severity: 'low',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A component makes many errors of mere text and never tells them apart: no sentinel or error type is ever matched by `errors.Is`, `errors.As` or a comparison. In Python a component raises Exception or RuntimeError again and again, and has no exception class of its own.',
    why: 'Callers can only print what went wrong. Whether to retry, to answer 404 or to page somebody cannot be decided, so everything is treated alike.',
    howToFix: '',
    howToFixIn: {
      go: 'Declare sentinels (`var ErrNotFound = errors.New(...)`) or a type with a code for the few kinds that callers act upon, wrap them by `%w`, and match them where errors become answers or retries.',
      python:
        'Declare one exception class for the application, a few below it for the kinds that callers act upon, and match them where errors become answers or retries.',
    },
    refs: ['CWE-755', 'https://go.dev/blog/go1.13-errors'],
  },
  messages: {
    none: 'This component makes {count} errors of text and never tells them apart; declare the kinds that callers act upon.',
    python:
      'This component raises {count} exceptions that say nothing but their text; declare classes for what callers act upon.',
    unmatched:
      'No code asks for {name}, so that nobody can act upon it; match it by errors.As where errors are handled.',
  },
  fix: 'none',
  on: { go: goDetectors, python: pythonDetectors },
  workspace: {
    partition: 'component',
    reads: [TEXT_FACT, KIND_FACT],
    *judge(facts): Iterable<WorkspaceVerdict> {
      const isOwn = ({ place }: Fact): boolean => facts.role(place.path) === 'production';
      const matches = facts.get(MATCH_FACT).filter(isOwn);
      const kinds = facts.get(KIND_FACT).filter(isOwn);
      if (matches.length > 0) {
        for (const kind of kinds.slice(0, 1)) yield { kind: 'pass', subject: kind.place };
        return;
      }
      const counts = new Map<string, { count: number; first: Fact }>();
      let total = 0;
      for (const made of facts.get(TEXT_FACT)) {
        if (!isOwn(made)) continue;
        const { path } = made.place;
        // A module of Python is what a package is of Go.
        const directory = path.endsWith('.py') ? path : directoryOf(path);
        const known = counts.get(directory) ?? { count: 0, first: made };
        known.count += made.value as number;
        total += made.value as number;
        counts.set(directory, known);
      }
      if (total < MANY || counts.size < PACKAGES) return;
      const types = kinds.filter(({ value }) => value === 'type');
      for (const type of types)
        yield { kind: 'fail', subject: type.place, message: 'unmatched', args: { name: type.key } };
      if (types.length > 0) return;
      const [busiest] = [...counts.values()].sort((a, b) => b.count - a.count);
      const message = busiest!.first.place.path.endsWith('.py') ? 'python' : 'none';
      yield { kind: 'fail', subject: busiest!.first.place, message, args: { count: String(total) } };
    },
  },
});
