/** Targets in configurations of Prometheus that its container cannot reach, or where nothing serves metrics. */
import type { WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import { allFacts, placeIn, type TypedFact } from '../../../knowledge/facts.ts';
import {
  type Container,
  configsOf,
  type PrometheusConfig,
  stackOf,
  type Target,
} from '../../../knowledge/project/monitoringStack.ts';
import { composeNames, NAMES, type Names } from './names.ts';

/** Servers whose own port speaks another protocol, and the exporter that asks them. */
const SILENT: readonly { readonly image: RegExp; readonly port: string; readonly exporter: string }[] = [
  {
    image: /(?:^|\/)(?:postgres|postgis|pgvector|timescaledb)(?:[:@$]|$)/,
    port: '5432',
    exporter: 'postgres-exporter',
  },
  { image: /(?:^|\/)(?:mysql|mariadb)(?:[:@$]|$)/, port: '3306', exporter: 'mysqld-exporter' },
  { image: /(?:^|\/)(?:redis|valkey)(?:[:@$]|$)/, port: '6379', exporter: 'redis_exporter' },
  { image: /(?:^|\/)mongo(?:[:@$]|$)/, port: '27017', exporter: 'mongodb_exporter' },
  { image: /(?:^|\/)memcached(?:[:@$]|$)/, port: '11211', exporter: 'memcached-exporter' },
  { image: /(?:^|\/)(?:elasticsearch|opensearch)(?:[:@$]|$)/, port: '9200', exporter: 'elasticsearch-exporter' },
  { image: /(?:^|\/)(?:cp-kafka|kafka)(?:[:@$]|$)/, port: '9092', exporter: 'kafka-exporter' },
  { image: /(?:^|\/)rabbitmq(?:[:@$]|$)/, port: '5672', exporter: 'its plugin rabbitmq_prometheus on 15692' },
];

type Service = TypedFact<'compose.service'>;

function isOnHost(names: Names | undefined, service: Service): boolean {
  return names === undefined || names.onHost.includes(service.key);
}

/** What is wrong with a target; null when it is fine or not known. */
function fault(
  facts: FactView,
  { service: prometheus }: Container,
  target: Target,
): { readonly message: string; readonly args: Readonly<Record<string, string>> } | 'fine' | null {
  const match = /^([\w.-]+):(\d+)$/.exec(target.text);
  if (match === null) return null;
  const [, host = '', port = ''] = match;
  const file = prometheus.place.path;
  const names = facts.lookup(NAMES, file)[0]?.value as unknown as Names | undefined;
  if (isOnHost(names, prometheus)) return null;
  const args = { target: target.text, host, port };
  if (host === 'localhost' || host === '127.0.0.1') {
    const own = /web\.listen-address[= ]\S*:(\d+)/.exec(prometheus.value.command.join(' '))?.[1] ?? '9090';
    return port === own ? 'fine' : { message: 'self', args };
  }
  if (host.includes('.')) return null;
  const services = allFacts(facts, 'compose.service').filter(({ place }) => place.path === file);
  const service = services.find(({ key, value }) => key === host || value.containerName === host);
  if (service === undefined) {
    if (names!.names.includes(host)) return null;
    const all = facts.all(NAMES);
    // Another file may be merged with this one, or share a network with it.
    const isElsewhere = all.some(({ value }) => (value as unknown as Names).names.includes(host));
    return names!.open || isElsewhere ? null : { message: 'host', args };
  }
  if (isOnHost(names, service)) return null;
  const silent = SILENT.find(({ image, port: own }) => image.test(service.value.image) && own === port);
  if (silent !== undefined && !target.alertmanager)
    return { message: 'protocol', args: { ...args, exporter: silent.exporter } };
  const { ports, expose } = service.value;
  const inside = [...ports.map(({ container }) => container), ...expose.map((text) => text.replace(/\/.*$/, ''))];
  if (inside.includes(port)) return 'fine';
  const published = ports.find(({ host: outside }) => outside === port);
  if (published !== undefined && /^\d+$/.test(published.container))
    return { message: 'published', args: { ...args, inside: published.container } };
  return null;
}

function* judge(facts: FactView): Generator<WorkspaceVerdict> {
  const seen = new Set<string>();
  for (const container of facts.derive(stackOf).prometheus) {
    for (const { path } of configsOf(facts, container)) {
      const config = facts.lookup('monitoring.prometheus', path)[0];
      if (config === undefined || facts.role(path) !== 'production') continue;
      for (const target of (config.value as unknown as PrometheusConfig).targets) {
        const key = `${path}:${target.start}`;
        if (seen.has(key)) continue;
        const found = fault(facts, container, target);
        if (found === null) continue;
        seen.add(key);
        const subject = placeIn(config, target);
        if (found === 'fine') yield { kind: 'pass', subject };
        else yield { kind: 'fail', subject, ...found };
      }
    }
  }
}

export const rule = defineRule({
  id: 'unknown-scrape-target',
  title: 'Scrape target that does not exist or serves no metrics',
  category: 'observability',
  severity: 'high',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A configuration that a compose service hands to Prometheus names a target which its container cannot reach: a host that no compose file of the workspace knows, `localhost` for something else than Prometheus itself, a port that is published on the host instead of the one inside of the network; or a database whose port speaks another protocol than HTTP. Targets of Alertmanager are looked at too. Discovery, jobs that change addresses, hosts with a domain, networks that are shared with others, and containers in the network of the host are left out.',
    why: 'The job is down for ever. Its alerts see no values, or the one that says that a target is down is silenced, and with it those for real failures.',
    howToFix:
      'Name the service of the compose file and the port that it listens on in its container. For a database add its exporter and ask that.',
    refs: ['https://prometheus.io/docs/instrumenting/exporters/'],
  },
  messages: {
    host: 'No service of the stack is called {host}; correct {target}, or add the service.',
    self: 'In the container of Prometheus {host} is itself, and nothing listens on {port} there; name the service.',
    protocol: '{target} serves no metrics over HTTP; add {exporter} and ask that.',
    published: '{port} is a port of the host; in the network {host} listens on {inside}.',
  },
  effort: { each: [5, 30] },
  fix: 'none',
  on: { compose: [composeNames] },
  workspace: { partition: 'workspace', reads: ['monitoring.prometheus'], judge },
});
