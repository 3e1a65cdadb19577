/** `npm run new-rule <category> <id>`: a rule folder with a detector, one failing and one passing fixture to fill in. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CATEGORY_IDS } from '../server/src/core/model/verdict.ts';
import { generateRegistry } from './gen/registry.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

function main(category: string | undefined, id: string | undefined): number {
  if (category === undefined || id === undefined) {
    console.error('Usage: npm run new-rule <category> <id>');
    return 2;
  }
  if (!(CATEGORY_IDS as readonly string[]).includes(category)) {
    console.error(`"${category}" is no category; known are ${CATEGORY_IDS.join(', ')}.`);
    return 2;
  }
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(id)) {
    console.error(`"${id}" is no rule id: lower-case words joined by hyphens, naming the bad thing.`);
    return 2;
  }
  const folder = join(ROOT, 'server/src/rules', category, id);
  if (existsSync(folder)) {
    console.error(`There is a rule "${id}" already.`);
    return 2;
  }
  mkdirSync(join(folder, 'fixtures/go'), { recursive: true });
  writeFileSync(join(folder, 'rule.ts'), ruleSource(category, id));
  writeFileSync(join(folder, 'fixtures/go/failing.go'), 'package sample\n\nfunc bad() {\n\tpanic("example")\n}\n');
  writeFileSync(join(folder, 'fixtures/go/passing.go'), 'package sample\n\nfunc good() {\n\tpanic(nil)\n}\n');
  generateRegistry(false);
  console.log(`Wrote server/src/rules/${category}/${id}.`);
  console.log(
    `Next: write the detector and the fixtures, then UPDATE_FIXTURES=1 RULE=${id} npx vitest run test/harness`,
  );
  return 0;
}

function ruleSource(category: string, id: string): string {
  const title = id.charAt(0).toUpperCase() + id.slice(1).replaceAll('-', ' ');
  return `/** One sentence: what this rule looks for. */
import { defineRule, type NodeDetector } from '../../../core/rulekit/rule.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';

const calls: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['panic'],
  *check(node) {
    if (node.child('function')?.text !== 'panic') return;
    const [argument] = node.child('arguments')?.namedChildren ?? [];
    if (argument === undefined) return;
    if (argument.kind === 'nil') yield { kind: 'pass', subject: node.span };
    else yield { kind: 'fail', subject: node.span, message: 'found', args: { argument: argument.text } };
  },
};

export const rule = defineRule({
  id: '${id}',
  title: '${title}',
  category: '${category}',
  severity: 'medium',
  confidence: 'likely',
  stage: 'preview',
  docs: {
    what: 'What fires.',
    why: 'Why it hurts in production.',
    howToFix: 'How to mend it.',
    refs: [],
  },
  messages: { found: 'The defect with {argument}; the way out.' },
  fix: 'none',
  on: { go: [calls] },
});
`;
}

process.exitCode = main(process.argv[2], process.argv[3]);
