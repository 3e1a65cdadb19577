/**
 * Which names the code of a workspace refers to, and from where, as one table over the facts of uses.ts. Names are not
 * resolved: a name counts as used wherever it stands.
 */
import { directoryOf } from '../../core/model/path.ts';
import type { Fact } from '../../core/model/verdict.ts';
import { defineDerivation, type FactView } from '../../core/rulekit/rule.ts';

/** The one declaration that uses a name, or that there are several. */
export type GoUser = Fact['place']['anchor'] | 'several';

function remember(users: Map<string, GoUser>, key: string, { place }: Fact): void {
  const user = users.get(key);
  if (user === undefined) users.set(key, place.anchor);
  else if (user !== place.anchor) users.set(key, 'several');
}

/** Every name that code refers to, and from where. */
export interface GoUsage {
  /** By directory and name: used without a qualifier. */
  readonly free: ReadonlyMap<string, GoUser>;
  /** By name: selected of a package, in which files. */
  readonly qualified: ReadonlyMap<string, ReadonlySet<string>>;
  /** By name: selected of anything. */
  readonly members: ReadonlyMap<string, GoUser>;
  /** Names that generated code and examples mention. */
  readonly elsewhere: ReadonlySet<string>;
  /** Names that tests mention, with one of the files. */
  readonly tested: ReadonlyMap<string, string>;
}

/** Computed from the facts of uses.ts, for judges of the workspace. */
export const goUsage = defineDerivation('go.usage', collectUses);

function collectUses(facts: FactView): GoUsage {
  const free = new Map<string, GoUser>();
  const qualified = new Map<string, Set<string>>();
  const members = new Map<string, GoUser>();
  for (const fact of facts.all('go.uses')) {
    const directory = directoryOf(fact.place.path);
    for (const line of (fact.value as string).split('\n')) {
      const tab = line.lastIndexOf('\t');
      if (tab < 0) {
        remember(free, `${directory}\n${line.slice(2)}`, fact);
        continue;
      }
      const name = line.slice(tab + 2);
      remember(members, name, fact);
      if (!line.startsWith('=') || line.indexOf('\t') !== tab) continue;
      const files = qualified.get(name);
      if (files === undefined) qualified.set(name, new Set([fact.key]));
      else files.add(fact.key);
    }
  }
  for (const fact of facts.all('go.members')) {
    for (const name of (fact.value as string).split(' ')) remember(members, name, fact);
  }
  const elsewhere = new Set<string>();
  const tested = new Map<string, string>();
  for (const fact of facts.all('go.mentions')) {
    const isTest = facts.role(fact.key) === 'test';
    for (const name of (fact.value as string).split(' ')) {
      if (isTest) tested.set(name, fact.key);
      else elsewhere.add(name);
    }
  }
  return { free, qualified, members, elsewhere, tested };
}
