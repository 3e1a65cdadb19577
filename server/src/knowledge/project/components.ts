/**
 * The parts of a workspace that are built and run by themselves: folders with a manifest, joined with the images, compose
 * services and workloads that run them. Looks at facts and manifests only; it grades nothing.
 */
import type { ComponentKind, ComponentPart, DeclaredComponent } from '../../core/model/component.ts';
import { directoryOf } from '../../core/model/path.ts';
import type { Fact } from '../../core/model/verdict.ts';

/** What is known of the workspace. */
export interface Workspace {
  /** Paths of all files. */
  readonly paths: readonly string[];
  textOf(path: string): string | undefined;
  facts(name: string): readonly Fact[];
}

const MANIFEST =
  /(?:^|\/)(?:go\.mod|Cargo\.toml|package\.json|pyproject\.toml|setup\.py|requirements\.txt|pom\.xml|build\.gradle(?:\.kts)?|composer\.json|Gemfile)$/;
const FRONTEND =
  /"(?:react|react-dom|vue|svelte|preact|solid-js|next|nuxt|vite|lit|@angular\/core|@sveltejs\/kit)"\s*:/;
const CODE = /\.(?:go|rs|py|ts|js|java|kt|rb|php|cs)$/;
/** Folders whose manifests are no parts of the product. */
const APART = /(?:^|\/)(?:testdata|fixtures|examples?|samples?|vendor|third_party|node_modules|e2e|tests?)\//;

interface Draft {
  readonly path: string;
  readonly manifests: string[];
  readonly runs: string[];
  readonly images: Set<string>;
  readonly kinds: Set<'service' | 'job'>;
}

/** The components in the order of their folders. `declared` adds to what is found, and corrects it. */
export function componentsOf(workspace: Workspace, declared: readonly DeclaredComponent[]): readonly ComponentPart[] {
  const drafts = new Map<string, Draft>();
  const draft = (path: string): Draft => {
    const known = drafts.get(path) ?? { path, manifests: [], runs: [], images: new Set(), kinds: new Set() };
    drafts.set(path, known);
    return known;
  };
  for (const path of workspace.paths) {
    if (MANIFEST.test(path) && !APART.test(path)) draft(directoryOf(path)).manifests.push(path);
  }
  for (const { path } of declared) draft(path);
  /** The component that holds a folder. */
  const holder = (folder: string): Draft | undefined => {
    for (let at = folder; ; at = directoryOf(at)) {
      const found = drafts.get(at);
      if (found !== undefined || at === '') return found;
    }
  };
  joinImages(workspace, draft, holder);
  joinDeployments(workspace, drafts, holder);
  for (const { place } of workspace.facts('http.server')) {
    if (!APART.test(place.path)) holder(directoryOf(place.path))?.kinds.add('service');
  }
  const mains = new Set(
    workspace
      .facts('go.main')
      .flatMap(({ place }) => (APART.test(place.path) ? [] : (holder(directoryOf(place.path)) ?? []))),
  );
  return [...drafts.values()]
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map((each): ComponentPart => {
      const own = declared.find(({ path }) => path === each.path);
      const kind = own?.kind ?? kindOf(each, mains.has(each), workspace);
      return {
        path: each.path,
        name: own?.name ?? nameOf(each, workspace),
        kind,
        criticality: own?.criticality ?? (kind === 'service' ? 'critical' : 'normal'),
        manifests: each.manifests,
        runs: [...new Set(each.runs)].sort(),
      };
    });
}

/** A Dockerfile belongs to the component around it, or makes its folder one. */
function joinImages(
  workspace: Workspace,
  draft: (path: string) => Draft,
  holder: (folder: string) => Draft | undefined,
): void {
  for (const { place } of workspace.facts('image.file')) {
    if (APART.test(place.path)) continue;
    const folder = directoryOf(place.path);
    const hasCode = workspace.paths.some((path) => path.startsWith(`${folder}/`) && CODE.test(path));
    const owner = holder(folder) ?? (hasCode ? draft(folder) : undefined);
    owner?.runs.push(place.path);
  }
}

