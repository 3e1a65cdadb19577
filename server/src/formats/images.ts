/** Images that Dockerfiles, compose files and Kubernetes manifests use by name, as far as the name is written out. */
import type { Span } from '../core/model/location.ts';
import { expandVariables, readDockerfile } from './dockerfile.ts';
import { type ImageReference, readImageReference } from './imageReference.ts';
import { entriesAt, entryOf, innerSpan, itemsAt, readYaml, textAt, valueAt, type YamlValue } from './yaml.ts';

export interface UsedImage {
  readonly reference: ImageReference;
  readonly span: Span;
}

/** Bases of the stages of a Dockerfile that are images of somebody else. */
export function imagesOfDockerfile(source: string): readonly UsedImage[] {
  const { stages, globalArguments } = readDockerfile(source);
  return stages.flatMap(({ base, parent }): UsedImage[] => {
    const text = parent >= 0 ? null : expandVariables(base.text, globalArguments);
    if (text === null || text === 'scratch') return [];
    const named = stages.some(({ name }) => name !== '' && name.toLowerCase() === text.toLowerCase());
    const reference = named ? null : readImageReference(text);
    return reference === null ? [] : [{ reference, span: { start: base.start, end: base.end } }];
  });
}

const NOTHING: ReadonlyMap<string, string> = new Map();

/** Images of the services of a compose file that the file does not build. */
export function imagesOfCompose(source: string): readonly UsedImage[] {
  return readYaml(source).flatMap(({ root }) => {
    const services = entriesAt(root, 'services');
    const built = new Set(
      services.filter(({ value }) => entryOf(value, 'build') !== null).map(({ value }) => textAt(value, 'image')),
    );
    return services.flatMap(({ value }): UsedImage[] => {
      const image = valueAt(value, 'image');
      if (image?.kind !== 'scalar' || entryOf(value, 'build') !== null || built.has(image.text)) return [];
      const text = expandVariables(image.text, NOTHING);
      const reference = text === null ? null : readImageReference(text);
      return reference === null ? [] : [{ reference, span: image.span }];
    });
  });
}

const WORKLOADS = /^(?:Deployment|StatefulSet|DaemonSet|ReplicaSet|Job|CronJob|Pod|Rollout)$/;

function podOf(root: YamlValue): YamlValue | null {
  const kind = textAt(root, 'kind');
  if (!WORKLOADS.test(kind)) return null;
  if (kind === 'Pod') return valueAt(root, 'spec');
  if (kind === 'CronJob') return valueAt(root, 'spec', 'jobTemplate', 'spec', 'template', 'spec');
  return valueAt(root, 'spec', 'template', 'spec');
}

/** Images of the containers of Kubernetes workloads, templates left out. */
export function imagesOfManifests(source: string): readonly UsedImage[] {
  return readYaml(source).flatMap(({ root }) => {
    if (root === null) return [];
    const items = textAt(root, 'kind') === 'List' ? itemsAt(root, 'items') : [root];
    return items.flatMap((item) => {
      const pod = podOf(item);
      return [...itemsAt(pod, 'initContainers'), ...itemsAt(pod, 'containers')].flatMap((container): UsedImage[] => {
        const image = valueAt(container, 'image');
        if (image?.kind !== 'scalar' || image.templated) return [];
        const reference = readImageReference(image.text);
        return reference === null ? [] : [{ reference, span: image.span }];
      });
    });
  });
}

/** An image that a workflow runs: its steps in it, a service beside them, or an action that is one. */
export interface WorkflowImage extends UsedImage {
  readonly by: 'container' | 'service' | 'action';
}

/** Images of the containers, services and steps of a workflow or a composite action, expressions left out. */
export function imagesOfWorkflow(source: string): readonly WorkflowImage[] {
  return readYaml(source).flatMap(({ root }) => {
    const found: WorkflowImage[] = [];
    const add = (by: WorkflowImage['by'], value: YamlValue | null): void => {
      if (value?.kind !== 'scalar' || value.templated) return;
      const inner = innerSpan(value);
      const scheme = by === 'container' ? /^(?:docker:\/\/)?/ : by === 'action' ? /^docker:\/\// : /^/;
      const text = value.text.replace(scheme, '');
      const reference = by === 'action' && text === value.text ? null : readImageReference(text);
      if (reference !== null) found.push({ by, reference, span: { start: inner.end - text.length, end: inner.end } });
    };
    const addSteps = (owner: YamlValue | null): void => {
      for (const step of itemsAt(owner, 'steps')) add('action', valueAt(step, 'uses'));
    };
    for (const { value: job } of entriesAt(root, 'jobs')) {
      const container = valueAt(job, 'container');
      add('container', container?.kind === 'map' ? valueAt(container, 'image') : container);
      for (const { value: service } of entriesAt(job, 'services')) add('service', valueAt(service, 'image'));
      addSteps(job);
    }
    addSteps(valueAt(root, 'runs'));
    return found;
  });
}
