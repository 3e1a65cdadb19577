/**
 * Variables that env files, compose files and images set for a program and that nothing reads. Names are looked for wherever
 * they may be read: code, scripts, templates, other files of the deployment.
 */
import type { Place } from '../../../core/model/location.ts';
import { directoryOf } from '../../../core/model/path.ts';
import type { WorkspaceVerdict } from '../../../core/model/verdict.ts';
import type { FactView } from '../../../core/rulekit/rule.ts';
import { allFacts, type Part, placeIn } from '../../../knowledge/facts.ts';
import { imageOfService, isDevelopmentFile, moduleAround, moduleOfImage } from '../../../knowledge/go/deployments.ts';
import { type EnvRead, envReads } from '../../../knowledge/project/envReads.ts';
import { isForeignVariable } from '../../../knowledge/project/platformVariables.ts';
import { entryOfImage, entryOfService } from '../../../knowledge/python/entryPoints.ts';
import { pythonHome } from '../../../knowledge/python/services.ts';
import { PREFIX_FACT } from './go.ts';

interface Setting {
  readonly name: string;
  /** The name where it is set. */
  readonly place: Place;
  /** The whole lines of the entry; null where the name does not stand alone. */
  readonly lines: Part | null;
}

/** What one file, or one service of a compose file, sets for the programs of a Go module or a folder of Python code. */
interface Group {
  readonly path: string;
  readonly language: 'go' | 'python';
  readonly directory: string;
  readonly settings: Setting[];
}

/** Variables that images, libraries and tools read by themselves. */
const READ_BY_OTHERS =
  /^(?:POSTGRES|PG|PGADMIN|MYSQL|MARIADB|MONGO|MONGODB|REDIS|RABBITMQ|MINIO|KAFKA|ZOOKEEPER|ELASTIC|ES|CLICKHOUSE|NATS|GF|GRAFANA|PROMETHEUS|KEYCLOAK|KC|COMPOSE|DOCKER|BUILDKIT|VITE|NEXT|NUXT|REACT_APP|VUE_APP|EXPO|NODE|NPM|YARN|PYTHON|PIP|JAVA|JVM|TRAEFIK|NGINX|CADDY|LETSENCRYPT|VIRTUAL|AWS|AZURE|GOOGLE|GCP|GCLOUD|CLOUDSDK|DD|DATADOG|SENTRY|NEW_RELIC|ELASTIC_APM|JAEGER|OTLP|GRPC|GO|GOOSE|MIGRATE|DBMATE|TF|TERRAFORM|ANSIBLE|SUPABASE|FIREBASE|TAG|IMAGE|REGISTRY|PUID|PGID|UID|GID|DEBIAN|LD|S6)(?:_|$)|_(?:IMAGE|TAG|REPLICAS|CONTAINER_NAME)$/;

/** Variables that libraries and servers of Python read by themselves. */
const READ_BY_PYTHON =
  /^(?:FLASK|WERKZEUG|DJANGO|GUNICORN|UVICORN|HYPERCORN|CELERY|FLOWER|WEB_CONCURRENCY|UV|POETRY|PDM|PIPENV|VIRTUAL_ENV|CONDA|OPENAI|ANTHROPIC|GEMINI|COHERE|GROQ|MISTRAL|DEEPSEEK|OPENROUTER|OLLAMA|LITELLM|LANGCHAIN|LANGSMITH|LANGFUSE|LLAMA|TAVILY|SERPAPI|SERPER|PINECONE|QDRANT|CHROMA|WEAVIATE|HF|HUGGINGFACE|HUGGINGFACEHUB|HUGGING_FACE|TRANSFORMERS|SENTENCE_TRANSFORMERS|TOKENIZERS|TORCH|PYTORCH|CUDA|NVIDIA|OMP|MKL|OPENBLAS|TF|KERAS|NLTK|TIKTOKEN|WANDB|MLFLOW|STREAMLIT|GRADIO|DASH|AIRFLOW|PREFECT|DAGSTER|JUPYTER|SQLALCHEMY|ALEMBIC|TWILIO|SLACK|PLAYWRIGHT|SELENIUM|TESSDATA|MPLCONFIGDIR|NUMBA|LOGURU|RICH|TQDM|SCARF|TORTOISE|PRISMA|CLOUDINARY|PYDANTIC|LOGFIRE|SMTP|MAIL|EMAIL)(?:_|$)|^(?:PG[A-Z]+|PYTHON\w+|PIP_\w+|MALLOC_\w+)$/;

