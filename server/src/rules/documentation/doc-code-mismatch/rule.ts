/** Documents that name what the project does not have: targets, packages, files, options, variables. */
import { directoryOf } from '../../../core/model/path.ts';
import type { Fact, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineDerivation, defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import { allFacts } from '../../../knowledge/facts.ts';
import { moduleOf } from '../../../knowledge/go/modules.ts';
import { envReads } from '../../../knowledge/project/envReads.ts';
import { isForeignVariable } from '../../../knowledge/project/platformVariables.ts';
import { projectTree } from '../../../knowledge/project/tree.ts';
import { CLAIM, type Claim, claims } from './claims.ts';

/** Whether a claim holds; null when that cannot be told. */
type Answer = boolean | null;

/** Directories below which there is Go code. */
const goDirectories = defineDerivation('doc-code-mismatch.go', (facts): ReadonlySet<string> => {
  const go = new Set<string>();
  for (const { key } of facts.all('file')) {
    if (!key.endsWith('.go')) continue;
    for (let directory = directoryOf(key); directory !== '' && !go.has(directory); directory = directoryOf(directory)) {
      go.add(directory);
    }
  }
  return go;
});

interface Makefile {
  readonly targets: readonly string[];
  readonly patterns: readonly string[];
  readonly includes: readonly string[];
  readonly open: boolean;
}

interface Makefiles {
  readonly targets: ReadonlySet<string>;
  readonly patterns: readonly string[];
  /** Nothing names targets that files alone do not show. */
  readonly known: boolean;
}

const makefiles = defineDerivation('doc-code-mismatch.makefiles', (facts): Makefiles => {
  const all = facts.all('project.makefile');
  const { endings } = facts.derive(projectTree);
  const values = all.map(({ value }) => value as unknown as Makefile);
  return {
    targets: new Set(values.flatMap(({ targets }) => targets)),
    patterns: values.flatMap(({ patterns }) => patterns),
    known:
      values.length > 0 &&
      values.every(({ open, includes }) => !open && includes.every((path) => endings.has(path.replace(/^\.\//, '')))),
  };
});

interface Options {
  readonly names: ReadonlySet<string>;
  /** Programs by their names, with the directories of their modules; null when a command writes them. */
  readonly programs: ReadonlyMap<string, string | null>;
  /** A library for options is in use. */
  readonly known: boolean;
}

/** Tools that a directory of the project may be named after. */
const TOOLS =
  /^(?:docker|docker-compose|kubectl|helm|git|go|make|npm|npx|yarn|pnpm|curl|wget|node|python3?|pip|cargo|bash|sh|test|server|client|main|app|cmd|tools?|example|api|migrate|protoc|buf|psql|mysql|redis-cli|etcd|k6|kind|minikube|terraform|aws|gcloud|az|openssl|ssh|tar|brew|apt|apt-get|systemctl|locust|ab|wrk|hey)$/;

const options = defineDerivation('doc-code-mismatch.options', (facts): Options => {
  const names = new Set<string>();
  let library = false;
  for (const { value } of allFacts(facts, 'cli.options')) {
    for (const name of value.names.split(' ')) names.add(name);
    library ||= value.library;
  }
  const programs = new Map<string, string | null>(allFacts(facts, 'build.output').map(({ key }) => [key, null]));
  for (const { place, key } of allFacts(facts, 'go.main')) {
    if (facts.role(place.path) !== 'production') continue;
    const module = moduleOf(facts, key);
    const name =
      key === (module?.value.directory ?? '') ? lastName(module?.key ?? '') : key.slice(key.lastIndexOf('/') + 1);
    programs.set(name, module?.value.directory ?? null);
  }
  return { names, programs, known: library };
});

/** Whether options of a module may have names that are put together while it runs; null: of any module. */
function mayMakeOptions(module: string | null, facts: FactView): boolean {
  return allFacts(facts, 'cli.dynamic-options').some(
    ({ place }) =>
      facts.role(place.path) !== 'test' &&
      (module === null || moduleOf(facts, directoryOf(place.path))?.value.directory === module),
  );
}

function lastName(modulePath: string): string {
  return /([^/]+?)(?:\/v\d+)?$/.exec(modulePath)?.[1] ?? '';
}

const variables = defineDerivation('doc-code-mismatch.variables', (facts): ReadonlySet<string> => {
  const names = new Set(envReads(facts).map(({ name }) => name));
  for (const { key, place } of facts.all('env.documented')) {
    // What a deployment sets may be meant for a program of somebody else.
    if (!/\.(?:md|markdown|rst|txt|adoc|go)$|(?:^|\/)\.env|\.env$/i.test(place.path)) names.add(key);
  }
  return names;
});

function isOption(name: string, { names }: Options): boolean {
  return names.has(name) || names.has(name.replace(/^no-/, '')) || names.has(name.replaceAll('-', '_'));
}

function isVariable(name: string, facts: FactView): boolean {
  return (
    facts.derive(variables).has(name) ||
    facts.lookup('env.named', name).length > 0 ||
    facts.lookup('env.other-read', name).length > 0 ||
    facts.lookup('env.constant', name).length > 0
  );
}

function judgeTarget(text: string, facts: FactView): Answer {
  const { targets, patterns, known } = facts.derive(makefiles);
  if (targets.has(text)) return true;
  // A rule without commands may be a file.
  if (facts.derive(projectTree).endings.has(text)) return null;
  const fits = patterns.some((pattern) => {
    const [front = '', back = ''] = pattern.split('%');
    return text.startsWith(front) && text.endsWith(back);
  });
  return known && !fits ? false : null;
}

function judgeImport(text: string, facts: FactView): Answer {
  const { files, directories } = facts.derive(projectTree);
  const owners = allFacts(facts, 'go.module').filter(({ key }) => text.startsWith(`${key}/`));
  const [module] = owners.sort((a, b) => b.key.length - a.key.length);
  if (module === undefined) return null;
  const rest = text.slice(module.key.length + 1);
  // Pages of the hosting service, and other major versions.
  if (
    /^(?:blob|tree|issues?|releases?|pulls?|actions|wiki|raw|commits?|discussions|archive|edit|workflows|security|projects|compare|v\d+)(?:\/|$)/.test(
      rest,
    )
  )
    return null;
  const path = module.value.directory === '' ? rest : `${module.value.directory}/${rest}`;
  if (files.has(path) || directories.has(path)) return true;
  // `example.com/shop/store.Open` names a declaration.
  const dot = path.indexOf('.', path.lastIndexOf('/') + 1);
  if (dot >= 0) return null;
  return false;
}

function judgePath(text: string, document: string, facts: FactView): Answer {
  const { endings } = facts.derive(projectTree);
  const go = facts.derive(goDirectories);
  if (endings.has(text)) return true;
  const first = text.slice(0, text.indexOf('/'));
  // Only where the path begins among the code of the project it must lead somewhere.
  const beside = directoryOf(document);
  // Directories without readable files are not known: only where their neighbours hold code one would be.
  const parent = directoryOf(text);
  if (!go.has(parent) && !go.has(beside === '' ? parent : `${beside}/${parent}`)) return null;
  const begins = go.has(first) || (beside !== '' && go.has(`${beside}/${first}`));
  return begins && !/^(?:test|tests|docs?|web|data|bin|build|dist|out|tmp|vendor|node_modules)$/.test(first)
    ? false
    : null;
}

function judgeOption(text: string, program: string, document: string, facts: FactView): Answer {
  const known = facts.derive(options);
  if (!known.known) return null;
  if (isOption(text, known)) return true;
  const around = moduleOf(facts, directoryOf(document))?.value.directory ?? null;
  if (program === '' || program.startsWith('.') || program.endsWith('.go'))
    return mayMakeOptions(around, facts) ? null : false;
  const module = known.programs.get(program);
  if (module === undefined || TOOLS.test(program)) return null;
  return mayMakeOptions(module, facts) ? null : false;
}

function judgeClaim({ kind, text, program }: Claim, document: string, facts: FactView): Answer {
  switch (kind) {
    case 'target':
      return judgeTarget(text, facts);
    case 'package':
      return facts.derive(projectTree).endings.has(text) ? true : facts.derive(goDirectories).size > 0 ? false : null;
    case 'import':
      return judgeImport(text, facts);
    case 'path':
      return judgePath(text, document, facts);
    case 'option':
      return judgeOption(text, program, document, facts);
    case 'variable': {
      if (isForeignVariable(text)) return null;
      return isVariable(text, facts);
    }
  }
}

/** Lists are trusted to be about the project when most of what they name is there. */
const LEAST_KNOWN = 3;

function* judgeDocument(found: readonly Fact[], facts: FactView): Generator<WorkspaceVerdict> {
  const own = new Set(allFacts(facts, 'go.module').map(({ key }) => lastName(key)));
  const judged = found.flatMap((fact) => {
    const claim = fact.value as Claim;
    // What somebody else's repository has is not known.
    if (claim.clone !== '' && !own.has(claim.clone)) return [];
    const answer = judgeClaim(claim, fact.place.path, facts);
    return answer === null ? [] : [{ claim, answer, place: fact.place }];
  });
  const isListed = ({ kind, program }: Claim): boolean => kind === 'variable' || (kind === 'option' && program === '');
  const share = (kind: Claim['kind']): boolean => {
    const names = new Map(
      judged
        .filter(({ claim }) => isListed(claim) && claim.kind === kind)
        .map((item) => [item.claim.text, item.answer]),
    );
    const known = [...names.values()].filter((answer) => answer).length;
    // Single words with dashes before them may be a drawing of directories.
    if (kind === 'option' && ![...names].some(([name, answer]) => answer && /[-.]/.test(name))) return false;
    return known >= LEAST_KNOWN && known >= 2 * (names.size - known);
  };
  const trusted = { variable: share('variable'), option: share('option') };
  const said = new Set<string>();
  for (const { claim, answer, place } of judged) {
    if (answer) {
      yield { kind: 'pass', subject: place };
      continue;
    }
    if (isListed(claim) && !trusted[claim.kind as 'variable' | 'option']) continue;
    // Once in a document is enough.
    const id = `${claim.kind} ${claim.text}`;
    if (said.has(id)) continue;
    said.add(id);
    yield { kind: 'fail', subject: place, message: claim.kind, args: { text: claim.text } };
  }
}

export const rule = defineRule({
  id: 'doc-code-mismatch',
  title: 'Documentation contradicts the code',
  category: 'documentation',
  severity: 'low',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A document names something that the project does not have: a target of its makefiles, a package or file by its path, an option of one of its programs, or, among variables that the code does read, one that nothing reads. Documents about other times (change logs, plans, audits) and about other repositories are left out, and so is what a program may make up while it runs.',
    why: 'Who follows the document gets an error at best. At worst they set a variable or pass on a path that nothing looks at, and believe that it took effect.',
    howToFix:
      'Correct the name, or delete the passage; when the code is what is wrong, add what the document promises.',
    refs: ['CWE-1116'],
  },
  messages: {
    target: 'No makefile of the project has a target {text}; correct the command or delete it.',
    package: 'There is no {text} in the project, so this command fails; correct the path.',
    import: 'The module has no package {text}; correct the path.',
    path: 'There is no {text} in the project; correct the path or delete the passage.',
    option: 'The code defines no option --{text}; correct the name or delete it.',
    variable: 'Nothing reads {text}; correct the name or delete it, so that nobody relies on it.',
  },
  effort: { each: [3, 15] },
  fix: 'none',
  on: { markdown: [claims] },
  workspace: {
    partition: 'workspace',
    reads: [CLAIM],
    *judge(facts) {
      const byDocument = new Map<string, Fact[]>();
      for (const fact of facts.get(CLAIM)) {
        const list = byDocument.get(fact.key);
        if (list === undefined) byDocument.set(fact.key, [fact]);
        else list.push(fact);
      }
      const dynamic = facts.all('env.automatic').length + facts.all('env.tag-prefix').length > 0;
      for (const found of byDocument.values()) {
        const decidable = dynamic ? found.filter(({ value }) => (value as Claim).kind !== 'variable') : found;
        yield* judgeDocument(decidable, facts);
      }
    },
  },
});
