/** Go: `s += x` in a loop around which `s` is declared. Whether `s` is a string comes from what is written in sight. */
import type { Fix, FixEdit, Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, NodeDetector } from '../../../core/rulekit/rule.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import { localNameOf } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { type GoBinding, scopeAround } from '../../../languages/go/scope.ts';
import {
  assignedExpressions,
  assignedValues,
  FUNCTION_KINDS,
  indentationOf,
  integerLiteralValue,
  onlyChild,
  operatorOf,
  stringLiteralValue,
  syntaxChildren,
  unparenthesized,
} from '../../../languages/go/syntax.ts';
import { typesAround } from '../../../languages/go/types.ts';

/** Rounds that are too few to matter. */
const FEW = 16;

/** The loop that runs a statement, or null. */
function loopAround(node: GoNode): GoNode | null {
  const around = node.ancestor('for_statement', ...FUNCTION_KINDS);
  return around?.kind === 'for_statement' ? around : null;
}

/** The text that a statement appends to a variable: `s += x`, `s = s + x`. */
function appended(statement: GoNode): { readonly target: GoNode; readonly value: GoNode } | null {
  const [target, ...more] = assignedExpressions(statement);
  const [value] = assignedValues(statement);
  if (target?.kind !== 'identifier' || value === undefined || more.length > 0) return null;
  const operator = operatorOf(statement);
  if (operator === '+=') return { target, value };
  if (operator !== '=' || value.kind !== 'binary_expression') return null;
  let first = value;
  while (first.kind === 'binary_expression' && operatorOf(first) === '+')
    first = unparenthesized(first.child('left') ?? first);
  return first.kind === 'identifier' && first.text === target.text ? { target, value } : null;
}

/** Whether the loop runs only a few times, as its head says. */
function isShort(loop: GoNode, ctx: ChunkContext): boolean {
  const head = loop.namedChildren.find((child) => child.kind !== 'comment' && child.field !== 'body');
  if (head?.kind === 'for_clause') {
    const bound = head.child('condition')?.child('right') ?? null;
    const value = bound === null ? null : integerLiteralValue(bound);
    return value !== null && value <= FEW;
  }
  if (head?.kind !== 'range_clause') return false;
  const over = unparenthesized(head.child('right') ?? head);
  const value = integerLiteralValue(over);
  if (value !== null) return value <= FEW;
  if (over.kind === 'composite_literal') return syntaxChildren(over.child('body') ?? over).length <= FEW;
  return /^\[\d{1,2}\]/.test(typesAround(ctx, over)?.typeOf(over) ?? '');
}

/** Whether the loop ends right behind the statement. */
function isLastRound(statement: GoNode): boolean {
  for (let next = statement.nextSibling; next !== null; next = next.nextSibling) {
    if (/^(?:break_statement|return_statement|goto_statement)$/.test(next.kind)) return true;
  }
  return false;
}

function isString(target: GoNode, value: GoNode, ctx: ChunkContext): boolean {
  const types = typesAround(ctx, target);
  const type = types?.typeOf(target) ?? types?.typeOf(value) ?? null;
  if (type !== null) return type === 'string';
  const parts = value.descendants('interpreted_string_literal', 'raw_string_literal');
  return (
    parts.some(
      (part) => part.parent?.kind === 'binary_expression' && (value.equals(part) || value.equals(part.parent)),
    ) ||
    stringLiteralValue(value) !== null ||
    /^fmt\.Sprint/.test(value.text)
  );
}

