/**
 * Commands of Go programs that somebody else may shape: a shell that runs a text with values in it, a program that a
 * request names, an environment that a request fills, and lists of allowed commands with an interpreter among them.
 * A program with an argument vector is fine whatever the arguments are; what the program's own user or configuration
 * says is no input.
 */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { NodeDetector } from '../../../core/rulekit/rule.ts';
import { INPUT_NAMES } from '../../../knowledge/go/inputs.ts';
import { removeElement } from '../../../languages/go/compositeLiteral.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { type GoOrigins, type Leaf, originsAround, type Piece } from '../../../languages/go/origin.ts';
import { type GoScope, scopeAround } from '../../../languages/go/scope.ts';
import {
  assignedExpressions,
  assignedValues,
  callArguments,
  rootIdentifier,
  shortText,
  stringLiteralValue,
  syntaxChildren,
} from '../../../languages/go/syntax.ts';
import { typesAround } from '../../../languages/go/types.ts';

const SHELL = /^(?:.*[/\\])?(?:sh|bash|zsh|dash|ksh|ash|fish|cmd|cmd\.exe|powershell|powershell\.exe|pwsh)$/i;
/** Folders of what developers run themselves. */
const DEVELOPMENT = /(?:^|\/)(?:(?:[\w-]+-)?(?:tools?|scripts?)|hack|build|ci|examples?|contrib|dev|magefiles?)\//;
/** Options behind which a shell takes a command line. */
const COMMAND_OPTION = /^(?:-[a-z]*c|\/c|\/k|-command)$/i;

interface Danger {
  readonly piece: Piece;
  readonly leaf: Leaf;
}

/** Parameters that are orders of somebody else, by their names: `req.Command`, `params.Env`. */
const ORDER = /^(?:req|request|task|job|call|input|msg|message|params?|args|payload|action|toolCall|tool)$/i;

/** Whether a value is a field of an order that the function is given. */
function isOrdered(leaf: Leaf, scope: GoScope | null): boolean {
  if (leaf.nature !== 'field') return false;
  const root = rootIdentifier(leaf.node);
  const binding = root === null ? null : (scope?.bindingOf(root) ?? null);
  return binding?.kind === 'parameter' && ORDER.test(binding.name);
}

/** The first value in a command line that comes from a request, or from callers who are not known. */
function dangerIn(line: GoNode, origins: GoOrigins, scope: GoScope | null): Danger | null {
  let given: Danger | null = null;
  for (const piece of origins.piecesOf(line)) {
    if (piece.text !== null || /[dbcoxXUeEfFgGtTp]$/.test(piece.verb)) continue;
    const input = origins.inputIn(piece.node);
    if (input !== null) return { piece, leaf: input };
    if (given !== null) continue;
    const leaf = origins
      .leavesOf(piece.node)
      .find(
        (item) =>
          (item.nature === 'parameter' || isOrdered(item, scope)) && !item.via.some((via) => /quote|escape/i.test(via)),
      );
    if (leaf !== undefined && !origins.isTested(leaf, piece.node)) given = { piece, leaf };
  }
  return given;
}

