/** Python functions that are copies of each other. Docstrings and comments do not count. */
import type { Verdict } from '../../../core/model/verdict.ts';
import { type Detector, fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { docstringOf } from '../../../languages/python/syntax.ts';
import { type Body, digestOf, LINE_LIMIT, type Tokens } from './copies.ts';

export const PYTHON_BODY = 'duplicate-code.python-body';

const LENGTH_LIMIT = 400;
const PYTHON: Tokens = {
  literals: /^(?:integer|float|string)$/,
  written: ['function', 'attribute', 'name'],
  limit: 120,
};

const bodies: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['function_definition'],
  when: (node) => node.end - node.start >= LENGTH_LIMIT,
  *check(node): Iterable<Verdict> {
    const body = node.child('body');
    const name = node.child('name');
    if (body === null || name === null) return;
    const docstring = docstringOf(node);
    const lines = body.text.slice((docstring?.end ?? body.start) - body.start).split('\n').length;
    const found = lines < LINE_LIMIT ? null : digestOf(body, PYTHON, docstring);
    if (found === null) return;
    const value: Body = { lines };
    yield fact(PYTHON_BODY, found.digest, { ...value }, name);
  },
};

export const pythonDetectors: readonly Detector[] = [bodies as NodeDetector];
