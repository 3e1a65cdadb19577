/** Images of servers without a health check, where neither a compose service nor Kubernetes asks for their health. */
import type { Fix } from '../../../core/model/verdict.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import { allFacts, placeIn } from '../../../knowledge/facts.ts';
import { type Image, imageOfService, isDevelopmentFile } from '../../../knowledge/go/deployments.ts';

/** A check with the tool that Alpine brings, of the one health route that the workspace registers. */
function fixFor(facts: FactView, image: Image): readonly Fix[] {
  const { beforeCommand, root, expose } = image.value;
  const paths = new Set(
    allFacts(facts, 'http.route').flatMap(({ key, value }) => {
      const path = key.replace(/^[A-Z]+\s+/, '');
      return value.purpose === 'health' && /^\/[\w/-]+$/.test(path) ? [path] : [];
    }),
  );
  const [path] = paths;
  const [port] = expose;
  if (beforeCommand === null || path === undefined || paths.size > 1 || !/(?:^|[/:-])alpine\b/.test(root)) return [];
  if (port === undefined || expose.length > 1 || !/^\d+$/.test(port.port)) return [];
  return [
    {
      title: `Check ${path}`,
      safety: 'suggestion',
      preferred: true,
      edits: [
        {
          kind: 'replaceAt',
          place: placeIn(image, { start: beforeCommand, end: beforeCommand }),
          newText: `HEALTHCHECK --interval=30s --timeout=3s CMD wget -qO- http://localhost:${port.port}${path} || exit 1\n`,
        },
      ],
    },
  ];
}

export const rule = defineRule({
  id: 'missing-healthcheck',
  title: 'Image without a health check',
  category: 'configuration',
  severity: 'low',
  confidence: 'likely',
  stage: 'preview',
  docs: {
    what: 'The last stage of a Dockerfile exposes a port and starts something but has no HEALTHCHECK, no compose service that is built from it has one, and the workspace has no Kubernetes workloads, which bring probes of their own. HEALTHCHECK NONE counts as a decision.',
    why: 'A process that hangs still runs, so Docker and Swarm keep sending requests to it, and services that depend on it start before it can answer.',
    howToFix:
      'Add `HEALTHCHECK CMD` with a request to the health route. In an image without a shell let the program ask itself: `HEALTHCHECK CMD ["/app", "-healthcheck"]`.',
    refs: ['hadolint DL3057', 'https://docs.docker.com/reference/dockerfile/#healthcheck'],
  },
  messages: {
    missing: 'Nothing checks the health of this image; add a HEALTHCHECK of its health route.',
  },
  effort: { each: [5, 20] },
  fix: 'sometimes',
  on: {},
  workspace: {
    partition: 'workspace',
    reads: ['image.file'],
    *judge(facts) {
      if (facts.all('kubernetes.workload').length > 0) return;
      const checked = new Set(
        allFacts(facts, 'compose.service')
          .filter((service) => service.value.healthcheck)
          .map((service) => imageOfService(facts, service)?.key),
      );
      for (const image of allFacts(facts, 'image.file')) {
        const { expose, command, entrypoint, healthcheck } = image.value;
        if (facts.role(image.place.path) !== 'production' || isDevelopmentFile(image.place.path)) continue;
        if (expose.length === 0 || (command ?? entrypoint) === null) continue;
        if (healthcheck !== null) yield { kind: 'pass', subject: placeIn(image, healthcheck) };
        else if (checked.has(image.key))
          yield { kind: 'pass', subject: image.place, note: 'A compose service checks it.' };
        else yield { kind: 'fail', subject: image.place, message: 'missing', fixes: fixFor(facts, image) };
      }
    },
  },
});
