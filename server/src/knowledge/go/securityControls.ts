/**
 * Controls that a program defines, whether anything mentions them, headers that protect browsers, and signs that a
 * program answers browsers or asks who may do what. States facts about single declarations and files.
 */

import type { Extractor, NodeDetector, TextDetector } from '../../core/rulekit/rule.ts';
import type { GoHeader } from '../../languages/go/header.ts';
import type { GoNode } from '../../languages/go/nodes.gen.ts';
import {
  enclosingFunction,
  functionName,
  parametersOf,
  resultsOf,
  stringLiteralValue,
  topLevelOf,
} from '../../languages/go/syntax.ts';
import { state } from '../facts.ts';
import { withoutVersion } from './frameworks.ts';
import { makesHandler } from './handlers.ts';
import { headerWrite, SETS_HEADER } from './headers.ts';
import { importDetector } from './imports.ts';

/** Names of middleware that protects, in every language. */
export const MIDDLEWARE =
  /auth(?!or(?:s|Name|ID)?$)|jwt|csrf|xsrf|rate_?limit|throttle|require_?(?:role|admin|permission|login|user|session|scope|token|key)|permission|rbac|casbin|acl$|security_?header|secure_?header|api_?key|ip_?(?:allow|white|black|filter|restrict)|verif|signature|session_?(?:guard|check|required)|admin_?only|body_?limit|max_?bytes|valid(?:ate|ation)|guard$/i;
/** Names of checks and operations that somebody has to call. */
export const CHECK =
  /^(?:validate|verify|check|authenticate|authorize|require|ensure|enforce|is|has)_?\w*(?:token|jwt|session|signature|permission|api_?key|csrf|access|webhook|password_?(?:strength|policy)|role|admin|origin|input|scope|credentials?)s?$|^sanitize\w+$|^(?:authenticate|authorize)(?:request|user|client|call)$/i;
export const ROTATION =
  /^(?:rotate|revoke|expire|invalidate|renew)_?\w*(?:keys?|secrets?|tokens?|sessions?|credentials?)$/i;

/** What every name that one of them knows has in it. */
const MAY_MENTION =
  /auth|jwt|[cx]srf|rate_?limit|throttle|require|permission|rbac|casbin|acl|secur(?:ity|e)_?header|api_?key|ip_?(?:allow|white|black|filter|restrict)|verif|signature|session_?(?:guard|check|required)|admin_?only|body_?limit|max_?bytes|valid(?:ate|ation)|guard|sanitize|(?:token|session|access|webhook|password|role|admin|origin|input|scope|credential|key|secret)(?<=(?:check|ensure|enforce|is|has|rotate|revoke|expire|renew)\w*)/i;

/** What a function promises by its name and shape; null when it is no control. */
function controlOf(name: string, node: GoNode): 'middleware' | 'check' | 'rotation' | null {
  if (!MAY_MENTION.test(name)) return null;
  // What gives or makes one is looked for where it is used.
  if (
    /^(?:New|new|With|Get|get|Set|set|Default|Parse|Test|Mock|Handle|handle|Register|Must|Decode|Encode|Unmarshal|Marshal)/.test(
      name,
    )
  )
    return null;
  if (makesHandler(node)) return MIDDLEWARE.test(name) ? 'middleware' : null;
  if (ROTATION.test(name)) return 'rotation';
  return CHECK.test(name) ? 'check' : null;
}

/** Shapes of middleware by framework: types of the parameters, and what comes back. */
const SHAPES: readonly (readonly [string, RegExp, RegExp])[] = [
  ['gin', /^\*gin\.Context$/, /^$/],
  ['fiber', /^(?:\*fiber\.Ctx|fiber\.Ctx)$/, /^error$/],
  ['echo', /^echo\.HandlerFunc$/, /^echo\.HandlerFunc$/],
  ['chi', /^http\.Handler$/, /^http\.Handler$/],
];
/** What a function without parameters gives that is one. */
const MADE: readonly (readonly [string, RegExp])[] = [
  ['gin', /^gin\.HandlerFunc$/],
  ['fiber', /^fiber\.Handler$/],
  ['echo', /^echo\.MiddlewareFunc$/],
  ['chi', /^func\(\w*\s*http\.Handler\) http\.Handler$/],
];

