/** Input of users that goes to a model or sets the size of an answer, and nothing bounds it. */
import { directoryOf } from '../../../core/model/path.ts';
import type { Fix } from '../../../core/model/verdict.ts';
import { type ChunkContext, defineRule, fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { initialValueOf } from '../../../knowledge/go/frameworks.ts';
import type { InputReader } from '../../../knowledge/go/inputs.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { originsAround } from '../../../languages/go/origin.ts';
import { pendingValue, settled } from '../../../languages/go/pending.ts';
import { checkPlace, guardLines, linesBefore, refusalAt } from '../../../languages/go/refusals.ts';
import { type GoBinding, type GoScope, scopeAround } from '../../../languages/go/scope.ts';
import {
  callArguments,
  calledName,
  enclosingFunction,
  functionName,
  operatorOf,
  parametersOf,
  stringLiteralValue,
  topLevelOf,
  unparenthesized,
} from '../../../languages/go/syntax.ts';
import { pythonDetectors } from './python.ts';

/** Methods that bound the number of rows, and what they are called on. */
const LIMITS = /^(?:Limit|Take|SetLimit|WithLimit|PageSize)$/;

/** The request's parameter that a number was read from: `strconv.Atoi(c.Query("limit"))`. */
function numberOfRequest(identifier: GoNode, scope: GoScope, isInput: (node: GoNode) => boolean): GoNode | null {
  const binding = scope.bindingOf(identifier);
  if (binding === null) return null;
  const assigned = [
    binding.node,
    ...binding.uses.filter((use) => use.parent?.kind === 'expression_list' && use.parent.field === 'left'),
  ];
  for (const target of assigned) {
    const statement = target.parent?.parent;
    const right = statement?.child('right');
    const call = right?.kind === 'expression_list' ? right.namedChildren[0] : null;
    if (call?.kind !== 'call_expression' || !/^(?:Atoi|ParseInt|ParseUint)$/.test(calledName(call))) continue;
    const [text] = callArguments(call);
    if (text === undefined) continue;
    const value = text.kind === 'identifier' ? (initialValueOf(text, scope) ?? text) : text;
    if (isInput(value) || isInput(text)) return call;
  }
  return null;
}

/** `r.URL.Query().Get("limit")`: a value of the parsed query of a request. */
function readsQuery(expression: GoNode, reader: InputReader): boolean {
  const values =
    expression.kind === 'call_expression' && calledName(expression) === 'Get'
      ? expression.child('function')?.child('operand')
      : null;
  return values !== null && values !== undefined && reader.inputAt(unparenthesized(values)) !== null;
}

/** Whether anything compares a variable, or hands it to something that may bound it. */
function isBounded(binding: GoBinding, sink: GoNode): boolean {
  return binding.uses.some((use) => {
    const { parent } = use;
    if (parent?.kind === 'binary_expression') {
      const operator = operatorOf(parent);
      if (!/^[<>]=?$/.test(operator)) return false;
      // Against zero it is only known to be positive.
      const other = parent.child('left')?.equals(use) === true ? parent.child('right') : parent.child('left');
      return other === null || !/^[01]$/.test(other.text);
    }
    const call = parent?.kind === 'argument_list' ? parent.parent : null;
    return (
      call !== null &&
      !call.equals(sink) &&
      /min|clamp|valid|limit|bound|cap|normal|check|page|sanit/i.test(calledName(call)) &&
      !LIMITS.test(calledName(call))
    );
  });
}

/** The number of rows, and of bytes of a text, that the fixes propose. */
const MOST_ROWS = 100;
const LONGEST_TEXT = 10_000;

/** `if limit > 100 { limit = 100 }` in front of the query. */
function boundFix(call: GoNode, name: string): readonly Fix[] {
  const statement = checkPlace(call);
  if (statement === null) return [];
  const lines = [`if ${name} > ${MOST_ROWS} {`, `\t${name} = ${MOST_ROWS}`, '}'];
  return [
    {
      title: `Read ${MOST_ROWS} rows at most`,
      safety: 'suggestion',
      preferred: true,
      edits: [linesBefore(statement, lines)],
    },
  ];
}

/** Refuses a text that is too long in front of the call that sends it to a model. */
function lengthFix(call: GoNode, name: string, ctx: ChunkContext): readonly Fix[] {
  const statement = checkPlace(call);
  const refusal = refusalAt(ctx, call, { text: `${name} is too long`, isRequest: true });
  if (statement === null || refusal === null) return [];
  return [
    {
      title: `Refuse more than ${LONGEST_TEXT} bytes`,
      safety: 'suggestion',
      preferred: true,
      edits: [
        linesBefore(statement, guardLines(`len(${name}) > ${LONGEST_TEXT}`, refusal)),
        { kind: 'import', add: refusal.imports },
      ],
    },
  ];
}

const pageSizes: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['.Limit(', '.Take(', 'SetLimit(', 'WithLimit(', 'PageSize('],
  calls: (name) => LIMITS.test(name),
  *check(node, ctx) {
    const values = callArguments(node);
    const [first] = values;
    if (values.length !== 1 || first === undefined) return;
    let argument = unparenthesized(first);
    if (argument.kind === 'call_expression' && /^u?int(?:32|64)?$/.test(calledName(argument)))
      argument = unparenthesized(callArguments(argument)[0] ?? argument);
    if (argument.kind !== 'identifier') return;
    const scope = scopeAround(ctx, node);
    const origins = originsAround(ctx, node);
    const binding = scope?.bindingOf(argument) ?? null;
    if (scope === null || origins === null || binding === null) return;
    const source = numberOfRequest(
      argument,
      scope,
      (expression) => origins.reader.inputAt(expression) !== null || readsQuery(expression, origins.reader),
    );
    if (source === null) return;
    if (isBounded(binding, node)) yield { kind: 'pass', subject: node.span };
    else {
      const fixes = boundFix(node, argument.text);
      yield { kind: 'fail', subject: node.span, message: 'size', args: { name: argument.text }, fixes };
    }
  },
};

