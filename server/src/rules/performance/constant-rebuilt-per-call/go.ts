/** Go: literals given to package regexp, and maps of constants that are only read, in functions that run often. */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, NodeDetector } from '../../../core/rulekit/rule.ts';
import { packageCallId, packageMemberOf } from '../../../languages/go/calls.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { storedName } from '../../../languages/go/purpose.ts';
import { scopeAround } from '../../../languages/go/scope.ts';
import {
  callArguments,
  calledName,
  commentText,
  enclosingFunction,
  functionName,
  leadingComments,
  statementOf,
  stringLiteralValue,
  syntaxChildren,
} from '../../../languages/go/syntax.ts';

/** Functions that run once, or when a program is set up. */
const ONCE =
  /^(?:main|init|New|new|Init|Register|register|Setup|setup|Must|must|Load|load|Default|default|Test|Benchmark|Run|Execute|Start|Configure|compile|Compile|build(?:Regex|Pattern|Re)|create)(?:$|[A-Z_])|^(?:new|New|init|Init|setup|Setup|main|Execute|Run)$/;
/** Wrappers whose function literal runs once. */
const ONCE_CALLS = /^(?:Do|OnceValue|OnceValues|OnceFunc|Run|RunE|Once)$/;

/** The declaration that runs the node often; null when it may run once, or when nothing is known of it. */
function repeatedFunction(node: GoNode): GoNode | null {
  for (let owner = enclosingFunction(node); owner !== null; owner = enclosingFunction(owner)) {
    if (owner.kind !== 'func_literal') return ONCE.test(functionName(owner)) ? null : owner;
    const call = owner.parent?.kind === 'argument_list' ? owner.parent.parent : null;
    if (call?.kind === 'call_expression' && ONCE_CALLS.test(calledName(call))) return null;
  }
  return null;
}

/** `re := regexp.MustCompile(...)` whose variable only function literals use: it is made when they are, not when they run. */
function isForLiterals(call: GoNode, ctx: ChunkContext): boolean {
  const owner = enclosingFunction(call);
  const declared = call.ancestor('short_var_declaration', 'var_spec');
  if (owner === null || declared === null || enclosingFunction(declared)?.index !== owner.index) return false;
  const name =
    declared.kind === 'var_spec' ? declared.child('name') : (declared.child('left')?.childOfKind('identifier') ?? null);
  const binding = name === null ? null : (scopeAround(ctx, name)?.bindingOf(name) ?? null);
  if (binding === null || binding.uses.length === 0) return false;
  return binding.uses.every((use) => enclosingFunction(use)?.index !== owner.index);
}

/** Comments that say why it is made where it stands. */
const EXPLAINED = /\bglobals?\b|garbage|on purpose|intentional|deliberate/i;

function isExplained(node: GoNode): boolean {
  const statement = statementOf(node);
  if (statement === null) return false;
  const line = /^[^\r\n]*/.exec(node.tree.text.slice(node.start))![0];
  const behind = /\/\/.*$/.exec(line)?.[0] ?? '';
  return EXPLAINED.test(`${behind} ${leadingComments(statement).map(commentText).join(' ')}`);
}

const patterns: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['regexp'],
  calls: (name) => /^(?:MustCompile|Compile|MustCompilePOSIX|CompilePOSIX|MatchString|Match)$/.test(name),
  *check(node, ctx): Generator<Verdict> {
    const id = packageCallId(node, ctx);
    if (!id.startsWith('regexp.')) return;
    const [pattern] = callArguments(node);
    if (pattern === undefined || stringLiteralValue(pattern) === null) return;
    if (enclosingFunction(node) === null) {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    const owner = repeatedFunction(node);
    if (owner === null || isForLiterals(node, ctx) || isExplained(node)) return;
    yield {
      kind: 'fail',
      subject: node.span,
      message: 'pattern',
      args: { function: functionName(owner) },
      fixes: hoistFix(node, owner, id, ctx),
    };
  },
};

function capitalized(name: string): string {
  return name === '' ? '' : name[0]!.toUpperCase() + name.slice(1);
}

