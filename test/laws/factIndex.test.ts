/** Laws of the fact index (T5): what is kept up to date by delta is what a fresh index says, whatever the order. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  FactIndex,
  type FileFacts,
  type JudgeEntry,
  type RestingFacts,
} from '../../server/src/core/engine/factIndex.ts';
import { filePlace } from '../../server/src/core/model/location.ts';
import type { Fact } from '../../server/src/core/model/verdict.ts';
import type { WorkspaceJudge } from '../../server/src/core/rulekit/rule.ts';

const FULL = process.env['SHIPWORTHY_FULL'] === '1';

const WORDS = ['word', 'other', '.word', 'for', '__proto__'];

const paths = Array.from({ length: 200 }, (_, i) => `${['a/', 'a/b/', '', 'c/'][i % 4]}f${i}.go`);
/** What a file or a directory is looked up by. */
const PLACES = ['', 'a', 'a/b', 'c', ...paths.slice(0, 4)];

/** Judges that read in every way there is, and say what they read. */
const judges: readonly JudgeEntry[] = (
  [
    {
      partition: 'directory',
      reads: ['decl'],
      *judge(facts) {
        for (const use of facts.get('use')) {
          const known = facts.get('decl').some((decl) => decl.key === use.key);
          yield known
            ? { kind: 'pass', subject: use.place }
            : { kind: 'fail', subject: use.place, message: `${facts.partition}:${use.key}` };
        }
      },
    },
    {
      partition: 'component',
      reads: ['use', 'decl'],
      *judge(facts) {
        for (const use of facts.get('use')) {
          const found = facts.lookup('decl', use.key);
          yield {
            kind: 'fail',
            subject: use.place,
            message: found
              .map((decl) => `${decl.place.path}=${JSON.stringify(decl.value)}/${facts.role(decl.place.path)}`)
              .join(),
          };
        }
      },
    },
    {
      partition: 'workspace',
      reads: ['decl'],
      *judge(facts) {
        const all = facts.all('decl');
        yield {
          kind: 'unknown',
          subject: filePlace('all'),
          note: all.map((fact) => `${fact.place.path}:${fact.key}`).join(),
        };
      },
    },
    {
      partition: 'directory',
      reads: ['use'],
      *judge(facts) {
        for (const use of facts.get('use')) {
          for (const word of WORDS)
            yield { kind: 'fail', subject: use.place, message: `${word}:${facts.mentions('decl', word).join()}` };
        }
      },
    },
    {
      partition: 'directory',
      reads: ['use'],
      *judge(facts) {
        const found = PLACES.flatMap((key) => facts.lookup('decl', key).map(({ place }) => `${key}<${place.path}`));
        const roles = paths.slice(0, 6).map((path) => facts.role(path));
        const all = facts.all('other').map(({ place }) => place.path);
        for (const { place } of facts.get('use')) {
          yield { kind: 'pass', subject: place };
          yield { kind: 'fail', subject: place, message: `${found.join()} ${roles.join()} ${all.join()}` };
        }
      },
    },
  ] satisfies WorkspaceJudge[]
).map((judge, rule) => ({ rule, judge, options: () => null }));

const factArbitrary = fc.record({
  name: fc.constantFrom('decl', 'use', 'other'),
  key: fc.constantFrom('x', 'y', 'z', '__proto__', ...PLACES),
  value: fc.constantFrom(
    ...[null, 1, { deep: [1, 2] }, { deep: [1, 3] }],
    ...['word', 'words other', 'v word\n=x\t.word', 'for __proto__', ''],
  ),
});
type Content = readonly Omit<Fact, 'place'>[];
const operation = fc.record({
  // Some files again and again, all of them now and then.
  path: fc.oneof(fc.constantFrom(...paths.slice(0, 12)), fc.constantFrom(...paths)),
  remove: fc.boolean(),
  role: fc.constantFrom('production' as const, 'test' as const),
  component: fc.constantFrom('', 'a', 'c'),
  // Often the same, so that a role or a file elsewhere is all that changes for a judge.
  facts: fc.oneof(
    fc.constant<Content>([{ name: 'use', key: 'x', value: null }]),
    fc.constantFrom(...PLACES).map((key): Content => [{ name: 'decl', key, value: null }]),
    fc.array(factArbitrary, { maxLength: 4 }).map((facts): Content => facts),
  ),
  mayRest: fc.boolean(),
  rests: fc.boolean(),
  /** What is equal to a fact of before is that fact, as it is of an open document. */
  keeps: fc.boolean(),
  judge: fc.constantFrom('no', 'all', 'some', 'one'),
});

/** Facts as a record gives them: made anew each time. */
function resting(facts: readonly Fact[]): RestingFacts {
  const names = [...new Set(facts.map(({ name }) => name))].sort();
  return {
    names,
    factsAt: (at) =>
      facts.filter(({ name }) => name === names[at]).map((fact) => ({ ...fact, place: { ...fact.place } })),
  };
}

function verdicts(index: FactIndex): string[] {
  return [...index.judgedPaths()]
    .flatMap((path) => index.verdictsOf(path))
    .map(({ rule, verdict }) => `${rule} ${JSON.stringify(verdict)}`)
    .sort();
}

