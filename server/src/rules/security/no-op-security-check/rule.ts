/** Functions that promise to check or clean something and do neither. */
import { defineRule, fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { pendingValue, settled } from '../../../languages/go/pending.ts';
import {
  functionName,
  leadingCommentText,
  parametersOf,
  qualifiedFunctionName,
  receiverOf,
  resultsOf,
  statementsOf,
  syntaxChildren,
  unparenthesized,
} from '../../../languages/go/syntax.ts';
import { pythonDetectors } from './python.ts';

/** Names that promise a check. */
const CHECKS =
  /^(?:validate|verify|authenticate|authorize|authorise)(?:[A-Z_]\w*)?$|^(?:check|ensure|enforce|require|is|has|can)\w*(?:auth|permission|access|signature|token|credential|password|integrity|checksum|policy|csrf|origin|allowed|authorized|authenticated|admin|secret|privilege|sandbox|certificate|session|injection)\w*$/i;
/** Names that promise to make a text harmless. */
const CLEANS =
  /^(?:sanitize|sanitise|escape|purify|scrub|redact|mask|strip(?:Html|HTML|Tags|Scripts?))(?:[A-Z_]\w*)?$/i;

/** Comments that say that nothing is done, on purpose. */
const DOCUMENTED =
  /no-?op|nothing to|always (?:valid|allow|succeed|return|true|nil)|does nothing|not (?:needed|required|applicable|supported|used)|unsupported|implements|satisf|interface|placeholder for plugins|optional|default implementation|override/i;

/** Files and types that are made for tests. */
const DOUBLE =
  /mock|fake|stub|dummy|noop|no_op|nop|null|empty|test|insecure|unsafe|disabled|allow_?all|permissive|anonymous|unimplemented|base|default/i;

function returnsOf(body: GoNode): readonly GoNode[] {
  return body.descendants('return_statement');
}

function valuesOf(statement: GoNode): readonly GoNode[] {
  return syntaxChildren(syntaxChildren(statement)[0] ?? statement);
}

/** Whether every return says that all is well: nil for errors, true for booleans, and nothing else that varies. */
function alwaysSucceeds(body: GoNode, types: readonly string[]): boolean {
  if (!types.some((type) => type === 'error' || type === 'bool')) return false;
  const returns = returnsOf(body);
  // `return stateForbidden, nil`: the refusal is another result.
  const tells = types.some(
    (type, index) =>
      type !== 'error' &&
      type !== 'bool' &&
      new Set(returns.map((statement) => valuesOf(statement)[index]?.text)).size > 1,
  );
  return (
    !tells &&
    returns.length > 0 &&
    returns.every((statement) => {
      const values = valuesOf(statement);
      return (
        values.length === types.length &&
        types.every((type, index) => {
          if (type === 'error') return values[index]!.kind === 'nil';
          if (type === 'bool') return values[index]!.text === 'true';
          return true;
        })
      );
    })
  );
}

const functions: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['function_declaration', 'method_declaration'],
  triggers: [
    'alidate',
    'erify',
    'uth',
    'heck',
    'nsure',
    'nforce',
    'equire',
    'is',
    'has',
    'can',
    'Is',
    'Has',
    'Can',
    'anitize',
    'anitise',
    'scape',
    'urify',
    'crub',
    'edact',
    'ask',
    'trip',
  ],
  when: (node) => CHECKS.test(functionName(node)) || CLEANS.test(functionName(node)),
  *check(node, ctx) {
    const name = functionName(node);
    const body = node.child('body');
    const receiver = node.kind === 'method_declaration' ? receiverOf(node) : null;
    if (body === null || ctx.file.header.buildConstraint !== '') return;
    if (/_(?:windows|linux|darwin|other|others|unix|stub|noop|freebsd|wasm|js|nocgo)\.go$/.test(ctx.file.path)) return;
    if (DOUBLE.test(ctx.file.path.slice(ctx.file.path.lastIndexOf('/') + 1)) || DOUBLE.test(receiver?.type ?? ''))
      return;
    const types = resultsOf(node).map((result) => result.type.text);
    const subject = node.child('name') ?? node;
    if (types.length === 0) return;
    const state = (verdict: Parameters<typeof pendingValue>[0]) =>
      fact('security.no-op', receiver === null ? '' : name, pendingValue(verdict), subject);

    if (CLEANS.test(name)) {
      // Sanitisers of numbers and structures are conversions.
      const parameters = parametersOf(node).filter((parameter) => /^(?:string|\[\]byte)$/.test(parameter.type.text));
      if (parameters.length === 0 || types.length > 2 || !/^(?:string|\[\]byte)$/.test(types[0]!)) return;
      const statements = statementsOf(body);
      const only =
        statements.length === 1 && statements[0]!.kind === 'return_statement' ? valuesOf(statements[0]!) : null;
      const returned = only?.[0] === undefined ? null : unparenthesized(only[0]);
      const isSame =
        returned !== null && parameters.some((parameter) => parameter.name !== '' && parameter.name === returned.text);
      if (!isSame) {
        yield state({ kind: 'pass', subject: subject.span });
        return;
      }
      if (DOCUMENTED.test(leadingCommentText(node))) return;
      yield state({
        kind: 'fail',
        subject: subject.span,
        message: 'unchanged',
        args: { name: qualifiedFunctionName(node) },
      });
      return;
    }

    if (!alwaysSucceeds(body, types)) {
      if (types.includes('error') || types.includes('bool')) yield state({ kind: 'pass', subject: subject.span });
      return;
    }
    // A check may fail by a panic, by what it writes into its arguments, or in a function that it passes on to.
    if (
      body.descendants('call_expression').some((call) => !isTelling(call)) ||
      body.descendants('assignment_statement', 'inc_statement', 'send_statement').length > 0
    )
      return;
    // Decisions that all end well still decide nothing, but what is nil may be meant to pass.
    if (parametersOf(node).length === 0 && receiver === null) return;
    if (
      DOCUMENTED.test(`${leadingCommentText(node)} ${body.text.replace(/"[^"]*"/g, '')}`) &&
      !/TODO|FIXME/i.test(body.text)
    )
      return;
    yield state({
      kind: 'fail',
      subject: subject.span,
      message: 'passes',
      args: { name: qualifiedFunctionName(node) },
    });
  },
};

