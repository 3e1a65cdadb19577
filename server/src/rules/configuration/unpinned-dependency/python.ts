/**
 * Python: requirements without an upper bound that no lock file fixes, and models and data sets that are downloaded without
 * a revision. Versions are not resolved; packages that others install, and requirements for development, are left out.
 */
import { directoryOf } from '../../../core/model/path.ts';
import type { Fix, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import type { FactView, NodeDetector } from '../../../core/rulekit/rule.ts';
import { allFacts, placeIn, type TypedFact } from '../../../knowledge/facts.ts';
import { isDevelopmentFile } from '../../../knowledge/go/deployments.ts';
import { importsModule, type PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { stringValue } from '../../../languages/python/strings.ts';
import {
  argumentOf,
  calledName,
  calledOn,
  hasKeywordSplat,
  keywordArgument,
  rootIdentifier,
} from '../../../languages/python/syntax.ts';

type RequirementFact = TypedFact<'python.requirement'>;

/** `==1.2`, `<2`, `~=1.4`, `^1.2`, `~1.2`, `1.2.3` and `===x` end somewhere; `>=1`, `>1`, `!=1.5` and nothing do not. */
function isBounded(version: string): boolean {
  return version.split(',').some((part) => /^(?:===?[^*]|==\d[\w.]*\*|<|~=?|\^|\d)/.test(part.trim()));
}

function isAtOrAbove(directory: string, other: string): boolean {
  return directory === '' || directory === other || other.startsWith(`${directory}/`);
}

/** The next major version behind the lowest one that is asked for, written behind its bound. */
function fixFor({ value, place }: RequirementFact): readonly Fix[] {
  const major = /^>=?(\d{1,3})(?:\.\d+)*$/.exec(value.version)?.[1];
  if (value.bound === null || major === undefined) return [];
  const { end } = value.bound;
  const next = `<${Number(major) + 1}`;
  const at = { ...place, span: { start: end, end } };
  return [
    {
      title: `Stay below version ${Number(major) + 1}`,
      safety: 'suggestion',
      preferred: true,
      edits: [{ kind: 'replaceAt', place: at, newText: `,${next}` }],
    },
  ];
}

export function* judgePython(facts: FactView): Generator<WorkspaceVerdict> {
  const locks = facts
    .all('project.lockfile')
    .filter(({ value }) => (value as { readonly kind: string }).kind === 'python')
    .map(({ key }) => directoryOf(key));
  const packages = new Set(facts.all('python.package').map(({ key }) => key));
  const requirements = allFacts(facts, 'python.requirement');
  /** Distributions that some file fixes exactly: it is what a compiler of requirements wrote, or a file of constraints. */
  const exact = new Map<string, string[]>();
  for (const { key, value, place } of requirements) {
    if (!/^===?\d/.test(value.version)) continue;
    const files = exact.get(key);
    if (files === undefined) exact.set(key, [directoryOf(place.path)]);
    else files.push(directoryOf(place.path));
  }
  for (const requirement of requirements) {
    const { key, value, place } = requirement;
    const { path } = place;
    if (facts.role(path) !== 'production' || value.development || isDevelopmentFile(path)) continue;
    if (packages.has(path) || /(?:^|\/)setup\.(?:py|cfg)$|constraints|optional/i.test(path)) continue;
    if (value.direct || isBounded(value.version)) {
      yield { kind: 'pass', subject: place };
      continue;
    }
    const directory = directoryOf(path);
    const isLocked =
      locks.some((lock) => isAtOrAbove(lock, directory)) ||
      exact.get(key)?.some((other) => isAtOrAbove(other, directory) || isAtOrAbove(directory, other)) === true;
    if (isLocked) {
      yield { kind: 'pass', subject: place, note: 'A lock file fixes it.' };
      continue;
    }
    yield {
      kind: 'fail',
      subject: placeIn(requirement, { start: place.span.start, end: place.span.end }),
      message: value.version === '' ? 'none' : 'open',
      args: { name: key, version: value.version },
      fixes: fixFor(requirement),
    };
  }
}

const HUBS = ['transformers', 'datasets', 'huggingface_hub', 'diffusers', 'sentence_transformers'];
const DOWNLOADS = new Set(['from_pretrained', 'load_dataset', 'hf_hub_download', 'snapshot_download']);

/** Models and data sets of a hub by name: `organisation/name`. */
export const downloads: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: [...DOWNLOADS],
  calls: (name) => DOWNLOADS.has(name),
  *check(call, ctx) {
    const { header } = ctx.file;
    if (!HUBS.some((hub) => importsModule(header, hub))) return;
    const name = calledName(call);
    const on = calledOn(call);
    // What a class of the file itself does with a name is its own matter.
    if (name === 'from_pretrained' && (on === null || !isImportedFromHub(rootIdentifier(on)?.text ?? '', header)))
      return;
    const argument = argumentOf(call, name === 'from_pretrained' ? 'pretrained_model_name_or_path' : 'repo_id', 0);
    const text = argument === null ? null : stringValue(argument);
    if (argument === null || text === null || !/^[\w-][\w.-]*\/[\w.-]+$/.test(text)) return;
    if (hasKeywordSplat(call)) return;
    const revision = keywordArgument(call, 'revision');
    if (revision === null) yield { kind: 'fail', subject: argument.span, message: 'revision', args: { name: text } };
    else yield { kind: 'pass', subject: argument.span };
  },
};

function isImportedFromHub(name: string, header: PythonHeader): boolean {
  return header.imports.some((item) => item.name === name && HUBS.includes(item.module.split('.', 1)[0]!));
}
