/**
 * Functions that load the settings of a program, and what checks settings. Facts:
 * - `config.load` (key: function): a function that reads several settings and returns them; value: see `ConfigLoad`.
 * - `config.validator` (key: type): a method or function that checks values of that type; value {name}.
 * - `config.validator-call` (key: name): a call of something named like a validator.
 * - `config.field-check` (key: field): code compares that field of a configuration with a literal and reacts.
 */
import type { Json } from '../../core/model/json.ts';
import type { Span } from '../../core/model/location.ts';
import { type Extractor, fact, type NodeDetector } from '../../core/rulekit/rule.ts';
import { type GoHeader, importedPath } from '../../languages/go/header.ts';
import type { GoNode } from '../../languages/go/nodes.gen.ts';
import {
  callArguments,
  calledExpression,
  functionName,
  indentationOf,
  operatorOf,
  parametersOf,
  receiverOf,
  resultsOf,
  rootIdentifier,
  selectorPath,
  stringLiteralValue,
  syntaxChildren,
} from '../../languages/go/syntax.ts';

export type ConfigLoad = {
  /** Type of the result without `*`; qualified as written. */
  readonly type: string;
  readonly errorResult: boolean;
  /** Whether the function can stop or return an error, or checks or repairs a value on the way. */
  readonly checked: boolean;
  /** Reads whose value may be missing. */
  readonly raw: number;
  /** Reads that are turned into numbers or durations. */
  readonly numeric: number;
  /** Wrapper functions that it reads through; qualified ones are left out. */
  readonly wrappers: readonly string[];
  readonly fields: readonly string[];
  /** Fields that get a number, and fields whose value may be missing. */
  readonly numericFields: readonly string[];
  readonly rawFields: readonly string[];
  /** The only return statement and the variable that it returns, when it is `return variable, nil`. */
  readonly exit: {
    readonly start: number;
    readonly end: number;
    readonly variable: string;
    readonly indent: string;
  } | null;
  /** Offset behind the declaration. */
  readonly end: number;
};

const CONFIG_TYPE = /(?:config(?:uration)?s?|conf|cfg|settings?|options|env(?:ironment)?|params|preferences)$/i;
const LOADER_NAME =
  /^(?:must)?(?:load|read|new|init|parse|get|from|make|build|setup|create|default)?\w*(?:config(?:uration)?|conf|cfg|settings|env|options)\w*$|^(?:load|fromenv|newfromenv|parse|read)$/i;
const READERS = /^(?:Getenv|LookupEnv)$/;
const NUMERIC = /int|float|num|duration|second|millis|port|size|limit|uint/i;
const CHECK_NAME =
  /valid|verify|check|require|^must(?!compile)|sanit|normali[sz]e|ensure|assert|^(?:set|apply|fill|with)\w*defaults?$/i;
const ENDING = /^(?:panic|Fatal\w*|Exit|Panic\w*|fatal\w*|die)$/;
const FEWEST_READS = 3;

/** Where settings come from: a document that arrives in a request is none. */
const SOURCE =
  /\b(?:os\.(?:ReadFile|Open)|ioutil\.ReadFile|viper|koanf|cleanenv|envconfig|env\.Parse|toml\.DecodeFile|ReadInConfig)\b/;
/** Calls that fill the result from a file or from the environment as a whole. */
const FILLING = /^(?:Unmarshal\w*|Decode\w*|ReadConfig|ReadEnv|Process|ParseWithOptions|UnmarshalExact|Scan)$/;

interface Read {
  readonly call: GoNode;
  readonly kind: 'raw' | 'numeric' | 'defaulted';
  readonly wrapper: string;
}

function lastName(callee: GoNode): string {
  return callee.kind === 'selector_expression' ? (callee.child('field')?.text ?? '') : callee.text;
}

/** A call that reads one setting by a literal name. */
function readOf(call: GoNode, header: GoHeader): Read | null {
  const callee = calledExpression(call);
  if (callee === null) return null;
  const name = lastName(callee);
  const operand = callee.kind === 'selector_expression' ? callee.child('operand') : null;
  const path = operand?.kind === 'identifier' ? (importedPath(header, operand.text) ?? '') : '';
  const values = callArguments(call);
  const first = values[0] === undefined ? null : stringLiteralValue(values[0]);
  if (first === null) return null;
  if (READERS.test(name) && (path === 'os' || path === 'syscall')) {
    // strconv.Atoi(os.Getenv("PORT"))
    const outer = call.parent?.kind === 'argument_list' ? call.parent.parent : null;
    const conversion = outer?.kind === 'call_expression' ? (calledExpression(outer)?.text ?? '') : '';
    return {
      call,
      kind: /^(?:strconv\.(?:Atoi|Parse(?:Int|Uint|Float))|time\.ParseDuration)$/.test(conversion) ? 'numeric' : 'raw',
      wrapper: '',
    };
  }
  if (path === 'github.com/spf13/viper') {
    if (!/^Get/.test(name)) return null;
    return { call, kind: NUMERIC.test(name) ? 'numeric' : 'raw', wrapper: '' };
  }
  if (!/env/i.test(name) || !/^[A-Z][A-Z0-9_]+$/.test(first)) return null;
  const numeric =
    NUMERIC.test(name) || (values[1] !== undefined && /^(?:int_literal|float_literal)$/.test(values[1].kind));
  const wrapper = path === '' ? name : '';
  // An empty string is no default: the value is still missing.
  const fallback = values[1];
  const defaulted = fallback !== undefined && stringLiteralValue(fallback) !== '';
  return { call, kind: numeric ? 'numeric' : defaulted ? 'defaulted' : 'raw', wrapper };
}