/** `exec.Command(...)`, `exec.CommandContext(ctx, ...)` */
const processes: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['Command'],
  calls: (name) => name === 'Command' || name === 'CommandContext',
  *check(node, ctx): Iterable<Verdict> {
    const types = typesAround(ctx, node);
    const callee = types?.calleeOf(node);
    if (callee?.kind !== 'package' || callee.path !== 'os/exec') return;
    const origins = originsAround(ctx, node);
    const values = callArguments(node).slice(callee.name === 'Command' ? 0 : 1);
    const [program, ...words] = values;
    if (origins === null || program === undefined) return;
    const name = stringLiteralValue(program);
    if (name === null) {
      const input = origins.inputIn(program);
      if (input === null) return;
      yield {
        kind: 'fail',
        subject: program.span,
        message: 'program',
        args: { value: shortText(program), source: INPUT_NAMES[input.input!] },
      };
      return;
    }
    const option = words.findIndex((word) => COMMAND_OPTION.test(stringLiteralValue(word) ?? ''));
    const line = option < 0 || !SHELL.test(name) ? undefined : words[option + 1];
    if (line === undefined) {
      if (!SHELL.test(name)) yield { kind: 'pass', subject: node.span };
      return;
    }
    const danger = dangerIn(line, origins, scopeAround(ctx, node));
    if (danger === null) {
      if (origins.piecesOf(line).every((piece) => piece.text !== null)) yield { kind: 'pass', subject: node.span };
      return;
    }
    if (danger.leaf.nature !== 'input' && DEVELOPMENT.test(ctx.file.path)) return;
    yield {
      kind: 'fail',
      subject: line.span,
      message: danger.leaf.nature === 'input' ? 'input' : 'shell',
      args: {
        value: shortText(danger.piece.node),
        shell: name,
        ...(danger.leaf.input === null ? {} : { source: INPUT_NAMES[danger.leaf.input] }),
      },
      fixes: vectorFix(program, line, origins, option === 0 && words.length === 2),
    };
  },
};

/** Replaces the shell by the program that it would start, when the line is one program with plain words. */
function vectorFix(program: GoNode, line: GoNode, origins: GoOrigins, isWhole: boolean): readonly Fix[] {
  const pieces = origins.piecesOf(line);
  if (!isWhole || pieces.some((piece) => !line.contains(piece.node))) return [];
  const words: string[] = [];
  let open = false;
  for (const piece of pieces) {
    if (piece.text === null) {
      // A value is a word of its own, or nothing is known.
      if (open || words.length === 0 || (piece.verb !== '' && piece.verb !== '%s')) return [];
      words.push(piece.node.text);
      open = true;
      continue;
    }
    if (/[^\w\s./:=,@+-]/.test(piece.text) || (open && piece.text !== '' && !/^\s/.test(piece.text))) return [];
    const parts = piece.text.trim().split(/\s+/);
    words.push(...parts.filter((part) => part !== '').map((part) => `"${part}"`));
    open = piece.text === '' ? open : !/\s$/.test(piece.text);
  }
  return [
    {
      title: `Start ${words[0]!.slice(1, -1)} without a shell`,
      safety: 'suggestion',
      preferred: true,
      edits: [
        { kind: 'replace', span: { start: program.start, end: line.end }, newText: words.join(', ') },
        { kind: 'import', remove: ['fmt'] },
      ],
    },
  ];
}

/** `session.Run("rm " + path)` of golang.org/x/crypto/ssh: the other side runs it in a shell. */
const remote: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['.Run(', '.Output(', '.CombinedOutput(', '.Start('],
  calls: (name) => /^(?:Run|Start|Output|CombinedOutput)$/.test(name),
  *check(node, ctx): Iterable<Verdict> {
    if (!ctx.file.header.imports.some(({ path }) => path === 'golang.org/x/crypto/ssh')) return;
    const [line, ...more] = callArguments(node);
    if (line === undefined || more.length > 0) return;
    const types = typesAround(ctx, node);
    const origins = originsAround(ctx, node);
    const callee = types?.calleeOf(node);
    if (callee?.kind !== 'method' || origins === null) return;
    if (
      !/^\*?golang\.org\/x\/crypto\/ssh\.Session$/.test(callee.type ?? '') &&
      !/^(?:s|sess|session)$/i.test(callee.receiver.text)
    )
      return;
    const pieces = origins.piecesOf(line);
    if (!pieces.some((piece) => piece.text !== null && /^\s*[\w./-]+\s/.test(piece.text))) return;
    const danger = dangerIn(line, origins, scopeAround(ctx, node));
    if (danger === null) return;
    yield {
      kind: 'fail',
      subject: line.span,
      message: danger.leaf.nature === 'input' ? 'input' : 'shell',
      args: {
        value: shortText(danger.piece.node),
        shell: 'the remote shell',
        ...(danger.leaf.input === null ? {} : { source: INPUT_NAMES[danger.leaf.input] }),
      },
    };
  },
};

