/**
 * One setting with several values: an environment variable with different defaults in code of the same program, or in one
 * compose file. Values for different programs and environments differ on purpose and are not compared.
 */
import { directoryOf } from '../../../core/model/path.ts';
import type { FailVerdict, PassVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView, type TextDetector } from '../../../core/rulekit/rule.ts';
import { allFacts, type TypedFact } from '../../../knowledge/facts.ts';
import { isDevelopmentFile, moduleAround } from '../../../knowledge/go/deployments.ts';

const DEFAULT = /\$\{([A-Z]\w*):?-([^}$]*)\}/g;

/** `${PORT:-8080}` here and `${PORT:-9090}` there, in one file. */
const composeDefaults: TextDetector = {
  text: true,
  triggers: ['${'],
  *check(text): Iterable<PassVerdict | FailVerdict> {
    const first = new Map<string, { readonly value: string; readonly start: number; readonly end: number }>();
    const repeated = new Set<string>();
    for (const match of text.matchAll(DEFAULT)) {
      const lineStart = text.lastIndexOf('\n', match.index) + 1;
      const before = text.slice(lineStart, match.index);
      if (/^\s*#|\s#/.test(before) || before.endsWith('$')) continue;
      const [written, name, value] = match as unknown as [string, string, string];
      const span = { start: match.index, end: match.index + written.length };
      const known = first.get(name);
      if (known === undefined) first.set(name, { value, ...span });
      else if (known.value.trim() === value.trim() || known.value === '' || value === '') repeated.add(name);
      else {
        yield {
          kind: 'fail',
          subject: span,
          message: 'compose',
          args: { name, value, other: known.value },
          related: [{ span: { start: known.start, end: known.end }, message: `Here it is ${known.value}.` }],
        };
      }
    }
    for (const name of repeated) {
      const { start, end } = first.get(name)!;
      yield { kind: 'pass', subject: { start, end } };
    }
  },
};

type Default = TypedFact<'env.default'>;

/** A value as it counts: `1h` and `60m` are not compared, `08` and `8` are numbers. */
function plain(value: string): string {
  return value.trim().replace(/\/+$/, '').toLowerCase();
}

/** The folder that the nearest manifest of Python code is in: what is deployed together. */
function pythonRootOf(facts: FactView, directory: string): string {
  const roots = new Set(allFacts(facts, 'python.manifest').map(({ value }) => value.directory));
  for (let at = directory; at !== ''; at = directoryOf(at)) if (roots.has(at)) return at;
  return '';
}

/** Whether two places belong to one program for sure: one package, or packages of which neither is a command. */
function isSameProgram(facts: FactView, a: string, b: string): boolean {
  const [first, second] = [directoryOf(a), directoryOf(b)];
  if (first === second) return true;
  if (a.endsWith('.py') && pythonRootOf(facts, first) !== pythonRootOf(facts, second)) return false;
  if (facts.lookup('go.main', first).length > 0 || facts.lookup('go.main', second).length > 0) return false;
  const part = (directory: string): string =>
    /(?:^|\/)(?:cmd|apps?|services?|components?|plugins?)\/([^/]+)/.exec(directory)?.[1] ?? '';
  return part(first) === part(second);
}

export const rule = defineRule({
  id: 'inconsistent-config',
  title: 'One setting with different values',
  category: 'configuration',
  severity: 'medium',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'An environment variable has one default in one place of the code and another one in another place of the same program, or a compose file gives it two different defaults. Defaults of different programs, of tests and of files for development are not compared.',
    why: 'Where the variable is not set, parts of the system believe in different values: one listens on a port that the other does not call, one limits what the other lets through.',
    howToFix: 'Read the variable in one place and hand the value on; in a compose file define it once with an anchor.',
    refs: ['https://12factor.net/config'],
  },
  messages: {
    code: '{name} falls back to {value} here, but to {other} elsewhere; read it in one place.',
    compose: '{name} falls back to {value} here, but to {other} above; give it one default.',
  },
  effort: { each: [5, 20] },
  fix: 'none',
  on: { compose: [composeDefaults] },
  workspace: {
    partition: 'workspace',
    reads: ['env.default'],
    *judge(facts) {
      const byName = new Map<string, Default[]>();
      for (const fact of allFacts(facts, 'env.default')) {
        if (facts.role(fact.place.path) !== 'production' || isDevelopmentFile(fact.place.path)) continue;
        const module = moduleAround(facts, directoryOf(fact.place.path))?.value.directory ?? '';
        const key = `${module} ${fact.key}`;
        const own = byName.get(key);
        if (own === undefined) byName.set(key, [fact]);
        else own.push(fact);
      }
      for (const [first, ...others] of byName.values()) {
        if (first === undefined || others.length === 0) continue;
        const different = others.filter(
          (other) =>
            plain(other.value.value) !== plain(first.value.value) &&
            other.value.value !== '' &&
            first.value.value !== '' &&
            !(first.value.branch === true && other.value.branch === true) &&
            isSameProgram(facts, first.place.path, other.place.path),
        );
        if (different.length === 0) yield { kind: 'pass', subject: first.place };
        for (const other of different) {
          yield {
            kind: 'fail',
            subject: other.place,
            message: 'code',
            args: { name: other.key, value: other.value.value, other: first.value.value },
            related: [{ place: first.place, message: `Here it is ${first.value.value}.` }],
          };
        }
      }
    },
  },
});
