/**
 * Python: status and metrics that are written down in the code: functions that answer a request or gather measurements
 * and whose whole answer is one dictionary of constants, and gauges that are set to a number nobody has measured.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, NodeDetector } from '../../../core/rulekit/rule.ts';
import { isHealthName } from '../../../knowledge/go/paths.ts';
import { wordsOf } from '../../../knowledge/project/secrets.ts';
import { isLogCall } from '../../../knowledge/python/logging.ts';
import { routeOf } from '../../../knowledge/python/requests.ts';
import { isServedPath } from '../../../knowledge/python/services.ts';
import { callChain } from '../../../languages/python/chains.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { isName } from '../../../languages/python/scope.ts';
import { numberValue, stringValue } from '../../../languages/python/strings.ts';
import {
  calledName,
  calledOn,
  classOfMethod,
  commentText,
  definedName,
  docstringOf,
  isEmptyStatement,
  leadingComments,
  onlyChild,
  positionalArguments,
  shortText,
  statementsOf,
  syntaxChildren,
  unparenthesized,
} from '../../../languages/python/syntax.ts';
import { CONSTANT_KEY, DEMO, DEMO_NAME, MEASURED_KEY } from './words.ts';

/** Words of functions whose results are taken for measurements. */
const MEASURING = /^(?:metrics?|stats?|statistics|status|telemetry|usage|counts?|performance|analytics|dashboard)$/;
/** Words of functions that give what was agreed or chosen. */
const CHOSEN =
  /^(?:limits?|quotas?|plans?|tiers?|prices?|pricing|config|configuration|settings?|options?|schema|thresholds?|targets?|choices|initial|empty|expected|payload|build)$/;
/** Calls that put the answer together and send it. */
const SENDING =
  /^(?:jsonify|dict|json_response|\w*Response|now|utcnow|today|time|isoformat|strftime|timestamp|make_response|dumps|str|Decimal|float)$/;
const CLOCK = /^(?:datetime|time|timezone)\b[\w.]*(?:now|utcnow|today|time)$/;

/** The dictionary with string keys that a statement of a function answers with; null for other statements. */
function literalOf(statement: PythonNode): PythonNode | null {
  if (!/^(?:return_statement|expression_statement)$/.test(statement.kind)) return null;
  const [literal] = statement.descendants('dictionary');
  if (literal === undefined) return null;
  const pairs = syntaxChildren(literal);
  return pairs.length > 0 && pairs.every((pair) => pair.kind === 'pair' && stringValue(pair.child('key')!) !== null)
    ? literal
    : null;
}

/** Whether nothing in the literal is looked up: constants and the time only. */
function isConstant(literal: PythonNode): boolean {
  if (literal.descendants('subscript', 'await', 'list_comprehension', 'dictionary_splat', 'interpolation').length > 0)
    return false;
  for (const name of literal.descendants('identifier')) {
    if (isName(name) && !/^(?:datetime|time|timezone)$/.test(name.text)) return false;
  }
  return literal.descendants('call').every((call) => {
    const callee = call.child('function')?.text ?? '';
    return CLOCK.test(callee) || /\.(?:isoformat|strftime|timestamp)$/.test(callee);
  });
}

/** Whether one of the constants would be a measurement. */
function measures(literal: PythonNode, isMeasuring: boolean): boolean {
  let hasTime = false;
  let hasStatus = false;
  for (const pair of literal.descendants('pair')) {
    const key = stringValue(pair.child('key')!);
    const value = pair.child('value');
    if (key === null || value === null || CONSTANT_KEY.test(key)) continue;
    const number = numberValue(value);
    if (number !== null && number !== 0 && MEASURED_KEY.test(key)) return true;
    if (value.kind === 'call') hasTime = true;
    if (key === 'status') hasStatus = true;
  }
  return hasTime && hasStatus && isMeasuring;
}

