/**
 * Which names the code of a package refers to, and from where, as one table over the facts of uses.ts. Names are not
 * resolved: a name counts as used wherever it stands.
 */
import type { Fact } from '../../core/model/verdict.ts';
import { defineDerivation, type FactView } from '../../core/rulekit/rule.ts';
import { readUses } from './uses.ts';

/** The one declaration that uses a name, or that there are several. */
export type GoUser = Fact['place']['anchor'] | 'several';

function remember(users: Map<string, GoUser>, name: string, { place }: Fact): void {
  const user = users.get(name);
  if (user === undefined) users.set(name, place.anchor);
  else if (user !== place.anchor) users.set(name, 'several');
}

/** Every name that code of a package refers to, and from where. */
export interface GoUsage {
  /** Used without a qualifier. */
  readonly free: ReadonlyMap<string, GoUser>;
  /** Selected of anything. */
  readonly members: ReadonlyMap<string, GoUser>;
  /** Names that its generated code and examples mention. */
  readonly elsewhere: ReadonlySet<string>;
  /** Names that its tests mention, with one of the files. */
  readonly tested: ReadonlyMap<string, string>;
}

/** Computed from the facts of uses.ts, for judges of a directory. */
export const goUsage = defineDerivation('go.usage', (facts): GoUsage => {
  const free = new Map<string, GoUser>();
  const members = new Map<string, GoUser>();
  for (const fact of facts.get('go.uses')) {
    for (const { kind, name } of readUses(fact)) remember(kind === 'member' ? members : free, name, fact);
  }
  for (const fact of facts.get('go.members')) {
    for (const name of (fact.value as string).split(' ')) remember(members, name, fact);
  }
  const elsewhere = new Set<string>();
  const tested = new Map<string, string>();
  for (const fact of facts.get('go.mentions')) {
    const isTest = facts.role(fact.key) === 'test';
    for (const name of (fact.value as string).split(' ')) {
      if (isTest) tested.set(name, fact.key);
      else elsewhere.add(name);
    }
  }
  return { free, members, elsewhere, tested };
});

/** Files of the workspace, by path, whose code selects the name of anything: `x.Name`. */
export function selectingFiles(facts: FactView, name: string): readonly string[] {
  return [...facts.mentions('go.uses', `.${name}`), ...facts.mentions('go.members', name)];
}
