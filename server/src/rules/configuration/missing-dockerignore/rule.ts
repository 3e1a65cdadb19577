/** Images that take their whole build context without a file that says what to leave out. */
import { directoryOf } from '../../../core/model/path.ts';
import { defineRule } from '../../../core/rulekit/rule.ts';
import { allFacts, placeIn } from '../../../knowledge/facts.ts';
import { imageOfService, isDevelopmentFile, joinPath } from '../../../knowledge/go/deployments.ts';
import { projectTree } from '../../../knowledge/project/tree.ts';

/** What no image needs. */
const CONTENT = `.git
.github
.env
.env.*
!.env.example
*.log
**/node_modules
**/__pycache__
**/.venv
dist
build
Dockerfile*
docker-compose*.yml
compose*.yaml
`;

export const rule = defineRule({
  id: 'missing-dockerignore',
  title: 'Build context without an ignore file',
  category: 'configuration',
  severity: 'medium',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A Dockerfile copies its whole build context (`COPY . .`), and neither the context nor a folder around the Dockerfile has a `.dockerignore`, nor does a `Dockerfile.dockerignore` lie beside it. Where only stages that are not shipped copy everything it weighs less.',
    why: 'Whatever lies in the folder goes into a layer: the history with what was once committed, the `.env` of the machine that builds, a virtual environment of another platform. Every change of such a file also throws the cache away.',
    howToFix: 'Add a `.dockerignore` with `.git`, env files and build output, or copy the few paths that are needed.',
    refs: ['CWE-538', 'https://docs.docker.com/build/concepts/context/#dockerignore-files'],
  },
  messages: {
    missing: 'The whole context is copied, and nothing keeps .git and env files out of the image; add a .dockerignore.',
  },
  effort: { each: [5, 15] },
  fix: 'sometimes',
  on: {},
  workspace: {
    partition: 'workspace',
    reads: ['image.file'],
    *judge(facts) {
      const { files } = facts.derive(projectTree);
      const said = new Set<string>();
      for (const image of allFacts(facts, 'image.file')) {
        const { path } = image.place;
        const copy = image.value.copiesAll;
        if (copy === null || facts.role(path) !== 'production' || isDevelopmentFile(path)) continue;
        const contexts = new Set([image.value.directory]);
        for (const service of allFacts(facts, 'compose.service')) {
          if (imageOfService(facts, service)?.key !== image.key) continue;
          const context = joinPath(directoryOf(service.place.path), service.value.build!.context);
          if (context !== null) contexts.add(context);
        }
        const candidates = [`${path}.dockerignore`];
        for (const context of contexts) {
          for (let at = context; ; at = directoryOf(at)) {
            candidates.push(at === '' ? '.dockerignore' : `${at}/.dockerignore`);
            if (at === '') break;
          }
        }
        const subject = placeIn(image, copy);
        if (candidates.some((candidate) => files.has(candidate))) {
          yield { kind: 'pass', subject };
          continue;
        }
        const target = candidates[1]!;
        const isFirst = !said.has(target);
        said.add(target);
        yield {
          kind: 'fail',
          subject,
          message: 'missing',
          ...(copy.shipped ? {} : { severity: 'low' as const }),
          fixes:
            isFirst && contexts.size === 1
              ? [
                  {
                    title: 'Add a .dockerignore',
                    safety: 'suggestion',
                    preferred: true,
                    edits: [{ kind: 'create', path: target, content: CONTENT }],
                  },
                ]
              : [],
        };
      }
    },
  },
});
