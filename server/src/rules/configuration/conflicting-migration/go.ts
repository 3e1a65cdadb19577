/**
 * Go: lists of migrations with a version twice, and start-up code that makes some things conditionally and others not.
 * Code that is about migrations, or that looks at what exists, decides by itself what it runs.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { NodeDetector } from '../../../core/rulekit/rule.ts';
import { changesInLiteral } from '../../../knowledge/project/schema.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import {
  callArguments,
  enclosingFunction,
  functionName,
  stringLiteralValue,
  syntaxChildren,
  topLevelOf,
} from '../../../languages/go/syntax.ts';
import { isForMySql, judgeColumns, judgeConditions, ONCE_PATH, saysOnce } from './startup.ts';

const VERSION_FIELD = /^(?:Version|version|ID|Id|id|Number|number|Num|Name|name)$/;
const MIGRATION_LIST = /^\[(?:\.\.\.|\d*)\]\*?(?:\w+\.)?\w*[mM]igrations?\w*$/;

/** The element of a list behind `&`, and what is inside of it. */
function innerOf(element: GoNode): GoNode {
  const inner = element.kind === 'literal_element' ? (syntaxChildren(element)[0] ?? element) : element;
  return inner.kind === 'unary_expression' ? (inner.child('operand') ?? inner) : inner;
}

/** The version of an element of a list of migrations, as it is written; null when it is not written there. */
function versionIn(element: GoNode): GoNode | null {
  const inner = innerOf(element);
  if (inner.kind === 'call_expression') {
    const [first] = callArguments(inner);
    return first !== undefined && /^New\w*Migration$/.test(inner.child('function')?.text.replace(/^.*\./, '') ?? '')
      ? literalOf(first)
      : null;
  }
  const body = inner.kind === 'composite_literal' ? inner.child('body') : inner.kind === 'literal_value' ? inner : null;
  if (body === null) return null;
  const fields = syntaxChildren(body);
  const rank = (field: GoNode): number => (/^[vV]ersion$|^I[dD]$|^id$/.test(keyOf(field)) ? 0 : 1);
  const keyed = fields.filter((field) => VERSION_FIELD.test(keyOf(field))).sort((a, b) => rank(a) - rank(b));
  const [first] = keyed;
  if (first !== undefined) return literalOf(innerOf(syntaxChildren(first)[1] ?? first));
  const [plain] = fields;
  return plain === undefined || plain.kind === 'keyed_element' ? null : literalOf(innerOf(plain));
}

function keyOf(field: GoNode): string {
  return field.kind === 'keyed_element' ? (syntaxChildren(field)[0]?.text ?? '') : '';
}

function literalOf(node: GoNode): GoNode | null {
  return node.kind === 'int_literal' || stringLiteralValue(node) !== null ? node : null;
}

const lists: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['composite_literal'],
  triggers: ['igration'],
  when: (node) => MIGRATION_LIST.test(node.child('type')?.text ?? ''),
  *check(node): Iterable<Verdict> {
    const seen = new Map<string, GoNode>();
    for (const element of syntaxChildren(node.child('body') ?? node)) {
      const version = versionIn(element);
      if (version === null) continue;
      const first = seen.get(version.text);
      if (first === undefined) {
        seen.set(version.text, version);
        yield { kind: 'pass', subject: version.span };
        continue;
      }
      yield {
        kind: 'fail',
        subject: version.span,
        message: 'listed',
        args: { version: stringLiteralValue(version) ?? version.text },
        related: [{ span: first.span, message: 'The other migration.' }],
      };
    }
  },
};

/** Whether the statements are run once only, by what the code around says. */
function mayRunOnce(literal: GoNode): boolean {
  const owner = enclosingFunction(literal);
  const around = owner ?? topLevelOf(literal);
  if (around === null) return true;
  const name = owner === null ? '' : functionName(owner);
  return saysOnce(`${name} ${around.text}`);
}

const schemas: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['raw_string_literal', 'interpreted_string_literal'],
  triggers: ['CREATE TABLE', 'create table', 'Create Table'],
  when: (node) => node.end - node.start >= 30,
  *check(node, ctx): Iterable<Verdict> {
    const changes = changesInLiteral(node);
    yield* judgeColumns(changes);
    if (changes.length === 0 || ONCE_PATH.test(ctx.file.path) || mayRunOnce(node)) return;
    yield* judgeConditions(changes, isForMySql(node.text.slice(1, -1)) || importsMySql(ctx.file.header));
  },
};

function importsMySql(header: GoHeader): boolean {
  return header.imports.some(({ path }) => path.includes('mysql'));
}

export const go: readonly NodeDetector[] = [lists as NodeDetector, schemas as NodeDetector];
