/** Containers without a limit of memory: of Kubernetes one by one, of compose files once for each file. */
import type { Fix, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import { allFacts, placeIn } from '../../../knowledge/facts.ts';
import { type ComposeService, isDevelopmentFile } from '../../../knowledge/go/deployments.ts';

function* judgeWorkloads(facts: FactView): Generator<WorkspaceVerdict> {
  if (allFacts(facts, 'kubernetes.config').some((config) => config.value.kind === 'LimitRange')) return;
  for (const workload of allFacts(facts, 'kubernetes.workload')) {
    const { kind, containers, templated } = workload.value;
    if (facts.role(workload.place.path) !== 'production' || isDevelopmentFile(workload.place.path)) continue;
    if (kind === 'Job' || kind === 'CronJob' || kind === 'Pod') continue;
    for (const container of containers) {
      const subject = placeIn(workload, container);
      if (container.limits.includes('memory')) yield { kind: 'pass', subject };
      else if (!templated && !container.templatedResources) {
        const { after } = container;
        const isBare = after !== null && container.limits.length === 0 && container.requests.length === 0;
        const fixes: readonly Fix[] = !isBare
          ? []
          : [
              {
                title: 'Set limits to begin with',
                safety: 'suggestion',
                preferred: true,
                edits: [
                  {
                    kind: 'replaceAt',
                    place: placeIn(workload, after),
                    newText: `\n${after.indent}resources:\n${after.indent}  requests: {cpu: 100m, memory: 128Mi}\n${after.indent}  limits: {memory: 256Mi}`,
                  },
                ],
              },
            ];
        yield { kind: 'fail', subject, message: 'container', args: { container: container.name }, fixes };
      }
    }
  }
}

/** Keys by which a service or what it extends may get a limit. */
function isLimited({ value }: ComposeService): boolean {
  return value.limited || value.extended;
}

function* judgeCompose(facts: FactView): Generator<WorkspaceVerdict> {
  const services = allFacts(facts, 'compose.service').filter(({ place }) => facts.role(place.path) === 'production');
  // An override or production file may bring the limits of a service.
  const limited = new Set(services.filter(isLimited).map((service) => service.key));
  const files = new Map<string, ComposeService[]>();
  for (const service of services) {
    const own = files.get(service.place.path);
    if (own === undefined) files.set(service.place.path, [service]);
    else own.push(service);
  }
  for (const [path, own] of files) {
    const open = own.filter(
      ({ key, value }) =>
        !limited.has(key) && !value.keys.includes('profiles') && (value.image !== '' || value.build !== null),
    );
    const [first, ...others] = open;
    if (first === undefined) yield { kind: 'pass', subject: own[0]!.place };
    else if (!isDevelopmentFile(path) && isProduction(path, own)) {
      yield {
        kind: 'fail',
        subject: first.place,
        message: others.length === 0 ? 'service' : 'services',
        args: { service: first.key, count: String(open.length) },
        severity: 'low',
        related: others.map((service) => ({ place: service.place, message: `${service.key} has no limit.` })),
      };
    }
  }
}

/** Whether a compose file is for running services, not for starting a database beside the code. */
function isProduction(path: string, services: readonly ComposeService[]): boolean {
  return (
    /prod|deploy|live|release/i.test(path) ||
    services.some(({ value }) => value.keys.includes('restart') || value.keys.includes('deploy'))
  );
}

export const rule = defineRule({
  id: 'missing-resource-limits',
  title: 'Container without resource limits',
  category: 'resources',
  severity: 'medium',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A container of a Kubernetes workload has no memory limit and no LimitRange of the workspace gives it one, or services of a compose file that keeps them running (`restart`, `deploy`) have none. Jobs, templates whose values decide, services with profiles and files for development are left out. Compose files weigh less and are reported once each.',
    why: 'One leak or one large request takes the memory of the whole machine, and the system then kills whatever it chooses, often the database.',
    howToFix:
      'Set a memory limit somewhat above what the container needs under load, and requests at what it needs normally. The fix inserts values to begin with.',
    refs: ['CWE-770', 'https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/'],
  },
  messages: {
    container: 'Container {container} has no memory limit; set resources.limits.memory.',
    service: 'Service {service} has no memory limit; set deploy.resources.limits.',
    services: '{count} services, {service} among them, have no memory limit; set deploy.resources.limits.',
  },
  effort: { each: [10, 40] },
  fix: 'sometimes',
  on: {},
  workspace: {
    partition: 'workspace',
    reads: ['kubernetes.workload', 'compose.service'],
    *judge(facts) {
      yield* judgeWorkloads(facts);
      yield* judgeCompose(facts);
    },
  },
});
