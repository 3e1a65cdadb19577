/**
 * Puts images, compose files and manifests together with the Go programs that they run. Only what files say is used: an
 * image belongs to a program when it builds it, or when it is the only program of its module. Anything else stays
 * unknown, and judges say nothing about it.
 */
import { directoryOf } from '../../core/model/path.ts';
import type { FactView } from '../../core/rulekit/rule.ts';
import { allFacts, type TypedFact } from '../facts.ts';
import { isDeployedPath } from './services.ts';

export type Image = TypedFact<'image.file'>;
export type ComposeService = TypedFact<'compose.service'>;
export type Workload = TypedFact<'kubernetes.workload'>;

/** Joins and normalises workspace paths; null when the result lies outside of the workspace. */
export function joinPath(...parts: readonly string[]): string | null {
  const segments: string[] = [];
  for (const segment of parts.join('/').split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment !== '..') segments.push(segment);
    else if (segments.pop() === undefined) return null;
  }
  return segments.join('/');
}

/** Files for development, tests and demonstrations say nothing about what is deployed. */
export function isDevelopmentFile(path: string): boolean {
  return (
    !isDeployedPath(path) ||
    /(?:^|[/._-])(?:dev|devel|development|devcontainer|local|test|tests|testing|e2e|ci|example|examples|sample|override|debug|bench|hack)(?=[/._-]|$)/i.test(
      path,
    )
  );
}

/** What an image starts that makes packages and programs instead of being one. */
const BUILDS =
  /^(?:(?:build|package|release|compile)[\w-]*\.(?:sh|bash|py)|rpmbuild|debuild|dpkg-buildpackage|goreleaser)$/;

/** Whether an image is a workshop: it starts a script that builds something, and nobody runs it otherwise. */
export function isBuilder({ value: { command, entrypoint } }: Image): boolean {
  const words = [...(entrypoint?.words ?? []), ...(command?.words ?? [])];
  const program = words.find((word) => !/^(?:\/\S*\/)?(?:env|sh|bash|ash|tini|exec|--|-\w+)$/.test(word));
  return BUILDS.test(program?.slice(program.lastIndexOf('/') + 1) ?? '');
}

/** The nearest module around a directory, or null. */
export function moduleAround(facts: FactView, directory: string): TypedFact<'go.module'> | null {
  let best: TypedFact<'go.module'> | null = null;
  for (const module of allFacts(facts, 'go.module')) {
    const root = module.value.directory;
    if (root !== '' && directory !== root && !directory.startsWith(`${root}/`)) continue;
    if (best === null || root.length > best.value.directory.length) best = module;
  }
  return best;
}

const OTHER_LANGUAGE =
  /(?:^|\/)(?:node|python|ruby|php|openjdk|eclipse-temurin|maven|gradle|rust|dotnet|nginx|postgres|redis|mysql)(?::|$|-)/;

/** The module whose programs an image runs, or null when it is no image of Go programs or not known. */
export function moduleOfImage(facts: FactView, image: Image): TypedFact<'go.module'> | null {
  const { directory, stages, goBuilds } = image.value;
  const buildsGo = goBuilds.length > 0 || stages.some((stage) => /(?:^|\/)golang(?::|$)/.test(stage.base));
  const last = stages.at(-1)!;
  if (!buildsGo && (last.parent >= 0 || OTHER_LANGUAGE.test(last.base))) return null;
  const around = moduleAround(facts, directory);
  if (around !== null) return around;
  const modules = allFacts(facts, 'go.module').filter((module) => facts.role(module.place.path) === 'production');
  return buildsGo && modules.length === 1 ? modules[0]! : null;
}

/** The image that a service of a compose file builds; null when it builds none or its file is not there. */
export function imageOfService(facts: FactView, service: ComposeService): Image | null {
  const { build } = service.value;
  if (build === null) return null;
  const path = joinPath(directoryOf(service.place.path), build.context, build.dockerfile);
  if (path === null) return null;
  return (facts.lookup('image.file', path)[0] as Image | undefined) ?? null;
}

/** Directory of the main package that an image runs; null when the image does not tell. */
export function mainOfImage(facts: FactView, image: Image): string | null {
  const module = moduleOfImage(facts, image);
  if (module === null) return null;
  const root = module.value.directory;
  const mains = allFacts(facts, 'go.main').filter(
    ({ key, place }) => facts.role(place.path) === 'production' && moduleAround(facts, key)?.value.directory === root,
  );
  const built = new Set(
    image.value.goBuilds.flatMap((target) => {
      const plain = target.replace(/\/?[\w-]+\.go$/, '');
      const relative = joinPath(root, plain.startsWith(`${module.key}/`) ? plain.slice(module.key.length + 1) : plain);
      return relative !== null && mains.some((main) => main.key === relative) ? [relative] : [];
    }),
  );
  if (built.size > 0) return built.size === 1 ? [...built][0]! : null;
  const deployed = mains.filter((main) => isDeployedPath(main.place.path));
  return deployed.length === 1 ? deployed[0]!.key : null;
}
