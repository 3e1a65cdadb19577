/**
 * What deploys, publishes or takes back a release, in whatever file: commands of pipelines and scripts, actions, platforms
 * that deploy by themselves. What documents say has to be done by hand, and does not count. One sign is enough, so that absence means something.
 */
import type { TextDetector } from '../../../core/rulekit/rule.ts';
import { fact } from '../../../core/rulekit/rule.ts';
import { withoutComments } from '../../../formats/commands.ts';

/** Key: `deploy`, `publish`, `rollback` or `platform`. */
export const EVIDENCE = 'missing-deploy-automation.evidence';

const DEPLOYS =
  /\b(?:kubectl\s+(?:apply|set\s+image|rollout|replace|create)|helm\s+(?:upgrade|install)|helmfile|docker\s+(?:stack\s+deploy|service\s+update)|kustomize\s+build|skaffold\s+(?:run|deploy)|argocd|fluxcd|fly(?:ctl)?\s+deploy|gcloud\s+(?:beta\s+)?(?:run|app|functions)\s+deploy|aws\s+(?:ecs|lambda|deploy|elasticbeanstalk|apprunner|cloudformation)|eb\s+deploy|az\s+(?:webapp|containerapp|functionapp)|heroku\b|serverless\s+deploy|sls\s+deploy|ansible-playbook|terraform\s+apply|tofu\s+apply|pulumi\s+up|cdk\s+deploy|sam\s+deploy|railway\s+up|vercel\b|netlify\s+deploy|wrangler\s+(?:deploy|publish)|nomad\s+(?:job\s+)?run|copilot\s+deploy|kamal\s+deploy|cap\s+\w+\s+deploy|dokku|appleboy\/ssh-action|scp-action|ssh-deploy|webapps-deploy|deploy-cloudrun|amazon-ecs-deploy|action-heroku|render-deploy|deploy_hook|DEPLOY_HOOK|rsync\s+-\S+[^\n]*:|scp\s+[^\n]*:|systemctl\s+(?:--\S+\s+)*restart)|\bkind:\s*(?:Application|ApplicationSet|Kustomization|HelmRelease|ClusterDeployment)\b/;
/** Jobs and environments of pipelines by their names. */
const DEPLOY_JOB = /^[ \t]*(?:environment:[ \t]+\S|(?:deploy|release|deployment)[\w-]*:)/m;
const PIPELINE =
  /(?:^|\/)\.(?:github|gitea|forgejo|circleci|gitlab)\/|(?:^|\/)\.gitlab-ci[\w.-]*\.ya?ml$|pipelines?\.ya?ml$/;
const PUBLISHES =
  /build-push-action|\bdocker\s+(?:buildx\s+build\b[^\n]*--push|push)\b|\bbuildah\s+push|\bskopeo\s+copy|goreleaser|\bko\s+(?:build|publish)\b|npm\s+publish|twine\s+upload|pypi-publish|poetry\s+publish|uv\s+publish|gh\s+release|action-gh-release|create-release|release-please|semantic-release|upload-release|cargo\s+publish|--push\b|pyinstaller|docker\/bake-action/i;
const ROLLBACK =
  /roll(?:ing)?[ _-]?back|rollout\s+undo|--atomic\b|--cleanup-on-fail|blue[ _-]?green|canary|revisionHistoryLimit|update_config:|failure_action|previous[ _-](?:version|release|image|tag|build)|max(?:Unavailable|Surge)|\brevert\b|circuit_breaker/i;
const PLATFORM =
  /(?:^|\/)(?:render\.ya?ml|fly\.toml|railway\.(?:toml|json)|app\.ya?ml|Procfile|vercel\.json|netlify\.toml|apprunner\.ya?ml|heroku\.yml|serverless\.ya?ml|nixpacks\.toml|\.do\/app\.ya?ml|cloudbuild\.ya?ml|zeabur\.json|koyeb\.ya?ml)$/;
const RECIPE =
  /(?:^|\/)(?:Makefile|justfile|Taskfile\.ya?ml|Jenkinsfile|Earthfile|Tiltfile)[^/]*$|\.(?:sh|bash|ps1|ya?ml|json|toml|tf|hcl|mk|bats|nix|pkr|nomad)$|(?:^|\/)\.github\//i;

export const evidence: TextDetector = {
  text: true,
  *check(text, ctx) {
    const { path, language } = ctx.file;
    const place = { start: 0, end: 0 };
    if (PLATFORM.test(path)) yield fact(EVIDENCE, 'platform', path, place);
    if (/^(?:go|python|markdown)$/.test(language) || text.length > 300_000 || !RECIPE.test(path)) return;
    const plain = withoutComments(text);
    if (DEPLOYS.test(plain) || (PIPELINE.test(path) && DEPLOY_JOB.test(plain)))
      yield fact(EVIDENCE, 'deploy', path, place);
    if (PUBLISHES.test(plain)) yield fact(EVIDENCE, 'publish', path, place);
    if (ROLLBACK.test(plain)) yield fact(EVIDENCE, 'rollback', path, place);
  },
};
