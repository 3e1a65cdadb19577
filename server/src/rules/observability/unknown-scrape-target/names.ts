/** The names under which containers of a compose file find each other, and the ports that they are known to serve. */
import { fact, type TextDetector } from '../../../core/rulekit/rule.ts';
import { entriesAt, entryOf, itemsAt, readYaml, textAt, valueAt } from '../../../formats/yaml.ts';

/** Key: path of the compose file. */
export const NAMES = 'unknown-scrape-target.names';
export type Names = {
  /** Every name by which one of its services can be found. */
  readonly names: readonly string[];
  /** Services that share the network of their host. */
  readonly onHost: readonly string[];
  /** Others may be found too: in networks of somebody else, or in files that are included. */
  readonly open: boolean;
};

export const composeNames: TextDetector = {
  text: true,
  triggers: ['services:'],
  *check(text, ctx) {
    for (const { root } of readYaml(text)) {
      const names = new Set<string>();
      const onHost: string[] = [];
      let open = entryOf(root, 'include') !== null || text.includes('{{');
      for (const { value } of entriesAt(root, 'networks')) if (entryOf(value, 'external') !== null) open = true;
      for (const { key, value: service } of entriesAt(root, 'services')) {
        for (const name of [key, textAt(service, 'container_name'), textAt(service, 'hostname')]) names.add(name);
        for (const { value } of entriesAt(service, 'networks'))
          for (const alias of itemsAt(value, 'aliases')) if (alias.kind === 'scalar') names.add(alias.text);
        for (const item of [...itemsAt(service, 'extra_hosts'), ...itemsAt(service, 'external_links')])
          if (item.kind === 'scalar') for (const name of item.text.split(/[:=]/)) names.add(name);
        for (const { key: host } of entriesAt(service, 'extra_hosts')) names.add(host);
        for (const item of itemsAt(service, 'links'))
          if (item.kind === 'scalar') names.add(item.text.split(':').at(-1)!);
        const mode = valueAt(service, 'network_mode');
        if (mode?.kind === 'scalar') onHost.push(key);
        if (entryOf(service, 'extends') !== null) open = true;
      }
      if (names.size > 0)
        yield fact(NAMES, ctx.file.path, { names: [...names], onHost, open } satisfies Names, { start: 0, end: 0 });
    }
  },
};
