/** Security checks whose failure is written to a log, and nothing else: the code goes on as if they had passed. */
import { defineRule, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { isLogStatement } from '../../../knowledge/go/logging.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import {
  assignedExpressions,
  assignedValues,
  calledName,
  enclosingFunction,
  functionName,
  isBlank,
  lineStartAt,
  nilComparison,
  operatorOf,
  resultsOf,
  statementsOf,
  syntaxChildren,
  topLevelOf,
  unparenthesized,
} from '../../../languages/go/syntax.ts';
import { pythonDetectors } from './python.ts';

/** Verbs of checks together with what they check; a verb alone says too little. */
const CHECK =
  /^(?:verify|validate|check|authenticate|authorize|enforce|ensure|require|assert|is|has|can)\w*?(?:signature|checksum|integrity|digest|hmac|tokens?|jwt|claims|certs?|certificates?|permissions?|access|polic(?:y|ies)|csrf|xsrf|sandbox|secrets?|auth|credentials?|origin|password|identity|session|apikey|api_key|allowed|admin|owner(?:ship)?|webhook|nonce|privileges?|role)(?:s|ed|ion|With\w*|For\w*|From\w*|Context)?$/i;
const ALONE =
  /^(?:authenticate|authorize|verifysignature|enforcepolicy|dropprivileges|applysandbox|setupsandbox|enablesandbox|initsandbox|loadseccomp|applyseccomp|setuprlimits?|validatesecrets?|checksecrets?|verifychecksum|verifyhash|checksignature|comparehashandpassword|verifypeer\w*)$/i;

/** Functions that only report, and whose callers decide. */
const REPORTS =
  /report|dry_?run|audit|warn|advis|lint|doctor|diagnos|status|health|monitor|observe|collect|test|probe|scan|debug|clean|expire|prune|close|stop|log|print|migrate|upgrade|sync|refresh|reload|watch|inspect|describe|list/i;

/** The call whose failure a condition is about: `verify()` of `if err := verify(); err != nil` and `if !verify()`. */
function failedCheck(branch: GoNode): GoNode | null {
  const condition = branch.child('condition');
  if (condition === null) return null;
  const test = unparenthesized(condition);
  if (test.kind === 'unary_expression' && operatorOf(test) === '!') {
    const operand = test.child('operand');
    const inner = operand === null ? null : unparenthesized(operand);
    return inner?.kind === 'call_expression' ? inner : null;
  }
  const comparison = nilComparison(test);
  if (comparison === null || comparison.equal || comparison.operand.kind !== 'identifier') return null;
  // The statement that gave the error its value: the initializer, or the one directly before.
  const initializer = branch.child('initializer');
  let source = initializer;
  if (source === null) {
    const list = branch.parent?.kind === 'statement_list' ? syntaxChildren(branch.parent) : [];
    const at = list.findIndex((statement) => statement.equals(branch));
    source = list[at - 1] ?? null;
  }
  if (source?.kind !== 'short_var_declaration' && source?.kind !== 'assignment_statement') return null;
  const targets = assignedExpressions(source);
  // Other results may be looked at later.
  if (targets.at(-1)?.text !== comparison.operand.text || !targets.slice(0, -1).every(isBlank)) return null;
  const [value] = assignedValues(source);
  const call = value === undefined ? null : unparenthesized(value);
  return call?.kind === 'call_expression' ? call : null;
}

/** Whether the code goes on behind the branch: something follows in the function that the check was meant to guard. */
function goesOn(branch: GoNode, owner: GoNode): boolean {
  for (let inner: GoNode | null = branch; inner !== null && !inner.equals(owner); inner = inner.parent) {
    if (inner.parent?.kind !== 'statement_list') continue;
    const list = syntaxChildren(inner.parent);
    const next = list[list.findIndex((statement) => statement.equals(inner)) + 1];
    if (next !== undefined) return !isEmptyReturn(next);
    // The next round of a loop is about something else.
    const around: GoNode | null = inner.parent.parent;
    if (around?.parent?.kind === 'for_statement') return false;
  }
  return false;
}

