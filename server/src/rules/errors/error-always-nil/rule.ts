/** Functions that promise an error and never give one. */
import type { WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineDerivation, defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import type { LockingFact } from '../../../languages/go/locks/facts.ts';
import type { GoTypeFact } from '../../../languages/go/symbols.ts';
import { ALWAYS_NIL, type AlwaysNilFact, detectors, INTERFACE_METHODS } from './go.ts';

/** Methods of interfaces that everybody implements. */
const WELL_KNOWN =
  /^(?:Close|Read|Write|Seek|Flush|Sync|Err|Run|Shutdown|Serve\w*|Handle\w*|Process|Execute|Init|Open|Next|Scan|Value|Set|Get|Delete|Put|Validate|Ping|Commit|Rollback|Reset|Apply|Accept|Visit\w*|Before\w*|After\w*|On[A-Z]\w*|(?:Un)?[mM]arshal\w*|(?:En|De)code\w*|String|Format|GobEncode|GobDecode|GetRequestMetadata|RoundTrip|UnmarshalYAML|Write\w+|Read\w+)$/;

/** Names of the methods of all interfaces of the workspace. */
const interfaceMethods = defineDerivation('interface methods', (facts): ReadonlySet<string> => {
  return new Set(facts.all(INTERFACE_METHODS).flatMap(({ value }) => (value as string).split(' ')));
});

/** Names of functions and methods that the package uses as values. */
function usedAsValues(facts: FactView): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { value } of facts.get('go.locking')) {
    for (const [access] of (value as unknown as LockingFact).accesses) {
      names.add(access.slice(Math.max(access.lastIndexOf('.'), access.startsWith('=') ? 0 : -1) + 1));
    }
  }
  return names;
}

/** Values that stand in for others share their signatures. */
const STAND_IN = /no-?op|nop|dummy|fake|mock|stub|null(?!able)|unimplemented|disabled/i;

/** Whether the type of a method embeds another one, whose methods it may override. */
function isEmbedding(facts: FactView, key: string): boolean {
  const owner = key.slice(0, key.indexOf('.'));
  return facts.get('go.decl').some((fact) => {
    const declaration = fact.value as unknown as GoTypeFact;
    return fact.key === owner && declaration.kind === 'type' && declaration.embedded.length > 0;
  });
}

function* judge(facts: FactView): Generator<WorkspaceVerdict> {
  const found = facts.get(ALWAYS_NIL).filter(({ place }) => facts.role(place.path) === 'production');
  if (found.length === 0) return;
  const asked = facts.derive(interfaceMethods);
  const values = usedAsValues(facts);
  /** How often a name is declared, and how many types have a method of a name. */
  const declared = new Map<string, number>();
  const count = (name: string): void => void declared.set(name, (declared.get(name) ?? 0) + 1);
  for (const { key } of facts.get('go.decl')) {
    count(key);
    if (key.includes('.')) count(key.slice(key.indexOf('.')));
  }
  for (const { key, place, value } of found) {
    const { method, name } = value as unknown as AlwaysNilFact;
    if (method !== '' && (asked.has(method) || WELL_KNOWN.test(method) || isEmbedding(facts, key))) continue;
    // Types that share a method are likely to share an interface, which may be that of a library.
    if (method !== '' && (declared.get(`.${method}`) ?? 0) > 1) continue;
    if (STAND_IN.test(key)) continue;
    // Another platform may have a variant that does fail.
    if (values.has(name) || (declared.get(key) ?? 0) > 1) continue;
    yield { kind: 'fail', subject: place, message: 'never', args: { name: key } };
  }
}

export const rule = defineRule({
  id: 'error-always-nil',
  title: 'Error result that is always nil',
  category: 'errors',
  severity: 'low',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A function has an error result, and every one of its returns gives nil for it. Methods that an interface asks for, and functions that are passed on as values, are left out.',
    why: 'Callers are led to handle something that cannot happen, while what really went wrong inside is lost: the function looks as if it had succeeded.',
    howToFix: 'Return the errors that are swallowed inside; when nothing can fail, remove the result.',
    refs: ['unparam', 'CWE-394'],
  },
  messages: {
    never: '{name} never returns an error; return what fails inside, or remove the error result.',
  },
  fix: 'none',
  on: { go: detectors },
  workspace: { partition: 'directory', reads: [ALWAYS_NIL], judge },
});
