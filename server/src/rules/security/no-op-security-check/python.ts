/**
 * Python: functions whose name promises to check or to clean, and which return True on every path, hold nothing but
 * `pass`, or return their text as it came. Methods of classes with bases, hooks and doubles are left alone: somebody else
 * may do the work.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import { type Detector, fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { isLogCall, isPrint } from '../../../knowledge/python/logging.ts';
import { pendingValue } from '../../../languages/go/pending.ts';
import { headerOf } from '../../../languages/python/chains.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import {
  basesOf,
  classOfMethod,
  commentText,
  decoratorsOf,
  definedName,
  docstringOf,
  enclosingFunction,
  isEmptyStatement,
  leadingComments,
  onlyChild,
  parametersOf,
  qualifiedName,
  statementsOf,
  unparenthesized,
} from '../../../languages/python/syntax.ts';

/** Names that promise a check. */
const CHECKS =
  /^_{0,2}(?:validate|verify|authenticate|authori[sz]e)(?:_\w+)?$|^_{0,2}(?:check|ensure|enforce|require)_\w*(?:auth|permission|access|signature|token|credential|password|integrity|checksum|policy|csrf|origin|allowed|admin|secret|privilege|sandbox|certificate|session|injection|api_?key)\w*$/i;
/** Questions; as methods they are mostly about the kind of object. */
const ASKS =
  /^_{0,2}(?:is|has|can)_\w*(?:permission|access|signature|token|credential|password|allowed|authori[sz]ed|safe|trusted|valid)\w*$/i;
/** Names that promise to make a text harmless. */
const CLEANS = /^_{0,2}(?:sanitize|sanitise|escape|purify|scrub|redact|mask|strip_(?:html|tags|scripts?))(?:_\w+)?$/i;
const DOCUMENTED =
  /no-?op|nothing to|always (?:valid|allow|succeed|return|true)|does nothing|not (?:needed|required|applicable|supported|used)|unsupported|interface|subclass|override|default implementation|hook|optional|by design|on purpose/i;
const DOUBLE =
  /mock|fake|stub|dummy|noop|no_op|null|empty|test|insecure|unsafe|disabled|allow_?all|anonymous|base|mixin|default|interface|protocol|abstract/i;

const functions: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['function_definition'],
  triggers: [
    'alid',
    'erify',
    'uth',
    'heck_',
    'nsure_',
    'nforce_',
    'equire_',
    'is_',
    'has_',
    'can_',
    'anitize',
    'anitise',
    'scape',
    'urify',
    'crub',
    'edact',
    'mask',
    'strip_',
  ],
  when: (node) => {
    const name = definedName(node);
    return CHECKS.test(name) || CLEANS.test(name) || ASKS.test(name);
  },
  *check(node, ctx): Iterable<Verdict> {
    const name = definedName(node);
    const owner = classOfMethod(node);
    const subject = node.child('name')!;
    if (enclosingFunction(node) !== null || node.child('body') === null) return;
    if (DOUBLE.test(ctx.file.path.slice(ctx.file.path.lastIndexOf('/') + 1))) return;
    if (owner !== null && (ASKS.test(name) || basesOf(owner).length > 0 || DOUBLE.test(definedName(owner)))) return;
    // Decorators turn a function into something that others call: validators of models, properties, fixtures.
    if (decoratorsOf(node).some((decorator) => !/^(?:staticmethod|classmethod)$/.test(decorator.text))) return;
    const isSubclassed =
      owner !== null &&
      headerOf(ctx).classes.some(
        ({ bases }) => bases.includes(definedName(owner)) || bases.includes(`:${definedName(owner)}`),
      );
    if (isSubclassed) return;
    const parameters = parametersOf(node).filter((parameter) => !/^(?:self|cls)$/.test(parameter.name));
    if (parameters.length === 0) return;
    const body = statementsOf(node).filter(
      (statement, index) => !(index === 0 && isEmptyStatement(statement) && docstringOf(node) !== null),
    );
    const key = owner === null ? '' : name;
    const args = { name: qualifiedName(node) };
    const verdict = CLEANS.test(name)
      ? cleaning(
          body,
          parameters.map((parameter) => parameter.name),
        )
      : checking(node, body);
    if (verdict === null) return;
    if (verdict === 'pass') {
      yield fact('security.no-op', key, pendingValue({ kind: 'pass', subject: subject.span }), subject);
      return;
    }
    const calls = node.descendants('call');
    if (verdict === 'passes' && calls.some((call) => !isLogCall(call, ctx) && !isPrint(call))) return;
    const words = [
      docstringOf(node)?.text ?? '',
      ...[...leadingComments(node), ...node.descendants('comment')].map(commentText),
    ].join(' ');
    if (DOCUMENTED.test(words) && !/TODO|FIXME/i.test(words)) return;
    yield fact(
      'security.no-op',
      key,
      pendingValue({ kind: 'fail', subject: subject.span, message: verdict, args }),
      subject,
    );
  },
};

/** `return text`, and nothing else. */
function cleaning(body: readonly PythonNode[], names: readonly string[]): 'unchanged' | 'pass' | null {
  const [only] = body;
  if (body.length === 1 && only!.kind === 'return_statement') {
    const value = onlyChild(only!);
    const returned = value === null ? null : unparenthesized(value);
    if (returned?.kind === 'identifier') return names[0] === returned.text ? 'unchanged' : null;
  }
  return body.some(
    (statement) => statement.kind === 'return_statement' || statement.descendants('return_statement').length > 0,
  )
    ? 'pass'
    : null;
}

/** Whether every path says that all is well. */
function checking(node: PythonNode, body: readonly PythonNode[]): 'passes' | 'pass' | null {
  const refuses = node.descendants('raise_statement', 'assert_statement');
  if (refuses.length > 0) return 'pass';
  const returns = node.descendants('return_statement');
  const values = returns.map((statement) => onlyChild(statement));
  if (values.some((value) => value?.kind === 'false')) return 'pass';
  if (node.descendants('yield', 'await', 'assignment', 'augmented_assignment', 'delete_statement').length > 0)
    return null;
  if (returns.length === 0) {
    const [only] = body;
    return body.length === 1 && only!.kind === 'pass_statement' ? 'passes' : null;
  }
  if (!values.every((value) => value?.kind === 'true')) return null;
  // Behind the last statement a function returns None.
  return body.at(-1)?.kind === 'return_statement' ? 'passes' : null;
}

export const pythonDetectors: readonly Detector[] = [functions as NodeDetector];
