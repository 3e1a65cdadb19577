/**
 * Cookies with a session or credentials that Go programs set without Secure, HttpOnly or SameSite: literals of
 * http.Cookie and fiber.Cookie, and SetCookie of gin. The name says what a cookie is for. Cookies that are deleted,
 * that scripts have to read, or whose flags are set later or come from somewhere, are left alone.
 */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { NodeDetector } from '../../../core/rulekit/rule.ts';
import { plainType, withoutVersion } from '../../../knowledge/go/frameworks.ts';
import { type GoHeader, importedPath, localNameOf } from '../../../languages/go/header.ts';
import { fieldInsertion, type NewField } from '../../../languages/go/literal.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { scopeAround } from '../../../languages/go/scope.ts';
import {
  callArguments,
  isAssigned,
  rootIdentifier,
  stringLiteralValue,
  syntaxChildren,
} from '../../../languages/go/syntax.ts';
import { typesAround } from '../../../languages/go/types.ts';

/** Cookies that let somebody in. */
const CREDENTIAL = /sess|\bsid\b|_sid$|^sid|auth|token|jwt|login|remember|credential|passw|identity/i;
/** Cookies that scripts read, or that are no credential. */
const OTHER = /csrf|xsrf|state|nonce|redirect|lang|theme|consent|flash|return|origin|verifier|pkce/i;

/** What the name of a cookie says, by its text or by the name of the constant. */
function isCredential(name: GoNode | undefined): boolean {
  if (name === undefined) return false;
  const text = stringLiteralValue(name) ?? name.text;
  return CREDENTIAL.test(text) && !OTHER.test(text);
}

function isCookieType(type: GoNode | null, header: GoHeader): boolean {
  if (type?.kind !== 'qualified_type' || type.child('name')?.text !== 'Cookie') return false;
  const path = importedPath(header, type.child('package')?.text ?? '') ?? '';
  return path === 'net/http' || withoutVersion(path) === 'github.com/gofiber/fiber';
}

