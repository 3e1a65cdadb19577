/** Images with a version but without a digest. A matter of taste for most projects: it neither scores nor gates. */
import type { Verdict } from '../../../core/model/verdict.ts';
import { defineRule, type TextDetector } from '../../../core/rulekit/rule.ts';
import { isFloatingTag } from '../../../formats/imageReference.ts';
import { imagesOfCompose, imagesOfDockerfile, type UsedImage } from '../../../formats/images.ts';
import { isDevelopmentFile } from '../../../knowledge/go/deployments.ts';

function* judge(images: readonly UsedImage[], path: string): Generator<Verdict> {
  if (isDevelopmentFile(path)) return;
  // Somebody who fixes some digests means all of them; where nobody does, it is no decision of this file.
  const fixesSome = images.some(({ reference }) => reference.digest !== '');
  for (const { reference, span } of images) {
    if (reference.digest !== '') yield { kind: 'pass', subject: span };
    else if (fixesSome && !isFloatingTag(reference.tag))
      yield { kind: 'fail', subject: span, message: 'digest', args: { image: `${reference.name}:${reference.tag}` } };
  }
}

const dockerfiles: TextDetector = {
  text: true,
  triggers: ['@sha256:'],
  *check(text, ctx) {
    yield* judge(imagesOfDockerfile(text), ctx.file.path);
  },
};

const compose: TextDetector = {
  text: true,
  triggers: ['@sha256:'],
  *check(text, ctx) {
    yield* judge(imagesOfCompose(text), ctx.file.path);
  },
};

export const rule = defineRule({
  id: 'docker-digest-unpinned',
  title: 'Image without a digest among images with one',
  category: 'configuration',
  severity: 'low',
  confidence: 'certain',
  stage: 'preview',
  docs: {
    what: 'A Dockerfile or compose file fixes some of its images by digest and uses another one by its tag alone. Files that use no digest at all are left out: whether to use them is for the project to decide.',
    why: 'A tag can be moved to other content at any time, by mistake or by whoever gets hold of the account. The image without a digest undoes what the digests of the others are for.',
    howToFix:
      'Put the digest behind the tag (`docker buildx imagetools inspect name:tag` prints it), and let a bot update both together.',
    refs: ['CWE-1357', 'OpenSSF Scorecard Pinned-Dependencies'],
  },
  messages: {
    digest: 'Other images of this file have a digest, but {image} may change; put its digest behind the tag.',
  },
  effort: { each: [2, 10] },
  fix: 'none',
  on: { dockerfile: [dockerfiles], compose: [compose] },
});
