/**
 * Values of settings wherever they are written: defaults of environment variables in code, ports that code and
 * configuration mention, variables that something else than Go code reads. Facts for judges that compare places.
 */

import type { LanguageId } from '../../core/model/file.ts';
import type { Extractor, NodeDetector, TextDetector } from '../../core/rulekit/rule.ts';
import { type GoHeader, importedPath } from '../../languages/go/header.ts';
import type { GoNode } from '../../languages/go/nodes.gen.ts';
import {
  callArguments,
  calledExpression,
  lineStartAt,
  statementOf,
  stringLiteralValue,
} from '../../languages/go/syntax.ts';
import { state } from '../facts.ts';
import { importDetector } from '../go/imports.ts';

const VARIABLE = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$|^[A-Z]{3,}$/;

/** A default as it is written, so that equal ones compare equal: text, number, truth value or duration; null for others. */
function defaultOf(node: GoNode): string | null {
  const text = stringLiteralValue(node);
  if (text !== null) return text;
  switch (node.kind) {
    case 'int_literal':
    case 'float_literal':
    case 'true':
    case 'false':
      return node.text.replaceAll('_', '');
    case 'binary_expression':
      return /^[\d\s*+.]*(?:time\.\w+)?[\d\s*+.]*$/.test(node.text) ? node.text.replace(/\s+/g, '') : null;
    default:
      return null;
  }
}

/** `getEnv("PORT", "8080")`, `cmp.Or(os.Getenv("PORT"), "8080")` */
const defaults: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['env', 'Env', 'ENV'],
  calls: (name) => /env|^Or$|^(?:SetDefault|lookup|fromEnvironment)/i.test(name),
  *check(call, ctx) {
    const callee = calledExpression(call);
    const values = callArguments(call);
    const [first, second] = values;
    if (callee === null || first === undefined || second === undefined || values.length !== 2) return;
    if (/^(?:Set|Unset)env$|BindEnv/i.test(callee.text.replace(/^.*\./, ''))) return;
    const fallback = defaultOf(second);
    if (fallback === null) return;
    let name = stringLiteralValue(first);
    if (name === null && first.kind === 'call_expression') {
      const inner = calledExpression(first);
      const operand = inner?.kind === 'selector_expression' ? inner.child('operand') : null;
      const isRead = operand?.kind === 'identifier' && importedPath(ctx.file.header, operand.text) === 'os';
      const [argument] = callArguments(first);
      if (isRead && inner?.child('field')?.text === 'Getenv' && argument !== undefined)
        name = stringLiteralValue(argument);
    } else if (!/env/i.test(callee.text)) return;
    if (name === null || !VARIABLE.test(name)) return;
    yield state('env.default', name, { value: fallback, by: callee.text.replace(/^.*\./, '') }, second);
  },
};

/** `v := os.Getenv("PORT"); if v == "" { v = "8080" }` */
const fallbacks: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['if_statement'],
  triggers: ['Getenv'],
  *check(node) {
    const match = /^if (\w+) == "" \{\s*\1 = ("[^"\n]*"|\d+)\s*\}$/.exec(node.text);
    if (match === null) return;
    const before = statementOf(node)?.previousSibling;
    const read = /^(\w+) :?= os\.Getenv\("([A-Z][A-Z0-9_]*)"\)$/.exec(before?.text ?? '');
    if (read === null || read[1] !== match[1]) return;
    const value = match[2]!.replace(/^"|"$/g, '');
    const start = node.start + match[0].lastIndexOf(match[2]!);
    yield state('env.default', read[2]!, { value, by: 'if' }, { start, end: start + match[2]!.length });
  },
};

/** Text that speaks of a port or an address in front of a number. */
const PORT_WORD = /port|addr|listen|bind|serve|host|url|endpoint/i;
/** Ports of what a program connects to. */
const OTHER_SERVICE =
  /redis|\bdb|db_|database|postgres|mysql|maria|mongo|kafka|broker|amqp|rabbit|nats|smtp|mail|ldap|otel|otlp|jaeger|zipkin|statsd|memcache|elastic|consul|clickhouse|influx|minio|s3|dial|client|upstream|backend|proxy_?pass|remote|peer|vault|temporal/i;

const ports: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['interpreted_string_literal', 'raw_string_literal', 'int_literal'],
  when(node) {
    const length = node.end - node.start;
    if (node.kind === 'int_literal') return length >= 2 && length <= 6;
    if (length < 4 || length > 60) return false;
    const last = node.tree.text.charCodeAt(node.end - 2);
    return last >= 48 && last <= 57;
  },
  *check(node, ctx) {
    const { text } = node.tree;
    const line = text.slice(lineStartAt(text, node.start), node.start);
    const statement = node.kind === 'int_literal' ? '' : (statementOf(node)?.text.slice(0, 300) ?? '');
    const around = `${line} ${statement}`;
    if (node.kind === 'int_literal') {
      const port = node.text.replaceAll('_', '');
      if (!/^\d{2,5}$/.test(port) || Number(port) > 65_535 || !PORT_WORD.test(line)) return;
      yield state(
        'port.mention',
        port,
        { listens: !OTHER_SERVICE.test(line) && /port|addr|listen/i.test(line), test: ctx.file.role === 'test' },
        node,
      );
      return;
    }
    const value = stringLiteralValue(node) ?? '';
    const match =
      /^(?:(?:https?|tcp|grpc|ws):\/\/)?(\[[\w:]*\]|[\w.*-]*):(\d{2,5})$/.exec(value) ??
      (PORT_WORD.test(around) ? /^()(\d{2,5})$/.exec(value) : null);
    if (match === null || Number(match[2]) > 65_535) return;
    const open = /^(?:|0\.0\.0\.0|\[::\]|\*)$/.test(match[1]!) && !/^\w+:\/\//.test(value);
    yield state(
      'port.mention',
      match[2]!,
      { listens: open && !OTHER_SERVICE.test(around), test: ctx.file.role === 'test' },
      node,
    );
  },
};

