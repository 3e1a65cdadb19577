/** Alerts, dashboards and receivers in files that nothing in the workspace hands to the program that would use them. */
import { filePlace, type Place } from '../../../core/model/location.ts';
import type { Fact, Fix, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import { placeIn } from '../../../knowledge/facts.ts';
import {
  absolutePattern,
  type Container,
  configsOf,
  isNamed,
  type PrometheusConfig,
  seenAt,
  stackOf,
} from '../../../knowledge/project/monitoringStack.ts';
import { recipeWords } from '../../../knowledge/project/recipes.ts';

function baseOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** What documents show is not meant to be loaded from there. */
const SHOWN = /(?:^|\/)(?:docs?|documentation|tutorials?)\//i;

function production(facts: FactView, name: string): readonly Fact[] {
  return facts.all(name).filter(({ key }) => facts.role(key) === 'production' && !SHOWN.test(key));
}

/** Whether a file that builds or deploys names a file, so that it may get where it is used in another way. */
function isNamedElsewhere(facts: FactView, path: string, but: (other: string) => boolean): boolean {
  return (facts.derive(recipeWords).get(baseOf(path)) ?? []).some((other) => other !== path && !but(other));
}

/** Names the file in `rule_files`, by the path that the configuration can reach it by. */
function loadFix(config: Fact, written: string): readonly Fix[] {
  const { insert } = config.value as unknown as PrometheusConfig;
  if (insert === null) return [];
  const { at, before, after } = insert;
  const place: Place = { ...config.place, span: { start: at, end: at } };
  return [
    {
      title: `Load ${written}`,
      safety: 'suggestion',
      preferred: true,
      edits: [{ kind: 'replaceAt', place, newText: `${before}${written}${after}` }],
    },
  ];
}

/** A path as it is written in a file of the folder. */
function relative(folder: string, path: string): string {
  return path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : path;
}

interface Loader {
  readonly config: Fact;
  readonly inside: string;
  readonly container: Container | null;
}

/** The ways in which configurations are used: in containers as far as those are known, else where they lie. */
function loadersOf(facts: FactView): readonly Loader[] {
  const { prometheus } = facts.derive(stackOf);
  const configs = production(facts, 'monitoring.prometheus');
  const used = prometheus.flatMap((container) =>
    configsOf(facts, container).flatMap(({ path, inside }): Loader[] => {
      const config = configs.find(({ key }) => key === path);
      return config === undefined ? [] : [{ config, inside, container }];
    }),
  );
  return [
    ...used,
    ...configs
      .filter((config) => !used.some((loader) => loader.config === config))
      .map((config): Loader => ({ config, inside: config.key, container: null })),
  ];
}

/** Whether a configuration loads a file; null when it is not known what its container sees. */
function loads({ config, inside, container }: Loader, path: string): boolean | null {
  const { ruleFiles } = config.value as unknown as PrometheusConfig;
  const patterns = ruleFiles.map((pattern) => absolutePattern(pattern, inside));
  if (container === null) {
    if (patterns.some((pattern) => isNamed(pattern, path))) return true;
    // Nobody says where it is used: what is named like it may be it.
    return ruleFiles.some((pattern) => isNamed(baseOf(pattern), baseOf(path))) ? null : false;
  }
  if (seenAt(container, path).some((seen) => patterns.some((pattern) => isNamed(pattern, seen.path)))) return true;
  return container.open || ruleFiles.some((pattern) => /\$|\{\{/.test(pattern)) ? null : false;
}

function* judgeRules(facts: FactView): Generator<WorkspaceVerdict> {
  const loaders = loadersOf(facts);
  const { prometheus } = facts.derive(stackOf);
  for (const rules of production(facts, 'monitoring.rules')) {
    const found = loaders.map((loader) => loads(loader, rules.key));
    if (found.includes(true)) {
      yield { kind: 'pass', subject: rules.place };
      continue;
    }
    if (found.includes(null) || loaders.length === 0 || prometheus.some(({ open }) => open)) continue;
    const configs = new Set(loaders.map(({ config }) => config.key));
    const inContainer = loaders.filter(({ container }) => container !== null);
    const composed = new Set(inContainer.map(({ container }) => container!.service.place.path));
    if (isNamedElsewhere(facts, rules.key, (other) => configs.has(other) || composed.has(other))) continue;
    // Of several configurations one that is used somewhere else may be meant.
    if (inContainer.length === 0 && loaders.length > 1) continue;
    const [first = loaders[0]!] = inContainer;
    const { config, container, inside } = first;
    const named = (config.value as unknown as PrometheusConfig).ruleFiles.some((pattern) =>
      isNamed(baseOf(pattern), baseOf(rules.key)),
    );
    const folder = inside.slice(0, Math.max(0, inside.lastIndexOf('/')));
    const [seen] = container === null ? [{ path: rules.key }] : seenAt(container, rules.key);
    // Two configurations that lie apart have little to do with each other.
    if (container === null && !(folder === '' || rules.key.startsWith(`${folder}/`))) continue;
    yield {
      kind: 'fail',
      subject: rules.place,
      message: seen === undefined ? (named ? 'unseen' : 'apart') : 'unnamed',
      args: { config: config.key, service: container?.service.key ?? '' },
      ...(rules.value === true ? {} : { severity: 'medium' as const }),
      fixes: seen === undefined ? [] : loadFix(config, relative(folder, seen.path)),
    };
  }
}

/** Configurations whose alerts go nowhere although the stack has an Alertmanager. */
function* judgeReceivers(facts: FactView): Generator<WorkspaceVerdict> {
  const { alertmanager } = facts.derive(stackOf);
  const alerts = production(facts, 'monitoring.rules').filter(({ value }) => value === true);
  const receivers = production(facts, 'monitoring.alertmanager');
  const loaders = loadersOf(facts);
  for (const loader of loaders) {
    const { config, container } = loader;
    const { alerting } = config.value as unknown as PrometheusConfig;
    if (alerting) {
      yield { kind: 'pass', subject: config.place };
      continue;
    }
    if (container === null || !alerts.some((rules) => loads(loader, rules.key) === true)) continue;
    if (/alertmanager\.url/.test(container.service.value.command.join(' '))) continue;
    const near = alertmanager.find(({ service }) => service.place.path === container.service.place.path);
    if (near !== undefined)
      yield { kind: 'fail', subject: config.place, message: 'nowhere', args: { service: near.service.key } };
  }
  for (const file of receivers) {
    const seen = alertmanager.flatMap((container) => seenAt(container, file.key));
    if (seen.length > 0) {
      yield { kind: 'pass', subject: file.place };
      continue;
    }
    const composed = new Set(
      loaders.flatMap(({ container }) => (container === null ? [] : [container.service.place.path])),
    );
    // Where no container runs Prometheus, the whole stack is somewhere else.
    if (composed.size === 0 || alertmanager.length > 0) continue;
    if (isNamedElsewhere(facts, file.key, () => false)) continue;
    yield { kind: 'fail', subject: file.place, message: 'noAlertmanager' };
  }
}

/** Other ways to bring dashboards into Grafana: its API, sidecars, infrastructure code. */
const IMPORTERS = [
  'grafana_dashboard',
  'grafana-dashboards',
  'dashboardProviders',
  'grizzly',
  'grr',
  'import-dashboards',
];

const COMPOSE = /(?:^|\/)(?:docker-)?compose[\w.-]*\.ya?ml$/;

function isImported(facts: FactView, path: string): boolean {
  const words = facts.derive(recipeWords);
  if (IMPORTERS.some((word) => words.has(word))) return true;
  const dashboards = new Set(words.get('dashboards') ?? []);
  return (
    (words.get('api') ?? []).some((other) => dashboards.has(other) && !/\.json$/.test(other) && !COMPOSE.test(other)) ||
    isNamedElsewhere(facts, path, (other) => COMPOSE.test(other))
  );
}

function* judgeDashboards(facts: FactView): Generator<WorkspaceVerdict> {
  const { grafana } = facts.derive(stackOf);
  if (grafana.length === 0 || grafana.some(({ open }) => open)) return;
  const providers = production(facts, 'monitoring.provider');
  /** Folders of a container that Grafana reads, by what is provisioned there. */
  const read = grafana.map((container) => {
    const base = container.service.value.environment.find(({ name }) => name === 'GF_PATHS_PROVISIONING')?.value;
    const folder = `${base ?? '/etc/grafana/provisioning'}/dashboards/`;
    const active = providers.filter(({ key }) => seenAt(container, key).some((seen) => seen.path.startsWith(folder)));
    return { container, folders: active.flatMap(({ value }) => value as readonly string[]) };
  });
  const missed = new Set<Container>();
  const apart = new Map<string, Fact[]>();
  for (const dashboard of production(facts, 'monitoring.dashboard')) {
    const isLoaded = read.some(({ container, folders }) =>
      seenAt(container, dashboard.key).some((seen) =>
        folders.some((folder) => folder.includes('$') || seen.path.startsWith(`${folder.replace(/\/$/, '')}/`)),
      ),
    );
    if (isLoaded) {
      yield { kind: 'pass', subject: filePlace(dashboard.key) };
      continue;
    }
    if (isImported(facts, dashboard.key)) continue;
    const shown = grafana.find((container) => seenAt(container, dashboard.key).length > 0);
    const hasProvider = read.some(({ folders }) => folders.length > 0);
    if (shown !== undefined && !hasProvider) {
      if (missed.has(shown)) continue;
      missed.add(shown);
      const subject = placeIn(shown.service, seenAt(shown, dashboard.key)[0]!.mount);
      yield { kind: 'fail', subject, message: 'noProvider', args: { service: shown.service.key, file: dashboard.key } };
    } else if (/grafana|dashboard|monitoring|observability/i.test(dashboard.key)) {
      const folder = dashboard.key.slice(0, Math.max(0, dashboard.key.lastIndexOf('/')));
      apart.set(folder, [...(apart.get(folder) ?? []), dashboard]);
    }
  }
  // Once for a folder: it is one mount that is missing.
  for (const [folder, [first]] of apart) {
    const service = grafana[0]!.service.key;
    yield {
      kind: 'fail',
      subject: filePlace(first!.key),
      message: 'unprovisioned',
      args: { folder: folder === '' ? 'the root' : folder, service },
    };
  }
}

export const rule = defineRule({
  id: 'unloaded-monitoring-config',
  title: 'Monitoring files that nothing loads',
  category: 'observability',
  severity: 'high',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'The workspace holds alerting rules, dashboards or receivers of alerts, but its monitoring does not use them: the configuration of Prometheus does not name the file of rules, or its container does not see it; Grafana sees a dashboard but no provider loads it, or a provider reads another folder; Prometheus is told of no Alertmanager although one runs beside it, or none runs for the receivers. Paths are followed through the mounts of compose services. Files that a script, a manifest or an image names, patterns, mounts made of variables, and stacks that are not in the workspace are left out.',
    why: 'Everybody believes in alerts and dashboards that were never there. It is noticed in the incident that they were made for.',
    howToFix:
      'Name the file in `rule_files` and mount its folder; put a provider (`apiVersion: 1`, `providers:` with `options.path`) into `provisioning/dashboards`; tell Prometheus of Alertmanager under `alerting`. Then look at the pages for rules and targets once.',
    refs: [
      'https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/',
      'https://grafana.com/docs/grafana/latest/administration/provisioning/#dashboards',
    ],
  },
  messages: {
    unnamed: 'No rule_files of {config} names this file, so its rules are never evaluated; name it there.',
    unseen: '{config} names this file, but the container {service} does not see it; mount it.',
    apart: 'The container {service} does not see this file, and {config} does not name it; mount and name it.',
    nowhere: 'This configuration names no Alertmanager, so alerts reach nobody; add {service} under alerting.',
    noAlertmanager: 'No Alertmanager of the stack uses these receivers; add its service, or delete the file.',
    noProvider: '{service} sees {file}, but no provider loads it; add one to provisioning/dashboards.',
    unprovisioned: 'No provider of {service} loads the dashboards of {folder}; mount the folder where one reads.',
  },
  effort: { each: [10, 45] },
  fix: 'sometimes',
  on: {},
  workspace: {
    partition: 'workspace',
    reads: ['monitoring.rules', 'monitoring.dashboard', 'monitoring.alertmanager', 'monitoring.prometheus'],
    *judge(facts) {
      yield* judgeRules(facts);
      yield* judgeReceivers(facts);
      yield* judgeDashboards(facts);
    },
  },
});
