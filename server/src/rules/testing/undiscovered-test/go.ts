/**
 * What the package says of its tests, for the judge: functions that look like tests but are none for `go test`, suites
 * of testify, and every mention of their names. Nothing is decided here.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import { type Detector, fact, type NodeDetector, type TextDetector } from '../../../core/rulekit/rule.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { isTestFile } from '../../../languages/go/symbols.ts';
import { parametersOf, receiverOf, resultsOf } from '../../../languages/go/syntax.ts';

/** Key: name of the function. It looks like a test that nothing runs. */
export const CANDIDATE = 'test.candidate';
/** Key: type of the receiver. A method of a suite that looks like a test. */
export const SUITE_METHOD = 'test.suiteMethod';
/** Key: path. How often the file names each function that may be a candidate, and each type that it runs as a suite. */
export const MENTIONS = 'test.mentions';

export type CandidateFact = 'lower' | 'file';

/** `Testcheckout`: the letter behind `Test` must not be a small one. */
const LOWER = /^Test\p{Ll}/u;
/** Files that are named like tests, but not with the ending that `go test` wants. */
const TEST_LIKE_FILE = /(?:^|\/)(?:test_[\w-]+|[\w-]+_tests|[\w-]+[-.]test)\.go$/;

const functions: NodeDetector<unknown, GoNode> = {
  kinds: ['function_declaration'],
  triggers: ['func Test'],
  *check(node, ctx): Iterable<Verdict> {
    const name = node.child('name');
    const parameters = parametersOf(node);
    if (name === null || !name.text.startsWith('Test') || resultsOf(node).length > 0) return;
    if (parameters.length !== 1 || parameters[0]!.type.text !== '*testing.T') return;
    if (isTestFile(ctx.file.path)) {
      if (LOWER.test(name.text)) yield fact(CANDIDATE, name.text, 'lower' satisfies CandidateFact, name);
      else yield { kind: 'pass', subject: name.span };
    } else if (TEST_LIKE_FILE.test(ctx.file.path)) {
      yield fact(CANDIDATE, name.text, 'file' satisfies CandidateFact, name);
    }
  },
};

const methods: NodeDetector<unknown, GoNode> = {
  kinds: ['method_declaration'],
  triggers: [') Test'],
  *check(node, ctx): Iterable<Verdict> {
    const name = node.child('name');
    const receiver = receiverOf(node);
    if (name === null || receiver === null || !/^Test\P{Ll}/u.test(name.text) || !isTestFile(ctx.file.path)) return;
    if (parametersOf(node).length === 0) yield fact(SUITE_METHOD, receiver.type, name.text, name);
  },
};

/** Words that may be about a candidate: names of tests with a small letter, and what is run as a suite. */
const MENTION = /\bTest\w+\b|\bsuite\.Run\([^\n]*/g;

const mentions: TextDetector = {
  text: true,
  triggers: ['func Test', 'suite.Run(', 'Test'],
  *check(text, ctx): Iterable<Verdict> {
    if (!isTestFile(ctx.file.path) && !TEST_LIKE_FILE.test(ctx.file.path)) return;
    const words: Record<string, number> = {};
    const isOdd = TEST_LIKE_FILE.test(ctx.file.path);
    for (const [word] of text.matchAll(MENTION)) {
      if (!isOdd && !LOWER.test(word) && !word.startsWith('suite.Run(')) continue;
      words[word] = (words[word] ?? 0) + 1;
    }
    if (Object.keys(words).length > 0) yield fact(MENTIONS, ctx.file.path, words, { start: 0, end: 0 });
  },
};

export const detectors: readonly Detector[] = [functions as Detector, methods as Detector, mentions];