/** Whether the cookie is one that deletes: no value, or an end in the past. */
function isDeletion(fields: ReadonlyMap<string, GoNode>): boolean {
  const value = fields.get('Value');
  const age = fields.get('MaxAge');
  const expires = fields.get('Expires');
  if (value !== undefined && (value.text === '""' || value.text === '``')) return true;
  if (age !== undefined && /^-/.test(age.text)) return true;
  return expires !== undefined && /Unix\(0|time\.Time\{\}|-\s*\d|Add\(-|AddDate\(-/.test(expires.text);
}

const FLAGS: readonly (readonly [field: string, value: string])[] = [
  ['Secure', 'true'],
  ['HttpOnly', 'true'],
  ['SameSite', 'SameSiteLaxMode'],
];

const literals: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['composite_literal'],
  triggers: ['Cookie{'],
  *check(node, ctx): Iterable<Verdict> {
    const type = node.child('type');
    if (!isCookieType(type, ctx.file.header)) return;
    const isFiber = importedPath(ctx.file.header, type!.child('package')!.text) !== 'net/http';
    const fields = new Map<string, GoNode>();
    for (const element of syntaxChildren(node.child('body') ?? node)) {
      if (element.kind !== 'keyed_element') return;
      const [key, value] = syntaxChildren(element);
      const inner = value === undefined ? undefined : (syntaxChildren(value)[0] ?? value);
      if (key !== undefined && inner !== undefined) fields.set(key.text, inner);
    }
    const name = fields.get('Name');
    // Without a value it is sent nowhere: a cookie for a client's own request has no attributes.
    if (!isCredential(name) || !fields.has('Value') || isDeletion(fields) || isSentByClient(node)) return;
    const later = assignedLater(node, ctx);
    if (later === null) return;
    const missing = FLAGS.filter(([field]) => {
      const value = fields.get(field === 'HttpOnly' && isFiber ? 'HTTPOnly' : field);
      if (later.has(field)) return false;
      return value === undefined || value.text === 'false';
    }).map(([field]) => field);
    if (missing.length === 0) {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    yield {
      kind: 'fail',
      subject: type!.span,
      message: 'flags',
      args: { name: stringLiteralValue(name!) ?? name!.text, missing: listed(missing) },
      fixes: isFiber ? [] : flagsFix(node, missing, fields, ctx.file.header),
    };
  },
};

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)!}`;
}

/** `req.AddCookie(&http.Cookie{...})` */
function isSentByClient(literal: GoNode): boolean {
  const call = literal.ancestor('call_expression', 'block');
  return call?.kind === 'call_expression' && /\.AddCookie$/.test(call.child('function')?.text ?? '');
}

/** Fields that are set on the variable later; null when it goes to somebody who may set them. */
function assignedLater(literal: GoNode, ctx: Parameters<typeof scopeAround>[0]): ReadonlySet<string> | null {
  const fields = new Set<string>();
  const statement = literal.ancestor(
    'short_var_declaration',
    'var_spec',
    'assignment_statement',
    'return_statement',
    'argument_list',
    'literal_value',
    'block',
  );
  if (statement?.kind === 'return_statement') return fields;
  if (
    statement === null ||
    statement.kind === 'block' ||
    statement.kind === 'literal_value' ||
    statement.kind === 'assignment_statement'
  )
    return fields;
  if (statement.kind === 'argument_list') return fields;
  const target =
    statement.kind === 'var_spec' ? statement.child('name') : (statement.child('left')?.namedChildren[0] ?? null);
  const binding = target === null ? null : (scopeAround(ctx, literal)?.bindingOf(target) ?? null);
  for (const use of binding?.uses ?? []) {
    const selector = use.parent;
    if (selector?.kind === 'selector_expression') {
      const isTarget = selector.parent?.kind === 'expression_list' && selector.parent.field === 'left';
      if (isTarget)
        fields.add(selector.child('field')?.text === 'HTTPOnly' ? 'HttpOnly' : (selector.child('field')?.text ?? ''));
      continue;
    }
    if (isAssigned(use)) return null;
    const call = use.ancestor('call_expression', 'block');
    if (call?.kind !== 'call_expression') continue;
    const callee = call.child('function')?.text ?? '';
    if (/AddCookie$/.test(callee)) return null;
    // Somebody else's function may set what is missing.
    if (!/SetCookie$|\.Cookie$/.test(callee) && rootIdentifier(call)?.text !== 'http') return null;
  }
  return fields;
}

function flagsFix(
  literal: GoNode,
  missing: readonly string[],
  fields: ReadonlyMap<string, GoNode>,
  header: GoHeader,
): readonly Fix[] {
  const http = localNameOf(header, 'net/http');
  if (http === null) return [];
  const flagValue = (field: string): string => (field === 'SameSite' ? `${http}.SameSiteLaxMode` : 'true');
  const added: NewField[] = missing.filter((field) => !fields.has(field)).map((field) => [field, flagValue(field)]);
  const changed = missing.flatMap((field) => {
    const value = fields.get(field);
    return value === undefined ? [] : [{ kind: 'replace', span: value.span, newText: flagValue(field) } as const];
  });
  const insertion = added.length === 0 ? [] : fieldInsertion(literal, added);
  // A line that is rewritten as a whole cannot be changed in its parts as well.
  if (
    insertion === null ||
    (changed.length > 0 &&
      insertion.some((edit) => changed.some(({ span }) => span.start < edit.end && edit.start < span.end)))
  )
    return [];
  return [
    {
      title: `Set ${listed(missing)}`,
      safety: 'suggestion',
      preferred: true,
      edits: [
        ...insertion.map(({ start, end, newText }) => ({ kind: 'replace', span: { start, end }, newText }) as const),
        ...changed,
      ],
    },
  ];
}

/** `c.SetCookie(name, value, maxAge, path, domain, secure, httpOnly)` of gin. */
const ginCookies: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['SetCookie('],
  calls: (name) => name === 'SetCookie',
  *check(node, ctx): Iterable<Verdict> {
    const values = callArguments(node);
    if (values.length !== 7 || !isCredential(values[0])) return;
    const callee = typesAround(ctx, node)?.calleeOf(node);
    if (callee?.kind !== 'method' || plainType(callee.type) !== 'github.com/gin-gonic/gin.Context') return;
    const [, value, age, , , secure, httpOnly] = values;
    if (value!.text === '""' || /^-/.test(age!.text)) return;
    const off = [secure!, httpOnly!].filter((flag) => flag.text === 'false');
    if (off.length === 0) {
      if (secure!.text === 'true' && httpOnly!.text === 'true') yield { kind: 'pass', subject: node.span };
      return;
    }
    const missing = [
      ...(secure!.text === 'false' ? ['Secure'] : []),
      ...(httpOnly!.text === 'false' ? ['HttpOnly'] : []),
    ];
    yield {
      kind: 'fail',
      subject: node.span,
      message: 'flags',
      args: { name: stringLiteralValue(values[0]!) ?? values[0]!.text, missing: listed(missing) },
      fixes: [
        {
          title: `Set ${listed(missing)}`,
          safety: 'suggestion',
          preferred: true,
          edits: off.map((flag) => ({ kind: 'replace', span: flag.span, newText: 'true' })),
        },
      ],
    };
  },
};

export const go: readonly NodeDetector[] = [literals, ginCookies] as readonly NodeDetector[];