/** `cmd.Env = ...` */
const environments: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['assignment_statement'],
  triggers: ['.Env'],
  *check(node, ctx): Iterable<Verdict> {
    const targets = assignedExpressions(node);
    const values = assignedValues(node);
    if (targets.length !== 1 || values.length !== 1 || targets[0]!.kind !== 'selector_expression') return;
    if (targets[0]!.child('field')?.text !== 'Env') return;
    const owner = targets[0]!.child('operand');
    if (owner === null || typesAround(ctx, node)?.typeOf(owner) !== '*os/exec.Cmd') return;
    const origins = originsAround(ctx, node);
    if (origins === null) return;
    const input = origins.inputIn(values[0]!);
    const scope = scopeAround(ctx, node);
    const ordered = origins
      .leavesOf(values[0]!)
      .find((leaf) => isOrdered(leaf, scope) && /env/i.test(leaf.node.text) && !origins.isTested(leaf, node));
    const source = input === null ? ordered?.node.text : INPUT_NAMES[input.input!];
    if (source === undefined) return;
    yield { kind: 'fail', subject: values[0]!.span, message: 'environment', args: { source } };
  },
};

/** Names of lists that say which commands may run. */
const ALLOW_LIST =
  /(?:allow|permit|whitelist|safe|approved)\w*(?:cmd|command|program|binar|exec|tool)|(?:cmd|command|program|binar|exec|tool)\w*(?:allow|permit|whitelist|approved)/i;
/** Programs that run whatever they are given. */
const INTERPRETERS =
  /^(?:.*\/)?(?:sh|bash|zsh|dash|ksh|cmd|powershell|pwsh|python[\d.]*|node|deno|perl|ruby|php|lua|osascript|env|xargs|sudo|eval|awk|nc|ncat|ssh)(?:\.exe)?$/i;

/** `allowedCommands := []string{"ls", "bash"}`, `map[string]bool{...}` */
const allowLists: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['composite_literal'],
  triggers: ['llow', 'ermit', 'hitelist', 'safe', 'Safe', 'pproved'],
  when: (node) => {
    const type = node.child('type')?.kind;
    return type === 'slice_type' || type === 'map_type' || type === 'implicit_length_array_type';
  },
  *check(node): Iterable<Verdict> {
    if (!ALLOW_LIST.test(nameOfLiteral(node))) return;
    const elements = syntaxChildren(node.child('body') ?? node);
    let isGood = elements.length > 0;
    for (const element of elements) {
      const key = element.kind === 'keyed_element' ? syntaxChildren(element)[0] : element;
      const word = key === undefined ? null : stringLiteralValue(syntaxChildren(key)[0] ?? key);
      if (word === null) return;
      if (!INTERPRETERS.test(word)) continue;
      if (element.kind === 'keyed_element' && /\bfalse$/.test(element.text)) continue;
      isGood = false;
      yield {
        kind: 'fail',
        subject: element.span,
        message: 'interpreter',
        args: { program: word },
        fixes: [
          {
            title: `Remove ${word} from the list`,
            safety: 'suggestion',
            preferred: true,
            edits: removeElement(element),
          },
        ],
      };
    }
    if (isGood) yield { kind: 'pass', subject: node.span };
  },
};

/** Name of the variable or field that a literal is given to. */
function nameOfLiteral(literal: GoNode): string {
  const holder = literal.ancestor(
    'var_spec',
    'short_var_declaration',
    'assignment_statement',
    'keyed_element',
    'block',
  );
  switch (holder?.kind) {
    case 'var_spec':
      return holder.child('name')?.text ?? '';
    case 'short_var_declaration':
    case 'assignment_statement':
      return assignedExpressions(holder)[0]?.text ?? '';
    case 'keyed_element':
      return syntaxChildren(holder)[0]?.text ?? '';
    default:
      return '';
  }
}

export const go: readonly NodeDetector[] = [processes, remote, environments, allowLists] as readonly NodeDetector[];