/** Names of what a person wrote. */
const WRITTEN =
  /^(?:user)?_?(?:input|prompt|question|query|message|text|content|msg|line|utterance|instruction|request)s?(?:Text|Str|Content)?$/i;
/** Methods that send a text to a model. */
const ASKS =
  /^(?:Generate\w*|Complete\w*|Chat|ChatCompletion|CreateChatCompletion|CreateCompletion|Ask|Prompt|SendPrompt|SendMessage|Invoke|Infer|Predict|Think|Converse|Call|Query)$/;
const MODEL =
  /llm|openai|gpt|claude|anthropic|gemini|ollama|mistral|openrouter|model|agent|assistant|completion|\bai\b|chatbot|bedrock|langchain/i;

/** Whether a length is looked at, or a function that may is asked. */
function isChecked(binding: GoBinding, sink: GoNode): boolean {
  return binding.uses.some((use) => {
    const call = use.parent?.kind === 'argument_list' ? use.parent.parent : null;
    if (call === null || call.equals(sink)) return use.parent?.kind === 'slice_expression';
    const name = calledName(call);
    if (name === 'len')
      return (
        call.parent?.kind === 'binary_expression' &&
        call.parent.parent?.kind !== 'keyed_element' &&
        /^[<>]=?$/.test(operatorOf(call.parent))
      );
    return /valid|sanit|check|truncat|limit|clean|filter|moderat|guard|escape|RuneCount|Match|verif|safe|trim_?to|redact/i.test(
      name,
    );
  });
}

