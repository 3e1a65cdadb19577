/**
 * Go: literals where a program listens, connects or says which origins may call it. Defaults (of flags, of look-ups, of
 * functions that are called so), public APIs and addresses without a port are no finding.
 */
import type { FailVerdict, Fix, FixEdit, Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, NodeDetector } from '../../../core/rulekit/rule.ts';
import { packageCallOf, packageMemberOf } from '../../../languages/go/calls.ts';
import { replaceByLines } from '../../../languages/go/compositeLiteral.ts';
import { type GoHeader, localNameOf } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { onlyValueOf } from '../../../languages/go/paths.ts';
import { declaredFunctionName } from '../../../languages/go/purpose.ts';
import {
  callArguments,
  calledExpression,
  calledName,
  enclosingFunction,
  indentationOf,
  operatorOf,
  stringLiteralValue,
  syntaxChildren,
  unparenthesized,
} from '../../../languages/go/syntax.ts';
import { isOwnAddress, shownAddress, variableFor } from './address.ts';

type Message = 'listen' | 'connect' | 'origin';

/** `:8080`, `0.0.0.0:8080`, `localhost:8080`; port 0 asks the system to choose. */
const LISTEN = /^(?:[\w.-]*|\[[\da-f:]*\]):(?!0$)\d{2,5}$/i;
const FRAMEWORKS =
  /^github\.com\/(?:gin-gonic\/gin|labstack\/echo|gofiber\/fiber|kataras\/iris|gorilla\/mux|go-martini)/;
/** Functions that listen, with the position of the address. */
const LISTENERS: ReadonlyMap<string, number> = new Map([
  ['net/http.ListenAndServe', 0],
  ['net/http.ListenAndServeTLS', 0],
  ['net.Listen', 1],
  ['net.ListenPacket', 1],
  ['crypto/tls.Listen', 1],
  ['github.com/valyala/fasthttp.ListenAndServe', 0],
]);
/** Functions of packages that connect, with the position of the address. */
const CONNECTORS: ReadonlyMap<string, number> = new Map([
  ['net/http.Get', 0],
  ['net/http.Post', 0],
  ['net/http.Head', 0],
  ['net/http.PostForm', 0],
  ['net/http.NewRequest', 1],
  ['net/http.NewRequestWithContext', 2],
  ['net.Dial', 1],
  ['net.DialTimeout', 1],
  ['database/sql.Open', 1],
  ['google.golang.org/grpc.Dial', 0],
  ['google.golang.org/grpc.NewClient', 0],
  ['google.golang.org/grpc.DialContext', 1],
  ['gorm.io/driver/mysql.Open', 0],
  ['gorm.io/driver/postgres.Open', 0],
  ['github.com/nats-io/nats.go.Connect', 0],
  ['github.com/streadway/amqp.Dial', 0],
  ['github.com/rabbitmq/amqp091-go.Dial', 0],
  ['github.com/gomodule/redigo/redis.Dial', 1],
  ['github.com/jmoiron/sqlx.Connect', 1],
  ['github.com/jmoiron/sqlx.Open', 1],
]);

/** Whether the code around only offers a default, an example or a client of a tool. */
function isDefault(node: GoNode, ctx: ChunkContext): boolean {
  if (/default|example|sample|demo|mock|fake|test|usage|help/i.test(declaredFunctionName(node))) return true;
  const owner = node.ancestor('var_spec', 'const_spec');
  if (owner !== null && /default|example|test/i.test(owner.child('name')?.text ?? '')) return true;
  return /(?:^|\/)(?:tools?|scripts?|hack|bench(?:mark)?s?|contrib)\//.test(ctx.file.path);
}

/** The literal that a value is, directly or by a local variable that is never changed; null for all else. */
function literalOf(expression: GoNode, ctx: ChunkContext): GoNode | null {
  let node = unparenthesized(expression);
  if (node.kind === 'literal_element') node = unparenthesized(syntaxChildren(node)[0] ?? node);
  if (node.kind === 'identifier') {
    const value = onlyValueOf(node, ctx);
    if (value === null) return null;
    node = unparenthesized(value);
  }
  // `"localhost:" + port`: the host is fixed all the same.
  return stringLiteralValue(node) === null ? null : node;
}

