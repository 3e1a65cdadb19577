/**
 * What services of compose files ask for by name (services, networks, volumes, secrets, configs) and what the files declare.
 * Whether a name is declared is for the judge: several files may be merged.
 */
import type { Span } from '../../../core/model/location.ts';
import { directoryOf } from '../../../core/model/path.ts';
import type { FactVerdict, FixEdit } from '../../../core/model/verdict.ts';
import { fact, type TextDetector } from '../../../core/rulekit/rule.ts';
import {
  entriesAt,
  entryOf,
  innerSpan,
  itemsAt,
  readYaml,
  textAt,
  valueAt,
  type YamlMap,
  type YamlScalar,
  type YamlValue,
} from '../../../formats/yaml.ts';
import { resolvedPath } from '../../../knowledge/project/tree.ts';

export const KINDS = ['service', 'network', 'volume', 'secret', 'config'] as const;
export type Kind = (typeof KINDS)[number];

/** Key: name. A service asks for it. */
export const USE = 'dangling-resource-reference.use';
export type Use = {
  readonly kind: Kind;
  /** Who asks. */
  readonly by: string;
  /** Path of the only file that may declare it, '' for this file and those that are merged with it. */
  readonly file: string;
  /** How the file may declare it; null when there is nothing to be said without knowing more. */
  readonly declaration: { readonly at: number; readonly newText: string } | null;
};
/** Key: kind and name. A file declares it. */
export const DECLARED = 'dangling-resource-reference.declared';
/** Key: path. The file is a part of something: it includes what is not known, or adds to services that others define. */
export const PART = 'dangling-resource-reference.part';
/** Key: service. It asks for another one that it does not wait for; value: the other one and the edit that makes it wait. */
export const UNORDERED = 'dangling-resource-reference.unordered';
export type Unordered = { readonly on: string; readonly by: string; readonly edit: FixEdit };

/** Names that can be read without knowing variables. */
function isPlain(value: YamlValue | null): value is YamlScalar {
  return value?.kind === 'scalar' && !value.templated && /^[A-Za-z0-9][\w.-]*$/.test(value.text);
}

/** The name itself, without quotes and what stands behind it. */
function spanOfName(scalar: YamlScalar, name: string): Span {
  const { start } = innerSpan(scalar);
  return { start, end: start + name.length };
}

interface Named {
  readonly kind: Kind;
  readonly name: string;
  readonly span: Span;
  readonly file?: string;
}

function* scalars(kind: Kind, value: YamlValue | null, key = ''): Generator<Named> {
  const items = value?.kind === 'list' ? value.items : value === null ? [] : [value];
  for (const item of items) {
    const name = item.kind === 'map' && key !== '' ? valueAt(item, key) : item;
    if (isPlain(name)) yield { kind, name: name.text, span: spanOfName(name, name.text) };
  }
}

/** Names in a list, or keys of a map. */
function* listed(kind: Kind, value: YamlValue | null): Generator<Named> {
  if (value?.kind !== 'map') {
    yield* scalars(kind, value);
    return;
  }
  for (const entry of value.entries) {
    if (!/^[A-Za-z0-9][\w.-]*$/.test(entry.key) || textAt(entry.value, 'required') === 'false') continue;
    yield { kind, name: entry.key, span: entry.keySpan };
  }
}

function* volumesOf(service: YamlMap): Generator<Named> {
  for (const item of itemsAt(service, 'volumes')) {
    if (item.kind === 'map') {
      if (/^(?:volume)?$/.test(textAt(item, 'type'))) yield* scalars('volume', valueAt(item, 'source'));
      continue;
    }
    if (item.kind !== 'scalar' || item.templated) continue;
    // A path, or a drive of Windows.
    const name = /^([A-Za-z0-9][\w.-]*):(?=\/)/.exec(item.text)?.[1];
    if (name !== undefined && !/^[A-Za-z]$/.test(name)) yield { kind: 'volume', name, span: spanOfName(item, name) };
  }
}

