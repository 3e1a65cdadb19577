/** Stores and consoles of compose files that let everybody in. */
import type { Span } from '../../../core/model/location.ts';
import type { Fix, Severity, Verdict } from '../../../core/model/verdict.ts';
import { defineRule, type TextDetector } from '../../../core/rulekit/rule.ts';
import { readImageReference } from '../../../formats/imageReference.ts';
import {
  entriesAt,
  entryOf,
  itemsAt,
  readYaml,
  textAt,
  valueAt,
  type YamlMap,
  type YamlValue,
} from '../../../formats/yaml.ts';
import { isDevelopmentFile } from '../../../knowledge/go/deployments.ts';
import { STORES, type Store } from './stores.ts';

interface Variable {
  readonly value: string;
  /** Written without a value, so that the caller gives it. */
  readonly handed: boolean;
  readonly span: Span;
}

function variablesOf(service: YamlMap): ReadonlyMap<string, Variable> {
  const found = new Map<string, Variable>();
  const value = valueAt(service, 'environment');
  for (const { key, keySpan, value: given } of entriesAt(value)) {
    const text = given.kind === 'scalar' ? given.text : '';
    const handed = given.kind !== 'scalar' || (text === '' && !given.quoted);
    found.set(key, { value: text, handed, span: { start: keySpan.start, end: Math.max(keySpan.end, given.span.end) } });
  }
  for (const item of value?.kind === 'list' ? value.items : []) {
    if (item.kind !== 'scalar') continue;
    const equals = item.text.indexOf('=');
    const name = equals < 0 ? item.text : item.text.slice(0, equals);
    found.set(name, { value: equals < 0 ? '' : item.text.slice(equals + 1), handed: equals < 0, span: item.span });
  }
  return found;
}

/** Words of a command with the span of each item, or of the whole text. */
function commandOf(service: YamlMap): readonly { readonly text: string; readonly span: Span }[] {
  return ['entrypoint', 'command'].flatMap((key) => {
    const value = valueAt(service, key);
    const items = value?.kind === 'list' ? value.items : value === null ? [] : [value];
    return items.flatMap((item) => (item.kind === 'scalar' ? [{ text: item.text, span: item.span }] : []));
  });
}

/** Whether others than the machine itself reach a port of the service. */
function isPublished(service: YamlMap): 'outside' | 'machine' | 'inside' {
  if (textAt(service, 'network_mode') === 'host') return 'outside';
  const ports = itemsAt(service, 'ports');
  if (ports.length === 0) return 'inside';
  const isLocal = (port: YamlValue): boolean =>
    port.kind === 'map'
      ? /^127\.|^::1$/.test(textAt(port, 'host_ip'))
      : port.kind === 'scalar' && /^(?:127\.|\[::1\]|localhost:)/.test(port.text);
  return ports.every(isLocal) ? 'machine' : 'outside';
}

const WEIGHTS: Readonly<Record<string, Severity>> = { outside: 'high', machine: 'low', inside: 'low' };

/** The switch that lets everybody in, where it is written. */
function switchOf(store: Store, service: YamlMap, variables: ReadonlyMap<string, Variable>): Span | null {
  for (const [name, wanted] of store.off ?? []) {
    const variable = variables.get(name);
    if (variable === undefined || variable.handed || variable.value.includes('$') || !wanted.test(variable.value))
      continue;
    // The role alone opens nothing.
    if (store.name === 'Grafana' && !/^(?:true|1)$/i.test(variables.get('GF_AUTH_ANONYMOUS_ENABLED')?.value ?? ''))
      continue;
    // The switch only allows an empty password; with one it does nothing.
    if (
      /EMPTY/.test(name) &&
      [...variables].some(
        ([other, { value }]) => /PASSWORD(?:_FILE)?$/.test(other) && !/EMPTY/.test(other) && value !== '',
      )
    )
      continue;
    // Anonymous access of Weaviate beside keys is a decision about readers.
    if (store.name === 'Weaviate' && variables.has('AUTHORIZATION_ADMINLIST_ENABLED')) continue;
    return variable.span;
  }
  const { offOption } = store;
  return offOption === undefined ? null : (commandOf(service).find(({ text }) => offOption.test(text))?.span ?? null);
}

/** Whether something of the service may ask for a password. */
function mayAsk({ on }: Store, service: YamlMap, variables: ReadonlyMap<string, Variable>): boolean {
  if (on === undefined) return true;
  if (entryOf(service, 'env_file') !== null || entryOf(service, 'extends') !== null) return true;
  if ([...variables.keys()].some((name) => on.variables.test(name))) return true;
  if (commandOf(service).some(({ text }) => on.option?.test(text))) return true;
  const targets = itemsAt(service, 'volumes').map((item) =>
    item.kind === 'scalar' ? (item.text.split(':')[1] ?? '') : textAt(item, 'target'),
  );
  const configs = [...itemsAt(service, 'configs'), ...itemsAt(service, 'secrets')];
  return configs.length > 0 || targets.some((target) => on.files?.test(target));
}