/** The field of the result that a read ends up in: `Port: getEnvInt(...)` or `cfg.Port = ...`. */
function fieldOf(node: GoNode): string | null {
  for (let inner: GoNode | null = node; inner !== null; inner = inner.parent) {
    if (inner.kind === 'keyed_element') {
      const key = syntaxChildren(inner)[0];
      return key === undefined ? null : key.text;
    }
    if (inner.kind === 'assignment_statement') {
      const target = inner.child('left');
      const [first] = target === null ? [] : syntaxChildren(target);
      return first?.kind === 'selector_expression' ? (first.child('field')?.text ?? null) : null;
    }
    if (inner.kind === 'statement_list' || inner.kind === 'func_literal') return null;
  }
  return null;
}

/** Whether the function reacts to a bad value: an error result, an end of the program, a check, a repair. */
function isChecked(body: GoNode, errorResult: boolean): boolean {
  for (const node of body.descendants('call_expression', 'return_statement', 'if_statement')) {
    if (node.kind === 'call_expression') {
      const callee = calledExpression(node);
      if (callee === null) continue;
      const name = lastName(callee);
      if (ENDING.test(name) || CHECK_NAME.test(name) || /valid/i.test(callee.text)) return true;
    } else if (node.kind === 'return_statement') {
      if (!errorResult) continue;
      const list = node.childOfKind('expression_list');
      const values = list === null ? syntaxChildren(node) : syntaxChildren(list);
      // A bare return or a passed-on call may carry an error.
      if (values.length < 2 || values.at(-1)!.text !== 'nil') return true;
    } else if (isRepair(node)) return true;
  }
  return false;
}

/** `if cfg.Port <= 0 { cfg.Port = 8080 }`: the value that is compared is set. */
function isRepair(node: GoNode): boolean {
  const condition = node.child('condition');
  const consequence = node.child('consequence');
  if (condition === null || consequence === null) return false;
  const compared = new Set<string>();
  for (const comparison of condition.descendants('binary_expression')) {
    if (!/^(?:==|<|>|<=|>=|!=)$/.test(operatorOf(comparison))) continue;
    const path = selectorPath(comparison.child('left') ?? comparison);
    if (path?.includes('.')) compared.add(path);
  }
  if (compared.size === 0) return false;
  for (const assignment of consequence.descendants('assignment_statement')) {
    const target = assignment.child('left');
    for (const item of target === null ? [] : syntaxChildren(target)) {
      const path = selectorPath(item);
      if (path !== null && compared.has(path)) return true;
    }
  }
  return false;
}

/** The one `return variable, nil` of a loader. */
function exitOf(owner: GoNode, body: GoNode): ConfigLoad['exit'] {
  const returns = [...body.walk((node) => node.kind !== 'func_literal')].filter(
    (node) => node.kind === 'return_statement',
  );
  const [only] = returns;
  if (returns.length !== 1 || only === undefined || resultsOf(owner).length !== 2) return null;
  const list = only.childOfKind('expression_list');
  const values = list === null ? [] : syntaxChildren(list);
  if (values.length !== 2 || values[0]!.kind !== 'identifier' || values[1]!.text !== 'nil') return null;
  return { start: only.start, end: only.end, variable: values[0]!.text, indent: indentationOf(only) };
}

const loaders: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['function_declaration'],
  triggers: ['env', 'Env', 'viper', 'Unmarshal', 'Decode'],
  *check(owner, ctx) {
    const { header } = ctx.file;
    const body = owner.child('body');
    const name = functionName(owner);
    const results = resultsOf(owner);
    const first = results[0];
    if (body === null || first === undefined || results.length > 2) return;
    const type = first.type.text.replace(/^\*/, '');
    if (!/^[\w.]+$/.test(type) || !(CONFIG_TYPE.test(type) || (LOADER_NAME.test(name) && /^[A-Z]\w*$/.test(type))))
      return;
    const errorResult = results[1]?.type.text === 'error';
    if (results.length === 2 && !errorResult) return;
    // A function that gets the configuration does not load it.
    if (parametersOf(owner).some((parameter) => CONFIG_TYPE.test(parameter.type.text.replace(/^\*/, '')))) return;
    const reads: Read[] = [];
    let filled = false;
    for (const call of body.descendants('call_expression')) {
      const read = readOf(call, header);
      if (read !== null) reads.push(read);
      const callee = calledExpression(call);
      if (
        callee !== null &&
        FILLING.test(lastName(callee)) &&
        callArguments(call).some((value) => value.text.startsWith('&') || value.kind === 'identifier')
      )
        filled = true;
    }
    if (reads.length < FEWEST_READS && !(filled && LOADER_NAME.test(name) && SOURCE.test(body.text))) return;
    const fields = new Set<string>();
    const numericFields: string[] = [];
    const rawFields: string[] = [];
    for (const { call, kind } of reads) {
      const field = fieldOf(call);
      if (field === null) continue;
      fields.add(field);
      // The type of a qualified call's field is not known here; a wrapper in a conversion is no plain number.
      const direct = call.parent?.kind === 'literal_element' || call.parent?.kind === 'expression_list';
      if (kind === 'numeric' && direct) numericFields.push(field);
      if (kind === 'raw' && direct) rawFields.push(field);
    }
    const value: ConfigLoad = {
      type,
      errorResult,
      checked: isChecked(body, errorResult),
      raw: reads.filter((read) => read.kind === 'raw').length + (filled ? 1 : 0),
      numeric: reads.filter((read) => read.kind === 'numeric').length,
      wrappers: [...new Set(reads.map((read) => read.wrapper).filter((wrapper) => wrapper !== ''))],
      fields: [...fields],
      numericFields,
      rawFields,
      exit: exitOf(owner, body),
      end: owner.end,
    };
    const at: Span = owner.child('name')?.span ?? owner.span;
    yield fact('config.load', name, value as unknown as Json, at);
  },
};

