/**
 * Compose files: ports of data stores, back ends of metrics and applications behind a proxy that are published on all
 * interfaces, although what needs them runs in the same file. Files for development, and files whose services only the
 * host uses, are left alone. Ports are read as they are written; networks are not followed.
 */
import type { Fix, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import type { FactView } from '../../../core/rulekit/rule.ts';
import { allFacts, placeIn } from '../../../knowledge/facts.ts';
import { type ComposeService, isDevelopmentFile } from '../../../knowledge/go/deployments.ts';

const STORES =
  /^(?:postgres|postgis|pgvector|timescaledb|mysql|mysql-server|mariadb|percona|mongo|mongodb|redis|redis-stack|redis-stack-server|valkey|keydb|dragonfly|memcached|elasticsearch|opensearch|rabbitmq|kafka|cp-kafka|cp-zookeeper|zookeeper|clickhouse-server|clickhouse|cassandra|scylla|influxdb|neo4j|nats|etcd|cockroach|qdrant|weaviate|chroma|milvus|couchdb|mssql-server|solr)$/;
const METRICS =
  /^(?:prometheus|alertmanager|pushgateway|node-exporter|cadvisor|loki|tempo|mimir|statsd-exporter|\w+[-_]exporter|victoria-metrics|graphite-statsd|zipkin|all-in-one|jaeger)$/;
const PROXIES =
  /^(?:nginx|nginx-unprivileged|traefik|caddy|haproxy|envoy|httpd|apache|openresty|nginx-proxy|nginx-proxy-manager|jwilder-nginx-proxy)$/;

type Port = ComposeService['value']['ports'][number];

/** `postgres` of `docker.io/library/postgres:16-alpine` and of `pgvector/pgvector:pg16`. */
function imageName({ value }: ComposeService): string {
  return value.image
    .replace(/@.*$/, '')
    .replace(/:[^/]*$/, '')
    .replace(/^.*\//, '')
    .toLowerCase();
}

function isOpen({ address, host }: Port): boolean {
  return host !== '' && /^(?:|0\.0\.0\.0|\[?::\]?)$/.test(address);
}

/** A service of the file that needs another one by its name. */
function needs(service: ComposeService, other: ComposeService): boolean {
  if (service === other) return false;
  if (service.value.dependsOn.includes(other.key)) return true;
  const name = new RegExp(`(?:^|[/@=])${other.key.replace(/[^\w-]/g, '')}(?=[:/]|$)`);
  return (
    service.value.environment.some(({ value }) => name.test(value)) ||
    service.value.command.some((word) => name.test(word))
  );
}

function loopbackFix(service: ComposeService, port: Port): readonly Fix[] {
  // In the long notation the address is a key of its own.
  if (port.end - port.start <= port.container.length + 2) return [];
  const protocol = port.protocol === 'tcp' ? '' : `/${port.protocol}`;
  return [
    {
      title: 'Publish it on 127.0.0.1 only',
      safety: 'suggestion',
      preferred: true,
      edits: [
        {
          kind: 'replaceAt',
          place: placeIn(service, port),
          newText: `"127.0.0.1:${port.host}:${port.container}${protocol}"`,
        },
      ],
    },
  ];
}

/** What the compose files of a workspace publish that is not meant for everybody. */
export function* judgeCompose(facts: FactView): Generator<WorkspaceVerdict> {
  const files = new Map<string, ComposeService[]>();
  for (const service of allFacts(facts, 'compose.service')) {
    const { path } = service.place;
    if (facts.role(path) !== 'production' || isDevelopmentFile(path)) continue;
    const own = files.get(path);
    if (own === undefined) files.set(path, [service]);
    else own.push(service);
  }
  for (const services of files.values()) {
    if (services.some(isForDevelopment)) continue;
    for (const service of services) yield* judgeService(service, services);
  }
}

/** A service that runs the code of the host, so that it changes while somebody writes it. */
function isForDevelopment({ value: { build, volumes, environment, command } }: ComposeService): boolean {
  if (build === null) return false;
  const plain = (path: string): string => path.replace(/\/+$/, '').replace(/^\.\/(?=.)/, '');
  return (
    volumes.some(({ source }) => plain(source) === '.' || plain(source) === plain(build.context)) ||
    command.some((word) => /(?:^|\s)--(?:reload|debug)(?:\s|$)|\brunserver\b/.test(word)) ||
    environment.some(({ name, value }) => /(?:^|_)ENV(?:IRONMENT)?$/.test(name) && /^dev/i.test(value))
  );
}

function* judgeService(service: ComposeService, services: readonly ComposeService[]): Generator<WorkspaceVerdict> {
  const { build, ports, keys } = service.value;
  const name = imageName(service);
  const kind = build !== null ? 'behind' : STORES.test(name) ? 'store' : METRICS.test(name) ? 'operators' : null;
  if (kind === null || keys.includes('profiles')) return;
  const users = services.filter((other) => needs(other, service));
  const user =
    kind === 'behind'
      ? users.find((other) => isFront(other))
      : kind === 'store'
        ? users[0]
        : (users[0] ?? services.find(isFront));
  if (user === undefined) return;
  for (const port of ports) {
    if (port.protocol !== 'tcp') continue;
    const place = placeIn(service, port);
    if (!isOpen(port)) {
      if (/^(?:127\.|localhost|\[::1\])/.test(port.address)) yield { kind: 'pass', subject: place };
      continue;
    }
    yield {
      kind: 'fail',
      subject: place,
      message: kind,
      args: { name: service.key, port: port.host, user: user.key },
      related: [{ place: user.place, message: `${user.key} reaches it without the port.` }],
      fixes: loopbackFix(service, port),
    };
  }
  if (ports.length === 0 && kind !== 'behind') yield { kind: 'pass', subject: service.place };
}

/** A proxy that everybody is meant to use. */
function isFront(service: ComposeService): boolean {
  const isProxy =
    PROXIES.test(imageName(service)) ||
    /^(?:nginx|traefik|caddy|haproxy|proxy|reverse[-_]?proxy|gateway)$/.test(service.key);
  return isProxy && service.value.ports.some((port) => isOpen(port) && /^(?:80|443|8080|8443|\$\{.*)$/.test(port.host));
}