/** Moves the pattern into a variable before the function, under a name that nothing in it has. */
function hoistFix(call: GoNode, owner: GoNode, id: string, ctx: ChunkContext): readonly Fix[] {
  if (!/^regexp\.Must/.test(id) || call.text.includes('\n')) return [];
  const { text } = call.tree;
  const stored = storedName(call);
  const base = functionName(owner);
  const prefix = base[0]!.toLowerCase() + base.slice(1);
  const kind = /^(?:re|r|rx|reg|regex|regexp|pattern|exp|)$/i.test(stored) ? 'Pattern' : capitalized(stored);
  const others = owner.descendants('call_expression').filter((other) => /^MustCompile/.test(calledName(other)));
  const at = others.findIndex((other) => other.equals(call));
  const name = `${prefix}${kind}${at > 0 ? String(at + 1) : ''}`;
  if (
    new RegExp(`\\b${name}\\b`).test(text) ||
    (scopeAround(ctx, call)?.bindingOf(call.descendants('identifier')[0]!) ?? null) !== null
  )
    return [];
  return [
    {
      title: `Compile it once, as ${name}`,
      safety: 'suggestion',
      preferred: true,
      edits: [
        { kind: 'replace', span: { start: 0, end: 0 }, newText: `var ${name} = ${call.text}\n\n` },
        { kind: 'replace', span: call.span, newText: name },
      ],
    },
  ];
}

/** Fewer entries cost little. */
const MANY = 10;
const LITERAL =
  /^(?:interpreted_string_literal|raw_string_literal|int_literal|float_literal|rune_literal|true|false|nil)$/;

function isConstant(element: GoNode, ctx: ChunkContext): boolean {
  const inner = element.kind === 'literal_element' ? (syntaxChildren(element)[0] ?? element) : element;
  if (LITERAL.test(inner.kind)) return true;
  if (inner.kind === 'literal_value') return syntaxChildren(inner).every((part) => isConstant(part, ctx));
  return packageMemberOf(inner, ctx) !== null && inner.kind === 'selector_expression';
}

/** Whether a local variable is only looked up, measured or ranged over. */
function isOnlyRead(name: GoNode, ctx: ChunkContext): boolean {
  const binding = scopeAround(ctx, name)?.bindingOf(name) ?? null;
  if (binding === null || binding.uses.length === 0) return false;
  return binding.uses.every((use) => {
    const parent = use.parent;
    if (parent?.kind === 'range_clause') return use.field === 'right';
    if (parent?.kind === 'argument_list')
      return parent.parent?.kind === 'call_expression' && calledName(parent.parent) === 'len';
    if (parent?.kind !== 'index_expression' || use.field !== 'operand') return false;
    const list = parent.parent;
    return !(list?.kind === 'expression_list' && list.field === 'left');
  });
}

const tables: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['composite_literal'],
  triggers: ['map['],
  when: (node) => node.tree.text.startsWith('map[', node.start),
  *check(node, ctx): Generator<Verdict> {
    const body = node.child('body');
    if (body === null || node.child('type')?.kind !== 'map_type') return;
    const elements = syntaxChildren(body);
    if (elements.length < MANY) return;
    const owner = repeatedFunction(node);
    if (owner === null) {
      if (enclosingFunction(node) === null) yield { kind: 'pass', subject: node.child('type')!.span };
      return;
    }
    const list = node.parent;
    const statement = list?.kind === 'expression_list' ? list.parent : null;
    const indexed = list?.kind === 'index_expression' && node.field === 'operand';
    if (!indexed) {
      const name =
        statement?.kind === 'short_var_declaration'
          ? (statement.child('left')?.childOfKind('identifier') ?? null)
          : null;
      if (name === null || !isOnlyRead(name, ctx)) return;
    }
    if (
      !elements.every(
        (element) => element.kind === 'keyed_element' && syntaxChildren(element).every((part) => isConstant(part, ctx)),
      )
    )
      return;
    if (isExplained(node)) return;
    yield {
      kind: 'fail',
      subject: node.child('type')!.span,
      message: 'table',
      args: { count: String(elements.length), function: functionName(owner) },
    };
  },
};

export const goDetectors = [patterns, tables] as readonly NodeDetector[];
