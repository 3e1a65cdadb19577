/**
 * Go functions that return while goroutines of theirs still run: before the WaitGroup is waited for, or while a
 * goroutine can only send its result to a channel that nobody will read any more.
 */
import { type FlowPath, findPath } from '../../../core/flow/paths.ts';
import type { Fix, FixEdit, Verdict } from '../../../core/model/verdict.ts';
import type { Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { calledLiteral, type GoFlow, goFlow } from '../../../languages/go/flow.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { type GoBinding, goScope } from '../../../languages/go/scope.ts';
import {
  assignedExpressions,
  assignedValues,
  callArguments,
  FUNCTION_KINDS,
  operatorOf,
  topLevelOf,
} from '../../../languages/go/syntax.ts';
import { goTypes } from '../../../languages/go/types.ts';

/** Name of the method that is called on a variable: `Wait` for the `wg` in `wg.Wait()`; '' for other uses. */
function methodOn(use: GoNode): string {
  const selector = use.parent;
  if (selector?.kind !== 'selector_expression' || use.field !== 'operand') return '';
  return selector.parent?.kind === 'call_expression' && selector.field === 'function'
    ? (selector.child('field')?.text ?? '')
    : '';
}

function ownerOf(node: GoNode): number {
  return node.ancestor(...FUNCTION_KINDS)?.index ?? -1;
}

/** The way from a goroutine's start to a return on which nothing waits. */
function wayOut(flow: GoFlow, start: GoNode, waits: ReadonlySet<number>): FlowPath | null {
  return findPath(flow.graph, {
    from: flow.at(start),
    target: (id) => id === flow.graph.exit,
    blocks: (id) => waits.has(id),
  });
}

function leavingNode(flow: GoFlow, way: FlowPath): GoNode | null {
  for (let i = way.nodes.length - 2; i >= 0; i--) {
    const node = flow.node(way.nodes[i]!);
    if (node !== null) return node;
  }
  return null;
}

const goroutines: NodeDetector<unknown, GoNode> = {
  kinds: ['go_statement'],
  when: (node) => calledLiteral(node) !== null,
  *check(node, ctx): Iterable<Verdict> {
    const literal = calledLiteral(node)!;
    const declaration = topLevelOf(node);
    const owner = node.ancestor(...FUNCTION_KINDS);
    if (declaration === null || owner === null) return;
    const { text } = literal;
    const token = { start: node.start, end: node.start + 2 };
    if (/\.Done\(\)/.test(text)) {
      const group = groupOf(literal, owner, ctx.get(goScope, declaration).bindings, (use) =>
        ctx.get(goTypes, declaration).typeOf(use),
      );
      if (group === null) return;
      const flow = ctx.get(goFlow, owner);
      const waits = new Set<number>();
      for (const use of group.uses) if (methodOn(use) === 'Wait') waits.add(flow.at(use));
      // Waiting that was deferred before counts for every return.
      if ([...waits].some((id) => flow.graph.nodes[id]?.kind === 'defer')) return;
      const way = wayOut(flow, node, waits);
      const last = way === null ? null : leavingNode(flow, way);
      if (way === null || last === null) yield { kind: 'pass', subject: token };
      else if (last.kind === 'return_statement') {
        const related = [{ span: token, message: 'Started here' }];
        yield { kind: 'fail', subject: last.span, message: 'early', args: { group: group.name }, related };
      }
      return;
    }
    if (!text.includes('<-')) return;
    const channel = channelOf(literal, owner, ctx.get(goScope, declaration).bindings);
    if (channel === null) return;
    const flow = ctx.get(goFlow, owner);
    const reads = new Set<number>();
    for (const use of channel.binding.uses) {
      if (ownerOf(use) !== owner.index) continue;
      const id = flow.at(use);
      if (id >= 0) reads.add(id);
    }
    const way = wayOut(flow, node, reads);
    const last = way === null ? null : leavingNode(flow, way);
    if (way === null || last === null) {
      yield { kind: 'pass', subject: token };
      return;
    }
    const { name } = channel.binding;
    yield {
      kind: 'fail',
      subject: channel.send.span,
      message: 'stuck',
      args: { channel: name },
      related: [{ span: last.span, message: 'The function can be left here without a receive' }],
      // In a loop there are more senders than one.
      fixes:
        node.ancestor('for_statement', ...FUNCTION_KINDS)?.kind === 'for_statement'
          ? []
          : bufferFix(channel.make, channel.sends),
    };
  },
};

/** The local WaitGroup that a goroutine reports to and that only the function itself waits for. */
function groupOf(
  literal: GoNode,
  owner: GoNode,
  bindings: readonly GoBinding[],
  typeOf: (use: GoNode) => string | null,
): GoBinding | null {
  for (const binding of bindings) {
    if (binding.kind !== 'variable' || binding.owner !== owner.index) continue;
    const done = binding.uses.find((use) => literal.contains(use) && methodOn(use) === 'Done');
    if (done === undefined || typeOf(done) !== 'sync.WaitGroup') continue;
    const isShared = binding.uses.some(
      (use) => methodOn(use) === '' || (methodOn(use) === 'Wait' && ownerOf(use) !== owner.index),
    );
    const isWaited = binding.uses.some((use) => methodOn(use) === 'Wait');
    return isShared || !isWaited ? null : binding;
  }
  return null;
}

interface LocalChannel {
  readonly binding: GoBinding;
  readonly make: GoNode;
  /** The first send of the goroutine. */
  readonly send: GoNode;
  readonly sends: number;
}

/** A local channel without buffer that the goroutine sends to unconditionally, and that nobody else knows. */
function channelOf(literal: GoNode, owner: GoNode, bindings: readonly GoBinding[]): LocalChannel | null {
  for (const binding of bindings) {
    if (binding.kind !== 'variable' || binding.owner !== owner.index) continue;
    const statement = binding.node.parent?.parent ?? null;
    if (statement?.kind !== 'short_var_declaration' || assignedExpressions(statement).length !== 1) continue;
    const make = assignedValues(statement)[0]!;
    if (make.kind !== 'call_expression' || !make.text.startsWith('make(chan') || callArguments(make).length !== 1)
      continue;
    let send: GoNode | null = null;
    let sends = 0;
    let isKnown = true;
    for (const use of binding.uses) {
      const parent = use.parent;
      const isSend = parent?.kind === 'send_statement' && use.field === 'channel';
      const isReceive =
        (parent?.kind === 'unary_expression' && operatorOf(parent) === '<-') ||
        (parent?.kind === 'range_clause' && use.field === 'right');
      if (isSend && literal.contains(use) && ownerOf(use) === literal.index) {
        sends++;
        // One of several alternatives can be left by another one.
        if (parent.field === 'communication') isKnown = false;
        else send ??= parent;
      } else if (!(isReceive && ownerOf(use) === owner.index)) isKnown = false;
    }
    if (isKnown && send !== null) return { binding, make, send, sends };
  }
  return null;
}

/** Room for the only value that is sent, so that the goroutine can end. */
function bufferFix(make: GoNode, sends: number): readonly Fix[] {
  if (sends !== 1) return [];
  const [type] = callArguments(make);
  if (type === undefined) return [];
  const edits: FixEdit[] = [{ kind: 'replace', span: { start: type.end, end: type.end }, newText: ', 1' }];
  return [{ title: 'Give the channel room for the result', safety: 'suggestion', preferred: true, edits }];
}

export const detectors: readonly Detector[] = [goroutines as Detector];
