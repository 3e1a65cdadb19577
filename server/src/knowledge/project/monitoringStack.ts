/**
 * The files that monitoring is made of, and the containers that see them: configurations of Prometheus with what they load
 * and ask, files of rules, dashboards and what provisions them, and the mounts of compose services. Facts:
 * - `monitoring.prometheus` (key: path): a configuration; value `PrometheusConfig`.
 * - `monitoring.rules` (key: path): alerting or recording rules; value: whether there are alerts.
 * - `monitoring.alertmanager`, `monitoring.dashboard` (key: path).
 * - `monitoring.provider` (key: path): Grafana loads dashboards; value: paths in its container.
 */
import type { Json } from '../../core/model/json.ts';
import type { Span } from '../../core/model/location.ts';
import { directoryOf } from '../../core/model/path.ts';
import { defineDerivation, type Extractor, type FactView, fact, type TextDetector } from '../../core/rulekit/rule.ts';
import { isAlertmanagerConfig, isPrometheusConfig, isRuleFile } from '../../formats/monitoring.ts';
import { entriesAt, entryOf, itemsAt, readYaml, textAt, type YamlValue } from '../../formats/yaml.ts';
import { allFacts, type Part, type TypedFact } from '../facts.ts';
import { isDevelopmentFile } from '../go/deployments.ts';
import { projectTree, resolvedPath, type Tree } from './tree.ts';

export type Target = Part & {
  readonly text: string;
  /** `alertmanager`: alerts are sent there. */
  readonly job: string;
  readonly alertmanager: boolean;
};

export type PrometheusConfig = {
  readonly ruleFiles: readonly string[];
  /** Where a further file of rules can be named, and how; null when that is not simple. */
  readonly insert: { readonly at: number; readonly before: string; readonly after: string } | null;
  readonly alerting: boolean;
  /** What is written in the file; jobs that change addresses, and templates, are left out. */
  readonly targets: readonly Target[];
};

function targetsOf(jobs: readonly YamlValue[], alertmanager: boolean): readonly Target[] {
  return jobs.flatMap((job) => {
    // Relabelling may ask somebody else.
    if (entryOf(job, 'relabel_configs') !== null) return [];
    return itemsAt(job, 'static_configs').flatMap((group) =>
      itemsAt(group, 'targets').flatMap((target): Target[] =>
        target.kind !== 'scalar' || target.templated || target.text === ''
          ? []
          : [
              {
                text: target.text,
                job: textAt(job, 'job_name'),
                alertmanager,
                start: target.span.start,
                end: target.span.end,
              },
            ],
      ),
    );
  });
}

