/** An environment variable that the code reads and that no env example file (or, without one, no document) lists. */
import type { Fix, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView, type WorkspaceJudge } from '../../../core/rulekit/rule.ts';
import { ENV_READ_FACTS, envReads } from '../../../knowledge/project/envReads.ts';
import { isForeignVariable } from '../../../knowledge/project/platformVariables.ts';

interface EnvFile {
  readonly kind: string;
  readonly directory: string;
}

/** Example files that speak for the component: its own, and those in the directories above it. */
function exampleFiles(facts: FactView): readonly string[] {
  const own = facts.get('env.file');
  const above = facts.all('env.file').filter((file) => {
    const { directory } = file.value as unknown as EnvFile;
    return directory === '' || facts.partition.startsWith(`${directory}/`);
  });
  const paths = [...own, ...above]
    .filter((file) => (file.value as unknown as EnvFile).kind === 'example')
    .map((file) => file.key);
  return [...new Set(paths)];
}

function fixFor(name: string, example: string | undefined, partition: string): Fix {
  if (example !== undefined) {
    return {
      title: `Add ${name} to ${example}`,
      safety: 'safe',
      preferred: true,
      edits: [{ kind: 'append', path: example, content: `${name}=\n` }],
    };
  }
  const path = partition === '' ? '.env.example' : `${partition}/.env.example`;
  return {
    title: `Create ${path} with ${name}`,
    safety: 'suggestion',
    preferred: true,
    edits: [{ kind: 'create', path, content: `${name}=\n` }],
  };
}

/** Programs that only developers and pipelines run. */
const TOOLING =
  /(?:^|\/)(?:tools?|hack|scripts?|buildscripts|build|ci|dev|builder|packaging|magefiles)\/|(?:^|\/)(?:magefile\.go|setup\.py|conftest\.py)$/;

/** Documents about settings: they list them as well as an example file does. */
const CONFIGURATION_DOCUMENT = /(?:config|environ|settings?|variables?|self[-_]?host)[^/]*\.(?:md|markdown|rst|adoc)$/i;

/** Below this share of the variables an example file shows a few settings and does not claim to be complete. */
const COMPLETE_SHARE = 1 / 3;

const judge: WorkspaceJudge = {
  partition: 'component',
  reads: ENV_READ_FACTS,
  *judge(facts): Iterable<WorkspaceVerdict> {
    const reads = envReads(facts).filter(
      // A name that is still read for old deployments should not be set any more, and nobody has to set what the program
      // sets itself.
      ({ name, place }) =>
        !isForeignVariable(name) &&
        !TOOLING.test(place.path) &&
        facts.lookup('env.outdated', name).length + facts.lookup('env.given', name).length === 0,
    );
    if (reads.length === 0) return;
    const examples = exampleFiles(facts);
    const listedIn = (name: string): string | undefined =>
      facts.lookup('env.documented', name).find((entry) => examples.includes(entry.place.path))?.place.path;
    const describedIn = (name: string): boolean =>
      facts.lookup('env.documented', name).some((entry) => CONFIGURATION_DOCUMENT.test(entry.place.path));
    const names = new Set(reads.map((read) => read.name));
    const listed = [...names].map(listedIn).filter((path) => path !== undefined);
    const example = listed.length >= names.size * COMPLETE_SHARE ? listed[0] : undefined;
    const documented = new Set<string>();
    for (const { name, place, via } of reads) {
      // Whoever uses a compose file sees the variable in it; it is a gap only where an example file claims to be complete.
      if ((via === 'compose' || via === 'default') && example === undefined) continue;
      const listed =
        example === undefined
          ? facts.lookup('env.documented', name).length > 0
          : listedIn(name) !== undefined || (place.path.endsWith('.py') && describedIn(name));
      if (listed) {
        if (!documented.has(name)) yield { kind: 'pass', subject: place };
        documented.add(name);
        continue;
      }
      yield {
        kind: 'fail',
        subject: place,
        message: example === undefined ? 'nowhere' : 'unlisted',
        args: { name, file: example ?? '' },
        fixes: [fixFor(name, example ?? examples[0], facts.partition)],
      };
    }
  },
};

export const rule = defineRule({
  id: 'undocumented-env-var',
  title: 'Environment variable read but not documented',
  category: 'configuration',
  severity: 'low',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'The code (or a compose file) reads an environment variable that the env example file of the project does not list. A project without such a file, or with one that shows only a few of its variables, may describe them in any document; there the rule speaks only of variables that are mentioned nowhere. Reads through constants, wrapper functions, struct tags and settings classes of pydantic are followed; variables of the platform (`PATH`, `CI`, `KUBERNETES_...`) are left out, and so are names whose constant is called legacy or deprecated, by its name or by a comment.',
    why: 'Whoever sets up the next deployment copies the example file and believes it complete. A variable that is missing there stays unset, and the program runs with a default that nobody chose, or fails long after it was started.',
    howToFix: 'Add `NAME=` to the example file, with a comment that says what it does and which values are allowed.',
    refs: ['https://12factor.net/config'],
  },
  messages: {
    unlisted: '{name} is read here, but {file} does not list it; add it there.',
    nowhere: '{name} is read here and described nowhere; list it in an env example file.',
  },
  effort: { each: [2, 10] },
  fix: 'always',
  on: {},
  workspace: judge,
});
