/**
 * What images, compose files and Kubernetes manifests say about the programs that they run: ports, variables, commands,
 * probes, volumes, replicas. Facts with exact places; judging is for the rules. Charts are read with their templates
 * masked, so that what a template decides is not known.
 */
import { OWN_ROLES } from '../../core/model/file.ts';
import type { Span } from '../../core/model/location.ts';
import { directoryOf } from '../../core/model/path.ts';
import type { FactVerdict } from '../../core/model/verdict.ts';
import type { Extractor, TextDetector } from '../../core/rulekit/rule.ts';
import { shippedStages } from '../../formats/dockerCommands.ts';
import {
  type Dockerfile,
  type DockerInstruction,
  type DockerStage,
  expandVariables,
  readDockerfile,
  variablesOf,
} from '../../formats/dockerfile.ts';
import {
  entriesAt,
  entryOf,
  innerSpan,
  itemsAt,
  readYaml,
  textAt,
  valueAt,
  type YamlEntry,
  type YamlMap,
  type YamlValue,
} from '../../formats/yaml.ts';
import { type FactValues, type Part, state } from '../facts.ts';

function part({ start, end }: Span): Part {
  return { start, end };
}

const TOP: Span = { start: 0, end: 0 };

// --- Images -----------------------------------------------------------------------------------------------------------

type ImageFile = FactValues['image.file'];

/** Packages that the image builds with the go command: `./cmd/app` of `go build -o /app ./cmd/app`. */
function goBuilds(instructions: readonly DockerInstruction[]): readonly string[] {
  const found: string[] = [];
  for (const { keyword, text, heredocs } of instructions) {
    if (keyword !== 'RUN') continue;
    const commands = [text, ...heredocs.map((heredoc) => heredoc.text)].join('\n');
    for (const match of commands.matchAll(/\bgo\s+(?:build|install)\b([^\n;&|]*)/g)) {
      const words = match[1]!.trim().split(/\s+/);
      const last = words.at(-1) ?? '';
      found.push(
        /^(?:\.|\.?\.?\/[\w./-]*|[\w-]+\.go|[\w.-]+\/[\w./-]+)$/.test(last) && words.at(-2) !== '-o' ? last : '.',
      );
    }
  }
  return found;
}

const dockerfiles: TextDetector = {
  text: true,
  triggers: ['FROM', 'from'],
  *check(text, ctx) {
    const { path } = ctx.file;
    const file = readDockerfile(text);
    const { stages, globalArguments } = file;
    const last = stages.at(-1);
    if (last === undefined) return;
    // What a stage has from the stages that it is built on counts as its own.
    const chain: DockerInstruction[] = [];
    const values = new Map(globalArguments);
    for (let at = stages.length - 1, left = stages.length; at >= 0 && left > 0; left--) {
      chain.unshift(...stages[at]!.instructions);
      at = stages[at]!.parent;
    }
    const env: { name: string; value: string; start: number; end: number }[] = [];
    const expose: { port: string; protocol: string; start: number; end: number }[] = [];
    let user: ImageFile['user'] = null;
    let command: ImageFile['command'] = null;
    let entrypoint: ImageFile['entrypoint'] = null;
    let healthcheck: ImageFile['healthcheck'] = null;
    for (const instruction of chain) {
      const { keyword, words, exec } = instruction;
      const first = words[0];
      switch (keyword) {
        case 'ENV':
        case 'ARG':
          for (const variable of variablesOf(instruction)) {
            const value = expandVariables(variable.value, values);
            if (value !== null && (value !== '' || keyword === 'ENV')) values.set(variable.name, value);
            if (keyword === 'ENV') env.push({ ...variable, value: value ?? variable.value });
          }
          break;
        case 'EXPOSE':
          for (const word of words) {
            const [port = '', protocol = 'tcp'] = (expandVariables(word.text, values) ?? '').split('/');
            expose.push({ port, protocol: protocol.toLowerCase(), start: word.start, end: word.end });
          }
          break;
        case 'USER':
          if (first !== undefined) user = { text: expandVariables(first.text, values) ?? first.text, ...part(first) };
          break;
        case 'CMD':
        case 'ENTRYPOINT': {
          const value = { words: words.map((word) => word.text), exec, ...part(instruction.span) };
          if (keyword === 'CMD') command = value;
          else entrypoint = value;
          break;
        }
        case 'HEALTHCHECK':
          healthcheck = { none: first?.text.toUpperCase() === 'NONE', ...part(instruction.span) };
          break;
      }
    }
    const image: ImageFile = {
      directory: directoryOf(path),
      stages: stages.map(({ name, base, parent }) => ({
        name,
        base: expandVariables(base.text, globalArguments) ?? base.text,
        parent,
        start: base.start,
        end: base.end,
      })),
      goBuilds: goBuilds(stages.flatMap((stage) => stage.instructions)),
      copiesAll: wholeCopyOf(file),
      root: rootOf(stages, globalArguments),
      dropsPrivileges: chain.some((instruction) => DROPS.test(instruction.text)),
      compiles: chain.some(({ keyword, text: run }) => keyword === 'RUN' && COMPILES.test(run)),
      beforeCommand: beforeCommandOf(text, last),
      volumes: chain.flatMap(({ keyword, words }) => (keyword === 'VOLUME' ? words.map((word) => word.text) : [])),
      env,
      expose,
      user,
      command,
      entrypoint,
      healthcheck,
    };
    yield state('image.file', path, image, last.base);
  },
};

