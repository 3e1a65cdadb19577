/** Kubernetes: workloads whose containers have no readiness probe. Reads manifests as text; templates are not judged. */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { TextDetector } from '../../../core/rulekit/rule.ts';

/** Documents of a file with their offsets. */
function* documentsOf(text: string): Generator<{ readonly text: string; readonly offset: number }> {
  let offset = 0;
  for (const part of text.split(/^---[^\r\n]*$/m)) {
    const start = text.indexOf(part, offset);
    yield { text: part, offset: start };
    offset = start + part.length;
  }
}

/**
 * A probe in front of the ports of the only container that has any: it asks the port, since no manifest says which route
 * tells more.
 */
function probeFix(document: string, offset: number): readonly Fix[] {
  const lists = [...document.matchAll(/^([ \t]+)ports:[ \t]*(\r?\n)(?=[ \t]*-[ \t])/gm)];
  const ports = [...document.matchAll(/^[ \t]*(?:-[ \t]+)?containerPort:[ \t]*(\d+)[ \t]*(?:#.*)?$/gm)];
  const [list] = lists;
  const [port] = ports;
  if (
    list === undefined ||
    lists.length > 1 ||
    port === undefined ||
    (document.match(/containerPort:/g) ?? []).length > 1
  )
    return [];
  const [, indent, line] = list;
  if (port.index < list.index) return [];
  const at = offset + list.index;
  const lines = ['readinessProbe:', '  tcpSocket:', `    port: ${port[1]}`, '  periodSeconds: 10'];
  const newText = lines.map((text) => `${indent}${text}${line}`).join('');
  return [
    {
      title: `Ask port ${port[1]} whether it is ready`,
      safety: 'suggestion',
      preferred: true,
      edits: [{ kind: 'replace', span: { start: at, end: at }, newText }],
    },
  ];
}

export const workloads: TextDetector = {
  text: true,
  triggers: ['kind: Deployment', 'kind: StatefulSet'],
  *check(text): Iterable<Verdict> {
    if (text.includes('{{')) return;
    for (const document of documentsOf(text)) {
      if (!/^kind:\s*(?:Deployment|StatefulSet)\s*(?:#.*)?$/m.test(document.text)) continue;
      const containers = /^[ \t]+containers:[ \t]*$/m.exec(document.text);
      // A part of a workload, for Kustomize to put on another: the ports say that it is a whole one that serves.
      if (containers === null || !/^[ \t]*(?:-[ \t]+)?image:/m.test(document.text)) continue;
      if (!/^[ \t]*(?:-[ \t]+)?containerPort:/m.test(document.text)) continue;
      const name = containers[0].search(/\S/);
      const start = document.offset + containers.index + name;
      const subject = { start, end: start + 'containers'.length };
      if (/^[ \t]*(?:readinessProbe|startupProbe):/m.test(document.text)) yield { kind: 'pass', subject };
      else yield { kind: 'fail', subject, message: 'container', fixes: probeFix(document.text, document.offset) };
    }
  },
};
