/** Python: defaults of parameters that are collections, and what the function does with them. Lambdas are left alone. */
import type { Fix, FixEdit, Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { chainOf } from '../../../languages/python/chains.ts';
import { linesBefore, replaced } from '../../../languages/python/edits.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { scopesAround } from '../../../languages/python/scope.ts';
import {
  decoratorsOf,
  docstringOf,
  indentationOf,
  isEmptyStatement,
  isWaived,
  leadingComments,
  type PythonParameter,
  parametersOf,
  statementsOf,
  unparenthesized,
} from '../../../languages/python/syntax.ts';

const LITERALS = new Set([
  'list',
  'dictionary',
  'set',
  'list_comprehension',
  'dictionary_comprehension',
  'set_comprehension',
]);
const CALLS = /^(?:builtins\.(?:list|dict|set|bytearray)|collections\.(?:defaultdict|OrderedDict|deque|Counter))$/;
const READ_ONLY =
  /\b(?:Sequence|Mapping|Iterable|Collection|Container|Iterator|FrozenSet|frozenset|Tuple|tuple|AbstractSet)\b/;
/** Decorators that hand the parameters to a framework, which copies or reads the default. */
const FRAMEWORK =
  /\b(?:get|post|put|patch|delete|route|websocket|command|option|argument|task|tool|callback|fixture|parametrize|overload|register\w*|flow|step|job|api_view|action|udf|component|mutation|query|resolver)\b/;
const CHANGES =
  /^(?:append|extend|insert|remove|pop|popitem|clear|sort|reverse|update|setdefault|add|discard|appendleft|extendleft|subtract|__setitem__|intersection_update|difference_update)$/;
/** Calls that look at a collection and do not keep it. */
const READERS =
  /^builtins\.(?:len|list|tuple|set|dict|sorted|sum|any|all|str|repr|isinstance|bool|enumerate|max|min|iter|zip|map|filter|reversed|frozenset|print|range|type)$/;

function isMutable(value: PythonNode, ctx: ChunkContext): boolean {
  const inner = unparenthesized(value);
  if (LITERALS.has(inner.kind)) return true;
  const callee = inner.kind === 'call' ? inner.child('function') : null;
  return callee !== null && CALLS.test(chainOf(callee, ctx) ?? '');
}

/** Whether a use changes the collection, or lets it out of the function. */
function changes(use: PythonNode, ctx: ChunkContext): boolean {
  const { parent } = use;
  switch (parent?.kind) {
    case 'attribute': {
      const isCall = parent.parent?.kind === 'call' && parent.parent.child('function')?.equals(parent) === true;
      return isCall && CHANGES.test(parent.child('attribute')?.text ?? '');
    }
    case 'subscript': {
      if (use.field !== 'value') return false;
      const outer = parent.parent;
      const isTarget =
        (outer?.kind === 'assignment' || outer?.kind === 'augmented_assignment') && parent.field === 'left';
      return isTarget || outer?.kind === 'delete_statement';
    }
    case 'augmented_assignment':
      return use.field === 'left';
    case 'assignment':
      return use.field === 'right';
    case 'return_statement':
    case 'yield':
    case 'pair':
    case 'list':
    case 'tuple':
    case 'expression_list':
      return true;
    case 'keyword_argument':
      return true;
    case 'argument_list': {
      const callee = parent.parent?.child('function') ?? null;
      return callee !== null && !READERS.test(chainOf(callee, ctx) ?? '');
    }
    case 'boolean_operator': {
      const around = parent.parent?.kind;
      return around === 'return_statement' || (around === 'assignment' && parent.field === 'right');
    }
    default:
      return false;
  }
}

function fixOf(definition: PythonNode, { name, type, node }: PythonParameter, value: PythonNode): readonly Fix[] {
  const docstring = docstringOf(definition);
  const statements = statementsOf(definition);
  const first = docstring === null ? statements[0] : statements[1];
  if (first === undefined || isEmptyStatement(first)) return [];
  if (/[\r\n]/.test(value.text) || first.parent?.kind !== 'block') return [];
  const unit = unitOf(definition, first);
  const lines = unit === null ? null : linesBefore(first, [`if ${name} is None:`, `${unit}${name} = ${value.text}`]);
  if (lines === null) return [];
  const edits: FixEdit[] = [replaced(value, 'None'), lines];
  if (type !== null && !/None|Optional|Any\b|\bobject\b/.test(type.text)) {
    edits.push({ kind: 'replace', span: { start: type.end, end: type.end }, newText: ' | None' });
    // A quoted annotation, or one that cannot be joined by a bar.
    if (/["']/.test(type.text)) return [];
  }
  return node.start < value.start
    ? [{ title: 'Make the default None', safety: 'suggestion', preferred: true, edits }]
    : [];
}

function unitOf(definition: PythonNode, first: PythonNode): string | null {
  const outer = indentationOf(definition);
  const inner = indentationOf(first);
  return inner.startsWith(outer) && inner.length > outer.length ? inner.slice(outer.length) : null;
}

const functions: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['function_definition'],
  when: (node) =>
    /=\s*(?:[[{(]|list\(|dict\(|set\(|\w*[dD]ict\(|[\w.]*deque\(|[\w.]*Counter\(|bytearray\()/.test(
      node.child('parameters')?.text ?? '',
    ),
  *check(node, ctx): Iterable<Verdict> {
    if (decoratorsOf(node).some((decorator) => FRAMEWORK.test(decorator.text))) return;
    // Another linter was told that it is meant.
    if (leadingComments(node).some(({ text }) => /pylint:\s*disable=.*(?:dangerous-default-value|W0102)/.test(text)))
      return;
    const scopes = scopesAround(ctx, node);
    const scope = scopes.scopeFor(node);
    for (const parameter of parametersOf(node)) {
      const { name, type, defaultValue } = parameter;
      if (defaultValue === null) continue;
      if (!isMutable(defaultValue, ctx)) {
        if (defaultValue.kind === 'none' || defaultValue.kind === 'tuple')
          yield { kind: 'pass', subject: defaultValue.span };
        continue;
      }
      if (type !== null && READ_ONLY.test(type.text)) continue;
      if (isWaived(defaultValue, /\bB006\b/)) continue;
      // A cache on purpose is called so.
      if (/^_|cache|memo/i.test(name)) continue;
      const uses = scope === null ? [] : scopes.usesOf(name, scope).filter((use) => !use.equals(parameter.node));
      const isChanged = uses.some((use) => changes(use, ctx));
      yield {
        kind: 'fail',
        subject: defaultValue.span,
        message: isChanged ? 'changed' : 'shared',
        args: { name },
        ...(isChanged ? {} : { severity: 'low' }),
        fixes: fixOf(node, parameter, defaultValue),
      };
    }
  },
};

export const pythonDetectors: readonly Detector[] = [functions as NodeDetector];
