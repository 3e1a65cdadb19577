/** Parses small Go sources for the tests of this folder and runs analyses on them. Not a test itself. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Analysis, ChunkContext } from '../../server/src/core/rulekit/rule.ts';
import { FlatNode, type FlatTree } from '../../server/src/core/syntax/flatTree.ts';
import { type GoFlow, nodesRunAt } from '../../server/src/languages/go/flow.ts';
import type { GoHeader, GoImport } from '../../server/src/languages/go/header.ts';
import type { GoField, GoKind, GoNode } from '../../server/src/languages/go/nodes.gen.ts';
import { createSyntax } from '../../server/src/wasm/syntax.ts';

const require = createRequire(import.meta.url);
const syntax = await createSyntax({
  runtimeWasm: readFileSync(require.resolve('web-tree-sitter/tree-sitter.wasm')),
  grammars: { go: readFileSync(require.resolve('tree-sitter-go/tree-sitter-go.wasm')) },
});

/** Flat tree of all declarations of a source; a package clause is put on the first line when there is none. */
export function parseGo(source: string): FlatTree {
  const text = source.startsWith('package ') ? source : `package p; ${source}`;
  const file = syntax.parse('go', text, { budget: 10_000 });
  if (file === null) throw new Error('The parser gave up.');
  try {
    return file.flatten(0, file.topLevel.size - 1, text, 0);
  } finally {
    file.delete();
  }
}

export function rootOf(tree: FlatTree): GoNode {
  return new FlatNode<GoKind, GoField>(tree, 0);
}

/** The n-th node of a kind in a source. */
export function firstOf(tree: FlatTree, kind: GoKind, nth = 0): GoNode {
  const found = [...rootOf(tree).descendants(kind)][nth];
  if (found === undefined) throw new Error(`No ${kind} number ${nth} in the source.`);
  return found;
}

/** The n-th node whose text is exactly `text`, innermost first where several have the same text. */
export function nodeWithText(tree: FlatTree, text: string, nth = 0): GoNode {
  const byPlace = new Map<number, GoNode>();
  for (const node of rootOf(tree).walk()) {
    if (node.isNamed && node.text === text) byPlace.set(node.start, node);
  }
  const found = [...byPlace.values()][nth];
  if (found === undefined) throw new Error(`No node number ${nth} with the text ${text}.`);
  return found;
}

/** Header with these imports, written `path` or `name path`. */
export function headerOf(...imports: readonly string[]): GoHeader {
  return {
    packageName: 'p',
    imports: imports.map((entry): GoImport => {
      const [first, second] = entry.split(' ');
      if (second !== undefined) return { name: first!, path: second, alias: true };
      return {
        name: first!
          .replace(/\/v\d+$/, '')
          .split('/')
          .at(-1)!,
        path: first!,
      };
    }),
    buildConstraint: '',
    generated: false,
  };
}

/** A context as the engine gives it to a rule: every analysis is computed once per node. */
export function contextOf(header: GoHeader = headerOf()): ChunkContext {
  const done = new Map<Analysis<never, unknown>, Map<string, unknown>>();
  const context: ChunkContext = {
    file: { path: 'p/p.go', language: 'go', role: 'production', header },
    options: null,
    get(analysis, node) {
      const key = analysis as unknown as Analysis<never, unknown>;
      const ofAnalysis = done.get(key) ?? new Map<string, unknown>();
      done.set(key, ofAnalysis);
      const place = String(node.index);
      if (!ofAnalysis.has(place)) ofAnalysis.set(place, analysis.compute(node, context));
      return ofAnalysis.get(place) as never;
    },
  };
  return context;
}

/** One-based line of a node in its source. */
export function lineOf(node: GoNode): number {
  return node.tree.text.slice(0, node.start).split('\n').length;
}

/** Nodes of the graph that run a call for which `test` holds, in order. */
export function nodesCalling(flow: GoFlow, test: (call: GoNode) => boolean): number[] {
  return flow.graph.nodes.flatMap((_, id) => (nodesRunAt(flow, id, 'call_expression').some(test) ? [id] : []));
}
