/**
 * Services that work as one instance only: their data lies in a file of the machine or in a map of the process, or the
 * deployment itself cannot start a second one. Caches and programs that nobody else reaches are left out.
 */
import { directoryOf } from '../../../core/model/path.ts';
import type { WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView, type TextDetector } from '../../../core/rulekit/rule.ts';
import { allFacts, placeIn } from '../../../knowledge/facts.ts';
import { isDevelopmentFile } from '../../../knowledge/go/deployments.ts';
import { evidence, firstTime, type GoProgram, servesRequests } from '../../../knowledge/go/services.ts';
import { anyServicesOf, servedIn } from '../../../knowledge/services.ts';

/** Whether the deployment keeps files of containers: then a restart loses nothing, though a second instance sees another file. */
function hasVolume(facts: FactView): boolean {
  return (
    allFacts(facts, 'compose.service').some(({ value }) => value.build !== null && value.volumes.length > 0) ||
    allFacts(facts, 'kubernetes.workload').some(({ value }) => value.volumes.includes('persistentVolumeClaim')) ||
    allFacts(facts, 'image.file').some(({ value }) => value.volumes.length > 0) ||
    allFacts(facts, 'platform.disk').some(({ value }) => value.kept)
  );
}

/** Libraries of Python that map objects to tables, of a server or of a file. */
const MAPPERS =
  /^(?:sqlalchemy|sqlmodel|peewee|tortoise|pony|django\.db$|flask_sqlalchemy|databases|ormar|prisma|boto3|aioboto3)/;

function* judgeStorage(
  facts: FactView,
  program: GoProgram,
  isFirst: ReturnType<typeof firstTime>,
): Generator<WorkspaceVerdict> {
  const drivers = evidence(facts, program, 'database.driver');
  const isServed = servedIn(facts, program);
  const shared = drivers.find(
    (driver) => driver.value.server && (program.language === 'go' || isServed(driver.place.path)),
  );
  const file = drivers.find((driver) => !driver.value.server && isServed(driver.place.path));
  const platform = file === undefined ? undefined : allFacts(facts, 'platform.disk').find(({ value }) => !value.kept);
  if (shared !== undefined) {
    // What maps objects to tables works with files as well.
    const isServer = drivers.some((driver) => driver === shared && !MAPPERS.test(driver.key));
    if (isServer && isFirst(shared.place) && facts.role(shared.place.path) === 'production')
      yield { kind: 'pass', subject: shared.place };
  } else if (file !== undefined && platform !== undefined) {
    if (!isFirst(platform.place)) return;
    yield {
      kind: 'fail',
      subject: platform.place,
      message: 'ephemeral',
      args: { driver: file.key, by: platform.value.by },
      severity: 'high',
      related: [{ place: file.place, message: 'The file is opened by this.' }],
    };
  } else if (file !== undefined && isFirst(file.place)) {
    yield {
      kind: 'fail',
      subject: file.place,
      message: 'file',
      args: { driver: file.key },
      ...(hasVolume(facts) ? { severity: 'low' as const } : {}),
    };
  }
  const written = new Map(
    evidence(facts, program, 'memory.write').map((fact) => [`${directoryOf(fact.place.path)} ${fact.key}`, fact]),
  );
  for (const memory of evidence(facts, program, 'memory.state')) {
    const write = written.get(`${directoryOf(memory.place.path)} ${memory.key}`);
    if (write === undefined || !isFirst(memory.place) || facts.role(memory.place.path) !== 'production') continue;
    yield {
      kind: 'fail',
      subject: memory.place,
      message: 'memory',
      args: { name: memory.key },
      related: [{ place: write.place, message: 'It is filled here.' }],
    };
  }
}

