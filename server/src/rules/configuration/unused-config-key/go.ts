/**
 * Go: fields of configuration structs whose name no code selects of anything. Structs that are read from files or the
 * environment are known by their tags; what only JSON knows may be an answer as well, and is left out.
 */
import { directoryOf } from '../../../core/model/path.ts';
import type { Verdict, WorkspaceVerdict } from '../../../core/model/verdict.ts';
import { type FactView, fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { allFacts } from '../../../knowledge/facts.ts';
import { moduleAround } from '../../../knowledge/go/deployments.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { isExported, leadingCommentText, lineSpanOf, stringLiteralValue } from '../../../languages/go/syntax.ts';
import { goUsage } from '../../../languages/go/usage.ts';

/** Key: how names of variables begin that the code puts together. */
export const PREFIX_FACT = 'unused-config-key.prefix';

/** A setting that a struct declares. Key: name of the field. */
export const FIELD_FACT = 'unused-config-key.field';

const CONFIGURATION = /(?:Config|Configuration|Conf|Settings|Cfg)$/i;
const TAG = /\b(?:yaml|toml|mapstructure|env|envconfig|koanf|ini|hcl):"([^"]*)"/;
/** Said of fields that are kept although nothing reads them. */
const KEPT =
  /deprecated|obsolete|unused|reserved|no longer|legacy|compatib|not (?:yet )?(?:used|implemented|supported)|ignored/i;

interface FieldFact {
  readonly struct: string;
  readonly setting: string;
}

const structs: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['type_spec'],
  triggers: ['yaml:"', 'toml:"', 'mapstructure:"', 'env:"', 'envconfig:"', 'koanf:"', 'ini:"', 'hcl:"'],
  when: (node) => CONFIGURATION.test(node.child('name')?.text ?? ''),
  *check(node, ctx): Iterable<Verdict> {
    const type = node.child('type');
    if (type?.kind !== 'struct_type' || node.ancestor('function_declaration', 'method_declaration') !== null) return;
    // Templates select fields in texts that are no code.
    if (ctx.file.header.imports.some(({ path }) => /^(?:text|html)\/template$/.test(path))) return;
    const struct = node.child('name')!.text;
    for (const field of type.childOfKind('field_declaration_list')?.namedChildren ?? []) {
      if (field.kind !== 'field_declaration') continue;
      const tag = TAG.exec(field.child('tag')?.text ?? '');
      const written = tag?.[1] ?? '';
      const setting = written.split(',')[0] ?? '';
      const names = field.childrenOf('name').filter((name) => name.isNamed);
      const [name] = names;
      if (tag === null || name === undefined || names.length !== 1 || setting === '-' || !isExported(name.text))
        continue;
      if (/,(?:inline|squash|remain)/.test(written)) continue;
      const line = node.tree.text.slice(field.end, lineSpanOf(field).end);
      const comment = `${leadingCommentText(field)} ${line}`;
      if (KEPT.test(comment)) continue;
      yield fact(FIELD_FACT, name.text, { struct, setting: setting === '' ? name.text : setting }, name.span);
    }
  },
};

/** `os.Getenv("APP_" + name)` and `fmt.Sprintf("APP_%s", name)`: any variable with that beginning may be read. */
const prefixes: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['interpreted_string_literal'],
  triggers: ['_"', '_%'],
  when: (node) => node.end - node.start <= 40,
  *check(node): Iterable<Verdict> {
    const prefix = /^([A-Z][A-Z0-9]*_(?:[A-Z0-9]+_)*)(?:$|%)/.exec(stringLiteralValue(node) ?? '')?.[1];
    if (prefix !== undefined) yield fact(PREFIX_FACT, prefix, null, node.span);
  },
};

/** Judges the fields of configuration structs of programs: what a library declares others may read. */
export function* judgeFields(facts: FactView): Generator<WorkspaceVerdict> {
  const fields = facts.all(FIELD_FACT);
  if (fields.length === 0) return;
  const { members, elsewhere, tested } = facts.derive(goUsage);
  const programs = new Set(
    allFacts(facts, 'go.main').map(({ place }) => moduleAround(facts, directoryOf(place.path))?.value.directory),
  );
  for (const field of fields) {
    const { path } = field.place;
    if (facts.role(path) !== 'production' || !programs.has(moduleAround(facts, directoryOf(path))?.value.directory)) {
      continue;
    }
    if (members.has(field.key)) {
      yield { kind: 'pass', subject: field.place };
      continue;
    }
    if (elsewhere.has(field.key) || tested.has(field.key)) continue;
    const { struct, setting } = field.value as unknown as FieldFact;
    yield { kind: 'fail', subject: field.place, message: 'field', args: { name: field.key, struct, setting } };
  }
}

export const go: readonly NodeDetector[] = [structs as NodeDetector, prefixes as NodeDetector];
