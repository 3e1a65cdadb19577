/**
 * Python: `set_cookie` for a session or token without Secure, HttpOnly or SameSite, and settings of Django and Flask that
 * switch the flags off. Cookies that are deleted, that scripts read, or whose flags come from somewhere are left alone.
 */
import type { Fix, FixEdit, Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { headerOf } from '../../../languages/python/chains.ts';
import { keywordInserted, replaced } from '../../../languages/python/edits.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { constantText, numberValue, stringValue } from '../../../languages/python/strings.ts';
import {
  argumentOf,
  assignmentTargets,
  calledOn,
  definedName,
  hasSplat,
  keywordArgument,
  positionalArguments,
} from '../../../languages/python/syntax.ts';

/** Cookies that let somebody in. */
const CREDENTIAL = /sess|\bsid\b|_sid$|^sid|auth|token|jwt|login|remember|credential|passw|identity|^user_?id$/i;
/** Cookies that scripts read, or that are no credential. */
const OTHER = /csrf|xsrf|state|nonce|redirect|lang|theme|consent|flash|return|origin|verifier|pkce|author|logout/i;
const FLAGS: readonly (readonly [keyword: string, value: string, shown: string])[] = [
  ['secure', 'True', 'Secure'],
  ['httponly', 'True', 'HttpOnly'],
  ['samesite', '"Lax"', 'SameSite'],
];

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)!}`;
}

const cookies: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['set_cookie', 'set_signed_cookie'],
  calls: (name) => name === 'set_cookie' || name === 'set_signed_cookie',
  *check(node, ctx): Iterable<Verdict> {
    const object = calledOn(node);
    const name = argumentOf(node, 'key', 0);
    const value = argumentOf(node, 'value', 1);
    // Clients and jars of cookies are no servers; positions behind the second are other things.
    if (object === null || /(?:jar|cj|client|driver|browser|session)$/i.test(object.text)) return;
    if (name === null || value === null || hasSplat(node) || positionalArguments(node).length > 2) return;
    const text = constantText(name, ctx) ?? name.text;
    if (!CREDENTIAL.test(text) || OTHER.test(text) || isDeletion(node, value)) return;
    // What the source says is no secret: `is_logged_in=true`.
    if (stringValue(value) !== null) return;
    const hasDefault = headerOf(ctx).imports.some(({ module }) => /^(?:fastapi|starlette)\b/.test(module));
    const missing = FLAGS.filter(([keyword]) => {
      const given = keywordArgument(node, keyword);
      if (given === null) return keyword !== 'samesite' || !hasDefault;
      return given.kind === 'false' || given.kind === 'none';
    });
    if (missing.length === 0) {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    yield {
      kind: 'fail',
      subject: (node.child('function') ?? node).span,
      message: 'flags',
      args: { name: text, missing: listed(missing.map(([, , shown]) => shown)) },
      fixes: flagsFix(node, missing),
    };
  },
};

function isDeletion(call: PythonNode, value: PythonNode): boolean {
  const age = keywordArgument(call, 'max_age');
  const expires = keywordArgument(call, 'expires');
  if (stringValue(value) === '' || value.kind === 'none') return true;
  const isPast = (end: PythonNode | null): boolean => end !== null && (numberValue(end) ?? 1) <= 0;
  return isPast(age) || isPast(expires) || /1970|fromtimestamp\(0/.test(expires?.text ?? '');
}

function flagsFix(call: PythonNode, missing: typeof FLAGS): readonly Fix[] {
  const edits: FixEdit[] = [];
  const absent = missing.filter(([keyword]) => keywordArgument(call, keyword) === null);
  for (const [keyword, value] of missing) {
    const given = keywordArgument(call, keyword);
    if (given !== null) edits.push(replaced(given, value));
  }
  const [first, ...more] = absent;
  if (first !== undefined) {
    const rest = more.map(([keyword, value]) => `, ${keyword}=${value}`).join('');
    const edit = keywordInserted(call, first[0], `${first[1]}${rest}`);
    if (edit === null) return [];
    edits.push(edit);
  }
  return [{ title: 'Set the flags', safety: 'suggestion', preferred: true, edits }];
}

const SETTING = /^(?:(?:SESSION|REMEMBER|JWT|AUTH|LANGUAGE_SESSION)_COOKIE_(SECURE|HTTPONLY)|JWT_COOKIE_(SECURE))$/;
const DEVELOPMENT = /test|dev|local|debug|example|sample|ci\b/i;

/** `SESSION_COOKIE_SECURE = False`, `app.config["SESSION_COOKIE_HTTPONLY"] = False` */
const settings: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['assignment'],
  triggers: ['COOKIE_SECURE', 'COOKIE_HTTPONLY'],
  when: (node) => /COOKIE_(?:SECURE|HTTPONLY)/.test(node.child('left')?.text ?? ''),
  *check(node, ctx: ChunkContext): Iterable<Verdict> {
    const [only] = assignmentTargets(node);
    if (only?.value == null || DEVELOPMENT.test(ctx.file.path)) return;
    const key = only.target.kind === 'subscript' ? only.target.child('subscript') : null;
    const name = key === null ? only.target.text : (stringValue(key) ?? '');
    const flag = SETTING.exec(name);
    if (flag === null) return;
    const owner = node.ancestor('class_definition', 'function_definition');
    if (
      (owner !== null && (DEVELOPMENT.test(definedName(owner)) || owner.kind === 'class_definition')) ||
      node.ancestor('if_statement') !== null
    )
      return;
    if (only.value.kind === 'true') yield { kind: 'pass', subject: node.span };
    if (only.value.kind !== 'false') return;
    yield {
      kind: 'fail',
      subject: node.span,
      message: 'setting',
      args: { name, flag: (flag[1] ?? flag[2]) === 'SECURE' ? 'Secure' : 'HttpOnly' },
      fixes: [
        { title: `Set ${name} to True`, safety: 'suggestion', preferred: true, edits: [replaced(only.value, 'True')] },
      ],
    };
  },
};

export const pythonDetectors: readonly Detector[] = [cookies, settings] as readonly Detector[];