/** A text that somebody typed goes to a model: from a request, or from the parameter of a function that handles one. */
const prompts: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: [
    'enerate',
    'omplet',
    'hat',
    'Ask',
    'rompt',
    'essage',
    'nvoke',
    'Infer',
    'redict',
    'Think',
    'onverse',
    'Call',
    'Query',
  ],
  calls: (name) => ASKS.test(name),
  *check(node, ctx) {
    const callee = node.child('function');
    if (callee?.kind !== 'selector_expression') return;
    const receiver = callee.child('operand')?.text ?? '';
    if (receiver.length > 80 || !MODEL.test(receiver) || /db|sql|repo|store|rows|orm/i.test(receiver)) return;
    const scope = scopeAround(ctx, node);
    const owner = enclosingFunction(node);
    const declaration = topLevelOf(node);
    if (scope === null || owner === null || declaration === null) return;
    // Where something is handled, begins what a user wants.
    if (
      !/handle|serve|chat|ask|think|message|command|prompt|query|loop|run|interactive|repl|main|process|webhook|respond/i.test(
        functionName(declaration),
      )
    )
      return;
    if (/llm|openai|anthropic|provider|client/i.test(ctx.file.header.packageName)) return;
    for (const value of callArguments(node)) {
      const argument = unparenthesized(value);
      if (argument.kind !== 'identifier' || !WRITTEN.test(argument.text)) continue;
      const binding = scope.bindingOf(argument);
      if (binding === null) continue;
      const isParameter =
        binding.kind === 'parameter' &&
        parametersOf(owner).some(
          (parameter) => parameter.node?.equals(binding.node) === true && parameter.type.text === 'string',
        );
      const initial = isParameter ? null : initialValueOf(argument, scope);
      const isTyped =
        initial !== null &&
        /scanner\.Text\(\)|ReadString\(|FormValue\(|\.Query\(|PostForm\(|Query\(\)\.Get\(/i.test(initial.text);
      if (!isParameter && !isTyped) continue;
      const verdict = isChecked(binding, node)
        ? ({ kind: 'pass', subject: node.span } as const)
        : ({
            kind: 'fail',
            subject: value.span,
            message: 'prompt',
            args: { name: argument.text },
            fixes: lengthFix(node, argument.text, ctx),
          } as const);
      yield fact('input.prompt', argument.text, pendingValue(verdict), node);
      return;
    }
  },
};

/** Code that bounds what users write, anywhere in a package: `if len(prompt) > maxPromptLength`. */
const bounds: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['len(', 'RuneCount', 'alidate', 'anitize', 'runcate'],
  calls: (name) =>
    /^(?:len|RuneCountInString|(?:validate|sanitize|truncate|check|limit)\w*(?:input|prompt|message|question|text|content|query)\w*)$/i.test(
      name,
    ),
  *check(node) {
    const [value] = callArguments(node);
    if (value === undefined) return;
    const name = calledName(node);
    const last = value.kind === 'selector_expression' ? (value.child('field')?.text ?? '') : value.text;
    if (!WRITTEN.test(last)) return;
    if (name === 'len' || name === 'RuneCountInString') {
      const comparison = node.parent;
      if (comparison?.kind !== 'binary_expression' || !/^[<>]=?$/.test(operatorOf(comparison))) return;
      const other =
        comparison.child('left')?.equals(node) === true ? comparison.child('right') : comparison.child('left');
      if (other === null || /^[0-3]$/.test(other.text) || stringLiteralValue(other) !== null) return;
    }
    yield fact('input.bound', name, null, node);
  },
};

export const rule = defineRule({
  id: 'missing-input-validation',
  title: 'Input used without validation',
  category: 'security',
  severity: 'medium',
  confidence: 'heuristic',
  stage: 'stable',
  docs: {
    what: 'What a user wrote goes to a language model without a look at its length, and no package around it bounds such texts; or a number from a request sets how many rows are read, without an upper bound.',
    why: 'A text of megabytes is paid for by the token, overflows the context of the model and hides instructions in it. A page size of ten million reads a whole table into memory, once for each request.',
    howToFix:
      'Refuse texts that are longer than the service can use before they go anywhere, and bound page sizes: `min(limit, 100)`, or `Query(..., le=100)` in FastAPI. Put such rules into the input types where a validator is in use.',
    refs: ['CWE-20', 'CWE-1284', 'CWE-770'],
  },
  messages: {
    parameter: '{name} comes from the request and has no upper bound; declare one, for instance Query(..., le=100).',
    size: '{name} comes from the request and has no upper bound; limit it, for instance with min({name}, 100).',
    prompt: '{name} goes to the model as long as a user makes it; refuse what is longer than a limit first.',
  },
  fix: 'sometimes',
  on: { go: [pageSizes, prompts, bounds], python: pythonDetectors },
  workspace: {
    partition: 'workspace',
    reads: ['input.prompt'],
    *judge(facts) {
      const bounded = new Set(
        facts
          .get('input.bound')
          .flatMap(({ place }) => (facts.role(place.path) === 'production' ? [directoryOf(place.path)] : [])),
      );
      for (const found of facts.get('input.prompt')) {
        if (facts.role(found.place.path) !== 'production') continue;
        const verdict = settled(found, found.value);
        // Where the package bounds such texts elsewhere, this one may have passed there.
        if (verdict.kind === 'fail' && bounded.has(directoryOf(found.place.path))) continue;
        yield verdict;
      }
    },
  },
});
