/** Env files with values that are part of the tree, and ignore rules that would let the next one in. */
import { directoryOf } from '../../../core/model/path.ts';
import type { Fact, Fix, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView, type WorkspaceJudge } from '../../../core/rulekit/rule.ts';
import { envFileKind } from '../../../formats/env.ts';
import { isIgnored } from '../../../formats/ignoreFile.ts';
import { ignoreLevels } from '../../../knowledge/project/tree.ts';

interface Values {
  readonly secrets: readonly string[];
  readonly settings: number;
  readonly encrypted: boolean;
}

/** Files that tools take for granted in the tree: variables of compose, of a container or of a unit, by their own name. */
function isNamed(path: string): boolean {
  return !/(?:^|\/)\.env(?:\.|$)/.test(path);
}

/** Settings of test beds and of developers' machines, by the names of their files or folders. */
const TEST_BED = /(?:^|[/._-])(?:tests?|testing|e2e|ci|bench\w*)(?:[/._-]|$)/i;
const DEVELOPMENT = /(?:^|[/._-])(?:dev|devel|development|local|demo)(?:[/._-]|$)/i;

/** A verdict on an env file that is listed, and so part of the tree. */
function judgeFile(file: Fact): WorkspaceVerdict | null {
  const { secrets, settings, encrypted } = file.value as unknown as Values;
  if (encrypted || secrets.length + settings === 0) return { kind: 'pass', subject: file.place };
  if (secrets.length > 0) {
    const more = secrets.length > 1 ? ` and ${secrets.length - 1} more` : '';
    const args = { keys: `${secrets[0]}${more}` };
    // `.env.local` is what each developer fills with real keys; `local.env` is shared on purpose.
    const severity = isNamed(file.key) && DEVELOPMENT.test(file.key) ? 'medium' : 'high';
    return { kind: 'fail', subject: file.place, message: 'secrets', args, severity };
  }
  // Settings without secrets do no harm today; the file is where the first secret will be put.
  return isNamed(file.key) ? null : { kind: 'fail', subject: file.place, message: 'values', severity: 'low' };
}

function addPattern(facts: FactView, pattern: string): Fix {
  const rules = facts.lookup('project.ignore', '')[0];
  const path = rules?.place.path ?? '.gitignore';
  return {
    title: `Add ${pattern} to ${path}`,
    safety: 'suggestion',
    preferred: true,
    edits: [{ kind: 'append', path, content: `${pattern}\n` }],
  };
}

const judge: WorkspaceJudge = {
  partition: 'workspace',
  reads: ['env.values', 'env.created', 'env.file'],
  *judge(facts): Iterable<WorkspaceVerdict> {
    const levels = ignoreLevels(facts);
    const present = new Set<string>();
    for (const file of facts.all('env.values')) {
      if (facts.role(file.place.path) !== 'production' || TEST_BED.test(file.key)) continue;
      present.add(file.key);
      const verdict = judgeFile(file);
      if (verdict !== null) yield verdict;
    }
    // Without an ignore file there is nothing to judge: the workspace may not be a repository.
    if (levels.length === 0) return;
    const reported = new Set<string>();
    for (const created of facts.all('env.created')) {
      const path = created.key;
      if (facts.role(created.place.path) !== 'production' || envFileKind(path) !== 'values' || present.has(path))
        continue;
      if (reported.has(path)) continue;
      reported.add(path);
      if (isIgnored(path, levels)) yield { kind: 'pass', subject: created.place };
      else {
        const { by } = created.value as { readonly by: string };
        yield {
          kind: 'fail',
          subject: created.place,
          message: by === 'script' ? 'created' : 'loaded',
          args: { path },
          severity: 'medium',
          fixes: [addPattern(facts, path.slice(path.lastIndexOf('/') + 1))],
        };
      }
    }
    for (const example of facts.all('env.file')) {
      const { kind } = example.value as { readonly kind: string };
      if (kind !== 'example' || facts.role(example.place.path) !== 'production') continue;
      if (!isIgnored(example.key, levels)) continue;
      const fix = addPattern(facts, `!${example.key.slice(directoryOf(example.key).length).replace(/^\//, '')}`);
      yield { kind: 'fail', subject: example.place, message: 'hidden', severity: 'low', fixes: [fix] };
    }
  },
};

export const rule = defineRule({
  id: 'unprotected-env-file',
  title: 'Env file committed, or not ignored',
  category: 'security',
  severity: 'high',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'An env file with values is part of the tree; or a script writes, or the program loads, an env file whose name no ignore rule covers; or the ignore rules hide the example file that ought to be committed. Examples, templates, test values and encrypted files are left alone.',
    why: 'What stands in a committed env file is published with the repository and stays in its history after it is deleted. A name that no rule covers is one `git add .` away from that.',
    howToFix:
      'Take the file out of the index (`git rm --cached`), add its name to the ignore file with an exception for the example (`!.env.example`), and rotate every secret that it held.',
    refs: ['CWE-538', 'CWE-312'],
  },
  messages: {
    secrets:
      'This env file is part of the tree and holds {keys}; remove it with git rm --cached, ignore it and rotate its secrets.',
    values: 'This env file is part of the tree; keep an example of it instead and ignore the file itself.',
    created: 'This writes {path}, which no ignore rule covers; add a pattern before somebody commits it.',
    loaded: 'This loads {path}, which no ignore rule covers; add a pattern before somebody commits it.',
    hidden: 'An ignore rule hides this example file from new clones; add an exception for it.',
  },
  effort: { each: [5, 15] },
  fix: 'sometimes',
  on: {},
  workspace: judge,
});
