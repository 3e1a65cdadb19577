/**
 * The battery that every rule goes through, from its fixtures alone. `UPDATE_FIXTURES=1` rewrites annotations, `.fixed`
 * files and fix diffs from what the engine says; a continuous integration run refuses that.
 * `RULE=<id>[,<id>]` restricts the run to some rules.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Engine } from '../../server/src/core/engine/engine.ts';
import type { Finding, ResolvedFix } from '../../server/src/core/model/finding.ts';
import type { TextEdit } from '../../server/src/core/model/location.ts';
import type { Rule } from '../../server/src/core/rulekit/rule.ts';
import type { Syntax } from '../../server/src/core/syntax/syntax.ts';
import { applyEdits } from '../../server/src/core/text/snapshot.ts';
import { RULES } from '../../server/src/rules/index.gen.ts';
import { annotate, annotationOf, describeAnnotation } from './annotations.ts';
import { breathe } from './breathe.ts';
import { engineWith, newEngine, syntaxErrors, testSyntax } from './engine.ts';
import { casesOf, type FixtureCase } from './fixtures.ts';
import { random } from './random.ts';

const UPDATE = process.env['UPDATE_FIXTURES'] === '1';
if (UPDATE && process.env['CI'] !== undefined) throw new Error('UPDATE_FIXTURES is not allowed in CI');
const ONLY = process.env['RULE'];

let syntax: Syntax;
beforeAll(async () => {
  syntax = await testSyntax();
});

function filesOf(fixture: FixtureCase): Map<string, string> {
  return new Map(fixture.files.map((file) => [file.path, file.source]));
}

/** A rule about what people say of findings needs the rules that find them. */
function beside(rule: Rule): readonly Rule[] {
  return rule.scored === false ? RULES : [rule];
}

/** Findings of the rule; all of them when the engine holds no other. */
function findingsOf(engine: Engine, rule: Rule): Finding[] {
  return engine.paths.flatMap((path) => ownFindings(engine, rule, path));
}

function ownFindings(engine: Engine, rule: Rule, path: string): readonly Finding[] {
  return engine.findings(path).filter((finding) => finding.ruleId === rule.id);
}

/** Findings without positions, to compare variants of a text: rule, path, text and line count from a landmark. */
function essence(engine: Engine, rule: Rule, shift: (path: string) => number): string[] {
  return findingsOf(engine, rule).map((finding) => {
    const { path, range } = finding.location;
    const atTop = range.start.line === 0 && range.end.line === 0 && finding.location.span.end === 0;
    const line = atTop ? 0 : range.start.line - shift(path);
    return `${path}:${line}:${finding.severity} ${finding.message} [${finding.fixes.map((fix) => fix.title).join('; ')}]`;
  });
}

/** Files after a fix; asserts that its edits do not overlap and break nothing. */
function applyFix(files: ReadonlyMap<string, string>, fix: ResolvedFix): Map<string, string> {
  const result = new Map(files);
  for (const { path, edits } of fix.changes) {
    const before = result.get(path);
    expect(before, `${fix.title}: edits an unknown file ${path}`).toBeDefined();
    const after = applyEdits(before!, edits);
    expect(after, `${fix.title}: edits overlap in ${path}`).not.toBeNull();
    expect(
      syntaxErrors(syntax, path, after!),
      `${fix.title}: breaks the syntax of ${path}\n${after}`,
    ).toBeLessThanOrEqual(syntaxErrors(syntax, path, before!));
    result.set(path, after!);
  }
  for (const { path, content } of fix.creates) result.set(path, content);
  return result;
}

