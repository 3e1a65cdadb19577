/** Python: python-dotenv with override, and functions that split lines at `=` and assign to os.environ. */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { callChain, chainOf } from '../../../languages/python/chains.ts';
import { replaced } from '../../../languages/python/edits.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { stringValue } from '../../../languages/python/strings.ts';
import { hasKeywordSplat, keywordArgument, runningFunction } from '../../../languages/python/syntax.ts';

const loads: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['load_dotenv', 'read_env'],
  calls: (name) => name === 'load_dotenv' || name === 'read_env',
  *check(node, ctx): Iterable<Verdict> {
    const chain = callChain(node, ctx);
    if (!/^(?:dotenv(?:\.main)?\.load_dotenv|(?:environs\.Env|environ\.Env)(?:\(\))?\.read_env)$/.test(chain)) return;
    const override = keywordArgument(node, 'override') ?? keywordArgument(node, 'overwrite');
    if (override === null) {
      if (!hasKeywordSplat(node)) yield { kind: 'pass', subject: node.span };
      return;
    }
    if (override.kind === 'false') yield { kind: 'pass', subject: node.span };
    if (override.kind !== 'true') return;
    const fixes: Fix[] = [
      {
        title: 'Keep variables that are set',
        safety: 'suggestion',
        preferred: true,
        edits: [replaced(override, 'False')],
      },
    ];
    yield { kind: 'fail', subject: node.span, message: 'override', fixes };
  },
};

const SPLITS = /\.(?:split|partition|rsplit)\(\s*["']=["']|\.(?:match|search|findall|finditer)\([^\n]*=/;
const READS = /\bopen\(|\.open\(|\.read_text\(|\.readlines\(|\.splitlines\(/;

/** `os.environ[key] = value` where key and value come of the lines of a file. */
const loaders: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['assignment'],
  triggers: ['environ['],
  when: (node) => /^(?:\w+\.)?environ\s*\[/.test(node.text.slice(0, 60)),
  *check(node, ctx): Iterable<Verdict> {
    const left = node.child('left');
    const object = left?.kind === 'subscript' ? left.child('value') : null;
    const key = left?.child('subscript') ?? null;
    const value = node.child('right');
    if (object === null || key === null || value === null || stringValue(key) !== null) return;
    if (chainOf(object, ctx) !== 'os.environ') return;
    const owner = runningFunction(node);
    const around = owner ?? node.ancestor('for_statement', 'with_statement', 'try_statement');
    if (around === null) return;
    const { text } = around;
    const loop = node.ancestor('for_statement', 'function_definition');
    if (!SPLITS.test((loop ?? around).text) || !READS.test(text)) return;
    if (
      /\bgetenv\(|\bnot in (?:os\.)?environ\b|\bin (?:os\.)?environ\b|environ\.get\(|overrid|overwrite|force/i.test(
        text,
      )
    ) {
      if (/\bnot in (?:os\.)?environ\b/.test(text)) yield { kind: 'pass', subject: node.span };
      return;
    }
    const fixes: Fix[] = [
      {
        title: 'Set only what is not set yet',
        safety: 'suggestion',
        preferred: true,
        edits: [replaced(node, `${object.text}.setdefault(${key.text}, ${value.text})`)],
      },
    ];
    yield { kind: 'fail', subject: node.span, message: 'assigned', fixes };
  },
};

export const pythonDetectors: readonly Detector[] = [loads, loaders] as readonly Detector[];
