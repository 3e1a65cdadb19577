/**
 * Ways in which a running program gets new settings: watched files, signals, configuration services, settings that are
 * kept in a database or changed by an administrator. Generous: one sign counts for the whole program.
 */

import type { Extractor, NodeDetector } from '../../core/rulekit/rule.ts';
import type { GoHeader } from '../../languages/go/header.ts';
import type { GoNode } from '../../languages/go/nodes.gen.ts';
import { functionName } from '../../languages/go/syntax.ts';
import { state } from '../facts.ts';
import { importDetector } from './imports.ts';

const LIBRARIES =
  /fsnotify|hashicorp\/(?:consul\/api|vault\/api|consul-template)|etcd\/client|k8s\.io\/client-go|controller-runtime|launchdarkly|unleash|openfeature|apollo|nacos|configcat|growthbook|flagsmith|flipt|go-feature-flag|zookeeper|appconfig|ssm$|secretsmanager|certmagic|spiffe|confita|rjeczalik\/notify|radovskyb\/watcher|tableflip|overseer|dynamicconfig|exporter-toolkit/;

const imports = importDetector(function* (path, subject) {
  if (LIBRARIES.test(path)) yield state('config.reload', path, null, subject);
});

const CALLS =
  /^(?:WatchConfig|OnConfigChange|WatchRemoteConfig\w*|SetLimit(?:At)?|SetBurst(?:At)?|GetCertificate|GetConfigForClient)$/;

const calls: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['selector_expression'],
  triggers: [
    'SIGHUP',
    'SIGUSR',
    'WatchConfig',
    'ConfigChange',
    'WatchRemote',
    'SetLimit',
    'SetBurst',
    'GetCertificate',
    'GetConfigForClient',
  ],
  *check(node) {
    const name = node.child('field')?.text ?? '';
    if (/^SIG(?:HUP|USR[12])$/.test(name) || CALLS.test(name)) yield state('config.reload', name, null, node);
  },
};

const NAMES =
  /reload|hotswap|(?:^|[a-z])(?:watch|refresh|rotate|update|save|set|put|patch|change|apply|on)\w*(?:config|setting|option|secret|key|limit|cert|polic|rule|allowlist|whitelist|blocklist|preference)/i;

const functions: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['function_declaration', 'method_declaration'],
  triggers: ['eload', 'onfig', 'etting', 'ption', 'ecret', 'Key', 'imit', 'ert', 'olic', 'ule', 'list', 'otSwap'],
  *check(node) {
    const name = functionName(node);
    if (NAMES.test(name) && !/^(?:With|New|Test|Default|setup|init)/i.test(name))
      yield state('config.reload', name, null, node.child('name') ?? node);
  },
};

export const extractors: readonly Extractor[] = [
  { id: 'config.reload.imports', language: 'go', detector: imports },
  { id: 'config.reload.calls', language: 'go', detector: calls as NodeDetector },
  { id: 'config.reload.functions', language: 'go', detector: functions as NodeDetector },
];
