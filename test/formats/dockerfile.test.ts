/** The Dockerfile reader: instructions with their places, continuation lines, heredocs, stages and variables. */
import { describe, expect, test } from 'vitest';
import { expandVariables, readDockerfile, variablesOf } from '../../server/src/formats/dockerfile.ts';

const TEXT = `# syntax=docker/dockerfile:1
ARG GO_VERSION=1.24
FROM --platform=$BUILDPLATFORM golang:$GO_VERSION AS build
WORKDIR /src
RUN apt-get update && \\
    # a comment inside
    apt-get install -y git

RUN <<EOF
go build -o /out/app ./cmd/app
EOF
FROM gcr.io/distroless/static
ENV PORT=8080 MODE="release"
ENV OLD notation here
COPY --from=build --chown=1:1 /out/app /app
EXPOSE 8080 9090/udp
ENTRYPOINT ["/app", "--flag"]
`;

describe.each([
  ['\n', TEXT],
  ['\r\n', TEXT.replaceAll('\n', '\r\n')],
  ['byte order mark', `\uFEFF${TEXT}`],
])('a Dockerfile with %j', (_name, text) => {
  const file = readDockerfile(text);
  const written = (span: { start: number; end: number }): string => text.slice(span.start, span.end);

  test('instructions', () => {
    expect(file.instructions.map((item) => item.keyword).join(' ')).toBe(
      'ARG FROM WORKDIR RUN RUN FROM ENV ENV COPY EXPOSE ENTRYPOINT',
    );
    for (const item of file.instructions) expect(written(item.keywordSpan)).toBe(item.keyword);
    expect(file.instructions[3]!.text.replace(/\s+/g, ' ')).toBe('apt-get update && apt-get install -y git');
    expect(written(file.instructions[3]!.span)).toMatch(/^RUN apt-get[\s\S]*install -y git$/);
    expect(file.instructions[4]!.heredocs).toEqual([{ name: 'EOF', text: 'go build -o /out/app ./cmd/app' }]);
  });

  test('words have their places', () => {
    for (const item of file.instructions)
      for (const word of item.words) expect(written(word).replace(/^(["'])(.*)\1$/, '$2')).toBe(word.text);
    const entry = file.instructions.at(-1)!;
    expect(entry.exec).toBe(true);
    expect(entry.words.map((word) => word.text)).toEqual(['/app', '--flag']);
  });

  test('stages, flags and variables', () => {
    expect(file.stages.map(({ name, base }) => [name, base.text])).toEqual([
      ['build', 'golang:$GO_VERSION'],
      ['', 'gcr.io/distroless/static'],
    ]);
    expect(expandVariables(file.stages[0]!.base.text, file.globalArguments)).toBe('golang:1.24');
    expect(expandVariables('$OTHER', file.globalArguments)).toBeNull();
    const copy = file.instructions.find((item) => item.keyword === 'COPY')!;
    expect(copy.flags.map(({ name, value }) => `${name}=${value}`)).toEqual(['from=build', 'chown=1:1']);
    const variables = file.instructions.filter((item) => item.keyword === 'ENV').flatMap(variablesOf);
    expect(variables.map(({ name, value }) => [name, value])).toEqual([
      ['PORT', '8080'],
      ['MODE', 'release'],
      ['OLD', 'notation here'],
    ]);
  });
});

test('what is no Dockerfile has no instructions that make sense, and nothing fails', () => {
  expect(readDockerfile('').stages).toEqual([]);
  expect(readDockerfile('RUN \\').instructions).toHaveLength(1);
  expect(readDockerfile('{"a": 1}\n<<<').stages).toEqual([]);
  expect(readDockerfile('FROM\nRUN <<EOF\nno end').stages).toEqual([]);
});

test.each([
  ['"$APP"/bin \'a b\' c', ['"$APP"/bin', 'a b', 'c']],
  ['NAME="a b"/c OTHER=\'d e\'', ['NAME="a b"/c', "OTHER='d e'"]],
  ['"a"b"c" d\\ e', ['"a"b"c"', 'd\\ e']],
  ['don\'t "stop', ["don't", '"stop']],
])('words of %s', (text, words) => {
  const [env] = readDockerfile(`ENV ${text}`).instructions;
  expect(env!.words.map((word) => word.text)).toEqual(words);
});
