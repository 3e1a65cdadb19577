/** Go: `InsecureSkipVerify: true`, and host key callbacks of golang.org/x/crypto/ssh that never refuse. */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { NodeDetector } from '../../../core/rulekit/rule.ts';
import { packageCallOf, packageMemberOf } from '../../../languages/go/calls.ts';
import { removeElement } from '../../../languages/go/compositeLiteral.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import {
  assignedExpressions,
  assignedValues,
  enclosingFunction,
  lineSpanOf,
  statementsOf,
  syntaxChildren,
  unparenthesized,
} from '../../../languages/go/syntax.ts';

const FLAG = 'InsecureSkipVerify';
/** Scanners look at servers whatever their certificates are. */
const SCANNER_PATH = /(?:^|\/)(?:scan(?:s|ner|ners|ning)?|probes?|prober)\//i;
const OWN_CHECK = /\bVerify(?:PeerCertificate|Connection)\b/;

function elementValue(element: GoNode): GoNode | null {
  const value = syntaxChildren(element)[1];
  if (value === undefined) return null;
  return unparenthesized(value.kind === 'literal_element' ? (syntaxChildren(value)[0] ?? value) : value);
}

/** Whether a condition around asks for a setting that switches the check off. */
function isChosen(node: GoNode): boolean {
  for (
    let around = node.ancestor('if_statement', 'expression_case');
    around !== null;
    around = around.ancestor('if_statement', 'expression_case')
  ) {
    const condition = around.child('condition') ?? around.child('value');
    if (condition !== null && /skip|insecure|verif|tls|ssl|self.?sign|unsafe|trust/i.test(condition.text)) return true;
  }
  return false;
}

/** `// only to read the certificate`, `// not used in production` behind the flag. */
const EXPLAINED =
  /\bnot (?:used |meant |for )*(?:in )?production|\b(?:solely|only|just) (?:used )?(?:to|for|in)\b (?!dev|test|now)/i;

function isExplained(node: GoNode): boolean {
  const behind = /^[^\r\n]*/.exec(node.tree.text.slice(node.end))![0];
  return EXPLAINED.test(/\/\/.*$/.exec(behind)?.[0] ?? '');
}

const configurations: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['keyed_element'],
  triggers: [FLAG],
  when: (node) => node.tree.text.startsWith(FLAG, node.start),
  *check(node, ctx): Generator<Verdict> {
    const value = elementValue(node);
    const literal = node.parent?.parent;
    if (value === null || literal?.kind !== 'composite_literal') return;
    if (value.kind !== 'true') {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    const type = packageMemberOf(literal.child('type'), ctx);
    if ((type !== null && type.path !== 'crypto/tls') || SCANNER_PATH.test(ctx.file.path)) return;
    // A check of its own, here or set later on the configuration.
    if (isChosen(node) || isExplained(node) || OWN_CHECK.test((enclosingFunction(node) ?? literal).text)) return;
    yield {
      kind: 'fail',
      subject: node.span,
      message: 'certificate',
      fixes: [{ title: `Remove ${FLAG}`, safety: 'suggestion', preferred: true, edits: removeElement(node) }],
    };
  },
};

const assignments: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['assignment_statement'],
  triggers: [FLAG],
  *check(node): Generator<Verdict> {
    const [target] = assignedExpressions(node);
    const [value] = assignedValues(node);
    if (target?.kind !== 'selector_expression' || target.child('field')?.text !== FLAG || value === undefined) return;
    if (value.kind !== 'true') {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    // Under a condition somebody chose it.
    if (
      node.ancestor('if_statement', 'expression_case', 'func_literal')?.kind === 'if_statement' ||
      node.ancestor('expression_case') !== null
    )
      return;
    if (OWN_CHECK.test(enclosingFunction(node)?.text ?? '')) return;
    const alone = node.parent?.kind === 'statement_list' && node.parent.namedChildren.length > 1;
    yield {
      kind: 'fail',
      subject: node.span,
      message: 'certificate',
      fixes: alone
        ? [
            {
              title: `Remove ${FLAG}`,
              safety: 'suggestion',
              preferred: true,
              edits: [{ kind: 'replace', span: lineSpanOf(node), newText: '' }],
            },
          ]
        : [],
    };
  },
};

const SSH = 'golang.org/x/crypto/ssh';

const hostKeys: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  calls: (name) => /^(?:InsecureIgnoreHostKey|FixedHostKey)$/.test(name),
  *check(node, ctx): Generator<Verdict> {
    const member = packageCallOf(node, ctx);
    if (member?.path !== SSH) return;
    if (member.name === 'FixedHostKey') yield { kind: 'pass', subject: node.span };
    else yield { kind: 'fail', subject: node.span, message: 'hostKey' };
  },
};

/** `HostKeyCallback: func(...) error { return nil }` */
const callbacks: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['keyed_element'],
  triggers: ['HostKeyCallback'],
  when: (node) => node.tree.text.startsWith('HostKeyCallback', node.start),
  *check(node, ctx): Generator<Verdict> {
    const value = elementValue(node);
    if (value?.kind !== 'func_literal' || !ctx.file.header.imports.some((item) => item.path === SSH)) return;
    const statements = statementsOf(value);
    if (statements.length === 1 && /^return\s+nil$/.test(statements[0]!.text)) {
      yield { kind: 'fail', subject: value.span, message: 'hostKey' };
    }
  },
};

export const goDetectors = [configurations, assignments, hostKeys, callbacks] as readonly NodeDetector[];
