/** Images that are shipped with the compiler that built them. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { allFacts, placeIn } from '../../../knowledge/facts.ts';
import { isBuilder, isDevelopmentFile } from '../../../knowledge/go/deployments.ts';

/** Images that bring a compiler. Interpreters are needed to run what they run. */
const TOOLCHAIN =
  /(?:^|\/)(?:golang|rust|gcc|maven|gradle|haskell|swift|dotnet\/sdk|buildpack-deps|clang|crystallang\/crystal|sbtscala\/scala-sbt)(?::|@|$)/;

export const rule = defineRule({
  id: 'single-stage-build',
  title: 'Image ships its build tools',
  category: 'configuration',
  severity: 'low',
  confidence: 'certain',
  stage: 'stable',
  docs: {
    what: 'A Dockerfile compiles in its last stage, on an image that brings a compiler (golang, rust, gcc, maven and others), and starts the program there. Files for development and tests are left out.',
    why: 'Compiler, package manager, shell and source end up in production: hundreds of megabytes to pull for every new instance, dozens of packages with flaws of their own, and everything an intruder could wish for.',
    howToFix:
      'Name the stage that builds (`FROM golang:1.24 AS build`) and copy the result into a small image: `FROM gcr.io/distroless/static:nonroot`, `COPY --from=build /app /app`.',
    refs: ['https://docs.docker.com/build/building/multi-stage/'],
  },
  messages: {
    single: 'This image ships with the compiler of {base}; build in a stage of its own and copy the result.',
  },
  effort: { each: [10, 40] },
  fix: 'none',
  on: {},
  workspace: {
    partition: 'workspace',
    reads: ['image.file'],
    *judge(facts) {
      for (const image of allFacts(facts, 'image.file')) {
        const { root, compiles, command, entrypoint, stages } = image.value;
        if (facts.role(image.place.path) !== 'production' || isDevelopmentFile(image.place.path)) continue;
        if (isBuilder(image)) continue;
        if ((command ?? entrypoint) === null || root === '') continue;
        const subject = placeIn(image, stages.at(-1)!);
        if (compiles && TOOLCHAIN.test(root)) yield { kind: 'fail', subject, message: 'single', args: { base: root } };
        else if (stages.some((stage) => TOOLCHAIN.test(stage.base)) && !TOOLCHAIN.test(root))
          yield { kind: 'pass', subject };
      }
    },
  },
});
