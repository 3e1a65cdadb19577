/**
 * Environment variables: where Go code and compose files read them, and where they are written down. Facts:
 * - `env.read` (key: variable): a direct read; value {via}.
 * - `env.read-constant` (key: constant's name): a read through a named constant; value {package: import path or ''}.
 * - `env.constant` (key: constant's name): a string constant that could be a variable; value: the string.
 * - `env.outdated` (key: variable): a constant with the name is called legacy or deprecated.
 * - `env.required` (key: variable): the program stops without it (Python).
 * - `env.wrapper` (key: function): its parameter is the variable that it reads; value {index, calls: wrapper it calls, fails}.
 * - `env.wrapper-call` (key: function): a call with a literal or constant that could be a variable;
 *   value {name, constant, constantPackage, index, package}.
 * - `env.tag-parser` (key: import path), `env.tag-prefix`: libraries that fill structs from tags, and prefixes of them.
 * - `env.documented` (key: variable): value {kind: 'example' | 'document', directory}.
 * - `env.file` (key: path): value {kind, directory}.
 * They say what stands in one declaration or file; resolving names over the package is the judges' work.
 */

import type { LanguageId } from '../../core/model/file.ts';
import type { FactVerdict } from '../../core/model/verdict.ts';
import { type Extractor, fact, type NodeDetector, type TextDetector } from '../../core/rulekit/rule.ts';
import { envFileKind, parseEnv } from '../../formats/env.ts';
import { type GoHeader, importedPath } from '../../languages/go/header.ts';
import type { GoNode } from '../../languages/go/nodes.gen.ts';
import {
  callArguments,
  calledExpression,
  enclosingFunction,
  functionName,
  leadingCommentText,
  parametersOf,
  stringLiteralValue,
  syntaxChildren,
  topLevelOf,
} from '../../languages/go/syntax.ts';
import { importDetector } from '../go/imports.ts';

const VARIABLE = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$/;
/** Variables and the names of constants that hold them are no shorter. */
const SHORTEST = 3;

function isVariable(text: string): boolean {
  return text.length >= SHORTEST && VARIABLE.test(text);
}

function directoryOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '' : path.slice(0, slash);
}

const READERS: Readonly<Record<string, ReadonlySet<string>>> = {
  os: new Set(['Getenv', 'LookupEnv']),
  syscall: new Set(['Getenv']),
};

interface Callee {
  /** Last name: `Getenv` of `os.Getenv`. */
  readonly name: string;
  /** Import path when the call is qualified by a package, '' otherwise. */
  readonly package: string;
}

function calleeOf(call: GoNode, header: GoHeader): Callee | null {
  const callee = calledExpression(call);
  if (callee === null) return null;
  if (callee.kind === 'identifier') return { name: callee.text, package: '' };
  if (callee.kind !== 'selector_expression') return null;
  const operand = callee.child('operand');
  const name = callee.child('field')?.text ?? '';
  return { name, package: operand?.kind === 'identifier' ? (importedPath(header, operand.text) ?? '') : '' };
}

/** Whether the call is `os.Getenv` or one of its kind. */
function isReader({ name, package: path }: Callee): boolean {
  return READERS[path]?.has(name) === true;
}

/** A constant as an argument: `envKey` or `config.EnvKey`. */
function constantOf(node: GoNode, header: GoHeader): { readonly name: string; readonly package: string } | null {
  if (node.kind === 'identifier') return { name: node.text, package: '' };
  if (node.kind !== 'selector_expression') return null;
  const operand = node.child('operand');
  const path = operand?.kind === 'identifier' ? importedPath(header, operand.text) : null;
  return path === null ? null : { name: node.child('field')?.text ?? '', package: path };
}

/** The function whose parameter an identifier is, with the position; only functions that other code can call by a name. */
function parameterOf(
  identifier: GoNode,
): { readonly name: string; readonly index: number; readonly node: GoNode; readonly local: boolean } | null {
  for (let owner = enclosingFunction(identifier); owner !== null; owner = enclosingFunction(owner)) {
    const index = parametersOf(owner).findIndex((parameter) => parameter.name === identifier.text);
    if (index < 0) continue;
    if (owner.kind !== 'func_literal') return { name: functionName(owner), index, node: owner, local: false };
    // get := func(key string) string { return os.Getenv(key) }
    const list = owner.parent?.kind === 'expression_list' ? owner.parent.parent : null;
    const target = list?.kind === 'short_var_declaration' ? list.child('left') : null;
    const name = target === null ? undefined : syntaxChildren(target)[0]?.text;
    return name === undefined ? null : { name, index, node: owner, local: true };
  }
  return null;
}

