/**
 * Names that hide something of the language, and keys of context values that other packages may use as well. It looks
 * at declarations of functions and at what they declare inside; struct fields and methods hide nothing.
 */
import type { FailVerdict, Fix, Verdict, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { isBeforeGo } from '../../../knowledge/go/modules.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { pendingValue, settled } from '../../../languages/go/pending.ts';
import {
  BUILTIN_FUNCTIONS,
  type GoBinding,
  type GoScope,
  goScope,
  PREDECLARED_TYPES,
} from '../../../languages/go/scope.ts';
import { callArguments, functionName } from '../../../languages/go/syntax.ts';
import { calleeId, typesAround } from '../../../languages/go/types.ts';

/** Verdicts about names that came with Go 1.21. */
const LATE_FACT = 'name-collision.late';
const LATE = new Set(['min', 'max', 'clear']);

/** Hiding these is customary or harmless: nobody needs them beside a value of that name. */
const HARMLESS = new Set(['any', 'comparable', 'real', 'imag', 'complex', 'print', 'println']);

/** Usual names of parameters and variables; the standard library uses them too. As functions they hide more. */
const CUSTOMARY = new Set(['min', 'max', 'clear', 'copy', 'delete']);

/** Names that say the same without hiding anything. */
const REPLACEMENTS: Readonly<Record<string, readonly string[]>> = {
  cap: ['capacity'],
  close: ['closeFunc'],
  error: ['err', 'failure'],
  len: ['length'],
  new: ['next', 'newValue'],
  string: ['text', 'str'],
};

function isHidden(name: string): boolean {
  return (BUILTIN_FUNCTIONS.has(name) || PREDECLARED_TYPES.has(name)) && !HARMLESS.has(name);
}

/** Whether a variable is called as usual: in `old, new string` as well, both names say more than others would. */
function isCustomary(name: string, scope: GoScope): boolean {
  return CUSTOMARY.has(name) || (name === 'new' && scope.bindings.some((other) => /^old/.test(other.name)));
}

function renamed(binding: GoBinding, scope: GoScope): readonly Fix[] {
  if (binding.possibleUses.length > 0) return [];
  const taken = new Set([...scope.bindings, ...scope.free].map(({ name }) => name));
  const name = (REPLACEMENTS[binding.name] ?? [`${binding.name}Value`]).find((candidate) => !taken.has(candidate));
  if (name === undefined) return [];
  return [
    {
      title: `Rename to ${name}`,
      safety: 'suggestion',
      edits: [binding.node, ...binding.uses].map((node) => ({ kind: 'replace', span: node.span, newText: name })),
    },
  ];
}

function* say(verdict: FailVerdict, name: string): Generator<Verdict> {
  if (LATE.has(name)) yield fact(LATE_FACT, name, pendingValue(verdict), verdict.subject);
  else yield verdict;
}

const functions: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['function_declaration', 'method_declaration'],
  *check(node, ctx): Iterable<Verdict> {
    const own = node.child('name');
    if (own === null) return;
    let found = false;
    if (node.kind === 'function_declaration' && isHidden(functionName(node))) {
      found = true;
      const args = { name: own.text };
      yield* say({ kind: 'fail', subject: own.span, message: 'function', args }, own.text);
    }
    const scope = ctx.get(goScope, node);
    const said = new Set<string>();
    for (const binding of scope.bindings) {
      const { kind, name } = binding;
      if (kind === 'label' || !isHidden(name) || said.has(name) || isCustomary(name, scope)) continue;
      // One finding for each name: the second variable of that name is the same habit.
      said.add(name);
      found = true;
      const verdict: FailVerdict = {
        kind: 'fail',
        subject: binding.node.span,
        message: 'local',
        args: { name },
        fixes: renamed(binding, scope),
      };
      yield verdict;
    }
    if (!found) yield { kind: 'pass', subject: own.span };
  },
};

/** Types of the language: whoever uses the same type and value gets the same key. */
const SHARED_KEY = /^(?:string|u?int(?:8|16|32|64)?|byte|rune|bool|float(?:32|64))$/;

const contextKeys: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['WithValue'],
  calls: (name) => name === 'WithValue',
  *check(node, ctx): Iterable<Verdict> {
    const types = typesAround(ctx, node);
    const key = callArguments(node)[1];
    if (types === null || key === undefined || calleeId(types.calleeOf(node)) !== 'context.WithValue') return;
    const type = types.typeOf(key);
    if (type === null) return;
    if (SHARED_KEY.test(type)) {
      yield { kind: 'fail', subject: key.span, message: 'contextKey', args: { key: key.text, type } };
    } else yield { kind: 'pass', subject: key.span };
  },
};

export const rule = defineRule({
  id: 'name-collision',
  title: 'Built-in hidden, or context key of a plain type',
  category: 'quality',
  severity: 'low',
  confidence: 'certain',
  stage: 'stable',
  docs: {
    what: 'A function, parameter or local variable has the name of a predeclared function or type such as `new`, `len` or `string`, which nobody can use below it. Usual names of variables are left out: `min`, `max`, `clear`, `copy`, `delete`, and `new` beside `old`. Or a value is put into a context under a key of a plain type such as `string`. Functions called `min`, `max` or `clear` count from Go 1.21 on.',
    why: 'Whoever edits the code later calls `len(x)` and gets an error about something that is no function, or worse, a function of the package that behaves differently. Two packages that use the same text as a context key overwrite the value of each other without any message.',
    howToFix:
      'Give the variable a name of its own; delete a function that the language has by now. Declare an unexported type for the key, as in `type claimsKey struct{}`, and use `claimsKey{}` for writing and reading.',
    refs: ['CWE-1109', 'staticcheck SA1029', 'revive: redefines-builtin-id', 'https://pkg.go.dev/context#WithValue'],
  },
  messages: {
    function: 'Function {name} hides the built-in of that name in the whole package; use the built-in, or rename it.',
    local: '{name} hides what the language declares under that name; give it another name.',
    contextKey:
      'The context key {key} is a plain {type}, which any package may use too; declare a key type of your own.',
  },
  fix: 'sometimes',
  on: { go: [functions, contextKeys] },
  workspace: {
    partition: 'directory',
    reads: [LATE_FACT],
    *judge(facts): Iterable<WorkspaceVerdict> {
      for (const found of facts.get(LATE_FACT)) {
        const { path } = found.place;
        if (facts.role(path) !== 'production' || isBeforeGo(21, path, facts)) continue;
        yield settled(found, found.value);
      }
    },
  },
});
