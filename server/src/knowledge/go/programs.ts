/** Facts about Go files as parts of programs: packages, imports, main functions. */

import { OWN_ROLES } from '../../core/model/file.ts';
import { directoryOf } from '../../core/model/path.ts';
import type { Extractor, NodeDetector } from '../../core/rulekit/rule.ts';
import type { GoHeader } from '../../languages/go/header.ts';
import type { GoNode } from '../../languages/go/nodes.gen.ts';
import { state } from '../facts.ts';

const files: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['package_clause'],
  *check(node, ctx) {
    const { packageName, imports, buildConstraint } = ctx.file.header;
    const paths = imports.map((item) => item.path);
    yield state(
      'go.file',
      ctx.file.path,
      { package: packageName, imports: paths, constraint: buildConstraint, role: ctx.file.role },
      node.span,
    );
  },
};

const mains: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['function_declaration'],
  triggers: ['func main('],
  *check(node, ctx) {
    const name = node.child('name');
    const body = node.child('body');
    if (ctx.file.header.packageName !== 'main' || name?.text !== 'main' || body === null) return;
    const start = body.start + 1;
    const isFree = /^[ \t]*\r?\n/.test(node.tree.text.slice(start));
    const insertion = isFree ? { start, end: start, indent: '\t' } : null;
    yield state('go.main', directoryOf(ctx.file.path), { body: insertion }, name);
  },
};

export const extractors: readonly Extractor[] = [
  { id: 'go.file', language: 'go', detector: files as NodeDetector, roles: OWN_ROLES },
  { id: 'go.main', language: 'go', detector: mains as NodeDetector },
];
