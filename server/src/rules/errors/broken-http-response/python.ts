/**
 * Python: exception handlers of FastAPI and Starlette that return something else than a response, handlers there that
 * return a document as text, which is sent as a JSON string, and views of Flask that return nothing. Where a decorator
 * that is not known may turn the value into a response nothing is said.
 */
import type { Fix, FixEdit, Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { chainOf, decoratorChain } from '../../../languages/python/chains.ts';
import { importing, replaced } from '../../../languages/python/edits.ts';
import { importedName, importsModule, type PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import {
  decorated,
  decoratorsOf,
  onlyChild,
  parametersOf,
  positionalArguments,
  runningFunction,
  unparenthesized,
} from '../../../languages/python/syntax.ts';

type Context = ChunkContext<unknown, PythonHeader>;

/** The returned values of a function, with their statements; nested functions are left out. */
function returnsOf(definition: PythonNode): { readonly statement: PythonNode; readonly value: PythonNode | null }[] {
  return definition
    .descendants('return_statement')
    .filter((statement) => runningFunction(statement)?.equals(definition) === true)
    .map((statement) => ({ statement, value: onlyChild(statement) }));
}

/** From the first decorator to the parameters: what a reader takes for the head of the function. */
function headOf(definition: PythonNode): { readonly start: number; readonly end: number } {
  return { start: decorated(definition).start, end: (definition.child('parameters') ?? definition).end };
}

const PLAIN =
  /^(?:dictionary|list|string|concatenated_string|dictionary_comprehension|list_comprehension|integer|none|true|false)$/;

// --- exception handlers of FastAPI and Starlette ------------------------------------------------------------------

function* exceptionHandler(definition: PythonNode, ctx: Context): Iterable<Verdict> {
  const returns = returnsOf(definition);
  if (returns.length === 0) return;
  const plain = returns.filter(
    ({ value }) => value === null || PLAIN.test(unparenthesized(value).kind) || isTupleOfPlain(value),
  );
  if (plain.length === 0) {
    yield { kind: 'pass', subject: headOf(definition) };
    return;
  }
  const [first] = plain;
  const { value } = first!;
  const edits = plain.map((one) => responseEdits(one.value, definition));
  const fixes: readonly Fix[] = edits.includes(null)
    ? []
    : [
        {
          title: 'Return a JSONResponse',
          safety: 'suggestion',
          preferred: true,
          edits: [...edits.flatMap((edit) => edit ?? []), ...responseImport(ctx)],
        },
      ];
  yield {
    kind: 'fail',
    subject: headOf(definition),
    message: 'handler',
    args: { what: value === null ? 'nothing' : kindOf(unparenthesized(value)) },
    related: plain.map(({ statement }) => ({ span: statement.span, message: 'It is returned here.' })),
    fixes,
  };
}

function isTupleOfPlain(value: PythonNode): boolean {
  if (value.kind !== 'tuple' && value.kind !== 'expression_list') return false;
  const first = onlyChild(value);
  return first !== null && PLAIN.test(first.kind);
}

function kindOf(value: PythonNode): string {
  if (value.kind.startsWith('dictionary')) return 'a dict';
  if (value.kind.startsWith('list')) return 'a list';
  if (value.kind.endsWith('string')) return 'a text';
  if (value.kind === 'none') return 'nothing';
  return 'a plain value';
}

function responseEdits(value: PythonNode | null, definition: PythonNode): readonly FixEdit[] | null {
  if (value === null || !/^(?:dictionary|list)/.test(value.kind)) return null;
  const error = parametersOf(definition)[1];
  const isHttp = /HTTPException$/.test(error?.type?.text ?? '');
  const status = isHttp ? `${error!.name}.status_code` : '500';
  return [replaced(value, `JSONResponse(status_code=${status}, content=${value.text})`)];
}

function responseImport(ctx: Context): readonly FixEdit[] {
  const { header } = ctx.file;
  if (importedName(header, 'JSONResponse') !== null) return [];
  return [importing([`${importsModule(header, 'fastapi') ? 'fastapi' : 'starlette'}.responses:JSONResponse`])];
}

// --- documents as text --------------------------------------------------------------------------------------------

const ROUTE = /^(?:fastapi\.(?:FastAPI|APIRouter)\(\))\.(?:get|post|put|patch|delete|api_route)$/;

/** What is sent when a handler of FastAPI returns such a text: XML for Twilio, or a page. */
function documentOf(value: PythonNode, ctx: Context): 'application/xml' | 'text/html' | null {
  const inner = unparenthesized(value);
  if (inner.kind === 'call' && inner.child('function')?.text === 'str') {
    const [made, ...more] = positionalArguments(inner);
    if (made === undefined || more.length > 0) return null;
    const chain = chainOf(made, ctx) ?? '';
    return /^twilio\.twiml\..*Response\(\)$/.test(chain) ? 'application/xml' : null;
  }
  if (inner.kind === 'call') {
    const callee = inner.child('function');
    const chain = callee === null ? '' : (chainOf(callee, ctx) ?? '');
    return /^twilio\.twiml\..*Response\(\)\.to_xml$/.test(chain) ? 'application/xml' : null;
  }
  if (inner.kind !== 'string') return null;
  const text = inner.text.replace(/^[a-zA-Z]*(?:"""|'''|"|')\s*/, '');
  if (/^<\?xml\b/.test(text)) return 'application/xml';
  return /^<(?:!doctype html|html)\b/i.test(text) ? 'text/html' : null;
}

function* textDocument(definition: PythonNode, route: PythonNode | null, ctx: Context): Iterable<Verdict> {
  if (route !== null && /response_class|default_response_class/.test(route.text)) return;
  if (/default_response_class/.test(definition.tree.text)) return;
  for (const { value } of returnsOf(definition)) {
    const type = value === null ? null : documentOf(value, ctx);
    if (value === null || type === null) continue;
    // A helper whose text may be put into a response by its caller: only Twilio's are meant for nothing else.
    if (route === null && type !== 'application/xml') continue;
    const name = type === 'text/html' ? 'HTMLResponse' : 'Response';
    const made =
      type === 'text/html' ? `HTMLResponse(${value.text})` : `Response(content=${value.text}, media_type="${type}")`;
    const fix: Fix = {
      title: `Return a response of the type ${type}`,
      safety: 'suggestion',
      preferred: true,
      edits: [
        replaced(value, made),
        ...(importedName(ctx.file.header, name) === null ? [importing([`fastapi.responses:${name}`])] : []),
      ],
    };
    yield { kind: 'fail', subject: value.span, message: 'text', args: { type }, severity: 'high', fixes: [fix] };
  }
}

// --- views of Flask -----------------------------------------------------------------------------------------------

const FLASK_ROUTE = /^flask\.(?:Flask|Blueprint)\(\)\.(?:route|get|post|put|patch|delete)$/;

function* flaskView(definition: PythonNode): Iterable<Verdict> {
  for (const { statement, value } of returnsOf(definition)) {
    const inner = value === null ? null : unparenthesized(value);
    if (inner !== null && !/^(?:none|true|false|integer|float)$/.test(inner.kind)) continue;
    yield {
      kind: 'fail',
      subject: statement.span,
      message: 'view',
      args: { value: inner === null ? 'None' : inner.text },
    };
  }
}

const functions: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['function_definition'],
  triggers: ['return'],
  when: (_node, { file }) => ['fastapi', 'starlette', 'flask'].some((module) => importsModule(file.header, module)),
  *check(node, ctx): Iterable<Verdict> {
    const decorators = decoratorsOf(node);
    const chains = decorators.map((decorator) => decoratorChain(decorator, ctx));
    const isFast = importsModule(ctx.file.header, 'fastapi') || importsModule(ctx.file.header, 'starlette');
    if (
      isFast &&
      decorators.length === 1 &&
      /(?:^|\.)(?:FastAPI|Starlette)\(\)\.exception_handler$|^:?app\.exception_handler$/.test(chains[0]!)
    ) {
      yield* exceptionHandler(node, ctx);
      return;
    }
    if (importsModule(ctx.file.header, 'fastapi')) {
      const at = chains.findIndex((chain) => ROUTE.test(chain));
      const route = at < 0 ? null : decorators[at]!;
      const isHelper = decorators.length === 0 && node.ancestor('class_definition') === null && isMessageOnly(node);
      if (route !== null || isHelper) yield* textDocument(node, route, ctx);
      return;
    }
    if (decorators.length > 0 && decorators.length === chains.filter((chain) => FLASK_ROUTE.test(chain)).length) {
      yield* flaskView(node);
    }
  },
};

/** Whether a function makes a reply for Twilio: its text has no other use than to be sent. */
function isMessageOnly(definition: PythonNode): boolean {
  return /(?:Messaging|Voice)Response\(/.test(definition.text);
}

export const pythonDetectors: readonly Detector[] = [functions as NodeDetector];
