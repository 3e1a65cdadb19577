/**
 * What monitoring expects and what code emits: metrics of alerting and recording rules and of dashboards with the places
 * where they are named, and the texts in code that metrics are named after. Names that code builds are known in parts.
 */
import type { LanguageId } from '../../core/model/file.ts';
import type { Span } from '../../core/model/location.ts';
import type { FactVerdict } from '../../core/model/verdict.ts';
import type { Extractor, NodeDetector, TextDetector } from '../../core/rulekit/rule.ts';
import { entryOf, itemsAt, readYaml, textAt, valueAt, type YamlValue } from '../../formats/yaml.ts';
import type { GoHeader } from '../../languages/go/header.ts';
import type { GoNode } from '../../languages/go/nodes.gen.ts';
import { stringLiteralValue, syntaxChildren } from '../../languages/go/syntax.ts';
import { state } from '../facts.ts';

const OPERATORS = new Set(
  'and or unless bool offset by without on ignoring group_left group_right start end inf nan sum min max avg group stddev stdvar count count_values bottomk topk quantile limitk limit_ratio atan2'.split(
    ' ',
  ),
);

/** Names of the metrics that an expression of PromQL asks for, each once. Selectors without a name are left out. */
export function metricsOf(expression: string): readonly string[] {
  const plain = expression
    .replace(/#[^\n]*/g, ' ')
    .replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`/g, '""')
    .replace(/\{[^{}]*\}/g, ' {} ')
    .replace(/\[[^\]]*\]/g, ' ')
    .replace(/\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^()]*\)/gi, ' ');
  const found = new Set<string>();
  for (const match of plain.matchAll(/(?<![\w:$.])[A-Za-z_][\w:]*/g)) {
    const [name] = match;
    const next = plain.slice(match.index + name.length).trimStart();
    if (next.startsWith('(') || OPERATORS.has(name.toLowerCase())) continue;
    if (/[_:]/.test(name) || next.startsWith('{') || name === 'up') found.add(name);
  }
  return [...found];
}

/** Where a name stands in a part of a text; the part itself when it is not written there as it is. */
function placeOf(text: string, within: Span, name: string): Span {
  const pattern = new RegExp(`(?<![\\w:])${name}(?![\\w:])`);
  const at = text.slice(within.start, within.end).search(pattern);
  return at < 0 ? within : { start: within.start + at, end: within.start + at + name.length };
}

function* rulesOf(text: string, root: YamlValue): Generator<FactVerdict> {
  const groups = itemsAt(root, 'groups').length > 0 ? itemsAt(root, 'groups') : itemsAt(root, 'spec', 'groups');
  for (const group of groups) {
    for (const rule of itemsAt(group, 'rules')) {
      const expression = valueAt(rule, 'expr');
      const record = entryOf(rule, 'record');
      if (record?.value.kind === 'scalar') yield state('metric.recorded', record.value.text, null, record.value.span);
      // A template may stand for a part of a name.
      if (expression?.kind !== 'scalar' || expression.templated) continue;
      const alert = textAt(rule, 'alert');
      for (const name of metricsOf(expression.text))
        yield state(
          'metric.expected',
          name,
          { by: alert === '' ? textAt(rule, 'record') : alert },
          placeOf(text, expression.span, name),
        );
    }
  }
}

const rules: TextDetector = {
  text: true,
  triggers: ['expr:'],
  *check(text) {
    if (!/^\s*-?\s*["']?(?:alert|record)["']?\s*:/m.test(text) || !/\bgroups["']?\s*:/.test(text)) return;
    for (const { root } of readYaml(text)) if (root !== null) yield* rulesOf(text, root);
  },
};

const EXPRESSION = /"expr"\s*:\s*"((?:[^"\\]|\\.)*)"/g;

const dashboards: TextDetector = {
  text: true,
  triggers: ['"expr"'],
  *check(text) {
    if (!/"(?:panels|targets)"\s*:/.test(text) || text.length > 3_000_000) return;
    const seen = new Set<string>();
    for (const match of text.matchAll(EXPRESSION)) {
      const written = match[1]!;
      const within = {
        start: match.index + match[0].length - 1 - written.length,
        end: match.index + match[0].length - 1,
      };
      for (const name of metricsOf(written.replace(/\\n/g, ' ').replace(/\\"/g, '"'))) {
        if (seen.has(name)) continue;
        seen.add(name);
        yield state('metric.expected', name, { by: 'a dashboard' }, placeOf(text, within, name));
      }
    }
  },
};

const METRICS_IMPORT =
  /prometheus|metric|opentelemetry\.io\/otel|opencensus|statsd|expvar|telemetry|monitor|stats$|instrument/i;
const PART = /^[A-Za-z_:][\w:.-]*$/;

/** Texts of files that work with metrics: any of them may be a metric's name, namespace or suffix. */
const parts: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['interpreted_string_literal', 'raw_string_literal'],
  when(node, ctx) {
    const length = node.end - node.start;
    return length > 4 && (length < 90 || node.kind === 'raw_string_literal') && works(ctx.file.header);
  },
  *check(node) {
    const parent = node.parent;
    const key =
      parent?.kind === 'literal_element' && parent.parent?.kind === 'keyed_element'
        ? syntaxChildren(parent.parent)[0]?.text
        : '';
    const value = stringLiteralValue(node) ?? '';
    const isSpace = key === 'Namespace' || key === 'Subsystem';
    if (PART.test(value)) yield state('metric.part', value.replace(/[.-]/g, '_'), { namespace: isSpace }, node);
    else {
      // The text format, `name{label="value"}` of VictoriaMetrics, formats of lines.
      for (const match of value.matchAll(
        /(?:^|[\s])(?:# (?:TYPE|HELP) )?([a-z_:][a-z0-9_:]*_[a-z0-9_:]+)(?=[{ %]|$)/gm,
      ))
        yield state('metric.part', match[1]!, { namespace: false }, node);
    }
  },
};

const working = new WeakMap<GoHeader, boolean>();
function works(header: GoHeader): boolean {
  let known = working.get(header);
  if (known === undefined) {
    known =
      header.imports.some((item) => METRICS_IMPORT.test(item.path)) ||
      /metric|monitor|stats|telemetry/i.test(header.packageName);
    working.set(header, known);
  }
  return known;
}

/** Metrics of programs in other languages, of exporters' configurations and of tests of rules. */
const otherParts: TextDetector = {
  text: true,
  triggers: ['_total', '_seconds', '_bytes', '_count', 'prom', 'metric', 'gauge', 'counter'],
  *check(text, ctx) {
    if (text.length > 300_000 || /"panels"\s*:|^\s*-?\s*(?:alert|record|expr)\s*:/m.test(text)) return;
    if (ctx.file.language === 'yaml' && !/exporter|mapping|metrics?:/i.test(text)) return;
    const seen = new Set<string>();
    for (const [name] of text.matchAll(/(?<![\w:])[a-z][a-z0-9]*(?:_[a-z0-9]+)+(?![\w:])/g)) {
      if (seen.has(name)) continue;
      seen.add(name);
      if (seen.size > 1_000) return;
      yield state('metric.part', name, { namespace: false }, { start: 0, end: 0 });
    }
  },
};

const OTHERS: readonly LanguageId[] = ['text', 'yaml', 'toml'];

export const extractors: readonly Extractor[] = [
  { id: 'metric.rules', language: 'yaml', detector: rules },
  { id: 'metric.dashboards', language: 'json', detector: dashboards },
  { id: 'metric.parts', language: 'go', detector: parts as NodeDetector },
  ...OTHERS.map((language) => ({ id: `metric.parts.${language}`, language, detector: otherParts })),
];
