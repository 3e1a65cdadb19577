/** Python: both ways of Alembic's migrations, as facts of their file, and operations of Django without a reverse. */
import type { Verdict } from '../../../core/model/verdict.ts';
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

/** `migrations.RunPython(fill)` */
const operations: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['RunPython', 'RunSQL'],
  calls: (name) => name === 'RunPython' || name === 'RunSQL',
  *check(node, ctx): Iterable<Verdict> {
    // What makes a fresh schema is taken back by dropping it.
    if (/(?:^|\/)0001_[^/]*$/.test(ctx.file.path)) return;
    const chain = callChain(node, ctx);
    if (!/^django\.db\.migrations\.Run(?:Python|SQL)$/.test(chain) || hasSplat(node)) return;
    const operation = calledName(node);
    const keyword = operation === 'RunPython' ? 'reverse_code' : 'reverse_sql';
    const reverse = argumentOf(node, keyword, 1);
    if (reverse !== null && reverse.kind !== 'none') {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    const callee = node.child('function')!;
    const noop = `${callee.text}.noop`;
    const edit = reverse === null ? keywordInserted(node, keyword, noop) : replaced(reverse, noop);
    yield {
      kind: 'fail',
      subject: callee.span,
      message: 'django',
      args: { operation },
      severity: 'low',
      fixes:
        edit === null
          ? []
          : [
              {
                title: 'Say that nothing is to be taken back (noop)',
                safety: 'suggestion',
                preferred: true,
                edits: [edit],
              },
            ],
    };
  },
};

export const pythonDetectors: readonly Detector[] = [ways, operations] as readonly Detector[];
