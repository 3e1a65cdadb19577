/**
 * Images whose Go or Python is older than what the manifest of the project asks for, and tags of official images whose form
 * none of them has ever had. Registries are not asked.
 */
import { directoryOf } from '../../../core/model/path.ts';
import type { FailVerdict, Fix, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView, fact, type TextDetector } from '../../../core/rulekit/rule.ts';
import { expandVariables, readDockerfile } from '../../../formats/dockerfile.ts';
import { readImageReference } from '../../../formats/imageReference.ts';
import { readToml } from '../../../formats/toml.ts';
import { moduleAround } from '../../../knowledge/go/deployments.ts';

/** Key: path of the Dockerfile. A stage that builds or installs the project with the language of its base. */
const BASE = 'unusable-base-image.base';
type Base = {
  readonly language: 'go' | 'python';
  readonly version: string;
  readonly tag: string;
  readonly fixable: boolean;
};

/** Key: directory of a pyproject.toml. */
const PYTHON = 'unusable-base-image.python';

const NAMES: Readonly<Record<string, Base['language']>> = { golang: 'go', python: 'python' };

const RELEASE = '(?:jessie|stretch|buster|bullseye|bookworm|trixie|forky|sid|stable|testing|unstable|oldstable)';
/** Official images that write the release before `slim`, and those that write it behind. */
const SLIM_LAST = new Set(['debian', 'node']);
const SLIM_FIRST = new Set(['python', 'rust', 'ruby', 'perl']);
/** Official images that have no such variants. */
const WITHOUT: Readonly<Record<string, RegExp>> = {
  debian: /^slim$|alpine/,
  ubuntu: /slim|alpine/,
  alpine: /slim/,
  golang: /slim/,
};

/** The tag that was meant instead of one that cannot be: null when the form is fine, '' when nothing is near. */
function meantTag(image: string, tag: string): string | null {
  if (WITHOUT[image]?.test(tag) === true) return '';
  const wrong = SLIM_LAST.has(image)
    ? new RegExp(`^(.*-)?slim-(${RELEASE})$`).exec(tag)
    : SLIM_FIRST.has(image)
      ? new RegExp(`^(.*-)?(${RELEASE})-slim$`).exec(tag)
      : null;
  if (wrong === null) return null;
  return `${wrong[1] ?? ''}${SLIM_LAST.has(image) ? `${wrong[2]}-slim` : `slim-${wrong[2]}`}`;
}

function badTag(image: string, tag: string, base: { text: string; start: number; end: number }): FailVerdict | null {
  const meant = meantTag(image, tag);
  if (meant === null) return null;
  const end = base.start + base.text.length;
  const isWritten = meant !== '' && base.text.endsWith(`:${tag}`);
  return {
    kind: 'fail',
    subject: { start: base.start, end: base.end },
    message: meant === '' ? 'variant' : 'form',
    args: { image, tag, meant },
    fixes: isWritten
      ? [
          {
            title: `Use ${image}:${meant}`,
            safety: 'suggestion',
            preferred: true,
            edits: [{ kind: 'replace', span: { start: end - tag.length, end }, newText: meant }],
          },
        ]
      : [],
  };
}

const dockerfiles: TextDetector = {
  text: true,
  triggers: ['golang', 'python', 'debian', 'ubuntu', 'alpine', 'node', 'rust', 'ruby', 'perl'],
  *check(source, ctx) {
    const { stages, globalArguments } = readDockerfile(source);
    for (const { base, instructions, parent } of stages) {
      if (parent >= 0) continue;
      const reference = readImageReference(expandVariables(base.text, globalArguments) ?? '');
      const image = reference?.name.replace(/^(?:docker\.io\/)?(?:library\/)?/, '') ?? '';
      const bad = badTag(image, reference?.tag ?? '', base);
      if (bad !== null) yield bad;
      const language = NAMES[image];
      const version = /^(\d+\.\d+)(?:\.\d+)?(?=$|-)/.exec(reference?.tag ?? '')?.[0] ?? '';
      if (reference === null || language === undefined || version === '') continue;
      const steps = instructions
        .filter(({ keyword }) => keyword === 'RUN')
        .map(({ text }) => text)
        .join('\n');
      const uses =
        language === 'go'
          ? /\bgo (?:build|install|test|run|mod)\b|\bmake\b/.test(steps) &&
            !/golang\.org\/dl|go\.dev\/dl|\bgvm\b|GOTOOLCHAIN=go/.test(steps)
          : /\bpip3? install\b[^\n;&|]*(?:\s\.(?:\/|\s|$|\[)|\s-e\s+\.)|\b(?:poetry|pdm) install\b/.test(steps) &&
            !/pyenv|uv python|deadsnakes/.test(steps);
      if (!uses) continue;
      yield fact(
        BASE,
        ctx.file.path,
        { language, version, tag: reference.tag, fixable: base.text.includes(`:${version}`) } satisfies Base,
        base,
      );
    }
  },
};

const manifests: TextDetector = {
  text: true,
  triggers: ['requires-python', 'python'],
  *check(source, ctx) {
    if (!/(?:^|\/)pyproject\.toml$/.test(ctx.file.path)) return;
    for (const { path, strings, value } of readToml(source)) {
      if (path !== 'project.requires-python' && path !== 'tool.poetry.dependencies.python') continue;
      const least = /(?:>=|\^|~=|~|==)\s*(\d+\.\d+)/.exec(strings[0]?.text ?? '')?.[1];
      if (least !== undefined) yield fact(PYTHON, directoryOf(ctx.file.path), least, value);
    }
  },
};

function numbers(version: string): readonly number[] {
  return version.split('.').map(Number);
}

/** Whether a version is below another, as far as both are written: `1.22` is not below `1.22.3`, which a later patch may be. */
function isOlder(version: string, wanted: string): boolean {
  const [left, right] = [numbers(version), numbers(wanted)];
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    if (left[at]! !== right[at]!) return left[at]! < right[at]!;
  }
  return false;
}

