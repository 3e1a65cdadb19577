/** Which YAML is the configuration of Prometheus, of Alertmanager, or a file of alerting rules: told by its keys. */
import { entryOf, itemsAt, textAt, valueAt, type YamlValue } from './yaml.ts';

/** Whether a document configures a Prometheus server. */
export function isPrometheusConfig(root: YamlValue): boolean {
  // Agents for logs use the same key.
  const others = ['clients', 'positions', 'target_config', 'server', 'metrics', 'receivers'];
  if (others.some((key) => entryOf(root, key) !== null)) return false;
  const isList = (key: string): boolean => valueAt(root, key)?.kind === 'list';
  return isList('scrape_configs') || (isList('rule_files') && entryOf(root, 'global') !== null);
}

/** Whether a document configures Alertmanager. */
export function isAlertmanagerConfig(root: YamlValue): boolean {
  const list = itemsAt(root, 'receivers');
  return valueAt(root, 'route')?.kind === 'map' && list.length > 0 && list.every((item) => textAt(item, 'name') !== '');
}

/** Whether a document holds alerting or recording rules of Prometheus. */
export function isRuleFile(root: YamlValue): boolean {
  // Grafana keeps its own rules under the same key.
  return (
    entryOf(root, 'apiVersion') === null &&
    itemsAt(root, 'groups').some((group) => itemsAt(group, 'rules').some((rule) => entryOf(rule, 'expr') !== null))
  );
}
