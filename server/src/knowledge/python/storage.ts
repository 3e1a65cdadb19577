/**
 * Where Python programs keep what has to survive and what must not be read: dictionaries of the process that are named
 * like sessions, columns of models with sensitive names, mounted secrets, and ways to change settings while running.
 */
import type { Extractor, NodeDetector } from '../../core/rulekit/rule.ts';
import type { PythonHeader } from '../../languages/python/header.ts';
import type { PythonNode } from '../../languages/python/nodes.gen.ts';
import { stringValue } from '../../languages/python/strings.ts';
import {
  calledName,
  definedName,
  enclosingFunction,
  methodClassAround,
  unparenthesized,
} from '../../languages/python/syntax.ts';
import { state } from '../facts.ts';

const SHARED =
  /^_?(?:active_?|user_?|auth_?|login_?|global_?|all_?|chat_?)?(?:sessions?|tokens?|refresh_?tokens?|carts?|otps?|revoked\w*|blacklist\w*|login_?attempts?|conversations?)(?:_?(?:store|map|db|by_\w+|dict))?$/i;
const OWNER = /(?:server|handlers?|app|api|controller|service|manager|store|registry)$/i;
const TEMPORARY = /cache|mock|fake|stub|test|dummy|example|sample|client|crawler|scrap/i;

function isDictionary(value: PythonNode | null): boolean {
  if (value === null) return false;
  const inner = unparenthesized(value);
  return inner.kind === 'dictionary'
    ? inner.namedChildren.filter(({ kind }) => kind === 'pair').length === 0
    : inner.kind === 'call' &&
        /^(?:dict|defaultdict|OrderedDict|WeakValueDictionary|set)$/.test(calledName(inner)) &&
        !/\(\s*\w+\.|\(\[/.test(inner.text);
}

/** `sessions: dict[str, Session] = {}` at the top, `self.sessions = {}` in a manager. */
const dictionaries: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['assignment'],
  triggers: ['ession', 'oken', 'cart', 'otp', 'evoked', 'lacklist', 'ttempt', 'onversation'],
  *check(node, ctx) {
    if (TEMPORARY.test(ctx.file.path)) return;
    const left = node.child('left');
    if (left === null || !isDictionary(node.child('right'))) return;
    if (left.kind === 'identifier') {
      if (!SHARED.test(left.text) || enclosingFunction(node) !== null || node.ancestor('class_definition') !== null)
        return;
      yield state('memory.state', left.text, { owner: '' }, left);
      return;
    }
    const name =
      left.kind === 'attribute' && left.child('object')?.text === 'self' ? (left.child('attribute')?.text ?? '') : '';
    if (!SHARED.test(name)) return;
    const owner = methodClassAround(node);
    const ownerName = owner === null ? '' : definedName(owner);
    if (!OWNER.test(ownerName) || TEMPORARY.test(ownerName)) return;
    yield state('memory.state', name, { owner: ownerName }, left);
  },
};

/** `sessions[id] = session`, `self.sessions[id] = session` */
const writes: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['subscript'],
  triggers: ['ession', 'oken', 'cart', 'otp', 'evoked', 'lacklist', 'ttempt', 'onversation'],
  when: (node) => node.parent?.kind === 'assignment' && node.field === 'left',
  *check(node) {
    const value = node.child('value');
    const name = value?.kind === 'attribute' ? (value.child('attribute')?.text ?? '') : (value?.text ?? '');
    if (SHARED.test(name) && enclosingFunction(node) !== null) yield state('memory.write', name, null, node);
  },
};

/** Names of what a person does not want to see in a stolen dump. */
const SENSITIVE =
  /^(?:ssn|social_?security(?:_?number)?|(?:credit_?)?card_?(?:number|num|no)|ccv|cvv|cvc|iban|(?:bank_)?account_?number|routing_?number|passport_?(?:number|no)|tax_?id|national_?id|medical_?\w*|diagnosis|health_?record|private_?key|(?:access|refresh|api|oauth)_?token|api_?key|api_?secret|client_?secret|secret_?key|mnemonic|seed_?phrase)$/i;

/** Columns of SQLAlchemy, SQLModel, Django and Peewee. */
const columns: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['assignment'],
  triggers: ['Column(', 'column(', 'models.', 'CharField(', 'TextField('],
  when: (node) => enclosingFunction(node) === null && node.ancestor('class_definition') !== null,
  *check(node) {
    const left = node.child('left');
    const right = node.child('right');
    if (left?.kind !== 'identifier' || right?.kind !== 'call' || !SENSITIVE.test(left.text)) return;
    // Fields of forms and serializers are stored nowhere.
    if (!/^(?:\w+\.)?(?:Column|mapped_column)\(|^models\.(?:Char|Text)Field\(/.test(right.text)) return;
    if (/encrypt|hash|Boolean|Integer|ForeignKey|crypt/i.test(node.text)) return;
    yield state('data.sensitive', left.text, null, left);
  },
};

/** `DB_PASSWORD_FILE`, `/run/secrets/...`, `secrets_dir=`: secrets that are mounted as files. */
const mounts: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['string', 'keyword_argument', 'assignment'],
  triggers: ['_FILE', '/run/secrets', '/etc/secrets', 'secrets_dir'],
  when: (node) => node.end - node.start < 160,
  *check(node) {
    if (node.kind !== 'string') {
      const name = node.child(node.kind === 'assignment' ? 'left' : 'name')?.text ?? '';
      if (name === 'secrets_dir') yield state('secret.store', name, null, node);
      return;
    }
    const text = stringValue(node) ?? node.text;
    if (
      /(?:PASSWORD|SECRET|TOKEN|KEY|CREDENTIALS?|^|\})_FILE["']?$/.test(text) ||
      /\/(?:run|etc|mnt)\/secrets/.test(text)
    ) {
      yield state('secret.store', text.slice(0, 80), null, node);
    }
  },
};

const RELOADS =
  /reload|hot_?swap|(?:^|_)(?:watch|refresh|rotate|update|save|set|put|patch|change|apply|on|edit)_\w*(?:config|setting|option|secret|key|limit|cert|polic|rule|allowlist|whitelist|blocklist|preference)/i;

const reloads: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['function_definition', 'attribute'],
  triggers: [
    'eload',
    'onfig',
    'etting',
    'ption',
    'ecret',
    'key',
    'imit',
    'cert',
    'olic',
    'rule',
    'list',
    'SIGHUP',
    'SIGUSR',
    'reference',
  ],
  when: (node) =>
    node.kind === 'function_definition' || (node.end - node.start < 20 && /SIG(?:HUP|USR[12])$/.test(node.text)),
  *check(node) {
    if (node.kind === 'attribute') {
      yield state('config.reload', node.text, null, node);
      return;
    }
    const name = definedName(node);
    if (RELOADS.test(name)) yield state('config.reload', name, null, node.child('name') ?? node);
  },
};

export const extractors: readonly Extractor[] = [
  { id: 'python.memory.state', language: 'python', detector: dictionaries as NodeDetector },
  { id: 'python.memory.writes', language: 'python', detector: writes as NodeDetector },
  { id: 'python.data.sensitive', language: 'python', detector: columns as NodeDetector },
  { id: 'python.secret.mount', language: 'python', detector: mounts as NodeDetector },
  { id: 'python.config.reload', language: 'python', detector: reloads as NodeDetector },
];
