/** Keys of users and sessions that fall back to one constant, so that everybody without an id shares a record. */
import { defineRule, type NodeDetector } from '../../../core/rulekit/rule.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { scopeAround } from '../../../languages/go/scope.ts';
import {
  assignedExpressions,
  assignedValues,
  calledName,
  enclosingFunction,
  functionName,
  operatorOf,
  statementsOf,
  stringLiteralValue,
  syntaxChildren,
  topLevelOf,
  unparenthesized,
} from '../../../languages/go/syntax.ts';
import { pythonDetectors } from './python.ts';

/** Names that hold the id of somebody, or of what belongs to somebody. */
const IDENTITY =
  /^(?:\w*_)?(?:user|session|conversation|chat|thread|account|customer|member|owner|player|visitor|client|tenant|sender|author|wallet)(?:_?(?:id|key|uid|uuid|token))$|^(?:uid|sid|session|conversation|user)$/i;
/** Constants that everybody without an id gets. */
const SHARED =
  /^(?:default\w*|anonymous|anon|guest|unknown|public|global|shared|test\w*|system|user|demo|none|session|main|local|0|1|[a-z]+[-_](?:user|session|default|1|0|id))$/i;

/** Calls that keep or find something under a key. */
const KEEPS =
  /^(?:Get|Set|Load|Store|LoadOrStore|Put|Save|Find|Fetch|Lookup|Append|Add|Insert|Update|Delete|Upsert|Create|Open|Query|Exec|Read|Write|Remember|Recall)\w*|(?:Session|Conversation|History|Memory|Cart|Messages?|Context|Profile|Record|State)\w*$/;

/** Whether a key is used to keep or find a record, and not only shown. */
function isKeyOfRecord(uses: readonly GoNode[], after: number): boolean {
  return uses.some((use) => use.start >= after && keepsUnder(use));
}

function keepsUnder(use: GoNode): boolean {
  let inner = use;
  for (let parent = inner.parent; parent !== null; parent = inner.parent) {
    switch (parent.kind) {
      case 'index_expression':
        if (inner.field === 'index') return true;
        break;
      case 'argument_list': {
        const call = parent.parent;
        const name = call === null ? '' : calledName(call);
        // A key may be a part of a longer one.
        if (call === null || name !== 'Sprintf') return !SHOWS.test(name) && KEEPS.test(name);
        inner = call;
        continue;
      }
      case 'keyed_element':
      case 'literal_element':
      case 'statement_list':
      case 'block':
        return false;
    }
    inner = parent;
  }
  return false;
}

const SHOWS = /^(?:Print|Debug|Info|Warn|Error|Log|Errorf|String|Any|Str|With|Label|Tag|SetAttributes|WithLabelValues)/;

const fallbacks: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['if_statement'],
  triggers: ['""', '``'],
  *check(node, ctx) {
    const condition = node.child('condition');
    const block = node.child('consequence');
    const owner = enclosingFunction(node);
    if (condition === null || block === null || owner === null || node.child('alternative') !== null) return;
    const test = unparenthesized(condition);
    if (test.kind !== 'binary_expression' || operatorOf(test) !== '==') return;
    const left = test.child('left');
    const right = test.child('right');
    if (left?.kind !== 'identifier' || right === null || stringLiteralValue(right) !== '') return;
    if (!IDENTITY.test(left.text)) return;
    if (statementsOf(block).at(-1)?.kind === 'return_statement') {
      yield { kind: 'pass', subject: condition.span };
      return;
    }
    const statements = statementsOf(block).filter((statement) => statement.kind === 'assignment_statement');
    for (const statement of statements) {
      const [target] = assignedExpressions(statement);
      const [value] = assignedValues(statement);
      if (target?.text !== left.text || value === undefined || operatorOf(statement) === '+=') continue;
      const subject = statement.span;
      const declaration = topLevelOf(node);
      if (declaration === null || /test|mock|demo|example|seed|fixture|main$/i.test(functionName(declaration))) return;
      const constant = stringLiteralValue(value);
      if (constant === null) {
        const made = unparenthesized(value);
        // An id of its own for everybody.
        if (made.kind === 'call_expression' && /uuid|random|new|generate|nano|ulid|xid/i.test(made.text))
          yield { kind: 'pass', subject };
        return;
      }
      const scope = scopeAround(ctx, node);
      const binding = scope?.bindingOf(left) ?? null;
      if (binding === null || constant === '' || !SHARED.test(constant)) return;
      // A command line has one user.
      if (
        /\bcobra\.|flag\./.test(syntaxChildren(declaration).find((child) => child.field === 'parameters')?.text ?? '')
      )
        return;
      if (isKeyOfRecord(binding.uses, node.end)) {
        yield { kind: 'fail', subject, message: 'shared', args: { name: left.text, constant } };
      }
      return;
    }
  },
};

export const rule = defineRule({
  id: 'shared-fallback-key',
  title: 'Users without an id share one record',
  category: 'security',
  severity: 'high',
  confidence: 'heuristic',
  stage: 'preview',
  docs: {
    what: 'The id of a user, session or conversation is empty, the code replaces it by one constant (in Python also `or "guest"` or a default of a parameter), and then keeps or finds a record under it.',
    why: 'Everybody who comes without an id reads and overwrites the same record: conversations, carts and results of one visitor appear at another.',
    howToFix:
      'Use the id of the authenticated user and refuse requests without one. For visitors that have no account make an unguessable session id for each of them.',
    refs: ['CWE-639', 'CWE-488'],
  },
  messages: {
    shared: 'Everybody without {name} shares the record "{constant}"; require the id, or make one per visitor.',
  },
  fix: 'none',
  on: { go: [fallbacks], python: pythonDetectors },
});