function joinDeployments(
  workspace: Workspace,
  drafts: ReadonlyMap<string, Draft>,
  holder: (folder: string) => Draft | undefined,
): void {
  for (const { key, place, value } of workspace.facts('compose.service')) {
    const { build, image, ports } = value as unknown as ComposeService;
    const owner = build === null ? ownerOfImage(image, drafts) : holder(joined(directoryOf(place.path), build.context));
    if (owner === undefined || APART.test(place.path)) continue;
    owner.runs.push(`compose: ${key}`);
    if (image !== '') owner.images.add(imageName(image));
    if (ports.length > 0) owner.kinds.add('service');
  }
  const selected = workspace
    .facts('kubernetes.service')
    .map(({ value }) => (value as unknown as KubernetesService).selector);
  for (const { key, place, value } of workspace.facts('kubernetes.workload')) {
    const { kind, labels, containers } = value as unknown as KubernetesWorkload;
    for (const { image } of containers) {
      const owner = ownerOfImage(image, drafts);
      if (owner === undefined || APART.test(place.path)) continue;
      owner.runs.push(`${kind}: ${key === '' ? imageName(image) : key}`);
      const isSelected = selected.some(
        (selector) =>
          Object.keys(selector).length > 0 && Object.entries(selector).every(([name, text]) => labels[name] === text),
      );
      if (/^(?:Cron)?Job$/.test(kind)) owner.kinds.add('job');
      else if (isSelected) owner.kinds.add('service');
    }
  }
}

interface ComposeService {
  readonly image: string;
  readonly build: { readonly context: string } | null;
  readonly ports: readonly unknown[];
}
interface KubernetesService {
  readonly selector: Readonly<Record<string, string>>;
}
interface KubernetesWorkload {
  readonly kind: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly containers: readonly { readonly image: string }[];
}

/** The component whose image it is: by what compose says, or by the name of its folder. */
function ownerOfImage(image: string, drafts: ReadonlyMap<string, Draft>): Draft | undefined {
  const name = imageName(image);
  if (name === '') return undefined;
  const all = [...drafts.values()];
  return all.find(({ images }) => images.has(name)) ?? all.find(({ path }) => path.split('/').at(-1) === name);
}

/** The last word of an image: `registry/team/checkout:1.2` is `checkout`. */
function imageName(image: string): string {
  return image.replace(/@.*$/, '').split('/').at(-1)!.replace(/:.*$/, '').toLowerCase();
}

/** A path below a folder, with its dots resolved. */
function joined(folder: string, path: string): string {
  const parts = folder === '' ? [] : folder.split('/');
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

function kindOf({ kinds, manifests, runs }: Draft, hasMain: boolean, workspace: Workspace): ComponentKind {
  const isScript = manifests.length > 0 && manifests.every((path) => path.endsWith('package.json'));
  // What a server only hands out runs at the user's.
  if (isScript && manifests.some((path) => FRONTEND.test(workspace.textOf(path) ?? ''))) return 'frontend';
  if (kinds.has('service')) return 'service';
  return kinds.has('job') || hasMain || runs.length > 0 ? 'job' : 'library';
}

/** Folders that say nothing about what is in them. */
const LAYOUT = new Set(['src', 'app', 'source', 'code', 'main']);

/** The name that the manifest gives, without what tells whose it is; else that of the folder, which is empty for the root. */
function nameOf({ path, manifests }: Draft, workspace: Workspace): string {
  const patterns: readonly (readonly [RegExp, RegExp])[] = [
    [/go\.mod$/, /^module\s+"?([^\s"]+)/m],
    [/package\.json$/, /"name"\s*:\s*"([^"]+)"/],
    [/(?:Cargo|pyproject)\.toml$/, /^name\s*=\s*"([^"]+)"/m],
  ];
  for (const [file, pattern] of patterns) {
    const manifest = manifests.find((each) => file.test(each));
    const name = manifest === undefined ? undefined : pattern.exec(workspace.textOf(manifest) ?? '')?.[1];
    const last = name
      ?.replace(/\/v\d+$/, '')
      .split('/')
      .at(-1);
    if (last !== undefined && last !== '') return last;
  }
  const folders = path.split('/').filter((folder) => folder !== '');
  return folders.findLast((folder) => !LAYOUT.has(folder)) ?? folders.at(-1) ?? '';
}
