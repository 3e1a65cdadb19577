/**
 * Structs with a lock that are copied by a value receiver or parameter, or overwritten as a whole. Judges a package from
 * its declarations; locks behind a pointer are shared by all copies and do not count.
 */
import type { Fact, Fix, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import { zeroText } from '../../../languages/go/refusals.ts';
import type { GoDeclaration } from '../../../languages/go/symbols.ts';
import { detectors, OVERWRITTEN, type Overwrite, RECEIVER } from './go.ts';

const LOCK = /^sync\.(?:Mutex|RWMutex|WaitGroup|Once)$/;

/** Name of the lock that a struct holds by value, itself or in a struct of the package; '' when it has none. */
function lockIn(type: string, structs: ReadonlyMap<string, GoDeclaration>, depth = 0): string {
  const declaration = structs.get(type);
  if (declaration?.kind !== 'type' || declaration.form !== 'struct' || depth > 3) return '';
  for (const [name, field] of Object.entries(declaration.fields)) {
    if (field === null) continue;
    if (LOCK.test(field)) return name;
    if (lockIn(field, structs, depth + 1) !== '') return name;
  }
  for (const embedded of declaration.embedded) {
    if (embedded === null) continue;
    if (LOCK.test(embedded)) return embedded.slice('sync.'.length);
    if (lockIn(embedded, structs, depth + 1) !== '') return embedded;
  }
  return '';
}

/** A pointer receiver, where nothing in the method needs the value itself. */
function pointerFix(name: string, place: Fact['place'], facts: FactView): Fix[] {
  const found = facts
    .lookup(RECEIVER, name)
    .find((item) => item.place.path === place.path && item.place.anchor === place.anchor);
  if (found === undefined) return [];
  return [
    {
      title: 'Give the method a pointer receiver',
      safety: 'suggestion',
      preferred: true,
      edits: [{ kind: 'replaceAt', place: found.place, newText: '*' }],
    },
  ];
}

/** Sets the fields one by one, as the literal would, but for those that are or hold locks. */
function fieldsFix(found: Fact, structs: ReadonlyMap<string, GoDeclaration>): Fix[] {
  const plan = found.value as unknown as Overwrite;
  const declaration = structs.get(found.key);
  if (plan === null || declaration?.kind !== 'type' || declaration.embedded.some((type) => type === null)) return [];
  const lines: string[] = [];
  for (const [name, type] of Object.entries(declaration.fields)) {
    if (type !== null && (LOCK.test(type) || lockIn(type, structs) !== '')) continue;
    const isStruct = type !== null && structs.get(type)?.kind === 'type' && isStructType(structs.get(type)!);
    const value = plan.values[name] ?? (isStruct ? `${type}{}` : zeroText(type));
    if (name === '_' || value === null) return [];
    lines.push(`${plan.prefix}${name} = ${value}`);
  }
  // Embedded structs without a lock would have to be set as well.
  if (lines.length === 0 || declaration.embedded.some((type) => !LOCK.test(type!))) return [];
  return [
    {
      title: 'Set the other fields one by one',
      safety: 'suggestion',
      preferred: true,
      edits: [{ kind: 'replaceAt', place: found.place, newText: lines.join(`${plan.line}${plan.indent}`) }],
    },
  ];
}

function isStructType(declaration: GoDeclaration): boolean {
  return declaration.kind === 'type' && declaration.form === 'struct' && declaration.typeParameters.length === 0;
}

function* judge(facts: FactView): Generator<WorkspaceVerdict> {
  const structs = new Map<string, GoDeclaration>();
  const functions: Fact[] = [];
  for (const item of facts.get('go.decl')) {
    const declaration = item.value as unknown as GoDeclaration;
    if (declaration.test || facts.role(item.place.path) !== 'production') continue;
    if (declaration.kind === 'type') structs.set(item.key, declaration);
    else if (declaration.kind === 'func' || declaration.kind === 'method') functions.push(item);
  }
  const locks = new Map<string, string>();
  for (const name of structs.keys()) {
    const lock = lockIn(name, structs);
    if (lock !== '') locks.set(name, lock);
  }
  for (const { key, value, place } of functions) {
    const declaration = value as unknown as GoDeclaration;
    if (declaration.kind !== 'func' && declaration.kind !== 'method') continue;
    const owner = declaration.kind === 'method' ? key.slice(0, key.indexOf('.')) : '';
    const lock = owner === '' ? undefined : locks.get(owner);
    if (lock !== undefined) {
      if (declaration.pointer) yield { kind: 'pass', subject: place };
      else
        yield {
          kind: 'fail',
          subject: place,
          message: 'receiver',
          args: { name: key, type: owner, lock },
          fixes: pointerFix(key, place, facts),
        };
    }
    const copied = declaration.parameters.find((type) => type !== null && (LOCK.test(type) || locks.has(type)));
    if (copied === undefined || copied === null || declaration.typeParameters.includes(copied)) continue;
    const args = { name: key, type: copied, lock: locks.get(copied) ?? copied };
    yield { kind: 'fail', subject: place, message: LOCK.test(copied) ? 'lock' : 'parameter', args };
  }
  for (const found of facts.get(OVERWRITTEN)) {
    const { key, place } = found;
    const lock = locks.get(key);
    if (lock === undefined || facts.role(place.path) !== 'production') continue;
    yield {
      kind: 'fail',
      subject: place,
      message: 'overwritten',
      args: { name: key, type: key, lock },
      fixes: fieldsFix(found, structs),
    };
  }
}

export const rule = defineRule({
  id: 'lock-misuse',
  title: 'Lock copied, overwritten or dropped at once',
  category: 'concurrency',
  severity: 'medium',
  confidence: 'certain',
  stage: 'preview',
  docs: {
    what: 'A method has a value receiver, or a function takes a parameter by value, although the struct holds a mutex, WaitGroup or Once; or a method replaces the whole value that holds the lock.',
    why: 'A copy has a lock of its own, so that two goroutines hold "the" lock at the same time, and a WaitGroup that is copied is never done. A lock that is overwritten while somebody holds it is unlocked twice, which ends the process.',
    howToFix: 'Use a pointer receiver and pass pointers; to reset a value, set its other fields one by one.',
    refs: ['go vet copylocks', 'CWE-667'],
  },
  messages: {
    receiver: '{name} works on a copy of {type} and of its lock {lock}; give it a pointer receiver.',
    parameter: '{name} is given a copy of {type} and of its lock {lock}; pass a pointer.',
    lock: '{name} is given a copy of a {type}, which is another lock; pass a pointer.',
    overwritten: 'This overwrites the lock {lock} of {type} with everything else; set the other fields one by one.',
  },
  fix: 'sometimes',
  on: { go: detectors },
  workspace: { partition: 'directory', reads: ['go.decl'], judge },
});
