/** Go: the fields MinVersion, MaxVersion and CipherSuites of crypto/tls configurations, in literals and assignments. */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, NodeDetector } from '../../../core/rulekit/rule.ts';
import { packageMemberOf } from '../../../languages/go/calls.ts';
import { removeElement } from '../../../languages/go/compositeLiteral.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { assignedExpressions, assignedValues, syntaxChildren, unparenthesized } from '../../../languages/go/syntax.ts';

const OLD = /^Version(?:SSL30|TLS10|TLS11)$/;
/** What crypto/tls lists as insecure: RC4, 3DES, and CBC with SHA-256. */
const INSECURE = /^TLS_\w+_(?:RC4_128_SHA|3DES_EDE_CBC_SHA|CBC_SHA256)$/;

function* judgeVersion(value: GoNode, field: string, ctx: ChunkContext): Generator<Verdict> {
  const member = packageMemberOf(unparenthesized(value), ctx);
  if (member?.path !== 'crypto/tls' || !member.name.startsWith('Version')) return;
  if (!OLD.test(member.name)) {
    if (field === 'MinVersion') yield { kind: 'pass', subject: value.span };
    return;
  }
  yield {
    kind: 'fail',
    subject: value.span,
    message: 'version',
    args: { name: member.name },
    fixes: [
      {
        title: 'Ask for TLS 1.2 at least',
        safety: 'suggestion',
        preferred: true,
        edits: [{ kind: 'replace', span: value.span, newText: `${member.qualifier.text}.VersionTLS12` }],
      },
    ],
  };
}

function isTlsConfig(element: GoNode, ctx: ChunkContext): boolean {
  const literal = element.parent?.parent;
  if (literal?.kind !== 'composite_literal') return false;
  const type = packageMemberOf(literal.child('type'), ctx);
  return type === null || (type.path === 'crypto/tls' && type.name === 'Config');
}

const fields: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['keyed_element'],
  triggers: ['MinVersion', 'MaxVersion', 'CipherSuites'],
  when: (node) => /^(?:M(?:in|ax)Version|CipherSuites)\b/.test(node.tree.text.slice(node.start, node.start + 13)),
  *check(node, ctx): Generator<Verdict> {
    const [key, value] = syntaxChildren(node);
    if (key === undefined || value === undefined || !isTlsConfig(node, ctx)) return;
    const inner = value.kind === 'literal_element' ? (syntaxChildren(value)[0] ?? value) : value;
    if (key.text !== 'CipherSuites') {
      yield* judgeVersion(inner, key.text, ctx);
      return;
    }
    if (inner.kind !== 'composite_literal') return;
    for (const element of syntaxChildren(inner.child('body') ?? inner)) {
      const suite = element.kind === 'literal_element' ? (syntaxChildren(element)[0] ?? element) : element;
      const member = packageMemberOf(suite, ctx);
      if (member?.path !== 'crypto/tls' || !INSECURE.test(member.name)) continue;
      yield {
        kind: 'fail',
        subject: suite.span,
        message: 'cipher',
        args: { name: member.name },
        fixes: [
          { title: 'Remove the cipher suite', safety: 'suggestion', preferred: true, edits: removeElement(element) },
        ],
      };
    }
  },
};

const assignments: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['assignment_statement'],
  triggers: ['MinVersion', 'MaxVersion'],
  *check(node, ctx): Generator<Verdict> {
    const [target, ...more] = assignedExpressions(node);
    const [value] = assignedValues(node);
    const field = target?.kind === 'selector_expression' ? (target.child('field')?.text ?? '') : '';
    if (value === undefined || more.length > 0 || !/^M(?:in|ax)Version$/.test(field)) return;
    // One of several that somebody chooses.
    if (node.ancestor('expression_case') !== null) return;
    yield* judgeVersion(value, field, ctx);
  },
};

export const goDetectors = [fields, assignments] as readonly NodeDetector[];
