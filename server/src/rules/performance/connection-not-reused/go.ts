/** Go: handlers that open a connection, pool or transport of their own for each request. */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, NodeDetector } from '../../../core/rulekit/rule.ts';
import { handlerAround } from '../../../knowledge/go/handlers.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { scopeAround } from '../../../languages/go/scope.ts';
import {
  assignedExpressions,
  FUNCTION_KINDS,
  functionName,
  indentationOf,
  isAssigned,
  leadingComments,
  lineBreakOf,
  lineStartAt,
  operatorOf,
  statementOf,
  topLevelOf,
} from '../../../languages/go/syntax.ts';
import { calleeId, typesAround } from '../../../languages/go/types.ts';

/** Calls that make something which is meant to be shared. */
const SHARED =
  /^(?:database\/sql\.Open|github\.com\/jmoiron\/sqlx\.(?:Open|Connect|ConnectContext)|gorm\.io\/gorm\.Open|google\.golang\.org\/grpc\.(?:Dial|DialContext|NewClient)|github\.com\/(?:redis\/go-redis|go-redis\/redis)(?:\/v\d)?\.New\w*Client|go\.mongodb\.org\/mongo-driver(?:\/v\d)?\/mongo\.(?:Connect|NewClient)|github\.com\/(?:streadway\/amqp|rabbitmq\/amqp091-go)\.Dial|github\.com\/nats-io\/nats\.go\.Connect|github\.com\/jackc\/pgx\/v\d(?:\/pgxpool)?\.(?:Connect|New|NewWithConfig)|github\.com\/elastic\/go-elasticsearch(?:\/v\d)?\.NewClient|github\.com\/segmentio\/kafka-go\.(?:Dial\w*|NewWriter))$/;

/** Whether what is made stays in the function: no field, map or package variable keeps it. */
function isLocal(node: GoNode): boolean {
  const statement = statementOf(node);
  if (statement?.kind === 'assignment_statement') {
    return (
      assignedExpressions(statement).every((target) => target.kind === 'identifier') && !statement.text.startsWith('_')
    );
  }
  return statement?.kind === 'short_var_declaration';
}

/** Behind a guard such as `once.Do(func() { ... })`, or in a branch for what is not known yet. */
function isGuarded(node: GoNode, handler: GoNode): boolean {
  for (let around = node.ancestor(...FUNCTION_KINDS); around !== null && around.index > handler.index; ) {
    if (/\bDo$/.test(around.parent?.parent?.child('function')?.text ?? '')) return true;
    around = around.ancestor(...FUNCTION_KINDS);
  }
  const branch = node.ancestor('if_statement', ...FUNCTION_KINDS);
  return branch?.kind === 'if_statement' && /== nil|!ok|!found|!exists/.test(branch.child('condition')?.text ?? '');
}

/** Handlers that test or set up a connection are about the connection. */
const ABOUT = /test|check|ping|init|install|setup|connect|migrat|config|tunnel|proxy|ws|socket|stream/i;

const calls: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['.Open(', '.Connect', '.Dial', 'Client(', '.New(', '.NewWithConfig(', '.NewWriter('],
  calls: (name) => /^(?:Open|Connect\w*|Dial\w*|New\w*)$/.test(name),
  *check(node, ctx): Iterable<Verdict> {
    const types = typesAround(ctx, node);
    if (types === null || !SHARED.test(calleeId(types.calleeOf(node)))) return;
    const handler = handlerAround(node);
    if (handler === null) {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    if (ABOUT.test(handler.child('name')?.text ?? '') || isGuarded(node, handler) || !isLocal(node)) return;
    const name = node.child('function')?.text ?? '';
    yield { kind: 'fail', subject: node.span, message: 'connection', args: { name } };
  },
};

/** Makes the transport once for the package, where it depends on nothing of the handler and nobody changes it. */
function sharedFix(literal: GoNode, ctx: ChunkContext): readonly Fix[] {
  const declaration = topLevelOf(literal);
  const pointer = literal.parent;
  const statement = statementOf(literal);
  const scope = scopeAround(ctx, literal);
  if (declaration === null || scope === null || pointer?.kind !== 'unary_expression' || operatorOf(pointer) !== '&')
    return [];
  const [target, ...more] = statement?.kind === 'short_var_declaration' ? assignedExpressions(statement) : [];
  const binding = target === undefined ? null : scope.bindingOf(target);
  // Alone on the right, and only handed on as it is.
  if (binding === null || more.length > 0 || pointer.parent?.parent?.index !== statement?.index) return [];
  if (binding.uses.some((use) => isAssigned(use) || use.parent?.kind === 'selector_expression')) return [];
  if (scope.bindings.some((other) => other.uses.some((use) => literal.contains(use)))) return [];
  const owner = functionName(declaration);
  const { text } = literal.tree;
  const head = leadingComments(declaration)[0] ?? declaration;
  if (owner === '' || text.slice(lineStartAt(text, head.start), head.start) !== '') return [];
  const name = `${owner[0]!.toLowerCase()}${owner.slice(1)}Transport`;
  const indent = indentationOf(literal);
  const line = lineBreakOf(literal);
  const value = pointer.text.replaceAll(`\n${indent}`, '\n');
  const comment = `// ${name} keeps connections open between requests.`;
  return [
    {
      title: `Share one transport, ${name}`,
      safety: 'suggestion',
      preferred: true,
      edits: [
        {
          kind: 'replace',
          span: { start: head.start, end: head.start },
          newText: `${comment}${line}var ${name} = ${value}${line}${line}`,
        },
        { kind: 'replace', span: pointer.span, newText: name },
      ],
    },
  ];
}

const transports: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['composite_literal'],
  triggers: ['Transport{'],
  *check(node, ctx): Iterable<Verdict> {
    const type = node.child('type');
    if (type === null || !type.text.endsWith('.Transport')) return;
    if (typesAround(ctx, node)?.typeText(type) !== 'net/http.Transport') return;
    const handler = handlerAround(node);
    if (handler === null) {
      yield { kind: 'pass', subject: type.span };
      return;
    }
    // A transport that ends with its request says so.
    if (/DisableKeepAlives:\s*true/.test(node.text) || ABOUT.test(handler.child('name')?.text ?? '')) return;
    if (isGuarded(node, handler) || !isLocal(node)) return;
    yield { kind: 'fail', subject: type.span, message: 'transport', fixes: sharedFix(node, ctx) };
  },
};

export const goDetectors = [calls, transports];
