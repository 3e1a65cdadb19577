/**
 * Names of metrics in Python code: texts of files that work with metrics, any of which may be a name, a namespace or the
 * end of a name. What a client library registers under a literal name is marked.
 */
import type { Extractor, NodeDetector } from '../../core/rulekit/rule.ts';
import { headerOf } from '../../languages/python/chains.ts';
import type { PythonHeader } from '../../languages/python/header.ts';
import type { PythonNode } from '../../languages/python/nodes.gen.ts';
import { stringValue } from '../../languages/python/strings.ts';
import { argumentOf, calledName, syntaxChildren } from '../../languages/python/syntax.ts';
import { state } from '../facts.ts';

const LIBRARIES = /prometheus|metric|opentelemetry|opencensus|statsd|datadog|telemetry|monitor|stats$|instrument/i;
const PART = /^[A-Za-z_:][\w:.-]*$/;
const REGISTERS =
  /^(?:Counter|Gauge|Histogram|Summary|Info|Enum|\w+MetricFamily|create_(?:counter|histogram|up_down_counter|gauge|observable_\w+))$/;
const SPACE = /^_?(?:METRICS?_)?(?:NAMESPACE|SUBSYSTEM|PREFIX)$/i;

const working = new WeakMap<PythonHeader, boolean>();
function works(header: PythonHeader, path: string): boolean {
  let known = working.get(header);
  if (known === undefined) {
    known = header.imports.some((item) => LIBRARIES.test(item.path));
    working.set(header, known);
  }
  return known || /metric|monitor|telemetry/i.test(path);
}

/** Whether a text is given as a namespace: `namespace="shop"`, `NAMESPACE = "shop"`. */
function isSpace(node: PythonNode): boolean {
  const { parent } = node;
  const name =
    parent?.kind === 'keyword_argument'
      ? parent.child('name')?.text
      : parent?.kind === 'assignment'
        ? parent.child('left')?.text
        : '';
  return SPACE.test(name ?? '');
}

/** The call that registers a metric under the name that a text is, '' for none. */
function registrationOf(node: PythonNode): string {
  const call = node.parent?.kind === 'argument_list' ? node.parent.parent : node.ancestor('call');
  if (call?.kind !== 'call' || argumentOf(call, 'name', 0)?.equals(node) !== true) return '';
  const name = calledName(call);
  return REGISTERS.test(name) ? name : '';
}

const parts: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['string'],
  triggers: ['_'],
  when(node, ctx) {
    const length = node.end - node.start;
    return length > 4 && length < 90 && works(headerOf(ctx), ctx.file.path);
  },
  *check(node) {
    const value = stringValue(node);
    if (value === null) {
      // What stands around the values of an f-string.
      for (const piece of syntaxChildren(node)) {
        const text = piece.kind === 'string_content' ? piece.text.replace(/^[_.]+|[_.]+$/g, '') : '';
        if (PART.test(text)) yield state('metric.part', text.replace(/[.-]/g, '_'), { namespace: false }, node);
      }
      return;
    }
    if (!PART.test(value)) return;
    const name = value.replace(/[.-]/g, '_').replace(/^_+|_+$/g, '');
    const by = registrationOf(node);
    // The client library of Prometheus ends the names of counters so.
    const full = by === 'Counter' && !name.endsWith('_total') ? `${name}_total` : name;
    yield state('metric.part', name, { namespace: isSpace(node) }, node);
    if (by !== '') yield state('metric.part', full, { namespace: false, registered: true }, node);
  },
};

export const extractors: readonly Extractor[] = [
  { id: 'python.metric.parts', language: 'python', detector: parts as NodeDetector },
];