/** Whether the function does anything but send an answer. */
function onlySends(owner: PythonNode, ctx: ChunkContext): boolean {
  if (
    owner.descendants('for_statement', 'while_statement', 'if_statement', 'try_statement', 'with_statement', 'await')
      .length > 0
  )
    return false;
  const body = owner.child('body');
  return (body?.descendants('call') ?? []).every((call) => SENDING.test(calledName(call)) || isLogCall(call, ctx));
}

/** Whether a function, its class or what is written about them says that nothing of it is real. */
function isDemo(owner: PythonNode): boolean {
  const around = classOfMethod(owner);
  const names = [definedName(owner), around === null ? '' : definedName(around)];
  const prose = [docstringOf(owner)?.text ?? '', ...leadingComments(owner).map(commentText)];
  return names.some((name) => DEMO_NAME.test(name)) || prose.some((text) => DEMO.test(text));
}

const answers: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['function_definition'],
  triggers: ['": ', "': "],
  *check(node, ctx): Iterable<Verdict> {
    const name = definedName(node);
    const words = wordsOf(name);
    const isMeasuring = words.some((word) => MEASURING.test(word));
    if (!isMeasuring && routeOf(node, ctx) === null) return;
    if (!isServedPath(ctx.file.path) || isHealthName(name) || words.some((word) => CHOSEN.test(word))) return;
    const statements = statementsOf(node).filter((statement) => !isEmptyStatement(statement));
    const literals = statements.map(literalOf).filter((literal) => literal !== null);
    const [literal, ...more] = literals;
    if (literal === undefined || more.length > 0 || isDemo(node)) return;
    const subject = (node.child('name') ?? node).span;
    if (!isConstant(literal)) {
      if (isMeasuring) yield { kind: 'pass', subject };
      return;
    }
    // What is only given to a call, or completed later, is no answer.
    const sent = statements.at(-1)!;
    const isAnswer = sent.contains(literal) || (statements.length === 2 && onlyChild(sent)?.kind === 'identifier');
    if (sent.kind !== 'return_statement' || !isAnswer || !onlySends(node, ctx)) return;
    if (measures(literal, isMeasuring)) yield { kind: 'fail', subject, message: 'constant', args: { name } };
  },
};

const SET_GAUGE = /^prometheus_client(?:\.\w+)*\.Gauge\(\)(?:\.labels\(\))?\.set$/;
const STATSD_GAUGE = /^(?:statsd(?:\.\w+)*\.StatsClient\(\)|datadog(?:\.\w+)*\.statsd|statsd)\.gauge$/;

/** `CPU_USAGE.set(42)`: states (0, 1) and what is a constant by its nature are left alone. */
const gauges: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['.set(', '.gauge('],
  calls: (name) => name === 'set' || name === 'gauge',
  *check(node, ctx): Iterable<Verdict> {
    const values = positionalArguments(node);
    const isSet = calledName(node) === 'set';
    const value = values[isSet ? 0 : 1];
    if (value === undefined || values.length !== (isSet ? 1 : 2) || calledOn(node) === null) return;
    const number = numberValue(value);
    if (number === null || Math.abs(number) <= 1) return;
    if (!(isSet ? SET_GAUGE : STATSD_GAUGE).test(callChain(node, ctx))) return;
    const gauge = unparenthesized(calledOn(node)!);
    const labelled = gauge.kind === 'call' ? (calledOn(gauge) ?? gauge) : gauge;
    const name = isSet ? labelled.text : (stringValue(values[0]!) ?? '');
    const words = wordsOf(name);
    if (!MEASURED_KEY.test(name) || DEMO_NAME.test(name)) return;
    if (words.some((word) => CHOSEN.test(word) || /^(?:max|min|capacity|version|info|build|size)$/.test(word))) return;
    yield {
      kind: 'fail',
      subject: node.span,
      message: 'gauge',
      args: { name: shortText(labelled), value: value.text },
    };
  },
};

export const pythonConstants = [answers, gauges] as readonly NodeDetector[];
