/**
 * Python: lambdas that use the variable of the loop around and are kept for later: in a list, an attribute, a table, or as
 * the callback of something. Those that are called at once (`key=`, `map`, `filter`) are left alone, and so is a value that
 * is given as a default (`lambda row=row: ...`).
 */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { scopesAround } from '../../../languages/python/scope.ts';
import { calledName, parametersOf } from '../../../languages/python/syntax.ts';

/** Calls that keep what they get, or run it later. */
const KEEPERS =
  /^(?:append|appendleft|insert|add|put|put_nowait|add_done_callback|call_later|call_soon|call_soon_threadsafe|call_at|submit|apply_async|Thread|Timer|connect|bind|on|register|subscribe|add_callback|schedule|add_job|after)$/;
const KEEPER_NAMES = /^(?:target|command|callback|on_\w+|handler)$/;

/** Whether a lambda outlives the round of the loop in which it is made. */
function isKept(lambda: PythonNode): boolean {
  const { parent } = lambda;
  switch (parent?.kind) {
    case 'argument_list':
      return parent.parent?.kind === 'call' && KEEPERS.test(calledName(parent.parent));
    case 'keyword_argument': {
      const call = parent.parent?.parent;
      return KEEPER_NAMES.test(parent.child('name')?.text ?? '') && call?.kind === 'call';
    }
    case 'assignment':
      return /^(?:subscript|attribute)$/.test(parent.child('left')?.kind ?? '');
    default:
      return false;
  }
}

const lambdas: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['lambda'],
  triggers: ['for '],
  when: isKept,
  *check(node, ctx): Iterable<Verdict> {
    const body = node.child('body');
    if (body === null) return;
    const scopes = scopesAround(ctx, node);
    const own = new Set(parametersOf(node).map(({ name }) => name));
    for (
      let loop = node.ancestor('for_statement', 'function_definition', 'lambda', 'class_definition');
      loop?.kind === 'for_statement';
      loop = loop.ancestor('for_statement', 'function_definition', 'lambda', 'class_definition')
    ) {
      const left = loop.child('left');
      if (left === null || loop.child('body')?.contains(node) !== true) continue;
      // A loop that ends with the first round has one value.
      const variables = new Set(left.descendants('identifier').map(({ text }) => text));
      const uses = body.descendants('identifier').filter((name) => {
        if (!variables.has(name.text) || own.has(name.text)) return false;
        const isMember = name.parent?.kind === 'attribute' && name.field === 'attribute';
        const isKeyword = name.parent?.kind === 'keyword_argument' && name.field === 'name';
        const bound = scopes.bindingScope(name);
        return !isMember && !isKeyword && bound !== null && !node.contains(bound.node);
      });
      const [use] = uses;
      if (use === undefined) continue;
      const block = loop.child('body')!;
      if (block.namedChildren.some(({ kind }) => kind === 'break_statement' || kind === 'return_statement')) continue;
      yield {
        kind: 'fail',
        subject: use.span,
        message: 'lambda',
        args: { name: use.text },
        fixes: fixOf(node, [...new Set(uses.map(({ text }) => text))]),
      };
      return;
    }
    yield { kind: 'pass', subject: node.span };
  },
};

function fixOf(lambda: PythonNode, names: readonly string[]): readonly Fix[] {
  const parameters = lambda.child('parameters');
  if (parameters !== null && /\*/.test(parameters.text)) return [];
  const at = parameters === null ? lambda.start + 'lambda'.length : parameters.end;
  const given = names.map((name) => `${name}=${name}`).join(', ');
  const newText = parameters === null ? ` ${given}` : `, ${given}`;
  return [
    {
      title: `Give ${names.join(' and ')} as a default of the lambda`,
      safety: 'suggestion',
      preferred: true,
      edits: [{ kind: 'replace', span: { start: at, end: at }, newText }],
    },
  ];
}

export const pythonDetectors: readonly Detector[] = [lambdas as NodeDetector];
