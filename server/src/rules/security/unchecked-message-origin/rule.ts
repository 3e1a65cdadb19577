/** A WebSocket endpoint that takes connections from any web page: gorilla/websocket's `CheckOrigin` that never refuses. */
import type { Fix } from '../../../core/model/verdict.ts';
import { defineRule, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { removeElement, replaceByLines } from '../../../languages/go/compositeLiteral.ts';
import { type GoHeader, importedPath } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { pythonDetectors } from './python.ts';

const GORILLA = 'github.com/gorilla/websocket';

/** Whether the function literal can only return true: every return statement of its own body is `return true`. */
function alwaysTrue(literal: GoNode): boolean {
  const body = literal.child('body');
  if (body === null) return false;
  let returns = 0;
  for (const node of body.walk((inner) => inner.kind !== 'func_literal')) {
    if (node.kind !== 'return_statement') continue;
    const values = node.namedChildren.filter((child) => child.kind !== 'comment');
    if (values.length !== 1 || values[0]!.text !== 'true') return false;
    returns++;
  }
  return returns > 0;
}

function parameterName(literal: GoNode): string | null {
  const declaration = literal.child('parameters')?.childOfKind('parameter_declaration');
  const name = declaration?.child('name')?.text ?? null;
  return name === '_' ? null : name;
}

function fixes(element: GoNode, literal: GoNode): readonly Fix[] {
  const request = parameterName(literal) ?? 'r';
  const parameters = literal.child('parameters');
  const result = literal.child('result');
  const body = literal.child('body');
  const same: Fix = {
    title: 'Remove CheckOrigin (the library then accepts only the same origin)',
    safety: 'suggestion',
    preferred: true,
    edits: [...removeElement(element), { kind: 'import', remove: ['net/http'] }],
  };
  if (parameters === null || body === null || result === null) return [same];
  const { text } = element.tree;
  const lineStart = text.lastIndexOf('\n', element.start - 1) + 1;
  const indent = /^[ \t]*/.exec(text.slice(lineStart))![0];
  const http = /\*(\w+)\.Request/.exec(parameters.text)?.[1] ?? 'http';
  const allowList: Fix = {
    title: 'Accept only origins of an allow-list',
    safety: 'suggestion',
    edits: replaceByLines(
      element,
      literal,
      [
        `func(${request} *${http}.Request) bool {`,
        `${indent}\tswitch ${request}.Header.Get("Origin") {`,
        `${indent}\tcase "https://app.example.com": // the origins that may connect`,
        `${indent}\t\treturn true`,
        `${indent}\tdefault:`,
        `${indent}\t\treturn false`,
        `${indent}\t}`,
        `${indent}}`,
      ].join('\n'),
    ),
  };
  return [same, allowList];
}

/** `websocket.Upgrader{...}`: the override that never refuses fails, a real check or the default passes. */
const upgraderLiteral: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['composite_literal'],
  triggers: ['Upgrader'],
  *check(node, ctx) {
    const type = node.child('type');
    if (type?.kind !== 'qualified_type' || type.child('name')?.text !== 'Upgrader') return;
    if (importedPath(ctx.file.header, type.child('package')?.text ?? '') !== GORILLA) return;
    for (const element of node.child('body')?.namedChildren ?? []) {
      if (element.kind !== 'keyed_element') continue;
      const [key, value] = element.namedChildren.filter((child) => child.kind !== 'comment');
      if (key?.text !== 'CheckOrigin' || value === undefined) continue;
      const literal = value.childOfKind('func_literal');
      if (literal === null) {
        // A named function: what it does is not visible here, unless it is nil, which is the default.
        if (value.text === 'nil') yield { kind: 'pass', subject: element.span };
        return;
      }
      if (alwaysTrue(literal)) {
        yield { kind: 'fail', subject: element.span, message: 'upgrader', fixes: fixes(element, literal) };
      } else yield { kind: 'pass', subject: element.span };
      return;
    }
    yield { kind: 'pass', subject: type.span };
  },
};

/** `upgrader.CheckOrigin = func(...) bool { return true }` */
const assignment: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['assignment_statement'],
  triggers: ['CheckOrigin'],
  *check(node, ctx) {
    const target = node.child('left')?.namedChildren ?? [];
    const values = node.child('right')?.namedChildren ?? [];
    if (target.length !== 1 || values.length !== 1) return;
    if (target[0]!.kind !== 'selector_expression' || target[0]!.child('field')?.text !== 'CheckOrigin') return;
    if (!ctx.file.header.imports.some((item) => item.path === GORILLA)) return;
    const literal = values[0]!;
    if (literal.kind !== 'func_literal') return;
    if (alwaysTrue(literal)) {
      const { text } = node.tree;
      const lineStart = text.lastIndexOf('\n', node.start - 1) + 1;
      const rest = /^[ \t]*\r?\n/.exec(text.slice(node.end))?.[0].length ?? 0;
      const ownLines = text.slice(lineStart, node.start).trim() === '' && rest > 0;
      const span = ownLines ? { start: lineStart, end: node.end + rest } : node.span;
      yield {
        kind: 'fail',
        subject: node.span,
        message: 'upgrader',
        fixes: [
          {
            title: 'Remove CheckOrigin (the library then accepts only the same origin)',
            safety: 'suggestion',
            preferred: true,
            edits: [
              { kind: 'replace', span, newText: '' },
              { kind: 'import', remove: ['net/http'] },
            ],
          },
        ],
      };
    } else yield { kind: 'pass', subject: node.span };
  },
};

export const rule = defineRule({
  id: 'unchecked-message-origin',
  title: 'WebSocket accepted from any origin',
  category: 'security',
  severity: 'critical',
  confidence: 'certain',
  stage: 'stable',
  docs: {
    what: 'A WebSocket upgrader replaces the origin check of its library by one that accepts every `Origin` header: `CheckOrigin` of gorilla/websocket, in Python `check_origin` of Tornado and `cors_allowed_origins="*"` of Socket.IO.',
    why: 'Browsers send cookies with a WebSocket handshake and do not apply the same-origin policy to it. When the server accepts every origin, any page that a signed-in user visits can open the socket and act in the name of that user.',
    howToFix:
      'Delete the override: gorilla/websocket then accepts only requests whose `Origin` matches the `Host`. When other origins must connect, compare the header with a list that comes from the configuration.',
    refs: ['CWE-346', 'CWE-1385'],
  },
  messages: {
    upgrader:
      'This upgrader accepts a WebSocket from any origin; remove CheckOrigin for the same-origin default, or compare with a list.',
    tornado:
      'This handler accepts a WebSocket from any origin; remove check_origin for the same-origin default, or compare with a list.',
    socketio: 'This server accepts connections from any origin; name the origins that may connect.',
  },
  fix: 'sometimes',
  on: { go: [upgraderLiteral, assignment], python: pythonDetectors },
});
