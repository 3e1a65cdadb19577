/** A fresh parse in steps builds the tree of one in one go, whatever else is parsed between them. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ParsedFile } from '../../server/src/core/syntax/syntax.ts';
import { viewDifference } from '../../server/src/wasm/selfTest.ts';
import type { WasmSyntax } from '../../server/src/wasm/syntax.ts';
import { random } from '../harness/random.ts';
import { createGoSyntax } from './goSyntax.ts';

const ROUNDS = process.env['SHIPWORTHY_FULL'] === '1' ? 2_000 : 60;
const AMPLE = Number.POSITIVE_INFINITY;
const FUNCTION =
  'func f(a []int, b string) (n int, err error) {\n\tfor i := range a {\n\t\tif a[i] > len(b) { return a[i], nil }\n\t}\n\treturn 0, g(b)\n}\n\n';
const UNBALANCED = ['{', '}', '(', ')', '[', '"', '`', '/*', 'func ', 'if '];

let syntax: WasmSyntax;

beforeAll(async () => {
  // As short as steps can be.
  syntax = await createGoSyntax({ step: 1 });
});

afterAll(() => {
  expect(syntax.liveTrees).toBe(0);
});

/** Functions with tokens that have no partner. */
function brokenText(next: () => number): string {
  let text = `package p\n\n${FUNCTION.repeat(1 + Math.floor(next() * 60))}`;
  for (let i = Math.floor(next() * 4); i >= 0; i--) {
    const at = Math.floor(next() * text.length);
    text = text.slice(0, at) + UNBALANCED[Math.floor(next() * UNBALANCED.length)]! + text.slice(at);
  }
  return text;
}

test('trees of broken texts', () => {
  const next = random(11);
  let steps = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const text = brokenText(next);
    const other = brokenText(next);
    const whole = syntax.parse('go', text, { budget: AMPLE })!;
    const parse = syntax.parseInSteps('go', text, AMPLE);
    const pending = syntax.parseInSteps('go', other, AMPLE);
    let inSteps: ParsedFile | null | undefined;
    while (inSteps === undefined) {
      const step = parse.next();
      if (step.done === true) inSteps = step.value;
      steps++;
      if (next() < 0.2) syntax.parse('go', other, { budget: AMPLE })!.delete();
      if (next() < 0.5 && steps % 7 !== 0) {
        const done = pending.next();
        if (done.done === true) done.value?.delete();
      }
    }
    expect(viewDifference(inSteps!, whole, text), `round ${round}`).toBeNull();
    inSteps!.delete();
    whole.delete();
    pending.return(null);
  }
  // Otherwise nothing was interrupted.
  expect(steps).toBeGreaterThan(5 * ROUNDS);
});

test('the budget is that of all steps', () => {
  const parse = syntax.parseInSteps('go', `package p\n\n${FUNCTION.repeat(50)}`, 0);
  expect(parse.next()).toEqual({ done: true, value: null });
});

test('whoever stops before the end leaves nothing behind', () => {
  const text = `package p\n\n${FUNCTION.repeat(50)}`;
  const parse = syntax.parseInSteps('go', text, AMPLE);
  expect(parse.next().done).toBe(false);
  parse.return(null);
  expect(syntax.liveTrees).toBe(0);
  const file = syntax.parse('go', text, { budget: AMPLE })!;
  expect(Array.from(file.topLevel.errors)).not.toContain(1);
  file.delete();
});