function isEmptyReturn(statement: GoNode): boolean {
  if (statement.kind !== 'return_statement' || statement.descendants('call_expression').length > 0) return false;
  return !/\btrue\b|\bnil\b/.test(statement.text);
}

const branches: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['if_statement'],
  triggers: [
    'erify',
    'alidate',
    'heck',
    'uthenticate',
    'uthorize',
    'nforce',
    'nsure',
    'equire',
    'ssert',
    'andbox',
    'rivileges',
    'eccomp',
    'ompareHash',
    'rlimit',
  ],
  *check(node, ctx) {
    const call = failedCheck(node);
    if (call === null) return;
    const name = calledName(call);
    if (!CHECK.test(name) && !ALONE.test(name)) return;
    if (/^(?:is|has|can)/i.test(name) && !/(?:allowed|admin|owner|valid\w*|authorized|permission|access)/i.test(name))
      return;
    const owner = enclosingFunction(node);
    const declaration = topLevelOf(node);
    const block = node.child('consequence');
    if (owner === null || declaration === null || block === null) return;
    const statements = statementsOf(block);
    const isQuiet = statements.every((statement) => isLogStatement(statement, ctx.file.header));
    const alternative = node.child('alternative');
    if (statements.length === 0 || !isQuiet) {
      const refuses = statements.at(-1)?.kind === 'return_statement';
      if (refuses) yield { kind: 'pass', subject: call.span };
      return;
    }
    if (alternative !== null || REPORTS.test(functionName(declaration)) || !goesOn(node, owner)) return;
    // Whoever says so wants no more than a report.
    if (/report.only|dry.?run|advisory|best.?effort|non.?fatal|optional|soft/i.test(block.text)) return;
    const results = resultsOf(owner);
    const error = node.child('condition')?.descendants('identifier')[0]?.text ?? 'err';
    const last = statements.at(-1)!;
    const isError =
      results.length === 1 && results[0]!.type.text === 'error' && nilComparison(node.child('condition')!) !== null;
    const { text } = node.tree;
    const indent = /^[ \t]*/.exec(text.slice(lineStartAt(text, last.start)))![0];
    yield {
      kind: 'fail',
      subject: call.span,
      message: 'logged',
      args: { check: name },
      fixes: isError
        ? [
            {
              title: `Return ${error} when the check fails`,
              safety: 'suggestion',
              edits: [
                { kind: 'replace', span: { start: last.end, end: last.end }, newText: `\n${indent}return ${error}` },
              ],
            },
          ]
        : [],
    };
  },
};

export const rule = defineRule({
  id: 'security-fail-open',
  title: 'Failed security check only logged',
  category: 'security',
  severity: 'high',
  confidence: 'likely',
  stage: 'preview',
  docs: {
    what: 'A check of a signature, token, permission, certificate, checksum, policy or sandbox fails, and the branch only writes a message: the function goes on with what the check was meant to stop. In Python also a check that answers `True` when it could not be made (`except Exception: return True`).',
    why: 'The check protects nobody: an attacker only has to make it fail, and the message drowns among others. Readers of the code believe that the step is guarded.',
    howToFix:
      'Return the error, answer with a refusal, or stop the start-up when the check fails. If a report is all that is wanted, make that a mode that the configuration selects.',
    refs: ['CWE-636', 'CWE-755'],
  },
  messages: {
    logged: 'When {check} fails, this only writes a message and goes on; return the error instead.',
    loggedPython: 'When {check} raises, this only writes a message and goes on; raise the exception again.',
    open: 'When the check itself fails, {check} says that all is well; deny instead.',
  },
  fix: 'sometimes',
  on: { go: [branches], python: pythonDetectors },
});