/** Methods of interfaces, by the names that this rule looks at. */
const interfaceMethods: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['method_elem'],
  *check(node) {
    const name = node.child('name');
    if (name === null || !(CHECKS.test(name.text) || CLEANS.test(name.text))) return;
    yield fact('security.asked-method', name.text, null, name);
  },
};

/** Calls that only tell somebody something, or compute. */
function isTelling(call: GoNode): boolean {
  return /^(?:fmt\.(?:Print|Sprint)|log\.|slog\.|logger\.|len\b|strings\.|time\.)/.test(call.text);
}

export const rule = defineRule({
  id: 'no-op-security-check',
  title: 'Check or sanitiser that does nothing',
  category: 'security',
  severity: 'high',
  confidence: 'likely',
  stage: 'preview',
  docs: {
    what: 'A function whose name promises to validate, verify, authenticate, authorise or sanitise says "all is well" on every path, or returns its input unchanged. Methods that an interface of the workspace asks for, and in Python methods of classes with bases, are left out: another implementation may do the work.',
    why: 'Callers and reviewers rely on a guarantee that nobody gives. A check that was stubbed for a first version is the one that nobody looks at again.',
    howToFix: 'Implement the check, or delete the function and its calls so that the gap can be seen.',
    refs: ['CWE-358', 'CWE-20'],
  },
  messages: {
    passes: '{name} never refuses anything; implement the check, or remove it and its calls.',
    unchanged: '{name} returns its input unchanged; implement it, or remove it and its calls.',
  },
  fix: 'none',
  on: { go: [functions, interfaceMethods], python: pythonDetectors },
  workspace: {
    partition: 'directory',
    reads: ['security.no-op'],
    *judge(facts) {
      for (const found of facts.get('security.no-op')) {
        if (facts.role(found.place.path) !== 'production') continue;
        const verdict = settled(found, found.value);
        if (verdict.kind === 'fail' && found.key !== '') {
          // A method that an interface asks for, or that other types also have, has to be there.
          const isAsked = facts.lookup('security.asked-method', found.key).length > 0;
          if (isAsked || facts.lookup('security.no-op', found.key).length > 1) continue;
        }
        yield verdict;
      }
    },
  },
});
