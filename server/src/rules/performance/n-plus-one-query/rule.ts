/** Queries that run once for each element of a collection. */
import type { WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule } from '../../../core/rulekit/rule.ts';
import { typeOfChain } from '../../../languages/go/libraryChains.ts';
import { settled } from '../../../languages/go/pending.ts';
import { goIndex } from '../../../languages/go/resolve.ts';
import { DATABASES, goDetectors, QUERY_FACT } from './go.ts';

export const rule = defineRule({
  id: 'n-plus-one-query',
  title: 'Query inside a loop',
  category: 'performance',
  severity: 'medium',
  confidence: 'heuristic',
  stage: 'stable',
  docs: {
    what: 'A loop over a collection asks the database about each element, or writes each element in a statement of its own.',
    why: 'Every round waits for the network. Ten rows in the test become ten thousand in production, and a page that took milliseconds takes minutes.',
    howToFix:
      'Ask once for all elements, by a JOIN or an IN list, and look the answers up in a map. Write in batches, or at least within one transaction.',
    refs: ['CWE-1073'],
  },
  messages: {
    read: '{name} asks the database once for each element; ask once for all of them by a JOIN or an IN list.',
    write: '{name} writes each element in a statement of its own; write in batches or in one transaction.',
  },
  fix: 'none',
  on: { go: goDetectors },
  workspace: {
    partition: 'directory',
    reads: [QUERY_FACT],
    *judge(facts): Iterable<WorkspaceVerdict> {
      const index = facts.derive(goIndex);
      for (const found of facts.get(QUERY_FACT)) {
        if (facts.role(found.place.path) !== 'production') continue;
        const type = typeOfChain(index, found.place.path, found.key);
        if (type === null || !DATABASES.test(type) || /(?:Tx|Session)$/.test(type)) continue;
        yield settled(found, found.value);
      }
    },
  },
});
