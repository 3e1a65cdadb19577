/** Python: debug modes that are switched on for good, and servers of development that reload, outside of a development condition. */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { callChain, chainOf } from '../../../languages/python/chains.ts';
import { replaced } from '../../../languages/python/edits.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { stringValue } from '../../../languages/python/strings.ts';
import { calledName, calledOn, keywordArgument } from '../../../languages/python/syntax.ts';

/** Files that only developers run. */
const DEVELOPMENT =
  /(?:^|[/_.-])(?:dev|devel|development|local|debug|demo|examples?|samples?|scripts?|tutorial)(?:[/_.-]|$)/i;

function isChosen(node: PythonNode): boolean {
  for (let branch = node.ancestor('if_statement'); branch !== null; branch = branch.ancestor('if_statement')) {
    if (!/__name__/.test(branch.child('condition')?.text ?? '')) return true;
  }
  return false;
}

function isMain(node: PythonNode): boolean {
  for (let branch = node.ancestor('if_statement'); branch !== null; branch = branch.ancestor('if_statement')) {
    if (/__name__/.test(branch.child('condition')?.text ?? '')) return true;
  }
  return false;
}

function off(value: PythonNode): readonly Fix[] {
  return [{ title: 'Switch it off', safety: 'suggestion', preferred: true, edits: [replaced(value, 'False')] }];
}

const servers: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['debug', 'reload'],
  calls: (name) => /^(?:run|Flask|FastAPI|Starlette|run_app|Application)$/.test(name),
  *check(node, ctx): Iterable<Verdict> {
    if (DEVELOPMENT.test(ctx.file.path) || isChosen(node)) return;
    const chain = callChain(node, ctx);
    const name = calledName(node);
    const object = calledOn(node);
    const runsApp =
      name === 'run' &&
      object !== null &&
      (/^(?:flask\.Flask|quart\.Quart|sanic\.Sanic)\(\)/.test(chainOf(object, ctx) ?? '') ||
        (/^(?:app|socketio|application)$/.test(object.text) &&
          /flask|quart|sanic/i.test(ctx.file.header.imports.map(({ module }) => module).join(' '))));
    if (runsApp || /^(?:fastapi\.FastAPI|starlette\.applications\.Starlette)$/.test(chain)) {
      const debug = keywordArgument(node, 'debug');
      if (debug?.kind === 'false') yield { kind: 'pass', subject: node.span };
      if (debug?.kind !== 'true') return;
      // What only runs when somebody starts the file by hand.
      const severity = isMain(node) ? ({ severity: 'low' } as const) : {};
      yield {
        kind: 'fail',
        subject: debug.parent?.span ?? debug.span,
        message: 'mode',
        fixes: off(debug),
        ...severity,
      };
    } else if (chain === 'uvicorn.run') {
      const reload = keywordArgument(node, 'reload');
      if (reload?.kind !== 'true') return;
      yield {
        kind: 'fail',
        subject: reload.parent?.span ?? reload.span,
        message: 'reload',
        fixes: off(reload),
        severity: 'low',
      };
    }
  },
};

/** `DEBUG = True` in the settings of Django, `app.debug = True`. */
const switches: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['assignment'],
  triggers: ['DEBUG', 'debug'],
  when: (node) => node.child('right')?.kind === 'true',
  *check(node, ctx): Iterable<Verdict> {
    const left = node.child('left');
    const value = node.child('right');
    if (left === null || value === null || DEVELOPMENT.test(ctx.file.path) || isChosen(node)) return;
    const isSetting =
      left.text === 'DEBUG' &&
      /(?:^|\/)(?:settings|base|prod|production|common|config)(?:\/\w+)?\.py$/.test(ctx.file.path) &&
      (/settings/.test(ctx.file.path) || ctx.file.header.globals.some(({ name }) => name === 'INSTALLED_APPS')) &&
      node.ancestor('function_definition', 'class_definition') === null;
    const isApp =
      (left.kind === 'attribute' &&
        left.child('attribute')?.text === 'debug' &&
        /^flask\.Flask\(\)/.test(chainOf(left, ctx) ?? '')) ||
      (left.kind === 'subscript' &&
        /^(?:DEBUG)$/.test(stringValue(left.child('subscript') ?? left) ?? '') &&
        /\.config$/.test(left.child('value')?.text ?? ''));
    if (!isSetting && !isApp) return;
    yield { kind: 'fail', subject: node.span, message: 'mode', fixes: off(value) };
  },
};

export const pythonDetectors: readonly Detector[] = [servers, switches] as readonly Detector[];
