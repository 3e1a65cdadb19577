/** Python: `check_origin` of Tornado that never refuses, and Socket.IO servers that accept every origin. */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { callChain } from '../../../languages/python/chains.ts';
import { keywordRemoved, statementRemoved } from '../../../languages/python/edits.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { stringValue } from '../../../languages/python/strings.ts';
import {
  classOfMethod,
  decorated,
  definedName,
  isEmptyStatement,
  keywordArgument,
  onlyChild,
  statementsOf,
  syntaxChildren,
} from '../../../languages/python/syntax.ts';

const handlers: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['function_definition'],
  triggers: ['check_origin'],
  when: (node) => definedName(node) === 'check_origin',
  *check(node, ctx): Iterable<Verdict> {
    if (
      classOfMethod(node) === null ||
      !ctx.file.header.imports.some(({ module }) => /^(?:tornado|sockjs|jupyter_server|bokeh)\b/.test(module))
    )
      return;
    const statements = statementsOf(node).filter((statement) => !isEmptyStatement(statement));
    const [only] = statements;
    const isOpen = statements.length === 1 && only!.kind === 'return_statement' && onlyChild(only!)?.kind === 'true';
    if (!isOpen) {
      yield { kind: 'pass', subject: (node.child('name') ?? node).span };
      return;
    }
    const edit = decorated(node) === node ? statementRemoved(node) : null;
    yield {
      kind: 'fail',
      subject: (node.child('name') ?? node).span,
      message: 'tornado',
      fixes:
        edit === null
          ? []
          : [
              {
                title: 'Remove check_origin (Tornado then accepts only the same origin)',
                safety: 'suggestion',
                preferred: true,
                edits: [edit],
              },
            ],
    };
  },
};

const servers: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['cors_allowed_origins', 'SocketIO', 'socketio'],
  calls: (name) => /^(?:SocketIO|AsyncServer|Server|init_app)$/.test(name),
  *check(node, ctx): Iterable<Verdict> {
    const chain = callChain(node, ctx);
    if (
      !/^(?:flask_socketio\.SocketIO(?:\(\)\.init_app)?|socketio\.(?:Async)?Server|engineio\.(?:Async)?Server)$/.test(
        chain,
      )
    )
      return;
    const origins = keywordArgument(node, 'cors_allowed_origins');
    const all =
      origins !== null &&
      (stringValue(origins) === '*' ||
        (origins.kind === 'list' && syntaxChildren(origins).some((item) => stringValue(item) === '*')));
    if (!all) {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    const edit = keywordRemoved(node, 'cors_allowed_origins');
    yield {
      kind: 'fail',
      subject: origins.parent!.span,
      message: 'socketio',
      fixes:
        edit === null
          ? []
          : [
              {
                title: 'Remove cors_allowed_origins (the library then accepts only the same origin)',
                safety: 'suggestion',
                preferred: true,
                edits: [edit],
              },
            ],
    };
  },
};

export const pythonDetectors: readonly Detector[] = [handlers, servers] as readonly Detector[];
