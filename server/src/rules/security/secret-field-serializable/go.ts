/**
 * Go: fields of structs that an object mapper stores, by their names and tags. A type that encodes itself, or for which
 * the package has a function that masks, is taken care of.
 */
import type { FailVerdict, Fix, Verdict } from '../../../core/model/verdict.ts';
import { fact, type NodeDetector, type WorkspaceJudge } from '../../../core/rulekit/rule.ts';
import { secretNameOf, wordsOf } from '../../../knowledge/project/secrets.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { pendingValue, settled } from '../../../languages/go/pending.ts';

/** Tags that mappers of databases read. */
const STORED = /\b(?:gorm|xorm|bson|db|bun|pg|orm|dynamodbav|firestore|datastore|spanner|ent):"/;
/** Types that have to carry a secret, or are no rows. */
const CARRIER =
  /(?:Req|Request|Input|Params?|Form|DTO|Dto|Body|Payload|Login|Register|Create|Update|Config|Configuration|Options?|Settings?|Setting|Args|Credentials?|Client|Auth|Claims|Conf|Opts|Connection|Provider|Syncer|Ldap|Source)$/;
/** Tags that make a row of a mapper of settings. */
const SETTING = /\b(?:mapstructure|yaml|toml|env|envconfig|ini|validate|binding|form):"/;

/** Whether a field of that name gives something away when it is sent. */
function isSecret(name: string): boolean {
  const words = wordsOf(name);
  if (
    words.some((word) =>
      /^(?:hash|hashed|type|has|is|encrypted|public|id|expires?|expiry|at|count|hint|salt)$/.test(word),
    )
  )
    return false;
  // The access key of an object store names the account.
  if (words.at(-1) === 'key' && words.at(-2) === 'access') return false;
  const kind = secretNameOf(name);
  return kind === 'password' || kind === 'secret';
}

const structs: NodeDetector<unknown, GoNode> = {
  kinds: ['type_spec'],
  triggers: ['json:"', 'gorm:"', 'bson:"', 'xorm:"', 'db:"', 'bun:"'],
  *check(node): Generator<Verdict> {
    const type = node.child('type');
    const name = node.child('name')?.text ?? '';
    if (type?.kind !== 'struct_type' || CARRIER.test(name)) return;
    const fields = (type.childOfKind('field_declaration_list')?.namedChildren ?? []).filter(
      (child) => child.kind === 'field_declaration',
    );
    const tags = fields.map((field) => field.child('tag')?.text ?? '');
    if (!tags.some((tag) => STORED.test(tag)) || !tags.some((tag) => /\bjson:"/.test(tag))) return;
    for (const [at, field] of fields.entries()) {
      const names = field.childrenOf('name').filter((child) => child.isNamed);
      const [fieldName] = names;
      const tag = tags[at]!;
      if (
        names.length !== 1 ||
        fieldName === undefined ||
        !/^\p{Lu}/u.test(fieldName.text) ||
        !isSecret(fieldName.text)
      )
        continue;
      if (!/^(?:\*?string|\[\]byte)$/.test(field.child('type')?.text ?? '') || SETTING.test(tag)) continue;
      const json = /\bjson:"([^"]*)"/.exec(tag);
      if (json !== null && json[1] === '-') {
        yield { kind: 'pass', subject: fieldName.span };
        continue;
      }
      const verdict: FailVerdict = {
        kind: 'fail',
        subject: fieldName.span,
        message: 'encoded',
        args: { field: fieldName.text, type: name },
        fixes: hide(field, json),
      };
      yield fact('secret.field', name, pendingValue(verdict), fieldName.span);
    }
  },
};

function hide(field: GoNode, json: RegExpExecArray | null): readonly Fix[] {
  const tag = field.child('tag');
  if (tag === null || json === null) return [];
  const start = tag.start + json.index;
  return [
    {
      title: 'Leave it out of JSON',
      safety: 'suggestion',
      preferred: true,
      edits: [{ kind: 'replace', span: { start, end: start + json[0].length }, newText: 'json:"-"' }],
    },
  ];
}

export const goDetectors = [structs] as readonly NodeDetector[];

const MASKS = /(?:mask|saniti[sz]e|redact|hide|strip|scrub|clean|obfuscat)/i;

/** Leaves out the types that something of their package masks. */
export const goJudge: WorkspaceJudge = {
  partition: 'directory',
  reads: ['secret.field'],
  *judge(facts) {
    const found = facts.get('secret.field');
    if (found.length === 0) return;
    const masked = new Set<string>();
    for (const { key } of facts.get('go.decl')) {
      const [owner, method] = key.split('.') as [string, string | undefined];
      if (method === undefined) {
        if (MASKS.test(owner)) masked.add(owner.toLowerCase());
      } else if (method === 'MarshalJSON' || MASKS.test(method)) masked.add(owner.toLowerCase());
    }
    const names = [...masked];
    for (const field of found) {
      const type = field.key.toLowerCase();
      if (!names.some((name) => name === type || name.endsWith(type) || name.endsWith(`${type}s`)))
        yield settled(field, field.value);
    }
  },
};
