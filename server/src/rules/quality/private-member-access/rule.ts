/** Members with a leading underscore that are used from another module of the workspace. */
import type { WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import { pythonModules } from '../../../knowledge/python/modules.ts';
import { PRIVATE_USE, type PrivateUse, pythonDetectors } from './python.ts';

function* judge(facts: FactView): Generator<WorkspaceVerdict> {
  const found = facts.get(PRIVATE_USE).filter(({ place }) => facts.role(place.path) === 'production');
  if (found.length === 0) return;
  const modules = pythonModules(facts);
  for (const { key: module, value, place } of found) {
    const { member, owner, isModule } = value as PrivateUse;
    const target = modules.resolve(module, place.path);
    // Of other people's code there may be no other way.
    if (target.kind !== 'file' || target.path === place.path) continue;
    if (isModule && modules.resolve(`${module}${module.endsWith('.') ? '' : '.'}${member}`, place.path).kind === 'file')
      continue;
    yield {
      kind: 'fail',
      subject: place,
      message: isModule ? 'module' : /^_*[A-Z]/.test(owner) ? 'object' : 'result',
      args: { member, owner },
    };
  }
}

export const rule = defineRule({
  id: 'private-member-access',
  title: 'Private member used from another module',
  category: 'quality',
  severity: 'low',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'Python code calls, reads or writes a member whose name begins with one underscore, of an object whose class another module of the workspace defines, or of such a module itself. Use through `self` and `cls`, in sub-classes and in tests is left alone, and so are members of other packages.',
    why: 'The underscore says that the name may change or go at any time, and that nothing checks what comes in. Whoever changes the class does not look for callers elsewhere, and what it guards (a lock, an invariant, a log that nobody else writes) is no longer guarded.',
    howToFix:
      'Give the class a public method that does what is needed, and call that one; or drop the underscore if the member is part of what others may use.',
    refs: ['PEP 8: Designing for inheritance', 'pylint W0212', 'ruff SLF001'],
  },
  messages: {
    object: '{member} is private to {owner}; give {owner} a public method for this and call that.',
    result: '{member} is private to what {owner} gives; make it public there, or add a method for this.',
    module: '{member} is private to the module {owner}; make it public there, or use what is.',
  },
  fix: 'none',
  on: { python: pythonDetectors },
  workspace: { partition: 'directory', reads: [PRIVATE_USE], judge },
});
