/** Defaults that are made once and shared by all calls. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'mutable-default-argument',
  title: 'Mutable default of a parameter',
  category: 'quality',
  severity: 'medium',
  confidence: 'certain',
  stage: 'stable',
  docs: {
    what: 'A parameter of a Python function has a list, dictionary, set or another collection that can be changed as its default. Where the function neither changes it nor gives it away, the finding has less weight. Parameters that a framework fills (`Depends`, `Query`), routes, commands, and those that are annotated as read-only (`Sequence`, `Mapping`, `Iterable`) are left alone.',
    why: 'The default is made once, when the function is defined, and every call without the argument gets the same one. What one call puts in, the next one finds: data of one user shows up with another, and lists grow for ever.',
    howToFix:
      'Make None the default, and make the collection at the beginning of the function: `if items is None: items = []`. An empty tuple will do where nothing is changed.',
    refs: ['CWE-665', 'ruff B006', 'pylint W0102'],
  },
  messages: {
    changed:
      'All calls share the default of {name}, and this function changes it or gives it away; make None the default.',
    shared: 'All calls share the default of {name}; make None or a tuple the default before somebody changes it.',
  },
  fix: 'sometimes',
  on: { python: pythonDetectors },
});
