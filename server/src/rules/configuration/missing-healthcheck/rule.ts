/** Images of servers without a health check, where neither a compose service nor Kubernetes asks for their health. */
import type { Fix } from '../../../core/model/verdict.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import { allFacts, placeIn } from '../../../knowledge/facts.ts';
import {
  type ComposeService,
  type Image,
  imageOfService,
  isDevelopmentFile,
} from '../../../knowledge/go/deployments.ts';

/** The one port at which the program answers, as image and services say; null when they name several or none. */
function portOf(image: Image, services: readonly ComposeService[]): string | null {
  const { expose } = image.value;
  const ports =
    expose.length > 0 ? expose : services.flatMap(({ value }) => value.ports.map((own) => ({ port: own.container })));
  const [first, ...others] = new Set(ports.map(({ port }) => port));
  return first === undefined || others.length > 0 || !/^\d+$/.test(first) ? null : first;
}

/** The check of a route with what an image brings: wget of Alpine, or Python itself; null for other images. */
function commandFor(root: string, url: string): string | null {
  if (/(?:^|[/:-])alpine\b/.test(root)) return `wget -qO- ${url} || exit 1`;
  if (!/^(?:docker\.io\/)?(?:library\/)?python(?::|$)/.test(root)) return null;
  return `["python", "-c", "import urllib.request; urllib.request.urlopen('${url}', timeout=2)"]`;
}

/** A check of the one health route that the workspace registers. */
function fixFor(facts: FactView, image: Image, services: readonly ComposeService[]): readonly Fix[] {
  const { beforeCommand, root } = image.value;
  const paths = new Set(
    allFacts(facts, 'http.route').flatMap(({ key, value }) => {
      const path = key.replace(/^[A-Z]+\s+/, '');
      return value.purpose === 'health' && /^\/[\w/-]+$/.test(path) ? [path] : [];
    }),
  );
  const [path] = paths;
  const port = portOf(image, services);
  if (beforeCommand === null || path === undefined || paths.size > 1 || port === null) return [];
  const check = commandFor(root, `http://localhost:${port}${path}`);
  if (check === null) return [];
  return [
    {
      title: `Check ${path}`,
      safety: 'suggestion',
      preferred: true,
      edits: [
        {
          kind: 'replaceAt',
          place: placeIn(image, { start: beforeCommand, end: beforeCommand }),
          newText: `HEALTHCHECK --interval=30s --timeout=3s CMD ${check}\n`,
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
    what: 'The last stage of a Dockerfile exposes a port (or a compose service publishes one of it) and starts something but has no HEALTHCHECK, no compose service that is built from it has one, and the workspace has no Kubernetes workloads, which bring probes of their own. HEALTHCHECK NONE counts as a decision.',
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
      const services = allFacts(facts, 'compose.service').map((service) => ({
        service,
        image: imageOfService(facts, service)?.key,
      }));
      for (const image of allFacts(facts, 'image.file')) {
        const { expose, command, entrypoint, healthcheck } = image.value;
        if (facts.role(image.place.path) !== 'production' || isDevelopmentFile(image.place.path)) continue;
        const own = services.filter((used) => used.image === image.key).map(({ service }) => service);
        const isServer = expose.length > 0 || own.some(({ value }) => value.ports.length > 0);
        if (!isServer || (command ?? entrypoint) === null) continue;
        if (healthcheck !== null) yield { kind: 'pass', subject: placeIn(image, healthcheck) };
        else if (own.some(({ value }) => value.healthcheck))
          yield { kind: 'pass', subject: image.place, note: 'A compose service checks it.' };
        else yield { kind: 'fail', subject: image.place, message: 'missing', fixes: fixFor(facts, image, own) };
      }
    },
  },
});
