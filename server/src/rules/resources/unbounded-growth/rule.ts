/**
 * Maps that live as long as the process and get an entry for every client or request, while nothing in the package (for
 * Python: nothing in the workspace) takes one out. Judges a package; what code elsewhere does to an exported field is not seen, so those stay silent.
 */
import type { WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import { isSetupName } from '../../../languages/go/locks/guards.ts';
import { isExported } from '../../../languages/go/syntax.ts';
import { goTasks } from '../../../languages/go/tasks.ts';
import { detectors, GROWN, type GrownFact, SHRUNK } from './go.ts';
import { PYTHON_GROWN, PYTHON_SHRUNK, type PythonGrown, pythonDetectors } from './python.ts';

function* judge(facts: FactView): Generator<WorkspaceVerdict> {
  yield* judgeGo(facts);
  yield* judgePython(facts);
}

function* judgeGo(facts: FactView): Generator<WorkspaceVerdict> {
  const shrunk = new Set(facts.get(SHRUNK).map(({ key }) => key));
  const seen = new Set<string>();
  // Of packages that keep nothing for clients nothing else has to be known.
  const grown = facts.get(GROWN).filter(({ place, value }) => {
    return facts.role(place.path) === 'production' && !isSetupName((value as GrownFact).function);
  });
  for (const { key, place, value } of grown) {
    const { function: name, text, client, kept } = value as GrownFact;
    if (seen.has(key) || isExported(key)) continue;
    const isServed = (): boolean =>
      [...(facts.derive(goTasks).get(name) ?? [])].some((task) => task.startsWith('serve '));
    if (!client || !(kept || isServed())) continue;
    seen.add(key);
    if (shrunk.has(key)) yield { kind: 'pass', subject: place };
    else yield { kind: 'fail', subject: place, message: 'grows', args: { map: text } };
  }
}

function* judgePython(facts: FactView): Generator<WorkspaceVerdict> {
  const seen = new Set<string>();
  for (const { key, place, value } of facts.get(PYTHON_GROWN)) {
    if (facts.role(place.path) !== 'production') continue;
    const { text, module } = value as PythonGrown;
    const name = `${place.path} ${key} ${module}`;
    if (seen.has(name)) continue;
    seen.add(name);
    const made = module === '' ? place : facts.lookup('python.dictionary', `${module} ${key}`)[0]?.place;
    if (made === undefined) continue;
    const isShrunk = facts.lookup(PYTHON_SHRUNK, key).some((fact) => facts.role(fact.place.path) === 'production');
    if (isShrunk) yield { kind: 'pass', subject: made };
    else yield { kind: 'fail', subject: made, message: 'python', args: { map: text } };
  }
}

export const rule = defineRule({
  id: 'unbounded-growth',
  title: 'Collection or file that only grows',
  category: 'resources',
  severity: 'medium',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A map of a long-lived value or of the package (in Python: a dictionary of an object or module) gets an entry for each address, token, user or session that shows up, and nothing in the package deletes entries, limits their number or replaces the map.',
    why: 'Memory fills until the process dies, and anybody can make it fill faster by coming from many addresses or with many tokens.',
    howToFix: 'Delete entries that were not used for a while, or use a cache with a limit or a time to live.',
    howToFixIn: { go: 'A ticker may sweep the map.', python: '`cachetools.TTLCache` is such a cache.' },
    refs: ['CWE-770', 'CWE-401'],
  },
  messages: {
    grows:
      'An entry is added to {map} for each client and none is ever removed; delete old ones, or use a bounded cache.',
    python:
      '{map} gets an entry for each client and loses none; delete old ones, or use a cache with a limit or a time to live.',
  },
  fix: 'none',
  on: { go: detectors, python: pythonDetectors },
  workspace: { partition: 'directory', reads: [GROWN, PYTHON_GROWN], judge },
});
