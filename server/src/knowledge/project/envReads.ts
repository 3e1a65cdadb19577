/**
 * Resolves the facts of env.ts: which variables the code of a partition reads, through constants and wrapper functions.
 * A name that cannot be resolved is left out; nothing is guessed.
 */

import type { Place } from '../../core/model/location.ts';
import { directoryOf } from '../../core/model/path.ts';
import type { Fact } from '../../core/model/verdict.ts';
import type { FactView } from '../../core/rulekit/rule.ts';

export interface EnvRead {
  readonly name: string;
  readonly place: Place;
  /** `compose`: a reference in a compose file; anything else is code. */
  readonly via: string;
}

/** Facts whose presence makes a partition worth judging for reads. */
export const ENV_READ_FACTS = ['env.read', 'env.read-constant', 'env.wrapper-call', 'env.tag'] as const;

interface WrapperCall {
  readonly name: string;
  readonly index: number;
  readonly package: string;
  readonly constant: string;
  readonly constantPackage: string;
}

interface Wrapper {
  readonly index: number;
  readonly calls: string;
  readonly fails: boolean;
}

/** Whether a package named by an import path ('': the reader's own) is the one in a directory of the workspace. */
function isPackage(path: string, reader: string, directory: string): boolean {
  if (path === '') return directory === reader;
  return directory === '' ? !path.includes('.') : path === directory || path.endsWith(`/${directory}`);
}

function constantValue(facts: FactView, name: string, path: string, reader: string): string | null {
  for (const constant of facts.lookup('env.constant', name)) {
    if (isPackage(path, reader, directoryOf(constant.place.path))) return constant.value as string;
  }
  return null;
}

/** How many wrappers around wrappers are followed. */
const DEPTH = 4;

/** The wrapper that a call reaches: a function that hands its parameter on to `os.Getenv`, directly or through another. */
export function wrapperOf(facts: FactView, name: string, path: string, reader: string): Wrapper | null {
  let callee = name;
  let from = path;
  let index = -1;
  let fails = false;
  for (let depth = 0; depth < DEPTH; depth++) {
    const found = facts
      .lookup('env.wrapper', callee)
      .find((fact) => isPackage(from, reader, directoryOf(fact.place.path)));
    if (found === undefined) return null;
    const value = found.value as unknown as Wrapper;
    if (index < 0) index = value.index;
    fails ||= value.fails;
    if (value.calls === '') return { index, calls: '', fails };
    if (value.calls === callee) return null;
    callee = value.calls;
    if (from !== '') from = directoryOf(found.place.path);
  }
  return null;
}

/** Modules whose functions are known to read the variable that their first argument names. */
const READER_PACKAGE = /\/env(?:util|x|helper)?$/;
const READER_NAME = /^(?:Get|Lookup|Must|Require|Is|String|Int|Bool|Duration|Float)/;

/** Variable that a call of a possible wrapper reads, or null. */
function readByCall(facts: FactView, call: Fact): string | null {
  const value = call.value as unknown as WrapperCall;
  const reader = directoryOf(call.place.path);
  const wrapper = wrapperOf(facts, call.key, value.package, reader);
  const outside =
    wrapper === null && READER_PACKAGE.test(value.package) && READER_NAME.test(call.key) && value.index === 0;
  if (!outside && wrapper?.index !== value.index) return null;
  if (value.name !== '') return value.name;
  return constantValue(facts, value.constant, value.constantPackage, reader);
}

/** Variables that production code of the partition reads, in path and position order within each kind of read. */
export function envReads(facts: FactView): readonly EnvRead[] {
  const reads: EnvRead[] = [];
  const take = (name: string | null, place: Place, via: string): void => {
    if (name !== null && facts.role(place.path) === 'production') reads.push({ name, place, via });
  };
  for (const read of facts.get('env.read')) take(read.key, read.place, (read.value as { via: string }).via);
  for (const read of facts.get('env.read-constant')) {
    const path = (read.value as { package: string }).package;
    take(constantValue(facts, read.key, path, directoryOf(read.place.path)), read.place, 'os');
  }
  for (const call of facts.get('env.wrapper-call')) take(readByCall(facts, call), call.place, 'wrapper');
  if (facts.get('env.tag-prefix').length === 0) {
    const parsed = new Set(facts.get('env.tag-parser').map((parser) => parser.key));
    for (const tag of facts.get('env.tag')) {
      if (parsed.has((tag.value as { tag: string }).tag)) take(tag.key, tag.place, 'tag');
    }
  }
  return reads;
}
