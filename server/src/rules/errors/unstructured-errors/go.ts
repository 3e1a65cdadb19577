/** Go: how errors are made and told apart, declaration by declaration. It decides nothing. */
import type { Verdict } from '../../../core/model/verdict.ts';
import { fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { functionName, receiverOf } from '../../../languages/go/syntax.ts';

/** Key: ''. Errors that a function makes of text; the value is how many. */
export const TEXT_FACT = 'unstructured-errors.text';
/** Key: name. A type that is an error, or an error that callers can compare with; the value is `type` or `sentinel`. */
export const KIND_FACT = 'unstructured-errors.kind';
/** Key: how. Somebody tells errors apart. */
export const MATCH_FACT = 'unstructured-errors.match';

const MADE = /\b(?:fmt\.Errorf|errors\.(?:New|Errorf|Wrapf?)|xerrors\.(?:New|Errorf))\(/g;
/** Comparisons, assertions and classifications of errors; comparing with an error of a library says nothing of one's own. */
const MATCHED =
  /\b\w*errors\.(?:Is|As|AsType|Cause)\(|\b(?:status\.(?:Code|FromError|Convert)|apierrors\.Is\w+|\w+rr\w*\.Is\w+)\(|\berr\.\((?:\*?\w|type)|[=!]=\s*Err[A-Z]\w*|\bcase\s+Err[A-Z]\w*/;
/** What each of them has in it: to look for the words in front of it takes longer. */
const MAY_MATCH =
  /errors\.(?:Is|As|Cause)|status\.(?:Code|FromError|Convert)\(|rr\w*\.Is\w|\berr\.\(|[=!]=\s*Err[A-Z]|case\s+Err[A-Z]/;

const functions: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['function_declaration', 'method_declaration'],
  triggers: ['rror'],
  *check(node): Iterable<Verdict> {
    const { text } = node;
    const name = node.child('name') ?? node;
    if (functionName(node) === 'Error' && / Error\(\) string\b/.test(text)) {
      yield fact(KIND_FACT, receiverOf(node)?.type ?? '', 'type', name);
      return;
    }
    const count = text.match(MADE)?.length ?? 0;
    if (count > 0) yield fact(TEXT_FACT, '', count, name);
  },
};

const matches: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['function_declaration', 'method_declaration'],
  triggers: ['rrors.Is(', 'rrors.As', 'rrors.Cause(', 'err.(', 'Err', 'status.', 'os.Is', '.Is'],
  *check(node): Iterable<Verdict> {
    const { text } = node;
    const match = MAY_MATCH.test(text) ? MATCHED.exec(text) : null;
    if (match !== null) yield fact(MATCH_FACT, match[0], null, node.child('name') ?? node);
  },
};

/** `var ErrEmpty = errors.New("empty")` */
const sentinels: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['var_spec'],
  triggers: ['errors.', 'Errorf('],
  *check(node): Iterable<Verdict> {
    const value = node.child('value');
    const name = node.child('name');
    if (value === null || name === null || node.ancestor('block') !== null) return;
    if (/^(?:\w*errors\.New|fmt\.Errorf)\(/.test(value.text)) yield fact(KIND_FACT, name.text, 'sentinel', name);
  },
};

export const goDetectors = [functions, matches, sentinels];
