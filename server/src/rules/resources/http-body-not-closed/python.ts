/**
 * Python: streamed responses that a function can leave without closing or reading them to the end. Clients that read the
 * body at once keep no connection, and a response that is returned or passed on is somebody else's.
 */
import type { FailVerdict, Verdict } from '../../../core/model/verdict.ts';
import type { Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { callChain } from '../../../languages/python/chains.ts';
import { type CustodyUse, custodyOf, inWith } from '../../../languages/python/custody.ts';
import { importsModule, type PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import {
  calledName,
  calledOn,
  keywordArgument,
  runningFunction,
  statementOf,
} from '../../../languages/python/syntax.ts';

const STREAMS = [
  {
    pattern: /^requests\.(?:get|post|put|patch|delete|request|[sS]ession\(\)\.\w+)$/,
    keyword: 'stream',
    value: 'true',
  },
  { pattern: /^httpx\.(?:Async)?Client\(\)\.send$/, keyword: 'stream', value: 'true' },
  {
    pattern: /^urllib3\.(?:request|PoolManager\(\)\.(?:request|urlopen))$/,
    keyword: 'preload_content',
    value: 'false',
  },
] as const;

/** What reads the body to its end when it is asked for. */
const READS = /^(?:content|text)$/;
const READING = /^(?:json|read|aread)$/;
const PARTS = /^(?:a?iter_(?:content|lines|bytes|text|raw)|stream)$/;
const CLOSES = /^(?:a?close|release_conn|drain_conn|__exit__|__aexit__)$/;

/** The loop that reads all of the body unless it is left early. */
function loopOver(parts: PythonNode): PythonNode | null {
  const { parent } = parts;
  return parent?.kind === 'for_statement' && parts.field === 'right' ? parent : null;
}

function useOf(use: PythonNode, owner: PythonNode): CustodyUse {
  if (runningFunction(use)?.equals(owner) !== true) return 'handover';
  const { parent } = use;
  switch (parent?.kind) {
    case 'attribute': {
      const name = parent.child('attribute')?.text ?? '';
      const call = parent.parent?.kind === 'call' && parent.field === 'function' ? parent.parent : null;
      if (name === 'raw') {
        // `shutil.copyfileobj(response.raw, file)` reads it all; what else is made of it lives on.
        const around = parent.parent;
        if (around?.kind === 'argument_list') {
          return calledName(around.parent!) === 'copyfileobj' ? 'release' : 'handover';
        }
        const inner = around?.kind === 'attribute' ? around.parent : null;
        if (inner?.kind === 'assignment') return 'neutral';
        if (inner?.kind !== 'call') return 'handover';
        if (around!.child('attribute')?.text === 'read') return 'release';
        return loopOver(inner) === null ? 'handover' : 'exhausted';
      }
      if (call === null) return READS.test(name) ? 'release' : CLOSES.test(name) ? 'handover' : 'neutral';
      if (CLOSES.test(name)) return 'release';
      if (READING.test(name)) return 'release';
      if (PARTS.test(name)) return loopOver(call) === null ? 'handover' : 'exhausted';
      return 'neutral';
    }
    case 'with_item':
    case 'as_pattern':
      return 'release';
    case 'for_statement':
      return use.field === 'right' ? 'exhausted' : 'handover';
    case 'argument_list':
      if (/^a?closing$/.test(calledName(parent.parent!))) return 'release';
      return /^(?:print|bool|isinstance|str|repr|debug|info|warning|error|exception)$/.test(calledName(parent.parent!))
        ? 'neutral'
        : 'handover';
    case 'comparison_operator':
    case 'not_operator':
    case 'boolean_operator':
    case 'if_statement':
    case 'elif_clause':
    case 'interpolation':
    case 'assert_statement':
      return 'neutral';
    default:
      return 'handover';
  }
}

/** What is there to fail: the answer is looked at and refused. What else may go wrong is rare. */
function refuses(syntax: PythonNode): boolean {
  return syntax.descendants('call').some((call) => calledName(call) === 'raise_for_status');
}

const calls: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['stream=True', 'stream = True', 'preload_content=False'],
  calls: (name) => /^(?:get|post|put|patch|delete|request|send|urlopen)$/.test(name),
  when: (_node, { file }) => ['requests', 'httpx', 'urllib3'].some((module) => importsModule(file.header, module)),
  *check(node, ctx): Iterable<Verdict> {
    const streams = STREAMS.filter(({ keyword, value }) => keywordArgument(node, keyword)?.kind === value);
    const chain = streams.length === 0 ? '' : callChain(node, ctx);
    if (!streams.some(({ pattern }) => pattern.test(chain))) return;
    let value = node;
    while (value.parent?.kind === 'await' || value.parent?.kind === 'parenthesized_expression') value = value.parent;
    const { parent } = value;
    const owner = runningFunction(node);
    if (parent?.kind === 'with_item' || parent?.parent?.kind === 'with_item') {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    const target = parent?.kind === 'assignment' && value.field === 'right' ? parent.child('left') : null;
    const statement = statementOf(node);
    if (owner?.kind !== 'function_definition' || target?.kind !== 'identifier') return;
    if (statement?.kind !== 'expression_statement' || isClientClosed(node)) return;
    const custody = custodyOf({ target, statement, owner }, ctx, (use) => useOf(use, owner), refuses);
    if (custody === null) return;
    const name = target.text;
    const fail = (message: string, severity: FailVerdict['severity']): Verdict => {
      // Only responses of `requests` and `urllib3` are context managers themselves.
      const edit = calledName(node) === 'send' ? null : inWith(statement, node.text, name, custody.uses);
      const title = 'Close the response with a with statement';
      return {
        kind: 'fail',
        subject: node.span,
        message,
        args: { name },
        severity: severity!,
        fixes: edit === null ? [] : [{ title, safety: 'suggestion', preferred: true, edits: [edit] }],
      };
    };
    if (custody.leaves('return')) yield custody.releases === 0 ? fail('unread', 'high') : fail('streamPath', 'high');
    else if (custody.leaves('raise')) yield fail('streamRaise', 'medium');
    else yield { kind: 'pass', subject: node.span };
  },
};

/** Whether a `with` around closes the client, and with it what it has opened. */
function isClientClosed(call: PythonNode): boolean {
  const client = calledOn(call)?.text ?? '';
  for (let around = call.ancestor('with_statement'); around !== null; around = around.ancestor('with_statement')) {
    const items = around.childOfKind('with_clause')?.text ?? '';
    if (client !== '' && new RegExp(`\\bas ${client.replace(/[^\w]/g, '\\$&')}\\b`).test(items)) return true;
  }
  return false;
}

export const pythonDetectors: readonly Detector[] = [calls as NodeDetector];
