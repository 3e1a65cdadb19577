/**
 * Python: `@csrf_exempt` on views that change something for a signed-in user, and the switches of Flask-WTF. A view that
 * looks at a token or signature of its own is left alone, and so are settings of tests.
 */
import type { Fix, FixEdit, Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { chainOf, headerOf } from '../../../languages/python/chains.ts';
import { importing, replaced } from '../../../languages/python/edits.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { stringValue } from '../../../languages/python/strings.ts';
import {
  assignmentTargets,
  calledName,
  decorated,
  decoratorsOf,
  definedName,
  keywordArgument,
  lineSpanOf,
  positionalArguments,
} from '../../../languages/python/syntax.ts';

const EXEMPT = /^django\.views\.decorators\.csrf\.csrf_exempt$/;
/** The view knows the user by the cookie of the session. */
const BY_COOKIE =
  /\brequest\.(?:user|session)\b|login_required|LoginRequiredMixin|permission_required|user_passes_test|staff_member_required/;
const CHANGES =
  /["'](?:POST|PUT|PATCH|DELETE)["']|request\.(?:POST|FILES|body|data)\b|\bdef (?:post|put|patch|delete)\(|require_POST/;
const OWN_CHECK =
  /signature|hmac|webhook|bearer|authorization|api_?key|oauth|saml|jwt|token_required|X-Hub|stripe|twilio|TokenAuthentication|compare_digest|callback|ipn\b|\bsso\b|authenticate\(|slack|(?:validate|verify|check)_(?:\w*_)?token/i;
const TESTS = /test|dev|local|debug|ci\b/i;

const views: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['function_definition', 'class_definition'],
  triggers: ['csrf_exempt'],
  *check(node, ctx): Iterable<Verdict> {
    const marks = decoratorsOf(node).filter((decorator) => {
      if (EXEMPT.test(chainOf(decorator, ctx) ?? '')) return true;
      // `@method_decorator(csrf_exempt, name="dispatch")`
      return (
        decorator.kind === 'call' &&
        calledName(decorator) === 'method_decorator' &&
        EXEMPT.test(chainOf(positionalArguments(decorator)[0] ?? decorator, ctx) ?? '')
      );
    });
    const [mark] = marks;
    if (mark === undefined) return;
    const text = decorated(node).text;
    if (OWN_CHECK.test(text) || OWN_CHECK.test(definedName(node))) return;
    if (!BY_COOKIE.test(text) || !CHANGES.test(text)) return;
    yield {
      kind: 'fail',
      subject: mark.span,
      message: 'view',
      args: { view: definedName(node) },
      fixes: fixes(mark, ctx),
    };
  },
};

function fixes(mark: PythonNode, ctx: ChunkContext): readonly Fix[] {
  const line = mark.parent;
  if (line?.kind !== 'decorator' || mark.kind === 'call') return [];
  const edits: FixEdit[] = [{ kind: 'replace', span: lineSpanOf(line), newText: '' }];
  const own = headerOf(ctx).imports.find(({ path }) => EXEMPT.test(path));
  if (own !== undefined && own.name === 'csrf_exempt')
    edits.push(importing([], ['django.views.decorators.csrf:csrf_exempt']));
  return [{ title: 'Remove the exemption', safety: 'suggestion', preferred: true, edits }];
}

/** `app.config["WTF_CSRF_ENABLED"] = False`, `WTF_CSRF_ENABLED = False` */
const settings: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['assignment'],
  triggers: ['WTF_CSRF_ENABLED', 'CSRF_ENABLED'],
  when: (node) => /CSRF_ENABLED/.test(node.child('left')?.text ?? ''),
  *check(node, ctx): Iterable<Verdict> {
    const [only] = assignmentTargets(node);
    if (only?.value == null || TESTS.test(ctx.file.path)) return;
    const { target, value } = only;
    const key = target.kind === 'subscript' ? target.child('subscript') : null;
    const name = key === null ? target.text : (stringValue(key) ?? '');
    if (!/^(?:WTF_)?CSRF_ENABLED$/.test(name)) return;
    const owner = node.ancestor('class_definition', 'function_definition');
    if ((owner !== null && TESTS.test(definedName(owner))) || node.ancestor('if_statement') !== null) return;
    if (value.kind === 'true') yield { kind: 'pass', subject: node.span };
    if (value.kind !== 'false') return;
    yield {
      kind: 'fail',
      subject: node.span,
      message: 'off',
      fixes: [
        { title: 'Switch the check on', safety: 'suggestion', preferred: true, edits: [replaced(value, 'True')] },
      ],
    };
  },
};

/** `CSRFProtect(app)` of Flask-WTF, `CsrfViewMiddleware` of Django. */
const protections: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call', 'string'],
  triggers: ['CSRFProtect', 'CsrfViewMiddleware'],
  calls: (name) => name === 'CSRFProtect',
  when: (node) => node.kind === 'call' || /CsrfViewMiddleware["']$/.test(node.text),
  *check(node): Iterable<Verdict> {
    yield { kind: 'pass', subject: node.span };
  },
};

/** `LoginForm(csrf_enabled=False)`, `Form(meta={"csrf": False})` */
const forms: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['csrf_enabled', 'csrf'],
  calls: (name) => /Form$/.test(name),
  *check(node): Iterable<Verdict> {
    const flag = keywordArgument(node, 'csrf_enabled');
    const meta = keywordArgument(node, 'meta');
    const off =
      flag?.kind === 'false'
        ? flag
        : meta?.kind === 'dictionary' && /["']csrf["']\s*:\s*False/.test(meta.text)
          ? meta
          : null;
    if (off === null) return;
    // Forms of searches change nothing.
    if (/search|filter|query/i.test(calledName(node)) || /request\.args|request\.GET/.test(node.text)) return;
    yield { kind: 'fail', subject: (off.parent ?? off).span, message: 'off' };
  },
};

export const pythonDetectors: readonly Detector[] = [views, settings, protections, forms] as readonly Detector[];
