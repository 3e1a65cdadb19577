/**
 * Python: methods of one class that have the same name, so that only the last one is there. Overloads, setters,
 * dispatchers and definitions under a condition are left alone, and so are functions of modules.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { decoratorsOf, definedName, statementsOf, undecorated } from '../../../languages/python/syntax.ts';

const PLAIN = /^(?:staticmethod|classmethod)$/;

const classes: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['class_definition'],
  *check(node): Iterable<Verdict> {
    const statements = statementsOf(node);
    const methods = statements.map(undecorated).filter(({ kind }) => kind === 'function_definition');
    if (methods.length < 2) return;
    const earlier = new Map<string, PythonNode>();
    let isGood = true;
    for (const method of methods) {
      const name = definedName(method);
      const place = method.child('name');
      const known = earlier.get(name);
      earlier.set(name, method);
      if (known === undefined || place === null || name.startsWith('__') || name === '_') continue;
      if (![known, method].every((one) => decoratorsOf(one).every(({ text }) => PLAIN.test(text)))) continue;
      // What stands in between may keep the first one: `first = name`.
      const between = node.tree.text.slice(known.end, method.start);
      if (new RegExp(`\\b${name}\\b`).test(between)) continue;
      isGood = false;
      yield {
        kind: 'fail',
        subject: place.span,
        message: 'method',
        args: { name: `${definedName(node)}.${name}` },
        severity: 'high',
        related: [{ span: (known.child('name') ?? known).span, message: 'This one is gone.' }],
      };
    }
    const place = node.child('name');
    if (isGood && place !== null) yield { kind: 'pass', subject: place.span };
  },
};

export const pythonDetectors: readonly Detector[] = [classes as NodeDetector];
