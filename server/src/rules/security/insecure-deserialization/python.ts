/**
 * Python: pickle, marshal and their kind on what a request or a server brings, YAML with a loader that makes objects, and
 * model files that are read with `weights_only=False`. Files and caches that the program writes itself are left alone.
 */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { inputIn } from '../../../knowledge/python/requests.ts';
import { responseIn } from '../../../knowledge/python/responses.ts';
import { callChain, chainOf } from '../../../languages/python/chains.ts';
import { keywordInserted, keywordRemoved, replaced } from '../../../languages/python/edits.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { constantText } from '../../../languages/python/strings.ts';
import {
  argumentOf,
  enclosingFunction,
  keywordArgument,
  positionalArguments,
} from '../../../languages/python/syntax.ts';

const OBJECTS =
  /^(?:pickle|_pickle|cPickle|dill|cloudpickle|marshal)\.(?:loads|load|Unpickler)$|^(?:jsonpickle\.(?:decode|loads)|joblib\.load|pandas\.read_pickle)$/;
/** Signs that the bytes were signed by the program itself. */
const AUTHENTICATED =
  /hmac|compare_digest|signature|verify|Fernet|\.decrypt\(|itsdangerous|Serializer|RestrictedUnpickler|find_class/i;

const loads: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['pickle', 'dill', 'marshal', 'joblib'],
  calls: (name) => /^(?:loads?|decode|Unpickler|read_pickle)$/.test(name),
  *check(node, ctx): Iterable<Verdict> {
    const chain = callChain(node, ctx);
    if (!OBJECTS.test(chain)) return;
    const [data] = positionalArguments(node);
    if (data === undefined) return;
    const source = inputIn(data, ctx) ?? responseIn(data, ctx);
    if (source === null) return;
    const owner = enclosingFunction(node);
    if (owner !== null && AUTHENTICATED.test(owner.text)) return;
    yield {
      kind: 'fail',
      subject: node.span,
      message: 'objects',
      args: { call: chain.replace(/^_|^c(?=P)/, ''), source },
    };
  },
};

const YAML = /^yaml\.(?:load|load_all|unsafe_load|unsafe_load_all)$/;
const UNSAFE = /^yaml(?:\.loader)?\.(?:Loader|UnsafeLoader|CLoader|CUnsafeLoader)$/;
const SAFE = /^yaml(?:\.loader|\.cyaml)?\.(?:C?SafeLoader|C?BaseLoader)$/;

const documents: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['yaml'],
  calls: (name) => /^(?:safe_load|safe_load_all|load|load_all|unsafe_load|unsafe_load_all)$/.test(name),
  *check(node, ctx): Iterable<Verdict> {
    const chain = callChain(node, ctx);
    if (/^yaml\.safe_load(?:_all)?$/.test(chain)) {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    if (!YAML.test(chain)) return;
    const [data] = positionalArguments(node);
    if (data === undefined || constantText(data, ctx) !== null) return;
    const loader = argumentOf(node, 'Loader', 1);
    const isSafeName = /^yaml\.load(?:_all)?$/.test(chain);
    const named = loader === null ? null : (chainOf(loader, ctx) ?? '');
    if (isSafeName && named !== null && !UNSAFE.test(named)) {
      if (SAFE.test(named)) yield { kind: 'pass', subject: node.span };
      return;
    }
    const callee = node.child('function')!;
    const word = callee.kind === 'attribute' ? callee.child('attribute') : null;
    const source = inputIn(data, ctx) ?? responseIn(data, ctx);
    yield {
      kind: 'fail',
      subject: node.span,
      message: source === null ? 'yaml' : 'objects',
      args: { call: chain, source: source ?? '' },
      ...(source === null ? ({ severity: 'medium' } as const) : {}),
      fixes: word === null ? [] : safeLoad(node, word, loader),
    };
  },
};

/** `yaml.safe_load(data)` instead of `yaml.load(data, Loader=...)`. */
function safeLoad(call: PythonNode, word: PythonNode, loader: PythonNode | null): readonly Fix[] {
  const edits = [replaced(word, word.text.endsWith('_all') ? 'safe_load_all' : 'safe_load')];
  if (loader !== null) {
    const [data, second] = positionalArguments(call);
    const removed =
      keywordArgument(call, 'Loader') !== null
        ? keywordRemoved(call, 'Loader')
        : second === undefined
          ? null
          : ({ kind: 'replace', span: { start: data!.end, end: second.end }, newText: '' } as const);
    if (removed === null) return [];
    edits.push(removed);
  }
  return [{ title: 'Use safe_load', safety: 'suggestion', preferred: true, edits }];
}

const weights: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['weights_only'],
  calls: (name) => name === 'load',
  *check(node, ctx): Iterable<Verdict> {
    const option = keywordArgument(node, 'weights_only');
    if (option === null || callChain(node, ctx) !== 'torch.load') return;
    if (option.kind === 'true') yield { kind: 'pass', subject: node.span };
    if (option.kind !== 'false') return;
    const edit = keywordInserted(node, 'weights_only', 'True');
    yield {
      kind: 'fail',
      subject: node.span,
      message: 'weights',
      severity: 'medium',
      fixes:
        edit === null ? [] : [{ title: 'Read weights only', safety: 'suggestion', preferred: true, edits: [edit] }],
    };
  },
};

export const pythonDetectors: readonly Detector[] = [loads, documents, weights] as readonly Detector[];
