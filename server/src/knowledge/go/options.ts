/**
 * Names that command-line options may have in Go code: literals and struct tags of files that use a library for options.
 * Generous on purpose, so that whoever looks for an option that does not exist finds every one that does. Facts
 * `cli.options` and `cli.dynamic-options`: see knowledge/facts.ts.
 */
import { OWN_ROLES } from '../../core/model/file.ts';
import type { FactVerdict } from '../../core/model/verdict.ts';
import type { Extractor, NodeDetector } from '../../core/rulekit/rule.ts';
import type { GoHeader } from '../../languages/go/header.ts';
import type { GoNode } from '../../languages/go/nodes.gen.ts';
import { state } from '../facts.ts';

const LIBRARIES =
  /(?:^|\/)(?:flag|pflag|cobra|viper|kingpin|cli|go-flags|kong|go-arg|ff|ffcli|docopt(?:[.-]go)?|getopt|mow\.cli|optparse|argparse|koanf|goflag|flagext|flags|options?|cmd)(?:\.v\d+|\/v\d+)?$/;

const LITERAL = /["`]-{0,2}([A-Za-z][A-Za-z0-9]*(?:[-_.][A-Za-z0-9]+)*)["`]/g;
/** `long:"name"`, `arg:"--name,required"`, `name:"name"` and the like. */
const TAG =
  /\b(?:long|short|name|flag|arg|cli|help|cmd|json|yaml|mapstructure|toml|koanf|conf|env):\\?"-{0,2}([\w.-]+)/g;
/** Usage texts. */
const USAGE = /(?<![\w-])--([a-z][\w.-]+)/g;
/** A name that is put together: `prefix + ".address"`, `fmt.Sprintf("%s-port", name)`. */
const BUILT = /"[\w.-]*[-._]"\s*\+|\+\s*"[-._][\w.-]*"|Sprintf\(\s*"(?:%s[-._]|[\w.-]+[-._]%s)/;
const DEFINES = /[fF]lag|Var\(|VarP\(/;

const users = new WeakMap<GoHeader, boolean>();

/** Whether the file imports a library for options. */
function usesLibraries(header: GoHeader): boolean {
  let known = users.get(header);
  if (known === undefined) {
    known = header.imports.some(({ path }) => LIBRARIES.test(path));
    users.set(header, known);
  }
  return known;
}

const KINDS = [
  'function_declaration',
  'method_declaration',
  'var_declaration',
  'const_declaration',
  'type_declaration',
] as const;

function* optionsIn(node: GoNode, path: string, library: boolean): Generator<FactVerdict> {
  const names = new Set<string>();
  for (const pattern of [LITERAL, TAG, USAGE]) for (const match of node.text.matchAll(pattern)) names.add(match[1]!);
  if (names.size > 0) yield state('cli.options', path, { names: [...names].join(' '), library }, node);
}

const withLibrary: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: KINDS,
  when: (node, ctx) => usesLibraries(ctx.file.header) && node.ancestor('block') === null,
  *check(node, ctx) {
    const { path } = ctx.file;
    const { text } = node;
    yield* optionsIn(node, path, true);
    if (DEFINES.test(text) && BUILT.test(text)) yield state('cli.dynamic-options', path, null, node);
  },
};

/** The same by other words than those of a library. */
const withoutLibrary: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: KINDS,
  triggers: ['flag', 'Flag', 'option', 'Option', 'long:"', 'arg:"', 'name:"', 'cli:"'],
  when: (node, ctx) => !usesLibraries(ctx.file.header) && node.ancestor('block') === null,
  *check(node, ctx) {
    if (!/[fF]lag|[oO]ption|`[^`]*\b(?:long|arg|name|flag|cli):"/.test(node.text)) return;
    yield* optionsIn(node, ctx.file.path, false);
  },
};

export const extractors: readonly Extractor[] = [
  { id: 'cli.options', language: 'go', detector: withLibrary as NodeDetector, roles: OWN_ROLES },
  { id: 'cli.options.guessed', language: 'go', detector: withoutLibrary as NodeDetector, roles: OWN_ROLES },
];
