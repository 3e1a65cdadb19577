/** Services that nothing in the workspace runs, all of them or one beside others that have a descriptor of their own. */
import type { Place } from '../../../core/model/location.ts';
import { directoryOf } from '../../../core/model/path.ts';
import type { WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import { allFacts } from '../../../knowledge/facts.ts';
import { type Image, isDevelopmentFile, mainOfImage } from '../../../knowledge/go/deployments.ts';
import type { GoProgram } from '../../../knowledge/go/services.ts';
import { DEPLOYMENT } from '../../../knowledge/project/deploying.ts';
import { recipeWords } from '../../../knowledge/project/recipes.ts';
import { ANY_SERVICE_FACTS, anyServicesOf, frontOf } from '../../../knowledge/services.ts';
import { scaffold } from './scaffold.ts';

/** Images of what services need, which are run beside the code while it is written. */
const INFRASTRUCTURE =
  /(?:^|\/)(?:postgres|postgis|pgvector|timescaledb|mysql|mariadb|mongo|redis|valkey|memcached|rabbitmq|kafka|zookeeper|nats|elasticsearch|opensearch|kibana|minio|qdrant|weaviate|milvus|chroma|adminer|pgadmin4?|mailhog|mailpit|maildev|localstack|jaeger|all-in-one|prometheus|grafana|loki|promtail|alertmanager|nginx|traefik|caddy|consul|etcd|vault|keycloak|selenium|clickhouse[\w-]*|neo4j|influxdb|cadvisor|node-exporter)\b/i;

function isShipped(facts: FactView, path: string): boolean {
  return facts.role(path) === 'production' && !isDevelopmentFile(path);
}

/** Image files, compose files and manifests that may run what the workspace holds. */
function descriptorsOf(facts: FactView): readonly Place[] {
  const services = allFacts(facts, 'compose.service').filter(
    ({ value }) => value.build !== null || (value.image !== '' && !INFRASTRUCTURE.test(value.image)),
  );
  return [...allFacts(facts, 'image.file'), ...services, ...allFacts(facts, 'kubernetes.workload')]
    .map(({ place }) => place)
    .filter(({ path }) => isShipped(facts, path));
}

/** What starts a service: a main package, or the component of an application. */
interface Unit {
  readonly directory: string;
  readonly program: GoProgram;
}

function unitsOf(programs: readonly GoProgram[]): readonly Unit[] {
  return programs.flatMap((program) => {
    if (program.routes.length === 0 && program.starts.length === 0) return [];
    return program.language === 'python'
      ? [{ directory: program.component, program }]
      : program.mains.map((main) => ({ directory: main.key, program }));
  });
}

function isWithin(path: string, directory: string): boolean {
  return directory === '' || path === directory || path.startsWith(`${directory}/`);
}

/**
 * Services that the descriptors leave out: those of others are told apart by folder or by what they build, and no recipe
 * of the workspace knows the folder.
 */
function* leftOut(facts: FactView, programs: readonly GoProgram[]): Generator<WorkspaceVerdict> {
  const images = allFacts(facts, 'image.file').filter(({ place }) => isShipped(facts, place.path));
  const built = new Map<Image, string | null>(images.map((image) => [image, mainOfImage(facts, image)]));
  const contexts = allFacts(facts, 'compose.service').flatMap(({ place, value }) =>
    value.build === null ? [] : [`${directoryOf(place.path)}/${value.build.context}`],
  );
  const units = unitsOf(programs);
  const isOwn = ({ directory }: Unit): boolean =>
    directory !== '' &&
    images.some((image) => isWithin(image.value.directory, directory) || built.get(image) === directory);
  if (!units.some(isOwn)) return;
  const words = facts.derive(recipeWords);
  for (const unit of units) {
    const { directory, program } = unit;
    if (directory === '' || isOwn(unit)) continue;
    // An image around it that builds what is not known may hold it.
    if (images.some((image) => isWithin(directory, image.value.directory) && built.get(image) === null)) continue;
    const name = directory.slice(directory.lastIndexOf('/') + 1);
    if (words.has(name) || contexts.some((context) => context.endsWith(name)) || words.has(directory)) continue;
    yield {
      kind: 'fail',
      subject: program.mains.find((main) => main.key === directory)?.place ?? frontOf(facts, program).place,
      message: 'left',
      args: { name },
    };
  }
}

export const rule = defineRule({
  id: 'missing-deployment-config',
  title: 'No usable deployment descriptor',
  category: 'configuration',
  severity: 'medium',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'The workspace holds a service, but nothing that runs it: no Dockerfile, no compose file that builds it, no Kubernetes manifest or chart, no file of a platform (Procfile, fly.toml, serverless and others), no unit of systemd or another service manager, no infrastructure code and no command that deploys or publishes it. Or services have image files of their own, and one beside them has none and is named by no file that builds or deploys. Compose files that only start databases, and files for development, run no service. Libraries, command-line tools, and deployments that the documents place in another repository are left out.',
    why: 'Somebody installs the service by hand, from memory, and differently on each machine. Nobody can rebuild it after a failure, and no review sees what it runs with.',
    howToFix:
      'Describe how the service runs in a file beside its code: an image and a compose file, a manifest, or the file of the platform. The fix writes a Dockerfile and a compose file to begin with where it can tell how the service starts.',
    refs: ['https://12factor.net/build-release-run'],
  },
  messages: {
    none: 'No image, manifest, unit or platform file runs this service; describe its deployment beside the code.',
    left: 'Other services of the workspace have an image, and {name} has none; add its image and its service.',
  },
  effort: { each: [30, 240] },
  fix: 'sometimes',
  on: {},
  workspace: {
    partition: 'workspace',
    reads: [...ANY_SERVICE_FACTS, 'compose.service'],
    *judge(facts) {
      const programs = anyServicesOf(facts).filter(({ starts, routes }) => starts.length + routes.length > 0);
      const [program] = programs;
      const [descriptor] = descriptorsOf(facts);
      if (program === undefined) {
        // Services in languages that are not judged have a descriptor, or nothing is known of them.
        const built = allFacts(facts, 'compose.service').find(({ value }) => value.build !== null);
        if (built !== undefined && isShipped(facts, built.place.path)) yield { kind: 'pass', subject: built.place };
        return;
      }
      const sign = facts.all(DEPLOYMENT).find(({ key }) => key !== 'rollback');
      if (descriptor !== undefined) {
        yield { kind: 'pass', subject: descriptor };
        yield* leftOut(facts, programs);
      } else if (sign !== undefined) yield { kind: 'pass', subject: sign.place };
      else
        yield {
          kind: 'fail',
          subject: frontOf(facts, program).place,
          message: 'none',
          fixes: scaffold(facts, program),
        };
    },
  },
});
