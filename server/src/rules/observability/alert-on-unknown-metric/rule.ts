/**
 * Alerts, recording rules and dashboards that ask for a metric of this workspace's own namespace that its code does not
 * emit. Metrics of exporters and of other systems cannot be known and are left alone.
 */
import type { WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineDerivation, defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import { allFacts } from '../../../knowledge/facts.ts';

interface Emitted {
  /** Texts that a metric may be named after. */
  readonly parts: ReadonlySet<string>;
  /** First words that metrics of the workspace begin with. */
  readonly namespaces: ReadonlySet<string>;
  /** Complete names. */
  readonly names: readonly string[];
}

const SUFFIX = /_(?:bucket|sum|count|total|created|info|seconds|bytes|ratio|milliseconds)$/;

/** The name as code gives it: without what client libraries and formats add. */
function baseOf(name: string): string {
  return name.replace(/_(?:bucket|sum|count|created)$/, '');
}

/** First words that say what is measured rather than who measures. */
const GENERAL =
  /^(?:http|https|api|app|application|web|requests?|responses?|db|database|sql|tasks?|jobs?|workers?|queue|celery|django|flask|fastapi|starlette|python|process|redis|postgres|cache|llm|users?|models?|errors?|service|system|grpc|kafka|active|total)$/;

/** The word that every registered name begins with, when it can only stand for this program; null otherwise. */
function commonStart(names: readonly string[]): string | null {
  const first = names[0]?.split('_')[0] ?? '';
  if (names.length < 3 || first.length < 3 || GENERAL.test(first)) return null;
  return names.every((name) => name.startsWith(`${first}_`)) ? first : null;
}

/** Metrics of libraries that measure Python programs by themselves. */
const BROUGHT =
  /^(?:https?|django|flask|starlette|fastapi|celery|python|process|aiohttp|gunicorn|uvicorn|sanic|flower)_/;
const BRINGS =
  /instrumentator|exporter|(?:django|flask|celery|aio|sanic)_?prometheus|prometheus_(?!client)|opentelemetry/;

const emittedMetrics = defineDerivation('alert-on-unknown-metric.emitted', (facts): Emitted => {
  const parts = new Set<string>();
  const namespaces = new Set<string>();
  const names = new Set<string>();
  const registered = new Set<string>();
  for (const { key, value, place } of allFacts(facts, 'metric.part')) {
    parts.add(key);
    if (facts.role(place.path) !== 'production') continue;
    if (place.path.endsWith('.py')) {
      if (value.namespace) namespaces.add(key);
      else if (value.registered === true) registered.add(key);
      continue;
    }
    if (!place.path.endsWith('.go')) continue;
    if (value.namespace) namespaces.add(key);
    else if (/^[a-z]\w*_\w+_\w+$/.test(key)) names.add(key);
  }
  const namespace = commonStart([...registered]);
  if (namespace !== null) namespaces.add(namespace);
  for (const name of registered) if (name.split('_').length > 2) names.add(name);
  return { parts, namespaces, names: [...names].sort() };
});

/** Whether some code may emit the metric: under its name, or under a tail of it behind a namespace. */
function isEmitted(name: string, parts: ReadonlySet<string>): boolean {
  for (let base = name; ; ) {
    if (parts.has(base)) return true;
    for (let at = base.indexOf('_'); at >= 0; at = base.indexOf('_', at + 1))
      if (parts.has(base.slice(at + 1))) return true;
    const shorter = base.replace(SUFFIX, '');
    if (shorter === base) return false;
    base = shorter;
  }
}

/** Letters that have to change to make one name of the other, up to a limit. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}

/** The emitted name that was meant: the only one that differs in a few letters or in a word at the end. */
function nearest(name: string, names: readonly string[]): string | null {
  const limit = Math.max(2, Math.floor(name.length / 6));
  const near = names
    .map((candidate) => ({ candidate, letters: distance(name, candidate, limit) }))
    .filter(({ letters }) => letters <= limit)
    .sort((a, b) => a.letters - b.letters);
  if (near[0] === undefined || near[1]?.letters === near[0].letters) return null;
  return near[0].candidate;
}

function* judge(facts: FactView): Generator<WorkspaceVerdict> {
  const { parts, namespaces, names } = facts.derive(emittedMetrics);
  const isMeasured = allFacts(facts, 'metrics.client').some(
    ({ key, place }) => place.path.endsWith('.py') && BRINGS.test(key),
  );
  for (const { key, value, place } of allFacts(facts, 'metric.expected')) {
    if (isMeasured && BROUGHT.test(key)) continue;
    if (facts.role(place.path) !== 'production' || key.includes(':')) continue;
    if (facts.lookup('metric.recorded', key).length > 0) continue;
    const name = baseOf(key);
    if (isEmitted(name, parts) || isEmitted(key, parts)) {
      yield { kind: 'pass', subject: place };
      continue;
    }
    const own = [...namespaces].some((namespace) => key.startsWith(`${namespace}_`));
    const meant = nearest(name, names);
    if (!own && meant === null) continue;
    yield {
      kind: 'fail',
      subject: place,
      message: meant === null ? 'unknown' : 'near',
      args: { name: key, by: value.by, meant: meant ?? '' },
      fixes:
        meant === null || place.span.end - place.span.start !== key.length
          ? []
          : [
              {
                title: `Use ${meant}`,
                safety: 'suggestion',
                preferred: true,
                edits: [{ kind: 'replaceAt', place, newText: `${meant}${key.slice(name.length)}` }],
              },
            ],
    };
  }
}

export const rule = defineRule({
  id: 'alert-on-unknown-metric',
  title: 'Alert or dashboard that can never fire',
  category: 'observability',
  severity: 'high',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'An alerting rule, a recording rule or a Grafana dashboard asks for a metric in the namespace of this workspace, or one whose name is almost that of an emitted metric, but no code emits it. Names that are built from a namespace are followed by their ends; metrics of exporters and other systems are left out.',
    why: 'A query for a metric that does not exist is no error: it gives nothing, so the alert stays silent for ever and the panel stays empty, and both look like protection.',
    howToFix: 'Correct the name in the rule, or emit the metric. Test alerting rules with `promtool test rules`.',
    refs: ['https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/'],
  },
  messages: {
    unknown: 'No code emits {name}, so {by} never sees a value; emit it or correct the name.',
    near: 'No code emits {name}, so {by} never sees a value; {meant} is emitted.',
  },
  effort: { each: [5, 20] },
  fix: 'sometimes',
  on: {},
  workspace: { partition: 'workspace', reads: ['metric.expected'], judge },
});
