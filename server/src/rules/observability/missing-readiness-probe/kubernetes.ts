/** Kubernetes: workloads whose containers have no readiness probe. Reads manifests as text; templates are not judged. */
import type { Verdict } from '../../../core/model/verdict.ts';
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
      else yield { kind: 'fail', subject, message: 'container' };
    }
  },
};