/** Tools that start a program as another user, and scripts that are likely to use them. */
const DROPS =
  /\b(?:gosu|su-exec|setpriv|s6-setuidgid|chpst|runuser|setuidgid|sudo -u|su -s|tini -- su)\b|docker-entrypoint|s6-overlay|supervisord/;
const COMPILES =
  /\b(?:go (?:build|install|mod download)|cargo (?:build|install)|mvn |gradlew? |dotnet publish|make(?: |$)|gcc |cmake )/;

function rootOf(stages: readonly DockerStage[], values: ReadonlyMap<string, string>): string {
  let at = stages.length - 1;
  for (let left = stages.length; left > 0 && stages[at]!.parent >= 0; left--) at = stages[at]!.parent;
  return expandVariables(stages[at]!.base.text, values) ?? '';
}

function beforeCommandOf(text: string, stage: DockerStage): number | null {
  const command = stage.instructions.find(({ keyword }) => keyword === 'CMD' || keyword === 'ENTRYPOINT');
  return command === undefined ? null : text.lastIndexOf('\n', command.span.start - 1) + 1;
}

/** The copy of the whole context, one in a stage that is shipped before others. */
function wholeCopyOf(file: Dockerfile): ImageFile['copiesAll'] {
  const shipped = shippedStages(file);
  const copies = file.stages.flatMap(({ instructions }, index) =>
    instructions
      .filter(
        ({ keyword, words, flags }) =>
          (keyword === 'COPY' || keyword === 'ADD') &&
          words.slice(0, -1).some(({ text }) => /^\.\/?$/.test(text)) &&
          !flags.some(({ name }) => name === 'from'),
      )
      .map(({ span }) => ({ ...part(span), shipped: shipped.has(index) })),
  );
  return copies.find((copy) => copy.shipped) ?? copies[0] ?? null;
}

// --- Compose ----------------------------------------------------------------------------------------------------------

type ComposeService = FactValues['compose.service'];

const NUMBER = '(?:\\d+|\\$\\{[^}]*\\}|\\$\\w+)';
const SHORT_PORT = new RegExp(`^(?:(.*?):)?(${NUMBER}(?:-\\d+)?)(?:/(tcp|udp))?$`);

