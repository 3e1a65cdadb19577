/**
 * Compares the direct reading of trees with the runtime's cursor on a built-in text that shows everything the direct
 * reader has to get right: aliases, fields, fields through hidden nodes, extras, errors, missing tokens, wide
 * characters. Never throws: whatever goes wrong is a reason not to trust the direct reader.
 */
import type { Parser } from 'web-tree-sitter';
import type { LanguageId } from '../core/model/file.ts';
import type { FlatTree } from '../core/syntax/flatTree.ts';
import type { TopLevel } from '../core/syntax/syntax.ts';
import type { TreeReader, TreeView } from './treeView.ts';

const SAMPLES: { readonly [L in LanguageId]?: string } = {
  go: `package p // 🚢

import m /* why */ "math"

type pair[K any] struct {
	key, other K \`é\`
	*m.T
}

func (p *pair[K]) set(a, b int, rest ...string) (err error) {
	if x := p.key; x != nil {
		return f("%w\n", err)
	} else if a < b {
		go func() { <-ch }()
	}
	for i := range s[1:b] {
		switch y := i.(type) {
		case string:
			m[i] = map[string]int{"k": 1}
		}
	}
}

func broken(a int { x := ) + [3
var y = f(1, ,
`,
  python: `"""🚢"""
from a.b import (c as d, e)  # why

@d("/x", k=1)
async def f(self, a: int = 1, *rest: str, **more) -> None:
    with open(a) as b, e:
        b.x += f"é {a!r:>{b}} %" "z"
    for i, j in rest:
        if (n := i) > 1 and not j:
            continue
        elif n:
            await d(*rest, k=[x for x in b if x])
    # inside
    try:
        match a:
            case {"k": [1, *_], **q} | C(x=2) if q:
                raise E from None
    except (A, B) as error:
        pass

class C(Base, metaclass=M):
    a: int = 1

def broken(a: x := ) + [3
  y = f(1, ,
`,
};

/**
 * The direct reader when it can be made and agrees with the cursor for this language; else the cursor, and the reason.
 * The parser must be set to the language.
 */
export function chooseReader(
  language: LanguageId,
  parser: Parser,
  cursor: TreeReader,
  createDirect: () => TreeReader,
): { readonly read: TreeReader; readonly slowBecause: string | null } {
  try {
    const direct = createDirect();
    const fault = directReadingFault(language, parser, cursor, direct);
    return fault === null ? { read: direct, slowBecause: null } : { read: cursor, slowBecause: fault };
  } catch (error) {
    return { read: cursor, slowBecause: String(error) };
  }
}

function directReadingFault(
  language: LanguageId,
  parser: Parser,
  cursor: TreeReader,
  direct: TreeReader,
): string | null {
  const text = SAMPLES[language];
  if (text === undefined) return 'there is no sample to test it with';
  const tree = parser.parse(text);
  if (tree === null) return 'the sample was not parsed';
  try {
    return viewDifference(direct(tree), cursor(tree), text);
  } finally {
    tree.delete();
  }
}

/** Where two views of one tree differ, or `null`. */
export function viewDifference(actual: TreeView, expected: TreeView, text: string): string | null {
  const top = topLevelDifference(actual.topLevel, expected.topLevel);
  if (top !== null) return top;
  const { size } = expected.topLevel;
  if (size === 0) return null;
  return treeDifference(actual.flatten(0, size - 1, text, 0), expected.flatten(0, size - 1, text, 0));
}

function topLevelDifference(actual: TopLevel, expected: TopLevel): string | null {
  if (actual.size !== expected.size) return `${actual.size} top-level nodes instead of ${expected.size}`;
  for (const array of ['kinds', 'starts', 'ends', 'errors'] as const) {
    for (let i = 0; i < expected.size; i++) {
      if (actual[array][i] !== expected[array][i]) {
        return `${array} of top-level node ${i}: ${actual[array][i]} instead of ${expected[array][i]}`;
      }
    }
  }
  return null;
}

/** Where two flat trees of one text differ, or `null`. */
export function treeDifference(actual: FlatTree, expected: FlatTree): string | null {
  if (actual.size !== expected.size) return `${actual.size} nodes instead of ${expected.size}`;
  for (const array of ['kinds', 'fields', 'starts', 'ends', 'parents', 'stops', 'flags'] as const) {
    for (let i = 0; i < expected.size; i++) {
      if (actual[array][i] !== expected[array][i]) {
        return `${array} of node ${i}: ${actual[array][i]} instead of ${expected[array][i]}`;
      }
    }
  }
  return null;
}
