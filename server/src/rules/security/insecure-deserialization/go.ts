/**
 * Data of strangers that Go programs decode with encoding/gob, whose documentation says that it is not hardened against
 * it. JSON and YAML decoders of Go create no objects of the sender's choice and are left alone.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { NodeDetector } from '../../../core/rulekit/rule.ts';
import { INPUT_NAMES } from '../../../knowledge/go/inputs.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { originsAround } from '../../../languages/go/origin.ts';
import { callArguments } from '../../../languages/go/syntax.ts';
import { typesAround } from '../../../languages/go/types.ts';

const decoders: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['NewDecoder'],
  calls: (name) => name === 'NewDecoder',
  *check(node, ctx): Iterable<Verdict> {
    const callee = typesAround(ctx, node)?.calleeOf(node);
    if (callee?.kind !== 'package') return;
    const [source] = callArguments(node);
    if (source === undefined) return;
    if (callee.path !== 'encoding/gob' && callee.path !== 'encoding/json') return;
    const input = originsAround(ctx, node)?.inputIn(source) ?? null;
    if (input === null) return;
    if (callee.path === 'encoding/json') {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    yield { kind: 'fail', subject: node.span, message: 'gob', args: { source: INPUT_NAMES[input.input!] } };
  },
};

export const go: readonly NodeDetector[] = [decoders as NodeDetector];
