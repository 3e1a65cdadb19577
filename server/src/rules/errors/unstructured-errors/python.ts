/**
 * Python: how exceptions are made and told apart, declaration by declaration. A class of one's own counts as told apart,
 * since frameworks and callers catch it by its name. It decides nothing.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import { type Detector, fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { basesOf, definedName, isAtTop } from '../../../languages/python/syntax.ts';
import { KIND_FACT, MATCH_FACT, TEXT_FACT } from './go.ts';

/** Exceptions that say nothing but their text. */
const MADE = /^[ \t]*raise (?:Exception|BaseException|RuntimeError)\(/gm;
const ERROR = /(?:Error|Exception|Warning|Failure|Fault)$/;

const definitions: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['function_definition', 'class_definition'],
  triggers: ['raise ', 'Error', 'Exception'],
  when: isAtTop,
  *check(node): Iterable<Verdict> {
    const name = node.child('name') ?? node;
    if (node.kind === 'class_definition' && basesOf(node).some(({ text }) => ERROR.test(text))) {
      yield fact(KIND_FACT, definedName(node), 'class', name);
      yield fact(MATCH_FACT, definedName(node), null, name);
      return;
    }
    const count = node.text.match(MADE)?.length ?? 0;
    if (count > 0) yield fact(TEXT_FACT, '', count, name);
  },
};

export const pythonDetectors: readonly Detector[] = [definitions as NodeDetector];
