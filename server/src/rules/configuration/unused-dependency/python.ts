/**
 * Python: well-known distributions that an application requires and no file of the workspace imports or mentions. Only
 * those that do nothing unless they are imported; drivers, plug-ins, servers and what frameworks load by themselves are
 * not among them, and neither is what a list that a tool wrote names for others.
 */
import type { Fix, Verdict, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { type FactView, fact, type NodeDetector, SHORTEST_WORD } from '../../../core/rulekit/rule.ts';
import { allFacts, type TypedFact } from '../../../knowledge/facts.ts';
import { isDevelopmentFile } from '../../../knowledge/go/deployments.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { stringValue } from '../../../languages/python/strings.ts';
import { positionalArguments } from '../../../languages/python/syntax.ts';

/** Modules by distribution, for distributions that are used by importing them alone. */
const MODULES: Readonly<Record<string, string>> = {
  anthropic: 'anthropic',
  apscheduler: 'apscheduler',
  arrow: 'arrow',
  beautifulsoup4: 'bs4',
  boto3: 'boto3',
  'confluent-kafka': 'confluent_kafka',
  'discord-py': 'discord',
  docker: 'docker',
  elasticsearch: 'elasticsearch',
  faker: 'faker',
  fastapi: 'fastapi',
  flask: 'flask',
  'flask-cors': 'flask_cors',
  'flask-login': 'flask_login',
  'flask-sqlalchemy': 'flask_sqlalchemy',
  'google-generativeai': 'google',
  gtts: 'gtts',
  'kafka-python': 'kafka',
  langchain: 'langchain',
  langgraph: 'langgraph',
  lightgbm: 'lightgbm',
  loguru: 'loguru',
  marshmallow: 'marshmallow',
  matplotlib: 'matplotlib mpl_toolkits pylab',
  motor: 'motor',
  moviepy: 'moviepy',
  openai: 'openai',
  'opencv-python': 'cv2',
  'opencv-python-headless': 'cv2',
  pandas: 'pandas',
  paramiko: 'paramiko',
  passlib: 'passlib',
  peewee: 'peewee playhouse',
  pendulum: 'pendulum',
  plotly: 'plotly',
  praw: 'praw',
  pydub: 'pydub',
  pyjwt: 'jwt',
  pymongo: 'pymongo bson gridfs',
  pypdf2: 'PyPDF2',
  pypdf: 'pypdf',
  pytesseract: 'pytesseract',
  'python-docx': 'docx',
  'python-jose': 'jose',
  'python-pptx': 'pptx',
  'python-slugify': 'slugify',
  'python-telegram-bot': 'telegram',
  qrcode: 'qrcode',
  reportlab: 'reportlab',
  requests: 'requests',
  'scikit-learn': 'sklearn',
  scrapy: 'scrapy',
  seaborn: 'seaborn',
  selenium: 'selenium',
  sendgrid: 'sendgrid',
  schedule: 'schedule',
  'sentry-sdk': 'sentry_sdk',
  'slack-sdk': 'slack_sdk slack',
  slowapi: 'slowapi',
  spacy: 'spacy',
  speechrecognition: 'speech_recognition',
  sqlmodel: 'sqlmodel',
  statsmodels: 'statsmodels',
  streamlit: 'streamlit',
  stripe: 'stripe',
  structlog: 'structlog',
  sympy: 'sympy',
  termcolor: 'termcolor',
  tweepy: 'tweepy',
  twilio: 'twilio',
  typer: 'typer',
  xgboost: 'xgboost',
  xmltodict: 'xmltodict',
};

/** Distributions that nobody asks for by name: a list with several of them was written by a tool. */
const BROUGHT = new Set([
  'certifi',
  'charset-normalizer',
  'idna',
  'markupsafe',
  'six',
  'sniffio',
  'h11',
  'typing-extensions',
  'pycparser',
  'annotated-types',
  'itsdangerous',
  'pyasn1',
  'soupsieve',
  'httpcore',
  'urllib3',
]);

/** What others load by themselves when it is there: readers of documents, stores, signatures of tokens, test clients. */
const LOADED: readonly (readonly [by: RegExp, loaded: RegExp])[] = [
  [
    /^(?:unstructured|langchain|llama-index|haystack)/,
    /^(?:beautifulsoup4|langchain|pandas|opencv|openai|anthropic|elasticsearch|py|python-|reportlab|selenium|spacy|scikit|requests|boto3|google)/,
  ],
  [/^(?:fastapi|starlette)$/, /^requests$/],
  [
    /^(?:ultralytics|easyocr|moviepy|torch|transformers|sentence-transformers)/,
    /^(?:opencv|pandas|matplotlib|seaborn|requests|scikit)/,
  ],
  [
    /^(?:django-(?:storages|anymail|ses|s3-storage)|s3fs|smart-open|zappa|watchtower)$/,
    /^(?:boto3|paramiko|google|requests)/,
  ],
  [
    /^(?:django-allauth|social-auth-\w|msal|djangorestframework-simplejwt|flask-jwt|fastapi-users|authlib)/,
    /^(?:pyjwt|python-jose|passlib|requests)$/,
  ],
  [
    /^(?:celery|kombu|dramatiq|django-celery|apscheduler|flask-apscheduler)/,
    /^(?:boto3|pymongo|elasticsearch|apscheduler|docker)$/,
  ],
  [/^(?:mongoengine|beanie|odmantic|motor|flask-pymongo|djongo)$/, /^(?:pymongo|motor)$/],
  [/^(?:flask-|dash|connexion|apiflask)/, /^(?:flask|marshmallow|plotly|apscheduler)$/],
  [/^(?:litellm|instructor|crewai|autogen|pydantic-ai|guardrails)/, /^(?:openai|anthropic|google|tiktoken)/],
  [/^(?:pandas|polars|dask)$/, /^(?:matplotlib|requests|beautifulsoup4|boto3|seaborn)$/],
  [/^(?:ansible|moto|testcontainers)/, /^(?:docker|boto3|paramiko|requests)$/],
];

/** Whoever works with these imports what they like, at a prompt. */
const AT_A_PROMPT = /^(?:jupyter|jupyterlab|notebook|ipython|ipykernel)$/;

type RequirementFact = TypedFact<'python.requirement'>;

function removal({ value, place }: RequirementFact): readonly Fix[] {
  if (value.line === null) return [];
  const at = { ...place, span: { start: value.line.start, end: value.line.end } };
  return [
    {
      title: 'Delete the line',
      safety: 'suggestion',
      preferred: true,
      edits: [{ kind: 'replaceAt', place: at, newText: '' }],
    },
  ];
}

const LOADER_FACT = 'unused-dependency.loader';

/** `__import__(f"shop.plugins.{name}")`: plug-ins that are put there later import what they need. */
export const loaders: NodeDetector<unknown, PythonNode> = {
  kinds: ['call'],
  triggers: ['import_module', '__import__'],
  calls: (name) => name === 'import_module' || name === '__import__',
  *check(node): Iterable<Verdict> {
    const [name] = positionalArguments(node);
    if (name === undefined || stringValue(name) !== null) return;
    if (/plugin|add_?on|extension/i.test(node.tree.text)) yield fact(LOADER_FACT, 'plug-ins', null, node);
  },
};

export function* judgePython(facts: FactView): Generator<WorkspaceVerdict> {
  if (facts.all('python.requirement').length === 0 || facts.all('python.file').length === 0) return;
  // Whose plug-ins are not in the workspace cannot be told.
  const hasPlugins = facts.lookup(LOADER_FACT, 'plug-ins').some(({ place }) => facts.role(place.path) === 'production');
  const requirements = allFacts(facts, 'python.requirement');
  const brought = new Map<string, number>();
  const prompted = new Set(requirements.flatMap(({ key, place }) => (AT_A_PROMPT.test(key) ? [place.path] : [])));
  for (const { key, place } of requirements)
    if (BROUGHT.has(key)) brought.set(place.path, (brought.get(place.path) ?? 0) + 1);
  const imported = new Set<string>();
  for (const { key } of facts.all('python.import')) imported.add(key.split('.', 1)[0]!);
  const isLoaded = (name: string): boolean =>
    LOADED.some(([by, loaded]) => loaded.test(name) && requirements.some(({ key }) => by.test(key)));
  const packages = new Set(facts.all('python.package').map(({ key }) => key));
  for (const requirement of requirements) {
    const { key, value, place } = requirement;
    const modules = MODULES[key]?.split(' ');
    if (modules === undefined || facts.role(place.path) !== 'production' || value.development || value.explained)
      continue;
    if (isDevelopmentFile(place.path) || /constraints|optional|(?:^|\/)setup\.(?:py|cfg)$/.test(place.path)) continue;
    if (modules.some((module) => imported.has(module))) {
      yield { kind: 'pass', subject: place };
      continue;
    }
    if (
      hasPlugins ||
      prompted.has(place.path) ||
      isLoaded(key) ||
      packages.has(place.path) ||
      (brought.get(place.path) ?? 0) >= 2
    )
      continue;
    const isMentioned = modules.some(
      (module) =>
        facts.lookup('python.reference', module).length > 0 ||
        (module.length >= SHORTEST_WORD &&
          facts.mentions('python.mentions', module).some((path) => path !== place.path)),
    );
    if (isMentioned) continue;
    yield {
      kind: 'fail',
      subject: place,
      message: 'distribution',
      args: { name: key, module: modules[0]! },
      fixes: removal(requirement),
    };
  }
}
