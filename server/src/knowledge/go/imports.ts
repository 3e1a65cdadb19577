/** Detectors of imports that say something by their path alone, whatever the file does with them. */
import type { Span } from '../../core/model/location.ts';
import type { FactVerdict } from '../../core/model/verdict.ts';
import type { NodeDetector } from '../../core/rulekit/rule.ts';
import type { GoNode } from '../../languages/go/nodes.gen.ts';
import { importPath } from '../../languages/go/syntax.ts';

const NOWHERE: Span = { start: 0, end: 0 };

/** A detector that hands the path of each import to `say`, of which the outcome depends on nothing else. */
export function importDetector(say: (path: string, subject: Span) => Iterable<FactVerdict>): NodeDetector {
  const detector: NodeDetector<unknown, GoNode> = {
    kinds: ['import_spec'],
    imports: (path) => [...say(path, NOWHERE)].length > 0,
    check: (node) => say(importPath(node), node.span),
  };
  return detector as NodeDetector;
}
