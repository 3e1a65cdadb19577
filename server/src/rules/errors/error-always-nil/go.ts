/**
 * Functions of Go whose last result is an error that is nil at every return. Whether somebody else decides about the
 * results (an interface, a callback) is for the judge.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import { type Detector, fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { lockingKeyOf } from '../../../languages/go/channels.ts';
import { type GoHeader, importedPath } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import {
  enclosingFunction,
  leadingCommentText,
  parametersOf,
  receiverOf,
  resultsOf,
  returnsError,
  syntaxChildren,
  unparenthesized,
} from '../../../languages/go/syntax.ts';

/** Key: name of the function, as that of `go.locking`. */
export const ALWAYS_NIL = 'error.alwaysNil';
/** Key: path of the file. Names of the methods of an interface, separated by spaces. */
export const INTERFACE_METHODS = 'error.interface-methods';
/** Key: name of a method with an error result that may be something else than nil; the value is its signature. */
export const FAILING_METHOD = 'error.failing-method';
/** Key: path of the file. Names among the elements of a variable of the package, separated by spaces. */
export const KEPT = 'error.kept';
export type AlwaysNilFact = {
  readonly method: string;
  readonly name: string;
  /** Types of parameters and results. */
  readonly signature: string;
  /** Import paths of other packages in the signature, the standard library left out. */
  readonly foreign: readonly string[];
};

const QUALIFIED = /\b(\w+)\.\w+/g;
const STANDARD =
  /\b(?:context|time|io|bytes|strings|sync|net|http|url|os|fmt|errors|json|sql|regexp|big|rand|tls|x509|template|log|slog|atomic|reflect|sort|strconv|bufio|flag|exec|fs|filepath|hash|rsa|ecdsa|ed25519)\.\w+/g;

const functions: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['function_declaration', 'method_declaration'],
  triggers: ['error'],
  *check(node, ctx): Iterable<Verdict> {
    const name = node.child('name');
    const body = node.child('body');
    if (name === null || body === null || !returnsError(node)) return;
    const receiver = receiverOf(node);
    const results = resultsOf(node);
    const signature = [...parametersOf(node), ...results]
      .map(({ type }) => type.text.replaceAll('interface{}', 'any'))
      .join(' ');
    const failing = receiver === null ? [] : [fact(FAILING_METHOD, name.text, signature, name)];
    if (results.some((result) => result.name !== '')) {
      yield* failing;
      return;
    }
    let count = 0;
    for (const statement of body.descendants('return_statement')) {
      if (enclosingFunction(statement)?.index !== node.index) continue;
      const list = statement.childOfKind('expression_list');
      const values = list === null ? [] : syntaxChildren(list);
      if (values.length !== results.length || unparenthesized(values.at(-1)!).kind !== 'nil') {
        yield { kind: 'pass', subject: name.span };
        yield* failing;
        return;
      }
      count++;
    }
    const promised = /\b(?:implements|satisf(?:y|ies))\b/i.test(leadingCommentText(node));
    if (count === 0 || promised || /\bpanic\(|go:build/.test(node.text)) {
      yield* failing;
      return;
    }
    const foreign = [...signature.replace(STANDARD, '').matchAll(QUALIFIED)].map(
      ([, qualifier]) => importedPath(ctx.file.header, qualifier!) ?? '',
    );
    const method = receiver === null ? '' : name.text;
    const value: AlwaysNilFact = { method, name: name.text, signature, foreign: [...new Set(foreign)] };
    yield fact(ALWAYS_NIL, lockingKeyOf(node), value, name);
  },
};

const interfaces: NodeDetector<unknown, GoNode> = {
  kinds: ['interface_type'],
  triggers: ['interface'],
  *check(node, ctx): Iterable<Verdict> {
    const names = node.namedChildren.flatMap((element) => element.child('name')?.text ?? []);
    if (names.length > 0) yield fact(INTERFACE_METHODS, ctx.file.path, names.join(' '), { start: 0, end: 0 });
  },
};

/** `var hooks = []any{dump, send}`: what a package keeps in a variable has the signature that its users ask for. */
const lists: NodeDetector<unknown, GoNode> = {
  kinds: ['var_declaration'],
  triggers: ['var'],
  when: (node) => node.parent?.kind === 'source_file' || node.parent?.kind === 'chunk',
  *check(node, ctx): Iterable<Verdict> {
    const names = new Set(
      node
        .descendants('literal_element')
        .flatMap((element) => element.namedChildren.filter(({ kind }) => kind === 'identifier'))
        .map(({ text }) => text),
    );
    if (names.size > 0) yield fact(KEPT, ctx.file.path, [...names].join(' '), node);
  },
};

export const detectors: readonly Detector[] = [functions as Detector, interfaces as Detector, lists as Detector];