/** Whether a wrapper stops, or reports, when the variable is missing or wrong. */
function canFail(owner: GoNode): boolean {
  const { text } = owner;
  return /\b(?:panic|Fatal\w*|Exit)\(/.test(text) || /\breturn\b[^\n]*\b(?:err|errors\.New|fmt\.Errorf)\b/.test(text);
}

const calls: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['env', 'Env', 'ENV'],
  *check(call, ctx) {
    const { header } = ctx.file;
    const callee = calleeOf(call, header);
    if (callee === null) return;
    const reader = isReader(callee);
    if (!reader && !/env/i.test(callee.name) && !/(?:^|\/)env\w*$/i.test(callee.package)) return;
    if (/^(?:Set|Unset|Clear|Expand|With|Add|Put|Merge|Filter|Parse|Append|Load|New)\w*env/i.test(callee.name)) return;
    const values = callArguments(call);
    if (callee.name === 'BindEnv' || callee.name === 'MustBindEnv') {
      // viper: the names behind the first argument are variables as they stand.
      for (const value of values.slice(1)) {
        const name = stringLiteralValue(value);
        if (name !== null && isVariable(name)) yield fact('env.read', name, { via: 'viper' }, call.span);
      }
      return;
    }
    const [first] = values;
    if (first === undefined) return;
    const literal = stringLiteralValue(first);
    if (literal !== null) {
      if (reader && /^[A-Za-z_]\w*$/.test(literal)) yield fact('env.read', literal, { via: 'os' }, call.span);
      // Other literals are found by `literals`.
      return;
    }
    if (first.kind === 'identifier') {
      const parameter = parameterOf(first);
      if (parameter !== null) {
        const target = reader ? '' : callee.name;
        yield* wrapper(call, parameter, target, header);
        return;
      }
    }
    const constant = constantOf(first, header);
    if (constant === null) return;
    if (reader) yield fact('env.read-constant', constant.name, { package: constant.package }, call.span);
    else yield wrapperCall(callee, '', 0, constant, call);
  },
};

function* wrapper(
  call: GoNode,
  parameter: { readonly name: string; readonly index: number; readonly node: GoNode; readonly local: boolean },
  target: string,
  header: GoHeader,
): Generator<FactVerdict> {
  if (!parameter.local) {
    const value = { index: parameter.index, calls: target, fails: canFail(parameter.node) };
    yield fact('env.wrapper', parameter.name, value, call.span);
    return;
  }
  if (target !== '') return;
  // A local wrapper is called only in its own declaration: its calls are reads at once.
  const top = topLevelOf(call);
  for (const other of top?.descendants('call_expression') ?? []) {
    const callee = calledExpression(other);
    if (callee?.kind !== 'identifier' || callee.text !== parameter.name) continue;
    const value = callArguments(other)[parameter.index];
    if (value === undefined) continue;
    const name = stringLiteralValue(value);
    const constant = name === null ? constantOf(value, header) : null;
    if (name !== null && isVariable(name)) yield fact('env.read', name, { via: 'os' }, other.span);
    else if (constant !== null)
      yield fact('env.read-constant', constant.name, { package: constant.package }, other.span);
  }
}

function wrapperCall(
  callee: Callee,
  name: string,
  index: number,
  constant: { readonly name: string; readonly package: string } | null,
  call: GoNode,
): FactVerdict {
  const value = {
    name,
    index,
    package: callee.package,
    constant: constant?.name ?? '',
    constantPackage: constant?.package ?? '',
  };
  return fact('env.wrapper-call', callee.name, value, call.span);
}

/** Literals that could be variables, as arguments of functions that could be wrappers. */
const literals: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['interpreted_string_literal'],
  when(literal) {
    const length = literal.end - literal.start;
    if (length < SHORTEST + 2 || length > 80) return false;
    const first = literal.tree.text.charCodeAt(literal.start + 1);
    return first >= 65 && first <= 90;
  },
  *check(literal, ctx) {
    const list = literal.parent;
    if (list?.kind !== 'argument_list' || list.parent?.kind !== 'call_expression') return;
    const name = literal.text.slice(1, -1);
    if (!isVariable(name)) return;
    const call = list.parent;
    const callee = calleeOf(call, ctx.file.header);
    if (callee === null || isReader(callee) || /^(?:Set|Unset)env$/i.test(callee.name)) return;
    const index = callArguments(call).findIndex((value) => value.equals(literal));
    if (index > 2) return;
    yield wrapperCall(callee, name, index, null, call);
  },
};

