/** Keys of tokens, sessions and cookies that are made at random for the process and kept nowhere. */
import type { Fix } from '../../../core/model/verdict.ts';
import { defineRule, type NodeDetector } from '../../../core/rulekit/rule.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import { importedPath } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import {
  assignedExpressions,
  assignedValues,
  callArguments,
  calledName,
  enclosingFunction,
  functionName,
  nilComparison,
  operatorOf,
  resultsOf,
  statementsOf,
  stringLiteralValue,
  syntaxChildren,
  topLevelOf,
  unparenthesized,
} from '../../../languages/go/syntax.ts';
import { MEANT, SIGNING } from './names.ts';
import { pythonDetectors } from './python.ts';

/** Calls that keep what was made, or put it where it is found again. */
const KEEPS =
  /^(?:WriteFile|Write|Save|Store|Put|Set|Setenv|Persist|Create|Insert|Update|Upsert|Exec|Commit|Encode|Sync|Marshal|WriteString|SaveAs|WriteConfig\w*|UpdateConfig|Flush|Add)\w*$/i;

/** Calls that make a random value. */
const MAKES =
  /^(?:generate|gen|new|make|create|random|rand|must|get)?_?(?:secure|crypto|strong|random|rand|hex|new|default)*_?(?:random|rand|secret|key|bytes|string|token|password|hex|hash|text|salt|uuid)+\w*$/i;

/** Whether a call makes something random, by its name or package. */
function makesRandom(call: GoNode, header: GoHeader): boolean {
  const name = calledName(call);
  const callee = call.child('function');
  const operand = callee?.kind === 'selector_expression' ? callee.child('operand') : null;
  const path = operand?.kind === 'identifier' ? importedPath(header, operand.text) : null;
  if (path === 'crypto/rand') return /^(?:Read|Text|Int|Prime)$/.test(name);
  if (path !== null && /securecookie$/.test(path)) return name === 'GenerateRandomKey';
  if (path === 'github.com/google/uuid') return /^(?:New|NewString|NewRandom)$/.test(name);
  if (/get|load|read|derive|from|parse|decode|hash|sum|hex\.|EncodeToString|file/i.test(name) && !/rand/i.test(name))
    return false;
  return MAKES.test(name) && /rand|generat|^(?:new|make|create|must)\w*(?:secret|key)/i.test(name);
}

function randomCall(expression: GoNode, header: GoHeader): GoNode | null {
  return expression.descendants('call_expression').find((call) => makesRandom(call, header)) ?? null;
}

/** Last name of `cfg.JWTSecret`; '' for what has none. */
function lastName(node: GoNode): string {
  const inner = unparenthesized(node);
  if (inner.kind === 'identifier') return inner.text;
  if (inner.kind === 'selector_expression') return inner.child('field')?.text ?? '';
  return inner.kind === 'slice_expression' ? (inner.child('operand')?.text ?? '') : '';
}

function isSigningKey(node: GoNode): boolean {
  const name = lastName(node);
  return SIGNING.test(name) && !MEANT.test(name);
}

/** The secret that a condition finds to be missing; null when it is about something else. */
function missing(condition: GoNode): GoNode | null {
  const test = unparenthesized(condition);
  const comparison = nilComparison(test);
  if (comparison !== null) return comparison.equal ? comparison.operand : null;
  if (test.kind !== 'binary_expression' || operatorOf(test) !== '==') return null;
  const left = test.child('left');
  const right = test.child('right');
  if (left === null || right === null) return null;
  if (stringLiteralValue(right) === '') return unparenthesized(left);
  const isLength = right.text === '0' && left.kind === 'call_expression' && calledName(left) === 'len';
  return isLength ? (callArguments(left)[0] ?? null) : null;
}

/** Whether what was made in a function is kept somewhere. */
function isKept(owner: GoNode): boolean {
  return owner
    .descendants('call_expression')
    .some(
      (call) =>
        KEEPS.test(calledName(call)) &&
        !/^(?:EncodeToString|Setup|SetOutput|SetPrefix|NewEncoder|CreateTemp|Settings)$/.test(calledName(call)) &&
        !/fmt\.|log|^w\.|Header/i.test(call.child('function')?.text ?? ''),
    );
}

