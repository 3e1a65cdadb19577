/**
 * Containers that run as root: images whose last stage ends as root, manifests that ask for root or keep nothing from
 * it. Images that are built on others whose user is not known are left alone.
 */
import type { Fix, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import { allFacts, placeIn } from '../../../knowledge/facts.ts';
import { isBuilder, isDevelopmentFile, type Workload } from '../../../knowledge/go/deployments.ts';

/** Images that are known to run as root, by their last path element. */
const ROOT_IMAGES =
  /^(?:(?:docker\.io\/)?(?:library\/)?(?:alpine|debian|ubuntu|golang|node|python|rust|ruby|php|busybox|fedora|centos|rockylinux|almalinux|amazonlinux|archlinux|openjdk|eclipse-temurin|amazoncorretto|gcc|nginx|httpd|scratch|buildpack-deps|oven\/bun|denoland\/deno)|gcr\.io\/distroless\/[\w-]+|mcr\.microsoft\.com\/dotnet\/[\w/-]+|registry\.access\.redhat\.com\/ubi\d\/ubi(?:-minimal)?|amazon\/aws-lambda-\w+)(?::[\w.-]+)?(?:@sha256:\w+)?$/;
const SAFE_TAG = /nonroot|unprivileged|rootless/;

function isRoot(user: string): boolean {
  return /^(?:root|0+)(?::.*)?$/.test(user);
}

/** Whether every workload of the workspace forbids root, so that images cannot run as root where it counts. */
function clusterForbidsRoot(facts: FactView): boolean {
  const workloads = allFacts(facts, 'kubernetes.workload').filter(
    ({ place }) => facts.role(place.path) === 'production',
  );
  const verdicts = workloads.flatMap((workload) => [...judgeWorkload(workload)]);
  return verdicts.length > 0 && verdicts.every((verdict) => verdict.kind === 'pass');
}

function* judgeImages(facts: FactView): Generator<WorkspaceVerdict> {
  const forbidden = clusterForbidsRoot(facts);
  for (const image of allFacts(facts, 'image.file')) {
    const { user, root, command, entrypoint, dropsPrivileges, beforeCommand } = image.value;
    if (facts.role(image.place.path) !== 'production' || (command ?? entrypoint) === null) continue;
    if (isBuilder(image)) continue;
    const severity = forbidden || isDevelopmentFile(image.place.path) ? { severity: 'low' as const } : {};
    if (user !== null && !isRoot(user.text)) {
      yield { kind: 'pass', subject: placeIn(image, user) };
      continue;
    }
    if (SAFE_TAG.test(root)) {
      if (user === null) yield { kind: 'pass', subject: image.place };
      continue;
    }
    if (dropsPrivileges) continue;
    if (user !== null) {
      yield { kind: 'fail', subject: placeIn(image, user), message: 'user', args: { user: user.text }, ...severity };
      continue;
    }
    if (!ROOT_IMAGES.test(root)) continue;
    const fixes: readonly Fix[] =
      beforeCommand === null
        ? []
        : [
            {
              title: 'Run as an unprivileged user',
              safety: 'suggestion',
              preferred: true,
              edits: [
                {
                  kind: 'replaceAt',
                  place: placeIn(image, { start: beforeCommand, end: beforeCommand }),
                  newText: 'USER 65532:65532\n',
                },
              ],
            },
          ];
    yield { kind: 'fail', subject: image.place, message: 'image', fixes, ...severity };
  }
}

function settings(list: readonly string[]): ReadonlyMap<string, string> {
  return new Map(list.map((item) => [item.slice(0, item.indexOf('=')), item.slice(item.indexOf('=') + 1)]));
}

function* judgeWorkload(workload: Workload): Generator<WorkspaceVerdict> {
  const { kind, security, containers, templated } = workload.value;
  const pod = settings(security);
  for (const container of containers) {
    const own = settings(container.security);
    const subject = placeIn(workload, container);
    const nonRoot = own.get('runAsNonRoot') ?? pod.get('runAsNonRoot');
    const user = own.get('runAsUser') ?? pod.get('runAsUser');
    if (nonRoot === 'true' || (user !== undefined && /^[1-9]\d*$/.test(user))) yield { kind: 'pass', subject };
    else if (nonRoot === 'false' || user === '0')
      yield { kind: 'fail', subject, message: 'asked', args: { container: container.name } };
    // What a template adds is not known; jobs often change files of others on purpose.
    else if (!templated && nonRoot === undefined && user === undefined && kind !== 'Job' && kind !== 'CronJob') {
      const { after } = container;
      const fixes: readonly Fix[] =
        after === null || container.security.length > 0
          ? []
          : [
              {
                title: 'Require a user other than root',
                safety: 'suggestion',
                preferred: true,
                edits: [
                  {
                    kind: 'replaceAt',
                    place: placeIn(workload, after),
                    newText: `\n${after.indent}securityContext:\n${after.indent}  runAsNonRoot: true\n${after.indent}  allowPrivilegeEscalation: false`,
                  },
                ],
              },
            ];
      yield { kind: 'fail', subject, message: 'open', args: { container: container.name }, fixes };
    }
  }
}

/** Services of compose files that ask for root. */
function* judgeCompose(facts: FactView): Generator<WorkspaceVerdict> {
  for (const service of allFacts(facts, 'compose.service')) {
    const { user } = service.value;
    if (user === '' || facts.role(service.place.path) !== 'production' || user.includes('$')) continue;
    if (!isRoot(user)) yield { kind: 'pass', subject: service.place };
    else if (!isDevelopmentFile(service.place.path))
      yield { kind: 'fail', subject: service.place, message: 'asked', args: { container: service.key } };
  }
}

export const rule = defineRule({
  id: 'container-runs-as-root',
  title: 'Container runs as root',
  category: 'security',
  severity: 'medium',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'The last stage of a Dockerfile ends as root: with USER root, or without USER on a base image that is known to run as root. Or a Kubernetes container asks for root, or neither it nor its pod says runAsNonRoot or names a user; or a compose service asks for root. Images on bases whose user is not known, entrypoints that drop privileges, jobs and templates are left out; images for development, and those of a workspace all of whose workloads forbid root, weigh less.',
    why: 'Whoever breaks into the process owns everything in the container at once, can install tools, and is one flaw of the kernel or of a mount away from the host.',
    howToFix:
      'Create a user and switch to it with USER before CMD, give it only the files that it has to write, and set `runAsNonRoot: true` in the manifest so that a later image cannot go back.',
    refs: ['CWE-250', 'hadolint DL3002', 'https://kubernetes.io/docs/concepts/security/pod-security-standards/'],
  },
  messages: {
    image: 'This image runs as root; switch to another user before it starts.',
    user: 'The image ends as user {user}; switch to another user before it starts.',
    asked: 'Container {container} asks for root; let it run as another user.',
    open: 'Nothing keeps container {container} from running as root; set runAsNonRoot.',
  },
  effort: { each: [10, 40] },
  fix: 'sometimes',
  on: {},
  workspace: {
    partition: 'workspace',
    reads: ['image.file', 'kubernetes.workload', 'compose.service'],
    *judge(facts) {
      yield* judgeImages(facts);
      for (const workload of allFacts(facts, 'kubernetes.workload')) {
        if (facts.role(workload.place.path) === 'production' && !isDevelopmentFile(workload.place.path))
          yield* judgeWorkload(workload);
      }
      yield* judgeCompose(facts);
    },
  },
});