/** What is said of a setting that nobody should use any more. */
const OUTDATED = /legacy|deprecated|obsolete/i;

/** Whether a constant is called outdated: by its name, by a comment behind it, or by a comment that begins so. */
function isOutdated(name: string, spec: GoNode): boolean {
  if (OUTDATED.test(name) || /^(?:legacy|deprecated|obsolete)\b/im.test(leadingCommentText(spec))) return true;
  const next = spec.nextSibling;
  if (next?.kind !== 'comment' || /[\r\n]/.test(spec.tree.text.slice(spec.end, next.start))) return false;
  return OUTDATED.test(next.text);
}

const constants: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['const_spec', 'var_spec'],
  *check(spec) {
    const values = spec.child('value');
    if (values === null || enclosingFunction(spec) !== null) return;
    const names = spec.childrenOf('name').filter((name) => name.isNamed);
    for (const [index, value] of syntaxChildren(values).entries()) {
      if (value.kind !== 'interpreted_string_literal') continue;
      const text = value.text.slice(1, -1);
      const name = names[index];
      if (name === undefined || !isVariable(text)) continue;
      yield fact('env.constant', name.text, text, value.span);
      if (isOutdated(name.text, spec)) yield fact('env.outdated', text, null, value.span);
    }
  },
};

/** Libraries that fill a struct from the environment by its tags, and the tag that names the variable. */
const TAG_PARSERS: readonly { readonly path: RegExp; readonly tag: string }[] = [
  { path: /^github\.com\/caarlos0\/env(?:\/v\d+)?$/, tag: 'env' },
  { path: /^github\.com\/sethvargo\/go-envconfig$/, tag: 'env' },
  { path: /^github\.com\/ilyakaznacheev\/cleanenv$/, tag: 'env' },
  { path: /^github\.com\/Netflix\/go-env$/, tag: 'env' },
  { path: /^github\.com\/joeshaw\/envdecode$/, tag: 'env' },
  { path: /^github\.com\/kelseyhightower\/envconfig$/, tag: 'envconfig' },
];

const parsers = importDetector(function* (path, subject) {
  const parser = TAG_PARSERS.find((candidate) => candidate.path.test(path));
  if (parser !== undefined) yield fact('env.tag-parser', parser.tag, path, subject);
});

const tags: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['field_declaration'],
  triggers: ['env'],
  *check(field) {
    const tag = field.child('tag');
    if (tag === null) return;
    const { text } = tag;
    if (/\benv-?(?:[pP]refix|namespace):"|\benv:"[^"]*\bprefix=/.test(text))
      yield fact('env.tag-prefix', 'tag', null, tag.span);
    for (const match of text.matchAll(/\b(env|envconfig):"([A-Za-z_]\w*)([^"]*)"/g)) {
      const [, kind, name, options] = match;
      const required = /\b(?:required|notEmpty)\b|required:"true"/.test(`${options} ${text}`);
      if (isVariable(name!)) yield fact('env.tag', name!, { tag: kind!, required }, field.span);
    }
  },
};

