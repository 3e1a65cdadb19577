/**
 * What the fixes need to know of Go functions that take a lock: where they call functions of the package by name, how
 * one that holds its lock from the first line to the end falls into two, and which lines take and release a lock within
 * one block. It decides nothing.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import { type Detector, fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import {
  callArguments,
  calledExpression,
  calledName,
  functionName,
  lineBreakOf,
  lineSpanOf,
  parametersOf,
  receiverOf,
  resultsOf,
  statementsOf,
} from '../../../languages/go/syntax.ts';

/** Key: name of the function, behind that of the receiver's type: `Cache.Len`. */
export const SPLIT_FACT = 'self-deadlock.function';

/** How a function is split in two; offsets as in the chunk. */
export type SplitFact = {
  /** Names of functions and of methods of the receiver where they are called: beginning of the call, span of the name. */
  readonly calls: readonly (readonly [call: number, start: number, end: number])[];
  /** Sections within one block: beginning of the acquiring call, lines that acquire, lines that release. */
  readonly sections: readonly (readonly [
    call: number,
    acquire: readonly [number, number],
    release: readonly [number, number],
  ])[];
  /** The name of the second half, and the text that divides the two; null when the function cannot be split. */
  readonly split: { readonly name: string; readonly start: number; readonly end: number; readonly text: string } | null;
};

const LOCKS: Readonly<Record<string, string>> = { Lock: 'Unlock', RLock: 'RUnlock' };

/** `c.mu` of the statement `c.mu.Lock()`, with the name of the method; null for every other statement. */
function operationOf(
  statement: GoNode,
): { readonly operand: string; readonly name: string; readonly call: GoNode } | null {
  const call = statement.namedChildren[0];
  if (statement.kind !== 'expression_statement' && statement.kind !== 'defer_statement') return null;
  if (call?.kind !== 'call_expression' || callArguments(call).length > 0) return null;
  const operand = calledExpression(call)?.child('operand');
  return operand === null || operand === undefined ? null : { operand: operand.text, name: calledName(call), call };
}

/** `Len` becomes `lenLocked`. */
function lockedName(name: string): string {
  const initials = /^[A-Z]+(?=[A-Z][a-z])|^[A-Z]+(?![a-z])|^[A-Z]/.exec(name)?.[0] ?? '';
  return `${initials.toLowerCase()}${name.slice(initials.length)}Locked`;
}

/** The lines of a statement that has them for itself; null for others. */
function ownLines(statement: GoNode): readonly [number, number] | null {
  const { start, end } = lineSpanOf(statement);
  return statement.tree.text.slice(start, end).trim() === statement.text ? [start, end] : null;
}

function splitOf(node: GoNode): SplitFact['split'] {
  const [first, second, third] = statementsOf(node);
  if (first === undefined || second === undefined || third === undefined || second.kind !== 'defer_statement')
    return null;
  const acquire = operationOf(first);
  const release = operationOf(second);
  if (acquire === null || release === null || acquire.operand !== release.operand) return null;
  if (LOCKS[acquire.name] !== release.name || node.child('type_parameters') !== null) return null;
  const { text } = node.tree;
  const body = node.child('body')!;
  // The lock is released for a while, or taken apart.
  const operation = new RegExp(
    `${acquire.operand.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\.(?:Try)?R?(?:Lock|Unlock)\\b`,
  );
  if (operation.test(text.slice(second.end, body.end))) return null;
  const receiver = receiverOf(node);
  const parameters = parametersOf(node);
  if (parameters.some(({ name }) => name === '' || name === '_') || receiver?.name === '' || receiver?.name === '_')
    return null;
  const rest = /^[^\r\n]*(?:\r\n|\r|\n)(?:[ \t]*(?:\r\n|\r|\n))*/.exec(text.slice(second.end));
  if (rest === null || !/^[ \t]*[\r\n]/.test(rest[0]) || third.start < second.end + rest[0].length) return null;
  const own = functionName(node);
  const name = lockedName(own);
  const line = lineBreakOf(node);
  const isVariadic = node.child('parameters')?.childOfKind('variadic_parameter_declaration') != null;
  const values = parameters.map((parameter) => parameter.name).join(', ') + (isVariadic ? '...' : '');
  const call = `${receiver === null ? '' : `${receiver.name}.`}${name}(${values})`;
  const nameNode = node.child('name')!;
  const head = `${text.slice(node.start, nameNode.start)}${name}${text.slice(nameNode.end, body.start)}`;
  const lines = [
    '',
    `\t${resultsOf(node).length > 0 ? 'return ' : ''}${call}`,
    '}',
    '',
    `// ${name} is ${own} for callers that hold ${acquire.operand}.`,
    `${head}{`,
    '',
  ];
  return { name, start: second.end, end: second.end + rest[0].length, text: lines.join(line) };
}

const functions: NodeDetector<unknown, GoNode> = {
  kinds: ['function_declaration', 'method_declaration'],
  triggers: ['.Lock()', '.RLock()'],
  *check(node): Iterable<Verdict> {
    const receiver = receiverOf(node);
    const calls: [number, number, number][] = [];
    const sections: (readonly [number, readonly [number, number], readonly [number, number]])[] = [];
    for (const call of node.descendants('call_expression')) {
      const callee = calledExpression(call);
      const isOwn =
        callee?.kind === 'identifier' ||
        (callee?.kind === 'selector_expression' &&
          receiver !== null &&
          callee.child('operand')?.text === receiver.name);
      const name = callee?.kind === 'selector_expression' ? callee.child('field') : callee;
      if (isOwn && name !== null && name !== undefined) calls.push([call.start, name.start, name.end]);
      const statement = call.parent;
      const operation = statement?.kind === 'expression_statement' ? operationOf(statement) : null;
      const releasing = operation === null ? undefined : LOCKS[operation.name];
      if (statement === null || operation === null || releasing === undefined) continue;
      for (let next = statement.nextSibling; next !== null; next = next.nextSibling) {
        const other = operationOf(next);
        if (other?.operand === operation.operand) {
          const lines = [ownLines(statement), ownLines(next)] as const;
          const isPair = other.name === releasing && lines[0] !== null && lines[1] !== null;
          if (isPair) sections.push([call.start, lines[0]!, lines[1]!]);
          break;
        }
        if (next.text.includes(`${operation.operand}.`) && /Lock\(\)/.test(next.text)) break;
      }
    }
    const split = splitOf(node);
    const value: SplitFact = { calls, sections, split };
    if (split === null && calls.length === 0 && sections.length === 0) return;
    yield fact(
      SPLIT_FACT,
      receiver === null ? functionName(node) : `${receiver.type}.${functionName(node)}`,
      value,
      node.child('name') ?? node,
    );
  },
};

export const detectors: readonly Detector[] = [functions as Detector];
