/** CORS in Go: headers that are set by hand, and the configurations of the usual libraries. */
import type { FixEdit } from '../../../core/model/verdict.ts';
import type { Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { frameworkOfPath, initialValueOf, withoutVersion } from '../../../knowledge/go/frameworks.ts';
import { headerWrite, SETS_HEADER } from '../../../knowledge/go/headers.ts';
import { type GoHeader, importedPath, localNameOf } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { type GoScope, scopeAround } from '../../../languages/go/scope.ts';
import {
  assignedExpressions,
  assignedValues,
  callArguments,
  calledName,
  enclosingFunction,
  functionName,
  stringLiteralValue,
  syntaxChildren,
  topLevelOf,
  unparenthesized,
} from '../../../languages/go/syntax.ts';

const ORIGIN = 'access-control-allow-origin';
const CREDENTIALS = 'access-control-allow-credentials';

/** Whether an expression reads the header `Origin` of a request. */
function readsOrigin(expression: GoNode): boolean {
  const node = unparenthesized(expression);
  if (node.kind !== 'call_expression' || !/^(?:Get|GetHeader|Header|Peek)$/.test(calledName(node))) return false;
  const [name] = callArguments(node);
  return name !== undefined && (stringLiteralValue(name) ?? name.text).toLowerCase().endsWith('origin');
}

/** Conditions that say nothing about the origin or the configuration: `r.Method == "OPTIONS"`, `origin != ""`. */
const NEUTRAL =
  /^[\w.()]*(?:[mM]ethod(?:\(\))?\s*[!=]=\s*[\w."]+|[oO]rigin\s*(?:!=|==)\s*""|len\(\w*[oO]rigin\)\s*[>!]=?\s*0)$/;

/** Whether a statement runs only when some configuration or comparison says so. */
function isConditional(node: GoNode, until: GoNode): boolean {
  for (let inner: GoNode | null = node; inner !== null && inner.index > until.index; inner = inner.parent) {
    const { parent } = inner;
    if (parent?.kind === 'if_statement' && inner.field !== 'condition') {
      if (!NEUTRAL.test(parent.child('condition')?.text ?? '')) return true;
    } else if (
      parent?.kind === 'expression_case' ||
      parent?.kind === 'default_case' ||
      parent?.kind === 'for_statement'
    ) {
      return true;
    }
  }
  return false;
}

/** Whether the declaration ends early for some reason, or decides otherwise, so that not every request gets here. */
function usesBesides(identifier: GoNode, scope: GoScope): boolean {
  const binding = scope.bindingOf(identifier);
  if (binding === null) return true;
  return binding.uses.some((use) => {
    if (use.equals(identifier)) return false;
    const { parent } = use;
    if (parent?.kind === 'binary_expression' && NEUTRAL.test(parent.text)) return false;
    // Told to a log, or set as another header.
    const call = parent?.kind === 'argument_list' ? parent.parent : null;
    if (call !== null && (headerWrite(call) !== null || /^(?:Print|Info|Debug|Warn|Log)/.test(calledName(call))))
      return false;
    return true;
  });
}

/** Fonts, badges and other things that are made for everybody. */
const FOR_EVERYBODY =
  /font|badge|static|asset|public|embed|widget|avatar|wellknown|well_known|oembed|favicon|jwks|manifest|script/i;

function allowsCredentials(around: GoNode): boolean {
  return around.descendants('call_expression').some((call) => {
    const write = headerWrite(call);
    return write?.name === CREDENTIALS && stringLiteralValue(write.value) === 'true';
  });
}

const headers: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['Access-Control-Allow-Origin', 'access-control-allow-origin', 'HeaderAccessControlAllowOrigin'],
  calls: (name) => SETS_HEADER.test(name),
  *check(node, ctx) {
    const write = headerWrite(node);
    const owner = enclosingFunction(node);
    if (write?.name !== ORIGIN || owner === null) return;
    const declaration = topLevelOf(node);
    if (declaration === null || FOR_EVERYBODY.test(functionName(declaration))) return;
    const literal = stringLiteralValue(write.value);
    const severity = allowsCredentials(owner) ? ({ severity: 'critical' } as const) : {};
    if (literal !== null) {
      if (literal !== '*') {
        if (literal.includes('://')) yield { kind: 'pass', subject: node.span };
        return;
      }
      if (isConditional(node, owner)) return;
      const edits: FixEdit[] = [
        { kind: 'replace', span: write.value.span, newText: 'os.Getenv("CORS_ALLOWED_ORIGIN")' },
        { kind: 'import', add: ['os'] },
      ];
      const fixes = isFree(ctx.file.header, 'os', declaration)
        ? [{ title: 'Allow the one origin that the environment names', safety: 'suggestion' as const, edits }]
        : [];
      yield { kind: 'fail', subject: node.span, message: 'header', fixes, ...severity };
      return;
    }
    const scope = scopeAround(ctx, node);
    if (scope === null) return;
    const value = unparenthesized(write.value);
    const initial = value.kind === 'identifier' ? initialValueOf(value, scope) : null;
    const reflected = readsOrigin(value) || (initial !== null && readsOrigin(initial) && !usesBesides(value, scope));
    if (!reflected || isConditional(node, owner)) return;
    // An origin that was refused before does not get here.
    if (
      value.kind !== 'identifier' &&
      /[oO]rigin/.test(owner.text.slice(0, node.start - owner.start).replace(/"[^"]*"/g, ''))
    )
      return;
    yield { kind: 'fail', subject: node.span, message: 'reflected', ...severity };
  },
};

/** Whether a package can be named in the declaration: imported under its name, or the name means nothing else. */
function isFree(header: GoHeader, name: string, declaration: GoNode): boolean {
  if (localNameOf(header, name) !== null) return localNameOf(header, name) === name;
  return importedPath(header, name) === null && !new RegExp(`\\b${name}\\b`).test(declaration.text);
}

type Library = 'rs' | 'gin' | 'echo' | 'fiber' | 'gorilla' | null;

function libraryOf(path: string | null): Library {
  switch (path === null ? '' : withoutVersion(path)) {
    case 'github.com/rs/cors':
    case 'github.com/go-chi/cors':
    case 'github.com/rs/cors/wrapper/gin':
      return 'rs';
    case 'github.com/gin-contrib/cors':
      return 'gin';
    case 'github.com/labstack/echo/middleware':
      return 'echo';
    case 'github.com/gofiber/fiber/middleware/cors':
      return 'fiber';
    case 'github.com/gorilla/handlers':
      return 'gorilla';
    default:
      return null;
  }
}

/** What the value of a list of origins allows: everything, something, or what cannot be told. */
function allows(value: GoNode): 'all' | 'list' | 'unknown' {
  const node = unparenthesized(value);
  const literal = stringLiteralValue(node);
  if (literal !== null) return literal.split(',').some((item) => item.trim() === '*') ? 'all' : 'list';
  if (node.kind !== 'composite_literal') return 'unknown';
  const elements = syntaxChildren(node.child('body') ?? node);
  if (elements.length === 0) return 'unknown';
  const texts = elements.map((element) => stringLiteralValue(syntaxChildren(element)[0] ?? element));
  if (texts.some((text) => text !== null && /^(?:\*|https?:\/\/\*)$/.test(text))) return 'all';
  return texts.every((text) => text !== null) ? 'list' : 'unknown';
}

/** Whether a function literal can only say yes. */
function alwaysTrue(value: GoNode): boolean {
  if (value.kind !== 'func_literal') return false;
  const body = value.child('body');
  if (body === null) return false;
  const returns = body.descendants('return_statement');
  return (
    body.descendants('func_literal').length === 0 &&
    returns.length > 0 &&
    returns.every((statement) => {
      const values = syntaxChildren(syntaxChildren(statement)[0] ?? statement);
      return values[0]?.text === 'true' && values.slice(1).every((item) => item.text === 'nil');
    })
  );
}

const LIST_FIELD = /^(?:AllowedOrigins|AllowOrigins)$/;
const FUNCTION_FIELD =
  /^(?:AllowOriginFunc|AllowOriginRequestFunc|AllowOriginVaryRequestFunc|AllowOriginWithContextFunc|AllowOriginsFunc|UnsafeAllowOriginFunc)$/;

function fromEnvironment(value: GoNode, header: GoHeader, library: Library): FixEdit[] | null {
  const declaration = topLevelOf(value);
  if (declaration === null || !isFree(header, 'os', declaration)) return null;
  if (library === 'fiber' && value.kind !== 'composite_literal') {
    return [
      { kind: 'replace', span: value.span, newText: 'os.Getenv("CORS_ALLOWED_ORIGINS")' },
      { kind: 'import', add: ['os'] },
    ];
  }
  if (!isFree(header, 'strings', declaration)) return null;
  return [
    { kind: 'replace', span: value.span, newText: 'strings.Split(os.Getenv("CORS_ALLOWED_ORIGINS"), ",")' },
    { kind: 'import', add: ['os', 'strings'] },
  ];
}

const FIX_TITLE = 'Allow the origins that the environment lists';

const configurations: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['composite_literal'],
  triggers: ['cors.Config', 'cors.Options', 'CORSConfig'],
  *check(node, ctx) {
    const type = node.child('type');
    if (type?.kind !== 'qualified_type') return;
    const library = libraryOf(importedPath(ctx.file.header, type.child('package')?.text ?? ''));
    const name = type.child('name')?.text ?? '';
    if (library === null || !/^(?:Config|Options|CORSConfig)$/.test(name)) return;
    let all: GoNode | null = null;
    let list: GoNode | null = null;
    let known = false;
    let credentials = false;
    for (const element of syntaxChildren(node.child('body') ?? node)) {
      if (element.kind !== 'keyed_element') return;
      const [key, wrapped] = syntaxChildren(element);
      const value = wrapped?.kind === 'literal_element' ? syntaxChildren(wrapped)[0] : wrapped;
      if (key === undefined || value === undefined) return;
      if (key.text === 'AllowCredentials') credentials = value.text === 'true';
      else if (key.text === 'AllowAllOrigins') {
        if (value.text === 'true') all = element;
        else if (value.text !== 'false') known = true;
      } else if (LIST_FIELD.test(key.text)) {
        known = true;
        const what = allows(value);
        if (what === 'all') {
          all = element;
          list = value;
        } else if (what === 'unknown') list = null;
      } else if (FUNCTION_FIELD.test(key.text)) {
        known = true;
        if (alwaysTrue(value)) all = element;
      } else if (key.text === 'Skipper' || key.text === 'Next') return;
    }
    const severity = credentials ? ({ severity: 'critical' } as const) : {};
    if (all !== null) {
      const edits = list === null ? null : fromEnvironment(list, ctx.file.header, library);
      const fixes = edits === null ? [] : [{ title: FIX_TITLE, safety: 'suggestion' as const, edits }];
      yield { kind: 'fail', subject: all.span, message: 'library', fixes, ...severity };
    } else if (known) yield { kind: 'pass', subject: type.span };
    else if (library !== 'gin') {
      // What is not listed is allowed; a variable that is completed later is another matter.
      if (node.parent?.kind === 'expression_list' || node.parent?.kind === 'unary_expression') return;
      yield { kind: 'fail', subject: type.span, message: 'preset', args: { call: type.text }, ...severity };
    }
  },
};

const PRESETS: Readonly<Record<Exclude<Library, null>, RegExp>> = {
  rs: /^(?:AllowAll|Default)$/,
  gin: /^Default$/,
  echo: /^CORS$/,
  fiber: /^New$/,
  gorilla: /^CORS$/,
};

const presets: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['cors.', 'CORS(', 'AllowedOrigins(', 'WithOriginFunc('],
  calls: (name) => /^(?:AllowAll|Default|CORS|New|AllowedOrigins|AllowedOriginValidator|WithOriginFunc)$/.test(name),
  *check(node, ctx) {
    const callee = node.child('function');
    const operand = callee?.child('operand');
    if (callee?.kind !== 'selector_expression' || operand?.kind !== 'identifier') return;
    const path = importedPath(ctx.file.header, operand.text);
    const name = callee.child('field')?.text ?? '';
    const values = callArguments(node);
    if (path !== null && frameworkOfPath(path) !== null) return;
    const library = libraryOf(path);
    if (library !== null && PRESETS[library].test(name)) {
      if (values.length === 0)
        yield { kind: 'fail', subject: node.span, message: 'preset', args: { call: callee.text } };
      return;
    }
    const [first] = values;
    if (library === 'gorilla' && name === 'AllowedOrigins' && first !== undefined) {
      const what = allows(first);
      if (what === 'list') yield { kind: 'pass', subject: node.span };
      if (what !== 'all') return;
      const edits = fromEnvironment(first, ctx.file.header, library);
      const fixes = edits === null ? [] : [{ title: FIX_TITLE, safety: 'suggestion' as const, edits }];
      yield { kind: 'fail', subject: node.span, message: 'library', fixes };
      return;
    }
    const validates = name === 'AllowedOriginValidator' || (name === 'WithOriginFunc' && /grpcweb/.test(path ?? ''));
    if (validates && first !== undefined && alwaysTrue(first)) {
      yield { kind: 'fail', subject: node.span, message: 'library' };
    }
  },
};

/** `config.AllowAllOrigins = true`, `config.AllowOrigins = []string{"*"}` */
const assignments: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['assignment_statement'],
  triggers: ['AllowAllOrigins', 'AllowOrigins', 'AllowedOrigins'],
  *check(node, ctx) {
    const [target] = assignedExpressions(node);
    const [value] = assignedValues(node);
    if (target?.kind !== 'selector_expression' || value === undefined) return;
    const name = target.child('field')?.text ?? '';
    const isAll = name === 'AllowAllOrigins';
    if (!isAll && !LIST_FIELD.test(name)) return;
    if (!ctx.file.header.imports.some((item) => libraryOf(item.path) !== null)) return;
    const owner = enclosingFunction(node);
    if (owner === null || isConditional(node, owner)) return;
    if (isAll ? value.text !== 'true' : allows(value) !== 'all') return;
    const edits = isAll ? null : fromEnvironment(value, ctx.file.header, 'rs');
    const fixes = edits === null ? [] : [{ title: FIX_TITLE, safety: 'suggestion' as const, edits }];
    const credentials = new RegExp(`${target.child('operand')?.text ?? ''}\\.AllowCredentials\\s*=\\s*true`).test(
      owner.text,
    );
    yield {
      kind: 'fail',
      subject: node.span,
      message: 'library',
      fixes,
      ...(credentials ? { severity: 'critical' } : {}),
    };
  },
};

export const detectors: readonly Detector[] = [headers, configurations, presets, assignments] as readonly Detector[];
