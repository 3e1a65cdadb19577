/** Settings that the program which reads them refuses or ignores: compose files, Prometheus, its rules, Alertmanager. */
import type { Fact, FactVerdict, Verdict, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView, fact, type TextDetector } from '../../../core/rulekit/rule.ts';
import { isAlertmanagerConfig, isPrometheusConfig, isRuleFile } from '../../../formats/monitoring.ts';
import { entryOf, itemsAt, readYaml, type YamlValue } from '../../../formats/yaml.ts';
import { recipeWords } from '../../../knowledge/project/recipes.ts';
import { compare, dottedNames, placeholders, receivers, targets, timeouts } from './checks.ts';
import { ALERTMANAGER, COMPOSE, PROMETHEUS, ROUTE, RULES, type Shape } from './shapes.ts';

/** Key: name of the variable; value: who reads the file. */
const PLACEHOLDER = 'invalid-config.placeholder';
/** Variables that a message names, and further places that a finding points at. */
const NAMED = 3;
const SHOWN = 6;

/** Files that are rendered before they are used, or read by programs with settings of their own. */
const RENDERED = /\{%|<%|\.(?:tpl|tmpl|template|j2|jinja)\b|(?:^|\/)(?:templates?|charts?)\//;
const OTHER_READERS = /vmagent|victoria|vmalert|promscale|thanos|mimir|cortex|grafana-agent|alloy|promtail|loki/i;

const compose: TextDetector = {
  text: true,
  triggers: ['services:'],
  *check(text, ctx) {
    if (text.includes('{{') || RENDERED.test(ctx.file.path) || /\{%|<%/.test(text)) return;
    for (const { root, problems } of readYaml(text)) {
      // What the parser could not make sense of is the concern of whoever reads the whole file.
      if (root === null || problems.length > 0 || entryOf(root, 'services') === null) continue;
      yield* compare(root, COMPOSE, 'Compose', 'the file');
    }
  },
};

/** Routes are as deep as somebody writes them. */
function* routesOf(root: YamlValue): Generator<Verdict> {
  const open = [...itemsAt(root, 'route', 'routes')];
  for (let route = open.pop(); route !== undefined; route = open.pop()) {
    open.push(...itemsAt(route, 'routes'));
    yield* compare(route, ROUTE, 'Alertmanager', 'routes');
  }
}

function* variables(root: YamlValue, by: string): Generator<FactVerdict> {
  const found = [...placeholders(root)].sort((left, right) => left.span.start - right.span.start);
  for (const { name, span } of found) yield fact(PLACEHOLDER, name, by, span);
}

function* shaped(root: YamlValue, shape: Shape, consumer: string): Generator<Verdict> {
  yield* compare(root, shape, consumer, 'the file');
}

const monitoring: TextDetector = {
  text: true,
  triggers: ['scrape_configs', 'rule_files', 'receivers', 'groups'],
  *check(text, ctx) {
    if (RENDERED.test(ctx.file.path) || /\{%|<%/.test(text) || OTHER_READERS.test(ctx.file.path)) return;
    for (const { root } of readYaml(text)) {
      if (root?.kind !== 'map' || entryOf(root, 'kind') !== null) continue;
      if (isPrometheusConfig(root)) {
        yield* shaped(root, PROMETHEUS, 'Prometheus');
        yield* targets(root);
        yield* timeouts(root);
        for (const key of ['recording_rules', 'alerting_rules']) yield* dottedNames(text, root, [key, 'groups']);
        yield* variables(root, 'Prometheus');
      } else if (isAlertmanagerConfig(root)) {
        yield* shaped(root, ALERTMANAGER, 'Alertmanager');
        yield* routesOf(root);
        yield* receivers(root);
        yield* variables(root, 'Alertmanager');
      } else if (isRuleFile(root)) {
        yield* shaped(root, RULES, 'Prometheus');
        yield* dottedNames(text, root, ['groups']);
      }
    }
  },
};

/** Programs that put values into files. */
const RENDERERS = [
  'envsubst',
  'gomplate',
  'dockerize',
  'confd',
  'consul-template',
  'jinja2',
  'j2',
  'j2cli',
  'ansible',
  'ansible-playbook',
  'esh',
  'mo',
  'expand-env',
  'perl',
  'yq',
];

function isRendered(facts: FactView, path: string): boolean {
  const words = facts.derive(recipeWords);
  if (RENDERERS.some((word) => words.has(word))) return true;
  const name = path.slice(path.lastIndexOf('/') + 1);
  const editors = new Set([...(words.get('sed') ?? []), ...(words.get('eval') ?? []), ...(words.get('cat') ?? [])]);
  return [name, name.replace(/\.ya?ml$/, '')].some(
    (word) => words.get(word)?.some((other) => editors.has(other)) === true,
  );
}

/** A file is rendered as a whole or not at all: one finding names all its variables. */
function* judge(facts: FactView): Generator<WorkspaceVerdict> {
  const byFile = new Map<string, Fact[]>();
  for (const variable of facts.get(PLACEHOLDER)) {
    const { path } = variable.place;
    if (facts.role(path) !== 'production') continue;
    const own = byFile.get(path);
    if (own === undefined) byFile.set(path, [variable]);
    else own.push(variable);
  }
  for (const [path, variables] of byFile) {
    if (isRendered(facts, path)) continue;
    const first = variables[0]!;
    const names = [...new Set(variables.map(({ key }) => key))];
    const more = names.length - NAMED;
    yield {
      kind: 'fail',
      subject: first.place,
      message: 'placeholder',
      args: {
        names: names.slice(0, NAMED).join(', ') + (more > 0 ? ` and ${more} more` : ''),
        consumer: first.value as string,
      },
      related: variables.slice(1, 1 + SHOWN).map(({ key, place }) => ({ place, message: `Nothing replaces ${key}.` })),
    };
  }
}

export const rule = defineRule({
  id: 'invalid-config',
  title: 'Configuration that its consumer rejects or ignores',
  category: 'configuration',
  severity: 'high',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A compose file, the configuration of Prometheus or Alertmanager, or a file of alerting rules holds what its program refuses or ignores: a key that it does not know (with the one that was probably meant), a list where keys belong, a duration without a unit, a target with a scheme or path, a scrape timeout longer than its interval, a metric whose name holds a dot, a route to a receiver that is not defined, or a variable of the shell in a file in which nothing replaces variables. Keys that begin with `x-`, templates that are rendered before use, and files of programs that only resemble these are left out.',
    why: 'The program refuses to start, or it drops the setting without a word: the limit, the alert or the check that everybody believes in is not there.',
    howToFix:
      'Write the key that the program knows, or delete the line. Check files before they are shipped: `docker compose config`, `promtool check config`, `amtool check-config`. Render variables before the program reads the file, or use its own option for secrets in files.',
    refs: [
      'https://docs.docker.com/reference/compose-file/',
      'https://prometheus.io/docs/prometheus/latest/configuration/configuration/',
      'https://prometheus.io/docs/alerting/latest/configuration/',
    ],
  },
  messages: {
    unknown: '{consumer} knows no key {key} in {section}; delete it, or move it where it belongs.',
    near: '{consumer} knows no key {key} in {section}; {near} is close.',
    kind: '{consumer} wants {wanted} for {key}.',
    duration: 'The duration of {key} has no unit; write {text}s.',
    value: '{text} is no value of {key}; use one of {known}.',
    target:
      '{target} is a URL, which Prometheus refuses; name host and port, and put the rest into scheme and metrics_path.',
    timeout: 'Prometheus refuses a timeout of {timeout} with an interval of {interval}; make it shorter.',
    dotted: 'Prometheus cannot read {name}: names of metrics hold no dots; write {newText}.',
    receiver: 'No receiver is called {name}, so Alertmanager refuses the file; define it, or name another.',
    placeholder:
      '{consumer} does not replace {names}; render the file before it is used, or read the value from a file.',
  },
  effort: { each: [3, 15] },
  fix: 'sometimes',
  on: { compose: [compose], yaml: [monitoring] },
  workspace: { partition: 'workspace', reads: [PLACEHOLDER], judge },
});
