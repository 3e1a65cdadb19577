/**
 * Python: names that a file reads and that nothing in it can have bound. Scopes decide within a declaration, and for the
 * rest of the file every word that is bound anywhere in it counts as bound. Files with star imports that cannot be followed,
 * with `exec` and the like, annotations, and names that old versions or notebooks have are not judged.
 */
import type { Fix, Verdict, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { type Detector, type FactView, fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { nearestName } from '../../../core/text/nearest.ts';
import { pythonModules } from '../../../knowledge/python/modules.ts';
import { EMPTY_PYTHON_HEADER, type PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { isName, type Scope, scopesAround } from '../../../languages/python/scope.ts';
import { isBuiltin, isStandardModule } from '../../../languages/python/stdlib.ts';
import { isAtTop, TOP_KINDS, undecorated } from '../../../languages/python/syntax.ts';

/** Key: the name. */
export const UNRESOLVED = 'python.unresolved';
const OWN_BUILTINS = 'python.own-builtins';

/** Names of Python 2, of notebooks and tools, and those that translations install. */
const ELSEWHERE =
  /^(?:__\w+__|_|N_|_n|T|P_|unicode|xrange|basestring|raw_input|long|unichr|reduce|file|cmp|execfile|reload|buffer|apply|intern|coerce|StandardError|WindowsError|display|get_ipython|spark|dbutils|sc|sqlContext|reveal_type|reveal_locals|get_config|c|Import|Export|Environment|ngettext|profile)$/;

/** Members of the class `datetime`, not of its module. */
const CLOCK = /^(?:now|utcnow|today|strptime|fromisoformat|fromtimestamp|utcfromtimestamp|combine|min|max)$/;

/** Names that every file of a header knows without a look into its declarations. */
const knownOf = new WeakMap<PythonHeader, ReadonlySet<string>>();

function knownNames(header: PythonHeader): ReadonlySet<string> {
  let known = knownOf.get(header);
  if (known === undefined) {
    known = new Set(
      [...header.imports, ...header.globals, ...header.functions, ...header.classes].map(({ name }) => name),
    );
    knownOf.set(header, known);
  }
  return known;
}

/** Whether an identifier is bound where it stands, and so no use. */
function isBound(identifier: PythonNode): boolean {
  const { parent, field } = identifier;
  switch (parent?.kind) {
    case 'parameters':
    case 'lambda_parameters':
    case 'typed_parameter':
    case 'list_splat_pattern':
    case 'dictionary_splat_pattern':
    case 'global_statement':
    case 'nonlocal_statement':
    case 'pattern_list':
    case 'tuple_pattern':
    case 'list_pattern':
    case 'as_pattern_target':
      return true;
    case 'default_parameter':
    case 'typed_default_parameter':
    case 'function_definition':
    case 'class_definition':
    case 'named_expression':
      return field === 'name';
    case 'assignment':
    case 'augmented_assignment':
    case 'for_statement':
    case 'for_in_clause':
      return field === 'left';
    case 'delete_statement':
      return true;
    default:
      return false;
  }
}

/** A comprehension in the body of a class reads its first iterable there. */
function isOfClass(name: string, scope: Scope): boolean {
  let around: Scope | null = scope;
  while (around?.kind === 'comprehension') around = around.parent;
  return around !== null && around !== scope && around.kind === 'class' && around.bindings.has(name);
}

const chunks: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: TOP_KINDS,
  when: isAtTop,
  *check(node, ctx): Iterable<Verdict> {
    const header = (ctx.file.header as PythonHeader | null) ?? EMPTY_PYTHON_HEADER;
    const known = knownNames(header);
    if (
      known.has('*') &&
      header.imports.some(({ name, module }) => name === '*' && !module.startsWith('.') && isStandardModule(module))
    )
      return;
    const root = node.parent?.kind === 'decorated_definition' ? node.parent : node;
    // What does not parse may mean anything, and patterns bind in many ways.
    if (
      root.descendants(
        'ERROR',
        'match_statement',
        'type_parameter',
        'type_alias_statement',
        'print_statement',
        'exec_statement',
      ).length > 0
    )
      return;
    const scopes = scopesAround(ctx, root);
    let isClean = true;
    for (const identifier of root.descendants('identifier')) {
      const name = identifier.text;
      if (known.has(name) || isBuiltin(name) || isBound(identifier) || !isName(identifier)) continue;
      if (ELSEWHERE.test(name) || scopes.bindingScope(identifier) !== null) continue;
      const scope = scopes.scopeOf(identifier);
      if (isOfClass(name, scope) || isExcused(identifier, name)) continue;
      isClean = false;
      const { parent } = identifier;
      const member = parent?.kind === 'attribute' ? (parent.child('attribute')?.text ?? '') : '';
      yield fact(UNRESOLVED, name, member, identifier);
    }
    const declared = undecorated(root).child('name');
    if (isClean && declared !== null) yield { kind: 'pass', subject: declared.span };
  },
};

function isExcused(identifier: PythonNode, name: string): boolean {
  if (identifier.ancestor('type', 'except_clause', 'as_pattern', 'keyword_pattern', 'case_pattern') !== null) {
    // Handlers run when something fails, and are read as code, too; their heads are left alone.
    if (identifier.ancestor('type', 'as_pattern', 'case_pattern', 'keyword_pattern') !== null) return true;
  }
  // `try: unicode except NameError:` asks whether there is such a name.
  for (let around = identifier.ancestor('try_statement'); around !== null; around = around.ancestor('try_statement')) {
    const asks = around.children.some(
      (clause) =>
        clause.kind === 'except_clause' &&
        /^except\s*(?::|.*\b(?:NameError|Exception|BaseException)\b)/.test(clause.text.slice(0, 80)),
    );
    if (asks && around.child('body')?.contains(identifier) === true) return true;
  }
  // `if "name" in globals():`
  const { text } = identifier.tree;
  const line = text.slice(
    text.lastIndexOf('\n', identifier.start) + 1,
    (text.indexOf('\n', identifier.end) + text.length + 1) % (text.length + 1),
  );
  return (
    /#\s*(?:noqa|type: ignore|pylint: disable)/.test(line) ||
    text.includes(`'${name}' in`) ||
    text.includes(`"${name}" in`)
  );
}

/** `builtins.log = log`, `gettext.install("shop")`: names that are there without an import. */
const installed: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['attribute'],
  triggers: ['builtins', 'gettext.install', '__builtin__'],
  *check(node): Iterable<Verdict> {
    const isStored =
      /^(?:__builtins?__|builtins)\./.test(node.text) &&
      (node.field === 'left' || /__dict__|__setattr__/.test(node.text));
    if (isStored || /gettext\.install$/.test(node.text)) yield fact(OWN_BUILTINS, 'any', null, node);
  },
};

export const pythonDetectors: readonly Detector[] = [chunks, installed] as NodeDetector[];

export function* judgePython(facts: FactView): Generator<WorkspaceVerdict> {
  const found = facts.get(UNRESOLVED).filter(({ place }) => facts.role(place.path) === 'production');
  if (found.length === 0 || facts.lookup(OWN_BUILTINS, 'any').length > 0) return;
  const modules = pythonModules(facts);
  const seen = new Set<string>();
  for (const { key: name, value, place } of found) {
    if (seen.has(`${place.path} ${name}`) || !modules.lacks(place.path, name)) continue;
    seen.add(`${place.path} ${name}`);
    const fixes: Fix[] = [];
    const member = value as string;
    // A module is read through its members; `datetime.now` is one of the class in it.
    const isModule = isStandardModule(name) && member !== '';
    const imported = name === 'datetime' && CLOCK.test(member) ? 'datetime:datetime' : name;
    if (isModule) {
      fixes.push({
        title: `Import ${name}`,
        safety: 'suggestion',
        preferred: true,
        edits: [{ kind: 'import', add: [imported] }],
      });
    } else {
      const other = nearestName(name, [...modules.namesOf(place.path)]);
      if (other !== null)
        fixes.push({
          title: `Replace by ${other}`,
          safety: 'suggestion',
          preferred: true,
          edits: [{ kind: 'replaceAt', place, newText: other }],
        });
    }
    yield { kind: 'fail', subject: place, message: 'python', args: { name }, severity: 'high', fixes };
  }
}
