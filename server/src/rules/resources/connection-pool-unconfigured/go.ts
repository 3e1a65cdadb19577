/** Go: clients and databases as they are made, and what sets the limits of their pools. It decides nothing. */
import type { Json } from '../../../core/model/json.ts';
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import { fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { fieldsOf } from '../../../knowledge/go/servers.ts';
import { deferralPlace } from '../../../languages/go/custody.ts';
import { type GoHeader, localNameOf } from '../../../languages/go/header.ts';
import { fieldInsertion } from '../../../languages/go/literal.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { pendingValue } from '../../../languages/go/pending.ts';
import { scopeAround } from '../../../languages/go/scope.ts';
import {
  assignedExpressions,
  assignedValues,
  callArguments,
  calledExpression,
  stringLiteralValue,
  unparenthesized,
} from '../../../languages/go/syntax.ts';
import { calleeId, typesAround } from '../../../languages/go/types.ts';

/** Key: `client` or `database`. What to say when nothing sets limits. */
export const POOL_FACT = 'connection-pool-unconfigured.pool';
/** Key: `client` or `database`. Limits are set for every pool of that kind. */
export const LIMIT_FACT = 'connection-pool-unconfigured.limit';

/** A literal that is kept: in a field, or in a variable of the package. */
function isKept(literal: GoNode): boolean {
  let value = literal;
  while (value.parent?.kind === 'unary_expression' || value.parent?.kind === 'parenthesized_expression')
    value = value.parent;
  const parent = value.parent;
  if (parent?.kind === 'literal_element') return parent.parent?.kind === 'keyed_element';
  const statement = parent?.kind === 'expression_list' ? parent.parent : null;
  if (statement?.kind === 'var_spec') return statement.ancestor('block') === null;
  if (statement?.kind !== 'assignment_statement') return false;
  const position = assignedValues(statement).findIndex((other) => other.index === value.index);
  return assignedExpressions(statement)[position]?.kind === 'selector_expression';
}

const clients: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['composite_literal'],
  triggers: ['Client{'],
  *check(node, ctx): Iterable<Verdict> {
    const type = node.child('type');
    if (type === null || !type.text.endsWith('.Client')) return;
    if (typesAround(ctx, node)?.typeText(type) !== 'net/http.Client') return;
    const fields = fieldsOf(node);
    if (fields.has('Transport')) {
      yield { kind: 'pass', subject: type.span };
      return;
    }
    if (!isKept(node)) return;
    const http = localNameOf(ctx.file.header, 'net/http') ?? 'http';
    const time = localNameOf(ctx.file.header, 'time') ?? 'time';
    const transport = `&${http}.Transport{Proxy: ${http}.ProxyFromEnvironment, MaxConnsPerHost: 50, MaxIdleConnsPerHost: 10, IdleConnTimeout: 90 * ${time}.Second}`;
    const edits = fieldInsertion(node, [['Transport', transport]]);
    const fixes: Fix[] =
      edits === null
        ? []
        : [
            {
              title: 'Set limits for its connections (choose the numbers)',
              safety: 'suggestion',
              preferred: true,
              edits: [
                ...edits.map(({ start, end, newText }) => ({
                  kind: 'replace' as const,
                  span: { start, end },
                  newText,
                })),
                { kind: 'import', add: ['time'] },
              ],
            },
          ];
    yield fact(POOL_FACT, 'client', pendingValue({ kind: 'fail', subject: type.span, message: 'client', fixes }), type);
  },
};

const OPENS =
  /^(?:database\/sql\.(?:Open|OpenDB)|github\.com\/jmoiron\/sqlx\.(?:Open|Connect|MustConnect|MustOpen|ConnectContext)|gorm\.io\/gorm\.Open|github\.com\/jinzhu\/gorm\.Open|xorm\.io\/xorm\.NewEngine)$/;

const databases: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['.Open(', '.OpenDB(', '.Connect(', '.ConnectContext(', '.MustConnect(', '.MustOpen(', '.NewEngine('],
  calls: (name) => /^(?:Open|OpenDB|Connect|ConnectContext|MustConnect|MustOpen|NewEngine)$/.test(name),
  *check(node, ctx): Iterable<Verdict> {
    const types = typesAround(ctx, node);
    if (types === null) return;
    const id = calleeId(types.calleeOf(node));
    if (!OPENS.test(id)) return;
    const values = callArguments(node);
    // One process writes to a file; the pool of SQLite is another matter.
    if (/sqlite|:memory:/i.test(values.map((value) => stringLiteralValue(value) ?? value.text).join(' '))) return;
    const fixes: Fix[] = [];
    const scope = scopeAround(ctx, node);
    const statement = node.parent?.parent ?? null;
    const [target, error] = statement?.kind === 'short_var_declaration' ? assignedExpressions(statement) : [];
    if (/sql/.test(id) && statement !== null && target?.kind === 'identifier' && error?.kind === 'identifier') {
      const binding = scope?.bindingOf(target) ?? null;
      const failure = scope?.bindingOf(error) ?? null;
      const place =
        binding === null || failure === null || unparenthesized(assignedValues(statement)[0]!).index !== node.index
          ? null
          : deferralPlace({ statement, call: node, binding, error: failure });
      const time = localNameOf(ctx.file.header, 'time') ?? 'time';
      if (place !== null) {
        const lines = ['SetMaxOpenConns(25)', 'SetMaxIdleConns(25)', `SetConnMaxLifetime(5 * ${time}.Minute)`];
        const newText = lines.map((line) => `${place.before}${target.text}.${line}`).join('');
        fixes.push({
          title: 'Set limits for the pool (choose the numbers)',
          safety: 'suggestion',
          preferred: true,
          edits: [
            { kind: 'replace', span: { start: place.at, end: place.at }, newText },
            { kind: 'import', add: ['time'] },
          ],
        });
      }
    }
    yield fact(
      POOL_FACT,
      'database',
      pendingValue({ kind: 'fail', subject: node.span, message: 'database', fixes }),
      node,
    );
  },
};

const LIMITS = /^(?:SetMaxOpenConns|SetConnMaxLifetime|SetMaxIdleConns|SetConnMaxIdleTime|SetMaxPoolSize)$/;

const limits: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression', 'assignment_statement'],
  triggers: ['SetMax', 'SetConnMax', 'DefaultTransport'],
  *check(node): Iterable<Verdict> {
    if (node.kind === 'call_expression') {
      const name = calledExpression(node)?.child('field')?.text ?? '';
      if (LIMITS.test(name)) yield fact(LIMIT_FACT, 'database', null as Json, node);
      return;
    }
    // `http.DefaultTransport = ...`, `http.DefaultTransport.(*http.Transport).MaxIdleConns = ...`
    const isDefault = assignedExpressions(node).some((target) => /^http\.DefaultTransport\b/.test(target.text));
    const copied = assignedValues(node).some((value) =>
      /^http\.DefaultTransport\.\(\*http\.Transport\)$/.test(value.text),
    );
    if (isDefault || copied) yield fact(LIMIT_FACT, 'client', null as Json, node);
  },
};

export const goDetectors = [clients, databases, limits];
