/** Python: names of the standard library that it calls deprecated or has removed, by a table from its documentation. */
import type { Fix, FixEdit, Verdict } from '../../../core/model/verdict.ts';
import type { Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { chainOf } from '../../../languages/python/chains.ts';
import { importing, replaced } from '../../../languages/python/edits.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { positionalArguments, syntaxChildren } from '../../../languages/python/syntax.ts';

/** What to use instead, by name. */
const INSTEAD: ReadonlyMap<string, string> = new Map([
  ['datetime.datetime.utcnow', 'datetime.now(timezone.utc)'],
  ['datetime.datetime.utcfromtimestamp', 'datetime.fromtimestamp(..., timezone.utc)'],
  ['asyncio.get_child_watcher', 'asyncio.run, which needs no watcher'],
  ['asyncio.coroutine', 'async def'],
  ['asyncio.async', 'asyncio.create_task'],
  ['ssl.wrap_socket', 'SSLContext.wrap_socket'],
  ['ssl.match_hostname', 'SSLContext.check_hostname'],
  ['time.clock', 'time.perf_counter'],
  ['platform.linux_distribution', 'platform.freedesktop_os_release'],
  ['platform.dist', 'platform.freedesktop_os_release'],
  ['inspect.getargspec', 'inspect.signature'],
  ['inspect.formatargspec', 'inspect.signature'],
  ['logging.warn', 'logging.warning'],
  ['logging.getLogger().warn', 'Logger.warning'],
  ['os.popen2', 'subprocess.run'],
  ['cgi.escape', 'html.escape'],
  ['cgi.FieldStorage', 'a web framework or email.message'],
  ['imp.load_source', 'importlib.util'],
  ['imp.reload', 'importlib.reload'],
  ['pkgutil.find_loader', 'importlib.util.find_spec'],
  ['locale.getdefaultlocale', 'locale.getlocale'],
  ['unittest.makeSuite', 'TestLoader.loadTestsFromTestCase'],
  ['threading.currentThread', 'threading.current_thread'],
  ['threading.activeCount', 'threading.active_count'],
  ['xml.etree.cElementTree.parse', 'xml.etree.ElementTree'],
]);
const NAMES = new Set([...INSTEAD.keys()].map((key) => key.slice(key.lastIndexOf('.') + 1)));

/** Compatibility with other versions is meant. */
const VERSIONED = /version_info|PY2|PY3|hasattr\(/;

const uses: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['attribute'],
  triggers: [...NAMES].map((name) => `.${name}`),
  when: (node) => NAMES.has(node.child('attribute')?.text ?? ''),
  *check(node, ctx): Generator<Verdict> {
    const chain = chainOf(node, ctx) ?? '';
    const instead = INSTEAD.get(chain);
    if (instead === undefined) return;
    const around = node.ancestor('if_statement', 'try_statement', 'conditional_expression');
    if (
      around !== null &&
      (around.kind === 'try_statement' ? /AttributeError|ImportError/ : VERSIONED).test(around.text)
    )
      return;
    const edits = editsOf(node, chain);
    const fixes: readonly Fix[] =
      edits.length === 0 ? [] : [{ title: `Use ${instead}`, safety: 'suggestion', preferred: true, edits }];
    yield { kind: 'fail', subject: node.span, message: 'replaced', args: { name: node.text, instead }, fixes };
  },
};

/** Edits of what can be rewritten by rule; none for the rest. */
function editsOf(node: PythonNode, chain: string): readonly FixEdit[] {
  const call = node.parent?.kind === 'call' && node.field === 'function' ? node.parent : null;
  const owner = node.child('object');
  if (chain === 'datetime.datetime.utcnow') {
    const list = call?.child('arguments') ?? null;
    if (call === null || owner === null || list === null || syntaxChildren(list).length > 0) return [];
    return [replaced(call, `${owner.text}.now(timezone.utc)`), importing(['datetime:timezone'])];
  }
  if (chain === 'datetime.datetime.utcfromtimestamp') {
    const [first, ...rest] = call === null ? [] : positionalArguments(call);
    if (call === null || owner === null || first === undefined || rest.length > 0) return [];
    return [
      replaced(call, `${owner.text}.fromtimestamp(${first.text}, timezone.utc)`),
      importing(['datetime:timezone']),
    ];
  }
  const name = node.child('attribute');
  const same = /^(?:logging\..*warn|threading\.\w+)$/.test(chain) ? INSTEAD.get(chain)!.replace(/^.*\./, '') : null;
  return name === null || same === null ? [] : [replaced(name, same)];
}

/** What replaced the names above. */
const supported: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['datetime'],
  calls: (name) => name === 'now' || name === 'fromtimestamp',
  *check(node, ctx): Generator<Verdict> {
    const callee = node.child('function');
    if (callee !== null && /^datetime\.datetime\.(?:now|fromtimestamp)$/.test(chainOf(callee, ctx) ?? ''))
      yield { kind: 'pass', subject: callee.span };
  },
};

export const pythonDetectors = [uses, supported] as readonly NodeDetector[] as readonly Detector[];
