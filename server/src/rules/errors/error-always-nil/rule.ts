/** Functions that promise an error and never give one. */
import type { Fact, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineDerivation, defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import type { LockingFact } from '../../../languages/go/locks/facts.ts';
import type { GoDeclaration } from '../../../languages/go/symbols.ts';
import { ALWAYS_NIL, type AlwaysNilFact, detectors, FAILING_METHOD, INTERFACE_METHODS, KEPT } from './go.ts';

/** Methods of interfaces that everybody implements. */
const WELL_KNOWN =
  /^(?:Close|Read|Write|Seek|Flush|Sync|Err|Run|Shutdown|Serve\w*|Handle\w*|Execute|Init|Open|Next|Scan|Value|Set|Get|Delete|Put|Validate|Ping|Commit|Rollback|Apply|Accept|Visit\w*|Before\w*|After\w*|On[A-Z]\w*|(?:Un)?[mM]arshal\w*|(?:En|De)code\w*|String|Format|GobEncode|GobDecode|GetRequestMetadata|RoundTrip|UnmarshalYAML|Write\w+|Read\w+)$/;

/** The interfaces of the workspace by the names of their methods: for each method, those that ask for it. */
const interfacesByMethod = defineDerivation(
  'interfaces by method',
  (facts): ReadonlyMap<string, readonly (readonly string[])[]> => {
    const byMethod = new Map<string, (readonly string[])[]>();
    for (const { value } of facts.all(INTERFACE_METHODS)) {
      const methods = (value as string).split(' ');
      for (const method of methods) {
        const list = byMethod.get(method);
        if (list === undefined) byMethod.set(method, [methods]);
        else list.push(methods);
      }
    }
    return byMethod;
  },
);

/** Names of functions and methods that the package uses as values. */
function usedAsValues(facts: FactView): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { value } of facts.get('go.locking')) {
    for (const [access] of (value as unknown as LockingFact).accesses) {
      names.add(access.slice(Math.max(access.lastIndexOf('.'), access.startsWith('=') ? 0 : -1) + 1));
    }
  }
  for (const { value } of facts.get(KEPT)) for (const name of (value as string).split(' ')) names.add(name);
  return names;
}

/** Values that stand in for others share their signatures. */
const STAND_IN = /no-?op|nop|dummy|fake|mock|stub|null(?!able)|unimplemented|disabled/i;

/** What the package declares, as far as methods share their names. */
interface Package {
  /** How often a key is declared. */
  readonly declared: ReadonlyMap<string, number>;
  /** Names of the methods of each type. */
  readonly methods: ReadonlyMap<string, ReadonlySet<string>>;
  /** Signatures of the methods by key. */
  readonly signature: ReadonlyMap<string, string>;
  /** By name of the method: its signatures, one for each type that has it. */
  readonly signatures: ReadonlyMap<string, readonly string[]>;
  /** Types that embed others. */
  readonly embedding: ReadonlyMap<string, readonly string[]>;
}

function packageOf(facts: FactView): Package {
  const declared = new Map<string, number>();
  const methods = new Map<string, Set<string>>();
  const signature = new Map<string, string>();
  const signatures = new Map<string, string[]>();
  const embedding = new Map<string, readonly string[]>();
  for (const { key, value } of facts.get('go.decl')) {
    const declaration = value as unknown as GoDeclaration;
    declared.set(key, (declared.get(key) ?? 0) + 1);
    if (declaration.kind === 'type' && declaration.embedded.length > 0) {
      const names = declaration.embedded.map((name) => (name ?? '').replace(/^\*/, ''));
      embedding.set(key, names);
    }
    if (declaration.kind !== 'method') continue;
    const [owner = '', method = ''] = key.split('.');
    methods.set(owner, (methods.get(owner) ?? new Set()).add(method));
    const written = JSON.stringify([declaration.parameters, declaration.results]);
    signature.set(key, written);
    signatures.set(method, [...(signatures.get(method) ?? []), written]);
  }
  return { declared, methods, signature, signatures, embedding };
}

/** How many types, by themselves or because they embed it, have the method that a type declares. */
function bearers(owner: string, { embedding }: Package): number {
  return 1 + [...embedding.values()].filter((names) => names.includes(owner)).length;
}

/**
 * Whether an interface of the workspace wants a method as it is. Where several types of the package fill in that interface
 * and none of them ever fails, it asks for what nobody needs.
 */
function isWanted(
  method: string,
  owner: string,
  found: AlwaysNilFact,
  own: Package,
  facts: FactView,
  never: readonly Fact[],
): boolean {
  const asking = facts.derive(interfacesByMethod).get(method) ?? [];
  const methods = own.methods.get(owner) ?? new Set();
  // An interface may embed others, so that one method of it that the type has is enough to be asked for all.
  const fitting = asking.filter((names) => names.length === 1 || names.every((name) => methods.has(name)));
  // It may embed another one, or belong to a type that adds what is missing.
  if (fitting.length === 0) return true;
  const alike = never.filter(({ key, value, place }) => {
    if (STAND_IN.test(key) || facts.role(place.path) !== 'production') return false;
    const other = value as unknown as AlwaysNilFact;
    return other.method === method && other.signature === found.signature;
  });
  const count = alike.reduce((sum, { key }) => sum + bearers(key.slice(0, key.indexOf('.')), own), 0);
  if (count < 2) return true;
  return facts.lookup(FAILING_METHOD, method).some(({ value }) => value === found.signature);
}

function isOwnPackage(path: string, modules: readonly Fact[]): boolean {
  return modules.some(({ key }) => path === key || path.startsWith(`${key}/`));
}

function* judge(facts: FactView): Generator<WorkspaceVerdict> {
  const never = facts.get(ALWAYS_NIL);
  const found = never.filter(({ place }) => facts.role(place.path) === 'production');
  if (found.length === 0) return;
  const own = packageOf(facts);
  const values = usedAsValues(facts);
  const modules = facts.all('go.module');
  for (const { key, place, value } of found) {
    const fact = value as unknown as AlwaysNilFact;
    const { method, name } = fact;
    const owner = key.slice(0, Math.max(0, key.indexOf('.')));
    // Somebody else may want it like this: an interface or a callback of a library, or of another package.
    const isExported = /^\p{Lu}/u.test(name);
    if (method !== '' && isExported && fact.foreign.length > 0) continue;
    if ((method !== '' || isExported) && !fact.foreign.every((path) => isOwnPackage(path, modules))) continue;
    if (method !== '' && (WELL_KNOWN.test(method) || own.embedding.has(owner))) continue;
    const asked = method !== '' && facts.derive(interfacesByMethod).has(method);
    if (asked && isWanted(method, owner, fact, own, facts, never)) continue;
    // Types that share a method are likely to share an interface, which may be that of a library.
    const mine = own.signature.get(key);
    if (!asked && (own.signatures.get(method) ?? []).filter((signature) => signature === mine).length > 1) continue;
    if (STAND_IN.test(key)) continue;
    // Another platform may have a variant that does fail.
    if (values.has(name) || (own.declared.get(key) ?? 0) > 1) continue;
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
    what: 'A function has an error result, and every one of its returns gives nil for it. Methods that an interface asks for, unless several types fill it in and none of them ever fails, and functions that are passed on as values, are left out.',
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