/** How a router uses a function as middleware; null for methods and functions that ask for something first. */
function useOf(name: string, node: GoNode): { readonly framework: string; readonly text: string } | null {
  if (node.kind === 'method_declaration' || node.child('type_parameters') !== null) return null;
  const parameters = parametersOf(node).map(({ type }) => type.text);
  const results = resultsOf(node).map(({ type }) => type.text);
  if (results.length > 1) return null;
  const result = results[0] ?? '';
  if (parameters.length === 0) {
    const made = MADE.find(([, shape]) => shape.test(result));
    return made === undefined ? null : { framework: made[0], text: `${name}()` };
  }
  const own =
    parameters.length > 1
      ? undefined
      : SHAPES.find(([, takes, gives]) => takes.test(parameters[0]!) && gives.test(result));
  return own === undefined ? null : { framework: own[0], text: name };
}

const controls: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['function_declaration', 'method_declaration'],
  triggers: [
    'uth',
    'wt',
    'WT',
    'srf',
    'SRF',
    'imit',
    'hrottl',
    'equire',
    'ermission',
    'bac',
    'BAC',
    'asbin',
    'ecur',
    'ey',
    'erif',
    'ignature',
    'ession',
    'dmin',
    'alid',
    'uard',
    'heck',
    'otate',
    'evoke',
    'anitize',
    'oken',
    'ccess',
    'nforce',
    'nsure',
    'IP',
    'ytes',
    'ACL',
    'Acl',
  ],
  *check(node) {
    const name = functionName(node);
    const kind = name.length < 4 ? null : controlOf(name, node);
    if (kind === null || node.child('body') === null) return;
    yield state(
      'security.control',
      name,
      { kind, method: node.kind === 'method_declaration', use: useOf(name, node) },
      node.child('name') ?? node,
    );
  },
};

/** Names, also those in texts: a mention excuses. Comments are none. */
const COMMENT_OR_NAME = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|[A-Za-z_]\w{3,}/g;

const mentions: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['function_declaration', 'method_declaration', 'type_declaration', 'var_declaration', 'const_declaration'],
  *check(node, ctx) {
    if (node.parent?.kind !== 'chunk') return;
    const { text } = node;
    if (!MAY_MENTION.test(text)) return;
    // The declaration itself is no mention.
    const own = node.child('name')?.start ?? -1;
    const names = new Set<string>();
    for (const match of text.matchAll(COMMENT_OR_NAME)) {
      const name = match[0];
      if (name.startsWith('/') || node.start + match.index === own || names.has(name)) continue;
      if (MIDDLEWARE.test(name) || CHECK.test(name) || ROTATION.test(name)) names.add(name);
    }
    if (names.size > 0) yield state('security.mention', ctx.file.path, [...names].join(' '), { start: 0, end: 0 });
  },
};

const PROTECTIVE: ReadonlySet<string> = new Set([
  'x-frame-options',
  'x-content-type-options',
  'content-security-policy',
  'content-security-policy-report-only',
  'strict-transport-security',
  'referrer-policy',
  'permissions-policy',
]);

