/** Python: calls of debuggers. Functions of the same name that are the program's own are no matter here. */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { callChain } from '../../../languages/python/chains.ts';
import { importing, statementRemoved } from '../../../languages/python/edits.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import {
  definedName,
  enclosingFunction,
  lineSpanOf,
  shortText,
  statementOf,
  statementsOf,
} from '../../../languages/python/syntax.ts';

const DEBUGGERS =
  /^(?:builtins\.breakpoint|(?:i?pdb|pudb|wdb|web_pdb|rpdb|pdbpp|remote_pdb|celery\.contrib\.rdb)\.(?:set_trace|RemotePdb\(\)\.set_trace)|pudb\.set_trace|debugpy\.breakpoint|IPython\.embed|IPython\.core\.debugger\.set_trace|code\.interact)$/;

const calls: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['breakpoint(', 'set_trace(', 'embed(', 'interact('],
  calls: (name) => name === 'breakpoint' || name === 'set_trace' || name === 'embed' || name === 'interact',
  *check(node, ctx): Iterable<Verdict> {
    const chain = callChain(node, ctx);
    const statement = statementOf(node);
    if (chain === ':breakpoint') yield { kind: 'pass', subject: node.span };
    if (!DEBUGGERS.test(chain) || statement?.kind !== 'expression_statement') return;
    // Asked for: `if settings.DEBUG:`, `def shell():`.
    for (
      let around = node.ancestor('if_statement', 'elif_clause');
      around !== null;
      around = around.ancestor('if_statement', 'elif_clause')
    ) {
      if (/debug|pdb|interactive|shell|args\.|environ/i.test(around.child('condition')?.text ?? '')) {
        yield { kind: 'pass', subject: node.span };
        return;
      }
    }
    const owner = enclosingFunction(node);
    if (/debug|shell|repl|interact|console|pdb|embed/i.test(owner === null ? '' : definedName(owner))) return;
    yield {
      kind: 'fail',
      subject: node.span,
      message: 'stops',
      args: { call: shortText(node, 30) },
      fixes: fixOf(statement, chain),
    };
  },
};

function fixOf(statement: PythonNode, chain: string): readonly Fix[] {
  const title = 'Delete the debugger statement';
  const module = chain.split('.', 1)[0]!;
  const edit = statementRemoved(statement);
  if (edit !== null) {
    const edits = module === 'builtins' ? [edit] : [edit, importing([], [module])];
    return [{ title, safety: 'safe', preferred: true, edits }];
  }
  // `import pdb; pdb.set_trace()` is one line with its import.
  const span = lineSpanOf(statement);
  const line = statement.tree.text.slice(span.start, span.end);
  const block = statement.parent;
  const isPair =
    /^\s*(?:import (\w+)|from (\w+) import \w+);\s*(?:\w+\.)?(?:set_trace|embed|interact)\([^()]*\);?\s*(?:#.*)?\s*$/.test(
      line,
    );
  if (!isPair || block === null || statementsOf(block).length < 3) return [];
  return [{ title, safety: 'safe', preferred: true, edits: [{ kind: 'replace', span, newText: '' }] }];
}

export const pythonDetectors: readonly Detector[] = [calls as NodeDetector];
