/**
 * Whether a function gets rid of what it has acquired: follows one variable from the call that gave it a value to the
 * ends of the function. What a use does to the value is for the caller to say; values of outer functions, parameters
 * and results belong to somebody else and are not followed.
 */
import type { FlowEdge } from '../../core/flow/graph.ts';
import { type EscapeWitness, findEscape, findPath } from '../../core/flow/paths.ts';
import { type GoFlow, whenAcquired } from './flow.ts';
import type { GoNode } from './nodes.gen.ts';
import type { GoBinding, GoScope } from './scope.ts';
import { calledExpression, FUNCTION_KINDS, indentationOf, lineBreakOf, nilComparison, statementsOf } from './syntax.ts';

export interface Acquired {
  /** The assignment or declaration. */
  readonly statement: GoNode;
  readonly call: GoNode;
  /** The variable that holds the value. */
  readonly binding: GoBinding;
  /** The variable that says whether there is a value; null when the call cannot fail. */
  readonly error: GoBinding | null;
}

/**
 * - `release`: gives the value up.
 * - `handOver`: someone else may give it up from here on.
 * - `neutral`: uses the value, and keeps it.
 */
export type CustodyUse = 'release' | 'handOver' | 'neutral';

export interface CustodyQuestion {
  readonly useOf: (use: GoNode) => CustodyUse;
  /** Whether an expression is nil when there is no value; default: the variable itself. */
  readonly isValue?: (expression: GoNode) => boolean;
  /** Whether an edge is only taken when the value has given itself up. */
  readonly isOver?: (edge: FlowEdge, flow: GoFlow) => boolean;
}

export interface Custody {
  readonly releases: number;
  readonly handOvers: number;
  /** Whether a loop acquires the next value while this one is still held. */
  readonly overwritten: boolean;
  /** A way to leave the function with the value; nodes of `also` count as releases, too. */
  escape(also?: ReadonlySet<number>): EscapeWitness | null;
}

/** Ways that an error is judged by a function: on neither branch is it known whether there is a value. */
function judgesError(flow: GoFlow, edge: FlowEdge, error: GoBinding | null): boolean {
  if (error === null || edge.label === 'always') return false;
  const test = flow.node(edge.from);
  if (test?.kind !== 'call_expression') return false;
  const callee = calledExpression(test)?.text ?? '';
  if (callee === 'errors.Is' || callee === 'errors.As') return false;
  return error.uses.some((use) => test.contains(use));
}

/** What happens to an acquired value; null when it lives on behind the function, or cannot be followed. */
export function custodyOf(acquired: Acquired, flow: GoFlow, scope: GoScope, question: CustodyQuestion): Custody | null {
  const { statement, binding, error } = acquired;
  if (binding.kind !== 'variable' || binding.owner !== flow.function.index) return null;
  const from = flow.at(statement);
  if (from < 0) return null;

  const released = new Set<number>();
  let releases = 0;
  let handOvers = 0;
  for (const use of binding.uses) {
    const kind = question.useOf(use);
    if (kind === 'neutral') continue;
    if (kind === 'release') releases++;
    else handOvers++;
    const id = flow.at(use);
    if (id >= 0) released.add(id);
  }
  const isVariable = (expression: GoNode): boolean =>
    expression.kind === 'identifier' && scope.bindingOf(expression) === binding;
  const acquisition = whenAcquired(flow, {
    isError: (identifier) => error !== null && scope.bindingOf(identifier) === error,
    isValue: question.isValue ?? isVariable,
  });
  const step = (edge: FlowEdge, state: number): number | null => {
    if (judgesError(flow, edge, error) || question.isOver?.(edge, flow) === true) return null;
    return acquisition.step(edge, state);
  };
  const satisfies = (id: number): boolean => released.has(id);
  const overwritten =
    findPath(flow.graph, { from, target: (id) => id === from, blocks: satisfies, ...acquisition, step }) !== null;
  return {
    releases,
    handOvers,
    overwritten,
    escape: (also) =>
      findEscape(flow.graph, {
        from,
        satisfies: (id) => id === from || satisfies(id) || also?.has(id) === true,
        ...acquisition,
        step,
      }),
  };
}

/** Whether every path through the block ends with leaving the function or the round of a loop. */
function leaves(block: GoNode): boolean {
  const last = statementsOf(block).at(-1);
  if (last === undefined) return false;
  if (/^(return|continue|break|goto)_statement$/.test(last.kind)) return true;
  return last.kind === 'expression_statement' && /^(panic\(|log\.Fatal|os\.Exit\()/.test(last.text);
}

/**
 * Where a `defer` that gives the value up belongs: behind the check of the error that directly follows the acquiring
 * statement, or behind that statement when it cannot fail. Null in loops, and where the code is not that simple.
 */
export function deferralPlace({ statement, error }: Acquired): { readonly at: number; readonly before: string } | null {
  if (statement.parent?.kind !== 'statement_list') return null;
  const loop = statement.ancestor('for_statement', ...FUNCTION_KINDS);
  if (loop !== null && loop.kind === 'for_statement') return null;
  const before = `${lineBreakOf(statement)}${indentationOf(statement)}`;
  if (error === null) return { at: statement.end, before };
  let check = statement.nextSibling;
  while (check !== null && (!check.isNamed || check.kind === 'comment')) check = check.nextSibling;
  if (check?.kind !== 'if_statement' || check.child('alternative') !== null || check.child('initializer') !== null)
    return null;
  const condition = check.child('condition');
  const comparison = condition === null ? null : nilComparison(condition);
  const consequence = check.child('consequence');
  if (comparison === null || comparison.equal || comparison.operand.text !== error.name) return null;
  return consequence !== null && leaves(consequence) ? { at: check.end, before } : null;
}
