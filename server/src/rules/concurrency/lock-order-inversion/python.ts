/**
 * Python: pairs of locks of one object, or of one module, that are taken nested in both orders. Calls of the object's own
 * methods are followed; pairs that are only taken while a third lock is held cannot meet and say nothing.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import { type ChunkContext, type Detector, fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import { isUnder, locksTakenIn, type TakenLock } from '../../../languages/python/locks.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { calledName, calledOn, definedName, methodsOf, runningFunction } from '../../../languages/python/syntax.ts';

/** Key: the outer and the inner lock, with a tab between. A function of a module takes both, itself. */
export const PYTHON_NESTED = 'lock-order-inversion.nested';
export type PythonNested = { readonly name: string; readonly held: readonly string[] };

interface Nesting {
  readonly outer: string;
  readonly inner: string;
  readonly at: PythonNode;
  readonly name: string;
  /** Everything that is held there. */
  readonly held: ReadonlySet<string>;
}

function heldAt(node: PythonNode, taken: readonly TakenLock[]): ReadonlySet<string> {
  return new Set(taken.filter((one) => isUnder(one, node)).map(({ lock }) => lock));
}

function nestingsIn(owner: PythonNode, taken: readonly TakenLock[]): Nesting[] {
  return taken.flatMap(({ item, lock }) => {
    const held = heldAt(item, taken);
    return [...held]
      .filter((outer) => outer !== lock)
      .map((outer) => ({ outer, inner: lock, at: item, name: definedName(owner), held }));
  });
}

/** Names of the locks that a method comes to take, itself or through others of the object. */
function reached(
  method: PythonNode,
  taken: ReadonlyMap<string, readonly TakenLock[]>,
  methods: readonly PythonNode[],
): ReadonlySet<string> {
  const open = new Set([definedName(method)]);
  const found = new Set<string>();
  for (const name of open) {
    for (const { lock } of taken.get(name) ?? []) found.add(lock);
    const own = methods.find((one) => definedName(one) === name);
    for (const call of own?.descendants('call') ?? []) if (calledOn(call)?.text === 'self') open.add(calledName(call));
  }
  return found;
}

const classes: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['class_definition'],
  triggers: ['Lock(', 'Condition('],
  when: (node) => (node.text.match(/\b(?:R?Lock|Condition)\(/g)?.length ?? 0) > 1,
  *check(node, ctx: ChunkContext): Iterable<Verdict> {
    const methods = methodsOf(node);
    const taken = new Map(
      methods.map((method) => [
        definedName(method),
        locksTakenIn(method, ctx).filter(({ lock }) => lock.startsWith('self.')),
      ]),
    );
    const nestings = methods.flatMap((method) => {
      const own = taken.get(definedName(method)) ?? [];
      const through = own.flatMap((outer) =>
        outer.body.descendants('call').flatMap((call): Nesting[] => {
          const callee = methods.find((one) => definedName(one) === calledName(call));
          if (calledOn(call)?.text !== 'self' || callee === undefined) return [];
          if (runningFunction(call)?.equals(method) !== true) return [];
          const held = heldAt(call, own);
          return [...reached(callee, taken, methods)]
            .filter((inner) => !held.has(inner))
            .map((inner) => ({ outer: outer.lock, inner, at: call, name: definedName(method), held }));
        }),
      );
      return [...nestingsIn(method, own), ...through];
    });
    const seen = new Set<string>();
    for (const found of nestings) {
      const { outer, inner } = found;
      const reverse = nestings.filter((one) => one.outer === inner && one.inner === outer);
      if (reverse.length === 0) {
        yield { kind: 'pass', subject: found.at.span };
        continue;
      }
      const other = reverse.find(
        (one) => ![...one.held].some((lock) => lock !== outer && lock !== inner && found.held.has(lock)),
      );
      if (other === undefined || seen.has(`${inner} ${outer}`) || seen.has(`${outer} ${inner}`)) continue;
      seen.add(`${outer} ${inner}`);
      yield {
        kind: 'fail',
        subject: found.at.span,
        message: 'inverted',
        args: { outer, inner, other: other.name },
        related: [{ span: other.at.span, message: `${other.name} holds ${inner} and takes ${outer} here` }],
      };
    }
  },
};

const functions: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['function_definition'],
  triggers: ['with '],
  when: (node, { file }) => {
    const locks = file.header.globals.filter(({ call }) => /\.(?:R?Lock|Condition)$/.test(call));
    return (
      locks.length > 1 &&
      node.parent?.kind === 'chunk' &&
      locks.filter(({ name }) => node.text.includes(name)).length > 1
    );
  },
  *check(node, ctx): Iterable<Verdict> {
    const taken = locksTakenIn(node, ctx).filter(({ lock }) => !lock.startsWith('self.'));
    for (const { outer, inner, at, name, held } of nestingsIn(node, taken)) {
      yield fact(PYTHON_NESTED, `${outer}\t${inner}`, { name, held: [...held] }, at);
    }
  },
};

export const pythonDetectors: readonly Detector[] = [classes, functions] as NodeDetector[];
