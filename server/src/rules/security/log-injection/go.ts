/**
 * Formats and log lines of Go programs that somebody else may shape: a text of a variable as the format, and input with
 * line breaks in a line of the package log. Structured loggers quote what they are given; headers and hosts hold no line
 * breaks, since net/http refuses them.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { NodeDetector } from '../../../core/rulekit/rule.ts';
import { handlerAround } from '../../../knowledge/go/handlers.ts';
import { INPUT_NAMES, type InputKind } from '../../../knowledge/go/inputs.ts';
import { formatVerbs } from '../../../languages/go/errorValues.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { originsAround } from '../../../languages/go/origin.ts';
import { scopeAround } from '../../../languages/go/scope.ts';
import {
  callArguments,
  calledName,
  enclosingFunction,
  functionName,
  parametersOf,
  rootIdentifier,
  shortText,
  unparenthesized,
} from '../../../languages/go/syntax.ts';
import { typesAround } from '../../../languages/go/types.ts';

/** Functions with a format, and which argument it is. */
const FORMATS: Readonly<Record<string, number>> = {
  'fmt.Printf': 0,
  'fmt.Sprintf': 0,
  'fmt.Errorf': 0,
  'fmt.Fprintf': 1,
  'log.Printf': 0,
  'log.Fatalf': 0,
  'log.Panicf': 0,
  'log.Logger.Printf': 0,
  'log.Logger.Fatalf': 0,
  'log.Logger.Panicf': 0,
  'github.com/sirupsen/logrus.Infof': 0,
  'github.com/sirupsen/logrus.Warnf': 0,
  'github.com/sirupsen/logrus.Errorf': 0,
  'github.com/sirupsen/logrus.Debugf': 0,
  'github.com/sirupsen/logrus.Fatalf': 0,
  'google.golang.org/grpc/status.Errorf': 1,
};

/** Parameters that are formats by their names. */
const FORMAT_NAME = /format|fmt|tmpl|template|pattern/i;

/** Whether a format is certainly made of a variable, and not of constants of another declaration. */
function isVariable(format: GoNode, ctx: Parameters<typeof scopeAround>[0]): boolean {
  const origins = originsAround(ctx, format);
  const scope = scopeAround(ctx, format);
  if (origins === null || scope === null) return false;
  const inner = unparenthesized(format);
  if (inner.kind === 'identifier' || inner.kind === 'selector_expression') {
    const root = rootIdentifier(inner);
    const binding = root === null ? null : scope.bindingOf(root);
    if (binding === null || binding.kind === 'constant' || FORMAT_NAME.test(inner.text)) return false;
  } else if (inner.kind !== 'binary_expression' && inner.kind !== 'call_expression') return false;
  if (inner.kind === 'call_expression') {
    // `Sprintf(Sprintf(...))`, `Printf(err.Error())`, `Printf(string(body))`; what others return may be a format.
    if (!/^(?:Sprintf|Sprint|Error|String|string)$/.test(calledName(inner))) return false;
  }
  const leaves = origins.leavesOf(inner);
  // Formats in tables, and names of packages, may be constants.
  return (
    leaves.length > 0 &&
    leaves.some(
      ({ nature }) => nature === 'parameter' || nature === 'input' || nature === 'call' || nature === 'field',
    ) &&
    !leaves.some(({ node }) => FORMAT_NAME.test(node.text) && node.kind !== 'call_expression')
  );
}

const formats: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['Printf(', 'Sprintf(', 'Errorf(', 'Fprintf(', 'Fatalf(', 'Panicf(', 'Infof(', 'Warnf(', 'Debugf('],
  calls: (name) => /^(?:S|F)?[Pp]rintf$|^(?:Error|Fatal|Panic|Info|Warn|Debug)f$/.test(name),
  when: (node) => {
    const values = callArguments(node);
    const last = values.at(-1);
    return last !== undefined && values.length <= 2 && !last.kind.endsWith('string_literal');
  },
  *check(node, ctx): Iterable<Verdict> {
    const types = typesAround(ctx, node);
    const callee = types?.calleeOf(node);
    if (types === null || callee === undefined) return;
    const id =
      callee.kind === 'package'
        ? `${callee.path}.${callee.name}`
        : callee.kind === 'method' && callee.type !== null
          ? `${callee.type.replace(/^\*/, '')}.${callee.name}`
          : '';
    if (!Object.hasOwn(FORMATS, id)) return;
    const at = FORMATS[id]!;
    const values = callArguments(node);
    const format = values[at];
    // With values behind it, it is meant to be a format.
    if (format === undefined || values.length !== at + 1 || format.kind === 'variadic_argument') return;
    const type = types.typeOf(format);
    if (type !== null && type !== 'string') return;
    if (isForwarding(node) || !isVariable(format, ctx)) return;
    yield {
      kind: 'fail',
      subject: format.span,
      message: 'format',
      args: { value: shortText(format), call: node.child('function')?.text ?? '' },
      fixes: [
        {
          title: 'Print it with %s',
          safety: 'safe',
          preferred: true,
          edits: [{ kind: 'replace', span: format.span, newText: `"%s", ${withoutSpaces(format)}` }],
        },
      ],
    };
  },
};