/** Reads the environment and falls back to the literal, as an expression that every version of Go compiles. */
function lookupFix(literal: GoNode, variable: string, ctx: ChunkContext): readonly Fix[] {
  const os = localNameOf(ctx.file.header as GoHeader, 'os') ?? 'os';
  const indent = indentationOf(literal);
  const newText = [
    'func() string {',
    `\tif value := ${os}.Getenv(${JSON.stringify(variable)}); value != "" {`,
    '\t\treturn value',
    '\t}',
    `\treturn ${literal.text}`,
    '}()',
  ].join(`\n${indent}`);
  const element =
    literal.parent?.kind === 'literal_element' && literal.parent.parent?.kind === 'keyed_element'
      ? literal.parent.parent
      : null;
  const edits: readonly FixEdit[] =
    element === null
      ? [{ kind: 'replace', span: literal.span, newText }]
      : replaceByLines(element, literal.parent!, newText);
  if (literal.ancestor('const_spec') !== null) return [];
  return [
    {
      title: `Read it from ${variable}, with this value as the default`,
      safety: 'suggestion',
      preferred: true,
      edits: [...edits, { kind: 'import', add: ['os'] }],
    },
  ];
}

function failure(literal: GoNode, message: Message, ctx: ChunkContext): FailVerdict {
  const value = stringLiteralValue(literal) ?? '';
  return {
    kind: 'fail',
    subject: literal.span,
    message,
    args: { value: shownAddress(value) },
    fixes: lookupFix(literal, variableFor(message, value), ctx),
  };
}

function* judge(expression: GoNode | undefined, message: Message, ctx: ChunkContext): Generator<Verdict> {
  if (expression === undefined) return;
  const literal = literalOf(expression, ctx);
  if (literal === null) {
    if (message === 'listen') yield { kind: 'pass', subject: expression.span };
    return;
  }
  const value = stringLiteralValue(literal) ?? '';
  const fixed = message === 'listen' ? LISTEN.test(value) : isOwnAddress(value);
  if (fixed && !isDefault(literal, ctx)) yield failure(literal, message, ctx);
}

const calls: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  calls: (name) =>
    /^(?:ListenAndServe(?:TLS)?|Listen(?:Packet)?|Run(?:TLS)?|Start(?:TLS)?|Get|Post|Head|PostForm|NewRequest(?:WithContext)?|Dial(?:Timeout|Context)?|Open|NewClient|Connect|ApplyURI|Set)$/.test(
      name,
    ),
  *check(node, ctx): Generator<Verdict> {
    const values = callArguments(node);
    const member = packageCallOf(node, ctx);
    if (member !== null) {
      const id = `${member.path.replace(/\/v\d+$/, '')}.${member.name}`;
      const listens = LISTENERS.get(id);
      if (listens !== undefined) yield* judge(values[listens], 'listen', ctx);
      const connects = CONNECTORS.get(id);
      if (connects !== undefined) yield* judge(values[connects], 'connect', ctx);
      return;
    }
    if (calledExpression(node)?.kind !== 'selector_expression') return;
    const name = calledName(node);
    const [first, second] = values;
    if (/^(?:Run|RunTLS|Start|StartTLS|Listen)$/.test(name)) {
      if (first === undefined || !ctx.file.header.imports.some((item) => FRAMEWORKS.test(item.path))) return;
      const literal = literalOf(first, ctx);
      if (literal !== null) yield* judge(first, 'listen', ctx);
    } else if (name === 'ApplyURI') yield* judge(first, 'connect', ctx);
    else if (name === 'Set' && first !== undefined && second !== undefined) {
      if (stringLiteralValue(first)?.toLowerCase() !== 'access-control-allow-origin') return;
      const literal = literalOf(second, ctx);
      if (literal === null) yield { kind: 'pass', subject: second.span };
      else if (/^https?:/.test(stringLiteralValue(literal) ?? '')) yield* judge(second, 'origin', ctx);
    }
  },
};

