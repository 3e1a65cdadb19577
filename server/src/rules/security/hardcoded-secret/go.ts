/** Secrets in Go source: string literals under secret names, as fallbacks, in comparisons and in known formats. */
import type { Span } from '../../../core/model/location.ts';
import type { FailVerdict, Fix, FixEdit, Severity, Verdict, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { fact, type NodeDetector, type WorkspaceJudge } from '../../../core/rulekit/rule.ts';
import type { FlatTree } from '../../../core/syntax/flatTree.ts';
import {
  isLocalHost,
  knownSecrets,
  operationalSecretOf,
  secretNameOf,
  secretValueOf,
  urlPasswords,
  wordsOf,
} from '../../../knowledge/project/secrets.ts';
import { type GoHeader, localNameOf } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import {
  callArguments,
  calledExpression,
  calledName,
  enclosingFunction,
  functionName,
  indentationOf,
  operatorOf,
  selectorPath,
  stringLiteralValue,
  syntaxChildren,
} from '../../../languages/go/syntax.ts';

/** Where a literal stands and under which name. */
interface Site {
  readonly kind: 'held' | 'fallback' | 'default' | 'sink' | 'compared';
  readonly name: string;
  /** The node that a fix replaces by a lookup. */
  readonly replaced: GoNode;
  /** Variable of the environment that the code names itself, or ''. */
  readonly variable: string;
}

/** Functions that take a secret, and at which positions. */
const SINKS: ReadonlyMap<string, readonly number[]> = new Map([
  ['ConstantTimeCompare', [0, 1]],
  ['SignedString', [0]],
  ['NewCookieStore', [0, 1]],
  ['SetBasicAuth', [1]],
  ['PlainAuth', [2]],
]);
/** The same, for names that mean something only behind their package. */
const QUALIFIED_SINKS: ReadonlyMap<string, readonly number[]> = new Map([
  ['hmac.New', [1]],
  ['aes.NewCipher', [0]],
  ['des.NewCipher', [0]],
  ['chacha20poly1305.New', [0]],
  ['cookie.NewStore', [0, 1]],
  ['jwtauth.New', [1, 2]],
]);
const QUALIFIED_SINK_NAMES = new Set([...QUALIFIED_SINKS.keys()].map((name) => name.slice(name.indexOf('.') + 1)));
const SINK_WORDS =
  /ConstantTimeCompare|SignedString|NewCookieStore|SetBasicAuth|PlainAuth|hmac\.New|NewCipher|chacha20poly1305\.New|cookie\.NewStore|jwtauth\.New/;

/** Position of the default value of flag definitions: `flag.String(name, value, usage)`. */
const FLAG_VALUES: Readonly<Record<string, { readonly name: number; readonly value: number }>> = {
  String: { name: 0, value: 1 },
  StringP: { name: 0, value: 2 },
  StringVar: { name: 1, value: 2 },
  StringVarP: { name: 1, value: 3 },
};

function sinkPositions(call: GoNode): readonly number[] {
  const callee = calledExpression(call);
  if (callee === null) return [];
  return SINKS.get(calledName(call)) ?? QUALIFIED_SINKS.get(selectorPath(callee) ?? '') ?? [];
}

/** The literal with the parentheses and conversions (`[]byte("...")`) around it. */
function converted(literal: GoNode): GoNode {
  let node = literal;
  for (let parent = node.parent; parent !== null; parent = node.parent) {
    const conversion = parent.kind === 'type_conversion_expression' && node.field === 'operand';
    if (parent.kind !== 'parenthesized_expression' && parent.kind !== 'literal_element' && !conversion) break;
    node = parent;
  }
  return node;
}

function nameOfTarget(target: GoNode | undefined): string {
  if (target === undefined) return '';
  if (target.kind === 'identifier') return target.text;
  if (target.kind === 'selector_expression') return target.child('field')?.text ?? '';
  if (target.kind === 'index_expression') {
    const index = target.child('index');
    return (index === null ? null : stringLiteralValue(index)) ?? '';
  }
  return '';
}

function siteOf(literal: GoNode): Site | null {
  const node = converted(literal);
  const parent = node.parent;
  if (parent === null) return null;
  const held = (name: string): Site => ({ kind: 'held', name, replaced: literal, variable: '' });
  switch (parent.kind) {
    case 'keyed_element': {
      const [key, value] = syntaxChildren(parent);
      if (key === undefined || value === undefined || !value.contains(node)) return null;
      const inner = key.kind === 'literal_element' ? (syntaxChildren(key)[0] ?? key) : key;
      const type = parent.parent?.parent?.child('type')?.text ?? '';
      // gin's and fiber's accounts of basic authentication: every value is a password.
      if (/(^|\.)(Accounts|Users)$/.test(type)) return { kind: 'sink', name: type, replaced: literal, variable: '' };
      return held(stringLiteralValue(inner) ?? (inner.kind === 'identifier' ? inner.text : ''));
    }
    case 'expression_list': {
      const owner = parent.parent;
      if (owner === null) return null;
      const position = syntaxChildren(parent).findIndex((item) => item.equals(node));
      if (owner.kind === 'var_spec' || owner.kind === 'const_spec') {
        return held(owner.childrenOf('name').filter((name) => name.isNamed)[position]?.text ?? '');
      }
      if (owner.kind === 'return_statement') return returned(literal);
      if (owner.kind !== 'short_var_declaration' && owner.kind !== 'assignment_statement') return null;
      const operator = operatorOf(owner);
      if (operator !== '' && operator !== '=' && operator !== ':=') return null;
      const left = owner.child('left');
      return held(nameOfTarget(left === null ? undefined : syntaxChildren(left)[position]));
    }
    case 'return_statement':
      return returned(literal);
    case 'binary_expression': {
      const operator = operatorOf(parent);
      if (operator !== '==' && operator !== '!=') return null;
      const other = parent.child(node.field === 'left' ? 'right' : 'left');
      return other === null ? null : { kind: 'compared', name: nameOfTarget(other), replaced: literal, variable: '' };
    }
    case 'argument_list':
      return argumentSite(literal, node, parent);
    default:
      return null;
  }
}

/** Whether a function literal gives the key of a signed token: `jwt.Parse(text, func(t *jwt.Token) (any, error) { ... })`. */
function isKeyFunction(literal: GoNode): boolean {
  const call =
    literal.kind === 'func_literal' && literal.parent?.kind === 'argument_list' ? literal.parent.parent : null;
  const callee = call === null ? null : calledExpression(call);
  return (
    callee?.kind === 'selector_expression' &&
    /^Parse(?:WithClaims|FromRequest\w*)?$/.test(callee.child('field')?.text ?? '')
  );
}

/** `func jwtSecret() string { ...; return "literal" }` */
function returned(literal: GoNode): Site | null {
  const owner = enclosingFunction(literal);
  if (owner === null) return null;
  if (owner.kind === 'func_literal') {
    return isKeyFunction(owner) ? { kind: 'sink', name: 'Parse', replaced: literal, variable: '' } : null;
  }
  const name = functionName(owner).replace(/^(?:get|load|read|fetch)/i, '');
  if (secretNameOf(name) === null) return null;
  const fallback = /\b(?:Getenv|LookupEnv)\(/.test(owner.text);
  return { kind: fallback ? 'fallback' : 'held', name, replaced: literal, variable: '' };
}

function argumentSite(literal: GoNode, node: GoNode, list: GoNode): Site | null {
  const call = list.parent;
  if (call?.kind !== 'call_expression') return null;
  const callee = calledExpression(call);
  if (callee === null) return null;
  const values = callArguments(call);
  const position = values.findIndex((value) => value.equals(node));
  const last = callee.kind === 'selector_expression' ? (callee.child('field')?.text ?? '') : callee.text;
  if (sinkPositions(call).includes(position)) {
    // A comparison that nobody reads the outcome of only takes as long as a real one.
    if (call.parent?.kind === 'expression_statement') return null;
    return { kind: 'sink', name: selectorPath(callee) ?? last, replaced: literal, variable: '' };
  }
  const nameAt = (index: number): string =>
    values[index] === undefined ? '' : (stringLiteralValue(values[index]) ?? '');
  if (position === 0) return null;
  if (/env/i.test(last) || /^(?:get|lookup|fetch)?_?(?:or|with)?_?(?:default|fallback)$/i.test(last)) {
    const variable = nameAt(0);
    if (last === 'Setenv') return { kind: 'held', name: variable, replaced: literal, variable };
    return { kind: 'fallback', name: variable, replaced: call, variable };
  }
  if (last === 'SetDefault') return { kind: 'default', name: nameAt(0), replaced: literal, variable: '' };
  if (last === 'Or' && values.length > 1) {
    // cmp.Or(os.Getenv("NAME"), "literal")
    const lookup = values[0]!.kind === 'call_expression' ? values[0]! : null;
    const inner = lookup === null ? null : calledExpression(lookup);
    if (lookup === null || inner === null || !/env/i.test(inner.text)) return null;
    const first = callArguments(lookup)[0];
    const variable = (first === undefined ? null : stringLiteralValue(first)) ?? '';
    return { kind: 'fallback', name: variable, replaced: call, variable };
  }
  const flag = FLAG_VALUES[last];
  if (flag !== undefined && flag.value === position && callee.kind === 'selector_expression') {
    return { kind: 'default', name: nameAt(flag.name), replaced: literal, variable: '' };
  }
  return null;
}

const chunksWithSink = new WeakMap<FlatTree, boolean>();

function hasSink(tree: FlatTree): boolean {
  let known = chunksWithSink.get(tree);
  if (known === undefined) {
    known = SINK_WORDS.test(tree.text);
    chunksWithSink.set(tree, known);
  }
  return known;
}

/** Whether the function passes the variable to something that takes a secret. */
function reachesSink(literal: GoNode, name: string): boolean {
  if (!hasSink(literal.tree)) return false;
  const scope = enclosingFunction(literal);
  if (scope === null) return false;
  for (const call of scope.descendants('call_expression')) {
    const positions = sinkPositions(call);
    if (positions.length === 0) continue;
    const values = callArguments(call);
    for (const position of positions) {
      let value = values[position];
      while (value?.kind === 'type_conversion_expression') value = value.child('operand') ?? undefined;
      if (value?.kind === 'identifier' && value.text === name) return true;
    }
  }
  return false;
}

/** Names of keys that are used for nothing but cryptography, so that a converted literal is no key of a database. */
const CRYPTOGRAPHIC =
  /^(?:jwt|sign|signing|signer|hmac|encrypt|encryption|encryptor|aes|cookie|session|webhook|secret)$/;

/** `os.Setenv("NAME", "literal")`: there the lookup would read what it sets. */
function isSetenv(site: Site): boolean {
  return site.kind === 'held' && site.variable !== '';
}

function isKeyName(name: string): boolean {
  return wordsOf(name).some((word) => CRYPTOGRAPHIC.test(word));
}

/** Whether a value can be the secret of something that takes one; here a sentence may be. */
function isUsable(value: string): boolean {
  return operationalSecretOf(value.replaceAll(' ', '_')) !== null;
}

/** Whether `judge` can find a secret in the value: what it says no to is one at no site. */
function mayBeSecret(value: string): boolean {
  return isUsable(value) || /[!@#$%^&*]{4}/.test(value);
}

interface Judgement {
  readonly message: string;
  readonly name: string;
  /** Whether an empty value in its place would verify or sign something. */
  readonly strict: boolean;
}

/** Whether the literal is a secret at that site, and what to say of it. */
function judge(literal: GoNode, value: string, site: Site): Judgement | null {
  const name = site.name.slice(site.name.lastIndexOf('.') + 1);
  const kind = secretNameOf(site.name);
  switch (site.kind) {
    case 'sink':
      return isUsable(value) ? { message: 'used', name: site.name, strict: true } : null;
    case 'fallback':
    case 'default': {
      if (kind === null || kind === 'weak') return null;
      const secret = site.kind === 'fallback' ? operationalSecretOf(value) : secretValueOf(value, kind, name);
      return secret === null ? null : { message: 'fallback', name: site.name, strict: isKeyName(name) };
    }
    case 'compared':
      if (kind === null || kind === 'weak' || secretValueOf(value, kind, name) === null) return null;
      return { message: 'compared', name, strict: true };
    case 'held': {
      if (site.name !== '' && reachesSink(literal, site.name)) {
        return isUsable(value) ? { message: 'held', name, strict: true } : null;
      }
      if (kind === null) return null;
      const words = wordsOf(name);
      // A key for which there is "weak" evidence may be the key of a map.
      if (kind === 'weak' && words.at(-1) === 'key') return null;
      if (secretValueOf(value, kind, name) !== null) return { message: 'held', name, strict: isKeyName(name) };
      if (literal.parent?.kind !== 'type_conversion_expression' || !isKeyName(name)) return null;
      return operationalSecretOf(value) === null ? null : { message: 'held', name, strict: true };
    }
  }
}

/** Words that do not tell one secret of a system from another. */
const GENERIC = /^(?:KEY|TOKEN|PASSWORD|PASSWD|PASS|PWD|SECRET)$/;

/** Variable for the value: `jwtSecret` is read from `JWT_SECRET`, `expectedKey` from `APP_KEY`. */
function variableOf(site: Site): string {
  if (site.variable !== '') return site.variable;
  if (site.kind === 'sink') return 'APP_SECRET';
  const words = wordsOf(site.name).filter((word) => !/^(?:default|expected|valid|my)$/.test(word));
  const name = words.join('_').toUpperCase().replace(/^(\d)/, '_$1');
  return GENERIC.test(name) ? `APP_${name}` : name;
}

function lookupTitle(variable: string): string {
  return `Read it from the environment variable ${variable}`;
}

/**
 * Expression that reads a variable. `strict`: it panics when the variable is not set, for secrets that verify something:
 * an empty one would let everybody in.
 */
function lookupOf(variable: string, os: string, strict: boolean, indent: string): string {
  const name = JSON.stringify(variable);
  if (!strict) return `${os}.Getenv(${name})`;
  return [
    'func() string {',
    `\tvalue := ${os}.Getenv(${name})`,
    '\tif value == "" {',
    `\t\tpanic(${JSON.stringify(`${variable} is not set`)})`,
    '\t}',
    '\treturn value',
    '}()',
  ].join(`\n${indent}`);
}

/** The `const` keyword of a declaration with one constant and no parentheses, or null. */
function loneKeyword(spec: GoNode): GoNode | null {
  const declaration = spec.parent;
  const keyword = declaration?.children[0] ?? null;
  if (declaration === null || keyword?.text !== 'const') return null;
  return syntaxChildren(declaration).length === 1 && !declaration.text.includes('(') ? keyword : null;
}

/** Whether the literal stands in a list of several lines, whose values gofmt puts into a column. */
function isAligned(literal: GoNode): boolean {
  const element = literal.ancestor('keyed_element', 'var_spec_list', 'func_literal');
  if (element === null || element.kind === 'func_literal') return false;
  return element.kind === 'var_spec_list' || element.parent?.text.includes('\n') === true;
}

/** Fixes that read the value from the environment; none where Go wants a constant. */
function fixesOf(literal: GoNode, site: Site, strict: boolean, header: GoHeader): readonly Fix[] {
  const variable = variableOf(site);
  if (!/^[A-Z_][A-Z0-9_]*$/.test(variable)) return [];
  const os = localNameOf(header, 'os') ?? 'os';
  const edits: { kind: 'replace'; span: Span; newText: string }[] = [];
  const spec = literal.ancestor('const_spec');
  if (spec !== null) {
    const keyword = loneKeyword(spec);
    if (keyword === null) return [];
    edits.push({ kind: 'replace', span: keyword.span, newText: 'var' });
  }
  // In a column of aligned values an expression of several lines would move its neighbours.
  const aligned = isAligned(literal);
  const newText = lookupOf(variable, os, strict && !aligned, indentationOf(literal));
  edits.push({ kind: 'replace', span: site.replaced.span, newText });
  return [
    {
      title: lookupTitle(variable),
      safety: 'suggestion',
      preferred: true,
      edits: [...edits, { kind: 'import', add: ['os'] }],
    },
  ];
}

function failure(
  node: GoNode,
  message: string,
  args: Readonly<Record<string, string>>,
  fixes: readonly Fix[],
  severity: Severity | null,
): FailVerdict {
  const verdict: FailVerdict = { kind: 'fail', subject: node.span, message, args, fixes };
  return severity === null ? verdict : { ...verdict, severity };
}

/** `os.Getenv("API_KEY")` and its like: the secret comes from outside. */
function isSecretLookup(literal: GoNode, value: string): GoNode | null {
  const list = literal.parent;
  const call = list?.kind === 'argument_list' ? list.parent : null;
  if (call?.kind !== 'call_expression') return null;
  const kind = secretNameOf(value);
  if (kind === null || kind === 'weak' || !/^[A-Z][A-Z0-9_]+$/.test(value)) return null;
  const callee = calledExpression(call);
  if (
    callee === null ||
    !/(?:get|lookup|must|require|load|read|fetch|bind)\w*$|env/i.test(callee.text) ||
    /Setenv$/.test(callee.text)
  )
    return null;
  const values = callArguments(call);
  if (values[0] === undefined || !values[0].equals(literal)) return null;
  const fallback = values[1] === undefined ? null : stringLiteralValue(values[1]);
  return fallback === null || operationalSecretOf(fallback) === null ? call : null;
}

/** Strings that explain themselves: messages and help texts show made-up credentials. */
function isProse(value: string): boolean {
  return (value.match(/[a-z]{2,} [a-z]{2,}/gi) ?? []).length > 2;
}

/** What comes before an example in a text. */
const EXAMPLE = /(?:\be\.\s?g\b\.?|\bexamples?\b|\bsuch as\b|\bfor instance\b|\busage:)/i;
/** Fields of commands, flags and settings that explain them to a reader. */
const EXPLANATION = /^(?:desc|description|help|usage|long|short|hint|tooltip|placeholder|examples?)$/i;

/** Whether an address in a text is shown to a reader rather than used: it has an introduction, or stands in a help text. */
function isShown(value: string, start: number, site: Site | null): boolean {
  return EXAMPLE.test(value.slice(0, start)) || (site !== null && EXPLANATION.test(site.name));
}

/** Code that only tests can call: it takes a `*testing.T`. */
function isTestHelper(header: GoHeader): boolean {
  return header.imports.some((item) => item.path === 'testing');
}

/** Doubles of production code that stand beside it. */
const DOUBLE = /(?:^|[/_])(?:mock|mocks|fake|fakes|stub|stubs)(?:_\w+)?\.go$|_(?:mock|fake|stub)s?\.go$/;

const stringLiteral: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['interpreted_string_literal', 'raw_string_literal'],
  when: (literal) => literal.end - literal.start >= 6 && literal.field !== 'tag' && literal.field !== 'path',
  *check(literal, ctx): Iterable<Verdict> {
    const value = stringLiteralValue(literal);
    if (value === null) return;
    const [known] = value.length >= 20 ? knownSecrets(value) : [];
    const [address] =
      value.includes('password=') || (value.includes('@') && !isProse(value)) ? urlPasswords(value) : [];
    // Most literals are no secret anywhere, and to find out where they stand takes longer.
    const site = known !== undefined || address !== undefined || mayBeSecret(value) ? siteOf(literal) : null;
    const lookup = isSecretLookup(literal, value);
    if (site === null && lookup === null && known === undefined && address === undefined) return;
    const { header } = ctx.file;
    if (DOUBLE.test(ctx.file.path) || isTestHelper(header)) return;
    if (known !== undefined) {
      const whole = known.start === 0 && known.end === value.length;
      const fixes = whole && site !== null && site.name !== '' ? fixesOf(literal, site, false, header) : [];
      yield failure(literal, 'known', { kind: known.kind }, fixes, null);
      return;
    }
    if (address !== undefined && site?.kind !== 'compared' && !isShown(value, address.start, site)) {
      const local = isLocalHost(address.host);
      const whole =
        !/\s/.test(value) ||
        value
          .trim()
          .split(/\s+/)
          .every((word) => word.includes('='));
      const url: Site = {
        kind: 'held',
        name: 'DATABASE_URL',
        replaced: literal,
        variable: site?.variable || 'DATABASE_URL',
      };
      const fixes =
        whole && site !== null
          ? fixesOf(literal, site.kind === 'fallback' ? { ...url, replaced: site.replaced } : url, false, header)
          : [];
      yield failure(literal, 'address', {}, fixes, local ? 'medium' : null);
      return;
    }
    if (lookup !== null) yield { kind: 'pass', subject: lookup.span };
    if (site === null || (site.name === '' && site.kind !== 'sink')) return;
    const judgement = judge(literal, value, site);
    if (judgement === null) return;
    // A comparison needs more than a lookup: with the variable unset it would be one with nothing.
    const fixable =
      site.kind === 'fallback' ? site.replaced.kind === 'call_expression' : site.kind !== 'compared' && !isSetenv(site);
    yield failure(
      literal,
      judgement.message,
      { name: judgement.name },
      fixable ? fixesOf(literal, site, judgement.strict, header) : [],
      null,
    );
  },
};

/** Names that may hold a secret in the widest sense: only such declarations are worth a fact. */
const CANDIDATE = /secret|key|token|pass|pwd|jwt|sign|salt|hmac/i;

/** A literal of the package that is a secret if something uses it as one: see `judgeLiterals`. */
const packageLiteral: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['interpreted_string_literal', 'raw_string_literal'],
  when: (literal) => literal.ancestor('var_spec', 'const_spec') !== null && enclosingFunction(literal) === null,
  *check(literal, ctx): Iterable<Verdict> {
    const site = siteOf(literal);
    if (site === null || site.kind !== 'held' || !CANDIDATE.test(site.name)) return;
    const value = stringLiteralValue(literal);
    if (value === null || !isUsable(value) || judge(literal, value, site) !== null || knownSecrets(value).length > 0)
      return;
    const variable = variableOf(site);
    const spec = literal.ancestor('const_spec');
    const keyword = spec === null ? null : loneKeyword(spec);
    const aligned = isAligned(literal);
    yield fact(
      'secret.literal',
      site.name,
      {
        variable,
        constant: spec !== null,
        keyword: keyword === null ? null : [keyword.start, keyword.end],
        lookup: lookupOf(variable, localNameOf(ctx.file.header, 'os') ?? 'os', !aligned, indentationOf(literal)),
      },
      literal.span,
    );
  },
};

/** An identifier that is used as a secret: `token.SignedString(key)`. */
const sinkUse: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression', 'return_statement'],
  triggers: [
    'SignedString',
    'ConstantTimeCompare',
    'NewCookieStore',
    'hmac.New',
    'NewCipher',
    'NewStore',
    'jwtauth',
    'Parse',
  ],
  calls: (name) => SINKS.has(name) || QUALIFIED_SINK_NAMES.has(name),
  *check(node): Iterable<Verdict> {
    const values: GoNode[] = [];
    if (node.kind === 'return_statement') {
      const owner = enclosingFunction(node);
      if (owner === null || !isKeyFunction(owner)) return;
      const list = node.childOfKind('expression_list');
      const first = list === null ? undefined : syntaxChildren(list)[0];
      if (first !== undefined) values.push(first);
    } else {
      const positions = sinkPositions(node);
      if (positions.length === 0) return;
      values.push(...callArguments(node).filter((_, index) => positions.includes(index)));
    }
    for (const value of values) {
      let inner: GoNode | null = value;
      while (inner?.kind === 'type_conversion_expression') inner = inner.child('operand');
      if (inner?.kind === 'identifier' && CANDIDATE.test(inner.text))
        yield fact('secret.use', inner.text, null, inner.span);
    }
  },
};

