/**
 * Variables that a deployment sets under a name that no code reads, while the code reads one that is almost the same and
 * that nothing sets. Names are compared, values never.
 */
import type { Place } from '../../../core/model/location.ts';
import { directoryOf } from '../../../core/model/path.ts';
import type { WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineDerivation, defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import { allFacts, type Part, placeIn, type TypedFact } from '../../../knowledge/facts.ts';
import { imageOfService, moduleAround, moduleOfImage } from '../../../knowledge/go/deployments.ts';
import { ENV_READ_FACTS, type EnvRead, envReads } from '../../../knowledge/project/envReads.ts';
import { isForeignVariable } from '../../../knowledge/project/platformVariables.ts';
import { clientDetectors } from './clients.ts';
import { judgePython } from './python.ts';
import { isNearMiss, isSameName } from './similar.ts';

interface Setting {
  readonly name: string;
  /** The name where it is set. */
  readonly place: Place;
  /** Directory of the module whose programs get it. */
  readonly module: string;
  readonly source: 'compose' | 'image' | 'manifest' | 'env';
}

/** Programs that only developers and pipelines run. */
const TOOLING = /(?:^|\/)(?:tools?|hack|scripts?|buildscripts|build|ci|magefiles|examples?)\//;

function settingsOf(facts: FactView): readonly Setting[] {
  const settings: Setting[] = [];
  const take = (
    fact: { readonly place: Place },
    variables: readonly (Part & { readonly name: string })[],
    module: TypedFact<'go.module'> | null,
    source: Setting['source'],
  ): void => {
    if (module === null) return;
    for (const { name, start, end } of variables) {
      settings.push({ name, place: placeIn(fact, { start, end }), module: module.value.directory, source });
    }
  };
  for (const service of allFacts(facts, 'compose.service')) {
    const image = imageOfService(facts, service);
    if (image !== null) take(service, service.value.environment, moduleOfImage(facts, image), 'compose');
  }
  for (const image of allFacts(facts, 'image.file')) take(image, image.value.env, moduleOfImage(facts, image), 'image');
  const modules = allFacts(facts, 'go.module');
  for (const workload of allFacts(facts, 'kubernetes.workload')) {
    for (const container of workload.value.containers) {
      const name = container.image.replace(/[@:][^/]*$/, '').replace(/^.*\//, '');
      const module = modules.find(
        ({ key, value }) => name !== '' && (key.endsWith(`/${name}`) || value.directory.endsWith(name)),
      );
      take(workload, container.environment, module ?? null, 'manifest');
    }
  }
  const files = new Map(facts.all('env.file').map((file) => [file.key, file.value as { readonly kind: string }]));
  for (const fact of facts.all('env.documented')) {
    const file = files.get(fact.place.path);
    if (file === undefined || file.kind === 'test') continue;
    const module = moduleAround(facts, directoryOf(fact.place.path));
    take(fact, [{ name: fact.key, ...fact.place.span }], module, 'env');
  }
  return settings.filter(({ place }) => facts.role(place.path) === 'production');
}

interface Reads {
  /** By module: the variables that its code reads. */
  readonly modules: ReadonlyMap<string, ReadonlyMap<string, EnvRead>>;
  readonly names: ReadonlySet<string>;
}

const readsByModule = defineDerivation('env-var-mismatch.reads', (facts): Reads => {
  const modules = new Map<string, Map<string, EnvRead>>();
  const names = new Set<string>();
  for (const read of envReads(facts)) {
    names.add(read.name);
    if (read.via === 'compose' || TOOLING.test(read.place.path)) continue;
    const module = moduleAround(facts, directoryOf(read.place.path))?.value.directory ?? '';
    const own = modules.get(module) ?? new Map<string, EnvRead>();
    modules.set(module, own);
    if (!own.has(read.name)) own.set(read.name, read);
  }
  return { modules, names };
});

/** Whether a module may read variables whose names are made while it runs. */
function mayReadAny(facts: FactView, module: string): boolean {
  return [...facts.all('env.automatic'), ...facts.all('env.tag-prefix')].some(
    ({ place }) => moduleAround(facts, directoryOf(place.path))?.value.directory === module,
  );
}

function isRead(facts: FactView, name: string, { names }: Reads): boolean {
  return (
    names.has(name) || facts.lookup('env.named', name).length > 0 || facts.lookup('env.other-read', name).length > 0
  );
}

const SENSITIVE = /(?:^|_)(?:KEY|SECRET|TOKEN|PASSWORD|PASS|URL|URI|DSN|CREDENTIALS?)(?:_|$)/;

function* judge(facts: FactView): Generator<WorkspaceVerdict> {
  const reads = facts.derive(readsByModule);
  const settings = settingsOf(facts);
  const set = new Set(settings.map((setting) => setting.name));
  for (const { name, place, module, source } of settings) {
    const own = reads.modules.get(module);
    if (own === undefined || !name.includes('_') || isForeignVariable(name)) continue;
    if (own.has(name)) {
      yield { kind: 'pass', subject: place };
      continue;
    }
    if (isRead(facts, name, reads) || mayReadAny(facts, module)) continue;
    const near = [...own.values()].filter((read) => !set.has(read.name) && isNearMiss(name, read.name));
    const [meant] = near;
    if (near.length !== 1 || meant === undefined) continue;
    const hasDefault = facts.lookup('env.default', meant.name).length > 0;
    yield {
      kind: 'fail',
      subject: place,
      message: source === 'env' ? 'file' : 'set',
      args: { name, meant: meant.name },
      related: [{ place: meant.place, message: `${meant.name} is read here.` }],
      ...(hasDefault
        ? { severity: 'medium' as const }
        : SENSITIVE.test(meant.name)
          ? {}
          : { severity: 'high' as const }),
      fixes: [
        {
          title: `Rename ${name} to ${meant.name}`,
          safety: 'suggestion',
          preferred: true,
          edits: [{ kind: 'replaceAt', place, newText: meant.name }],
        },
      ],
    };
  }
  yield* judgePython(facts);
  yield* splitReads(facts, reads);
}

/** Two places of the code that read one setting under two names. */
function* splitReads(facts: FactView, { modules }: Reads): Generator<WorkspaceVerdict> {
  const all = [...modules.values()].flatMap((own) => [...own.values()]);
  const byLetters = new Map<string, EnvRead>();
  for (const read of all) {
    if (isForeignVariable(read.name)) continue;
    const letters = read.name.replaceAll('_', '');
    const first = byLetters.get(letters);
    if (first === undefined) byLetters.set(letters, read);
    // Names that one file reads one after the other are aliases on purpose.
    else if (isSameName(first.name, read.name) && first.place.path !== read.place.path) {
      if (facts.lookup('env.outdated', first.name).length + facts.lookup('env.outdated', read.name).length > 0)
        continue;
      yield {
        kind: 'fail',
        subject: read.place,
        message: 'split',
        args: { name: read.name, other: first.name },
        severity: 'high',
        related: [{ place: first.place, message: `${first.name} is read here.` }],
      };
    }
  }
}

export const rule = defineRule({
  id: 'env-var-mismatch',
  title: 'Deployment sets another name than the code reads',
  category: 'configuration',
  severity: 'critical',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A compose file, an image, a Kubernetes manifest or an env file sets a variable that nothing reads, while the code that it is for reads a variable of almost the same name that nothing sets: a letter more or less, other underscores or order, a synonym (`DATABASE_URL` and `DB_URL`). Or two files of the code read one setting under two names. For Python services of a compose file it also speaks when the code stops without a variable and the service sets one of the same kind that nothing in it reads, and when a client of the project gets its key from a variable of its library in one file and from one of another provider elsewhere. Variables that scripts, templates or libraries read are left out, and so are programs that make names of variables while they run.',
    why: 'The value never arrives. At best the program refuses to start; at worst it runs with a default: without its key, against the wrong database.',
    howToFix: 'Set the variable under the name that the code reads. The fix renames it.',
    refs: ['CWE-1188', 'https://12factor.net/config'],
  },
  messages: {
    set: 'Nothing reads {name}, but the code reads {meant}, which nothing sets; rename it.',
    required: 'Nothing in this service reads {name}, and it stops without {meant}, which is not set; rename it.',
    file: 'Nothing reads {name}, but the code reads {meant}, which no file sets; rename it.',
    client: '{name} is handed to {client}, which gets {meant} elsewhere and is made for that; read {meant}.',
    handed: '{name} is only handed to {client}, which needs {meant}; set {meant}, and read it there.',
    split: '{name} is read here, but other code reads the same setting as {other}; use one name.',
  },
  effort: { each: [5, 20] },
  fix: 'sometimes',
  on: { python: clientDetectors },
  workspace: { partition: 'workspace', reads: ENV_READ_FACTS, judge },
});
