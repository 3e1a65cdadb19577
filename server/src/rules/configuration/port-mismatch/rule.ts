/**
 * Ports that images, compose files and manifests name but on which nothing listens. A port counts as served when the
 * code or any settings file mentions it at all, so that only numbers that occur nowhere else are reported; named ports of
 * Kubernetes are compared exactly.
 */
import type { Place } from '../../../core/model/location.ts';
import { directoryOf } from '../../../core/model/path.ts';
import type { Fix, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import { allFacts, type Part, placeIn, type TypedFact } from '../../../knowledge/facts.ts';
import {
  type Image,
  imageOfService,
  isDevelopmentFile,
  mainOfImage,
  moduleAround,
} from '../../../knowledge/go/deployments.ts';
import { type GoProgram, importsOfMain, servicesOf } from '../../../knowledge/go/services.ts';
import { isPort, plainPort } from './ports.ts';
import { judgePython } from './python.ts';

interface Declared {
  readonly port: string;
  readonly place: Place;
  readonly message: 'expose' | 'publish' | 'container' | 'probe';
}

/** Ports that the code of a program listens on as far as it tells, in order of the code. */
function listeningPorts(facts: FactView, program: GoProgram): readonly string[] {
  const ports = allFacts(facts, 'port.mention').filter(
    ({ value, place: { path } }) =>
      value.listens && !value.test && program.files.has(path) && program.directories.has(directoryOf(path)),
  );
  return [...new Set(ports.map((fact) => fact.key))];
}

/** Whether code of the module or any settings mention a port, so that something may listen on it. */
function isMentioned(facts: FactView, port: string, module: string): boolean {
  const inCode = facts
    .lookup('port.mention', port)
    .some(({ place }) => (moduleAround(facts, directoryOf(place.path))?.value.directory ?? '') === module);
  if (inCode) return true;
  const manifests = new Set(
    [...facts.all('kubernetes.workload'), ...facts.all('kubernetes.service')].map((fact) => fact.place.path),
  );
  return facts.lookup('port.configured', port).some(({ place }) => !manifests.has(place.path));
}

/** Judges declared ports of one deployment of a program. `words`: values and commands that it is started with. */
function* compare(
  facts: FactView,
  program: GoProgram,
  declared: readonly Declared[],
  words: readonly string[],
): Generator<WorkspaceVerdict> {
  const listening = listeningPorts(facts, program);
  if (listening.length === 0) return;
  const given = words.join('\n');
  const module = program.component;
  const served = declared.filter(({ port }) => listening.includes(port));
  for (const { place } of served) yield { kind: 'pass', subject: place };
  for (const { port, place, message } of declared) {
    if (!isPort(port) || listening.includes(port)) continue;
    if (new RegExp(`(?<!\\d)${port}(?!\\d)`).test(given) || isMentioned(facts, port, module)) continue;
    const [only] = listening;
    const fixes: readonly Fix[] =
      listening.length === 1 && declared.length === 1 && facts.role(place.path) === 'production' && message === 'expose'
        ? [
            {
              title: `Set the port to ${only}`,
              safety: 'suggestion',
              preferred: true,
              edits: [{ kind: 'replaceAt', place, newText: only! }],
            },
          ]
        : [];
    yield { kind: 'fail', subject: place, message, args: { port, listening: listening.slice(0, 4).join(', ') }, fixes };
  }
}

/** The program of an image; `none`: its code starts no server at all. */
function programOf(facts: FactView, image: Image): GoProgram | 'none' | null {
  const main = mainOfImage(facts, image);
  if (main === null) return null;
  const program = servicesOf(facts).find((candidate) => candidate.mains.some((fact) => fact.key === main));
  if (program !== undefined) return program;
  return startsNothing(facts, main) ? 'none' : null;
}

/** Whether a program cannot listen: it reaches nothing of the network and no library that could. */
function startsNothing(facts: FactView, main: string): boolean {
  const modules = allFacts(facts, 'go.module').map((module) => module.key);
  return ![...importsOfMain(facts, main)].some(
    (path) =>
      /^net(?:\/(?!url$|mail$|netip$|textproto$)|$)|^C$|^syscall$|^plugin$/.test(path) ||
      (/^[\w-]+\./.test(path) && !modules.some((module) => path === module || path.startsWith(`${module}/`))),
  );
}

function* judgeImages(facts: FactView): Generator<WorkspaceVerdict> {
  for (const image of allFacts(facts, 'image.file')) {
    const { expose, env, command, entrypoint } = image.value;
    if (expose.length === 0 || isDevelopmentFile(image.place.path)) continue;
    const program = programOf(facts, image);
    if (program === null) continue;
    const tcp = expose.filter((item) => item.protocol === 'tcp');
    if (program === 'none') {
      const [first] = tcp;
      if (first !== undefined && (command ?? entrypoint) !== null) {
        yield {
          kind: 'fail',
          subject: placeIn(image, first),
          message: 'none',
          args: { port: first.port },
          severity: 'critical',
        };
      }
      continue;
    }
    yield* compare(
      facts,
      program,
      tcp.map((item) => ({ port: item.port, place: placeIn(image, item), message: 'expose' })),
      [...env.map((item) => item.value), ...(command?.words ?? []), ...(entrypoint?.words ?? [])],
    );
  }
}

function* judgeCompose(facts: FactView): Generator<WorkspaceVerdict> {
  for (const service of allFacts(facts, 'compose.service')) {
    const { ports, environment, command, envFiles } = service.value;
    if (ports.length === 0 || facts.role(service.place.path) !== 'production') continue;
    const image = imageOfService(facts, service);
    const program = image === null ? null : programOf(facts, image);
    if (image === null || program === null || program === 'none') continue;
    const declared = ports.flatMap((item): Declared[] => {
      const port = plainPort(item.container);
      return item.protocol !== 'tcp' || port === ''
        ? []
        : [{ port, place: placeIn(service, item), message: 'publish' }];
    });
    const { env, command: run, entrypoint } = image.value;
    const words = [
      ...environment.map((item) => item.value),
      ...command,
      ...env.map((item) => item.value),
      ...(run?.words ?? []),
      ...(entrypoint?.words ?? []),
    ];
    // A file that is not in the tree may set the port.
    if (envFiles.some((file) => facts.lookup('file', file.replace(/^\.\//, '')).length === 0)) continue;
    yield* compare(facts, program, declared, words);
  }
}

function selects(selector: Readonly<Record<string, string>>, labels: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(selector);
  return names.length > 0 && names.every((name) => labels[name] === selector[name]);
}

/** Ports of manifests by name: probes and services that ask for a port that no container declares. */
function* judgeManifests(facts: FactView): Generator<WorkspaceVerdict> {
  const workloads = allFacts(facts, 'kubernetes.workload').filter(
    ({ place }) => facts.role(place.path) === 'production',
  );
  for (const workload of workloads) {
    for (const container of workload.value.containers) {
      if (container.ports.some((port) => port.port === '')) continue;
      const names = new Set(container.ports.map((port) => port.name));
      for (const probe of container.probes) {
        if (probe.port === '' || isPort(probe.port) || probe.port.includes('$')) continue;
        const subject = placeIn(workload, probe);
        if (names.has(probe.port)) yield { kind: 'pass', subject };
        else yield named(subject, probe.port, container.ports);
      }
    }
  }
  for (const service of allFacts(facts, 'kubernetes.service')) {
    if (facts.role(service.place.path) !== 'production') continue;
    const selected = workloads.filter(({ value }) => selects(service.value.selector, value.labels));
    const ports = selected.flatMap(({ value }) => value.containers.flatMap((container) => container.ports));
    if (ports.length === 0 || ports.some((port) => port.port === '')) continue;
    for (const port of service.value.ports) {
      const subject = placeIn(service, port);
      if (ports.some((item) => item.name === port.target || item.port === port.target)) yield { kind: 'pass', subject };
      else yield named(subject, port.target, ports);
    }
  }
}

function named(
  subject: Place,
  port: string,
  ports: readonly (Part & { readonly name: string; readonly port: string })[],
): WorkspaceVerdict {
  const [only] = ports;
  const wanted = only === undefined ? '' : isPort(port) || only.name === '' ? only.port : only.name;
  return {
    kind: 'fail',
    subject,
    message: 'undeclared',
    args: {
      port,
      declared:
        ports.map((item) => (item.name === '' ? item.port : `${item.name} (${item.port})`)).join(', ') || 'none',
    },
    fixes:
      ports.length === 1
        ? [
            {
              title: `Use port ${wanted}`,
              safety: 'suggestion',
              preferred: true,
              edits: [{ kind: 'replaceAt', place: subject, newText: wanted }],
            },
          ]
        : [],
  };
}

/** Ports of workloads whose image is named like a program of the workspace. */
function* judgeWorkloads(facts: FactView): Generator<WorkspaceVerdict> {
  const programs = servicesOf(facts);
  for (const workload of allFacts(facts, 'kubernetes.workload')) {
    if (facts.role(workload.place.path) !== 'production') continue;
    for (const container of workload.value.containers) {
      const program = programOfContainer(programs, container);
      if (program === null || container.environmentFrom) continue;
      yield* compare(
        facts,
        program,
        [
          ...container.ports
            .filter((port) => port.protocol === 'tcp')
            .map((port): Declared => ({ port: port.port, place: placeIn(workload, port), message: 'container' })),
          ...container.probes
            .filter((probe) => isPort(probe.port))
            .map((probe): Declared => ({ port: probe.port, place: placeIn(workload, probe), message: 'probe' })),
        ],
        [...container.environment.map((item) => item.value), ...container.command],
      );
    }
  }
}

function programOfContainer(
  programs: readonly GoProgram[],
  container: TypedFact<'kubernetes.workload'>['value']['containers'][number],
): GoProgram | null {
  const name = container.image.replace(/[@:][^/]*$/, '').replace(/^.*\//, '');
  if (name === '') return null;
  const found = programs.filter(({ mains, component }) =>
    [component, ...mains.map((main) => main.key)].some((directory) => directory.split('/').at(-1) === name),
  );
  return found.length === 1 ? found[0]! : null;
}

export const rule = defineRule({
  id: 'port-mismatch',
  title: 'Published or probed port that nothing listens on',
  category: 'configuration',
  severity: 'medium',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'An image exposes, a compose file publishes, or a manifest probes or routes to a port that is neither among the ports that the Go program listens on nor mentioned anywhere else in its code, its settings or its command; or the command that starts a Python server (uvicorn, gunicorn and others), or the file that it starts (`uvicorn.run(port=...)`, `app.run(port=...)`), names another port. Also: a probe or a Kubernetes service asks for a port that the containers do not declare, and an image exposes a port although its program starts no server at all (critical).',
    why: 'Traffic goes nowhere and probes fail: the container is restarted for ever, or it runs and nobody reaches it.',
    howToFix:
      'Set the port to the one that the program listens on, or read the port from a variable that the deployment sets.',
    refs: [
      'https://docs.docker.com/reference/dockerfile/#expose',
      'https://kubernetes.io/docs/concepts/services-networking/service/',
    ],
  },
  messages: {
    expose: 'The image exposes {port}, but the program listens on {listening}; expose the port that is served.',
    publish: 'Port {port} of the container is published, but the program listens on {listening}; publish that.',
    container: 'The container declares {port}, but the program listens on {listening}; declare that.',
    probe: 'The probe asks port {port}, but the program listens on {listening}; probe that.',
    undeclared: 'No container declares port {port} (declared: {declared}); name one of these.',
    none: 'The image exposes {port}, but its program starts no server; start one, or remove the port.',
  },
  effort: { each: [5, 20] },
  fix: 'sometimes',
  on: {},
  workspace: {
    partition: 'workspace',
    reads: ['image.file', 'compose.service', 'kubernetes.workload', 'kubernetes.service'],
    *judge(facts) {
      yield* judgeImages(facts);
      yield* judgeCompose(facts);
      yield* judgePython(facts);
      yield* judgeManifests(facts);
      yield* judgeWorkloads(facts);
    },
  },
});
