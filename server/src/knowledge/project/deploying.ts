/**
 * What deploys, publishes or takes back a release, in whatever file: commands of pipelines and scripts, actions, platforms
 * that deploy by themselves, files of service managers. What documents say has to be done by hand, and does not count, but
 * for where else the deployment is. One sign is enough, so that absence means something.
 */
import { OWN_ROLES } from '../../core/model/file.ts';
import { type Extractor, fact, type TextDetector } from '../../core/rulekit/rule.ts';
import { withoutComments } from '../../formats/commands.ts';

/** Key: `deploy`, `publish`, `rollback`, `platform`, `unit` or `elsewhere`; value: the path. */
export const DEPLOYMENT = 'project.deployment';

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
  /(?:^|\/)(?:Makefile|justfile|Taskfile\.ya?ml|Jenkinsfile|Earthfile|Tiltfile)[^/]*$|\.(?:sh|bash|ps1|ya?ml|json|toml|tf|hcl|mk|bats|nix|pkr|nomad|service|conf|ini)$|(?:^|\/)\.github\//i;

/** Files that keep a program running on a machine, and tools that write them. */
const UNIT =
  /^[ \t]*ExecStart[ \t]*=|\bsystemctl[ \t]+(?:--\S+[ \t]+)*enable\b|^[ \t]*\[program:|\bpm2[ \t]+start\b|^[ \t]*job[ \t]+"[^"\n]+"[ \t]*\{|\b(?:snapcraft|electron-builder|nfpms?:)|^[ \t]*-?[ \t]*hosts:[\s\S]{0,3000}?^[ \t]*-?[ \t]*(?:tasks|roles):|\b(?:ko|pack)[ \t]+(?:build|apply)\b|"(?:aws_ecs_\w+|aws_lambda_function|aws_instance|google_cloud_run\w*|google_compute_instance|azurerm_(?:container_app|linux_web_app|app_service)|digitalocean_app|kubernetes_deployment)"/m;
const ELSEWHERE =
  /\bdeploy(?:ed|ment|s)?\b[^.\n]{0,80}\b(?:another|separate|different|other|infrastructure|infra|gitops|ops)\s+repo(?:sitor(?:y|ies))?\b|\bhelm\s+repo\s+add\b|hub\.docker\.com\/r\//i;

const evidence: TextDetector = {
  text: true,
  *check(text, ctx) {
    const { path, language } = ctx.file;
    const place = { start: 0, end: 0 };
    if (PLATFORM.test(path)) yield fact(DEPLOYMENT, 'platform', path, place);
    if (language === 'markdown' && text.length < 300_000 && ELSEWHERE.test(text))
      yield fact(DEPLOYMENT, 'elsewhere', path, place);
    if (/^(?:go|python|markdown)$/.test(language) || text.length > 300_000 || !RECIPE.test(path)) return;
    const plain = withoutComments(text);
    if (UNIT.test(plain)) yield fact(DEPLOYMENT, 'unit', path, place);
    if (DEPLOYS.test(plain) || (PIPELINE.test(path) && DEPLOY_JOB.test(plain)))
      yield fact(DEPLOYMENT, 'deploy', path, place);
    if (PUBLISHES.test(plain)) yield fact(DEPLOYMENT, 'publish', path, place);
    if (ROLLBACK.test(plain)) yield fact(DEPLOYMENT, 'rollback', path, place);
  },
};

export const extractors: readonly Extractor[] = [
  { id: DEPLOYMENT, language: 'any', detector: evidence, roles: OWN_ROLES },
];