/** A short diff: removed and added lines around each edit. */
function diffOf(files: ReadonlyMap<string, string>, finding: Finding, fix: ResolvedFix): string {
  const lines = [
    `## ${finding.location.path}:${finding.location.range.start.line + 1} ${fix.title} (${fix.safety}${fix.preferred ? ', preferred' : ''})`,
  ];
  for (const { path, edits } of fix.changes) {
    const before = files.get(path)!.split('\n');
    const after = applyEdits(files.get(path)!, edits)!.split('\n');
    let front = 0;
    while (front < before.length && front < after.length && before[front] === after[front]) front++;
    let back = 0;
    while (
      back < before.length - front &&
      back < after.length - front &&
      before[before.length - 1 - back] === after[after.length - 1 - back]
    ) {
      back++;
    }
    lines.push(`@@ ${path}:${front + 1}`);
    for (const line of before.slice(front, before.length - back)) lines.push(`-${line}`);
    for (const line of after.slice(front, after.length - back)) lines.push(`+${line}`);
  }
  for (const { path, content } of fix.creates) {
    lines.push(
      `@@ new file ${path}`,
      ...content
        .replace(/\n$/, '')
        .split('\n')
        .map((line) => `+${line}`),
    );
  }
  return `${lines.join('\n')}\n`;
}

/** Applies all safe fixes of all findings until nothing changes. */
function applySafe(fixture: FixtureCase): { readonly files: Map<string, string>; readonly rounds: number } {
  let files = filesOf(fixture);
  for (let round = 0; round < 10; round++) {
    const engine = engineWith(syntax, beside(fixture.rule), files);
    const byPath = new Map<string, TextEdit[]>();
    for (const finding of findingsOf(engine, fixture.rule)) {
      const fix = finding.fixes.find((candidate) => candidate.safety === 'safe');
      if (fix === undefined || fix.creates.length > 0) continue;
      const merged = new Map([...byPath].map(([path, edits]) => [path, [...edits]]));
      let disjoint = true;
      for (const { path, edits } of fix.changes) {
        const list = merged.get(path) ?? [];
        for (const edit of edits) {
          if (
            list.some((other) => other.start === edit.start && other.end === edit.end && other.newText === edit.newText)
          )
            continue;
          list.push(edit);
        }
        merged.set(path, list);
        if (applyEdits(files.get(path) ?? '', list) === null) disjoint = false;
      }
      if (disjoint) for (const [path, edits] of merged) byPath.set(path, edits);
    }
    engine.dispose();
    if (byPath.size === 0) return { files, rounds: round };
    files = new Map(files);
    for (const [path, edits] of byPath) files.set(path, applyEdits(files.get(path)!, edits)!);
  }
  return { files, rounds: 10 };
}

/** Types the files in by random incremental edits that end in the same text. */
function typedIn(fixture: FixtureCase, seed: number): Engine {
  const next = random(seed);
  const files = filesOf(fixture);
  const engine = newEngine(syntax, beside(fixture.rule));
  const reference = engineWith(syntax, beside(fixture.rule), files);
  engine.setManifestDirectories([...new Set(reference.paths.map((path) => reference.componentOf(path)))]);
  reference.dispose();
  for (const [path, text] of files) {
    engine.setFile(path, text, true);
    if (text.length === 0) continue;
    for (let i = 0; i < 50; i++) {
      const current = engine.textOf(path)!;
      const start = Math.floor(next() * current.length);
      const end = Math.min(current.length, start + Math.floor(next() * 20));
      const inserted = next() < 0.5 ? '' : ['x', '{', '"', '\n', '// ', ')', '/*'][Math.floor(next() * 7)]!;
      const positions = { start: engine.positionAt(path, start), end: engine.positionAt(path, end) };
      const [from, to] = [engine.positionAt(path, start), engine.positionAt(path, end)];
      const removed = current.slice(offset(current, from), offset(current, to));
      engine.editFile(path, [{ range: positions, text: inserted }]);
      engine.judge();
      // Back again: the text must end as it began.
      const after = engine.textOf(path)!;
      const begin = commonPrefix(current, after);
      const tail = commonSuffix(current, after, begin);
      const back = {
        start: engine.positionAt(path, begin),
        end: engine.positionAt(path, after.length - tail),
      };
      engine.editFile(path, [{ range: back, text: current.slice(begin, current.length - tail) }]);
      expect(engine.textOf(path), `seed ${seed}, removed ${JSON.stringify(removed)}`).toBe(current);
    }
    engine.settleFile(path);
  }
  engine.judge();
  return engine;
}