/** `service:name` of settings that share what another container has; names of containers are not known. */
function* shared(service: YamlMap): Generator<Named> {
  for (const key of ['network_mode', 'pid', 'ipc']) {
    const value = valueAt(service, key);
    const name = value?.kind === 'scalar' ? /^service:([A-Za-z0-9][\w.-]*)$/.exec(value.text)?.[1] : undefined;
    if (name === undefined || value?.kind !== 'scalar') continue;
    const { start, end } = spanOfName(value, value.text);
    yield { kind: 'service', name, span: { start: start + 'service:'.length, end } };
  }
  for (const key of ['links', 'volumes_from']) {
    for (const item of itemsAt(service, key)) {
      const name = item.kind === 'scalar' ? (/^([A-Za-z0-9][\w.-]*)(?::|$)/.exec(item.text)?.[1] ?? '') : '';
      if (item.kind === 'scalar' && name !== '' && !(name === 'container' && key === 'volumes_from'))
        yield { kind: 'service', name, span: spanOfName(item, name) };
    }
  }
}

function* usesOf(service: YamlMap, directory: string): Generator<Named> {
  yield* listed('service', valueAt(service, 'depends_on'));
  yield* shared(service);
  yield* listed('network', valueAt(service, 'networks'));
  yield* volumesOf(service);
  yield* scalars('secret', valueAt(service, 'secrets'), 'source');
  yield* scalars('config', valueAt(service, 'configs'), 'source');
  yield* scalars('secret', valueAt(service, 'build', 'secrets'), 'source');
  const extended = valueAt(service, 'extends');
  const name = extended?.kind === 'map' ? valueAt(extended, 'service') : extended;
  if (!isPlain(name)) return;
  const from = textAt(extended, 'file');
  const file = from === '' ? '' : resolvedPath(directory, from);
  if (file !== null) yield { kind: 'service', name: name.text, span: spanOfName(name, name.text), file };
}

