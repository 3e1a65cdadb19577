/**
 * Secrets in URLs of Go programs: put behind `key=` or `token=` of a query that is formatted or concatenated, set in
 * url.Values that become a query, or read from the query of a request. Connection strings, bodies of forms, tokens of
 * pages and tickets that somebody is mailed are something else. Headers that carry credentials pass.
 */
import type { Fix, FixEdit, Verdict } from '../../../core/model/verdict.ts';
import type { NodeDetector } from '../../../core/rulekit/rule.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { originsAround } from '../../../languages/go/origin.ts';
import { type GoScope, scopeAround } from '../../../languages/go/scope.ts';
import {
  assignedExpressions,
  assignedValues,
  callArguments,
  calledName,
  enclosingFunction,
  functionName,
  indentationOf,
  lineBreakOf,
  nilComparison,
  shortText,
  stringLiteralValue,
  syntaxChildren,
  topLevelOf,
  unparenthesized,
} from '../../../languages/go/syntax.ts';
import { typesAround } from '../../../languages/go/types.ts';

/** Parameters that hold nothing but secrets. */
const SECRET =
  /^(?:api[_-]?key|access[_-]?token|auth[_-]?token|private[_-]?token|session[_-]?token|refresh[_-]?token|id[_-]?token|client[_-]?secret|app[_-]?secret|corp[_-]?secret|secret|secret[_-]?key|password|passwd|pwd|jwt)$/i;
/** Parameters that often hold one. */
const POSSIBLE = /^(?:key|token|auth)$/i;

/** Values that are secrets by their names, for parameters that may hold anything. */
const SECRET_VALUE = /api_?key|secret|token|passw|credential|\bauth|jwt/i;
/** What is no secret, or none for long. */
const HARMLESS =
  /page|next|cursor|csrf|xsrf|public|verif|reset|confirm|invit|activat|unsubscrib|share|ticket|captcha|expir|one.?time|once|magic|upload|presign|signed|continue|sync|state|nonce|cache/i;
/** Words of a function that deals in tickets which are valid once or for a while. */
const SHORT_LIVED = /one.?time|\bonce\b|一次性|expir(?:es|ation|y)|tokenCache/i;
/** Connection strings. */
const CONNECTION =
  /sslmode|charset=|parseTime|@tcp|jdbc:|mongodb|amqp|redis|postgres|mysql|sqlserver|oracle|clickhouse/i;

/** Services that take their credentials nowhere but in the query; whoever calls them has no choice. */
const QUERY_ONLY =
  /(?:weixin|graph)\.qq\.com|oapi\.dingtalk\.com|(?:qy|api)\.im\.baidu\.com|openapi\.baidu\.com|open\.kuaishou\.com|api\.weibo\.com/;

/** The secret of an application beside its id, in the words of services that want both in the query. */
const APPLICATION = /[?&](?:app_?id|corp_?id|app_?key)=/i;