/** A sum as gofmt writes it among other arguments: without white space around `+`. */
function withoutSpaces(expression: GoNode): string {
  const terms: string[] = [];
  let inner = expression;
  while (inner.kind === 'binary_expression') {
    const [left, right] = [inner.child('left'), inner.child('right')];
    if (left === null || right === null || /[\n\r]/.test(expression.text)) return expression.text;
    terms.unshift(right.text);
    inner = left;
  }
  return [inner.text, ...terms].join('+');
}

/** Whether the function is a wrapper of a printing function, which passes its own format on. */
function isForwarding(call: GoNode): boolean {
  const owner = enclosingFunction(call);
  if (owner === null) return false;
  return /f$/.test(functionName(owner)) && parametersOf(owner).some((parameter) => parameter.variadic);
}

/** What may hold a line break. */
const BREAKABLE: ReadonlySet<InputKind> = new Set(['query', 'path', 'form', 'body', 'url', 'message']);

/** Lines of the package log with input in them. */
const lines: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['log.Print', 'log.Fatal', 'ogger.Print', '.Println(', '.Printf('],
  calls: (name) => /^(?:Print|Fatal|Panic)(?:f|ln)?$/.test(name),
  *check(node, ctx): Iterable<Verdict> {
    if (handlerAround(node) === null) return;
    const types = typesAround(ctx, node);
    const callee = types?.calleeOf(node);
    const isLog =
      (callee?.kind === 'package' && callee.path === 'log') ||
      (callee?.kind === 'method' && callee.type === '*log.Logger');
    const origins = isLog ? originsAround(ctx, node) : null;
    if (origins === null || types === null) return;
    const [format, ...rest] = callArguments(node);
    const isFormatted = calledName(node).endsWith('f');
    if (format === undefined) return;
    const verbs = isFormatted ? formatVerbs(format) : null;
    if (isFormatted && verbs === null) return;
    const values = isFormatted ? rest : [format, ...rest];
    let isQuoted = false;
    for (const [at, value] of values.entries()) {
      const verb = verbs?.[at];
      if (isFormatted && (verb === undefined || !/^[svq]$/.test(verb.letter) || verb.flags.includes('#'))) continue;
      if (value.kind.endsWith('_literal')) continue;
      // A URL escapes itself when it is printed.
      if (/\bURL$|RequestURI$/.test(value.text) || /url\.URL$/.test(types.typeOf(value) ?? '')) continue;
      const input = origins.inputIn(value, (via) => /Escape|Quote|%q|URL\.String|Values\.Encode|Base$/.test(via));
      if (input === null || !BREAKABLE.has(input.input!)) continue;
      if (/RequestURI|RawQuery|EscapedPath/.test(value.text) || (input.input === 'body' && input.fields.length === 0))
        continue;
      if (verb?.letter === 'q') {
        isQuoted = true;
        continue;
      }
      yield {
        kind: 'fail',
        subject: value.span,
        message: 'line',
        args: { value: shortText(value), source: INPUT_NAMES[input.input!] },
        fixes:
          verb === undefined
            ? []
            : [
                {
                  title: 'Quote it with %q',
                  safety: 'suggestion',
                  preferred: true,
                  edits: [{ kind: 'replace', span: { start: verb.at, end: verb.at + 1 }, newText: 'q' }],
                },
              ],
      };
      return;
    }
    if (isQuoted) yield { kind: 'pass', subject: node.span };
  },
};

export const go: readonly NodeDetector[] = [formats, lines] as readonly NodeDetector[];
