/** Errors and success flags that nobody looks at, so that the program goes on as if the call had succeeded. */
import type { Fact, Severity, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import { isBeforeGo } from '../../../knowledge/go/modules.ts';
import { isStdlibPath, namedType } from '../../../knowledge/go/stdlib.ts';
import { resultsOfChain, typeOfChain } from '../../../languages/go/libraryChains.ts';
import { pendingValue, settled } from '../../../languages/go/pending.ts';
import { type GoIndex, goIndex } from '../../../languages/go/resolve.ts';
import { assignedErrors } from './assigned.ts';
import {
  assignments,
  checkFix,
  circumstances,
  DROP_FACT,
  failure,
  isErrorDropped,
  type PendingDrop,
  statements,
  VERSION_FACT,
} from './calls.ts';
import { FLAG_FACT, flags, INFALLIBLE_FACT, infallible } from './flags.ts';
import { libraryDrop, ownDrop } from './policy.ts';
import { pythonDetectors } from './python.ts';
import { deferredCloses } from './written.ts';

/** What is dropped by a call whose callee the workspace declares. */
function* judgeDrop(found: Fact, facts: FactView, index: GoIndex): Iterable<WorkspaceVerdict> {
  const { path } = found.place;
  const drop = found.value as unknown as PendingDrop;
  const results = resultsOfChain(index, path, found.key);
  if (results === null) return;
  if (!isErrorDropped(results, drop.blanks, drop.count)) {
    if (drop.how.form !== 'statement' || results.length !== 1 || results[0] !== 'bool') return;
    const flag = declarationOf(found, FLAG_FACT, facts, index);
    if (flag === null) return;
    yield {
      kind: 'fail',
      subject: found.place,
      message: 'flag',
      args: { call: drop.name },
      severity: 'low',
      related: [{ place: flag.place, message: 'An error becomes false here.' }],
    };
    return;
  }
  const severity = severityOf(found, drop, index);
  if (severity === null || declarationOf(found, INFALLIBLE_FACT, facts, index) !== null) return;
  const fixes = drop.plan === undefined ? [] : [checkFix(drop.plan, results.length)];
  yield settled(found, pendingValue(failure(found.place.span, drop.how.form, drop.name, severity, fixes)));
}

function severityOf(found: Fact, drop: PendingDrop, index: GoIndex): Severity | null {
  const last = found.key.lastIndexOf('\t');
  const owner = last < 0 ? null : typeOfChain(index, found.place.path, found.key.slice(0, last));
  const library = owner === null ? null : namedType(owner);
  if (library !== null && isStdlibPath(library.path)) {
    return libraryDrop(`${library.path}.${library.name}.${drop.name}`, circumstances(drop));
  }
  return ownDrop(drop.name, circumstances(drop));
}

/** What a fact says about the declaration of the called function, or null. */
function declarationOf(found: Fact, name: string, facts: FactView, index: GoIndex): Fact | null {
  const { path } = found.place;
  const last = found.key.lastIndexOf('\t');
  const called = index.follow(path, found.key);
  if (called?.kind !== 'func') return null;
  const own = found.key.slice(last + 2);
  const owner = last < 0 ? null : index.follow(path, found.key.slice(0, last));
  const type =
    owner?.kind === 'value' ? /([\p{L}_][\p{L}\p{Nd}_]*)(?:\[.*\])?$/u.exec(owner.type.text)?.[1] : undefined;
  const key = type === undefined ? own : `${type}.${own}`;
  const declared = facts.lookup(name, key, called.directory);
  return declared.length === 1 && facts.role(declared[0]!.place.path) === 'production' ? declared[0]! : null;
}

export const rule = defineRule({
  id: 'ignored-error',
  title: 'Error or significant result ignored',
  category: 'errors',
  severity: 'medium',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'The error of a call is dropped: the call stands alone, the error is assigned to `_` or overwritten before anybody reads it, a written file is closed without a look at the result, or a success flag is not read. In Python it is the status of a command, the answer to a request that changes something, a lock that may not have been taken, or a result that is all that a call gives.',
    why: 'The program goes on with a result that does not exist: it stores an empty value, reports a backup that is cut short, or fails much later at a place that has nothing to do with the cause.',
    howToFix: 'Handle it, or at least log it. Where it really does not matter, say why in a comment.',
    howToFixIn: {
      go: 'Return the error with context; where it does not matter write `_ =`. Close a file that was written explicitly and return its error.',
      python:
        'Let the call raise: `subprocess.run(..., check=True)`, `raise_for_status()`. `os.system` never raises: look at what it returns.',
    },
    refs: ['CWE-252', 'CWE-391', 'gosec G104', 'errcheck', 'ruff PLW1510'],
  },
  messages: {
    dropped: 'The error of {call} is dropped; return it, handle it or log it.',
    blanked: 'The error of {call} is thrown away; handle it, or say in a comment why it does not matter.',
    used: 'The result of {call} is used although its error is thrown away; check the error first.',
    goroutine: 'The error of {call} is lost in its goroutine; send it where somebody can act on it.',
    overwritten: 'The error in {name} is never looked at; check it before it is overwritten or the function ends.',
    written:
      '{name} was written, and the error of its deferred {method} is dropped; check it before reporting success.',
    flag: '{call} reports failure only by its result, which is dropped; check it.',
    status: 'Whether {call} has worked is not looked at; pass check=True, or look at the status.',
    called: 'Whether {call} has worked is not looked at; use check_call, which raises, or look at the status.',
    system: 'Whether {call} has worked is not looked at; look at the status, or use subprocess.run with check=True.',
    waited: 'Whether {call} has worked is not looked at; look at the status that it gives.',
    answer: 'The status of the answer to {call} is not looked at; call raise_for_status() on it, or handle errors.',
    lock: '{call} may return without the lock, which is not looked at; go on only when it gives True.',
    partial: '{call} may send only a part of it; use sendall, or send the rest.',
    pure: '{call} does nothing but give a result, which is dropped; use the result or remove the call.',
  },
  fix: 'sometimes',
  on: { go: [statements, assignments, deferredCloses, assignedErrors, flags, infallible], python: pythonDetectors },
  workspace: {
    partition: 'directory',
    reads: [DROP_FACT, VERSION_FACT],
    *judge(facts): Iterable<WorkspaceVerdict> {
      for (const found of facts.get(VERSION_FACT)) {
        if (
          facts.role(found.place.path) !== 'production' ||
          !isBeforeGo(Number(found.key.split('.')[1]), found.place.path, facts)
        )
          continue;
        yield settled(found, found.value);
      }
      const index = facts.derive(goIndex);
      for (const found of facts.get(DROP_FACT)) {
        if (facts.role(found.place.path) === 'production') yield* judgeDrop(found, facts, index);
      }
    },
  },
});