const PARAMETER = /([?&])([\w-]+)=(?=(%[sv])|["`]?$)/g;

/** The value behind the parameter that a literal ends with, or that a verb of its format stands for. */
function valueBehind(literal: GoNode, verbs: number | null): GoNode | null {
  if (verbs !== null) {
    const call = literal.parent?.kind === 'argument_list' ? literal.parent.parent : null;
    if (call?.kind !== 'call_expression' || !/(?:Sprintf|Sprint)$/.test(calledName(call))) return null;
    return callArguments(call)[verbs + 1] ?? null;
  }
  // `a + "key=" + b` is `(a + "key=") + b`.
  let left: GoNode = literal;
  if (left.field === 'right' && left.parent?.kind === 'binary_expression') left = left.parent;
  const sum = left.parent;
  return sum?.kind === 'binary_expression' && left.field === 'left' && sum.child('operator')?.text === '+'
    ? sum.child('right')
    : null;
}

/** `"...?key=" + key`, `fmt.Sprintf("...?key=%s", key)` */
const texts: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['interpreted_string_literal', 'raw_string_literal'],
  triggers: ['key=', 'Key=', 'token=', 'Token=', 'secret=', 'Secret=', 'password=', 'passwd=', 'pwd=', 'jwt=', 'auth='],
  when: (node) => /[?&][\w-]+=(?:%[sv]|["`]$)/.test(node.text),
  *check(node, ctx): Iterable<Verdict> {
    const { text } = node;
    if (CONNECTION.test(text) || APPLICATION.test(text) || QUERY_ONLY.test(topLevelOf(node)?.text ?? '')) return;
    for (const match of text.matchAll(PARAMETER)) {
      const [, , name, verb] = match;
      const before = text.slice(1, match.index);
      if (verb === undefined && match.index + match[0].length < text.length - 1) continue;
      // A body of a form has no question mark.
      const isQuery = match[1] === '?' || before.includes('?') || before === '';
      if (!isQuery || (!SECRET.test(name!) && !POSSIBLE.test(name!))) continue;
      const verbs =
        verb === undefined ? null : (before.replaceAll('%%', '').match(/%[-+# 0-9.]*[a-zA-Z]/g)?.length ?? 0);
      const value = valueBehind(node, verbs);
      if (value === null || value.kind.endsWith('string_literal')) continue;
      if (HARMLESS.test(`${before} ${value.text}`)) continue;
      if (!SECRET.test(name!) && !SECRET_VALUE.test(value.text)) continue;
      if (/^token$/i.test(name!) && SHORT_LIVED.test(topLevelOf(node)?.text ?? '')) continue;
      if (isConstant(value, originsAround(ctx, node))) continue;
      yield {
        kind: 'fail',
        subject: {
          start: node.start + match.index + 1,
          end: node.start + match.index + match[0].length + (verb?.length ?? 0),
        },
        message: 'sent',
        args: { value: shortText(value), name: name! },
        fixes: headerFix(node, value, match.index, name!, scopeAround(ctx, node)),
      };
      return;
    }
  },
};

function isConstant(value: GoNode, origins: ReturnType<typeof originsAround>): boolean {
  return origins?.leavesOf(value).every((leaf) => leaf.nature === 'constant' || leaf.nature === 'number') === true;
}

/**
 * Moves the last parameter of a format into a header, when the URL is a variable that one http.NewRequest takes, with
 * the test of its error behind.
 */
function headerFix(literal: GoNode, value: GoNode, at: number, name: string, scope: GoScope | null): readonly Fix[] {
  const { text } = literal;
  const call = literal.parent?.parent ?? null;
  if (scope === null || call?.kind !== 'call_expression' || calledName(call) !== 'Sprintf') return [];
  const values = callArguments(call);
  if (!/^.[\w-]+=%[sv]["`]$/.test(text.slice(at)) || values.at(-1)?.index !== value.index || values.length < 3)
    return [];
  const declaration = call.parent?.parent ?? null;
  if (declaration?.kind !== 'short_var_declaration') return [];
  const [target, ...others] = assignedExpressions(declaration);
  const binding = target === undefined || others.length > 0 ? null : scope.bindingOf(target);
  if (binding === null || binding.uses.length !== 1) return [];
  const request = binding.uses[0]!.parent?.parent ?? null;
  if (request?.kind !== 'call_expression' || !/^NewRequest/.test(calledName(request))) return [];
  const creation = request.parent?.parent ?? null;
  const statements = creation?.parent?.kind === 'statement_list' ? syntaxChildren(creation.parent) : [];
  const test = statements[statements.findIndex((statement) => statement.index === creation?.index) + 1];
  if (creation?.kind !== 'short_var_declaration' || test?.kind !== 'if_statement') return [];
  const condition = test.child('condition');
  const requestName = assignedExpressions(creation)[0];
  if (condition === null || nilComparison(condition) === null || requestName === undefined) return [];
  const separator = text.slice(0, at).includes('?') || text[at] === '?' ? '' : '?';
  if (separator !== '') return [];
  const [header, content] = headerFor(name, value, topLevelOf(literal)?.text ?? '');
  const line = lineBreakOf(literal);
  const edits: readonly FixEdit[] = [
    { kind: 'replace', span: { start: literal.start + at, end: literal.end - 1 }, newText: '' },
    { kind: 'replace', span: { start: values.at(-2)!.end, end: value.end }, newText: '' },
    {
      kind: 'replace',
      span: { start: test.end, end: test.end },
      newText: `${line}${indentationOf(test)}${requestName.text}.Header.Set("${header}", ${content})`,
    },
  ];
  return [{ title: `Send it in the header ${header}`, safety: 'suggestion', preferred: true, edits }];
}

function headerFor(name: string, value: GoNode, around: string): readonly [string, string] {
  if (/googleapis|generateContent/.test(around)) return ['X-Goog-Api-Key', value.text];
  if (/token|jwt/i.test(name)) return ['Authorization', `"Bearer "+${value.text}`];
  return ['X-Api-Key', value.text];
}

/** `q.Set("api_key", key)` where q becomes a query. */
const queries: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['RawQuery'],
  calls: (name) => name === 'Set' || name === 'Add',
  *check(node, ctx): Iterable<Verdict> {
    const [name, value] = callArguments(node);
    const key = name === undefined ? null : stringLiteralValue(name);
    if (key === null || value === undefined || value.kind.endsWith('string_literal')) return;
    if (!SECRET.test(key) && !(POSSIBLE.test(key) && SECRET_VALUE.test(value.text))) return;
    const receiver = unparenthesized(node.child('function') ?? node).child('operand');
    const declaration = topLevelOf(node);
    if (receiver?.kind !== 'identifier' || declaration === null) return;
    if (!new RegExp(`\\.RawQuery\\s*=\\s*${receiver.text}\\.Encode\\(\\)`).test(declaration.text)) return;
    if (HARMLESS.test(`${value.text} ${functionName(enclosingFunction(node) ?? node)}`)) return;
    if (isConstant(value, originsAround(ctx, node))) return;
    yield { kind: 'fail', subject: node.span, message: 'sent', args: { value: shortText(value), name: key } };
  },
};

/** `r.URL.Query().Get("token")`, `c.Query("api_key")` */
const reads: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: [
    '"token"',
    '"key"',
    '"auth"',
    '"api',
    '"access',
    '"secret',
    '"password',
    '"jwt',
    '"client',
    '"session',
    '"refresh',
    '"pwd',
    '"passwd',
    '"private',
  ],
  calls: (name) => /^(?:Get|Query|QueryParam|DefaultQuery|GetQuery)$/.test(name),
  *check(node, ctx): Iterable<Verdict> {
    const [name] = callArguments(node);
    const key = name === undefined ? null : stringLiteralValue(name);
    if (key === null || (!SECRET.test(key) && !/^(?:token|auth)$/i.test(key))) return;
    const origins = originsAround(ctx, node);
    const callee = typesAround(ctx, node)?.calleeOf(node);
    if (origins === null || callee?.kind !== 'method') return;
    const isRead =
      callee.name === 'Get'
        ? queryBehind(callee.receiver, scopeAround(ctx, node), origins.reader.inputAt)
        : origins.reader.inputAt(node) === 'query';
    if (!isRead) return;
    const declaration = topLevelOf(node);
    if (declaration !== null && !SECRET.test(key)) {
      if (HARMLESS.test(functionName(declaration)) || SHORT_LIVED.test(declaration.text)) return;
    }
    yield { kind: 'fail', subject: node.span, message: 'read', args: { name: key } };
  },
};

/** Whether a value is the query of a request, or a variable that holds it. */
function queryBehind(value: GoNode, scope: GoScope | null, inputAt: (node: GoNode) => string | null): boolean {
  const inner = unparenthesized(value);
  if (inner.kind !== 'identifier') return inputAt(inner) === 'query';
  const statement = scope?.bindingOf(inner)?.node.parent?.parent ?? null;
  if (statement?.kind !== 'short_var_declaration') return false;
  const [only, ...more] = assignedValues(statement);
  return only !== undefined && more.length === 0 && inputAt(unparenthesized(only)) === 'query';
}

/** `req.Header.Set("Authorization", ...)` */
const headers: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['.Header.'],
  calls: (name) => name === 'Set' || name === 'Add',
  *check(node): Iterable<Verdict> {
    const receiver = unparenthesized(node.child('function') ?? node).child('operand');
    if (receiver?.child('field')?.text !== 'Header') return;
    const [name, value] = callArguments(node);
    const key = name === undefined ? null : stringLiteralValue(name);
    if (key === null || value === undefined || value.kind.endsWith('string_literal')) return;
    if (/^(?:Authorization|Private-Token|.*-?(?:api-?key|auth-token|access-token))$/i.test(key))
      yield { kind: 'pass', subject: node.span };
  },
};

export const go: readonly NodeDetector[] = [texts, queries, reads, headers] as readonly NodeDetector[];