const CONFIGURED =
  /(?:port|addr|address|listen|bind|url|host|endpoint|publish)[\w.-]*["']?\s*[:=\s]\s*["']?[^\s"',#]*?(?<![\d.])(\d{2,5})(?![\d.])|(?<=[\w\]*]:|["'\s=]:)(\d{2,5})(?!\d)/gi;

/** Ports that settings mention: files that a program may be configured by. */
const configuredPorts: TextDetector = {
  text: true,
  triggers: [
    'port',
    'Port',
    'PORT',
    'addr',
    'Addr',
    'ADDR',
    'listen',
    'LISTEN',
    'host',
    'HOST',
    'url',
    'URL',
    'bind',
    'endpoint',
  ],
  *check(text, ctx) {
    if (text.length > 200_000 || /lock|openapi|swagger|\.min\./i.test(ctx.file.path)) return;
    const seen = new Set<string>();
    for (const match of text.matchAll(CONFIGURED)) {
      const port = match[1] ?? match[2]!;
      if (seen.has(port)) continue;
      seen.add(port);
      if (seen.size > 200) return;
      yield state('port.configured', port, null, { start: match.index, end: match.index + match[0].length });
    }
  },
};

const OTHER_READS =
  /process\.env\.([A-Z]\w+)|process\.env\[["']([A-Z]\w+)|import\.meta\.env\.([A-Z]\w+)|environ(?:\.get)?[[(]\s*["']([A-Z]\w+)|getenv\(\s*["']([A-Z]\w+)|env(?:::var)?\(\s*"([A-Z]\w+)|ENV(?:\.fetch\(|\[)["']([A-Z]\w+)|\$(?:\{|\(|env:|::env\()?([A-Z][A-Z0-9]*_\w+)|%([A-Z][A-Z0-9]*_\w+)%/g;

/** Variables that scripts, templates and programs in other languages read. */
const otherReads: TextDetector = {
  text: true,
  triggers: ['env', 'ENV', '$', '%'],
  *check(text) {
    if (text.length > 300_000) return;
    const seen = new Set<string>();
    for (const match of text.matchAll(OTHER_READS)) {
      const name = match.slice(1).find((group) => group !== undefined)!;
      if (seen.has(name)) continue;
      seen.add(name);
      yield state('env.other-read', name, null, { start: match.index, end: match.index + match[0].length });
    }
  },
};

/** Variables that Go code names somewhere else than in a call: `EnvVars: []string{"API_KEY"}`, struct tags, tables. */
const names: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['interpreted_string_literal', 'raw_string_literal'],
  when(node) {
    const length = node.end - node.start;
    if (length < 6) return false;
    if (node.kind === 'raw_string_literal') return node.field === 'tag' || length < 400;
    if (length > 80) return false;
    const first = node.tree.text.charCodeAt(node.start + 1);
    return first >= 65 && first <= 90;
  },
  *check(node) {
    if (node.kind === 'raw_string_literal') {
      for (const match of node.text.matchAll(/(?<![\w$])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?!\w)/g))
        yield state('env.named', match[0], null, node);
      return;
    }
    const name = node.text.slice(1, -1);
    if (/^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/.test(name)) yield state('env.named', name, null, node);
  },
};

/** The program looks at its whole environment, so that any variable may be read. */
const automatic: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  calls: (name) =>
    /^(?:AutomaticEnv|SetEnvPrefix|Environ|SetEnvKeyReplacer|WithEnvVarPrefix|WithEnvVars|DefaultEnvars)$/.test(name),
  *check(call, ctx) {
    const callee = calledExpression(call);
    if (callee?.kind !== 'selector_expression') return;
    const name = callee.child('field')?.text ?? '';
    const operand = callee.child('operand');
    if (name === 'Environ' && (operand?.kind !== 'identifier' || importedPath(ctx.file.header, operand.text) !== 'os'))
      return;
    // The whole environment is also handed on to child processes.
    if (name === 'Environ' && /\.Env\b|append\(|Command/.test(statementOf(call)?.text ?? '')) return;
    yield state('env.automatic', name, null, call);
  },
};

const parserImports = importDetector(function* (path, subject) {
  if (
    /koanf\/providers\/env|ardanlabs\/conf|peterbourgon\/ff|kelseyhightower\/envconfig|jinzhu\/configor|heetch\/confita/.test(
      path,
    )
  )
    yield state('env.automatic', path, null, subject);
});

const OTHER_LANGUAGES: readonly LanguageId[] = ['text', 'shell', 'makefile', 'dockerfile', 'compose'];
const SETTINGS: readonly LanguageId[] = ['yaml', 'json', 'toml', 'env', 'text', 'shell', 'makefile'];

export const extractors: readonly Extractor[] = [
  { id: 'env.defaults', language: 'go', detector: defaults as NodeDetector },
  { id: 'env.fallbacks', language: 'go', detector: fallbacks as NodeDetector },
  { id: 'env.names', language: 'go', detector: names as NodeDetector },
  { id: 'env.automatic', language: 'go', detector: automatic as NodeDetector },
  { id: 'env.parser-imports', language: 'go', detector: parserImports },
  { id: 'port.mentions', language: 'go', detector: ports as NodeDetector },
  ...SETTINGS.map((language) => ({ id: `port.configured.${language}`, language, detector: configuredPorts })),
  ...OTHER_LANGUAGES.map((language) => ({ id: `env.other-reads.${language}`, language, detector: otherReads })),
];