/** Ports of a service in both notations: `"127.0.0.1:8080:80/tcp"` and maps. */
function composePorts(service: YamlMap): ComposeService['ports'] {
  return itemsAt(service, 'ports').flatMap((item): ComposeService['ports'] => {
    if (item.kind === 'map') {
      return [
        {
          host: textAt(item, 'published'),
          address: textAt(item, 'host_ip'),
          container: textAt(item, 'target'),
          protocol: textAt(item, 'protocol') || 'tcp',
          ...part((valueAt(item, 'target') ?? item).span),
        },
      ];
    }
    if (item.kind !== 'scalar') return [];
    const match = SHORT_PORT.exec(item.text);
    if (match === null) return [];
    const [, front = '', container = '', protocol = 'tcp'] = match;
    const published = new RegExp(`(?:^|:)(${NUMBER}(?:-\\d+)?)$`).exec(front)?.[1] ?? '';
    const address = front.slice(0, front.length - published.length).replace(/:$/, '');
    return [{ host: published, address, container, protocol, ...part(item.span) }];
  });
}

/** Variables of a service in both notations: a map, or a list of `NAME=value`. */
function composeEnvironment(service: YamlMap): ComposeService['environment'] {
  const value = valueAt(service, 'environment');
  if (value?.kind === 'map')
    return value.entries.map((entry) => ({
      name: entry.key,
      value: entry.value.kind === 'scalar' ? entry.value.text : '',
      set: entry.value.kind !== 'scalar' || entry.value.text !== '' || entry.value.quoted,
      ...part(entry.keySpan),
    }));
  if (value?.kind !== 'list') return [];
  return value.items.flatMap((item): ComposeService['environment'] => {
    if (item.kind !== 'scalar') return [];
    const equals = item.text.indexOf('=');
    const name = equals < 0 ? item.text : item.text.slice(0, equals);
    const { start } = innerSpan(item);
    return [
      { name, value: equals < 0 ? '' : item.text.slice(equals + 1), set: equals >= 0, start, end: start + name.length },
    ];
  });
}

function texts(value: YamlValue | null): readonly string[] {
  if (value?.kind === 'scalar') return value.text === '' ? [] : [value.text];
  if (value?.kind !== 'list') return [];
  return value.items.flatMap((item) =>
    item.kind === 'scalar' ? [item.text] : textAt(item, 'path') === '' ? [] : [textAt(item, 'path')],
  );
}

function volumesOf(service: YamlMap): ComposeService['volumes'] {
  return itemsAt(service, 'volumes').flatMap((item): ComposeService['volumes'] => {
    if (item.kind === 'map')
      return [{ source: textAt(item, 'source'), target: textAt(item, 'target'), ...part(item.span) }];
    if (item.kind !== 'scalar') return [];
    const [source = '', target] = item.text.split(':');
    return [{ source: target === undefined ? '' : source, target: target ?? source, ...part(item.span) }];
  });
}

function composeService(entry: YamlEntry): ComposeService | null {
  const service = entry.value;
  if (service.kind !== 'map') return null;
  const build = valueAt(service, 'build');
  const image = entryOf(service, 'image');
  const dependsOn = valueAt(service, 'depends_on');
  return {
    image: textAt(service, 'image'),
    imageSpan: image === null ? null : part(image.value.span),
    build:
      build === null
        ? null
        : {
            context: build.kind === 'scalar' ? build.text : textAt(build, 'context') || '.',
            dockerfile: textAt(build, 'dockerfile') || 'Dockerfile',
          },
    ports: composePorts(service),
    expose: texts(valueAt(service, 'expose')),
    environment: composeEnvironment(service),
    envFiles: texts(valueAt(service, 'env_file')),
    command: [...texts(valueAt(service, 'entrypoint')), ...texts(valueAt(service, 'command'))],
    volumes: volumesOf(service),
    user: textAt(service, 'user'),
    limited: valueAt(service, 'deploy', 'resources', 'limits') !== null || valueAt(service, 'mem_limit') !== null,
    containerName: textAt(service, 'container_name'),
    replicas: textAt(service, 'deploy', 'replicas') || textAt(service, 'scale'),
    dependsOn: dependsOn?.kind === 'map' ? dependsOn.entries.map((item) => item.key) : texts(dependsOn),
    healthcheck: valueAt(service, 'healthcheck') !== null,
    keys: service.entries.map((item) => item.key),
    extended: entryOf(service, 'extends') !== null,
  };
}

