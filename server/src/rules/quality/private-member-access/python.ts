/**
 * Python: `store._rows` where the class of `store` is imported, and `store._load` where `store` is an imported module, as
 * facts. Which module that is decides the judge.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import { type Detector, fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { chainOf, headerOf } from '../../../languages/python/chains.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';

/** Key: the module as written. */
export const PRIVATE_USE = 'python.private-use';
export type PrivateUse = { readonly member: string; readonly owner: string; readonly isModule: boolean };

const PRIVATE = /^_[^\W_]\w*$/u;
/** What named tuples, enums, dataclasses, Django's models and ctypes offer to everybody under such a name. */
const OFFERED =
  /^_(?:replace|asdict|make|fields|field_defaults|field_types|meta|state|mapping|value_|name_|missing_|generate_next_value_|default_manager|base_manager|sunder_|root|fields_|pack_|tx|prefetched_objects_cache|result_cache|private)$/;

const members: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['attribute'],
  triggers: ['._'],
  when: (node, { file }) => {
    const name = node.child('attribute')?.text ?? '';
    return PRIVATE.test(name) && !OFFERED.test(name) && file.header.imports.length > 0;
  },
  *check(node, ctx): Iterable<Verdict> {
    const object = node.child('object');
    const member = node.child('attribute')!;
    if (object === null || /^(?:self|cls|super\(.*|type\(self\))$/.test(object.text)) return;
    const chain = chainOf(object, ctx);
    if (chain === null || !/^:?[\w.]+(?:\(\))?$/.test(chain) || chain.startsWith('builtins.')) return;
    if (chain.startsWith(':')) {
      yield { kind: 'pass', subject: member.span };
      return;
    }
    const path = chain.replace(/\(\)$/, '');
    const imported = headerOf(ctx).imports.find((item) => item.path === path && item.member !== '*');
    if (imported === undefined) return;
    const owner = path.split('.').at(-1)!;
    const isModule = imported.member === '';
    if (!isModule && !chain.endsWith('()') && !/^[A-Z]/.test(owner)) {
      // `from . import store`: a module, or an object that the package makes.
      return;
    }
    // Sub-classes and what helps them may use what the base class has.
    const isBase = headerOf(ctx).classes.some(({ bases }) => bases.includes(path));
    if (isBase) {
      yield { kind: 'pass', subject: member.span };
      return;
    }
    yield fact(PRIVATE_USE, imported.module, { member: member.text, owner, isModule }, member);
  },
};

export const pythonDetectors: readonly Detector[] = [members as NodeDetector];