/** Fields that hold an address, by the type of the literal. */
const FIELDS: readonly { readonly type: RegExp; readonly field: RegExp; readonly message: Message }[] = [
  { type: /^net\/http\.Server$|fasthttp\.Server$/, field: /^Addr$/, message: 'listen' },
  {
    type: /redis[\w./-]*\.(?:\w*Options)$|^github\.com\/gomodule\/redigo\/redis\.\w+$/,
    field: /^Addrs?$/,
    message: 'connect',
  },
  {
    type: /(?:kafka|sarama|elasticsearch|elastic|clickhouse|gocql|memcache|consul|vault|etcd|clientv3|mysql|pgx|minio|nats|amqp)[\w./-]*\.\w*(?:Config|Options|Writer|ReaderConfig)$/,
    field: /^(?:Addr|Addrs|Address|Addresses|Brokers|Endpoint|Endpoints|Host|Hosts|URL|Servers)$/,
    message: 'connect',
  },
  {
    type: /cors[\w./-]*\.(?:Options|Config|CORSConfig)$|middleware\.CORSConfig$/,
    field: /^(?:AllowOrigins|AllowedOrigins)$/,
    message: 'origin',
  },
];

const fields: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['keyed_element'],
  triggers: ['Addr', 'Address', 'Brokers', 'Endpoint', 'Host', 'URL', 'Servers', 'Origins'],
  when: (node) =>
    /^(?:Addrs?|Address(?:es)?|Brokers|Endpoints?|Hosts?|URL|Servers|Allow(?:ed)?Origins)\b/.test(
      node.tree.text.slice(node.start, node.start + 16),
    ),
  *check(node, ctx): Generator<Verdict> {
    const [key, value] = syntaxChildren(node);
    const literal = node.parent?.parent;
    if (key === undefined || value === undefined || literal?.kind !== 'composite_literal') return;
    const member = packageMemberOf(literal.child('type'), ctx);
    if (member === null) return;
    const id = `${member.path}.${member.name}`;
    const known = FIELDS.find((field) => field.type.test(id) && field.field.test(key.text));
    if (known === undefined) return;
    const inner = value.kind === 'literal_element' ? (syntaxChildren(value)[0] ?? value) : value;
    if (inner.kind !== 'composite_literal') {
      yield* judge(inner, known.message, ctx);
      return;
    }
    for (const element of syntaxChildren(inner.child('body') ?? inner)) yield* judge(element, known.message, ctx);
  },
};

/** `origin == "http://localhost:8080"` in a check of the header Origin. The first of several speaks for all. */
const origins: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['binary_expression'],
  triggers: ['rigin'],
  when: (node) => operatorOf(node) === '==' && /rigin/.test(node.text),
  *check(node, ctx): Generator<Verdict> {
    const [left, right] = [node.child('left'), node.child('right')];
    if (left === null || right === null || !/rigin"?\)?$/.test(left.text)) return;
    const value = stringLiteralValue(right);
    const owner = enclosingFunction(node);
    if (value === null || !/^https?:/.test(value) || !isOwnAddress(value) || owner === null || isDefault(node, ctx))
      return;
    const all = owner.descendants('binary_expression').filter((other) => {
      const literal = operatorOf(other) === '==' ? other.child('right') : null;
      return (
        literal !== null && other.child('left')?.text === left.text && isOwnAddress(stringLiteralValue(literal) ?? '')
      );
    });
    if (all[0]?.equals(node) !== true) return;
    const verdict = failure(right, 'origin', ctx);
    // Of several the list would have to be configured, which is more than a look-up.
    yield all.length > 1 ? { ...verdict, fixes: [] } : verdict;
  },
};

/** Values that do come from the environment, by name. */
const lookups: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  calls: (name) => /^(?:Getenv|LookupEnv)$|^(?:get|lookup)?_?env/i.test(name),
  *check(node): Generator<Verdict> {
    const [first] = callArguments(node);
    if (first !== undefined && /^[A-Z][A-Z0-9_]*$/.test(stringLiteralValue(first) ?? ''))
      yield { kind: 'pass', subject: node.span };
  },
};

export const goDetectors = [calls, fields, origins, lookups] as readonly NodeDetector[];
