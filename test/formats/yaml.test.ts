/** The YAML reader: values with their places, templates, aliases and merge keys, broken documents. */
import { describe, expect, test } from 'vitest';
import { entriesAt, entryOf, itemsAt, readYaml, textAt, valueAt } from '../../server/src/formats/yaml.ts';

const TEXT = `x-base: &base
  restart: always
  environment: {LEVEL: info}
services:
  api:
    <<: *base
    restart: "no"
    ports:
      - "8080:80"
      - 9090
    on: yes
---
kind: Service
`;

describe.each([
  ['\n', TEXT],
  ['\r\n', TEXT.replaceAll('\n', '\r\n')],
  ['byte order mark', `\uFEFF${TEXT}`],
])('YAML with %j', (_name, text) => {
  const [first, second] = readYaml(text);
  const written = (span: { start: number; end: number }): string => text.slice(span.start, span.end);

  test('values are texts with their places', () => {
    const api = valueAt(first!.root, 'services', 'api');
    const ports = itemsAt(api, 'ports');
    expect(ports.map((port) => (port.kind === 'scalar' ? port.text : ''))).toEqual(['8080:80', '9090']);
    expect(ports.map((port) => written(port.span))).toEqual(['"8080:80"', '9090']);
    expect(textAt(api, 'on')).toBe('yes');
    expect(written(entryOf(api, 'ports')!.keySpan)).toBe('ports');
    expect(textAt(second!.root, 'kind')).toBe('Service');
  });

  test('merge keys add what the map does not say itself', () => {
    const api = valueAt(first!.root, 'services', 'api');
    expect(textAt(api, 'restart')).toBe('no');
    expect(textAt(api, 'environment', 'LEVEL')).toBe('info');
    expect(entriesAt(api).map((entry) => entry.key)).toEqual(['restart', 'ports', 'on', 'environment']);
  });
});

test('templates are masked', () => {
  const [document] = readYaml(
    'spec:\n  {{- if .Values.on }}\n  replicas: {{ .Values.replicas }}\n  name: api-{{ .Release.Name }}\n  {{- end }}\n  port: 80\n',
  );
  const spec = valueAt(document!.root, 'spec');
  expect(entriesAt(spec).map((entry) => entry.key)).toEqual(['replicas', 'name', 'port']);
  expect(textAt(spec, 'replicas')).toBe('');
  expect(valueAt(spec, 'name')).toMatchObject({ templated: true });
  expect(textAt(spec, 'port')).toBe('80');
});

test('broken documents are read as far as they go, and nothing fails', () => {
  const [broken] = readYaml('a: 1\nb: [1, 2\nc: 3\n');
  expect(broken!.problems.length).toBeGreaterThan(0);
  expect(textAt(broken!.root, 'a')).toBe('1');
  for (const text of ['', '\t', '*missing', 'a: &x [*x]', '- - - -', '"', '{{', ': :', `${'['.repeat(20_000)}`])
    expect(() => readYaml(text)).not.toThrow();
  const bomb = `a: &a [${'x,'.repeat(9)}x]\n${'bcdefgh'
    .split('')
    .map((name, i) => `${name}: &${name} [${Array(10).fill(`*${'abcdefg'[i]}`).join(',')}]`)
    .join('\n')}\n`;
  expect(() => readYaml(bomb)).not.toThrow();
});
