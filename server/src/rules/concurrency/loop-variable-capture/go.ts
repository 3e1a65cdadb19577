/**
 * Function literals in loops that run later and use the loop's variable: as goroutines, deferred, or handed to an
 * errgroup. What it finds is only wrong below Go 1.22, which the judge knows.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import { type Detector, fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { pendingValue } from '../../../languages/go/pending.ts';
import { type GoBinding, goScope } from '../../../languages/go/scope.ts';
import {
  calledExpression,
  calledName,
  FUNCTION_KINDS,
  indentationOf,
  isAssigned,
  lineBreakOf,
  onlyChild,
  statementOf,
  syntaxChildren,
  topLevelOf,
} from '../../../languages/go/syntax.ts';

export const CAPTURED = 'loop.captured';

/** Variables that the head of a loop declares. */
function loopVariables(loop: GoNode): readonly GoNode[] {
  const head = syntaxChildren(loop).find((child) => child.field !== 'body') ?? null;
  const declaring = head?.kind === 'for_clause' ? head.child('initializer') : head;
  if (declaring === null || (declaring.kind !== 'range_clause' && declaring.kind !== 'short_var_declaration'))
    return [];
  const { text } = declaring;
  const targets = declaring.child('left');
  if (targets === null || !text.includes(':=')) return [];
  return syntaxChildren(targets).filter((target) => target.kind === 'identifier' && target.text !== '_');
}

/** Statements that wait for what the loop has started before the next turn begins. */
const WAITING = /\.Wait\(\)|^\s*<-/;

function waitsBehind(statement: GoNode): boolean {
  for (let node = statement.nextSibling; node !== null; node = node.nextSibling) {
    if (
      node.isNamed &&
      (WAITING.test(node.text) || node.kind === 'return_statement' || node.kind === 'break_statement')
    )
      return true;
  }
  return false;
}

const captures: NodeDetector<unknown, GoNode> = {
  kinds: ['func_literal'],
  triggers: ['for '],
  when: (node) => runsLater(node) !== null,
  *check(literal, ctx): Iterable<Verdict> {
    const loop = literal.ancestor('for_statement', ...FUNCTION_KINDS);
    if (loop?.kind !== 'for_statement') return;
    const declaration = topLevelOf(literal);
    const statement = statementOf(runsLater(literal)!);
    if (declaration === null || statement === null) return;
    const variables: GoBinding[] = [];
    const scope = ctx.get(goScope, declaration);
    for (
      let around: GoNode | null = loop;
      around?.kind === 'for_statement';
      around = around.ancestor('for_statement', ...FUNCTION_KINDS)
    ) {
      for (const name of loopVariables(around)) {
        const binding = scope.bindingOf(name);
        if (binding !== null) variables.push(binding);
      }
    }
    const captured = variables.filter((binding) => binding.uses.some((use) => literal.contains(use)));
    const subject = { start: literal.start, end: literal.start + 4 };
    if (captured.length === 0) {
      if (variables.length > 0) yield fact(CAPTURED, 'pass', pendingValue({ kind: 'pass', subject }), literal);
      return;
    }
    if (waitsBehind(statement)) return;
    const use = captured[0]!.uses.find((node) => literal.contains(node))!;
    const names = [...new Set(captured.map(({ name }) => name))];
    const indent = indentationOf(statement);
    const line = lineBreakOf(statement);
    // A counter that the body changes is more than a name for the turn.
    const isSimple =
      statement.parent?.kind === 'statement_list' && captured.every((binding) => !binding.uses.some(changesInBody));
    const newText = names.map((name) => `${name} := ${name}${line}${indent}`).join('');
    yield fact(
      CAPTURED,
      'fail',
      pendingValue({
        kind: 'fail',
        subject: use.span,
        message: 'captured',
        args: { name: names[0]! },
        fixes: isSimple
          ? [
              {
                title: `Copy ${names.join(' and ')} in each turn`,
                safety: 'safe',
                preferred: true,
                edits: [{ kind: 'replace', span: { start: statement.start, end: statement.start }, newText }],
              },
            ]
          : [],
      }),
      literal,
    );
  },
};

function changesInBody(use: GoNode): boolean {
  const isChanged = isAssigned(use) || use.parent?.kind === 'inc_statement' || use.parent?.kind === 'dec_statement';
  return isChanged && use.ancestor('for_clause', 'block')?.kind === 'block';
}

/** The statement or call that runs a literal at a later time; null when it runs at once, or nobody knows when. */
function runsLater(literal: GoNode): GoNode | null {
  const parent = literal.parent;
  if (parent?.kind === 'call_expression' && literal.field === 'function') {
    const statement = parent.parent;
    return statement?.kind === 'go_statement' || statement?.kind === 'defer_statement' ? statement : null;
  }
  const call = parent?.kind === 'argument_list' ? parent.parent : null;
  if (call?.kind !== 'call_expression' || onlyChild(parent!) === null) return null;
  const receiver = calledExpression(call)?.child('operand')?.text ?? '';
  return (calledName(call) === 'Go' && /(?:^g|[gG]roup|^eg|^wg)$/.test(receiver)) ||
    calledExpression(call)?.text === 'time.AfterFunc'
    ? call
    : null;
}

export const detectors: readonly Detector[] = [captures as Detector];