/** Services, images and env files of Python code. */
function* pythonGroups(facts: FactView): Generator<Group> {
  for (const service of allFacts(facts, 'compose.service')) {
    const entry = entryOfService(facts, service);
    if (entry === null || isDevelopmentFile(service.place.path)) continue;
    const settings = service.value.environment
      .filter(({ set }) => set)
      .map(({ name, start, end }) => ({ name, place: placeIn(service, { start, end }), lines: null }));
    yield { path: service.place.path, language: 'python', directory: pythonHome(facts, entry), settings };
  }
  for (const image of allFacts(facts, 'image.file')) {
    const entry = entryOfImage(facts, image);
    if (entry === null || isDevelopmentFile(image.place.path)) continue;
    const settings = image.value.env.map(({ name, start, end }) => ({
      name,
      place: placeIn(image, { start, end }),
      lines: null,
    }));
    yield { path: image.place.path, language: 'python', directory: pythonHome(facts, entry), settings };
  }
}

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
    groups.push({ path: service.place.path, language: 'go', directory: module.value.directory, settings });
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
    if (module !== null) groups.push({ path, language: 'go', directory: module.value.directory, settings });
    else groups.push({ path, language: 'python', directory: directoryOf(path), settings });
  }
  groups.push(...pythonGroups(facts));
  return groups;
}

/** What the code of a group reads. */
interface Code {
  readonly names: ReadonlySet<string>;
  /** It may read variables whose names are made while it runs. */
  readonly automatic: boolean;
}

/** Whether a place is in the code of a group. */
function isIn(facts: FactView, { language, directory }: Group, path: string): boolean {
  if (language === 'go') return (moduleAround(facts, directoryOf(path))?.value.directory ?? '') === directory;
  return path.endsWith('.py') && (directory === '' || path.startsWith(`${directory}/`));
}

function codeOf(facts: FactView, reads: readonly EnvRead[], group: Group): Code {
  const names = new Set<string>();
  for (const { name, place, via } of reads) {
    if (via !== 'compose' && isIn(facts, group, place.path)) names.add(name);
  }
  const automatic = [...facts.all('env.automatic'), ...facts.all('env.tag-prefix')].some(({ place }) =>
    isIn(facts, group, place.path),
  );
  return { names, automatic };
}

/** Judges the variables of every file and service that sets more of them for the code than not. */
export function* judgeVariables(facts: FactView): Generator<WorkspaceVerdict> {
  const reads = envReads(facts);
  const known = new Set(reads.map(({ name }) => name));
  const prefixes = [...new Set(facts.all(PREFIX_FACT).map(({ key }) => key))];
  const isRead = (name: string, language: Group['language']): boolean =>
    prefixes.some((prefix) => name.startsWith(prefix)) ||
    known.has(name) ||
    facts.lookup('env.named', name).length > 0 ||
    facts.lookup('env.other-read', name).length > 0 ||
    (language === 'python' && isMentioned(facts, name));
  const said = new Set<string>();
  const codes = new Map<string, Code>();
  for (const group of groupsOf(facts)) {
    const { path, language, directory, settings } = group;
    const key = `${language} ${directory}`;
    const code = codes.get(key) ?? codeOf(facts, reads, group);
    codes.set(key, code);
    const own = code.names;
    if (own.size === 0 || code.automatic || facts.role(path) !== 'production') continue;
    const relevant = settings.filter(
      ({ name }) =>
        !isForeignVariable(name) && !READ_BY_OTHERS.test(name) && (language === 'go' || !READ_BY_PYTHON.test(name)),
    );
    // A file of which the code reads little is for something else.
    if (relevant.filter(({ name }) => own.has(name)).length * 2 < relevant.length) continue;
    for (const { name, place, lines } of relevant) {
      if (isRead(name, language)) {
        if (own.has(name)) yield { kind: 'pass', subject: place };
        continue;
      }
      // Said once: example and values are copies of each other.
      if (said.has(`${directory}\n${name}`)) continue;
      said.add(`${directory}\n${name}`);
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

/** Whether Python code has the name somewhere: as it is, or as a field of settings is called. */
function isMentioned(facts: FactView, name: string): boolean {
  return [name, name.toLowerCase()].some((word) =>
    facts.mentions('python.mentions', word).some((path) => path.endsWith('.py')),
  );
}