const concatenations: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['assignment_statement'],
  triggers: ['for '],
  when(node) {
    const operator = operatorOf(node);
    return operator === '+=' || (operator === '=' && node.child('right')?.text.includes('+') === true);
  },
  *check(node, ctx): Generator<Verdict> {
    const grown = appended(node);
    const loop = grown === null ? null : loopAround(node);
    if (grown === null || loop === null || !isString(grown.target, grown.value, ctx)) return;
    const binding = scopeAround(ctx, node)?.bindingOf(grown.target) ?? null;
    if (binding === null || loop.contains(binding.node) || isShort(loop, ctx) || isLastRound(node)) return;
    // It starts anew in each round, or this is not the first statement that appends.
    const others = binding.uses.filter((use) => loop.contains(use) && !use.equals(grown.target));
    for (const use of others) {
      const statement =
        use.parent?.kind === 'expression_list' && use.parent.field === 'left' ? use.parent.parent : null;
      if (statement?.kind !== 'assignment_statement') continue;
      if (operatorOf(statement) === '=' && appended(statement) === null) return;
      if (statement.index < node.index && loopAround(statement)?.equals(loop) === true) return;
    }
    const { name } = binding;
    yield { kind: 'fail', subject: node.span, message: 'grows', args: { name }, fixes: builderFix(binding, ctx) };
  },
};

/** Turns the variable into a strings.Builder, when it is only appended to and then read. */
function builderFix(binding: GoBinding, ctx: ChunkContext): readonly Fix[] {
  const declared = binding.node.parent;
  if (binding.kind !== 'variable' || declared === null) return [];
  const statement = declared.kind === 'var_spec' ? declared.parent : declared.parent;
  if (statement === null || statement.parent?.kind !== 'statement_list') return [];
  let initial: GoNode | null = null;
  if (declared.kind === 'var_spec') {
    if (statement.kind !== 'var_declaration' || declared.childrenOf('name').filter((name) => name.isNamed).length !== 1)
      return [];
    if (statement.text.includes('(') || declared.child('value') !== null) return [];
  } else {
    if (statement.kind !== 'short_var_declaration' || assignedExpressions(statement).length !== 1) return [];
    initial = assignedValues(statement)[0] ?? null;
    if (initial === null) return [];
  }
  const strings = localNameOf(ctx.file.header as GoHeader, 'strings') ?? 'strings';
  if (binding.name === strings || binding.possibleUses.length > 0) return [];
  const start =
    initial === null || stringLiteralValue(initial) === ''
      ? ''
      : `\n${indentationOf(statement)}${binding.name}.WriteString(${initial.text})`;
  const edits: FixEdit[] = [
    { kind: 'replace', span: statement.span, newText: `var ${binding.name} ${strings}.Builder${start}` },
    { kind: 'import', add: ['strings'] },
  ];
  for (const use of binding.uses) {
    const owner = use.ancestor(...FUNCTION_KINDS);
    if (owner === null || !owner.contains(statement)) return [];
    const target = use.parent?.kind === 'expression_list' && use.parent.field === 'left' ? use.parent.parent : null;
    if (target !== null && target.kind === 'assignment_statement') {
      const grown = appended(target);
      if (grown === null || operatorOf(target) !== '+=') return [];
      edits.push({
        kind: 'replace',
        span: { start: target.start, end: grown.value.start },
        newText: `${binding.name}.WriteString(`,
      });
      edits.push({ kind: 'replace', span: { start: grown.value.end, end: grown.value.end }, newText: ')' });
      continue;
    }
    if (target !== null) return [];
    const around = onlyChild(use.parent ?? use);
    if (use.parent?.kind === 'unary_expression' && around !== null && operatorOf(use.parent) === '&') return [];
    // Read while it grows: a builder would give a copy each time.
    if (use.ancestor('for_statement') !== null) return [];
    edits.push({ kind: 'replace', span: use.span, newText: `${binding.name}.String()` });
  }
  return [{ title: 'Build it with a strings.Builder', safety: 'suggestion', preferred: true, edits }];
}

/** Loops that write into a builder. */
const builders: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['strings.Builder', 'bytes.Buffer'],
  calls: (name) => name === 'WriteString',
  *check(node, ctx): Generator<Verdict> {
    if (loopAround(node) === null) return;
    const receiver = node.child('function')?.child('operand') ?? null;
    const type = receiver === null ? null : (typesAround(ctx, node)?.typeOf(receiver) ?? null);
    if (type !== null && /^\*?(?:strings\.Builder|bytes\.Buffer)$/.test(type))
      yield { kind: 'pass', subject: node.span };
  },
};

export const goDetectors = [concatenations, builders] as readonly NodeDetector[];