test('delta equals rebuild over random additions, updates and removals', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 300 }), fc.constantFrom(0, 10, 1_000), (operations, factLimit) => {
      let clock = 0;
      const state = new Map<string, FileFacts & { readonly facts: readonly Fact[] }>();
      const index = new FactIndex({ now: () => clock++, factLimit, rest: (path) => resting(state.get(path)!.facts) });
      index.setJudges(judges);
      const known = new Map<string, Fact>();
      for (const { path, remove, role, component, facts, mayRest, rests, keeps, judge } of operations) {
        const place = filePlace(path);
        const own = facts.map((item): Fact => {
          const id = `${path} ${JSON.stringify(item)}`;
          const fact = (keeps ? known.get(id) : undefined) ?? { ...item, place };
          known.set(id, fact);
          return fact;
        });
        const file = { role, component, facts: own, mayRest };
        if (remove) state.delete(path);
        else state.set(path, file);
        index.update(path, remove ? null : rests ? { ...file, facts: resting(own) } : file);
        if (judge === 'all') index.judge();
        else if (judge !== 'no') index.judge({ milliseconds: 4, progress: judge === 'one' });
      }
      index.judge();
      expect(index.isPending).toBe(false);
      const fresh = new FactIndex();
      for (const [path, file] of [...state].reverse()) fresh.update(path, file);
      fresh.setJudges(judges);
      fresh.judge();
      expect(verdicts(index)).toEqual(verdicts(fresh));
    }),
    { numRuns: FULL ? 10_000 : 500 },
  );
});

test('what does not fit into the budget is judged the next time', () => {
  let clock = 0;
  const index = new FactIndex({ now: () => clock++ });
  index.setJudges(judges);
  for (const path of paths) {
    index.update(path, {
      role: 'production',
      component: '',
      mayRest: true,
      facts: [{ name: 'decl', key: 'x', value: null, place: filePlace(path) }],
    });
  }
  index.judge({ milliseconds: 0, progress: false });
  expect(index.runCount).toBe(0);
  let rounds = 0;
  for (; index.isPending; rounds++) {
    const before = index.runCount;
    index.judge({ milliseconds: 0, progress: true });
    expect(index.runCount).toBe(before + 1);
  }
  expect(rounds).toBeGreaterThan(1);
});

test('an update with the same content runs no judge', () => {
  const index = new FactIndex();
  index.setJudges(judges);
  const file = (): FileFacts => ({
    role: 'production',
    component: '',
    mayRest: true,
    facts: [{ name: 'decl', key: 'x', value: { deep: [1, 2] }, place: filePlace('a/f.go') }],
  });
  index.update('a/f.go', file());
  index.judge();
  const before = index.runCount;
  index.update('a/f.go', file());
  index.judge();
  expect(index.runCount).toBe(before);
});

test.each([
  ['a role', { role: 'test' }, ' test,production,'],
  ['what is said of a file of the directory', { key: 'a/f0.go' }, '"a/f0.go<f2.go '],
  ['what is said of a file elsewhere', { key: 'c/f3.go' }, '"c/f3.go<f2.go '],
  ['what is said of the directory', { key: 'a' }, '"a<f2.go '],
  ['what is said of another directory', { key: 'c' }, '"c<f2.go '],
] as const)('when %s changes alone, the judges of the directory that asked run again', (_, change, said) => {
  const file = (path: string, name: string, key: string, role: FileFacts['role'] = 'production'): void => {
    index.update(path, {
      role,
      component: '',
      mayRest: true,
      facts: [{ name, key, value: null, place: filePlace(path) }],
    });
  };
  const index = new FactIndex();
  index.setJudges(judges);
  for (const path of paths.slice(0, 8)) file(path, path === 'f2.go' ? 'decl' : 'use', 'x');
  index.judge();
  if ('role' in change) file('a/f0.go', 'use', 'x', change.role);
  else file('f2.go', 'decl', change.key);
  index.judge();
  const failures = index.verdictsOf('a/f4.go').filter(({ verdict }) => verdict.kind === 'fail');
  expect(failures.map(({ verdict }) => JSON.stringify(verdict)).join()).toContain(said);
});

test('a change runs only the judges that read it', () => {
  const index = new FactIndex();
  index.setJudges(judges);
  const use = (path: string, key: string): FileFacts & { readonly facts: readonly Fact[] } => ({
    role: 'production',
    component: path.split('/')[0]!,
    mayRest: true,
    facts: [
      { name: 'use', key, value: null, place: filePlace(path) },
      { name: 'decl', key: path, value: null, place: filePlace(path) },
    ],
  });
  index.update('a/f.go', use('a/f.go', 'x'));
  index.update('c/f.go', use('c/f.go', 'y'));
  index.judge();
  const before = index.runCount;
  const changed = use('a/f.go', 'x');
  index.update('a/f.go', { ...changed, facts: [{ ...changed.facts[0]!, key: 'z' }, changed.facts[1]!] });
  index.judge();
  // Three judges of the directory and one of the component; nothing of the other file, and not the one that reads only declarations.
  expect(index.runCount - before).toBe(4);
});

test('a word that comes or goes runs the judges that asked for it', () => {
  const index = new FactIndex();
  index.setJudges(judges);
  const file = (path: string, text: string): FileFacts => ({
    role: 'production',
    component: '',
    mayRest: true,
    facts: [
      { name: 'use', key: 'x', value: null, place: filePlace(path) },
      { name: 'decl', key: 'x', value: text, place: filePlace(path) },
    ],
  });
  const asked = (): string[] => verdicts(index).filter((verdict) => verdict.includes('"word:'));
  index.update('a/f.go', file('a/f.go', 'something'));
  index.update('c/f.go', file('c/f.go', 'something'));
  index.judge();
  expect(asked().every((verdict) => verdict.includes('"word:"'))).toBe(true);
  index.update('a/f.go', file('a/f.go', 'something word'));
  index.judge();
  expect(asked().every((verdict) => verdict.includes('"word:a/f.go"'))).toBe(true);
  index.update('a/f.go', file('a/f.go', 'something words'));
  index.judge();
  expect(asked().every((verdict) => verdict.includes('"word:"'))).toBe(true);
});
