/**
 * Environment variables that Python code reads: os.environ and os.getenv, decouple, environs, django-environ, starlette's
 * Config, Click, and fields of pydantic's settings classes. States the facts of knowledge/project/env.ts. Names that are
 * put together while running are stated as `env.automatic`, since any variable may be meant.
 */
import { OWN_ROLES } from '../../core/model/file.ts';
import type { FactVerdict } from '../../core/model/verdict.ts';
import { type ChunkContext, type Extractor, fact, type NodeDetector } from '../../core/rulekit/rule.ts';
import { callChain, chainOf, headerOf } from '../../languages/python/chains.ts';
import { importsModule, type PythonHeader } from '../../languages/python/header.ts';
import type { PythonNode } from '../../languages/python/nodes.gen.ts';
import { constantText, constantValue, stringValue } from '../../languages/python/strings.ts';
import {
  argumentOf,
  basesOf,
  calledName,
  definedName,
  enclosingFunction,
  keywordArgument,
  parametersOf,
  positionalArguments,
  statementsOf,
  syntaxChildren,
  unparenthesized,
} from '../../languages/python/syntax.ts';
import { state } from '../facts.ts';

const NAME = /^[A-Za-z_]\w*$/;
const VARIABLE = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$/;
const READERS = /^os\.(?:getenv|getenvb|environ\.(?:get|pop|setdefault))$/;
/** Readers of libraries whose first argument is the variable. */
const LIBRARIES =
  /^(?:decouple\.(?:config|AutoConfig\(\))|environs\.Env\(\)(?:\.\w+)?|environ\.(?:Env|FileAwareEnv)\(\)(?:\.\w+)?|starlette\.config\.Config\(\)|envparse\.env(?:\.\w+)?|env\.\w+)$/;

