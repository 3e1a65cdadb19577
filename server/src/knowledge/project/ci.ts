/**
 * Pipelines and the commands that run tests. Facts:
 * - `project.ci` (key: path): a pipeline definition; value {system}.
 * - `ci.command` (key: `go test`): a command that runs Go tests in a pipeline, makefile or script;
 *   value {kind of file, race, cover, partial: no plain run of the tests}.
 * - `ci.evidence` (key: `race` or `coverage`): the detector or the measurement is switched on, by whatever means.
 * - `ci.remote` (key: reference): a pipeline calls a workflow or action of its organisation, which files cannot show.
 * - `project.makefile` (key: path): a makefile; value {targets, patterns: targets with `%`, includes: paths, open: a variable
 *   names targets, so that there may be more}.
 */
import type { LanguageId } from '../../core/model/file.ts';
import { type Extractor, fact, type NodeDetector, type TextDetector } from '../../core/rulekit/rule.ts';
import { findCommands, withoutComments } from '../../formats/commands.ts';
import type { GoHeader } from '../../languages/go/header.ts';
import type { GoNode } from '../../languages/go/nodes.gen.ts';
import { callArguments, stringLiteralValue } from '../../languages/go/syntax.ts';

/** Pipeline definitions by path. */
const SYSTEMS: readonly { readonly system: string; readonly path: RegExp }[] = [
  { system: 'GitHub Actions', path: /(?:^|\/)\.github\/workflows\/[^/]+\.ya?ml$/ },
  { system: 'Gitea Actions', path: /(?:^|\/)\.(?:gitea|forgejo)\/workflows\/[^/]+\.ya?ml$/ },
  { system: 'GitLab CI', path: /(?:^|\/)\.gitlab-ci(?:\.[\w-]+)?\.ya?ml$|(?:^|\/)\.gitlab\/ci\// },
  { system: 'Jenkins', path: /(?:^|\/)Jenkinsfile$|\.jenkinsfile$|(?:^|\/)jenkins\/[^/]+\.groovy$/ },
  { system: 'CircleCI', path: /(?:^|\/)\.circleci\/[^/]+\.ya?ml$|(?:^|\/)circle\.yml$/ },
  {
    system: 'Azure Pipelines',
    path: /(?:^|\/)\.?azure-pipelines[\w.-]*\.ya?ml$|(?:^|\/)\.azure-?pipelines\/|(?:^|\/)\.azuredevops\//,
  },
  { system: 'Travis CI', path: /(?:^|\/)\.travis\.ya?ml$/ },
  { system: 'Buildkite', path: /(?:^|\/)\.buildkite\/|(?:^|\/)buildkite\.ya?ml$/ },
  { system: 'Drone', path: /(?:^|\/)\.drone\.(?:ya?ml|jsonnet|star)$/ },
  { system: 'Woodpecker', path: /(?:^|\/)\.woodpecker(?:\.ya?ml$|\/)/ },
  { system: 'Bitbucket Pipelines', path: /(?:^|\/)bitbucket-pipelines\.ya?ml$/ },
  { system: 'Cirrus CI', path: /(?:^|\/)\.cirrus\.(?:ya?ml|star)$/ },
  { system: 'AppVeyor', path: /(?:^|\/)\.?appveyor\.ya?ml$/ },
  { system: 'Semaphore', path: /(?:^|\/)\.semaphore\// },
  { system: 'Cloud Build', path: /(?:^|\/)cloudbuild[\w.-]*\.(?:ya?ml|json)$/ },
  { system: 'CodeBuild', path: /(?:^|\/)buildspec[\w.-]*\.ya?ml$/ },
  { system: 'Prow', path: /(?:^|\/)\.prow(?:\.ya?ml$|\/)|(?:^|\/)\.ci-operator\.ya?ml$/ },
  { system: 'Tekton', path: /(?:^|\/)\.tekton\// },
  { system: 'TeamCity', path: /(?:^|\/)\.teamcity\// },
  { system: 'SourceHut', path: /(?:^|\/)\.build\.ya?ml$|(?:^|\/)\.builds\/[^/]+\.ya?ml$/ },
  { system: 'Concourse', path: /(?:^|\/)(?:ci|concourse)\/pipeline[\w.-]*\.ya?ml$/ },
  { system: 'Zuul', path: /(?:^|\/)\.?zuul(?:\.d\/|\.ya?ml$)/ },
  { system: 'Codefresh', path: /(?:^|\/)codefresh\.ya?ml$/ },
  { system: 'Wercker', path: /(?:^|\/)wercker\.yml$/ },
  { system: 'Screwdriver', path: /(?:^|\/)screwdriver\.ya?ml$/ },
  { system: 'Harness', path: /(?:^|\/)\.harness\// },
  { system: 'Earthly', path: /(?:^|\/)Earthfile$/ },
];

/** The CI system whose pipeline the file defines, or null. */
export function ciSystemOf(path: string): string | null {
  return SYSTEMS.find((candidate) => candidate.path.test(path))?.system ?? null;
}

/** Configuration of services and tools that measure coverage. */
const COVERAGE_FILES =
  /(?:^|\/)(?:\.?codecov\.ya?ml|\.coveralls\.yml|\.octocov\.ya?ml|\.testcoverage\.ya?ml|\.coveragerc|sonar-project\.properties|\.codeclimate\.ya?ml|tarpaulin\.toml)$/;
const TASK_FILES =
  /(?:^|\/)(?:\.?taskfile[\w.-]*\.ya?ml|package\.json|mage[\w-]*\.toml|justfile|earthfile|build\.gradle|[\w-]*\.just)$/i;

/** Test runners of Go; a variable may stand for the tool (`$(GO) test`). */
const GO_TEST =
  /(?<![\w./-])(?:(?:go|\$[({]?\w*GO\w*[)}]?|@go) +(?:[\w-]+=\S+ +)*test|gotestsum|ginkgo|richgo +test)(?![\w-])/g;
/** `-race`, alone or in a variable of flags. */
const RACE = /(?<![\w-])--?race(?![\w-])|@io_bazel_rules_go\/\/go\/config:race/;
const COVERAGE =
  /(?<![\w-])--?(?:cover(?:profile|mode|pkg)?|test\.coverprofile)(?![\w-])|codecov|coveralls|codeclimate|octocov|goveralls|gocov\b|go-test-coverage|sonar-scanner|sonarcloud|GOCOVERDIR|--coverage\b|--cov\b|\btarpaulin\b|llvm-cov|\bnyc\b|\bc8\b/i;

const REMOTE = /^[ \t]*(?:-[ \t]+)?uses:[ \t]*["']?([\w.-]+\/[\w.-]+\/\.github\/workflows\/[\w./-]+@[\w./-]+)/gm;

/** What kind of file it is, when it can hold commands that run tests; null for files that cannot. */
function commandFile(path: string, language: LanguageId): string | null {
  if (ciSystemOf(path) !== null) return 'pipeline';
  if (language === 'makefile' || language === 'shell' || language === 'workflow') return language;
  if (TASK_FILES.test(path)) return 'task';
  // Actions of the repository itself, images and pipelines that other files include.
  if (language === 'dockerfile' || /(?:^|\/)\.github\/|(?:^|\/)\.ci\/|(?:^|\/)ci\//.test(path)) return 'task';
  return null;
}

function lineBefore(text: string, offset: number): string {
  return text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset);
}

/** What stands before and behind the colon of a rule. */
const RULE = /^([^\s#=:][^#=:\n]*?)[ \t]*::?(?![=:])([^\n]*)$/gm;
const INCLUDE = /^-?s?include[ \t]+([^\n#]+)/gm;

type Makefile = {
  readonly targets: readonly string[];
  readonly patterns: readonly string[];
  readonly includes: readonly string[];
  readonly open: boolean;
};

function makefileOf(text: string): Makefile {
  const targets: string[] = [];
  const patterns: string[] = [];
  let open = /^ *\$\((?:eval|foreach|call)\b/m.test(text);
  for (const [, left, right] of text.matchAll(RULE)) {
    // `$(ARCHS): build-%: ...` says of which form the targets are.
    const form = /^[ \t]*(\S*%\S*)[ \t]*:/.exec(right!)?.[1];
    for (const name of left!.split(/\s+/)) {
      if (name.includes('$')) {
        if (form !== undefined) patterns.push(form);
        else if (!name.includes('/')) {
          // A variable may hold targets, or the path of a file.
          const variable = /^\$[({](\w+)[)}]$/.exec(name)?.[1] ?? '';
          const value = new RegExp(`^${variable}[ \\t]*[:?]?=[ \\t]*(.*)$`, 'm').exec(text)?.[1];
          if (variable === '' || value === undefined || /\$\((?!\w+\))/.test(value)) open = true;
          else targets.push(...value.split(/\s+/).filter((word) => !word.includes('/')));
        }
      } else if (name.includes('%')) patterns.push(name);
      else targets.push(name);
    }
  }
  const includes = [...text.matchAll(INCLUDE)].flatMap((match) => match[1]!.trim().split(/\s+/));
  return { targets, patterns, includes, open };
}

const commands: TextDetector = {
  text: true,
  *check(text, ctx) {
    const { path, language } = ctx.file;
    const system = ciSystemOf(path);
    const top = { start: 0, end: 0 };
    if (system !== null) yield fact('project.ci', path, { system }, top);
    if (COVERAGE_FILES.test(path)) yield fact('ci.evidence', 'coverage', null, top);
    if (language === 'makefile') {
      yield fact('project.makefile', path, makefileOf(text.replace(/^\uFEFF/, '')), top);
    }
    const kind = commandFile(path, language);
    if (kind === null || text.length > 500_000) return;
    const code = withoutComments(text);
    const race = RACE.exec(code);
    if (race !== null) yield fact('ci.evidence', 'race', null, { start: race.index, end: race.index + race[0].length });
    const coverage = COVERAGE.exec(code);
    if (coverage !== null) {
      yield fact('ci.evidence', 'coverage', null, { start: coverage.index, end: coverage.index + coverage[0].length });
    }
    for (const command of findCommands(text, GO_TEST)) {
      yield fact(
        'ci.command',
        'go test',
        {
          kind,
          race: RACE.test(command.text),
          cover: COVERAGE.test(command.text),
          // Benchmarks, fuzzing and builds of test binaries are no run of the tests.
          partial: /\s-(?:bench|fuzz|c|list|exec)\b|-run[= ]["']?\^?(?:\$|NONE|XXX)/i.test(command.text),
          // The race detector needs cgo: where that is switched off, a flag is not enough.
          simple: /^go test(?![\w-])/.test(command.text) && !/CGO_ENABLED=0/.test(lineBefore(text, command.span.start)),
        },
        command.span,
      );
    }
    if (system !== null) {
      for (const match of text.matchAll(REMOTE)) {
        const start = match.index + match[0].length - match[1]!.length;
        yield fact('ci.remote', match[1]!, null, { start, end: start + match[1]!.length });
      }
    }
  },
};

/** Build programs in Go (mage and the like): `sh.Run("go", "test", "-race", "./...")`. */
const goPrograms: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['"test"', '"-race"'],
  *check(call) {
    const words = callArguments(call).map((value) => stringLiteralValue(value) ?? '');
    const go = words.indexOf('go');
    if (go < 0 || words[go + 1] !== 'test') return;
    const text = words.slice(go).join(' ');
    if (RACE.test(text)) yield fact('ci.evidence', 'race', null, call.span);
    if (COVERAGE.test(text)) yield fact('ci.evidence', 'coverage', null, call.span);
    yield fact(
      'ci.command',
      'go test',
      { kind: 'program', race: RACE.test(text), cover: COVERAGE.test(text), partial: false, simple: false },
      call.span,
    );
  },
};

const LANGUAGES: readonly LanguageId[] = [
  'workflow',
  'yaml',
  'makefile',
  'shell',
  'dockerfile',
  'json',
  'toml',
  'text',
];

export const extractors: readonly Extractor[] = [
  ...LANGUAGES.map((language) => ({ id: `ci.commands.${language}`, language, detector: commands })),
  { id: 'ci.programs', language: 'go', detector: goPrograms as NodeDetector },
];