/** Where the file may declare a resource: as the first of those that it declares, or at its end. */
function declarationOf(text: string, root: YamlValue, { kind, name }: Named): Use['declaration'] {
  if (kind !== 'network' && kind !== 'volume') return null;
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const section = entryOf(root, `${kind}s`);
  if (section === null) {
    const last = /\n$/.test(text) ? '' : eol;
    return { at: text.length, newText: `${last}${eol}${kind}s:${eol}  ${name}:${eol}` };
  }
  const lineEnd = text.indexOf('\n', section.keySpan.end);
  const rest = text.slice(section.keySpan.end, lineEnd < 0 ? text.length : lineEnd);
  const first = entriesAt(section.value)[0];
  if (lineEnd < 0 || !/^[ \t]*:[ \t]*(?:#.*)?\r?$/.test(rest)) return null;
  if (section.value.kind !== 'map' && !(section.value.kind === 'scalar' && section.value.text === '')) return null;
  const start = first?.keySpan.start ?? 0;
  const indent = first === undefined ? '  ' : text.slice(text.lastIndexOf('\n', start - 1) + 1, start);
  return /^ +$/.test(indent) ? { at: lineEnd + 1, newText: `${indent}${name}:${eol}` } : null;
}

/** Stores that take a moment before they answer. */
const SLOW =
  /(?:^|\/)(?:postgres|postgis|pgvector|timescaledb|mysql|mariadb|mongo|redis|valkey|rabbitmq|cp-kafka|kafka|elasticsearch|opensearch|cassandra|mssql|server|clickhouse-server)(?::|@|$|-)/;

/** Services that are asked for in variables of one that is built here, and that it neither waits for nor retries. */
function* unordered(text: string, services: ReadonlyMap<string, YamlMap>): Generator<FactVerdict> {
  const waits = (name: string, seen: Set<string>): Set<string> => {
    for (const { name: on } of listed('service', valueAt(services.get(name) ?? null, 'depends_on'))) {
      if (seen.has(on)) continue;
      seen.add(on);
      waits(on, seen);
    }
    return seen;
  };
  for (const [by, service] of services) {
    const has = (key: string): boolean => entryOf(service, key) !== null;
    if (!has('build') || ['restart', 'deploy', 'links', 'extends', 'profiles', 'network_mode'].some(has)) continue;
    const environment = valueAt(service, 'environment');
    const values =
      environment?.kind === 'map'
        ? environment.entries.map(({ key, value }) => `${key}=${value.kind === 'scalar' ? value.text : ''}`)
        : itemsAt(service, 'environment').map((item) => (item.kind === 'scalar' ? item.text : ''));
    const known = waits(by, new Set());
    for (const [on, other] of services) {
      if (on === by || known.has(on) || entryOf(other, 'profiles') !== null || !SLOW.test(textAt(other, 'image')))
        continue;
      const asked = values.some((value) => {
        const address =
          /^\w+=(?:[a-z][\w+.-]*:\/\/(?:[^@/\s]*@)?)?([\w.-]+)(?::(?:\d+|\$\{?\w+[^/]*))?(?:[/?].*)?$/.exec(value);
        return address?.[1] === on && (value.includes('://') || /HOST|ADDR|SERVER/i.test(value.split('=')[0]!));
      });
      if (!asked) continue;
      const edit = waiting(text, service, on);
      const name = [...service.entries].find(({ key }) => key === 'build')!;
      if (edit !== null) yield fact(UNORDERED, by, { on, by, edit } as never, name.keySpan);
    }
  }
}

/** Adds a service to what another one waits for. */
function waiting(text: string, service: YamlMap, on: string): FixEdit | null {
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const section = entryOf(service, 'depends_on');
  const anchor = section === null ? entryOf(service, 'build')! : section;
  const lineStart = text.lastIndexOf('\n', anchor.keySpan.start - 1) + 1;
  const indent = text.slice(lineStart, anchor.keySpan.start);
  if (!/^ +$/.test(indent)) return null;
  const insert = (at: number, newText: string): FixEdit => ({ kind: 'replace', span: { start: at, end: at }, newText });
  if (section === null) return insert(lineStart, `${indent}depends_on:${eol}${indent}  - ${on}${eol}`);
  const first = section.value.kind === 'list' ? section.value.items[0] : undefined;
  if (first === undefined || text.charAt(section.value.span.start) === '[') return null;
  const itemStart = text.lastIndexOf('\n', first.span.start - 1) + 1;
  const dash = /^ *- */.exec(text.slice(itemStart, first.span.start))?.[0];
  return dash === undefined ? null : insert(itemStart, `${dash}${on}${eol}`);
}

export const composeFiles: TextDetector = {
  text: true,
  triggers: ['services:'],
  *check(text, ctx) {
    const { path } = ctx.file;
    const directory = directoryOf(path);
    for (const { root, problems } of readYaml(text)) {
      if (root === null) continue;
      const services = new Map<string, YamlMap>();
      for (const { key, keySpan, value } of entriesAt(root, 'services')) {
        yield fact(DECLARED, `service ${key}`, null, keySpan);
        if (value.kind === 'map') services.set(key, value);
      }
      for (const kind of KINDS.slice(1)) {
        for (const { key, keySpan } of entriesAt(root, `${kind}s`))
          yield fact(DECLARED, `${kind} ${key}`, null, keySpan);
      }
      const isPart = [...services.values()].some(
        (service) => !['image', 'build', 'extends', 'provider'].some((key) => entryOf(service, key) !== null),
      );
      const includes = valueAt(root, 'include') !== null;
      if (isPart || includes || problems.length > 0 || text.includes('{{'))
        yield fact(PART, path, null, { start: 0, end: 0 });
      for (const [by, service] of services) {
        for (const named of usesOf(service, directory)) {
          if (named.kind === 'network' && named.name === 'default') continue;
          const declaration = declarationOf(text, root, named);
          const use: Use = { kind: named.kind, by, file: named.file ?? '', declaration };
          yield fact(USE, named.name, use, named.span);
        }
      }
      yield* unordered(text, services);
    }
  },
};