/** Deletes a variable, or an item of a command, that has its own line. */
function deletion(text: string, span: Span): readonly Fix[] {
  const start = text.lastIndexOf('\n', span.start - 1) + 1;
  const next = text.indexOf('\n', span.end);
  const end = next < 0 ? text.length : next + 1;
  const before = text.slice(start, span.start);
  const after = text.slice(span.end, end);
  const isAlone = /^[ \t]*(?:-[ \t]+)?$/.test(before) && /^[ \t]*(?:#[^\n]*)?\r?\n?$/.test(after);
  if (!isAlone || text.slice(span.start, span.end).includes('\n')) return [];
  const edits = [{ kind: 'replace' as const, span: { start, end }, newText: '' }];
  return [{ title: 'Delete the setting', safety: 'suggestion', preferred: true, edits }];
}

/** Deleting these is enough: what is left asks for a password, or does not start without one. */
const ENOUGH = /^(?:Elasticsearch|OpenSearch|Grafana|The dashboard of Traefik|Kubernetes Dashboard)$/;

function* judge(text: string, name: string, service: YamlMap): Generator<Verdict> {
  const image = valueAt(service, 'image');
  const written = image?.kind === 'scalar' ? image.text.replace(/:?\$\{.*$/, '').replace(/:\$.*$/, '') : '';
  const reference = readImageReference(written);
  if (reference === null || image === null || entryOf(service, 'build') !== null) return;
  const store = STORES.find((one) => one.image.test(reference.name));
  if (store === undefined) return;
  const variables = variablesOf(service);
  const off = switchOf(store, service, variables);
  const published = isPublished(service);
  const severity = WEIGHTS[published]!;
  const args = { name, store: store.name, way: store.way };
  if (off !== null)
    yield {
      kind: 'fail',
      subject: off,
      message: published === 'outside' ? 'off' : 'offInside',
      args,
      severity,
      fixes: ENOUGH.test(store.name) ? deletion(text, off) : [],
    };
  else if (!mayAsk(store, service, variables))
    yield {
      kind: 'fail',
      subject: image.span,
      message: published === 'outside' ? 'open' : 'openInside',
      args,
      severity,
    };
  else if (store.on !== undefined || store.off !== undefined) yield { kind: 'pass', subject: image.span };
}

const DEVELOPMENT = /^(?:dev|development|test|tests|testing|local|debug|tools|ci)$/i;

const compose: TextDetector = {
  text: true,
  triggers: ['services:'],
  *check(text, ctx) {
    if (isDevelopmentFile(ctx.file.path)) return;
    for (const { root } of readYaml(text)) {
      for (const { key, value } of entriesAt(root, 'services')) {
        if (value.kind !== 'map') continue;
        const profiles = itemsAt(value, 'profiles');
        if (profiles.some((profile) => profile.kind === 'scalar' && DEVELOPMENT.test(profile.text))) continue;
        yield* judge(text, key, value);
      }
    }
  },
};

export const rule = defineRule({
  id: 'service-auth-disabled',
  title: 'Data store or console without authentication',
  category: 'security',
  severity: 'high',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A service of a compose file runs a database, cache, search engine, vector store or console that asks nobody for a password: because a setting turns it off (`xpack.security.enabled=false`, `POSTGRES_HOST_AUTH_METHOD=trust`, an empty password that is allowed, anonymous administrators of Grafana, `--api.insecure` of Traefik) or because the image has none unless it is told to (Redis, MongoDB, Qdrant, Meilisearch, Flower). It weighs little where no port is published, or on the loopback address only. Settings in mounted files, files of variables, files and profiles for development are taken as protection or left out.',
    why: 'Whoever reaches the port reads, changes or deletes everything, and robots find an open one within hours. Inside of the network any container that is taken over does the same.',
    howToFix:
      'Give the store a password or key from a secret, drop anonymous access, and publish no port that only other services need.',
    refs: ['CWE-306', 'CWE-1188', 'https://redis.io/docs/latest/operate/oss_and_stack/management/security/'],
  },
  messages: {
    off: '{store} lets everybody in who reaches the port of {name}; {way}.',
    offInside: '{store} lets every container in that reaches {name}; {way}.',
    open: '{store} asks nobody for a password, and the port of {name} is published; {way}.',
    openInside: '{store} asks no container for a password; {way}.',
  },
  effort: { each: [10, 60] },
  fix: 'sometimes',
  on: { compose: [compose] },
});
