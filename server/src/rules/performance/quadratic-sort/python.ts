/** Python: two nested loops over positions that compare and swap the elements of one list. */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { NodeDetector } from '../../../core/rulekit/rule.ts';
import { replaced } from '../../../languages/python/edits.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { bodyOf, calledName, onlyChild, statementsOf, syntaxChildren } from '../../../languages/python/syntax.ts';

interface Swap {
  readonly sequence: string;
  readonly first: string;
  readonly second: string;
}

/** `x[i], x[j] = x[j], x[i]` */
function swapOf(statement: PythonNode): Swap | null {
  const assignment = statement.kind === 'expression_statement' ? onlyChild(statement) : null;
  const left = assignment?.kind === 'assignment' ? assignment.child('left') : null;
  const right = assignment?.kind === 'assignment' ? assignment.child('right') : null;
  if (left?.kind !== 'pattern_list' || right?.kind !== 'expression_list') return null;
  const targets = syntaxChildren(left);
  const values = syntaxChildren(right);
  const [first, second] = targets;
  if (targets.length !== 2 || values.length !== 2 || first?.kind !== 'subscript' || second?.kind !== 'subscript')
    return null;
  if (first.text !== values[1]!.text || second.text !== values[0]!.text) return null;
  const sequence = first.child('value')?.text ?? '';
  if (sequence === '' || second.child('value')?.text !== sequence) return null;
  return { sequence, first: first.child('subscript')?.text ?? '', second: second.child('subscript')?.text ?? '' };
}

function isCounted(loop: PythonNode): boolean {
  const iterable = loop.child('right');
  return iterable?.kind === 'call' && calledName(iterable) === 'range' && loop.child('left')?.kind === 'identifier';
}

const loops: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['for_statement'],
  triggers: ['range('],
  when: isCounted,
  *check(node): Iterable<Verdict> {
    const inner = statementsOf(node).find(({ kind }) => kind === 'for_statement');
    if (inner === undefined || !isCounted(inner)) return;
    const statements = statementsOf(inner);
    const test = statements.find(({ kind }) => kind === 'if_statement');
    const condition = test?.child('condition');
    const consequence = test?.child('consequence');
    if (test === undefined || condition == null || consequence == null || condition.kind !== 'comparison_operator')
      return;
    const swap =
      statementsOf(consequence)
        .map(swapOf)
        .find((found) => found !== null) ?? null;
    // A second condition or another effect makes it something else than a sort.
    if (swap === null || statements.length > 1) return;
    const sides = syntaxChildren(condition).map(({ text }) => text);
    const mentions = (index: string): boolean => sides.some((side) => side.includes(`${swap.sequence}[${index}]`));
    if (sides.length !== 2 || !mentions(swap.first) || !mentions(swap.second)) return;
    yield {
      kind: 'fail',
      subject: { start: node.start, end: (node.child('right') ?? node).end },
      message: 'python',
      args: { sequence: swap.sequence },
      fixes: fixesOf(node, condition, swap),
    };
  },
};

/** A bubble sort of neighbours says what the order is. */
function fixesOf(loop: PythonNode, condition: PythonNode, { sequence }: Swap): readonly Fix[] {
  const index = loop.descendants('for_statement')[1]?.child('left')?.text ?? '';
  const [left, right] = syntaxChildren(condition);
  const operator = condition.children.find(({ isNamed }) => !isNamed)?.text ?? '';
  const here = `${sequence}[${index}]`;
  const next = new RegExp(`^${escaped(sequence)}\\[${escaped(index)} ?\\+ ?1\\]`);
  if (left === undefined || right === undefined || !/^[<>]=?$/.test(operator) || bodyOf(loop) === null) return [];
  const isForward = left.text.startsWith(here) && next.test(right.text);
  if (!isForward) return [];
  const key = left.text.slice(here.length);
  if (right.text.replace(next, '') !== key || /[^\w.[\]"']/.test(key)) return [];
  const reverse = operator.startsWith('<') ? 'reverse=True' : '';
  const by = key === '' ? '' : `key=lambda item: item${key}`;
  const call = `${sequence}.sort(${[by, reverse].filter((part) => part !== '').join(', ')})`;
  return [
    {
      title: `Replace the loops by ${sequence}.sort`,
      safety: 'suggestion',
      preferred: true,
      edits: [replaced(loop, call)],
    },
  ];
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** What sorts with the library. */
const sorted: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  calls: (name) => name === 'sorted' || name === 'sort',
  *check(node): Iterable<Verdict> {
    yield { kind: 'pass', subject: node.span };
  },
};

export const pythonDetectors = [loops, sorted] as readonly NodeDetector[];