const VALIDATOR = /^(?:is)?(?:valid|verify|check|ensure|sanitize|normali[sz]e|assert)/i;

const validators: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['function_declaration', 'method_declaration'],
  when: (owner) => VALIDATOR.test(functionName(owner)),
  *check(owner) {
    const name = functionName(owner);
    const at = owner.child('name')?.span ?? owner.span;
    const receiver = owner.kind === 'method_declaration' ? receiverOf(owner) : null;
    if (receiver !== null) yield fact('config.validator', receiver.type, { name }, at);
    for (const parameter of parametersOf(owner)) {
      const type = parameter.type.text.replace(/^\*/, '');
      if (CONFIG_TYPE.test(type)) yield fact('config.validator', type.slice(type.lastIndexOf('.') + 1), { name }, at);
    }
  },
};

const validatorCalls: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  calls: (name) => VALIDATOR.test(name),
  *check(call) {
    const callee = calledExpression(call);
    if (callee !== null) yield fact('config.validator-call', lastName(callee), null, callee.span);
  },
};

/** `return c.Domain != "" && c.Email != ""` in a method of the configuration: it says whether the settings will do. */
const fieldQuestions: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['method_declaration'],
  triggers: ['""', '``'],
  *check(owner) {
    const receiver = receiverOf(owner);
    const body = owner.child('body');
    if (receiver === null || body === null || receiver.name === '' || !CONFIG_TYPE.test(receiver.type)) return;
    for (const statement of body.descendants('return_statement')) {
      for (const comparison of statement.descendants('binary_expression')) {
        const left = comparison.child('left');
        const right = comparison.child('right');
        if (left?.kind !== 'selector_expression' || left.child('operand')?.text !== receiver.name) continue;
        if (right === null || stringLiteralValue(right) !== '') continue;
        yield fact('config.field-check', left.child('field')?.text ?? '', null, comparison.span);
      }
    }
  },
};

const CONFIG_VALUE = /(?:^|\.)(?:\w*(?:cfg|conf|config|configuration|settings|options|opts|env))\./i;

const MAY_BE_CONFIG = /cfg|conf|settings|options|opts|env/i;

const fieldChecks: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['if_statement'],
  triggers: ['fg', 'onf', 'ettings', 'ption', 'pts', 'nv'],
  when: (node) => MAY_BE_CONFIG.test(node.child('condition')?.text ?? ''),
  *check(node) {
    const condition = node.child('condition');
    const consequence = node.child('consequence');
    if (condition === null || consequence === null) return;
    if (!/\b(?:return|panic|Fatal\w*|Exit|Panic\w*)\b/.test(consequence.text) && !isRepair(node)) return;
    for (const comparison of condition.descendants('binary_expression')) {
      if (!/^(?:==|<|>|<=|>=)$/.test(operatorOf(comparison))) continue;
      const left = comparison.child('left');
      const right = comparison.child('right');
      if (left?.kind !== 'selector_expression' || right === null || rootIdentifier(left) === null) continue;
      if (!/^(?:interpreted_string_literal|raw_string_literal|int_literal|float_literal|nil)$/.test(right.kind))
        continue;
      const path = selectorPath(left);
      if (path === null || !CONFIG_VALUE.test(path)) continue;
      yield fact('config.field-check', left.child('field')?.text ?? '', null, comparison.span);
    }
  },
};

export const extractors: readonly Extractor[] = [
  { id: 'config.loaders', language: 'go', detector: loaders as NodeDetector },
  { id: 'config.validators', language: 'go', detector: validators as NodeDetector },
  { id: 'config.validator-calls', language: 'go', detector: validatorCalls as NodeDetector },
  { id: 'config.field-questions', language: 'go', detector: fieldQuestions as NodeDetector },
  { id: 'config.field-checks', language: 'go', detector: fieldChecks as NodeDetector },
];