function wantedFor(
  facts: FactView,
  { language }: Base,
  path: string,
): { readonly version: string; readonly manifest: string } | null {
  const directory = directoryOf(path);
  if (language === 'go') {
    const module = moduleAround(facts, directory) ?? null;
    return module === null || module.value.goVersion === ''
      ? null
      : { version: module.value.goVersion, manifest: module.place.path };
  }
  for (let at = directory; ; at = directoryOf(at)) {
    const found = facts.lookup(PYTHON, at)[0];
    if (found !== undefined) return { version: found.value as string, manifest: found.place.path };
    if (at === '') return null;
  }
}

export const rule = defineRule({
  id: 'unusable-base-image',
  title: 'Base image that cannot build the project',
  category: 'configuration',
  severity: 'critical',
  confidence: 'likely',
  stage: 'preview',
  docs: {
    what: 'A stage builds the project on an official golang or python image whose version is below the `go` directive of the nearest go.mod, or below `requires-python` (or the Python version of Poetry) of the nearest pyproject.toml. Or the tag of an official image has a form that the image does not know, such as `debian:slim-bookworm` or `golang:1.23-slim`. Stages that install another toolchain, that do not build the project, or whose tag is not known are left out.',
    why: 'The build stops: official images of Go refuse to fetch a newer toolchain, and pip refuses to install a project that asks for a newer Python. A tag that does not exist cannot be pulled.',
    howToFix: 'Raise the tag of the base image together with the version in the manifest.',
    refs: [
      'https://go.dev/doc/toolchain',
      'https://packaging.python.org/en/latest/specifications/core-metadata/#requires-python',
    ],
  },
  messages: {
    form: 'No image of {image} has the tag {tag}, so the build stops here; write {meant}.',
    variant: 'No image of {image} has a tag like {tag}, so the build stops here; take one that exists.',
    older: '{manifest} needs {language} {wanted}, but this image brings {version}; raise the tag.',
  },
  effort: { each: [2, 15] },
  fix: 'sometimes',
  on: { dockerfile: [dockerfiles], toml: [manifests] },
  workspace: {
    partition: 'workspace',
    reads: [BASE],
    *judge(facts): Iterable<WorkspaceVerdict> {
      for (const { value, place } of facts.get(BASE)) {
        const base = value as Base;
        const wanted = wantedFor(facts, base, place.path);
        if (wanted === null) continue;
        if (!isOlder(base.version, wanted.version)) {
          yield { kind: 'pass', subject: place };
          continue;
        }
        const short =
          numbers(base.version).length < 3 ? wanted.version.split('.').slice(0, 2).join('.') : wanted.version;
        const end = place.span.end - (base.tag.length - base.version.length);
        const fixes: readonly Fix[] = base.fixable
          ? [
              {
                title: `Use ${short}`,
                safety: 'suggestion',
                preferred: true,
                edits: [
                  {
                    kind: 'replaceAt',
                    place: { ...place, span: { start: end - base.version.length, end } },
                    newText: short,
                  },
                ],
              },
            ]
          : [];
        yield {
          kind: 'fail',
          subject: place,
          message: 'older',
          args: {
            ...wanted,
            wanted: wanted.version,
            version: base.version,
            language: base.language === 'go' ? 'Go' : 'Python',
          },
          fixes,
        };
      }
    },
  },
});
