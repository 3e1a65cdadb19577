/**
 * Python: imports of modules that are not there, and of names that a module of the workspace does not declare. Imports
 * that are tried (`try ... except ImportError`), only for type checkers or under a condition say nothing certain and are
 * left alone; so is what git ignores, and names that a module may make while it runs.
 */
import type { Fix, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import type { FactView } from '../../../core/rulekit/rule.ts';
import { nearestName } from '../../../core/text/nearest.ts';
import { ownFacts, placeIn, type TypedFact } from '../../../knowledge/facts.ts';
import { type PythonModules, pythonModules, type Resolution } from '../../../knowledge/python/modules.ts';

/** Modules that tools write, and that are often not committed. */
const GENERATED =
  /(?:_pb2(?:_grpc)?|_version|version|_generated|settings_local|local_settings|secrets|_build\w*|\bgen\b|generated)$/;

/** Whether git ignores a file or folder of that name. */
function isIgnored(facts: FactView, names: readonly string[]): boolean {
  return facts.all('project.ignore').some(({ value }) =>
    (value as readonly { readonly pattern: string }[]).some(({ pattern }) => {
      const last = pattern.split('/').findLast((word) => word !== '' && !word.includes('**')) ?? '';
      return names.includes(last.replace(/\.py$/, ''));
    }),
  );
}

/** Names that a library adds to a module: django-simple-history writes a class for each model. */
function isMade(name: string): boolean {
  return /^Historical[A-Z]/.test(name);
}

function verdictOf(
  found: TypedFact<'python.import'>,
  modules: PythonModules,
  facts: FactView,
): WorkspaceVerdict | null {
  const { key: module, value, place } = found;
  const from = place.path;
  const target = modules.resolve(module, from);
  const args = { path: module, function: value.function === '' ? 'the function' : value.function };
  const subject = value.member === '' ? place : placeIn(found, value.moduleSpan);
  if (target.kind === 'missing') {
    const last = module.split('.').at(-1)!;
    if (GENERATED.test(module) || isIgnored(facts, module.split('.'))) return null;
    // `__init__.py` may make the attribute that is imported as a module.
    if (target.parent.endsWith('__init__.py') && !modules.lacks(target.parent, last)) return null;
    const kind = target.parent === '' ? 'foreign' : 'module';
    // Whether a module is another distribution's can be told only where all of them are named.
    const message = value.inFunction ? `${kind}InFunction` : kind;
    return { kind: 'fail', subject, message, args, ...(value.inFunction ? { severity: 'medium' } : {}) };
  }
  if (value.member === '' || value.member === '*') {
    return target.kind === 'file' || target.kind === 'folder' ? { kind: 'pass', subject } : null;
  }
  if (target.kind === 'folder') {
    // Of a folder without __init__.py only modules can be imported.
    const child = modules.resolve(`${module}${module.endsWith('.') ? '' : '.'}${value.member}`, from);
    if (child.kind === 'file' || child.kind === 'folder') return { kind: 'pass', subject };
    return null;
  }
  if (target.kind !== 'file') return null;
  if (target.path === from || !modules.lacks(target.path, value.member)) return { kind: 'pass', subject: place };
  if (isIgnored(facts, [value.member]) || isMade(value.member)) return null;
  // Where the program starts decides which of several modules of one name is meant.
  const has = (other: Resolution): boolean =>
    other.kind === 'folder'
      ? facts.lookup('python.file', `${other.path}/${value.member}.py`).length > 0 ||
        facts.lookup('python.folder', `${other.path}/${value.member}`).length > 0
      : other.kind === 'file' && !modules.lacks(other.path, value.member);
  if (modules.alternatives(module, from).some(has)) return null;
  const other = nearestName(value.member, [...modules.namesOf(target.path)]);
  const fixes: readonly Fix[] =
    other === null
      ? []
      : [
          {
            title: `Import ${other}`,
            safety: 'suggestion',
            edits: [
              { kind: 'replaceAt', place, newText: value.name === value.member ? other : `${other} as ${value.name}` },
            ],
          },
        ];
  return { kind: 'fail', subject: place, message: 'name', args: { ...args, name: value.member }, fixes };
}

export function* judgePython(facts: FactView): Generator<WorkspaceVerdict> {
  let modules: PythonModules | null = null;
  const seen = new Set<string>();
  for (const found of ownFacts(facts, 'python.import')) {
    const role = facts.role(found.place.path);
    if (role !== 'production' && role !== 'test') continue;
    const { typing, optional, conditional } = found.value;
    if (typing || optional || conditional) continue;
    modules ??= pythonModules(facts);
    const verdict = verdictOf(found, modules, facts);
    if (verdict === null) continue;
    const { path, anchor, span } = verdict.subject;
    // One finding for a module that several names are taken of.
    const key = `${path} ${anchor?.start ?? 0} ${span.start} ${span.end}`;
    if (seen.has(key)) continue;
    seen.add(key);
    yield verdict;
  }
}