function offset(text: string, position: { line: number; character: number }): number {
  let at = 0;
  for (let line = 0; line < position.line; line++) at = text.indexOf('\n', at) + 1;
  return at + position.character;
}

function commonPrefix(a: string, b: string): number {
  let i = 0;
  while (i < a.length && i < b.length && a.charCodeAt(i) === b.charCodeAt(i)) i++;
  // Not between the two halves of a line break: such a place has no position.
  while (i > 0 && a.charAt(i - 1) === '\r') i--;
  return i;
}

function commonSuffix(a: string, b: string, prefix: number): number {
  let i = 0;
  while (
    i < a.length - prefix &&
    i < b.length - prefix &&
    a.charCodeAt(a.length - 1 - i) === b.charCodeAt(b.length - 1 - i)
  ) {
    i++;
  }
  while (i > 0 && a.charAt(a.length - i) === '\n' && a.charAt(a.length - i - 1) === '\r') i--;
  return i;
}

const rules = RULES.filter((rule) => ONLY === undefined || ONLY.split(',').includes(rule.id));

// Thousands of tests that never wait: the runner wants to hear in between that they go on.
afterEach(breathe);

describe.each(rules.map((rule) => [rule.id, rule] as const))('%s', (_id, rule) => {
  const cases = casesOf(rule);

  test('has at least two failing and two passing cases per language', () => {
    const languages = new Set(cases.map((fixture) => fixture.language));
    expect([...languages], 'no fixtures').not.toHaveLength(0);
    for (const language of Object.keys(rule.on)) {
      if (language !== 'any') expect([...languages], `no fixtures for ${language}`).toContain(language);
    }
    for (const language of languages) {
      let pass = 0;
      let fail = 0;
      for (const fixture of cases) {
        if (fixture.language !== language) continue;
        const engine = engineWith(syntax, beside(rule), filesOf(fixture));
        const tally = engine.tallies(false).find(({ ruleId }) => ruleId === rule.id)!;
        pass += tally.pass;
        fail += tally.fail;
        engine.dispose();
      }
      expect(fail, `${language}: failing cases`).toBeGreaterThanOrEqual(2);
      expect(pass, `${language}: passing cases`).toBeGreaterThanOrEqual(2);
    }
  });

  describe.each(cases.map((fixture) => [`${fixture.language}/${fixture.name}`, fixture] as const))(
    '%s',
    (_name, fixture) => {
      test('findings are exactly those annotated', () => {
        const engine = engineWith(syntax, beside(rule), filesOf(fixture));
        expect(engine.problems).toEqual([]);
        if (UPDATE) {
          for (const file of fixture.files) {
            const comment = /\.(go|mod)$/.test(file.path) ? '//' : '#';
            writeFileSync(file.file, annotate(file.source, ownFindings(engine, rule, file.path), comment));
          }
          engine.dispose();
          return;
        }
        const actual: string[] = [];
        const wanted: string[] = [];
        for (const file of fixture.files) {
          const findings = [...ownFindings(engine, rule, file.path)];
          for (const annotation of file.annotations) {
            const index = findings.findIndex((finding) => {
              const own = annotationOf(finding, file.source);
              return (
                own.line === annotation.line &&
                own.start === annotation.start &&
                own.end === annotation.end &&
                own.severity === annotation.severity &&
                own.fix === annotation.fix &&
                own.message.includes(annotation.message)
              );
            });
            wanted.push(describeAnnotation(file.path, annotation, annotation.message));
            if (index < 0) continue;
            actual.push(describeAnnotation(file.path, annotation, annotation.message));
            findings.splice(index, 1);
          }
          for (const finding of findings) {
            actual.push(describeAnnotation(file.path, annotationOf(finding, file.source), finding.message));
          }
        }
        const elsewhere = findingsOf(engine, rule).filter(
          (finding) => !fixture.files.some((file) => file.path === finding.location.path),
        );
        expect(elsewhere.map((finding) => finding.message)).toEqual([]);
        expect(actual.sort()).toEqual(wanted.sort());
        engine.dispose();
      });

      test('fixes hold what the rule claims, and each removes its finding', () => {
        const files = filesOf(fixture);
        const engine = engineWith(syntax, beside(rule), files);
        const findings = findingsOf(engine, rule);
        let diff = '';
        for (const finding of findings) {
          if (rule.fix === 'always') expect(finding.fixes.length, finding.message).toBeGreaterThan(0);
          if (rule.fix === 'none') expect(finding.fixes, finding.message).toEqual([]);
          expect(finding.fixes.filter((fix) => fix.preferred).length).toBeLessThanOrEqual(1);
          for (const fix of finding.fixes) {
            const fixed = applyFix(files, fix);
            diff += diffOf(files, finding, fix);
            const after = engineWith(syntax, beside(rule), fixed);
            expect(findingsOf(after, rule).length, `${fix.title} leaves its finding\n${diff}`).toBeLessThan(
              findings.length,
            );
            after.dispose();
          }
        }
        engine.dispose();
        if (UPDATE) {
          if (diff === '') rmSync(fixture.diff, { force: true });
          else writeFileSync(fixture.diff, diff);
        }
        expect(diff).toBe(existsSync(fixture.diff) ? readFileSync(fixture.diff, 'utf8') : '');
      });

      test('safe fixes converge to the .fixed file', () => {
        const { files, rounds } = applySafe(fixture);
        expect(rounds).toBeLessThan(10);
        for (const file of fixture.files) {
          const expected = `${file.file}.fixed`;
          const text = files.get(file.path)!;
          if (UPDATE) {
            if (text === file.source) rmSync(expected, { force: true });
            else writeFileSync(expected, text);
          }
          expect(text).toBe(existsSync(expected) ? readFileSync(expected, 'utf8') : file.source);
          expect(syntaxErrors(syntax, file.path, text)).toBeLessThanOrEqual(
            syntaxErrors(syntax, file.path, file.source),
          );
        }
      });

      test('findings are the same in other dress: CRLF, BOM, emoji, long files', () => {
        const plain = engineWith(syntax, beside(rule), filesOf(fixture));
        const expected = essence(plain, rule, () => 0);
        plain.dispose();
        const mark = (path: string): string => (path.endsWith('.go') ? '//' : path.endsWith('.py') ? '#' : '');
        const variants: [string, (path: string, text: string) => string, (path: string) => number][] = [
          ['CRLF', (_path, text) => text.replace(/\n/g, '\r\n'), () => 0],
          ['BOM', (_path, text) => `\uFEFF${text}`, () => 0],
          [
            'emoji',
            (path, text) => (mark(path) === '' ? text : `${mark(path)} 🚢\n\n${text}`),
            (path) => (mark(path) === '' ? 0 : 2),
          ],
          [
            'padding',
            (path, text) => (mark(path) === '' ? text : `${`${mark(path)} padding\n`.repeat(5_000)}\n${text}`),
            (path) => (mark(path) === '' ? 0 : 5_001),
          ],
        ];
        for (const [name, change, shift] of variants) {
          const files = new Map([...filesOf(fixture)].map(([path, text]) => [path, change(path, text)]));
          const engine = engineWith(syntax, beside(rule), files);
          expect(essence(engine, rule, shift), name).toEqual(expected);
          for (const finding of findingsOf(engine, rule)) for (const fix of finding.fixes) applyFix(files, fix);
          engine.dispose();
        }
      });

      test('findings are the same when the files are typed in', () => {
        const plain = engineWith(syntax, beside(rule), filesOf(fixture));
        const typed = typedIn(fixture, 7);
        expect(essence(typed, rule, () => 0)).toEqual(essence(plain, rule, () => 0));
        plain.dispose();
        typed.dispose();
        expect(syntax.liveTrees).toBe(0);
      });
    },
  );
});