const headers: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: [
    'X-Frame',
    'x-frame',
    'X-Content',
    'x-content',
    'Content-Security',
    'content-security',
    'Strict-Transport',
    'strict-transport',
    'Referrer',
    'Permissions',
    'HeaderX',
    'HeaderContentSecurity',
    'HeaderStrict',
  ],
  calls: (name) => SETS_HEADER.test(name),
  *check(node) {
    const write = headerWrite(node);
    if (write === null || !PROTECTIVE.has(write.name)) return;
    const declaration = topLevelOf(node);
    const owner = enclosingFunction(node);
    const everywhere =
      (declaration !== null && makesHandler(declaration)) ||
      (owner !== null && makesHandler(owner)) ||
      /header|secur|middleware|ServeHTTP/i.test(declaration === null ? '' : functionName(declaration)) ||
      (owner?.kind === 'func_literal' && /\.Use\(|next/.test(owner.parent?.parent?.text.slice(0, 200) ?? ''));
    yield state('security.header', write.name, { everywhere }, node);
  },
};

/** Headers in tables: `{"X-Frame-Options", "DENY"}` and maps of them. */
const headerTables: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['interpreted_string_literal'],
  triggers: ['X-Frame-Options', 'X-Content-Type-Options', 'Content-Security-Policy', 'Strict-Transport-Security'],
  when: (node) => node.end - node.start < 60,
  *check(node) {
    const name = (stringLiteralValue(node) ?? '').toLowerCase();
    if (!PROTECTIVE.has(name)) return;
    if (node.parent?.kind === 'literal_element' || node.ancestor('const_spec', 'var_spec') !== null) {
      yield state('security.header', name, { everywhere: true }, node);
    }
  },
};

const LIBRARIES =
  /^github\.com\/(?:unrolled\/secure|gin-contrib\/secure|danielkov\/gin-helmet|gofiber\/fiber\/middleware\/helmet|helmetjs\/|goddtriffin\/helmet|srikrsna\/security-headers|TobiEiss\/aevitas|justinas\/nosurf)(?:\/|$)/;

const libraries = importDetector(function* (path, subject) {
  if (LIBRARIES.test(withoutVersion(path)) && !path.includes('nosurf'))
    yield state('security.header', '*', { everywhere: true }, subject);
  if (/^html\/template$|^github\.com\/(?:a-h\/templ|flosch\/pongo2|gofiber\/template)/.test(path))
    yield state('http.pages', path, null, subject);
});

const PAGES =
  /^(?:LoadHTMLGlob|LoadHTMLFiles|SetHTMLTemplate|FileServer|HTML|HTMLBlob|Static|StaticFS|StaticFile|ServeFile|ServeFileFS|ServeContent|FileServerFS|Secure|SecureWithConfig)$/;

const pages: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['LoadHTML', 'SetHTMLTemplate', 'FileServer', '.HTML', '.Static', 'ServeFile', '.Secure'],
  calls: (name) => PAGES.test(name),
  *check(node) {
    const callee = node.child('function');
    const name = callee?.child('field')?.text ?? '';
    if (/^Secure/.test(name)) {
      if (/^(?:middleware|echomw|mw|echomiddleware)$/i.test(callee?.child('operand')?.text ?? ''))
        yield state('security.header', '*', { everywhere: true }, node);
      return;
    }
    if (name === 'ServeFile' && !/\.html/.test(node.text)) return;
    if (name === 'ServeContent') return;
    // Uploads and images are no pages.
    if (
      /^(?:Static|FileServer)/.test(name) &&
      /upload|image|export|qrcode|download|media|avatar|file[sS]?Path|swagger|docs/i.test(node.text)
    )
      return;
    yield state('http.pages', name, null, node);
  },
};

/** Records that are kept by their user, and questions for rights: a lone `role` may be that of a chat message. */
const OWNED =
  /\b(?:owner|created_?by|author|user|account|tenant)_?id\s*=\s*(?:\?|\$\d|:\w)|\b[oO]wner(?:ID|Id)?\s*[!=]=|[!=]=\s*\w+\.(?:Owner|User|Author)(?:ID|Id)\b|\.(?:User|Owner|Author)(?:ID|Id)\s*[!=]=\s*[a-z]|"(?:user|owner|author|tenant)_id"/;
