/**
 * Go: registrations of one name that meet within a function, or between the variables and `init` functions of a package.
 * Branches that exclude each other never count.
 */
import type { Fix, Verdict, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { type FactView, fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { type GoScope, goScope } from '../../../languages/go/scope.ts';
import { fileConstraint } from '../../../languages/go/symbols.ts';
import {
  callArguments,
  calledName,
  functionName,
  lineSpanOf,
  shortText,
  statementOf,
  topLevelOf,
} from '../../../languages/go/syntax.ts';
import { type GoTypes, goTypes } from '../../../languages/go/types.ts';
import { mayRegister, mayRegisterHere, type Registration, registrationsOf, runsBefore } from './registrations.ts';

/** What a package registers while it is initialised. Key: what collides; value: the name and kind. */
export const START_FACT = 'duplicate-registration.start';

/** Deletes a registration that is a statement of its own; nothing when that would leave a variable without use. */
function removal(registration: Registration, scope: GoScope, types: GoTypes): readonly Fix[] {
  const { call, kind, name, outcome } = registration;
  const statement = statementOf(call);
  // Two flags with one letter, or two metrics of one name, are both wanted.
  if (statement?.kind !== 'expression_statement' || kind === 'shorthand' || kind === 'metric') return [];
  const { text } = statement.tree;
  const lines = lineSpanOf(statement);
  const around = text.slice(lines.start, statement.start) + text.slice(statement.end, lines.end);
  // A handler that is written in place is code that somebody may still want.
  if (around.trim() !== '' || statement.descendants('func_literal').length > 0) return [];
  const packages = new Set<string>();
  for (const identifier of statement.descendants('identifier')) {
    const path = types.packageOf(identifier);
    if (path !== null) packages.add(path);
    const binding = scope.bindingOf(identifier);
    if (binding?.kind !== 'variable') continue;
    if (!binding.uses.some((use) => !statement.contains(use))) return [];
  }
  return [
    {
      title: outcome === 'stops' ? `Delete this registration of ${name}` : `Delete the dead registration of ${name}`,
      safety: 'suggestion',
      edits: [
        { kind: 'replace', span: lines, newText: '' },
        ...(packages.size > 0 ? [{ kind: 'import' as const, remove: [...packages] }] : []),
      ],
    },
  ];
}

/** The registration that an earlier one makes superfluous. */
function earlier(registration: Registration, all: readonly Registration[], declaration: GoNode): Registration | null {
  for (const other of all) {
    if (other.call.equals(registration.call)) break;
    if (other.key !== registration.key) continue;
    const bothInitial =
      registration.global && isInitial(other.call, declaration) && isInitial(registration.call, declaration);
    if (bothInitial || runsBefore(other.call, registration.call)) return other;
  }
  return null;
}

const MESSAGES: Readonly<Record<Registration['kind'], string>> = {
  route: 'route',
  flag: 'flag',
  shorthand: 'shorthand',
  metric: 'metric',
  service: 'service',
};

function handlerText(registration: Registration): string {
  const last = callArguments(registration.call).at(-1);
  return last === undefined || last.kind === 'func_literal' ? 'the other handler' : shortText(last);
}

/** Whether a registration is made once and always while the package is initialised. */
function isInitial(call: GoNode, declaration: GoNode): boolean {
  if (declaration.kind === 'var_declaration') return call.ancestor('func_literal') === null;
  if (declaration.kind !== 'function_declaration' || functionName(declaration) !== 'init') return false;
  return statementOf(call)?.parent?.parent?.equals(declaration.child('body')) === true;
}

const calls: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  calls: mayRegister,
  when: (node, ctx) =>
    node.child('function')?.kind === 'selector_expression' && mayRegisterHere(calledName(node), ctx.file.header),
  *check(node, ctx): Iterable<Verdict> {
    const declaration = topLevelOf(node);
    if (declaration === null) return;
    const all = ctx.get(registrationsOf, declaration);
    for (const registration of all) {
      if (!registration.call.equals(node)) continue;
      if (registration.global && isInitial(node, declaration)) {
        const constraint = fileConstraint(ctx.file.path, ctx.file.header);
        const value = { kind: registration.kind, name: registration.name, constraint };
        yield fact(START_FACT, registration.key, value, node.span);
      }
      const first = earlier(registration, all, declaration);
      if (first === null) {
        yield { kind: 'pass', subject: node.span };
        continue;
      }
      const { kind, outcome, name } = registration;
      const dead = outcome === 'lastWins' ? first : registration;
      const alive = outcome === 'lastWins' ? registration : first;
      yield {
        kind: 'fail',
        subject: dead.call.span,
        message: outcome === 'stops' ? MESSAGES[kind] : 'shadowed',
        args: { name, handler: handlerText(alive) },
        related: [{ span: alive.call.span, message: 'The other registration.' }],
        fixes: removal(dead, ctx.get(goScope, declaration), ctx.get(goTypes, declaration)),
      };
      return;
    }
  },
};

interface StartFact {
  readonly kind: Registration['kind'];
  readonly name: string;
  readonly constraint: string;
}

/** Judges what the variables and `init` functions of a package register with what all of the program shares. */
export function* judgePackage(facts: FactView): Generator<WorkspaceVerdict> {
  const seen = new Map<string, { readonly path: string; readonly start: (typeof found)[number] }>();
  const found = facts.get(START_FACT);
  for (const start of found) {
    const { kind, name, constraint } = start.value as unknown as StartFact;
    // Files that are built for some platforms only may stand for each other.
    if (constraint !== '' || facts.role(start.place.path) !== 'production') continue;
    const first = seen.get(start.key);
    if (first === undefined) {
      seen.set(start.key, { path: start.place.path, start });
      continue;
    }
    // Within one function the detector has said it.
    if (first.start.place.path === start.place.path && first.start.place.anchor === start.place.anchor) continue;
    yield {
      kind: 'fail',
      subject: start.place,
      message: MESSAGES[kind],
      args: { name, handler: '' },
      related: [{ place: first.start.place, message: 'The other registration.' }],
    };
  }
}

export const go: readonly NodeDetector[] = [calls as NodeDetector];
