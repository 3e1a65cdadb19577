/** Programs with many settings from the environment that neither a type, a schema nor one document describes. */
import type { WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView, fact, type TextDetector } from '../../../core/rulekit/rule.ts';
import { ENV_READ_FACTS, envReads } from '../../../knowledge/project/envReads.ts';
import { isForeignVariable } from '../../../knowledge/project/platformVariables.ts';
import { ANY_SERVICE_FACTS, anyServicesOf } from '../../../knowledge/services.ts';

/** Fewer settings can be found by reading. */
const LEAST = 10;
/** Share of the settings that a document has to list. */
const SHARE = 0.75;

/** Key: path. Names in capitals of a document, joined by blanks. */
const LISTED = 'missing-config-schema.listed';
/** Key: path. Settings have types, or a schema. */
const TYPED = 'missing-config-schema.typed';

const TYPES =
  /"github\.com\/(?:spf13\/viper|knadh\/koanf|kelseyhightower\/envconfig|sethvargo\/go-envconfig|caarlos0\/env|ilyakaznacheev\/cleanenv|joeshaw\/envdecode|vrischmann\/envconfig|alecthomas\/kong|jessevdk\/go-flags|peterbourgon\/ff)|\b(?:pydantic_settings|BaseSettings|environs|dynaconf|starlette\.config|decouple|django-environ|environ\.Env|everett|hydra|traitlets\.config|oslo_config)\b/;

const documents: TextDetector = {
  text: true,
  *check(text, ctx) {
    if (ctx.file.language !== 'markdown') return;
    const names = new Set(text.match(/\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*\b/g) ?? []);
    if (names.size >= LEAST / 2) yield fact(LISTED, ctx.file.path, [...names].join(' '), { start: 0, end: 0 });
  },
};

const types: TextDetector = {
  text: true,
  triggers: [
    ...[
      'viper',
      'koanf',
      'envconfig',
      'caarlos0',
      'cleanenv',
      'envdecode',
      'kong',
      'go-flags',
      'peterbourgon',
      'BaseSettings',
    ],
    ...['pydantic_settings', 'environs', 'dynaconf', 'starlette.config', 'decouple', 'environ.Env', 'everett', 'hydra'],
    ...['traitlets.config', 'oslo_config', '"properties"'],
  ],
  *check(text, ctx) {
    const { path, language } = ctx.file;
    const isTyped = (language === 'go' || language === 'python') && TYPES.test(text);
    const isSchema =
      language === 'json' &&
      text.includes('"properties"') &&
      /(?:config|settings|env|values)[\w.-]*schema|schema[\w.-]*(?:config|settings|env)/i.test(path);
    if (isTyped || isSchema) yield fact(TYPED, path, null, { start: 0, end: 0 });
  },
};

function* judge(facts: FactView): Generator<WorkspaceVerdict> {
  if (anyServicesOf(facts).length === 0) return;
  const reads = envReads(facts).filter(({ name, via }) => via !== 'compose' && !isForeignVariable(name));
  const names = new Set(reads.map(({ name }) => name));
  const [first] = reads;
  if (first === undefined || names.size < LEAST) return;
  const subject = first.place;
  if (facts.all(TYPED).some(({ place }) => facts.role(place.path) === 'production')) {
    yield { kind: 'pass', subject, note: 'Its settings have types.' };
    return;
  }
  let most = 0;
  for (const { value } of facts.all(LISTED)) {
    const listed = new Set((value as string).split(' '));
    most = Math.max(most, [...names].filter((name) => listed.has(name)).length);
  }
  if (most >= SHARE * names.size) yield { kind: 'pass', subject, note: 'A document lists its settings.' };
  else
    yield {
      kind: 'fail',
      subject,
      message: most === 0 ? 'none' : 'part',
      args: { count: String(names.size), listed: String(most) },
    };
}

export const rule = defineRule({
  id: 'missing-config-schema',
  title: 'Settings without a schema or reference',
  category: 'configuration',
  severity: 'low',
  confidence: 'heuristic',
  stage: 'stable',
  docs: {
    what: 'The services of the workspace read ten or more variables of the environment, and neither a library reads them into a type, nor is there a JSON schema, nor does one document list three quarters of them. An example env file helps, but says nothing of types, units and what is required. Once for each workspace, at the first variable that is read.',
    why: 'Whoever operates the service guesses names, units and defaults; a misspelt variable or seconds in place of milliseconds is found in production.',
    howToFix:
      'Read all settings into one type that checks them when the program starts (pydantic-settings, envconfig), or keep a reference with name, type, default and meaning of each.',
    refs: ['https://12factor.net/config'],
  },
  messages: {
    none: '{count} variables are read, and no type, schema or document describes them; read them into one type, or list them.',
    part: 'Of {count} variables that are read no document lists more than {listed}; read them into one type, or complete the list.',
  },
  effort: { each: [60, 240] },
  fix: 'none',
  on: { any: [documents, types] },
  workspace: { partition: 'workspace', reads: [...ENV_READ_FACTS, LISTED, ...ANY_SERVICE_FACTS], judge },
});
