/** Python: secrets in the query of URLs that a program calls, and handlers that expect them there. */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { routeOf } from '../../../knowledge/python/requests.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { stringValue, textPieces } from '../../../languages/python/strings.ts';
import {
  calledName,
  parametersOf,
  positionalArguments,
  shortText,
  syntaxChildren,
} from '../../../languages/python/syntax.ts';

const SECRET =
  /^(?:api[_-]?key|access[_-]?token|auth[_-]?token|private[_-]?token|session[_-]?token|refresh[_-]?token|client[_-]?secret|app[_-]?secret|secret|secret[_-]?key|password|passwd|pwd|jwt)$/i;
const POSSIBLE = /^(?:key|token|auth)$/i;
const SECRET_VALUE = /api_?key|secret|token|passw|credential|jwt/i;
const HARMLESS =
  /page|next|cursor|csrf|xsrf|public|verif|reset|confirm|invit|activat|unsubscrib|share|ticket|captcha|expir|one.?time|once|magic|upload|presign|signed|continue|sync|state|nonce|cache|recaptcha|siteverify|temporary|short_?lived|download_?token/i;
const CONNECTION = /sslmode|charset=|jdbc:|mongodb|amqp|redis|postgres|mysql|sqlserver|oracle|clickhouse|imap|smtp/i;

/** Services that take their credentials nowhere but in the query; whoever calls them has no choice. */
const QUERY_ONLY =
  /(?:weixin|graph)\.qq\.com|dingtalk\.com|(?:qy|api)\.im\.baidu\.com|(?:openapi|aip)\.baidu(?:bce)?\.com|api\.weibo\.com|comicvine\.gamespot\.com|api\.torbox\.app/;
/** The secret of an application beside its id, in the words of services that want both in the query. */
const APPLICATION = /(?:app|corp)_?(?:id|key)\b/i;

/** Texts with `?key=` in front of a value. */
const urls: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['string', 'binary_operator'],
  triggers: ['key=', 'token=', 'secret=', 'password=', 'passwd=', 'pwd=', 'apikey=', 'jwt=', 'auth='],
  when: (node) => /[?&][\w-]+=/.test(node.text) && !/^\s*["']{3}/.test(node.text),
  *check(node, ctx): Iterable<Verdict> {
    if (node.parent?.kind === 'expression_statement') return;
    if (node.kind === 'string' && node.parent?.kind === 'binary_operator') return;
    if (QUERY_ONLY.test(node.text) || APPLICATION.test(node.text)) return;
    let before = '';
    for (const piece of textPieces(node, ctx, false)) {
      if ('text' in piece) {
        before += piece.text;
        continue;
      }
      const parameter = /[?&]([\w-]+)=$/.exec(before)?.[1];
      const whole = before;
      before += 'x';
      if (parameter === undefined || HARMLESS.test(`${parameter} ${piece.value.text}`) || CONNECTION.test(whole))
        continue;
      if (/\s/.test(whole.trim()) || HARMLESS.test(whole)) continue;
      const isSecret = SECRET.test(parameter) || (POSSIBLE.test(parameter) && SECRET_VALUE.test(piece.value.text));
      if (!isSecret || /localhost|127\.0\.0\.1/.test(whole)) continue;
      yield {
        kind: 'fail',
        subject: piece.value.span,
        message: 'sent',
        args: { value: shortText(piece.value), name: parameter },
      };
    }
  },
};

/** `requests.get(url, params={"api_key": key})` */
const parameters: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['keyword_argument'],
  triggers: ['params='],
  when: (node) => node.child('name')?.text === 'params' && node.child('value')?.kind === 'dictionary',
  *check(node): Iterable<Verdict> {
    const call = node.ancestor('call');
    if (call === null || !/^(?:get|post|put|patch|delete|request|stream)$/.test(calledName(call))) return;
    if (APPLICATION.test(node.text)) return;
    for (const pair of syntaxChildren(node.child('value')!)) {
      const key = pair.kind === 'pair' ? pair.child('key') : null;
      const value = pair.child('value');
      const name = key === null ? null : stringValue(key);
      if (name === null || value === null || stringValue(value) === '') continue;
      const isSecret = SECRET.test(name) || (POSSIBLE.test(name) && SECRET_VALUE.test(value.text));
      if (!isSecret || HARMLESS.test(`${name} ${value.text}`)) continue;
      yield { kind: 'fail', subject: value.span, message: 'sent', args: { value: shortText(value), name } };
    }
  },
};

/** Handlers with a query parameter that is a secret. */
const handlers: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['function_definition'],
  triggers: ['token', 'api_key', 'apikey', 'password', 'secret'],
  *check(node, ctx): Iterable<Verdict> {
    const route = routeOf(node, ctx);
    if (route?.framework !== 'fastapi') return;
    if (
      HARMLESS.test(`${route.path} ${node.child('name')?.text ?? ''}`) ||
      /recover|forgot|oauth|callback/i.test(route.path)
    )
      return;
    for (const parameter of parametersOf(node)) {
      const { name } = parameter;
      if (!SECRET.test(name) && !/^token$/.test(name)) continue;
      if (route.path.includes(`{${name}`)) continue;
      const type = parameter.type?.text ?? '';
      const given = parameter.defaultValue;
      if (given?.kind === 'call' && calledName(given) !== 'Query') continue;
      if (
        !/^(?:|str|Optional\[str\]|str \| None|Annotated\[str,\s*Query\([\s\S]*\)\s*\]|Annotated\[str \| None,\s*Query\([\s\S]*\)\s*\])$/.test(
          type,
        )
      )
        continue;
      yield { kind: 'fail', subject: parameter.node.span, message: 'read', args: { name } };
    }
  },
};

/** `request.args.get("api_key")` */
const reads: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['.args', 'query_params', '.GET'],
  calls: (name) => name === 'get',
  *check(node, ctx): Iterable<Verdict> {
    if (!/(?:^|\.)(?:request|websocket)\.(?:args|query_params|GET)\.get$/.test(node.child('function')?.text ?? ''))
      return;
    const [first] = positionalArguments(node);
    const name = first === undefined ? null : stringValue(first);
    if (name === null || !SECRET.test(name)) return;
    const owner = ownerText(node, ctx);
    if (HARMLESS.test(owner)) return;
    yield { kind: 'fail', subject: node.span, message: 'read', args: { name } };
  },
};

function ownerText(node: PythonNode, ctx: ChunkContext): string {
  const owner = node.ancestor('function_definition');
  return owner === null ? ctx.file.path : `${owner.child('name')?.text ?? ''}`;
}

/** A secret that travels in a header. */
const sentInHeader: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['pair'],
  triggers: ['Authorization', 'X-API-Key', 'x-api-key', 'X-Api-Key'],
  when: (node) => /^["'](?:Authorization|X-API-Key)["']/i.test(node.text),
  *check(node): Iterable<Verdict> {
    const value = node.child('value');
    if (value !== null && stringValue(value) === null) yield { kind: 'pass', subject: node.span };
  },
};

export const pythonDetectors: readonly Detector[] = [
  urls,
  parameters,
  handlers,
  reads,
  sentInHeader,
] as readonly Detector[];