/** `if secret == "" { secret = random() }` */
const fallbacks: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['if_statement'],
  triggers: ['ecret', 'Key', 'key', 'alt'],
  *check(node, ctx) {
    const condition = node.child('condition');
    const block = node.child('consequence');
    const declaration = topLevelOf(node);
    if (condition === null || block === null || declaration === null) return;
    const secret = missing(condition);
    if (secret === null || !isSigningKey(secret)) return;
    const { header } = ctx.file;
    let random: GoNode | null = null;
    let assigned = false;
    for (const statement of block.descendants(
      'assignment_statement',
      'short_var_declaration',
      'expression_statement',
    )) {
      const made = randomCall(statement, header);
      if (made !== null) random ??= made;
      if (statement.kind !== 'assignment_statement') continue;
      if (assignedExpressions(statement).some((target) => target.text === secret.text)) assigned = true;
    }
    const statements = statementsOf(block);
    const last = statements.at(-1);
    if (random === null) {
      // A start that stops without the secret.
      const stops =
        /\b(?:Fatal\w*|panic|Exit)\(/.test(block.text) ||
        (last?.kind === 'return_statement' && /err|Err/.test(last.text));
      if (stops) yield { kind: 'pass', subject: condition.span };
      return;
    }
    const returned = last?.kind === 'return_statement' && syntaxChildren(last).length > 0;
    if (!assigned && !returned) return;
    if (isKept(declaration)) {
      yield { kind: 'pass', subject: condition.span };
      return;
    }
    if (isDevelopment(node, declaration)) return;
    const name = lastName(secret);
    const fix = stopInstead(node, block, name);
    yield { kind: 'fail', subject: random.span, message: 'fallback', args: { name }, fixes: fix === null ? [] : [fix] };
  },
};

/** Stops the start, or returns an error, when the secret is missing. */
function stopInstead(branch: GoNode, block: GoNode, name: string): Fix | null {
  const owner = enclosingFunction(branch);
  const statements = statementsOf(block);
  if (owner === null || statements.length === 0) return null;
  const results = resultsOf(owner);
  const isError = results.length === 1 && results[0]!.type.text === 'error';
  if (!isError && results.length > 0) return null;
  const newText = isError ? `return errors.New("${name} is not set")` : `log.Fatal("${name} is not set")`;
  return {
    title: `Stop when ${name} is not set`,
    safety: 'suggestion',
    edits: [
      { kind: 'replace', span: { start: statements[0]!.start, end: statements.at(-1)!.end }, newText },
      { kind: 'import', add: [isError ? 'errors' : 'log'], remove: ['crypto/rand', 'encoding/hex', 'encoding/base64'] },
    ],
  };
}

function isDevelopment(node: GoNode, declaration: GoNode): boolean {
  for (let inner: GoNode | null = node; inner !== null && !inner.equals(declaration); inner = inner.parent) {
    if (inner.kind === 'if_statement' && /dev|debug|test|local/i.test(inner.child('condition')?.text ?? ''))
      return true;
  }
  return /dev|debug|test|ephemeral/i.test(functionName(declaration));
}

/** `func init() { rand.Read(jwtKey) }`, `var sessionKey = securecookie.GenerateRandomKey(32)` */
const packageKeys: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['rand.', 'andom', 'enerate', 'uuid.'],
  calls: (name) =>
    name === 'Read' || MAKES.test(name) || name === 'GenerateRandomKey' || name === 'New' || name === 'NewString',
  *check(node, ctx) {
    const { header } = ctx.file;
    const owner = enclosingFunction(node);
    if (owner !== null && !(owner.kind === 'function_declaration' && functionName(owner) === 'init')) return;
    if (!makesRandom(node, header)) return;
    const declaration = topLevelOf(node);
    if (declaration === null) return;
    let target: GoNode | null = null;
    if (calledName(node) === 'Read') target = callArguments(node)[0] ?? null;
    else if (owner === null) target = node.ancestor('var_spec')?.child('name') ?? null;
    else {
      const statement = node.ancestor('assignment_statement');
      if (statement !== null && assignedValues(statement)[0]?.contains(node) === true)
        target = assignedExpressions(statement)[0] ?? null;
    }
    if (target === null || !isSigningKey(target)) return;
    // A key that is made only when none is configured is found by the branch around it.
    if (
      owner !== null &&
      (isKept(declaration) ||
        node.ancestor('if_statement')?.child('condition')?.text.includes(lastName(target)) === true)
    )
      return;
    yield { kind: 'fail', subject: node.span, message: 'process', args: { name: lastName(target) } };
  },
};

export const rule = defineRule({
  id: 'ephemeral-secret',
  title: 'Signing secret made anew at each start',
  category: 'security',
  severity: 'high',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A key that signs tokens, sessions or cookies, or encrypts, is made at random when the process starts, always or when none is configured, and is kept nowhere.',
    why: 'Every restart and deployment signs all users out and makes what was encrypted unreadable. Two replicas have different keys, so that half of all requests are refused. And a configuration that lost its secret goes unnoticed.',
    howToFix:
      'Read the key from the configuration or a secret store, and refuse to start when it is missing. A key that the program makes itself must be stored before it is used.',
    refs: ['CWE-1188', 'CWE-453'],
  },
  messages: {
    fallback:
      'Without a configured {name} this makes one for the process, which dies with it; refuse to start instead.',
    process: '{name} is made anew at each start, so tokens die with the process; read it from the configuration.',
  },
  fix: 'sometimes',
  on: { go: [fallbacks, packageKeys], python: pythonDetectors },
});