const compose: TextDetector = {
  text: true,
  triggers: ['services:'],
  *check(text) {
    for (const document of readYaml(text)) {
      for (const entry of entriesAt(document.root, 'services')) {
        const value = composeService(entry);
        if (value !== null) yield state('compose.service', entry.key, value, entry.keySpan);
      }
    }
  },
};

// --- Kubernetes -------------------------------------------------------------------------------------------------------

type Workload = FactValues['kubernetes.workload'];
type Container = Workload['containers'][number];

const WORKLOADS = /^(?:Deployment|StatefulSet|DaemonSet|ReplicaSet|Job|CronJob|Pod|Rollout)$/;

function probesOf(container: YamlMap): Container['probes'] {
  return ['livenessProbe', 'readinessProbe', 'startupProbe'].flatMap((kind): Container['probes'] => {
    const entry = entryOf(container, kind);
    if (entry === null) return [];
    const action = ['httpGet', 'tcpSocket', 'grpc', 'exec'].find((name) => entryOf(entry.value, name) !== null) ?? '';
    const port = valueAt(entry.value, action, 'port');
    return [
      {
        kind,
        action,
        port: port?.kind === 'scalar' && !port.templated ? port.text : '',
        path: textAt(entry.value, action, 'path'),
        ...part(port?.span ?? entry.keySpan),
      },
    ];
  });
}

