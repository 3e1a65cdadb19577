/** Compares YAML with what its consumer knows: keys, kinds of values, durations, names that refer to others in the file. */
import type { Span } from '../../../core/model/location.ts';
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import { nearestName } from '../../../core/text/nearest.ts';
import { entriesAt, innerSpan, itemsAt, textAt, valueAt, type YamlValue } from '../../../formats/yaml.ts';
import type { Shape } from './shapes.ts';

export function replacement(span: Span, newText: string, title = `Write ${newText}`): readonly Fix[] {
  return [{ title, safety: 'suggestion', preferred: true, edits: [{ kind: 'replace', span, newText }] }];
}

const KINDS: Readonly<Record<string, string>> = {
  map: 'keys with values',
  list: 'a list',
  collection: 'a list, or keys with values',
};

function misfit(value: YamlValue, wanted: Shape['is']): boolean {
  // A value that is not written, a variable or a template may become anything.
  if (value.kind === 'scalar') return value.text !== '' && !value.templated && !/^\$/.test(value.text);
  return wanted !== 'collection' && value.kind !== wanted;
}

function* scalarOf(value: YamlValue, shape: Shape, key: string): Generator<Verdict> {
  if (shape.scalar === '' || value.kind !== 'scalar' || value.templated || /[${}]/.test(value.text)) return;
  const { text, span } = value;
  if (shape.scalar === 'duration') {
    if (!/^[1-9]\d*$/.test(text)) return;
    yield {
      kind: 'fail',
      subject: span,
      message: 'duration',
      args: { key, text },
      fixes: replacement(innerSpan(value), `${text}s`),
    };
  } else if (text !== '' && !shape.scalar.includes(text)) {
    const near = nearestName(text, shape.scalar);
    yield {
      kind: 'fail',
      subject: span,
      message: 'value',
      args: { key, text, known: shape.scalar.join(', ') },
      fixes: near === null || value.quoted ? [] : replacement(span, near),
    };
  }
}

/** Judges a value and everything below it that its shape describes. `consumer`: the program that reads the file. */
export function* compare(root: YamlValue, shape: Shape, consumer: string, section: string): Generator<Verdict> {
  const open: { readonly value: YamlValue; readonly shape: Shape; readonly key: string }[] = [
    { value: root, shape, key: section },
  ];
  // What several places share by an alias is judged once; keys count as negative.
  const seen = new Set<number>();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, shape: wanted, key } = next;
    if (seen.has(value.span.start) && value.kind !== 'scalar') continue;
    seen.add(value.span.start);
    if (wanted.is !== '' && misfit(value, wanted.is)) {
      const span = value.kind === 'scalar' ? value.span : { start: value.span.start, end: value.span.start };
      yield { kind: 'fail', subject: span, message: 'kind', args: { key, wanted: KINDS[wanted.is]!, consumer } };
      continue;
    }
    yield* scalarOf(value, wanted, key);
    if (value.kind === 'list' && wanted.each !== null && wanted.is === 'list')
      for (const item of value.items) open.push({ value: item, shape: wanted.each, key });
    if (value.kind !== 'map') continue;
    const { keys } = wanted;
    if (keys === null) {
      if (wanted.each !== null && wanted.is !== 'list')
        for (const entry of value.entries) open.push({ value: entry.value, shape: wanted.each, key: entry.key });
      continue;
    }
    const known = Object.keys(keys).filter((name) => name !== '');
    for (const entry of value.entries) {
      if (entry.key === '' || entry.key.startsWith('x-') || /[\uE000${}]/.test(entry.key)) continue;
      if (Object.hasOwn(keys, entry.key)) {
        const below = keys[entry.key]!;
        if (below !== null) {
          yield { kind: 'pass', subject: entry.keySpan };
          open.push({ value: entry.value, shape: below, key: entry.key });
        }
        continue;
      }
      if (wanted.more?.test(entry.key) || seen.has(-entry.keySpan.start)) continue;
      seen.add(-entry.keySpan.start);
      const near = wanted.more?.test(`${entry.key}s`) ? `${entry.key}s` : nearestName(entry.key, known);
      const isPlain = entry.keySpan.end - entry.keySpan.start === entry.key.length;
      yield {
        kind: 'fail',
        subject: entry.keySpan,
        message: near === null ? 'unknown' : 'near',
        args: { key: entry.key, section: key, consumer, near: near ?? '' },
        fixes:
          near === null || !isPlain || value.entries.some((other) => other.key === near)
            ? []
            : replacement(entry.keySpan, near),
      };
    }
  }
}

