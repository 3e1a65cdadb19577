/** A repository without a README, or with one that leaves a new reader without the essentials. */
import { filePlace, type Place } from '../../../core/model/location.ts';
import type { FixEdit, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView, type WorkspaceJudge } from '../../../core/rulekit/rule.ts';
import { mainModule } from '../../../knowledge/project/goTests.ts';
import type { Manifest } from '../../../knowledge/project/layout.ts';
import type { Readme } from '../../../knowledge/project/readme.ts';

type Aspect = 'purpose' | 'run' | 'configuration' | 'verification';

const NAMES: Readonly<Record<Aspect, string>> = {
  purpose: 'what the project does',
  run: 'how to install and run it',
  configuration: 'how to configure it',
  verification: 'how to test or deploy it',
};

/** `a, b or c` */
function listOf(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} or ${items.at(-1)}`;
}

const VARIABLES_SHOWN = 20;

/** Variables that the code reads, for a first list of settings. */
function variables(facts: FactView): readonly string[] {
  const names = facts
    .all('env.read')
    .filter((read) => facts.role(read.place.path) === 'production')
    .map((read) => read.key);
  return [...new Set(names)].sort();
}

/** A section with what can be known of its content. */
function section(facts: FactView, aspect: Aspect): string {
  switch (aspect) {
    case 'purpose':
      return 'Describe here in a few sentences what this project does and who needs it.\n';
    case 'run':
      return '## Installation\n\n```sh\ngo build ./...\n```\n';
    case 'configuration': {
      const names = variables(facts).slice(0, VARIABLES_SHOWN);
      const list = names.map((name) => `- \`${name}\`\n`).join('');
      return `## Configuration\n\nThe program is configured by environment variables${list === '' ? '.\n' : `:\n\n${list}`}`;
    }
    case 'verification':
      return '## Testing\n\n```sh\ngo test ./...\n```\n';
  }
}

/** Edits that add the sections: the purpose below the title, the others at the end. */
function insertions(facts: FactView, path: string, readme: Readme, missing: readonly Aspect[]): readonly FixEdit[] {
  const edits: FixEdit[] = [];
  if (missing.includes('purpose')) {
    const at = { start: readme.titleEnd, end: readme.titleEnd };
    const text = section(facts, 'purpose');
    const newText = readme.titleEnd === 0 ? `${text}\n` : `\n\n${text.trimEnd()}`;
    edits.push({ kind: 'replaceAt', place: { ...filePlace(path), span: at }, newText });
  }
  const rest = missing.filter((aspect) => aspect !== 'purpose');
  if (rest.length > 0) {
    const content = rest.map((aspect) => `\n${section(facts, aspect)}`).join('');
    edits.push({ kind: 'append', path, content });
  }
  return edits;
}

function placeWithout(facts: FactView): Place | null {
  return mainModule(facts)?.place ?? null;
}

/** What a README has to tell: settings only where there are some, tests only where there are some. */
function required(facts: FactView): readonly Aspect[] {
  const aspects: Aspect[] = ['purpose', 'run'];
  if (variables(facts).length > 0) aspects.push('configuration');
  if (facts.all('project.test').length > 0) aspects.push('verification');
  return aspects;
}

const judge: WorkspaceJudge = {
  partition: 'workspace',
  reads: ['project.manifest', 'project.readme'],
  *judge(facts): Iterable<WorkspaceVerdict> {
    const readmes = facts.all('project.readme');
    if (readmes.length === 0) {
      const place = placeWithout(facts);
      if (place === null) return;
      const module = mainModule(facts)!.value as unknown as Manifest;
      const title = module.name
        .replace(/\/v\d+$/, '')
        .split('/')
        .at(-1)!;
      const aspects: readonly Aspect[] = ['purpose', 'run', 'configuration', 'verification'];
      const content = [`# ${title}\n`, ...aspects.map((aspect) => section(facts, aspect))].join('\n');
      yield {
        kind: 'fail',
        subject: place,
        message: 'missing',
        fixes: [
          {
            title: 'Create README.md',
            safety: 'suggestion',
            preferred: true,
            edits: [{ kind: 'create', path: 'README.md', content }],
          },
        ],
      };
      return;
    }
    // What any of them tells is told: translations and a second README beside the code add to each other.
    const main = readmes.find((readme) => !readme.key.includes('/')) ?? readmes[0]!;
    const values = readmes.map((readme) => readme.value as unknown as Readme);
    const missing = required(facts).filter((aspect) => !values.some((value) => value[aspect]));
    if (missing.length === 0) {
      yield { kind: 'pass', subject: main.place };
      return;
    }
    yield {
      kind: 'fail',
      subject: main.place,
      message: 'incomplete',
      args: { missing: listOf(missing.map((aspect) => NAMES[aspect])) },
      fixes: [
        {
          title: missing.length === 1 ? 'Add the missing section' : 'Add the missing sections',
          safety: 'suggestion',
          preferred: true,
          edits: insertions(facts, main.key, main.value as unknown as Readme, missing),
        },
      ],
    };
  },
};

export const rule = defineRule({
  id: 'incomplete-readme',
  title: 'README missing or without essential sections',
  category: 'documentation',
  severity: 'low',
  confidence: 'heuristic',
  stage: 'stable',
  docs: {
    what: 'The repository has no README, or its README does not tell what the project does, how to install and run it, how to configure it (when it reads settings) or how to test or deploy it (when it has tests). A heading, a command or a link to a guide is enough for each.',
    why: 'The README is what a new colleague, an operator at night and a user read first. What it leaves out has to be found in the code, or is asked again and again.',
    howToFix: 'Add a short section for each of these questions, or link the guide that answers it.',
    refs: [
      'https://docs.github.com/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-readmes',
    ],
  },
  messages: {
    missing:
      'The repository has no README; write one that says what the project does and how to run, configure and test it.',
    incomplete: 'The README does not say {missing}; add a short section or link a guide.',
  },
  effort: { each: [30, 120] },
  fix: 'always',
  on: {},
  workspace: judge,
});