/** Behind the name of a container that is written as a block, where another key can stand. */
function afterName(container: YamlMap, name: YamlEntry | null, text: string): Container['after'] {
  if (name === null || text.charAt(container.span.start) === '{') return null;
  const behind = name.value.span.end;
  const rest = /^[ \t]*(?:#[^\r\n]*)?(?=\r?\n|$)/.exec(text.slice(behind, behind + 200));
  if (rest === null) return null;
  const end = behind + rest[0].length;
  const start = container.span.start;
  const indent = ' '.repeat(start - (text.lastIndexOf('\n', start - 1) + 1));
  return { start: end, end, indent };
}

function containerOf(value: YamlValue, text: string): Container | null {
  if (value.kind !== 'map') return null;
  const nameEntry = entryOf(value, 'name');
  return {
    name: textAt(value, 'name'),
    image: textAt(value, 'image'),
    ...part((nameEntry?.value ?? value).span),
    ports: itemsAt(value, 'ports').flatMap((port): Container['ports'] => {
      const at = valueAt(port, 'containerPort');
      if (at?.kind !== 'scalar') return [];
      const protocol = (textAt(port, 'protocol') || 'tcp').toLowerCase();
      return [{ name: textAt(port, 'name'), port: at.templated ? '' : at.text, protocol, ...part(at.span) }];
    }),
    environment: itemsAt(value, 'env').flatMap((item): Container['environment'] => {
      const name = valueAt(item, 'name');
      if (name?.kind !== 'scalar' || name.templated) return [];
      const set = valueAt(item, 'value');
      const known = set?.kind === 'scalar' && !set.templated;
      return [{ name: name.text, value: known ? set.text : '', known, ...part(name.span) }];
    }),
    environmentFrom: valueAt(value, 'envFrom') !== null,
    command: [...texts(valueAt(value, 'command')), ...texts(valueAt(value, 'args'))],
    probes: probesOf(value),
    limits: entriesAt(value, 'resources', 'limits').map((entry) => entry.key),
    requests: entriesAt(value, 'resources', 'requests').map((entry) => entry.key),
    templatedResources: valueAt(value, 'resources')?.kind === 'scalar',
    mounts: itemsAt(value, 'volumeMounts').map((mount) => textAt(mount, 'mountPath')),
    security: entriesAt(value, 'securityContext').map(
      ({ key, value: item }) => `${key}=${item.kind === 'scalar' ? item.text : ''}`,
    ),
    after: afterName(value, nameEntry, text),
  };
}

/** The pod template of a workload, or null. */
function podOf(kind: string, root: YamlValue): YamlValue | null {
  if (kind === 'Pod') return valueAt(root, 'spec');
  if (kind === 'CronJob') return valueAt(root, 'spec', 'jobTemplate', 'spec', 'template', 'spec');
  return valueAt(root, 'spec', 'template', 'spec');
}

function pairs(entries: readonly YamlEntry[]): { readonly [name: string]: string } {
  return Object.fromEntries(entries.map(({ key, value }) => [key, value.kind === 'scalar' ? value.text : '']));
}

function* manifest(root: YamlValue, text: string): Generator<FactVerdict> {
  const kind = textAt(root, 'kind');
  const name = textAt(root, 'metadata', 'name');
  const at = valueAt(root, 'metadata', 'name')?.span ?? valueAt(root, 'kind')?.span ?? TOP;
  if (WORKLOADS.test(kind)) {
    const pod = podOf(kind, root);
    const containers = itemsAt(pod, 'containers').flatMap((item) => containerOf(item, text) ?? []);
    if (containers.length === 0) return;
    yield state(
      'kubernetes.workload',
      name,
      {
        kind,
        templated: text.includes('{{'),
        labels: pairs(
          entriesAt(
            root,
            kind === 'Pod' ? 'metadata' : 'spec',
            ...(kind === 'Pod' ? ['labels'] : ['template', 'metadata', 'labels']),
          ),
        ),
        replicas: textAt(root, 'spec', 'replicas'),
        strategy: textAt(root, 'spec', 'strategy', 'type'),
        containers,
        volumes: [
          ...itemsAt(pod, 'volumes').map(
            (volume) => entriesAt(volume).find((entry) => entry.key !== 'name')?.key ?? '',
          ),
          ...itemsAt(root, 'spec', 'volumeClaimTemplates').map(() => 'persistentVolumeClaim'),
        ],
        security: entriesAt(pod, 'securityContext').map(
          ({ key, value }) => `${key}=${value.kind === 'scalar' ? value.text : ''}`,
        ),
      },
      at,
    );
  } else if (kind === 'Service' && textAt(root, 'apiVersion') === 'v1') {
    yield state(
      'kubernetes.service',
      name,
      {
        selector: pairs(entriesAt(root, 'spec', 'selector')),
        ports: itemsAt(root, 'spec', 'ports').flatMap((port) => {
          const number = valueAt(port, 'port');
          const target = valueAt(port, 'targetPort');
          if (number?.kind !== 'scalar' || number.templated || (target?.kind === 'scalar' && target.templated))
            return [];
          const text = target?.kind === 'scalar' ? target.text : number.text;
          return [{ name: textAt(port, 'name'), port: number.text, target: text, ...part((target ?? number).span) }];
        }),
      },
      at,
    );
  } else if (kind === 'ConfigMap' || kind === 'Secret' || kind === 'LimitRange') {
    const keys = [...entriesAt(root, 'data'), ...entriesAt(root, 'stringData')];
    yield state(
      'kubernetes.config',
      name,
      { kind, keys: keys.map((entry) => ({ name: entry.key, ...part(entry.keySpan) })) },
      at,
    );
  }
}

const MANIFEST =
  /^kind:[ \t]*["']?(?:Deployment|StatefulSet|DaemonSet|ReplicaSet|Job|CronJob|Pod|Rollout|Service|ConfigMap|Secret|LimitRange|List)\b/m;

const kubernetes: TextDetector = {
  text: true,
  triggers: ['apiVersion:'],
  *check(text) {
    if (!MANIFEST.test(text)) return;
    for (const { root } of readYaml(text)) {
      if (root === null) continue;
      const items = textAt(root, 'kind') === 'List' ? itemsAt(root, 'items') : [root];
      for (const item of items) yield* manifest(item, text);
    }
  },
};

export const extractors: readonly Extractor[] = [
  { id: 'image.file', language: 'dockerfile', detector: dockerfiles, roles: OWN_ROLES },
  { id: 'compose.service', language: 'compose', detector: compose, roles: OWN_ROLES },
  { id: 'kubernetes', language: 'yaml', detector: kubernetes, roles: OWN_ROLES },
];
