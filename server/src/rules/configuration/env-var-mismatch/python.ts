/**
 * Services of compose files that run Python code: what is set for each of them, beside what the files read that its
 * command reaches. A variable that the code cannot do without is missed when the service sets another one in its place.
 */
import { directoryOf } from '../../../core/model/path.ts';
import type { WorkspaceVerdict } from '../../../core/model/verdict.ts';
import type { FactView } from '../../../core/rulekit/rule.ts';
import { allFacts, placeIn } from '../../../knowledge/facts.ts';
import { isDevelopmentFile } from '../../../knowledge/go/deployments.ts';
import { type EnvRead, envReads } from '../../../knowledge/project/envReads.ts';
import { isForeignVariable } from '../../../knowledge/project/platformVariables.ts';
import { entryOfService, reachedFrom } from '../../../knowledge/python/entryPoints.ts';
import { isNearMiss } from './similar.ts';

interface Code {
  readonly files: ReadonlySet<string>;
  readonly reads: ReadonlyMap<string, EnvRead>;
  /** Variables without which the program stops. */
  readonly required: ReadonlySet<string>;
  readonly automatic: boolean;
}

function codeOf(facts: FactView, entry: string): Code {
  const files = reachedFrom(facts, entry);
  const reads = new Map<string, EnvRead>();
  for (const read of envReads(facts)) {
    if (read.via === 'compose' || !files.has(read.place.path) || reads.has(read.name)) continue;
    if (read.via !== 'main' || read.place.path === entry) reads.set(read.name, read);
  }
  const required = new Set(facts.all('env.required').flatMap(({ key, place }) => (files.has(place.path) ? [key] : [])));
  const automatic = facts.all('env.automatic').some(({ place }) => files.has(place.path));
  return { files, reads, required, automatic };
}

/** Whether two names end the same, so that one may stand in the place of the other: `A_API_KEY` and `B_API_KEY`. */
function isSameKind(a: string, b: string): boolean {
  const kind = /(?:API_KEY|SECRET_KEY|ACCESS_KEY|TOKEN|PASSWORD|DATABASE_URL|REDIS_URL|DSN)$/.exec(a)?.[0];
  return kind !== undefined && b.endsWith(kind);
}

/** What compose files set for Python services under another name than their code reads. */
export function* judgePython(facts: FactView): Generator<WorkspaceVerdict> {
  const served = new Map<string, Code>();
  const set = new Set<string>();
  const failed = new Map<string, string>();
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
  }
  yield* judgeFiles(facts, served, set, failed);
}

/** Example files that show the name which the compose file sets in vain. */
function* judgeFiles(
  facts: FactView,
  served: ReadonlyMap<string, Code>,
  set: ReadonlySet<string>,
  failed: ReadonlyMap<string, string>,
): Generator<WorkspaceVerdict> {
  const files = new Map(facts.all('env.file').map((file) => [file.key, file.value as { readonly kind: string }]));
  for (const [name, meant] of failed) {
    // Another service may need the name as it is.
    if ([...served.values()].some(({ reads }) => reads.has(name)) || set.has(meant)) continue;
    for (const fact of facts.lookup('env.documented', name)) {
      const file = files.get(fact.place.path);
      if (file === undefined || file.kind === 'test') continue;
      const directory = directoryOf(fact.place.path);
      const isAround = [...served.keys()].some((entry) => directory === '' || entry.startsWith(`${directory}/`));
      const isListed = facts.lookup('env.documented', meant).some(({ place }) => place.path === fact.place.path);
      if (!isAround || isListed || (fact.value as { readonly lines?: unknown }).lines === undefined) continue;
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

function isNamedIn(facts: FactView, name: string, { files }: Code): boolean {
  return facts.lookup('env.named', name).some(({ place }) => files.has(place.path));
}
