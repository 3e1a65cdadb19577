/**
 * Exported functions, methods and types of importable packages without a doc comment. It judges only whether there is
 * one, never how good it is; constants, variables, fields and interface methods are not its business.
 */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import { type Detector, defineRule, type NodeDetector } from '../../../core/rulekit/rule.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { indentationOf, isExported, leadingComments, lineStartAt, receiverOf } from '../../../languages/go/syntax.ts';
import { DOCUMENTED, judgePython, pythonDetectors } from './python.ts';

/** `skipMethods`: names of methods that need no comment, for teams that let a well-known interface explain them. */
type Options = { readonly skipMethods: readonly string[] };

/** Comments that speak to tools; they document nothing. */
const DIRECTIVE = /^\/\/(?:line |extern |export |nolint\b|[a-z0-9]+:[a-z0-9])/;

/** Comments above the node and, for a single declaration, above the keyword. */
function commentsAbove(node: GoNode, declaration: GoNode): GoNode[] {
  const own = leadingComments(node);
  return own.length > 0 || node.equals(declaration) ? own : leadingComments(declaration);
}

function isDocumentation(comment: GoNode): boolean {
  return !DIRECTIVE.test(comment.text);
}

/** A comment behind a type, on the same line: customary where a group lists small types. */
function hasTrailingComment(node: GoNode): boolean {
  const next = node.kind === 'type_spec' || node.kind === 'type_alias' ? node.nextSibling : null;
  if (next?.kind !== 'comment' || !isDocumentation(next)) return false;
  return !/[\r\n]/.test(node.tree.text.slice(node.end, next.start));
}

function fixesOf(name: string, target: GoNode, directives: readonly GoNode[]): readonly Fix[] {
  const first = directives[0] ?? target;
  const { text } = target.tree;
  const lineStart = lineStartAt(text, first.start);
  const indent = indentationOf(first);
  // Something else begins the line: there is no line of its own to put the comment on.
  if (lineStart + indent.length !== first.start) return [];
  // gofmt parts documentation from the directives below by an empty comment line.
  const separator = directives.length > 0 ? `${indent}//\n` : '';
  return [
    {
      title: `Begin a doc comment for ${name}`,
      safety: 'suggestion',
      edits: [
        {
          kind: 'replace',
          span: { start: lineStart, end: lineStart },
          newText: `${indent}// ${name} ...\n${separator}`,
        },
      ],
    },
  ];
}

function fixes(name: string, node: GoNode, declaration: GoNode, comments: readonly GoNode[]): readonly Fix[] {
  if (!isGrouped(declaration)) return fixesOf(name, declaration, comments);
  return isAligned(declaration) ? [] : fixesOf(name, node, comments);
}

function* judge(kind: string, name: GoNode, node: GoNode, declaration: GoNode): Iterable<Verdict> {
  const comments = commentsAbove(node, declaration);
  if (comments.some(isDocumentation) || hasTrailingComment(node)) {
    yield { kind: 'pass', subject: name.span };
    return;
  }
  yield {
    kind: 'fail',
    subject: name.span,
    message: 'missing',
    args: { kind, name: name.text },
    fixes: fixes(name.text, node, declaration, comments),
  };
}

/** gofmt lines up the types of a group, and a comment in between would part them anew. */
function isAligned(group: GoNode): boolean {
  return group.namedChildren.some((spec) => {
    const name = spec.kind === 'comment' ? null : spec.child('name');
    return name !== null && /^(?:\t|[ \t]{2})/.test(group.tree.text.slice(name.end, spec.end));
  });
}

function isGrouped(declaration: GoNode): boolean {
  return declaration.kind === 'type_declaration' && declaration.childOfKind('(') !== null;
}

const exportedDeclaration: NodeDetector<Options, GoNode, GoHeader> = {
  kinds: ['function_declaration', 'method_declaration', 'type_declaration'],
  *check(node, ctx) {
    const { packageName } = ctx.file.header;
    if (packageName === '' || packageName === 'main' || packageName.endsWith('_test')) return;
    // Types of a function's own are nobody else's.
    if (node.parent?.kind !== 'chunk') return;
    if (node.kind === 'type_declaration') {
      for (const spec of node.namedChildren) {
        const name = spec.kind === 'comment' ? null : spec.child('name');
        if (name !== null && isExported(name.text)) yield* judge('type', name, spec, node);
      }
      return;
    }
    const name = node.child('name');
    if (name === null || !isExported(name.text)) return;
    if (node.kind === 'method_declaration') {
      const receiver = receiverOf(node);
      if (receiver === null || !isExported(receiver.type)) return;
      if (ctx.options.skipMethods.includes(name.text)) return;
      yield* judge('method', name, node, node);
    } else yield* judge('function', name, node, node);
  },
};

export const rule = defineRule<Options>({
  id: 'missing-doc-comment',
  title: 'Exported declaration without a comment',
  category: 'documentation',
  severity: 'low',
  confidence: 'certain',
  stage: 'stable',
  docs: {
    what: 'An exported function, an exported type or an exported method of one has no comment directly above it. Commands (`package main`), tests and generated code are left out. Methods that a well-known interface explains, such as `String`, can be left out with the option `skipMethods`. In Python it is about public functions and classes at the top of modules: in a component that documents nearly all of them each folder is told once which it has left out, in any other the component is told once for all. Data classes, short functions and what a framework calls are left out there.',
    why: 'The doc comment is the contract: what the function promises, which errors it gives, who closes what it returns. Without it every user has to read the body, and nobody can tell a bug from an intention. Editors, `go doc` and `help()` show nothing.',
    howToFix: 'Say what a caller must know.',
    howToFixIn: {
      go: 'Write a sentence above the declaration that begins with its name. A comment on a group of types covers all of them.',
      python: 'Write it as the first text in the body.',
    },
    refs: [
      'Go doc comments: https://go.dev/doc/comment',
      'revive: exported',
      'staticcheck: ST1020, ST1021',
      'PEP 257',
      'ruff D101, D103',
    ],
  },
  options: {
    schema: {
      type: 'object',
      additionalProperties: false,
      properties: {
        skipMethods: {
          type: 'array',
          items: { type: 'string' },
          description: 'Names of methods that need no doc comment, for example Error, String or Close.',
        },
      },
    },
    default: { skipMethods: [] },
  },
  messages: {
    missing: 'Exported {kind} {name} has no doc comment; say above it what a caller must know.',
    module: 'Public, but without a docstring, which most others here have: {names}; say what a caller must know.',
    folder:
      '{count} public functions and classes in {modules} modules here have no docstring, which most others have: {names}; say what a caller must know.',
    component:
      '{count} of {all} public functions and classes of this component have no docstring; begin with those that others call.',
  },
  effort: { each: [1, 5] },
  fix: 'sometimes',
  on: { go: [exportedDeclaration], python: pythonDetectors as readonly Detector<Options>[] },
  workspace: { partition: 'component', reads: [DOCUMENTED], judge: judgePython },
});
