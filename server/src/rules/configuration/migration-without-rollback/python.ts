/** Python: both ways of Alembic's migrations, as facts of their file, and operations of Django without a reverse. */
import type { FixEdit, Verdict } from '../../../core/model/verdict.ts';
import { type ChunkContext, type Detector, fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { callChain, headerOf } from '../../../languages/python/chains.ts';
import { keywordInserted, replaced } from '../../../languages/python/edits.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import {
  argumentOf,
  calledName,
  calledOn,
  commentText,
  definedName,
  hasSplat,
  isEmptyStatement,
  statementsOf,
} from '../../../languages/python/syntax.ts';

/** Key: path. Whether the way up changes something. */
export const UP = 'migration.up';
/** Key: path. Whether the way down does something; the place is its name. */
export const DOWN = 'migration.down';

/** Comments that tools write. */
const TOOL_COMMENT = /auto generated|please adjust|end Alembic commands|noqa|pylint|type:/i;
/** Further operations that a finding points at. */
const SHOWN = 5;
const SCHEMA = /^(?:create_\w+|add_column|drop_\w+|alter_column|rename_table|batch_alter_table|add_\w+)$/;

function isAlembic(ctx: ChunkContext): boolean {
  return headerOf(ctx).globals.some(({ name }) => name === 'down_revision');
}

const ways: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['function_definition'],
  triggers: ['def upgrade', 'def downgrade'],
  when: (node) => /^(?:up|down)grade$/.test(definedName(node)) && node.parent?.kind === 'chunk',
  *check(node, ctx): Iterable<Verdict> {
    if (!isAlembic(ctx)) return;
    const name = node.child('name')!;
    const body = statementsOf(node);
    if (definedName(node) === 'upgrade') {
      const changes = node
        .descendants('call')
        .some((call) => SCHEMA.test(calledName(call)) && /^(?:op|batch_op)\b/.test(calledOn(call)?.text ?? ''));
      yield fact(UP, ctx.file.path, changes, name);
      return;
    }
    const isEmpty = body.every(isEmptyStatement);
    // Whoever says something about it has thought of it.
    const words = node
      .descendants('comment')
      .map(commentText)
      .filter((text) => text !== '' && !TOOL_COMMENT.test(text));
    const says =
      words.length > 0 ||
      body.some(
        (statement) =>
          statement.kind === 'expression_statement' &&
          /^["']{3}|^["']/.test(statement.text) &&
          /revers|down|back|not|only/i.test(statement.text),
      );
    if (isEmpty && says) return;
    yield fact(DOWN, ctx.file.path, !isEmpty, name);
  },
};

/** `migrations.RunPython(fill)` with how its reverse is added; null for what is no such operation or cannot be told. */
interface Operation {
  readonly call: PythonNode;
  readonly name: string;
  readonly isReversible: boolean;
}

function operationOf(call: PythonNode, ctx: ChunkContext): Operation | null {
  const name = calledName(call);
  if (name !== 'RunPython' && name !== 'RunSQL') return null;
  if (!/^django\.db\.migrations\.Run(?:Python|SQL)$/.test(callChain(call, ctx)) || hasSplat(call)) return null;
  const reverse = argumentOf(call, name === 'RunPython' ? 'reverse_code' : 'reverse_sql', 1);
  return { call, name, isReversible: reverse !== null && reverse.kind !== 'none' };
}

function noopEdit({ call, name }: Operation): FixEdit | null {
  const noop = `${call.child('function')!.text}.noop`;
  const keyword = name === 'RunPython' ? 'reverse_code' : 'reverse_sql';
  const reverse = argumentOf(call, keyword, 1);
  return reverse === null ? keywordInserted(call, keyword, noop) : replaced(reverse, noop);
}

/** A migration is taken back as a whole or not at all: one verdict for all its operations. */
const operations: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['class_definition'],
  triggers: ['RunPython', 'RunSQL'],
  when: (node) => definedName(node) === 'Migration',
  *check(node, ctx): Iterable<Verdict> {
    // What makes a fresh schema is taken back by dropping it.
    if (/(?:^|\/)0001_[^/]*$/.test(ctx.file.path)) return;
    const found = node.descendants('call').flatMap((call) => operationOf(call, ctx) ?? []);
    const missing = found.filter(({ isReversible }) => !isReversible);
    const first = missing[0];
    if (first === undefined) {
      if (found.length > 0) yield { kind: 'pass', subject: found[0]!.call.span };
      return;
    }
    const edits = missing.flatMap((operation) => noopEdit(operation) ?? []);
    const isOne = missing.length === 1;
    yield {
      kind: 'fail',
      subject: first.call.child('function')!.span,
      message: isOne ? 'django' : 'operations',
      args: { operation: first.name, count: `${missing.length}` },
      severity: 'low',
      related: missing.slice(1, 1 + SHOWN).map(({ call }) => ({
        span: call.child('function')!.span,
        message: 'This has no reverse either.',
      })),
      fixes:
        edits.length < missing.length
          ? []
          : [
              {
                title: 'Say that nothing is to be taken back (noop)',
                safety: 'suggestion',
                preferred: true,
                edits,
              },
            ],
    };
  },
};

export const pythonDetectors: readonly Detector[] = [ways, operations] as readonly Detector[];