/** Names of rights, whatever stands around them. */
const RIGHTS =
  /[pP]ermission|[pP]rivilege|RBAC|[rR]bac|[cC]asbin|[iI]sAdmin|is_admin|[aA]dminOnly|[rR]equireAdmin|(?:[hH]as|[rR]equire|[uU]ser|[cC]heck|[aA]llowed|[mM]in|[aA]dmin)Roles?|Role(?:Admin|User|Guest|Owner|Editor|Viewer)|[rR]oleI[dD]s?|(?:[hH]as|[rR]equire|[cC]heck)Scopes?|[cC]anAccess|[hH]asAccess|[cC]heckAccess|(?<![nN])[aA]uthorize[rd]?|[sS]uperuser|[eE]nforcer?|[oO]wner(?:ID|Id|ship)|[aA]dminAuth|[aA]dminMiddleware/;
const QUESTION =
  /\b(?:claims|user|u|me|account|principal|session|identity|token)\.(?:Roles?|Admin|Scopes?|Groups?)\b|[!=]= ?"admin"|StatusForbidden|PermissionDenied|ErrForbidden|\bACLs?\b/;
const ASKED = new RegExp(`\\b\\w*(?:${RIGHTS.source})(?![a-z])\\w*|${QUESTION.source}`);
/** The end of each question: the names in front of it would be looked for everywhere. */
const MAY_QUESTION =
  /\.(?:Role|Admin|Scope|Group)|[!=]= ?"admin"|StatusForbidden|PermissionDenied|ErrForbidden|\bACLs?\b/;
/** What looks like rights and is something else; words around such a part are dear to look for. */
const OTHERS = /os\.(?:IsPermission|ErrPermission)|Permissions?-Policy/g;
const OTHER_PART = /FilePerm|DirPerm|Role(?:User|System|Assistant)/;
const OTHER_WORDS = new RegExp(`\\w*(?:${OTHER_PART.source})\\w*`, 'g');

const rights: TextDetector = {
  text: true,
  triggers: [
    'ole',
    'ermission',
    'rivilege',
    'cope',
    'asbin',
    'bac',
    'BAC',
    'dmin',
    'wner',
    'orbidden',
    'uthoriz',
    'uperuser',
    'user_id',
    'UserID',
    'UserId',
    'ACL',
    'nforce',
    'tenant',
    'author',
    'ccess',
    'Group',
  ],
  *check(text, ctx) {
    const { path } = ctx.file;
    // Permissions of files are something else.
    if (!path.endsWith('.go') || /(?:^|\/)(?:files?|uploads?|fs|osutil|disk)\//.test(path)) return;
    // Without what stands in front of a name, for which every word would be read several times: right when it says no.
    if (!RIGHTS.test(text) && !MAY_QUESTION.test(text) && !OWNED.test(text)) return;
    const blank = (found: string): string => ' '.repeat(found.length);
    let code = text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|`\w+:"[^`\n]*`/g, blank).replace(OTHERS, blank);
    if (OTHER_PART.test(code)) code = code.replace(OTHER_WORDS, blank);
    const match = OWNED.exec(code) ?? ASKED.exec(code);
    if (match === null) return;
    yield state(
      'auth.rights',
      path,
      { word: match[0].slice(0, 40) },
      { start: match.index, end: match.index + match[0].length },
    );
  },
};

export const extractors: readonly Extractor[] = [
  { id: 'security.control', language: 'go', detector: controls as NodeDetector },
  { id: 'security.mention', language: 'go', detector: mentions as NodeDetector },
  { id: 'security.header.call', language: 'go', detector: headers as NodeDetector },
  { id: 'security.header.table', language: 'go', detector: headerTables as NodeDetector },
  { id: 'security.header.library', language: 'go', detector: libraries },
  { id: 'http.pages', language: 'go', detector: pages as NodeDetector },
  { id: 'auth.rights', language: 'go', detector: rights },
];
