/** Services that nothing deploys, or that a platform deploys with every push and nothing takes back. */
import { filePlace } from '../../../core/model/location.ts';
import { defineRule } from '../../../core/rulekit/rule.ts';
import { allFacts } from '../../../knowledge/facts.ts';
import { isDevelopmentFile } from '../../../knowledge/go/deployments.ts';
import { DEPLOYMENT } from '../../../knowledge/project/deploying.ts';
import { ANY_SERVICE_FACTS, anyServicesOf } from '../../../knowledge/services.ts';

export const rule = defineRule({
  id: 'missing-deploy-automation',
  title: 'No automated deployment or rollback',
  category: 'configuration',
  severity: 'low',
  confidence: 'heuristic',
  stage: 'stable',
  docs: {
    what: 'The workspace holds a service that is meant to be deployed (it has an image, a compose file, a manifest or a file of a platform), but no pipeline, script or GitOps resource deploys it, and none publishes it for others to deploy. Or a platform deploys each push, no pipeline stands before it, and no script or strategy takes a failed release back. Once for each workspace.',
    why: 'Releases are made by hand, differently each time, by the one who remembers how. When one fails at night, whoever is there has to find out how to get the last one back while the service is down.',
    howToFix:
      'Add a job that deploys what the pipeline has built and tested, keep the last version ready, and write down (better: script) how to return to it: `kubectl rollout undo`, `helm rollback`, or a deployment of the tag before.',
    refs: ['https://dora.dev/capabilities/deployment-automation/'],
  },
  messages: {
    deploy: 'No pipeline or script deploys or publishes this service; add a job that does, with a way back.',
    rollback:
      'A platform deploys every push, and no pipeline stands before it nor a script that takes a release back; add both.',
  },
  effort: { each: [60, 480] },
  fix: 'none',
  on: {},
  workspace: {
    partition: 'workspace',
    reads: [DEPLOYMENT, 'image.file', ...ANY_SERVICE_FACTS],
    *judge(facts) {
      if (anyServicesOf(facts).length === 0) return;
      const found = new Map<string, string>();
      for (const { key, value } of facts.get(DEPLOYMENT)) if (!found.has(key)) found.set(key, value as string);
      const descriptors = [
        ...allFacts(facts, 'image.file'),
        ...allFacts(facts, 'compose.service'),
        ...allFacts(facts, 'kubernetes.workload'),
      ]
        .map(({ place }) => place.path)
        .filter((path) => facts.role(path) === 'production' && !isDevelopmentFile(path))
        .sort((left, right) => left.split('/').length - right.split('/').length || (left < right ? -1 : 1));
      const platform = found.get('platform');
      const [first] = platform === undefined ? descriptors : [platform];
      if (first === undefined) return;
      const subject = filePlace(first);
      const hasPipeline = facts.all('project.ci').length > 0;
      if (
        found.has('deploy') ||
        found.has('publish') ||
        (platform !== undefined && (hasPipeline || found.has('rollback')))
      )
        yield { kind: 'pass', subject };
      else if (platform !== undefined) yield { kind: 'fail', subject, message: 'rollback' };
      // Somebody else's pipeline may deploy what the files of the cluster say.
      else if (allFacts(facts, 'kubernetes.workload').length === 0) yield { kind: 'fail', subject, message: 'deploy' };
    },
  },
});
