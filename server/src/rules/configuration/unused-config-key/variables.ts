/**
 * Variables that env files and compose files set for a Go program and that nothing reads. Names are looked for wherever
 * they may be read: code, scripts, templates, other files of the deployment.
 */
import type { Place } from '../../../core/model/location.ts';
import { directoryOf } from '../../../core/model/path.ts';
import type { WorkspaceVerdict } from '../../../core/model/verdict.ts';
import type { FactView } from '../../../core/rulekit/rule.ts';
import { allFacts, type Part, placeIn } from '../../../knowledge/facts.ts';
import { imageOfService, moduleAround, moduleOfImage } from '../../../knowledge/go/deployments.ts';
import { type EnvRead, envReads } from '../../../knowledge/project/envReads.ts';
import { isForeignVariable } from '../../../knowledge/project/platformVariables.ts';
import { PREFIX_FACT } from './go.ts';

interface Setting {
  readonly name: string;
  /** The name where it is set. */
  readonly place: Place;
  /** The whole lines of the entry; null where the name does not stand alone. */
  readonly lines: Part | null;
}

/** What one file, or one service of a compose file, sets for the programs of a module. */
interface Group {
  readonly path: string;
  readonly module: string;
  readonly settings: Setting[];
}

/** Variables that images, libraries and tools read by themselves. */
const READ_BY_OTHERS =
  /^(?:POSTGRES|PG|PGADMIN|MYSQL|MARIADB|MONGO|MONGODB|REDIS|RABBITMQ|MINIO|KAFKA|ZOOKEEPER|ELASTIC|ES|CLICKHOUSE|NATS|GF|GRAFANA|PROMETHEUS|KEYCLOAK|KC|COMPOSE|DOCKER|BUILDKIT|VITE|NEXT|NUXT|REACT_APP|VUE_APP|EXPO|NODE|NPM|YARN|PYTHON|PIP|JAVA|JVM|TRAEFIK|NGINX|CADDY|LETSENCRYPT|VIRTUAL|AWS|AZURE|GOOGLE|GCP|GCLOUD|CLOUDSDK|DD|DATADOG|SENTRY|NEW_RELIC|ELASTIC_APM|JAEGER|OTLP|GRPC|GO|GOOSE|MIGRATE|DBMATE|TF|TERRAFORM|ANSIBLE|SUPABASE|FIREBASE|TAG|IMAGE|REGISTRY|PUID|PGID|UID|GID|DEBIAN|LD|S6)(?:_|$)|_(?:IMAGE|TAG|REPLICAS|CONTAINER_NAME)$/;

function groupsOf(facts: FactView): readonly Group[] {
  const groups: Group[] = [];
  const files = new Map(facts.all('env.file').map((file) => [file.key, file.value as { readonly kind: string }]));
  // A file that is handed to a foreign image holds settings of that image.
  const foreign = new Set<string>();
  for (const service of allFacts(facts, 'compose.service')) {
    const image = imageOfService(facts, service);
    const directory = directoryOf(service.place.path);
    if (image === null) {
      for (const file of service.value.envFiles) {
        const name = file.replace(/^\.\//, '');
        foreign.add(directory === '' ? name : `${directory}/${name}`);
      }
      continue;
    }
    const module = moduleOfImage(facts, image);
    if (module === null) continue;
    const settings = service.value.environment
      .filter(({ set }) => set)
      .map(({ name, start, end }) => ({ name, place: placeIn(service, { start, end }), lines: null }));
    groups.push({ path: service.place.path, module: module.value.directory, settings });
  }
  const byFile = new Map<string, Setting[]>();
  for (const fact of facts.all('env.documented')) {
    const { path } = fact.place;
    const kind = files.get(path)?.kind;
    const { lines } = fact.value as unknown as { readonly lines?: Part };
    if (kind === undefined || kind === 'test' || lines === undefined || foreign.has(path)) continue;
    const settings = byFile.get(path) ?? [];
    byFile.set(path, settings);
    settings.push({ name: fact.key, place: fact.place, lines });
  }
  for (const [path, settings] of byFile) {
    const module = moduleAround(facts, directoryOf(path));
    if (module !== null) groups.push({ path, module: module.value.directory, settings });
  }
  return groups;
}

/** By directory of a module: the variables that its code reads. */
function readsByModule(facts: FactView, reads: readonly EnvRead[]): ReadonlyMap<string, ReadonlySet<string>> {
  const modules = new Map<string, Set<string>>();
  for (const { name, place, via } of reads) {
    if (via === 'compose') continue;
    const module = moduleAround(facts, directoryOf(place.path))?.value.directory ?? '';
    const own = modules.get(module) ?? new Set<string>();
    modules.set(module, own.add(name));
  }
  return modules;
}

/** Whether a module may read variables whose names are made while it runs. */
function mayReadAny(facts: FactView, module: string): boolean {
  return [...facts.all('env.automatic'), ...facts.all('env.tag-prefix')].some(
    ({ place }) => moduleAround(facts, directoryOf(place.path))?.value.directory === module,
  );
}

/** Judges the variables of every file and service that sets more of them for the code than not. */
export function* judgeVariables(facts: FactView): Generator<WorkspaceVerdict> {
  const reads = envReads(facts);
  const modules = readsByModule(facts, reads);
  const known = new Set(reads.map(({ name }) => name));
  const prefixes = [...new Set(facts.all(PREFIX_FACT).map(({ key }) => key))];
  const isRead = (name: string): boolean =>
    prefixes.some((prefix) => name.startsWith(prefix)) ||
    known.has(name) ||
    facts.lookup('env.named', name).length > 0 ||
    facts.lookup('env.other-read', name).length > 0;
  const said = new Set<string>();
  for (const { path, module, settings } of groupsOf(facts)) {
    const own = modules.get(module);
    if (own === undefined || facts.role(path) !== 'production' || mayReadAny(facts, module)) continue;
    const relevant = settings.filter(({ name }) => !isForeignVariable(name) && !READ_BY_OTHERS.test(name));
    // A file of which the code reads little is for something else.
    if (relevant.filter(({ name }) => own.has(name)).length * 2 < relevant.length) continue;
    for (const { name, place, lines } of relevant) {
      if (isRead(name)) {
        if (own.has(name)) yield { kind: 'pass', subject: place };
        continue;
      }
      // Said once: example and values are copies of each other.
      if (said.has(`${module}\n${name}`)) continue;
      said.add(`${module}\n${name}`);
      yield {
        kind: 'fail',
        subject: place,
        message: 'variable',
        args: { name },
        fixes:
          lines === null
            ? []
            : [
                {
                  title: `Remove ${name}`,
                  safety: 'suggestion',
                  edits: [
                    {
                      kind: 'replaceAt',
                      place: { path: place.path, anchor: place.anchor, span: { start: lines.start, end: lines.end } },
                      newText: '',
                    },
                  ],
                },
              ],
      };
    }
  }
}
