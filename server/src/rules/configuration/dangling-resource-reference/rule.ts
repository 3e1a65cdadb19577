/** Names in compose files that no file of the workspace declares. */
import type { Place } from '../../../core/model/location.ts';
import type { Fix, FixEdit, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import { nearestName } from '../../../core/text/nearest.ts';
import { isDevelopmentFile } from '../../../knowledge/go/deployments.ts';
import { composeFiles, DECLARED, PART, UNORDERED, type Unordered, USE, type Use } from './references.ts';

function rename(place: Place, name: string): Fix {
  return {
    title: `Name ${name}`,
    safety: 'suggestion',
    preferred: true,
    edits: [{ kind: 'replaceAt', place, newText: name }],
  };
}

function declare({ path, anchor }: Place, use: Use, name: string): readonly Fix[] {
  if (use.declaration === null) return [];
  const { at, newText } = use.declaration;
  const edit: FixEdit = { kind: 'replaceAt', place: { path, anchor, span: { start: at, end: at } }, newText };
  return [{ title: `Declare ${use.kind} ${name}`, safety: 'suggestion', preferred: true, edits: [edit] }];
}

function* judge(facts: FactView): Generator<WorkspaceVerdict> {
  const names = new Map<string, Map<string, string[]>>();
  for (const { key, place } of facts.all(DECLARED)) {
    const [kind = '', name = ''] = key.split(' ');
    const own = names.get(place.path) ?? new Map<string, string[]>();
    names.set(place.path, own);
    own.set(kind, [...(own.get(kind) ?? []), name]);
  }
  for (const { key, value, place } of facts.get(USE)) {
    const use = value as unknown as Use;
    const { kind, by, file } = use;
    const path = file === '' ? place.path : file;
    const own = names.get(path)?.get(kind) ?? [];
    if (own.includes(key)) {
      yield { kind: 'pass', subject: place };
      continue;
    }
    // A file that is not there is the concern of another rule.
    if (file !== '' && !names.has(file)) continue;
    if (facts.lookup(PART, path).length > 0) continue;
    // Files are merged in ways that only their caller knows.
    if (file === '' && facts.lookup(DECLARED, `${kind} ${key}`).length > 0) continue;
    const near = nearestName(key, own);
    yield {
      kind: 'fail',
      subject: place,
      message: file === '' ? kind : 'extended',
      args: { name: key, by, file },
      ...(isDevelopmentFile(place.path) ? { severity: 'medium' as const } : {}),
      fixes: near === null ? declare(place, use, key) : [rename(place, near)],
    };
  }
  for (const { value, place } of facts.get(UNORDERED)) {
    const { on, by, edit } = value as unknown as Unordered;
    if (isDevelopmentFile(place.path) || edit.kind !== 'replace') continue;
    const at: FixEdit = { kind: 'replaceAt', place: { ...place, span: edit.span }, newText: edit.newText };
    yield {
      kind: 'fail',
      subject: place,
      message: 'unordered',
      args: { on, by },
      severity: 'low',
      fixes: [{ title: `Start ${on} first`, safety: 'suggestion', preferred: true, edits: [at] }],
    };
  }
}

export const rule = defineRule({
  id: 'dangling-resource-reference',
  title: 'Manifest names a resource that is not declared',
  category: 'configuration',
  severity: 'high',
  confidence: 'certain',
  stage: 'stable',
  docs: {
    what: 'A service of a compose file asks for a service (`depends_on`, `links`, `extends`, `network_mode: service:...`), a network, a named volume, a secret or a config that no compose file of the workspace declares. With less weight: a service that is built here names a database or broker of the file in its variables, but neither waits for it (`depends_on`) nor is restarted when it comes up first. Files that are merged with others or include what is not known, optional dependencies, names made of variables and bind mounts are left out; files for development weigh less.',
    why: 'The engine refuses the whole file, so nothing starts, mostly after a rename that one line was spared. A service that starts before its database ends with an error on every fresh machine.',
    howToFix:
      'Correct the name, or declare the resource at the top level of the file (`external: true` for one that exists already). Add `depends_on` with `condition: service_healthy` for what has to answer first.',
    refs: ['https://docs.docker.com/reference/compose-file/', 'https://docs.docker.com/compose/how-tos/startup-order/'],
  },
  messages: {
    service:
      'Service {by} asks for service {name}, which no compose file declares; correct the name or add the service.',
    network: 'Service {by} joins network {name}, which no compose file declares; declare it at the top level.',
    volume: 'Service {by} mounts volume {name}, which no compose file declares; declare it at the top level.',
    secret: 'Service {by} takes secret {name}, which no compose file declares; declare it at the top level.',
    config: 'Service {by} takes config {name}, which no compose file declares; declare it at the top level.',
    extended: 'Service {by} extends {name}, which {file} does not declare; correct the name.',
    unordered: 'Service {by} names {on} in its variables but may start before it; add depends_on.',
  },
  effort: { each: [2, 15] },
  fix: 'sometimes',
  on: { compose: [composeFiles] },
  workspace: { partition: 'workspace', reads: [USE, UNORDERED], judge },
});
