/**
 * Python: the id of a user, session or conversation that falls back to a constant (`or "guest"`, the default of `.get()`,
 * the default of a handler's parameter) and is then the key of a record. Defaults that are only shown are left alone.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { routeOf } from '../../../knowledge/python/requests.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { scopesAround } from '../../../languages/python/scope.ts';
import { stringValue } from '../../../languages/python/strings.ts';
import {
  assignmentTargets,
  awaited,
  calledName,
  definedName,
  enclosingFunction,
  parametersOf,
  positionalArguments,
  syntaxChildren,
  unparenthesized,
} from '../../../languages/python/syntax.ts';

const IDENTITY =
  /^(?:\w+_)?(?:user|session|conversation|chat|thread|account|customer|member|owner|player|visitor|client|tenant|sender|wallet)_?(?:id|key|uid|uuid|token)$|^(?:uid|sid)$/i;
const SHARED =
  /^(?:default\w*|anonymous|anon|guest|unknown|public|global|shared|system|user|demo|none|session|main|local|0|1|[a-z]+[-_](?:user|session|default|1|0|id))$/i;
const KEEPS =
  /^(?:get|set|load|store|put|save|find|fetch|lookup|append|add|insert|update|delete|upsert|create|open|read|write|remember|recall|setdefault|pop|rpush|lpush|hset|hget|lrange)(?:_\w+)?$|(?:session|conversation|history|memory|cart|messages?|context|profile|record|state|agent|chat)\w*$/i;
const SHOWS =
  /^(?:print|debug|info|warning|warn|error|exception|critical|log\w*|labels|format|join|str|len|bind|track\w*|capture\w*|emit\w*)$/i;

/** Whether an id is used to keep or find a record: as an index, or in a call that stores or looks up. */
function isKeyOfRecord(name: string, owner: PythonNode, after: number, ctx: ChunkContext): boolean {
  const scopes = scopesAround(ctx, owner);
  const scope = scopes.scopeFor(owner);
  if (scope === null || !scope.bindings.has(name)) return false;
  return scopes.usesOf(name, scope).some((use) => use.start >= after && keepsUnder(use));
}

function keepsUnder(use: PythonNode): boolean {
  let inner = use;
  for (let parent = inner.parent; parent !== null; inner = parent, parent = inner.parent) {
    switch (parent.kind) {
      case 'subscript':
        if (inner.field === 'subscript') return true;
        break;
      case 'comparison_operator':
        // `if session_id not in sessions`
        return /\b(?:not )?in\s+[\w.]*(?:session|conversation|histor|memor|cart|message|user|chat|store|cache)\w*/i.test(
          parent.text,
        );
      case 'argument_list': {
        const call = parent.parent;
        const name = call === null ? '' : calledName(call);
        if (call === null || SHOWS.test(name)) return false;
        return KEEPS.test(name);
      }
      case 'keyword_argument':
      case 'interpolation':
      case 'string':
        break;
      case 'pair':
      case 'block':
      case 'expression_statement':
        return false;
    }
  }
  return false;
}

/** The constant that a value falls back to, and whether anything else can come of it. */
function fallbackOf(value: PythonNode): string | null {
  const inner = awaited(value);
  if (inner.kind === 'boolean_operator' && /\sor\s/.test(inner.text)) {
    const right = inner.child('right');
    return right === null || inner.child('operator')?.text !== 'or' ? null : stringValue(right);
  }
  if (inner.kind === 'call' && calledName(inner) === 'get') {
    const [key, given] = positionalArguments(inner);
    if (
      key === undefined ||
      given === undefined ||
      /environ|config|settings/i.test(inner.child('function')?.text ?? '')
    )
      return null;
    return stringValue(given);
  }
  if (inner.kind === 'conditional_expression') {
    const [, , other] = syntaxChildren(inner);
    return other === undefined ? null : stringValue(other);
  }
  return null;
}

const assignments: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['assignment'],
  triggers: ['_id', 'uid', 'sid', '_key', 'Id'],
  when: (node) => IDENTITY.test(node.child('left')?.text ?? ''),
  *check(node, ctx): Iterable<Verdict> {
    const owner = enclosingFunction(node);
    const [only] = assignmentTargets(node);
    if (owner === null || only?.target.kind !== 'identifier' || only.value === null) return;
    if (/test|mock|demo|example|seed|fixture|^main$|cli/i.test(definedName(owner))) return;
    const name = only.target.text;
    const value = unparenthesized(only.value);
    // An id of its own for everybody.
    if (/\buuid[14]?\b|token_(?:hex|urlsafe)|nanoid|ulid/.test(value.text)) {
      if (value.kind === 'boolean_operator') yield { kind: 'pass', subject: node.span };
      return;
    }
    const constant = fallbackOf(value);
    if (constant === null || !SHARED.test(constant) || /parse_args|argv|input\(/.test(value.text)) return;
    if (isKeyOfRecord(name, owner, node.end, ctx))
      yield { kind: 'fail', subject: value.span, message: 'shared', args: { name, constant } };
  },
};

/** `def chat(message: str, session_id: str = "default")` of a handler. */
const parameters: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['function_definition'],
  triggers: ['@'],
  when: (node) => node.parent?.kind === 'decorated_definition',
  *check(node, ctx): Iterable<Verdict> {
    const found = parametersOf(node).filter(({ name, defaultValue }) => defaultValue !== null && IDENTITY.test(name));
    if (found.length === 0 || routeOf(node, ctx) === null) return;
    for (const { name, defaultValue } of found) {
      const given =
        defaultValue!.kind === 'call' ? (positionalArguments(defaultValue!)[0] ?? defaultValue!) : defaultValue!;
      const constant = stringValue(given);
      if (constant === null || !SHARED.test(constant)) continue;
      if (isKeyOfRecord(name, node, node.child('body')?.start ?? node.end, ctx))
        yield { kind: 'fail', subject: given.span, message: 'shared', args: { name, constant } };
    }
  },
};

export const pythonDetectors: readonly Detector[] = [assignments, parameters] as readonly Detector[];
