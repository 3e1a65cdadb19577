/**
 * Protection against forged requests that Go programs switch off: skippers of echo, fiber, gorilla/csrf and nosurf that
 * never check, a bypass of net/http for everything, beego's switch. An exemption for one path is somebody's decision
 * and is left alone, and so is one for requests with a token of their own.
 */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { NodeDetector } from '../../../core/rulekit/rule.ts';
import { withoutVersion } from '../../../knowledge/go/frameworks.ts';
import { removeElement } from '../../../languages/go/compositeLiteral.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import {
  assignedExpressions,
  assignedValues,
  callArguments,
  calledName,
  enclosingFunction,
  lineSpanOf,
  statementOf,
  statementsOf,
  stringLiteralValue,
  syntaxChildren,
} from '../../../languages/go/syntax.ts';

const LIBRARIES =
  /^github\.com\/(?:gorilla\/csrf|justinas\/nosurf|utrack\/gin-csrf|labstack\/echo\/middleware|gofiber\/fiber\/middleware\/csrf|gin-contrib\/csrf|beego\/beego.*|astaxie\/beego.*)$/;

function importsLibrary(header: GoHeader, pattern: RegExp): boolean {
  return header.imports.some(({ path }) => pattern.test(withoutVersion(path)));
}

/** Whether a function literal returns nothing but the value. */
function alwaysReturns(literal: GoNode, value: 'true' | 'false'): boolean {
  const [only, ...more] = literal.kind === 'func_literal' ? statementsOf(literal) : [];
  return (
    more.length === 0 && only?.kind === 'return_statement' && /^return\s+(true|false)$/.exec(only.text)?.[1] === value
  );
}

/** `CSRFConfig{Skipper: func(c echo.Context) bool { return true }}`, `csrf.Config{Next: ...}` */
const configurations: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['composite_literal'],
  triggers: ['CSRFConfig', 'csrf.Config'],
  *check(node, ctx): Iterable<Verdict> {
    const type = node.child('type')?.text ?? '';
    if (!/CSRFConfig$|^csrf\.Config$/.test(type) || !importsLibrary(ctx.file.header, LIBRARIES)) return;
    for (const element of syntaxChildren(node.child('body') ?? node)) {
      const [key, value] = element.kind === 'keyed_element' ? syntaxChildren(element) : [];
      if (!/^(?:Skipper|Next)$/.test(key?.text ?? '')) continue;
      const skipper = value === undefined ? undefined : syntaxChildren(value)[0];
      if (skipper === undefined || !alwaysReturns(skipper, 'true')) return;
      yield {
        kind: 'fail',
        subject: element.span,
        message: 'skipped',
        fixes: [{ title: 'Remove the skipper', safety: 'suggestion', preferred: true, edits: removeElement(element) }],
      };
      return;
    }
    yield { kind: 'pass', subject: node.span };
  },
};

const calls: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: [
    'UnsafeSkipCheck',
    'ExemptFunc',
    'ExemptGlob',
    'ExemptRegexp',
    'AddInsecureBypassPattern',
    'csrf.Protect',
    'nosurf.New',
  ],
  calls: (name) =>
    /^(?:UnsafeSkipCheck|ExemptFunc|ExemptGlob|ExemptRegexp|AddInsecureBypassPattern|Protect|New)$/.test(name),
  *check(node, ctx): Iterable<Verdict> {
    const name = calledName(node);
    const callee = node.child('function')?.text ?? '';
    const [argument] = callArguments(node);
    const { header } = ctx.file;
    if (name === 'Protect' || name === 'New') {
      if (!/^(?:csrf\.Protect|nosurf\.New)$/.test(callee) || !importsLibrary(header, LIBRARIES)) return;
      yield { kind: 'pass', subject: node.span };
      return;
    }
    if (argument === undefined) return;
    const pattern = stringLiteralValue(argument) ?? '';
    const isForAll =
      name === 'ExemptFunc'
        ? alwaysReturns(argument, 'true')
        : name === 'UnsafeSkipCheck'
          ? isUnconditional(node)
          : name === 'ExemptGlob'
            ? /^\/?\*+$/.test(pattern)
            : name === 'ExemptRegexp'
              ? /^\^?\/?(?:\.\*)?\$?$/.test(pattern)
              : pattern === '/';
    if (!isForAll) return;
    if (name !== 'AddInsecureBypassPattern' && !importsLibrary(header, LIBRARIES)) return;
    yield { kind: 'fail', subject: node.span, message: 'exempt', fixes: removal(node) };
  },
};

/** Whether a request is exempted without any question, by a handler that asks nothing before. */
function isUnconditional(call: GoNode): boolean {
  const owner = enclosingFunction(call);
  if (owner === null || call.ancestor('if_statement', 'expression_switch_statement', 'for_statement') !== null)
    return false;
  return (
    !/Authorization|Bearer|[Ss]ignature|[Ww]ebhook|api_?key/i.test(owner.text) &&
    !owner.descendants('if_statement').some((test) => test.start < call.start)
  );
}

function removal(call: GoNode): readonly Fix[] {
  const statement = statementOf(call);
  const isAlone =
    statement?.kind === 'expression_statement' && statement.start === call.start && statement.end === call.end;
  if (!isAlone) return [];
  return [
    {
      title: 'Remove the exemption',
      safety: 'suggestion',
      preferred: true,
      edits: [{ kind: 'replace', span: lineSpanOf(statement), newText: '' }],
    },
  ];
}

/** `web.BConfig.WebConfig.EnableXSRF = false` of beego, where it was meant to be on. */
const switches: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['assignment_statement'],
  triggers: ['EnableXSRF'],
  *check(node): Iterable<Verdict> {
    const [target, ...others] = assignedExpressions(node);
    const [value] = assignedValues(node);
    if (target?.child('field')?.text !== 'EnableXSRF' || others.length > 0 || value === undefined) return;
    if (value.text === 'true') yield { kind: 'pass', subject: node.span };
    else if (value.text === 'false') {
      yield {
        kind: 'fail',
        subject: node.span,
        message: 'off',
        fixes: [
          {
            title: 'Switch it on',
            safety: 'suggestion',
            preferred: true,
            edits: [{ kind: 'replace', span: value.span, newText: 'true' }],
          },
        ],
      };
    }
  },
};

export const go: readonly NodeDetector[] = [configurations, calls, switches] as readonly NodeDetector[];