function* readOf(
  argument: PythonNode,
  node: PythonNode,
  fallback: PythonNode | null,
  ctx: ChunkContext,
): Generator<FactVerdict> {
  const name = constantText(argument, ctx);
  if (name === null) {
    if (argument.kind === 'identifier') {
      const owner = enclosingFunction(argument);
      const index = owner === null ? -1 : parametersOf(owner).findIndex((own) => own.name === argument.text);
      if (owner?.kind === 'function_definition' && index >= 0) {
        const fails = /\braise\b|\bsys\.exit\(/.test(owner.text);
        yield fact('env.wrapper', definedName(owner), { index, calls: '', fails }, node);
        return;
      }
    }
    yield state('env.automatic', argument.text.slice(0, 80), null, node);
    return;
  }
  if (!NAME.test(name)) return;
  if (ctx.file.role !== 'production') {
    yield state('env.named', name, null, node);
    return;
  }
  yield fact('env.read', name, { via: isOfMain(node) ? 'main' : 'os' }, node);
  if (node.kind === 'subscript') yield fact('env.required', name, null, node);
  const value = fallback === null ? null : constantValue(fallback, ctx);
  if (value === null) return;
  const given = { value: String(value), by: 'os' };
  yield state('env.default', name, isOfCase(node) ? { ...given, branch: true } : given, fallback!);
}

/** Whether code is for one case of several: `if engine == "mysql":`. */
function isOfCase(node: PythonNode): boolean {
  for (let around = node.ancestor('if_statement', 'elif_clause', 'case_clause'); around !== null; ) {
    if (around.kind === 'case_clause' || /(?:==|\bin\b)[^=]*["']/.test(around.child('condition')?.text ?? ''))
      return true;
    around = around.ancestor('if_statement', 'elif_clause', 'case_clause');
  }
  return false;
}

/** Whether code runs only when its file is started itself. */
function isOfMain(node: PythonNode): boolean {
  const around = node.ancestor('if_statement', 'function_definition', 'class_definition');
  return around?.kind === 'if_statement' && /^if\s+\(?\s*__name__\s*==/.test(around.text);
}

const calls: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call', 'subscript'],
  triggers: ['environ', 'getenv', 'decouple', 'config(', 'env(', 'env.', 'Env', 'envvar'],
  when: (node) => node.kind === 'call' || /environ\s*$/.test(node.child('value')?.text ?? ''),
  *check(node, ctx) {
    if (node.kind === 'subscript') {
      const value = node.child('value');
      const key = node.child('subscript');
      if (value === null || key === null || chainOf(value, ctx) !== 'os.environ') return;
      // `os.environ["X"] = value` and `del os.environ["X"]` read nothing.
      if (node.parent?.kind === 'assignment' && node.field === 'left') return;
      if (node.parent?.kind === 'delete_statement') return;
      yield* readOf(key, node, null, ctx);
      return;
    }
    const name = calledName(node);
    const variable = keywordArgument(node, 'envvar');
    if (variable !== null && /^(?:option|Option|argument|Argument)$/.test(name)) {
      const items = variable.kind === 'list' ? syntaxChildren(variable) : [variable];
      for (const item of items) {
        const text = stringValue(item);
        if (text !== null && NAME.test(text)) yield fact('env.read', text, { via: 'click' }, node);
      }
      return;
    }
    const chain = callChain(node, ctx);
    const first = positionalArguments(node)[0];
    // `os.environ.setdefault("X", "y")` alone is for somebody else who reads it.
    if (chain === 'os.environ.setdefault' && node.parent?.kind === 'expression_statement') {
      const text = first === undefined ? null : stringValue(first);
      if (text !== null && NAME.test(text)) yield fact('env.given', text, null, node);
      return;
    }
    if (READERS.test(chain)) {
      const key = argumentOf(node, 'key', 0);
      if (key !== null) yield* readOf(key, node, argumentOf(node, 'default', 1), ctx);
      return;
    }
    if (first !== undefined && LIBRARIES.test(chain)) {
      const text = stringValue(first);
      if (text === null || !NAME.test(text) || !VARIABLE.test(text)) return;
      yield* readOf(first, node, argumentOf(node, 'default', 1), ctx);
    }
  },
};

/** A call of a function of the file or workspace that may read the variable which it is given. */
const wrapperCalls: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['env', 'setting', 'config', 'Setting', 'Config'],
  calls: (name) => /env|setting|config|secret|require|get_(?:bool|int|str|list|path)/i.test(name),
  *check(node, ctx) {
    const name = calledName(node);
    for (const [index, value] of positionalArguments(node).slice(0, 3).entries()) {
      const text = stringValue(value);
      if (text === null || !VARIABLE.test(text) || text.length < 3) continue;
      const chain = callChain(node, ctx);
      if (READERS.test(chain) || LIBRARIES.test(chain)) return;
      yield state('env.named', text, null, node);
      const call = { name: text, index, package: '', constant: '', constantPackage: '' };
      yield fact('env.wrapper-call', name, call, node);
    }
  },
};

/** Types that are read of one text. */
const PLAIN_TYPE =
  /^(?:Optional\[|Annotated\[|Union\[)?(?:str|int|float|bool|list|set|tuple|dict|List|Set|Dict|Literal|Path|Any|Secret\w*|\w*Url|\w*Dsn|EmailStr|timedelta|Decimal|UUID|IPvAnyAddress)\b/;
const SETTINGS_BASE = /(?:^|\.)(?:\w*BaseSettings|\w*Settings)$/;

/** Fields of `class Settings(BaseSettings)`: the variable is the prefix and the name of the field, or an alias. */
const settings: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['class_definition'],
  triggers: ['Settings'],
  *check(node, ctx) {
    const header = headerOf(ctx);
    if (!importsModule(header, 'pydantic_settings') && !importsModule(header, 'pydantic')) return;
    const isSettings = basesOf(node).some((base) => SETTINGS_BASE.test(base.text));
    if (!isSettings) return;
    const { text } = node;
    const prefix = /env_prefix\s*[=:]\s*["']([^"']*)["']/.exec(text)?.[1] ?? '';
    if (/env_prefix\s*[=:]\s*[^"'\s]/.test(text)) {
      yield state('env.automatic', 'prefix', null, node.child('name') ?? node);
      return;
    }
    for (const statement of statementsOf(node)) {
      const assignment = syntaxChildren(statement)[0];
      if (statement.kind !== 'expression_statement' || assignment?.kind !== 'assignment') continue;
      const left = assignment.child('left');
      const type = assignment.child('type');
      const value = assignment.child('right');
      if (left?.kind !== 'identifier' || type === null || /^model_config$|^_/.test(left.text)) continue;
      if (/^ClassVar\b/.test(type.text)) continue;
      yield state('env.setting', left.text, { owner: definedName(node) }, left);
      const inner = value === null ? null : unparenthesized(value);
      const field =
        inner?.kind === 'call' && /^(?:\w+\.)?Field$/.test(inner.child('function')?.text ?? '') ? inner : null;
      const alias =
        field === null ? null : (keywordArgument(field, 'validation_alias') ?? keywordArgument(field, 'alias'));
      const env = field === null ? null : keywordArgument(field, 'env');
      const written = env ?? alias;
      const name = written === null ? `${prefix}${left.text}`.toUpperCase() : stringValue(written);
      if (name === null || !NAME.test(name)) {
        for (const match of (written?.text ?? '').matchAll(/["']([A-Za-z_]\w*)["']/g)) {
          yield state('env.named', match[1]!, null, left);
        }
        continue;
      }
      // A type of the file is a group of settings of its own.
      if (header.classes.some((own) => type.text.includes(own.name)) && value !== null) continue;
      if (!PLAIN_TYPE.test(type.text)) {
        yield state('env.named', name.toUpperCase(), null, left);
        continue;
      }
      const fallback =
        field === null ? value : (argumentOf(field, 'default', 0) ?? keywordArgument(field, 'default_factory'));
      const constant = fallback === null ? null : constantValue(fallback, ctx);
      // What has a value in the code may not be meant to be set at all.
      const via = fallback === null || fallback.kind === 'ellipsis' ? 'settings' : 'default';
      yield fact('env.read', name.toUpperCase(), { via }, left);
      if (constant !== null) {
        yield state('env.default', name.toUpperCase(), { value: String(constant), by: 'settings' }, fallback!);
      }
    }
  },
};

/** `if not key: raise ValueError("API_KEY is missing")`: the text of the error names the variable. */
const checks: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['if_statement'],
  triggers: ['raise', 'exit('],
  *check(node) {
    const condition = node.child('condition')?.text ?? '';
    const body = node.child('consequence');
    if (body === null || !/^not [\w.]+$|^[\w.]+ is None$|^[\w.]+ == ["']{2}$/.test(condition)) return;
    const stops = statementsOf(body).some((statement) => /^(?:raise\b|(?:sys\.)?exit\()/.test(statement.text));
    if (!stops || body.end - body.start > 1_000) return;
    const names = new Set([...body.text.matchAll(/(?<!\w)[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?!\w)/g)].map(([name]) => name));
    if (names.size === 1) yield fact('env.required', [...names][0]!, null, node);
  },
};

/** `for name in os.environ`, `dict(os.environ)`, `env_nested_delimiter`. */
const automatic: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['attribute', 'keyword_argument'],
  triggers: ['environ', 'env_nested_delimiter'],
  when: (node) => /(?:^|\.)environ$|^env_nested_delimiter/.test(node.text.slice(0, 60)),
  *check(node, ctx) {
    if (node.kind === 'keyword_argument') {
      yield state('env.automatic', 'nested', null, node);
      return;
    }
    if (chainOf(node, ctx) !== 'os.environ') return;
    const { parent } = node;
    const iterated =
      (parent?.kind === 'for_statement' && node.field === 'right') ||
      parent?.kind === 'for_in_clause' ||
      (parent?.kind === 'attribute' && /^(?:items|keys)$/.test(parent.child('attribute')?.text ?? ''));
    if (iterated) yield state('env.automatic', 'environ', null, node);
  },
};

/** `env["X"] = value`: the program gives the variable to itself or to a program that it starts. */
const given: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['assignment'],
  triggers: ['env'],
  when: (node) => node.child('left')?.kind === 'subscript' && /env(?:iron)?\s*\[/i.test(node.child('left')!.text),
  *check(node) {
    const key = node.child('left')?.child('subscript') ?? null;
    const name = key === null ? null : stringValue(key);
    if (name !== null && NAME.test(name)) yield fact('env.given', name, null, node);
  },
};

/** Long texts of Python describe variables, too: module docstrings and help. */
const named: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['string'],
  triggers: ['_'],
  when: (node) => node.end - node.start > 4 && node.end - node.start < 60,
  *check(node) {
    const list = node.parent?.kind;
    if (list !== 'list' && list !== 'tuple' && list !== 'set' && list !== 'pair' && list !== 'keyword_argument') return;
    const text = stringValue(node);
    if (text?.includes('_') === true && VARIABLE.test(text)) yield state('env.named', text, null, node);
  },
};

export const extractors: readonly Extractor[] = [
  { id: 'python.env.calls', language: 'python', detector: calls as NodeDetector, roles: OWN_ROLES },
  { id: 'python.env.wrapper-calls', language: 'python', detector: wrapperCalls as NodeDetector },
  { id: 'python.env.checks', language: 'python', detector: checks as NodeDetector },
  { id: 'python.env.settings', language: 'python', detector: settings as NodeDetector },
  { id: 'python.env.automatic', language: 'python', detector: automatic as NodeDetector },
  { id: 'python.env.given', language: 'python', detector: given as NodeDetector },
  { id: 'python.env.named', language: 'python', detector: named as NodeDetector },
];
