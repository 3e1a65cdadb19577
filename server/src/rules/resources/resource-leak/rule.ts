/** What is opened, begun or started and not given back on some path out of the function that holds it. */
import type { WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule } from '../../../core/rulekit/rule.ts';
import { isBeforeGo } from '../../../knowledge/go/modules.ts';
import { resourceOf } from '../../../knowledge/go/resources.ts';
import { typeOfChain } from '../../../languages/go/libraryChains.ts';
import { settled } from '../../../languages/go/pending.ts';
import { goIndex } from '../../../languages/go/resolve.ts';
import { goDetectors, MAYBE_FACT, type Maybe, VERSION_FACT } from './go.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'resource-leak',
  title: 'Opened resource not released on every path',
  category: 'resources',
  severity: 'high',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A function opens a file or connection, begins a transaction, runs a query, starts a ticker or child process or derives a context, keeps it to itself, and can be left without closing, stopping, cancelling, committing or waiting for it. In Python also: a connected client is taken out of a registry only by the handler of one exception.',
    why: 'Each run of such a path keeps a descriptor, a connection of the pool or a goroutine. Nothing fails until the last one is gone; then everything does, far away from the cause.',
    howToFix: 'Whatever is needed beyond the function is returned, or stored in something that is closed itself.',
    howToFixIn: {
      go: 'Write `defer x.Close()` (`Stop`, `Rollback`, `cancel()`) directly behind the check of the error. A deferred `Rollback` does nothing once the transaction was committed.',
      python:
        'Open it in a `with` (`contextlib.closing` for what is no context manager of its own), and take clients out of a registry in `finally`.',
    },
    refs: ['CWE-404', 'CWE-772', 'go vet lostcancel', 'sqlclosecheck', 'rowserrcheck', 'ruff SIM115', 'pylint R1732'],
  },
  messages: {
    never: 'This {noun} is never released; add `defer {release}` right where it is acquired.',
    path: 'This {noun} is not released on every path out of the function; defer {release} right where it is acquired.',
    overwritten:
      'The next round of the loop takes this {noun} anew while it is still held; call {release} in each round.',
    dropped: 'The cancel function of this context is thrown away, which keeps the context alive; keep it and defer it.',
    unclosed: 'This {noun} is never closed; open it in a with statement.',
    somePath: 'This {noun} is not closed on every path out of the function; open it in a with statement.',
    raising: 'When anything in between fails, {release} is never reached; close the {noun} in a with statement.',
    inline: 'Nobody can close this file; open it in a with statement.',
    registered: 'Any other failure of the connection leaves the client registered; call {call} in a finally block.',
    child: 'Nothing waits for this child process, so it stays as a zombie when it ends; call {name}.Wait().',
  },
  fix: 'sometimes',
  on: { go: goDetectors, python: pythonDetectors },
  workspace: {
    partition: 'directory',
    reads: [MAYBE_FACT, VERSION_FACT],
    *judge(facts): Iterable<WorkspaceVerdict> {
      for (const found of facts.get(VERSION_FACT)) {
        if (facts.role(found.place.path) !== 'production' || !isBeforeGo(23, found.place.path, facts)) continue;
        yield settled(found, found.value);
      }
      const index = facts.derive(goIndex);
      for (const found of facts.get(MAYBE_FACT)) {
        if (facts.role(found.place.path) !== 'production') continue;
        const { name, kind, verdict } = found.value as unknown as Maybe;
        const type = typeOfChain(index, found.place.path, found.key);
        if (type === null || resourceOf(`${type.replace(/^\*/, '')}.${name}`)?.kind !== kind) continue;
        yield settled(found, verdict as never);
      }
    },
  },
});