function insertionOf(text: string, root: YamlValue): PrometheusConfig['insert'] {
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const section = entryOf(root, 'rule_files');
  const lineStart = (span: Span): number => text.lastIndexOf('\n', span.start - 1) + 1;
  if (section === null) {
    const jobs = entryOf(root, 'scrape_configs');
    if (jobs === null || lineStart(jobs.keySpan) !== jobs.keySpan.start) return null;
    return { at: jobs.keySpan.start, before: `rule_files:${eol}  - `, after: `${eol}${eol}` };
  }
  const first = section.value.kind === 'list' ? section.value.items[0] : undefined;
  if (first === undefined || text.charAt(section.value.span.start) === '[') return null;
  const at = lineStart(first.span);
  const dash = /^ *- +(?=["']?$)/.exec(text.slice(at, first.span.start))?.[0];
  return dash === undefined ? null : { at, before: dash, after: eol };
}

function configOf(text: string, root: YamlValue): PrometheusConfig {
  const alertmanagers = itemsAt(root, 'alerting', 'alertmanagers');
  return {
    // A file with an unfinished merge may hold a key twice.
    ruleFiles: entriesAt(root)
      .filter(({ key }) => key === 'rule_files')
      .flatMap(({ value }) => itemsAt(value).flatMap((item) => (item.kind === 'scalar' ? [item.text] : []))),
    insert: insertionOf(text, root),
    alerting: alertmanagers.some((item) => {
      const groups = itemsAt(item, 'static_configs');
      return groups.length === 0 || groups.some((group) => itemsAt(group, 'targets').length > 0);
    }),
    targets: [...targetsOf(itemsAt(root, 'scrape_configs'), false), ...targetsOf(alertmanagers, true)],
  };
}

const TOP: Span = { start: 0, end: 0 };

const documents: TextDetector = {
  text: true,
  triggers: ['scrape_configs', 'rule_files', 'receivers', 'groups', 'providers'],
  *check(text, ctx) {
    const { path } = ctx.file;
    for (const { root } of readYaml(text)) {
      if (root?.kind !== 'map' || entryOf(root, 'kind') !== null) continue;
      if (isPrometheusConfig(root)) {
        const at = entryOf(root, 'scrape_configs') ?? entryOf(root, 'rule_files');
        yield fact('monitoring.prometheus', path, configOf(text, root) as unknown as Json, at?.keySpan ?? TOP);
      } else if (isAlertmanagerConfig(root))
        yield fact('monitoring.alertmanager', path, null, entryOf(root, 'route')!.keySpan);
      else if (isRuleFile(root)) {
        const alerts = itemsAt(root, 'groups').some((group) =>
          itemsAt(group, 'rules').some((rule) => entryOf(rule, 'alert') !== null),
        );
        yield fact('monitoring.rules', path, alerts, entryOf(root, 'groups')!.keySpan);
      } else if (entryOf(root, 'apiVersion') !== null) {
        const paths = itemsAt(root, 'providers').flatMap((item) => {
          const folder = textAt(item, 'options', 'path') || textAt(item, 'folder_path');
          return folder === '' ? [] : [folder];
        });
        if (paths.length > 0) yield fact('monitoring.provider', path, paths, entryOf(root, 'providers')!.keySpan);
      }
    }
  },
};

const dashboards: TextDetector = {
  text: true,
  triggers: ['"panels"'],
  *check(text, ctx) {
    if (!/^\s*\{/.test(text) || !/"(?:schemaVersion|timepicker|templating)"\s*:/.test(text)) return;
    yield fact('monitoring.dashboard', ctx.file.path, null, TOP);
  },
};

export const extractors: readonly Extractor[] = [
  { id: 'monitoring.documents', language: 'yaml', detector: documents },
  { id: 'monitoring.dashboards', language: 'json', detector: dashboards },
];

// --- Containers -------------------------------------------------------------------------------------------------------

/** A service of a compose file that runs a published image, with the paths of the workspace that it sees. */
export interface Container {
  readonly service: TypedFact<'compose.service'>;
  /** `host`: path in the workspace. */
  readonly mounts: readonly (Part & { readonly host: string; readonly target: string })[];
  /** What it sees is not known in full: variables, configs of a swarm, files that are merged. */
  readonly open: boolean;
}

/** A path in a container without what does not count. */
function clean(path: string): string {
  return path.replace(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '');
}

/** A mounted path; of files that are joined it begins where the first of them lies, in a folder around. */
function hostPath(written: string, file: string, { files, directories }: Tree): string | null {
  const own = resolvedPath(directoryOf(file), written);
  for (let at = directoryOf(file); ; at = directoryOf(at)) {
    const path = resolvedPath(at, written);
    if (path !== null && (files.has(path) || directories.has(path))) return path;
    if (at === '') return own;
  }
}

function containerOf(service: TypedFact<'compose.service'>, tree: Tree): Container {
  const { volumes, keys, extended, build } = service.value;
  let open = extended || build !== null || keys.includes('configs') || keys.includes('volumes_from');
  const mounts = volumes.flatMap((volume) => {
    if (volume.source.includes('$') || volume.target.includes('$')) {
      open = true;
      return [];
    }
    const isPath = /^\.{1,2}(?:\/|$)/.test(volume.source);
    const host = isPath ? hostPath(volume.source, service.place.path, tree) : null;
    return host === null ? [] : [{ host, target: clean(volume.target), start: volume.start, end: volume.end }];
  });
  return { service, mounts, open };
}

function containersOf(facts: FactView, image: RegExp): readonly Container[] {
  const all = allFacts(facts, 'compose.service');
  return all
    .filter(
      ({ value, place }) =>
        image.test(value.image) && facts.role(place.path) === 'production' && !isDevelopmentFile(place.path),
    )
    .map((service) => {
      const container = containerOf(service, facts.derive(projectTree));
      // Another file may add mounts.
      const isMerged = all.some((other) => other.key === service.key && other.value.image === '' && other !== service);
      return isMerged ? { ...container, open: true } : container;
    });
}

const PROMETHEUS = /(?:^|\/)prometheus(?:[:@$]|$)/;
const GRAFANA = /(?:^|\/)grafana(?:-oss|-enterprise)?(?:[:@$]|$)/;
const ALERTMANAGER = /(?:^|\/)alertmanager(?:[:@$]|$)/;

export const stackOf = defineDerivation('monitoring.stack', (facts) => ({
  prometheus: containersOf(facts, PROMETHEUS),
  grafana: containersOf(facts, GRAFANA),
  alertmanager: containersOf(facts, ALERTMANAGER),
}));

/** Where a container sees a file of the workspace, by the mount that shows it. */
export function seenAt(
  { mounts }: Container,
  path: string,
): readonly { readonly path: string; readonly mount: Part }[] {
  return mounts.flatMap((mount) => {
    const { host, target } = mount;
    if (path === host) return [{ path: target, mount }];
    const isBelow = host === '' || path.startsWith(`${host}/`);
    return isBelow ? [{ path: clean(`${target}/${path.slice(host === '' ? 0 : host.length + 1)}`), mount }] : [];
  });
}

/** The configurations of the workspace that a Prometheus container is started with. */
export function configsOf(
  facts: FactView,
  container: Container,
): readonly { readonly path: string; readonly inside: string }[] {
  const words = container.service.value.command.join(' ');
  const inside = clean(/--config\.file[= ]["']?([^\s"']+)/.exec(words)?.[1] ?? '/etc/prometheus/prometheus.yml');
  return facts
    .all('monitoring.prometheus')
    .filter(({ key }) => seenAt(container, key).some((seen) => seen.path === inside))
    .map(({ key }) => ({ path: key, inside }));
}

/** Whether a file is named by a pattern as Prometheus and Grafana write them: a star stands for a part of a name. */
export function isNamed(pattern: string, path: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]');
  return new RegExp(`^${source}$`).test(path);
}

/** A pattern of a configuration as a path in the container or in the workspace. */
export function absolutePattern(pattern: string, config: string): string {
  if (pattern.startsWith('/')) return clean(pattern);
  const parts = directoryOf(config).split('/');
  for (const part of pattern.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  const joined = parts.filter((part) => part !== '').join('/');
  return config.startsWith('/') ? `/${joined}` : joined;
}
