/** Parses small Python sources for the tests of this folder and runs analyses on them. Not a test itself. */
import type { Analysis, ChunkContext } from '../../server/src/core/rulekit/rule.ts';
import { FlatNode } from '../../server/src/core/syntax/flatTree.ts';
import type { PythonHeader } from '../../server/src/languages/python/header.ts';
import type { PythonKind, PythonNode } from '../../server/src/languages/python/nodes.gen.ts';
import { pythonSupport } from '../../server/src/languages/python/support.ts';
import { testSyntax } from '../harness/engine.ts';

const syntax = await testSyntax();

export interface PythonSource {
  readonly root: PythonNode;
  readonly header: PythonHeader;
  readonly ctx: ChunkContext;
  /** The n-th node of a kind. */
  first(kind: PythonKind, nth?: number): PythonNode;
  /** The n-th outermost expression with exactly this text, in order of place. */
  named(text: string, nth?: number): PythonNode;
  lineOf(node: PythonNode): number;
}

/** A file whose declarations are looked at as one chunk. */
export function parsePython(text: string): PythonSource {
  const file = syntax.parse('python', text, { budget: 10_000 })!;
  const tree = file.flatten(0, file.topLevel.size - 1, text, 0);
  const ranges = pythonSupport.chunk(file.topLevel, file.grammar, text);
  const headers = ranges
    .filter(({ last }) => pythonSupport.isHeaderKind(file.grammar.kinds[file.topLevel.kinds[last]!]!))
    .map(({ first, last }) => {
      const start = file.topLevel.starts[first]!;
      return file.flatten(first, last, text.slice(start, file.topLevel.ends[last]), start);
    });
  file.delete();
  const header = pythonSupport.header(headers, text) as PythonHeader;
  const root = new FlatNode(tree, 0) as PythonNode;
  const nth = (nodes: readonly PythonNode[], index: number, what: string): PythonNode => {
    const found = nodes[index];
    if (found === undefined) throw new Error(`No ${what} number ${index}.`);
    return found;
  };
  const done = new Map<unknown, Map<number, unknown>>();
  const ctx: ChunkContext = {
    file: { path: 'app/main.py', language: 'python', role: 'production', header },
    options: null,
    get<N extends FlatNode, T>(analysis: Analysis<N, T>, node: N): T {
      const own = done.get(analysis) ?? new Map<number, unknown>();
      done.set(analysis, own);
      if (!own.has(node.index)) own.set(node.index, analysis.compute(node, ctx));
      return own.get(node.index) as T;
    },
  };
  return {
    root,
    header,
    ctx,
    first: (kind, index = 0) => nth(root.descendants(kind), index, kind),
    named(wanted, index = 0) {
      const byPlace = new Map<number, PythonNode>();
      for (const node of root.walk()) {
        if (node.isNamed && node.text === wanted && !byPlace.has(node.start)) byPlace.set(node.start, node);
      }
      return nth([...byPlace.values()], index, wanted);
    },
    lineOf: (node) => text.slice(0, node.start).split('\n').length,
  };
}
