/**
 * Services of compose files and images that run Python code: what is set for each of them, beside what the files read
 * that its command reaches. A variable that the code cannot do without is missed when the service sets another one in its
 * place. Arguments of a build are gone when the program runs, so they are not looked at.
 */
import type { Place } from '../../../core/model/location.ts';
import { directoryOf } from '../../../core/model/path.ts';
import type { Fix, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import type { FactView } from '../../../core/rulekit/rule.ts';
import { allFacts, placeIn } from '../../../knowledge/facts.ts';
import { imageOfService, isDevelopmentFile } from '../../../knowledge/go/deployments.ts';
import { type EnvRead, envReads } from '../../../knowledge/project/envReads.ts';
import { isForeignVariable } from '../../../knowledge/project/platformVariables.ts';
import { entryOfImage, entryOfService, reachedFrom } from '../../../knowledge/python/entryPoints.ts';
import { isSameKind, type WrongRead, wrongReads } from './clients.ts';
import { isNearMiss } from './similar.ts';

interface Code {
  readonly files: ReadonlySet<string>;
  readonly reads: ReadonlyMap<string, EnvRead>;
  /** Variables without which the program stops. */
  readonly required: ReadonlySet<string>;
  readonly automatic: boolean;
  /** Reads of a variable that is none of the client's which gets it. */
  readonly wrong: readonly WrongRead[];
}

function codeOf(facts: FactView, entry: string): Code {
  const files = reachedFrom(facts, [entry]);
  const wrong = facts.derive(wrongReads).filter(({ place }) => files.has(place.path));
  const reads = new Map<string, EnvRead>();
  for (const read of envReads(facts)) {
    if (read.via === 'compose' || !files.has(read.place.path) || reads.has(read.name)) continue;
    if (wrong.some(({ variable, place }) => variable === read.name && place.path === read.place.path)) continue;
    if (read.via !== 'main' || read.place.path === entry) reads.set(read.name, read);
  }
  const required = new Set(facts.all('env.required').flatMap(({ key, place }) => (files.has(place.path) ? [key] : [])));
  const automatic = facts.all('env.automatic').some(({ place }) => files.has(place.path));
  return { files, reads, required, automatic, wrong };
}

/** A rename of a setting where it stands. */
function renaming(place: Place, name: string, meant: string): readonly Fix[] {
  return [
    {
      title: `Rename ${name} to ${meant}`,
      safety: 'suggestion',
      preferred: true,
      edits: [{ kind: 'replaceAt', place, newText: meant }],
    },
  ];
}

/** Reads of a variable that belongs to another library than the client which gets it. */
function* judgeReads(facts: FactView): Generator<WorkspaceVerdict> {
  for (const { client, variable, place, meant } of facts.derive(wrongReads)) {
    yield {
      kind: 'fail',
      subject: place,
      message: 'client',
      args: { name: variable, client, meant: meant.variable },
      related: [{ place: meant.place, message: `${client} gets ${meant.variable} here.` }],
      fixes: renaming(place, variable, meant.variable),
    };
  }
}

/** What compose files and images set for Python programs under another name than their code reads. */
export function* judgePython(facts: FactView): Generator<WorkspaceVerdict> {
  yield* judgeReads(facts);
  const served = new Map<string, Code>();
  const set = new Set<string>();
  const failed = new Map<string, string>();
  const handed = new Map<string, WrongRead>();
  for (const service of allFacts(facts, 'compose.service')) {
    const { environment, envFiles, extended } = service.value;
    if (isDevelopmentFile(service.place.path) || facts.role(service.place.path) !== 'production') continue;
    const entry = entryOfService(facts, service);
    if (entry === null) continue;
    const code = served.get(entry) ?? codeOf(facts, entry);
    served.set(entry, code);
    for (const { name } of environment) set.add(name);
    if (code.automatic || extended || envFiles.length > 0) continue;
    const own = new Set(environment.map(({ name }) => name));
    const missing = [...code.reads.values()].filter(({ name }) => !own.has(name) && !isForeignVariable(name));
    for (const { name, start, end } of environment) {
      const place = placeIn(service, { start, end });
      if (code.reads.has(name)) {
        yield { kind: 'pass', subject: place };
        continue;
      }
      const wrong = code.wrong.find(({ variable }) => variable === name);
      if (wrong !== undefined && !own.has(wrong.meant.variable)) {
        handed.set(name, wrong);
        yield handedTo(wrong, place, renaming(place, name, wrong.meant.variable));
        continue;
      }
      if (isForeignVariable(name) || !name.includes('_') || isNamedIn(facts, name, code)) continue;
      const near = missing.filter((read) => isNearMiss(name, read.name));
      const needed = missing.filter((read) => code.required.has(read.name) && isSameKind(name, read.name));
      const [meant] = near.length > 0 ? near : needed;
      if (meant === undefined || (near.length > 0 ? near : needed).length !== 1) continue;
      failed.set(name, meant.name);
      const hasDefault = facts.lookup('env.default', meant.name).length > 0;
      yield {
        kind: 'fail',
        subject: place,
        message: near.length > 0 ? 'set' : 'required',
        args: { name, meant: meant.name },
        related: [{ place: meant.place, message: `${meant.name} is read here.` }],
        ...(hasDefault ? { severity: 'medium' as const } : {}),
        fixes: renaming(place, name, meant.name),
      };
    }
  }
  yield* judgeFiles(facts, served, set, failed, handed);
  yield* judgeImages(facts);
}

/** A setting whose only use is to be handed to a client that needs another one. */
function handedTo({ client, variable, place, meant }: WrongRead, subject: Place, fixes: readonly Fix[]) {
  return {
    kind: 'fail',
    subject,
    message: 'handed',
    args: { name: variable, client, meant: meant.variable },
    related: [{ place, message: `${variable} is handed to ${client} here.` }],
    fixes,
  } satisfies WorkspaceVerdict;
}

/** What an image sets under almost the name that its program reads, while nothing in the workspace sets that one. */
function* judgeImages(facts: FactView): Generator<WorkspaceVerdict> {
  const services = allFacts(facts, 'compose.service');
  let everywhere: ReadonlySet<string> | null = null;
  for (const image of allFacts(facts, 'image.file')) {
    const { env } = image.value;
    if (env.length === 0 || isDevelopmentFile(image.place.path) || facts.role(image.place.path) !== 'production')
      continue;
    const entry = entryOfImage(facts, image);
    if (entry === null) continue;
    const code = codeOf(facts, entry);
    const isOpen = services.some(
      (service) => service.value.envFiles.length > 0 && imageOfService(facts, service)?.key === image.key,
    );
    if (code.automatic || isOpen) continue;
    everywhere ??= new Set([
      ...services.flatMap(({ value }) => value.environment.map(({ name }) => name)),
      ...allFacts(facts, 'image.file').flatMap(({ value }) => value.env.map(({ name }) => name)),
      ...allFacts(facts, 'kubernetes.workload').flatMap(({ value }) =>
        value.containers.flatMap(({ environment }) => environment.map(({ name }) => name)),
      ),
    ]);
    for (const { name, start, end } of env) {
      const place = placeIn(image, { start, end });
      if (code.reads.has(name)) {
        yield { kind: 'pass', subject: place };
        continue;
      }
      if (isForeignVariable(name) || !name.includes('_') || isReadAnywhere(facts, name)) continue;
      const near = [...code.reads.values()].filter(
        (read) => isNearMiss(name, read.name) && !isForeignVariable(read.name),
      );
      const [meant] = near;
      if (meant === undefined || near.length > 1) continue;
      if (everywhere.has(meant.name) || facts.lookup('env.documented', meant.name).length > 0) continue;
      const hasDefault = facts.lookup('env.default', meant.name).length > 0;
      yield {
        kind: 'fail',
        subject: place,
        message: 'set',
        args: { name, meant: meant.name },
        related: [{ place: meant.place, message: `${meant.name} is read here.` }],
        severity: hasDefault ? 'medium' : 'high',
        fixes: renaming(place, name, meant.name),
      };
    }
  }
}

/** Whether any code, script or file of the deployment reads a variable or knows its name. */
function isReadAnywhere(facts: FactView, name: string): boolean {
  return ['env.read', 'env.named', 'env.other-read', 'env.tag'].some((fact) => facts.lookup(fact, name).length > 0);
}

/** Example files that show the name which the compose file sets in vain. */
function* judgeFiles(
  facts: FactView,
  served: ReadonlyMap<string, Code>,
  set: ReadonlySet<string>,
  failed: ReadonlyMap<string, string>,
  handed: ReadonlyMap<string, WrongRead>,
): Generator<WorkspaceVerdict> {
  const files = new Map(facts.all('env.file').map((file) => [file.key, file.value as { readonly kind: string }]));
  const all = new Map([...failed, ...[...handed].map(([name, { meant }]) => [name, meant.variable] as const)]);
  for (const [name, meant] of all) {
    // Another service may need the name as it is.
    if ([...served.values()].some(({ reads }) => reads.has(name)) || set.has(meant)) continue;
    for (const fact of facts.lookup('env.documented', name)) {
      const file = files.get(fact.place.path);
      if (file === undefined || file.kind === 'test') continue;
      const directory = directoryOf(fact.place.path);
      const isAround = [...served.keys()].some((entry) => directory === '' || entry.startsWith(`${directory}/`));
      const isListed = facts.lookup('env.documented', meant).some(({ place }) => place.path === fact.place.path);
      if (!isAround || isListed || (fact.value as { readonly lines?: unknown }).lines === undefined) continue;
      const wrong = handed.get(name);
      if (wrong !== undefined) yield { ...handedTo(wrong, fact.place, []), severity: 'medium' };
      else {
        yield {
          kind: 'fail',
          subject: fact.place,
          message: 'file',
          args: { name, meant },
          severity: 'medium',
          fixes: [],
        };
      }
    }
  }
}

function isNamedIn(facts: FactView, name: string, { files }: Code): boolean {
  return facts.lookup('env.named', name).some(({ place }) => files.has(place.path));
}