/** Services of compose files that shall run several times, but have a name or a port that only one can have. */
function* judgeCompose(facts: FactView): Generator<WorkspaceVerdict> {
  for (const service of allFacts(facts, 'compose.service')) {
    const { replicas, containerName, ports } = service.value;
    if (!/^(?:[2-9]|\d{2,})$/.test(replicas) || isDevelopmentFile(service.place.path)) continue;
    if (facts.role(service.place.path) !== 'production') continue;
    const fixed = ports.find((port) => port.host !== '' && !port.host.includes('-'));
    if (containerName === '' && fixed === undefined) {
      yield { kind: 'pass', subject: service.place };
      continue;
    }
    yield {
      kind: 'fail',
      subject: fixed === undefined ? service.place : placeIn(service, fixed),
      message: fixed === undefined ? 'name' : 'port',
      args: { service: service.key, replicas, name: containerName, port: fixed?.host ?? '' },
    };
  }
}

/** A group of servers of nginx that balances, with one server in it. */
const upstreams: TextDetector = {
  text: true,
  triggers: ['upstream '],
  *check(text, ctx) {
    if (isDevelopmentFile(ctx.file.path) || ctx.file.path.startsWith('.github/')) return;
    for (const match of text.replace(/^\uFEFF/, ' ').matchAll(/^[ \t]*upstream[ \t]+(\S+)[ \t]*\{([^}]*)\}/gm)) {
      const body = match[2]!.replace(/#[^\n]*/g, '');
      if (!/^\s*(?:least_conn|ip_hash|hash|random|least_time)\b/m.test(body)) continue;
      const servers = body.match(/^\s*server\s/gm)?.length ?? 0;
      const start = match.index + match[0].indexOf('upstream');
      const subject = { start, end: start + 'upstream '.length + match[1]!.length };
      if (servers === 1) yield { kind: 'fail', subject, message: 'upstream', args: { name: match[1]! } };
      else if (servers > 1) yield { kind: 'pass', subject };
    }
  },
};

export const rule = defineRule({
  id: 'single-instance-design',
  title: 'State or topology tied to one instance',
  category: 'performance',
  severity: 'medium',
  confidence: 'heuristic',
  stage: 'stable',
  docs: {
    what: 'A service keeps its data only in a database in a file (SQLite, bbolt, Badger), or keeps sessions, tokens, accounts or the like in a map of the process. Or a compose file asks for several replicas of a service that has a fixed container name or host port. Or nginx balances over one server. With a persistent volume in the deployment a file database weighs less, and more on a platform whose disks are empty after each deployment (a web service of Render without a disk); a program that can also use a database server is left alone.',
    why: 'A second instance gives other answers than the first, so the service can neither grow nor be updated without an interruption, and what lies in memory is lost with every restart.',
    howToFix:
      'Keep what several instances have to agree on in a database server or in Redis. If one instance is what you want, put the file on a persistent volume, back it up and say so in the documentation. Let a proxy find replicas instead of publishing a fixed port.',
    refs: ['https://12factor.net/processes', 'https://docs.docker.com/reference/compose-file/deploy/#replicas'],
  },
  messages: {
    file: 'All data of this service lies in a file ({driver}); use a database server, or run one instance with a volume.',
    ephemeral:
      'All data of this service lies in a file ({driver}), and {by} starts each deployment with an empty disk; add a disk or use a database server.',
    memory: '{name} exists in the memory of one instance only; keep it in a store that all instances share.',
    name: 'Service {service} shall run {replicas} times, but only one container can be called {name}; drop the name.',
    port: 'Service {service} shall run {replicas} times, but only one can have host port {port}; put a proxy in front.',
    upstream: 'Upstream {name} balances over one server; add the others.',
  },
  fix: 'none',
  on: { text: [upstreams] },
  workspace: {
    partition: 'workspace',
    reads: ['http.server', 'http.router', 'http.route', 'compose.service'],
    *judge(facts) {
      const isFirst = firstTime();
      for (const program of anyServicesOf(facts)) {
        if (servesRequests(program)) yield* judgeStorage(facts, program, isFirst);
      }
      yield* judgeCompose(facts);
    },
  },
});
