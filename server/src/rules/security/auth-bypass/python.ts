/**
 * Python: branches of functions that authenticate (dependencies, decorators, middleware) which let a request pass because
 * of a header that every client can send, or because no key is configured. Public paths, CORS preflights and what the
 * request itself brings along are left alone.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { secretNameOf } from '../../../knowledge/project/secrets.ts';
import { chainOf } from '../../../languages/python/chains.ts';
import { statementRemoved } from '../../../languages/python/edits.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { scopesAround } from '../../../languages/python/scope.ts';
import { stringValue } from '../../../languages/python/strings.ts';
import {
  calledName,
  calledOn,
  definedName,
  enclosingFunction,
  onlyChild,
  parametersOf,
  positionalArguments,
  statementsOf,
  syntaxChildren,
  unparenthesized,
} from '../../../languages/python/syntax.ts';

const AUTHENTICATES =
  /auth(?!or(?:s|_name|_id)?$)|jwt|token(?!ize)|api_?key|session|login_required|protect|verif|guard|identity|credential|require_?user|current_user|signature|security|permission/i;
const OTHER =
  /cors|csrf|preflight|rate|limit|optional|maybe|log(?!in)|refresh|generate|create|issue|encode|send|fetch|get_token|load|save|store|make|build|client|_headers?$|setup|init|config/i;
const REFUSES =
  /\b40[13]\b|HTTP_40[13]|Unauthorized|Forbidden|PermissionDenied|AuthenticationFailed|NotAuthenticated|abort\(/;
/** Headers that carry a credential: what depends on them is a check. */
const CREDENTIAL =
  /auth|token|key|cookie|secret|signature|sign$|session|jwt|bearer|credential|cert|hmac|digest|nonce|tenant/i;
const PASSES =
  /^(?:call_next|get_response|next|handler|func|fn|f|view|view_func|next_middleware_call|app|wrapped|function|endpoint|inner|callback|test_func)$/;

/** `return await call_next(request)`, `return func(*args)`, `return True`, `return` of a check that raises. */
function letsPass(block: PythonNode, owner: PythonNode): boolean {
  const statements = statementsOf(block);
  const last = statements.at(-1);
  if (last?.kind !== 'return_statement' || statements.length > 4) return false;
  if (
    /verif|compare|authenticat|decode|claims|40[13]|Unauthorized|Forbidden|raise |is_local|localhost|127\.0/i.test(
      block.text,
    )
  )
    return false;
  const value = onlyChild(last);
  if (value === null || value.kind === 'none') {
    // Only where refusing means to raise: others take None for nobody.
    return (
      owner.descendants('raise_statement').length > 0 &&
      !/current_user|get_user|_user$|identity|payload|claims/i.test(definedName(owner)) &&
      !returnsValue(owner)
    );
  }
  let inner = unparenthesized(value);
  while (inner.kind === 'await') inner = unparenthesized(onlyChild(inner) ?? inner);
  if (inner.kind === 'call')
    return (
      PASSES.test(calledName(inner)) &&
      (calledOn(inner) === null || /^self\.(?:get_response|app)$/.test(inner.child('function')?.text ?? ''))
    );
  if (inner.kind !== 'true') return false;
  return (
    owner.descendants('raise_statement').length > 0 ||
    owner.descendants('return_statement').some((statement) => onlyChild(statement)?.kind === 'false')
  );
}

function returnsValue(owner: PythonNode): boolean {
  return owner.descendants('return_statement').some((statement) => {
    const value = onlyChild(statement);
    return value !== null && value.kind !== 'none' && value.kind !== 'true';
  });
}

/** The header that a condition compares with a literal; null when it is about something else. */
function clientHeader(condition: PythonNode): string | null {
  for (const node of condition.descendants('call', 'subscript')) {
    const object = node.kind === 'call' ? calledOn(node) : node.child('value');
    if (object === null || !/(?:^|\.)(?:headers|META)$/.test(object.text)) continue;
    if (node.kind === 'call' && calledName(node) !== 'get') continue;
    const key = node.kind === 'call' ? positionalArguments(node)[0] : node.child('subscript');
    const header = key == null ? null : stringValue(key);
    if (header === null || CREDENTIAL.test(header)) continue;
    return header.replace(/^HTTP_/, '');
  }
  return null;
}

/** Whether everything that the condition asks is what any client knows. */
function isPublicKnowledge(condition: PythonNode): boolean {
  if (/\band\b/.test(condition.text)) return false;
  const calls = condition.descendants('call');
  if (!calls.every((call) => /^(?:get|lower|upper|strip|startswith|endswith)$/.test(calledName(call)))) return false;
  const comparisons = condition.descendants('comparison_operator');
  return comparisons.every((comparison) =>
    syntaxChildren(comparison).some(
      (side) => stringValue(side) !== null || side.kind === 'none' || side.kind === 'true',
    ),
  );
}

