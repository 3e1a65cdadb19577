/**
 * What becomes of a value that a function opens and has to give back: whether it is closed on every path, or handed to
 * somebody else. Follows one variable through one function; what its uses mean is for the rule to say.
 */
import { findPath } from '../../core/flow/paths.ts';
import type { FixEdit } from '../../core/model/verdict.ts';
import type { ChunkContext } from '../../core/rulekit/rule.ts';
import { reindented } from './edits.ts';
import { flowAround } from './flow.ts';
import type { PythonNode } from './nodes.gen.ts';
import { scopesAround } from './scope.ts';
import { bodyOf, calledName, indentationOf, lineBreakOf, runningFunction, statementsOf } from './syntax.ts';

/** `exhausted`: given back when the `for` that it stands in the head of has run to its end. */
export type CustodyUse = 'release' | 'exhausted' | 'handover' | 'neutral';

export interface Acquired {
  /** The local variable that holds the value. */
  readonly target: PythonNode;
  /** The assignment to it. */
  readonly statement: PythonNode;
  readonly owner: PythonNode;
}

export interface Custody {
  readonly uses: readonly PythonNode[];
  /** Uses that give it back. */
  readonly releases: number;
  /** Whether the function can be left that way with the value still open. */
  leaves(way: 'return' | 'raise'): boolean;
}

/** Calls that do not fail in practice: a path on which they do shows nothing. */
const HARMLESS =
  /^(?:cursor|settimeout|setblocking|setsockopt|print|debug|info|warning|error|exception|log|time|now|utcnow|perf_counter|monotonic|isoformat|strftime|len|str|repr|format|join|append|pop|get|lower|upper|strip|split|keys|values|items|isinstance|range|enumerate|sorted|list|dict|set|tuple|rollback|commit|close|__exit__)$/;

function mayFail(syntax: PythonNode): boolean {
  return syntax.descendants('call').some((one) => !HARMLESS.test(calledName(one)));
}

/**
 * What becomes of the value; null when somebody else gets it, or when that is not known. `fails` says of which code a
 * failure is worth a word; a `raise` is.
 */
export function custodyOf(
  { target, statement, owner }: Acquired,
  ctx: ChunkContext,
  useOf: (use: PythonNode) => CustodyUse,
  fails: (syntax: PythonNode) => boolean = mayFail,
): Custody | null {
  const scopes = scopesAround(ctx, target);
  const scope = scopes.bindingScope(target);
  if (scope === null || !scope.node.equals(owner)) return null;
  const bindings = scope.bindings.get(target.text) ?? [];
  // `x = None` before is no other resource; with more than that it is not known what a use means.
  if (bindings.some((own) => !own.node.equals(target) && own.kind !== 'deleted' && own.value?.kind !== 'none'))
    return null;
  const flow = flowAround(ctx, statement);
  const from = flow?.at(statement) ?? -1;
  if (flow === null || from < 0) return null;
  const uses = scopes.usesOf(target.text, scope).filter((use) => !use.equals(target));
  const released = new Set<number>();
  const exhausting = new Set<number>();
  let releases = 0;
  for (const use of uses) {
    const what = useOf(use);
    if (what === 'neutral') continue;
    if (what === 'handover') return null;
    releases++;
    const loop = what === 'exhausted' ? use.ancestor('for_statement')?.child('left') : null;
    if (loop === null || loop === undefined) for (const id of flow.allAt(use)) released.add(id);
    else for (const id of flow.allAt(loop)) exhausting.add(id);
  }
  const satisfies = (id: number): boolean => {
    if (released.has(id) || id === from) return true;
    const syntax = flow.graph.nodes[id]!.kind === 'condition' ? flow.node(id) : null;
    return syntax !== null && releases > 0 && asksPresence(syntax, target.text);
  };
  const { graph } = flow;
  const raises = (id: number): boolean => {
    const syntax = flow.node(id);
    return syntax === null || syntax.kind === 'raise_statement' || fails(syntax);
  };
  return {
    uses,
    releases,
    leaves(way) {
      const exit = way === 'return' ? graph.exit : graph.panicExit;
      const found = findPath(graph, {
        from,
        target: (id) => id === exit,
        blocks: satisfies,
        step: (edge, state) => {
          if (edge.label === 'raises' && (edge.from === from || !raises(edge.from))) return null;
          return edge.label === 'false' && exhausting.has(edge.from) ? null : state;
        },
      });
      return found !== null;
    },
  };
}

/** Whether a condition only asks whether the variable holds something: with it open, one branch is impossible. */
function asksPresence(node: PythonNode, name: string): boolean {
  const text = node.text.replace(/\s+/g, ' ');
  return (
    text === name ||
    text === `${name} is not None` ||
    text === `${name} is None` ||
    /^['"]\w+['"] in (?:locals|vars|dir)\(\)$/.test(text)
  );
}

/**
 * Wraps the statements from an assignment to the last use into `with opened as name`, or `async with` when the prefix says
 * so; null when the code is not simple enough.
 */
export function inWith(
  statement: PythonNode,
  opened: string,
  name: string,
  uses: readonly PythonNode[],
  prefix = '',
): FixEdit | null {
  const block = statement.parent;
  const last = uses.at(-1);
  if (block?.kind !== 'block' || last === undefined) return null;
  if (/[\r\n]/.test(statement.text)) return null;
  const following = statementsOf(block).filter((one) => one.start > statement.start && one.start <= last.start);
  const [first] = following;
  const final = following.at(-1);
  if (first === undefined || final === undefined) return null;
  // What the statements bind is used behind them, which a `with` does not change; comments in between stay.
  const indent = indentationOf(statement);
  const step = indentationOf(first) !== indent ? null : indentUnitOf(statement, indent);
  if (step === null) return null;
  const isClose = new RegExp(`^(?:await )?${name}\\.a?close\\(\\)$`).test(final.text);
  const kept = isClose ? following.slice(0, -1) : following;
  if (kept.length === 0) return null;
  const newline = lineBreakOf(statement);
  const { text } = statement.tree;
  let body = '';
  let at = statement.end;
  for (const one of kept) {
    const between = text.slice(at, one.start);
    const moved = reindented(one, indent, indent + step);
    // Only blank lines and comments of their own line may stand in between.
    if (moved === null || !/^(?:[ \t]*(?:#[^\r\n]*)?(?:\r\n|\r|\n))+[ \t]*$/.test(between) || between.includes('#'))
      return null;
    const blanks = between.split(/\r\n|\r|\n/).length - 2;
    body += newline + newline.repeat(body === '' ? 0 : blanks) + indent + step + moved;
    at = one.end;
  }
  return {
    kind: 'replace',
    span: { start: statement.start, end: final.end },
    newText: `${prefix}with ${opened} as ${name}:${body}`,
  };
}

/** One level of indentation, as the function around writes it. */
export function indentUnitOf(statement: PythonNode, indent: string): string | null {
  const owner = runningFunction(statement);
  const body = owner === null ? null : bodyOf(owner);
  if (owner === null || body === null) return null;
  const outer = indentationOf(owner);
  const [first] = statementsOf(body);
  const inner = first === undefined ? '' : indentationOf(first);
  if (!inner.startsWith(outer) || inner.length === outer.length || !indent.startsWith(inner)) return null;
  return inner.slice(outer.length);
}
