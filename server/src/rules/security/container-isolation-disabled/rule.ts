/** Containers that may do to their host what they like: privileges, its namespaces, its container engine. */
import type { Span } from '../../../core/model/location.ts';
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import { defineRule, type TextDetector } from '../../../core/rulekit/rule.ts';
import { readDockerfile } from '../../../formats/dockerfile.ts';
import { entriesAt, entryOf, itemsAt, readYaml, textAt, valueAt, type YamlValue } from '../../../formats/yaml.ts';
import { isDevelopmentFile } from '../../../knowledge/go/deployments.ts';

/** Agents that watch or run other containers, which is what they need the host for. */
const AGENTS =
  /cadvisor|node[-_]?exporter|process-exporter|dcgm|promtail|alloy|fluent|filebeat|metricbeat|vector|telegraf|datadog|newrelic|netdata|glances|portainer|traefik|nginx-proxy|acme-companion|watchtower|diun|dozzle|autoheal|socket-proxy|docker-gen|dockge|gitlab-runner|act[_-]runner|github-runner|actions-runner|drone|woodpecker|jenkins|buildkit|\bdind\b|docker:|wireguard|tailscale|openvpn|gluetun|falco|crowdsec|localstack|testcontainers|ryuk|homepage|homeassistant|home-assistant|coredns|keepalived|metallb|calico|cilium|flannel|csi|kube-/i;

const SOCKET = /(?:^|\/)(?:docker|containerd|podman|crio)\.sock$/;

function lineOf(source: string, span: Span): Span {
  const start = source.lastIndexOf('\n', span.start - 1) + 1;
  const next = source.indexOf('\n', span.end);
  return { start, end: next < 0 ? source.length : next + 1 };
}

function failure(
  source: string,
  key: Span,
  value: Span,
  message: string,
  args: Readonly<Record<string, string>>,
  path: string,
): Verdict {
  const line = lineOf(source, { start: key.start, end: value.end });
  const before = source.slice(line.start, key.start);
  const isAlone = /^[ \t]*$/.test(before) && !source.slice(line.start, line.end - 1).includes('\n');
  const fixes: readonly Fix[] = isAlone
    ? [
        {
          title: 'Delete the setting',
          safety: 'suggestion',
          preferred: true,
          edits: [{ kind: 'replace', span: line, newText: '' }],
        },
      ]
    : [];
  return {
    kind: 'fail',
    subject: { start: key.start, end: value.end },
    message,
    args,
    fixes,
    ...(isDevelopmentFile(path) ? { severity: 'low' } : {}),
  };
}

function* service(source: string, name: string, value: YamlValue, path: string): Generator<Verdict> {
  if (AGENTS.test(`${name} ${textAt(value, 'image')}`)) return;
  for (const { key, keySpan, value: setting } of entriesAt(value)) {
    const text = setting.kind === 'scalar' ? setting.text : '';
    const args = { container: name, setting: `${key}: ${text}` };
    if (key === 'privileged' && text === 'true') yield failure(source, keySpan, setting.span, 'privileged', args, path);
    else if (
      (key === 'pid' || key === 'ipc' || key === 'network_mode' || key === 'userns_mode' || key === 'uts') &&
      text === 'host'
    )
      yield failure(source, keySpan, setting.span, 'namespace', args, path);
  }
  for (const item of itemsAt(value, 'volumes')) {
    const mounted = item.kind === 'scalar' ? item.text.split(':')[0]! : textAt(item, 'source');
    if (SOCKET.test(mounted)) yield failure(source, item.span, item.span, 'socket', { container: name }, path);
  }
  for (const item of itemsAt(value, 'security_opt')) {
    if (item.kind !== 'scalar') continue;
    if (/^(?:seccomp|apparmor)[:=]unconfined$|^label[:=]disable$|^systempaths=unconfined$/.test(item.text))
      yield failure(source, item.span, item.span, 'profile', { container: name, setting: item.text }, path);
    else if (/^no-new-privileges/.test(item.text)) yield { kind: 'pass', subject: item.span };
  }
  for (const item of itemsAt(value, 'cap_add')) {
    if (item.kind === 'scalar' && /^(?:CAP_)?(?:ALL|SYS_ADMIN)$/i.test(item.text))
      yield failure(source, item.span, item.span, 'capability', { container: name, setting: item.text }, path);
  }
  for (const item of itemsAt(value, 'cap_drop')) if (item.kind === 'scalar') yield { kind: 'pass', subject: item.span };
}

const compose: TextDetector = {
  text: true,
  triggers: ['services:'],
  *check(source, ctx) {
    for (const { root } of readYaml(source)) {
      for (const { key, value } of entriesAt(root, 'services')) yield* service(source, key, value, ctx.file.path);
    }
  },
};

const WORKLOADS = /^(?:Deployment|StatefulSet|ReplicaSet|Job|CronJob|Pod|Rollout)$/;

