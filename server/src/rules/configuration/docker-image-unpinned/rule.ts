/** Images that are used without a version, so that each build or start may take another one. */
import type { Verdict } from '../../../core/model/verdict.ts';
import { defineRule, type TextDetector } from '../../../core/rulekit/rule.ts';
import { hasNoVersions, isFloatingTag, isOwnName } from '../../../formats/imageReference.ts';
import {
  imagesOfCompose,
  imagesOfDockerfile,
  imagesOfManifests,
  imagesOfWorkflow,
  type UsedImage,
} from '../../../formats/images.ts';
import { isDevelopmentFile } from '../../../knowledge/go/deployments.ts';
import { judgeBuilds } from './builds.ts';

function* judge(images: readonly UsedImage[], minor: boolean, untagged = true): Generator<Verdict> {
  const severity = minor ? { severity: 'low' as const } : {};
  for (const { reference, span } of images) {
    const { name, tag, digest } = reference;
    if (digest !== '' || !isFloatingTag(tag, name)) yield { kind: 'pass', subject: span };
    else if (!hasNoVersions(reference) && (tag !== '' || untagged))
      yield {
        kind: 'fail',
        subject: span,
        message: tag === '' ? 'none' : 'floating',
        args: { name, tag },
        ...severity,
      };
  }
}

const dockerfiles: TextDetector = {
  text: true,
  triggers: ['FROM', 'from'],
  *check(text, ctx) {
    const images = imagesOfDockerfile(text).filter(({ reference }) => !isOwnName(reference));
    yield* judge(images, isDevelopmentFile(ctx.file.path));
  },
};

const compose: TextDetector = {
  text: true,
  triggers: ['image:'],
  *check(text, ctx) {
    yield* judge(imagesOfCompose(text), isDevelopmentFile(ctx.file.path));
  },
};

const manifests: TextDetector = {
  text: true,
  triggers: ['apiVersion:'],
  *check(text, ctx) {
    // Tools put the tag behind a name without one before they apply the manifest.
    if (text.includes('image:')) yield* judge(imagesOfManifests(text), isDevelopmentFile(ctx.file.path), false);
  },
};

/** What only tests talk to weighs less than what builds. */
const workflows: TextDetector = {
  text: true,
  triggers: ['image:', 'container:', 'docker://', 'docker build', 'docker buildx'],
  *check(text) {
    for (const image of imagesOfWorkflow(text)) yield* judge([image], image.by === 'service');
    yield* judgeBuilds(text);
  },
};

export const rule = defineRule({
  id: 'docker-image-unpinned',
  title: 'Image without a fixed version',
  category: 'configuration',
  severity: 'medium',
  confidence: 'certain',
  stage: 'stable',
  docs: {
    what: 'A Dockerfile builds on an image without a tag, or with one that names no version (`latest`, `stable`, `alpine`, `lts-slim`, the release of the system below as in `python:slim-bookworm`), also as the default of an argument; or a compose service, a Kubernetes container or a job of a GitHub workflow runs such an image, or a workflow gives an image that it builds no other tag. A digest fixes the image whatever the tag says. Stages, images that the compose file builds, variables without a default, names of build contexts and images that are published without versions are left out; files for development and services of test jobs weigh less.',
    why: 'Two builds of the same commit differ. One day the base is another major version, and the build that has to go out because of an incident is the first that meets it.',
    howToFix:
      'Name the version that was tested (`python:3.12-slim`, `redis:7.2`), and let a bot raise it in a change of its own.',
    refs: ['CWE-1357', 'hadolint DL3006', 'hadolint DL3007'],
  },
  messages: {
    none: '{name} has no tag, so that any version may be used; name one.',
    built:
      'The image gets no tag but {tag}, so that nobody can tell or take back which commit runs; add one that names the commit.',
    floating: 'Tag {tag} of {name} names no version and moves with each release; name one.',
  },
  effort: { each: [2, 10] },
  fix: 'none',
  on: { dockerfile: [dockerfiles], compose: [compose], yaml: [manifests], workflow: [workflows] },
});