/** A configured secret that a condition finds to be missing; null when it is about something else. */
function missingSecret(condition: PythonNode, owner: PythonNode, ctx: ChunkContext): string | null {
  const test = unparenthesized(condition);
  let subject: PythonNode | null = null;
  if (test.kind === 'not_operator') subject = test.child('argument');
  else if (test.kind === 'comparison_operator') {
    const [left, right] = syntaxChildren(test);
    const isEmpty = right !== undefined && (right.kind === 'none' || stringValue(right) === '');
    if (isEmpty && /\s(?:is|==)\s/.test(test.text) && !/\bis not\b/.test(test.text)) subject = left ?? null;
  }
  if (subject === null) return null;
  subject = unparenthesized(subject);
  if (subject.kind === 'call') {
    // `not os.getenv("API_KEY")`
    const name = /^os\.(?:getenv|environ\.get)$/.test(subject.child('function')?.text ?? '')
      ? stringValue(positionalArguments(subject)[0] ?? subject)
      : null;
    return name !== null && isSecret(name) ? name : null;
  }
  const name =
    subject.kind === 'attribute'
      ? (subject.child('attribute')?.text ?? '')
      : subject.kind === 'identifier'
        ? subject.text
        : '';
  if (!isSecret(name)) return null;
  if (subject.kind === 'attribute') {
    const object = subject.child('object')?.text ?? '';
    return /^(?:self\.)?_?(?:settings|config|cfg|conf|app\.config|current_app|env|app_settings)$|settings\(?\)?$|^self$/i.test(
      object,
    )
      ? subject.text
      : null;
  }
  const scopes = scopesAround(ctx, subject);
  const bindings = scopes.bindingsOf(subject);
  // A global of the module that is written like a constant.
  if (bindings.length === 0 || scopes.bindingScope(subject) === scopes.module)
    return /^_*[A-Z][A-Z0-9_]*$/.test(name) ? name : null;
  const [only] = bindings;
  if (bindings.length !== 1) return null;
  if (only!.kind === 'parameter') {
    // Of a factory around the handler, not what the handler is given.
    const declared = enclosingFunction(only!.node);
    return declared !== null &&
      !declared.equals(owner) &&
      !parametersOf(owner).some((parameter) => parameter.name === name)
      ? name
      : null;
  }
  const given = only!.kind === 'assignment' ? only!.value : null;
  if (given === null) return null;
  const chain = chainOf(given, ctx) ?? '';
  return /^os\.(?:getenv\(\)|environ\.get\(\)|environ\[\])$/.test(chain) ||
    /^(?:settings|config|app\.config|current_app\.config)\b/.test(given.text)
    ? name
    : null;
}

function isSecret(name: string): boolean {
  return (
    secretNameOf(name) !== null ||
    secretNameOf(name.replace(/s$/i, '')) !== null ||
    /(?:api|auth|access)_?(?:key|token)s?$/i.test(name)
  );
}

const branches: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['function_definition'],
  triggers: [
    'uth',
    'oken',
    'ey',
    'ession',
    'ogin',
    'jwt',
    'JWT',
    'rotect',
    'erif',
    'uard',
    'redential',
    'ecurity',
    'dispatch',
    '__call__',
  ],
  when: (node) => node.ancestor('function_definition') === null,
  *check(node, ctx): Iterable<Verdict> {
    const owning = node.ancestor('class_definition');
    const own = definedName(node);
    const name = /^(?:dispatch|__call__|authenticate|process_request)$/.test(own)
      ? `${own} ${owning === null ? '' : definedName(owning)}`
      : own;
    if (!AUTHENTICATES.test(name) || OTHER.test(own) || /OAuth2?Client|Test/.test(name)) return;
    const body = node.child('body');
    if (body === null || !REFUSES.test(body.text)) return;
    let bypass = false;
    for (const branch of body.descendants('if_statement')) {
      const condition = branch.child('condition');
      const block = branch.child('consequence');
      const owner = enclosingFunction(branch);
      if (condition === null || block === null || owner === null || !letsPass(block, owner)) continue;
      const header = clientHeader(condition);
      if (header !== null && isPublicKnowledge(condition)) {
        bypass = true;
        const isAlone = !branch.children.some(({ kind }) => kind === 'else_clause' || kind === 'elif_clause');
        const edit = isAlone ? statementRemoved(branch) : null;
        yield {
          kind: 'fail',
          subject: condition.span,
          message: 'header',
          args: { header },
          fixes:
            edit === null
              ? []
              : [{ title: 'Delete the branch that lets the request pass', safety: 'suggestion', edits: [edit] }],
        };
        continue;
      }
      const secret = missingSecret(condition, owner, ctx);
      if (secret === null) continue;
      bypass = true;
      yield { kind: 'fail', subject: condition.span, message: 'unconfigured', args: { secret }, severity: 'high' };
    }
    if (!bypass) yield { kind: 'pass', subject: (node.child('name') ?? node).span };
  },
};

export const pythonDetectors: readonly Detector[] = [branches as NodeDetector];