/** Names in PromQL that hold a dot, which no metric may have where it is not quoted. */
export function* dottedNames(text: string, root: YamlValue, groupsAt: readonly string[]): Generator<Verdict> {
  for (const group of itemsAt(root, ...groupsAt)) {
    for (const rule of itemsAt(group, 'rules')) {
      const expression = valueAt(rule, 'expr');
      if (expression?.kind !== 'scalar' || expression.templated) continue;
      const { start, end } = expression.span;
      const plain = text
        .slice(start, end)
        .replace(/"(?:[^"\\\n]|\\.)*"(?!$)|(?<!^)'(?:[^'\\\n]|\\.)*'(?!$)|`[^`]*`|#[^\n]*|\{[^{}]*\}/g, (part) =>
          ' '.repeat(part.length),
        );
      const found = /(?<![\w:.$])[A-Za-z_:][\w:]*\.[A-Za-z_][\w.:]*/.exec(plain);
      if (found === null) continue;
      const subject = { start: start + found.index, end: start + found.index + found[0].length };
      const newText = found[0].replaceAll('.', '_');
      yield {
        kind: 'fail',
        subject,
        message: 'dotted',
        args: { name: found[0], newText },
        fixes: replacement(subject, newText),
      };
    }
  }
}

/** Addresses that Prometheus refuses because they are URLs; behind relabelling they may become something else. */
export function* targets(root: YamlValue): Generator<Verdict> {
  const jobs = [...itemsAt(root, 'scrape_configs'), ...itemsAt(root, 'alerting', 'alertmanagers')];
  for (const job of jobs) {
    if (itemsAt(job, 'relabel_configs').length > 0) continue;
    for (const group of itemsAt(job, 'static_configs')) {
      for (const target of itemsAt(group, 'targets')) {
        if (target.kind !== 'scalar' || target.templated || !target.text.includes('/') || target.text.includes('$'))
          continue;
        const address = /^https?:\/\/([^/]+)\/?$/.exec(target.text)?.[1];
        yield {
          kind: 'fail',
          subject: target.span,
          message: 'target',
          args: { target: target.text },
          fixes: address === undefined ? [] : replacement(innerSpan(target), address),
        };
      }
    }
  }
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of a plain duration; null for what is not known. */
function milliseconds(text: string): number | null {
  const match = /^(\d+)(ms|[smhd])$/.exec(text);
  return match === null ? null : Number(match[1]) * UNITS[match[2]!]!;
}

/** Jobs that wait longer for an answer than they have until the next question, which Prometheus refuses. */
export function* timeouts(root: YamlValue): Generator<Verdict> {
  const general = (key: string, fallback: string): string => textAt(root, 'global', key) || fallback;
  for (const job of itemsAt(root, 'scrape_configs')) {
    const own = valueAt(job, 'scrape_timeout');
    const interval = textAt(job, 'scrape_interval') || general('scrape_interval', '1m');
    if (own?.kind !== 'scalar') continue;
    const [wait, pause] = [milliseconds(own.text), milliseconds(interval)];
    if (wait !== null && pause !== null && wait > pause)
      yield { kind: 'fail', subject: own.span, message: 'timeout', args: { timeout: own.text, interval } };
  }
}

/** Receivers that routes of Alertmanager name and the file does not define. */
export function* receivers(root: YamlValue): Generator<Verdict> {
  const names = itemsAt(root, 'receivers').map((receiver) => textAt(receiver, 'name'));
  if (names.includes('')) return;
  const open: (YamlValue | null)[] = [valueAt(root, 'route')];
  for (let route = open.pop(); route !== undefined; route = open.pop()) {
    if (route === null) continue;
    open.push(...itemsAt(route, 'routes'));
    const receiver = valueAt(route, 'receiver');
    if (receiver?.kind !== 'scalar' || receiver.text === '' || /[\uE000$]/.test(receiver.text)) continue;
    if (names.includes(receiver.text)) {
      yield { kind: 'pass', subject: receiver.span };
      continue;
    }
    const near = nearestName(receiver.text, names);
    yield {
      kind: 'fail',
      subject: receiver.span,
      message: 'receiver',
      args: { name: receiver.text },
      fixes: near === null ? [] : replacement(innerSpan(receiver), near),
    };
  }
}

/** Scalars that hold a variable of a shell, with their spans; what Prometheus itself replaces is left out. */
export function* placeholders(root: YamlValue): Generator<{ readonly name: string; readonly span: Span }> {
  const open: YamlValue[] = [root];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (value.kind === 'list') open.push(...value.items);
    else if (value.kind === 'map') {
      for (const entry of entriesAt(value))
        if (entry.key !== 'external_labels' && !/relabel_configs$/.test(entry.key)) open.push(entry.value);
    } else {
      const name = /\$\{([A-Z_][A-Z0-9_]*)(?::?[-?][^}]*)?\}/.exec(value.text)?.[1];
      if (name !== undefined) yield { name, span: value.span };
    }
  }
}
