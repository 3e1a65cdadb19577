/** References of container images (`registry/name:tag@digest`) and what their tags promise. Nothing is looked up. */

export interface ImageReference {
  /** Registry and path. */
  readonly name: string;
  /** '' without one. */
  readonly tag: string;
  readonly digest: string;
}

/** Reads a reference without variables; null when it is none. */
export function readImageReference(text: string): ImageReference | null {
  const match = /^((?:[\w.-]+(?::\d+)?\/)?[\w.-]+(?:\/[\w.-]+)*)(?::([\w][\w.-]*))?(?:@(sha256:[\da-f]+))?$/.exec(text);
  if (match === null) return null;
  return { name: match[1]!, tag: match[2] ?? '', digest: match[3] ?? '' };
}

/** Words that name no version: a tag of such words alone moves with every release. */
const FLOATING =
  /^(?:latest|stable|edge|nightly|lts|current|rolling|mainline|main|master|head|canary|next|dev|develop|development|unstable|testing|beta|release|alpine|slim|debian|ubuntu|perl|fpm|apache|cli|jdk|jre|musl|full|minimal|base|runtime|prod|production)$/i;

/** Whether a tag names no version at all, so that it means something else after each release; '' counts as `latest`. */
export function isFloatingTag(tag: string): boolean {
  return tag === '' || tag.split(/[-_.]/).every((word) => FLOATING.test(word));
}

/** Images that are published without versions, for which a digest is the only way to fix one. */
export function hasNoVersions({ name, tag }: ImageReference): boolean {
  return /^cgr\.dev\/|(?:^|\/)distroless\/[\w-]+-debian\d+$/.test(name) || /nonroot|debug/.test(tag);
}