interface PackageLiteral {
  readonly variable: string;
  readonly lookup: string;
  readonly constant: boolean;
  readonly keyword: readonly [number, number] | null;
}

/** Literals of a package under any name that the package signs, encrypts or compares with. */
export const judgeLiterals: WorkspaceJudge = {
  partition: 'directory',
  reads: ['secret.use'],
  *judge(facts): Iterable<WorkspaceVerdict> {
    const used = new Set(facts.get('secret.use').map((use) => use.key));
    for (const literal of facts.get('secret.literal')) {
      if (!used.has(literal.key)) continue;
      const { variable, lookup, constant, keyword } = literal.value as unknown as PackageLiteral;
      const { place } = literal;
      const edits: FixEdit[] = [{ kind: 'replaceAt', place, newText: lookup }];
      if (keyword !== null)
        edits.push({
          kind: 'replaceAt',
          place: { ...place, span: { start: keyword[0], end: keyword[1] } },
          newText: 'var',
        });
      const fix: Fix = {
        title: lookupTitle(variable),
        safety: 'suggestion',
        preferred: true,
        edits: [...edits, { kind: 'import', add: ['os'] }],
      };
      const fixable = (!constant || keyword !== null) && /^[A-Z_][A-Z0-9_]*$/.test(variable);
      yield { kind: 'fail', subject: place, message: 'held', args: { name: literal.key }, fixes: fixable ? [fix] : [] };
    }
  },
};

export const goDetectors = [stringLiteral, packageLiteral, sinkUse];
