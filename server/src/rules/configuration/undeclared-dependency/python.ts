/**
 * Python: distributions that production code imports and no manifest names, or only in a comment. What a named
 * distribution is known to bring along counts as there, and so does what a command installs. Imports that are tried
 * are reported only when the manifest holds their distribution as a comment. Nothing is resolved beyond that.
 */
import type { Fact, Fix, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import type { FactView } from '../../../core/rulekit/rule.ts';
import { normalizedName } from '../../../formats/requirements.ts';
import { allFacts } from '../../../knowledge/facts.ts';
import { pythonModules } from '../../../knowledge/python/modules.ts';

/** Distributions that others bring along, by who does. */
const BRINGS: readonly (readonly [by: string, brought: string])[] = [
  ['fastapi', 'starlette pydantic anyio typing-extensions'],
  ['fastapi-slim', 'starlette pydantic anyio typing-extensions'],
  ['starlette', 'anyio'],
  ['sqlmodel', 'sqlalchemy pydantic'],
  ['pydantic', 'typing-extensions pydantic-core annotated-types'],
  ['pydantic-settings', 'pydantic python-dotenv'],
  ['pydantic-extra-types', 'pydantic'],
  ['uvicorn', 'click h11'],
  ['typer', 'click rich'],
  ['flask', 'werkzeug jinja2 click itsdangerous markupsafe blinker'],
  ['jinja2', 'markupsafe'],
  ['werkzeug', 'markupsafe'],
  ['requests', 'urllib3 certifi idna charset-normalizer'],
  ['httpx', 'httpcore certifi anyio h11 idna sniffio'],
  ['openai', 'httpx pydantic anyio tqdm typing-extensions'],
  ['anthropic', 'httpx pydantic anyio typing-extensions'],
  ['aiohttp', 'yarl multidict attrs aiosignal frozenlist'],
  ['boto3', 'botocore s3transfer python-dateutil urllib3'],
  ['botocore', 'python-dateutil urllib3'],
  ['aioboto3', 'boto3 botocore aiobotocore aiohttp'],
  ['pandas', 'numpy python-dateutil pytz'],
  ['scikit-learn', 'numpy scipy joblib'],
  ['scipy', 'numpy'],
  ['matplotlib', 'numpy pillow python-dateutil'],
  ['seaborn', 'matplotlib numpy pandas'],
  ['torch', 'numpy'],
  ['torchvision', 'torch numpy pillow'],
  ['transformers', 'numpy huggingface-hub pyyaml requests tqdm tokenizers'],
  ['sentence-transformers', 'torch transformers numpy scikit-learn scipy huggingface-hub pillow tqdm'],
  ['tensorflow', 'numpy keras'],
  ['faiss-cpu', 'numpy'],
  ['streamlit', 'pandas numpy pillow requests altair'],
  ['opencv-python', 'numpy'],
  ['opencv-python-headless', 'numpy opencv-python'],
  ['django', 'asgiref sqlparse'],
  ['djangorestframework', 'django asgiref'],
  ['celery', 'kombu billiard vine amqp click'],
  ['kombu', 'amqp vine'],
  ['sqlalchemy', 'greenlet typing-extensions'],
  ['alembic', 'sqlalchemy mako'],
  ['flask-sqlalchemy', 'sqlalchemy flask'],
  ['flask-migrate', 'alembic flask flask-sqlalchemy'],
  ['flask-wtf', 'wtforms flask'],
  ['beautifulsoup4', 'soupsieve'],
  ['cryptography', 'cffi'],
  ['python-jose', 'ecdsa rsa cryptography'],
  ['passlib', 'bcrypt argon2-cffi'],
  ['email-validator', 'dnspython idna'],
  ['google-generativeai', 'google-api-core google-auth protobuf pydantic'],
  ['langchain', 'langchain-core pydantic requests sqlalchemy pyyaml tenacity numpy'],
  ['langchain-core', 'pydantic pyyaml tenacity'],
  ['langchain-community', 'langchain-core langchain pydantic requests sqlalchemy numpy aiohttp'],
  ['langchain-openai', 'openai tiktoken langchain-core'],
  ['langgraph', 'langchain-core pydantic'],
  ['chromadb', 'numpy pydantic fastapi uvicorn requests'],
  ['aiogram', 'aiohttp pydantic'],
  ['scrapy', 'twisted parsel lxml itemloaders w3lib cryptography'],
  ['selenium', 'urllib3 certifi'],
  ['gevent', 'greenlet'],
  ['logfire', 'opentelemetry opentelemetry-api opentelemetry-sdk rich protobuf typing-extensions executing'],
  ['mcp', 'starlette pydantic pydantic-settings httpx anyio uvicorn sse-starlette jsonschema pyjwt'],
  ['fastmcp', 'mcp starlette pydantic httpx anyio uvicorn rich authlib python-dotenv cyclopts'],
  ['rich', 'pygments'],
  ['pytest', 'pluggy iniconfig packaging'],
];

/** Distributions that are one module under several names. */
const SAME: readonly (readonly string[])[] = [
  ['psycopg2', 'psycopg2-binary'],
  ['opencv-python', 'opencv-python-headless', 'opencv-contrib-python', 'opencv-contrib-python-headless'],
  ['mysql', 'mysql-connector-python', 'mysql-connector'],
  ['pyjwt', 'jwt', 'python-jwt'],
  ['setuptools', 'distribute'],
  ['python-magic', 'python-magic-bin', 'filemagic'],
  ['pymupdf', 'fitz'],
  ['faiss', 'faiss-cpu', 'faiss-gpu'],
];

function sameAs(distribution: string): readonly string[] {
  return SAME.find((group) => group.includes(distribution)) ?? [distribution];
}

/** Whether a required distribution brings another along, at any depth. */
function isBrought(distribution: string, requirements: ReadonlySet<string>): boolean {
  const there = new Set(requirements);
  for (let grows = true; grows; ) {
    grows = false;
    for (const [by, list] of BRINGS) {
      if (!there.has(by)) continue;
      for (const brought of list.split(' ')) {
        if (there.has(brought)) continue;
        there.add(brought);
        grows = true;
      }
    }
  }
  return sameAs(distribution).some((name) => there.has(name));
}

/** Well-known modules that a framework or platform brings, so that no manifest names them. */
const PLATFORM =
  /^(?:setuptools|pip|wheel|pkg_resources|win32\w*|pythoncom|google|airflow|pyspark|bpy|maya|dbt|pytest|_pytest|hypothesis|IPython|ipywidgets|cython|Cython|distutils|nox|invoke|fabric)$/;

export function* judgePython(facts: FactView): Generator<WorkspaceVerdict> {
  const requirements = facts.all('python.requirement');
  // A pyproject.toml with nothing but the settings of tools says nothing of what is required.
  const listing = new Set(requirements.map(({ place }) => place.path));
  const manifests = allFacts(facts, 'python.manifest').filter(({ place }) => listing.has(place.path));
  if (manifests.length === 0) return;
  const modules = pythonModules(facts);
  // `dramatiq[redis]` asks for the client by the name of its extra.
  const extras = new Set(
    allFacts(facts, 'python.requirement').flatMap(({ value }) =>
      value.development ? [] : value.extras.map(normalizedName),
    ),
  );
  const comments = new Map(facts.all('python.requirement.comment').map((item): [string, Fact] => [item.key, item]));
  const said = new Set<string>();
  let judged = false;
  const decided = new Map<string, boolean>();
  for (const found of allFacts(facts, 'python.import')) {
    const { key: module, value, place } = found;
    if (facts.role(place.path) !== 'production' || module.startsWith('.') || value.typing) continue;
    const first = module.split('.', 1)[0]!;
    if (PLATFORM.test(first)) continue;
    const target = modules.resolve(module, place.path);
    if (target.kind === 'dependency' && target.declared) {
      judged = true;
      continue;
    }
    const plain = target.kind === 'dependency' ? target.distribution : normalizedName(first);
    const names = [...new Set([...sameAs(plain), normalizedName(first), ...sameAs(normalizedName(first))])];
    const comment = names.map((name) => comments.get(name)).find((item) => item !== undefined);
    if (target.kind !== 'dependency' && (target.kind !== 'unknown' || comment === undefined)) continue;
    if (comment === undefined && (value.optional || value.conditional || value.inFunction)) continue;
    let isThere = decided.get(plain);
    if (isThere === undefined) {
      isThere =
        isBrought(plain, modules.requirements) ||
        names.some((name) => extras.has(name)) ||
        names.some((name) => facts.lookup('python.installed', name).length > 0);
      decided.set(plain, isThere);
    }
    // A manifest beside the code or above it has to name it; of code without one nothing is known.
    const isCovered = manifests.some(
      ({ value: { directory } }) => directory === '' || place.path.startsWith(`${directory}/`),
    );
    if (isThere || !isCovered) continue;
    // Once for each file: the other imports of it lead to the same line.
    if (said.has(`${place.path}\n${first}`)) continue;
    said.add(`${place.path}\n${first}`);
    const manifest =
      comment?.place.path ??
      nearest(
        place.path,
        manifests.map((item) => item.place.path),
      );
    yield {
      kind: 'fail',
      subject: place,
      message: comment === undefined ? 'distribution' : 'commented',
      args: { path: module, manifest, distribution: comment?.key ?? plain },
      ...(value.optional || value.inFunction
        ? { severity: 'low' }
        : comment === undefined
          ? { severity: 'medium' }
          : {}),
      fixes: comment === undefined ? [] : [uncommented(comment)],
    };
  }
  if (judged) for (const manifest of manifests) yield { kind: 'pass', subject: manifest.place };
}

function nearest(path: string, manifests: readonly string[]): string {
  const depth = (manifest: string): number => {
    const folder = manifest.slice(0, manifest.lastIndexOf('/') + 1);
    return path.startsWith(folder) ? folder.length : -1;
  };
  // Of those in one folder the one that is for production: `requirements.txt` before `requirements-dev.txt`.
  const aside = (manifest: string): number =>
    /(?:dev|test|doc|lint|ci|build)\w*\.(?:txt|in)$/i.test(manifest) ? 1 : 0;
  return [...manifests].sort((left, right) => depth(right) - depth(left) || aside(left) - aside(right))[0] ?? '';
}

function uncommented(comment: Fact): Fix {
  return {
    title: `Require ${comment.key}`,
    safety: 'suggestion',
    preferred: true,
    edits: [{ kind: 'replaceAt', place: comment.place, newText: '' }],
  };
}