function* pod(source: string, root: YamlValue, path: string): Generator<Verdict> {
  const kind = textAt(root, 'kind');
  // What runs on each node is there for the node.
  if (!WORKLOADS.test(kind)) return;
  const spec =
    kind === 'Pod'
      ? valueAt(root, 'spec')
      : kind === 'CronJob'
        ? valueAt(root, 'spec', 'jobTemplate', 'spec', 'template', 'spec')
        : valueAt(root, 'spec', 'template', 'spec');
  const name = textAt(root, 'metadata', 'name');
  const containers = itemsAt(spec, 'containers');
  if (AGENTS.test(`${name} ${containers.map((item) => textAt(item, 'image')).join(' ')}`)) return;
  for (const key of ['hostNetwork', 'hostPID', 'hostIPC']) {
    const entry = entryOf(spec, key);
    if (entry?.value.kind !== 'scalar') continue;
    if (entry.value.text === 'true')
      yield failure(
        source,
        entry.keySpan,
        entry.value.span,
        'namespace',
        { container: name, setting: `${key}: true` },
        path,
      );
    else if (entry.value.text === 'false') yield { kind: 'pass', subject: entry.keySpan };
  }
  for (const volume of itemsAt(spec, 'volumes')) {
    const mounted = valueAt(volume, 'hostPath', 'path');
    if (mounted?.kind === 'scalar' && SOCKET.test(mounted.text))
      yield {
        ...failure(source, mounted.span, mounted.span, 'socket', { container: name }, path),
        fixes: [],
      } as Verdict;
  }
  for (const container of [...itemsAt(spec, 'initContainers'), ...containers]) {
    const entry = entryOf(valueAt(container, 'securityContext'), 'privileged');
    const args = { container: textAt(container, 'name'), setting: 'privileged: true' };
    if (entry?.value.kind === 'scalar' && entry.value.text === 'true')
      yield failure(source, entry.keySpan, entry.value.span, 'privileged', args, path);
    else if (entry?.value.kind === 'scalar' && entry.value.text === 'false')
      yield { kind: 'pass', subject: entry.keySpan };
    const profile = valueAt(container, 'securityContext', 'seccompProfile', 'type');
    if (profile?.kind === 'scalar' && profile.text === 'Unconfined')
      yield {
        ...failure(source, profile.span, profile.span, 'profile', { ...args, setting: 'Unconfined' }, path),
        fixes: [],
      } as Verdict;
  }
}

const manifests: TextDetector = {
  text: true,
  triggers: ['privileged', 'hostNetwork', 'hostPID', 'hostIPC', 'hostPath', 'Unconfined'],
  *check(source, ctx) {
    if (!source.includes('apiVersion:')) return;
    for (const { root } of readYaml(source)) if (root !== null) yield* pod(source, root, ctx.file.path);
  },
};

const dockerfiles: TextDetector = {
  text: true,
  triggers: ['--security'],
  *check(source) {
    for (const { keyword, flags } of readDockerfile(source).instructions) {
      for (const { name, value, span } of flags) {
        if (keyword !== 'RUN' || name !== 'security') continue;
        if (value === 'insecure') yield { kind: 'fail', subject: span, message: 'build' };
        else yield { kind: 'pass', subject: span };
      }
    }
  },
};

export const rule = defineRule({
  id: 'container-isolation-disabled',
  title: 'Container isolation given up',
  category: 'security',
  severity: 'high',
  confidence: 'certain',
  stage: 'stable',
  docs: {
    what: 'A compose service or a Kubernetes pod is privileged, shares namespaces of its host, mounts the socket of the container engine, adds the capability SYS_ADMIN or all of them, or turns its seccomp, AppArmor or SELinux profile off; or a build step runs with `--security=insecure`. Agents that watch nodes or run other containers, and DaemonSets, are left out; files for development weigh less.',
    why: 'Whoever breaks into such a container owns the machine under it, and with it all other containers: the engine starts whatever it is asked for, as root.',
    howToFix:
      'Delete the setting, and give the one capability, device or port that is needed. Put a proxy that only reads in front of the socket.',
    refs: ['CWE-250', 'CWE-653', 'https://kubernetes.io/docs/concepts/security/pod-security-standards/'],
  },
  messages: {
    privileged: '{container} has all rights on its host; delete {setting} and add the capability that is needed.',
    namespace: '{container} shares a namespace with its host ({setting}); delete the setting.',
    socket:
      '{container} can start any container as root through this socket; put a proxy that only reads in front of it.',
    profile: '{container} runs without a profile of allowed system calls ({setting}); delete the setting.',
    capability: '{setting} lets {container} take over its host; add the one capability that is needed.',
    build: 'This step may do what it likes to the builder; run it without --security=insecure.',
  },
  effort: { each: [10, 60] },
  fix: 'sometimes',
  on: { compose: [compose], yaml: [manifests], dockerfile: [dockerfiles] },
});