/** A prefix that a library puts before the names of the tags. */
const prefixes: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression', 'keyed_element'],
  triggers: ['envconfig.', 'env.Options', 'PrefixLookuper'],
  *check(node) {
    if (node.kind === 'keyed_element') {
      if (/^Prefix:\s*[^"\s]|^Prefix:\s*"[^"]/.test(node.text)) yield fact('env.tag-prefix', 'option', null, node.span);
      return;
    }
    const callee = calledExpression(node)?.text ?? '';
    const [first] = callArguments(node);
    const process =
      /^envconfig\.(?:Must)?Process$/.test(callee) &&
      first !== undefined &&
      first.text !== '""' &&
      first.text !== 'ctx';
    if ((process && first.kind !== 'identifier') || callee.endsWith('PrefixLookuper'))
      yield fact('env.tag-prefix', 'call', null, node.span);
  },
};

const COMPOSE_READ = /\$(?:\{([A-Za-z_]\w*)(?::?\?[^}]*)?\}|([A-Za-z_]\w*))/g;

/** `${NAME}` without a fallback in a compose file: whoever starts it has to set the variable. */
const compose: TextDetector = {
  text: true,
  triggers: ['$'],
  *check(text) {
    for (const match of text.matchAll(COMPOSE_READ)) {
      const name = match[1] ?? match[2]!;
      const lineStart = text.lastIndexOf('\n', match.index) + 1;
      const before = text.slice(lineStart, match.index);
      // `$$NAME` is for the shell in the container; a comment is for nobody.
      if (before.endsWith('$') || /^\s*#|\s#/.test(before)) continue;
      const span = { start: match.index, end: match.index + match[0].length };
      if (isVariable(name)) yield fact('env.read', name, { via: 'compose' }, span);
    }
  },
};

/** Words of a document that look like variables; single words only where they are marked as such. */
const DOCUMENTED =
  /(?<![\w$])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?!\w)|`\$?([A-Z][A-Z0-9]{2,})`|(?<![\w$])([A-Z][A-Z0-9]{2,})=|\$\{?([A-Z][A-Z0-9]{2,})\b/g;
const DOCUMENT_LIMIT = 2_000;

function* documentedIn(text: string, path: string): Generator<FactVerdict> {
  const seen = new Set<string>();
  for (const match of text.matchAll(DOCUMENTED)) {
    const name = match[1] ?? match[2] ?? match[3] ?? match[0];
    if (seen.has(name)) continue;
    seen.add(name);
    if (seen.size > DOCUMENT_LIMIT) return;
    const span = { start: match.index, end: match.index + match[0].length };
    yield fact('env.documented', name, { kind: 'document', directory: directoryOf(path) }, span);
  }
}

const documents: TextDetector = {
  text: true,
  *check(text, ctx) {
    const { path, language } = ctx.file;
    if (language === 'text' && !/\.(?:rst|txt|adoc|tf|conf|ini|service)$/.test(path)) return;
    if (text.length < 500_000) yield* documentedIn(text, path);
  },
};

const envFiles: TextDetector = {
  text: true,
  *check(text, ctx) {
    const { path } = ctx.file;
    const kind = envFileKind(path);
    const directory = directoryOf(path);
    const { entries, commented } = parseEnv(text);
    yield fact('env.file', path, { kind, directory, size: entries.length }, { start: 0, end: 0 });
    const documented = kind === 'example' ? 'example' : 'document';
    for (const { key, keySpan, lines } of entries) {
      const value = { kind: documented, directory, lines: { start: lines.start, end: lines.end } };
      yield fact('env.documented', key, value, keySpan);
    }
    // `# If $SHOP_CONFIG is set, that file is read first.`
    for (const match of text.matchAll(/^\uFEFF?[ \t]*#[^\r\n]*\$/gm)) {
      const line = /^[^\r\n]*/.exec(text.slice(match.index))![0];
      for (const name of line.matchAll(/\$\{?([A-Z][A-Z0-9_]{2,})/g)) {
        const start = match.index + name.index + name[0].length - name[1]!.length;
        const span = { start, end: start + name[1]!.length };
        yield fact('env.documented', name[1]!, { kind: documented, directory }, span);
      }
    }
    for (const { key, span } of commented) yield fact('env.documented', key, { kind: documented, directory }, span);
  },
};

/** Help texts and package comments document variables too. */
const goDocuments: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['raw_string_literal', 'package_clause'],
  *check(node, ctx) {
    if (node.kind === 'package_clause') {
      const before = node.tree.text.slice(0, node.start);
      if (before.length > 40) yield* documentedIn(before, ctx.file.path);
      return;
    }
    if (node.field === 'tag' || node.end - node.start < 40) return;
    const text = node.text;
    if (!text.includes('\n')) return;
    for (const found of documentedIn(text, ctx.file.path)) {
      yield { ...found, subject: { start: found.subject.start + node.start, end: found.subject.end + node.start } };
    }
  },
};

const DOCUMENT_LANGUAGES: readonly LanguageId[] = ['markdown', 'text', 'yaml', 'compose', 'dockerfile', 'json', 'toml'];

export const extractors: readonly Extractor[] = [
  { id: 'env.calls', language: 'go', detector: calls as NodeDetector },
  { id: 'env.literals', language: 'go', detector: literals as NodeDetector },
  { id: 'env.constants', language: 'go', detector: constants as NodeDetector },
  { id: 'env.parsers', language: 'go', detector: parsers },
  { id: 'env.tags', language: 'go', detector: tags as NodeDetector },
  { id: 'env.prefixes', language: 'go', detector: prefixes as NodeDetector },
  { id: 'env.go-documents', language: 'go', detector: goDocuments as NodeDetector },
  { id: 'env.compose', language: 'compose', detector: compose },
  { id: 'env.files', language: 'env', detector: envFiles },
  ...DOCUMENT_LANGUAGES.map((language) => ({ id: `env.documents.${language}`, language, detector: documents })),
];
