/**
 * What a Python file says of its tests, for the judge: tests that a later one of the same name replaces, classes that
 * pytest cannot make, and tests within tests. Files whose names pytest does not collect are left to its configuration.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import { type Detector, fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { headerOf } from '../../../languages/python/chains.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import {
  basesOf,
  decoratorsOf,
  definedName,
  enclosingFunction,
  isAtTop,
  statementsOf,
  undecorated,
} from '../../../languages/python/syntax.ts';

/** Key: path and name. A test at the top of a file that has another one of the same name. */
export const REPEATED = 'test.repeated';

const functions: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['function_definition'],
  triggers: ['def test'],
  when: (node) => /^test_/.test(definedName(node)),
  *check(node, ctx): Iterable<Verdict> {
    if (ctx.file.role !== 'test') return;
    const name = node.child('name')!;
    const outer = enclosingFunction(node);
    if (outer !== null) {
      // Handlers and helpers are called test, too: only what nobody uses is forgotten.
      if (!/^test_/.test(definedName(outer)) || decoratorsOf(node).some(({ text }) => !/^pytest\.mark/.test(text)))
        return;
      if (!/\bassert\b|self\.assert/.test(node.text)) return;
      const uses = outer.descendants('identifier').filter(({ text }) => text === name.text);
      if (uses.length > 1) return;
      yield {
        kind: 'fail',
        subject: name.span,
        message: 'nested',
        args: { name: name.text, better: definedName(outer) },
      };
      return;
    }
    if (node.ancestor('class_definition') !== null) return;
    if (!isAtTop(node)) return;
    const same = headerOf(ctx).functions.filter((item) => item.name === name.text);
    // What a decorator registers stays, whatever the name stands for later.
    const isKept = decoratorsOf(node).some(
      ({ text }) =>
        !/^(?:pytest|mock|patch|unittest|asyncio|override|settings|freeze|responses|respx|parameterized|given|hypothesis|django|skip)/.test(
          text,
        ),
    );
    if (same.length > 1) yield fact(REPEATED, `${ctx.file.path} ${name.text}`, isKept, name);
    else yield { kind: 'pass', subject: name.span };
  },
};

const classes: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['class_definition'],
  triggers: ['def test'],
  *check(node, ctx): Iterable<Verdict> {
    const name = node.child('name');
    if (name === null || ctx.file.role !== 'test') return;
    const members = statementsOf(node).map((statement) => ({ statement, definition: undecorated(statement) }));
    const methods = members.filter(({ definition }) => definition.kind === 'function_definition');
    const tests = methods.filter(({ definition }) => /^test/.test(definedName(definition)));
    if (tests.length === 0) return;
    const maker = methods.find(({ definition }) => definedName(definition) === '__init__');
    if (
      maker !== undefined &&
      /^Test/.test(name.text) &&
      basesOf(node).length === 0 &&
      enclosingFunction(node) === null
    ) {
      yield {
        kind: 'fail',
        subject: maker.definition.child('name')!.span,
        message: 'constructor',
        args: { name: name.text, better: '' },
      };
    }
    const same = isAtTop(node) ? headerOf(ctx).classes.filter((item) => item.name === name.text) : [];
    // One that is made of the other keeps it, and so may a decorator.
    if (same.length > 1 && !same.some(({ bases }) => bases.includes(name.text))) {
      const isKept = decoratorsOf(node).some(({ text }) => !/^(?:pytest|mock|patch|unittest|override|skip)/.test(text));
      yield fact(REPEATED, `${ctx.file.path} ${name.text}`, isKept ? true : 'class', name);
    }
    const last = new Map(tests.map(({ definition }, index) => [definedName(definition), index]));
    for (const [index, { definition }] of tests.entries()) {
      const own = definedName(definition);
      if (last.get(own) === index) continue;
      const marks = decoratorsOf(definition);
      if (marks.some(({ text }) => /setter|overload|property|register/.test(text))) continue;
      yield {
        kind: 'fail',
        subject: definition.child('name')!.span,
        message: 'replaced',
        args: { name: own, better: '' },
      };
    }
  },
};

export const pythonDetectors: readonly Detector[] = [functions, classes] as readonly Detector[];
