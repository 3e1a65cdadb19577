/**
 * Calls of functions of imported packages, told from the file's imports: the cheap first question of rules about known
 * APIs. A local name that hides the package is respected; methods are not looked at (see types.ts for those).
 */
import type { ChunkContext } from '../../core/rulekit/rule.ts';
import { EMPTY_GO_HEADER, type GoHeader, importedPath } from './header.ts';
import type { GoNode } from './nodes.gen.ts';
import { scopeAround } from './scope.ts';
import { calledExpression } from './syntax.ts';

/** A name of an imported package, as in `rand.Intn` or `tls.VersionTLS10`. */
export interface PackageMember {
  readonly path: string;
  readonly name: string;
  /** The identifier before the dot. */
  readonly qualifier: GoNode;
}

/** The imported name that a selector or qualified type stands for; null for fields, methods and local values. */
export function packageMemberOf(node: GoNode | null, ctx: ChunkContext): PackageMember | null {
  if (node === null) return null;
  const isType = node.kind === 'qualified_type';
  if (!isType && node.kind !== 'selector_expression') return null;
  const qualifier = node.child(isType ? 'package' : 'operand');
  const name = node.child(isType ? 'name' : 'field')?.text ?? '';
  if (qualifier?.kind !== 'identifier' && qualifier?.kind !== 'package_identifier') return null;
  const path = importedPath((ctx.file.header as GoHeader | null) ?? EMPTY_GO_HEADER, qualifier.text);
  if (path === null || name === '') return null;
  if (!isType && (scopeAround(ctx, qualifier)?.bindingOf(qualifier) ?? null) !== null) return null;
  return { path, name, qualifier };
}

/** The imported function that a call calls; null for everything else. */
export function packageCallOf(call: GoNode, ctx: ChunkContext): PackageMember | null {
  return call.kind === 'call_expression' ? packageMemberOf(calledExpression(call), ctx) : null;
}

/** `path.Name` of the imported function that a call calls; '' for everything else. */
export function packageCallId(call: GoNode, ctx: ChunkContext): string {
  const member = packageCallOf(call, ctx);
  return member === null ? '' : `${member.path}.${member.name}`;
}
