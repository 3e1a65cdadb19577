/**
 * HTML that Go handlers write with input in it: text that is formatted or concatenated into a response, conversions to
 * template.HTML and its like, pages by text/template. Headers are left out, since a page cannot make a browser send
 * them, and so are responses of another type. Stored data is not followed.
 */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { NodeDetector } from '../../../core/rulekit/rule.ts';
import { plainType } from '../../../knowledge/go/frameworks.ts';
import { handlerAround } from '../../../knowledge/go/handlers.ts';
import { INPUT_NAMES, type InputKind } from '../../../knowledge/go/inputs.ts';
import { type GoHeader, localNameOf } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { type Leaf, originsAround, type Piece } from '../../../languages/go/origin.ts';
import { callArguments, shortText, topLevelOf } from '../../../languages/go/syntax.ts';
import { type GoTypes, typesAround } from '../../../languages/go/types.ts';

/** What a link or form of another site can make a browser send. */
const FORGEABLE: ReadonlySet<InputKind> = new Set(['query', 'path', 'form', 'body', 'url', 'fileName']);

function isEscaped(via: string): boolean {
  return /[Ee]scape|^strconv\.Quote$|^path(?:\/filepath)?\.Ext$|^net\/url\.(?:URL\.String|Values\.Encode)$/.test(via);
}

/** Calls that say that the response is something else than HTML, or that a browser must not guess. */
const OTHER_TYPE =
  /["'`](?:text\/plain|text\/event-stream|text\/csv|text\/xml|application\/|image\/|audio\/|video\/|multipart\/|nosniff)|\.JSON\(|json\.NewEncoder/i;

interface Output {
  /** Expressions that are written, in order. */
  readonly parts: readonly GoNode[];
  /** The type of the answer is certainly HTML. */
  readonly isHtml: boolean;
  /** Call of Fprintf: its first part is the format. */
  readonly isFormat: boolean;
}

/** What a call writes into the response; null for all other calls. */
function outputOf(call: GoNode, types: GoTypes): Output | null {
  const callee = types.calleeOf(call);
  const values = callArguments(call);
  const isResponse = (node: GoNode | undefined): boolean =>
    node !== undefined && plainType(types.typeOf(node)) === 'net/http.ResponseWriter';
  if (callee.kind === 'package') {
    const id = `${callee.path}.${callee.name}`;
    if (!/^(?:fmt\.Fprint(?:f|ln)?|io\.WriteString)$/.test(id) || !isResponse(values[0])) return null;
    return { parts: values.slice(1), isHtml: false, isFormat: id === 'fmt.Fprintf' };
  }
  if (callee.kind !== 'method') return null;
  if (callee.name === 'Write' && isResponse(callee.receiver)) {
    return { parts: values, isHtml: false, isFormat: false };
  }
  const type = plainType(callee.type);
  if (type === 'github.com/labstack/echo.Context' && /^HTML(?:Blob)?$/.test(callee.name)) {
    return { parts: values.slice(1, 2), isHtml: true, isFormat: false };
  }
  if (
    type === 'github.com/gin-gonic/gin.Context' &&
    callee.name === 'Data' &&
    /text\/html/.test(values[1]?.text ?? '')
  ) {
    return { parts: values.slice(2), isHtml: true, isFormat: false };
  }
  return null;
}

const TRIGGERS = ['Fprint', 'WriteString', '.Write(', '.HTML', '.Data('];

const responses: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: TRIGGERS,
  calls: (name) => /^(?:Fprint(?:f|ln)?|WriteString|Write|HTML|HTMLBlob|Data)$/.test(name),
  *check(node, ctx): Iterable<Verdict> {
    if (handlerAround(node) === null) return;
    const types = typesAround(ctx, node);
    const output = types === null ? null : outputOf(node, types);
    const origins = output === null ? null : originsAround(ctx, node);
    if (output === null || origins === null) return;
    const declaration = topLevelOf(node)?.text ?? '';
    if (!output.isHtml && OTHER_TYPE.test(declaration)) return;
    // A format and its values are written as one text.
    const written = output.isFormat ? [node] : output.parts;
    const pieces: Piece[] = [];
    for (const part of written) pieces.push(...origins.piecesOf(part));
    const start = pieces[0]?.text ?? '';
    const isMarkup =
      output.isHtml ||
      /text\/html/.test(declaration) ||
      /<[a-z!][^>]*>?/i.test(pieces.map((piece) => piece.text ?? '').join(' '));
    let isClean = false;
    for (const [at, piece] of pieces.entries()) {
      if (piece.text !== null || /[dbcoxXUeEfFgGtTpq]$/.test(piece.verb)) continue;
      // What the answer begins with decides what the browser takes it for.
      const begins = at === 0 || (at === 1 && start.trim() === '');
      const input = origins.inputIn(piece.node, isEscaped);
      if (input === null) {
        isClean ||= isMarkup && origins.leavesOf(piece.node).some((leaf) => leaf.nature === 'input');
        continue;
      }
      if (!FORGEABLE.has(input.input!) || (!isMarkup && !begins)) continue;
      if (input.input === 'body' && input.fields.length === 0 && !isMarkup) continue;
      yield {
        kind: 'fail',
        subject: piece.node.span,
        message: 'response',
        args: { value: shortText(piece.node), source: INPUT_NAMES[input.input!] },
        fixes: node.contains(piece.node) ? escapeFix(piece, types!, ctx.file.header) : [],
      };
      return;
    }
    if (isClean) yield { kind: 'pass', subject: node.span };
  },
};

function escapeFix(piece: Piece, types: GoTypes, header: GoHeader): readonly Fix[] {
  const type = types.typeOf(piece.node);
  if (type !== null && type !== 'string') return [];
  const html = localNameOf(header, 'html') ?? 'html';
  if (header.imports.some((item) => item.name === html && item.path !== 'html')) return [];
  return [
    {
      title: 'Escape it for HTML',
      safety: 'suggestion',
      preferred: true,
      edits: [
        { kind: 'replace', span: piece.node.span, newText: `${html}.EscapeString(${piece.node.text})` },
        { kind: 'import', add: ['html'] },
      ],
    },
  ];
}

/** `template.HTML(x)`: html/template takes the value as it is. */
const conversions: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['html/template', 'template.', 'HTML(', 'JS(', 'URL(', 'CSS('],
  calls: (name) => /^(?:HTML|HTMLAttr|JS|JSStr|CSS|URL|Srcset)$/.test(name),
  *check(node, ctx): Iterable<Verdict> {
    const types = typesAround(ctx, node);
    const callee = types?.calleeOf(node);
    if (callee?.kind !== 'package' || callee.path !== 'html/template') return;
    const [value] = callArguments(node);
    if (value === undefined) return;
    if (value.kind.endsWith('string_literal')) {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    const origins = originsAround(ctx, node);
    const input: Leaf | null = origins?.inputIn(value, isEscaped) ?? null;
    if (input === null || !FORGEABLE.has(input.input!)) return;
    yield {
      kind: 'fail',
      subject: node.span,
      message: 'conversion',
      args: { value: shortText(value), source: INPUT_NAMES[input.input!], type: callee.name },
      fixes: callee.name === 'HTML' ? [unwrapFix(node, value)] : [],
    };
  },
};

function unwrapFix(call: GoNode, value: GoNode): Fix {
  return {
    title: 'Let the template escape it',
    safety: 'suggestion',
    preferred: true,
    edits: [
      { kind: 'replace', span: call.span, newText: value.text },
      { kind: 'import', remove: ['html/template'] },
    ],
  };
}

/** `tmpl.Execute(w, data)` of text/template, which escapes nothing. */
const plainTemplates: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['.Execute(', '.ExecuteTemplate('],
  calls: (name) => name === 'Execute' || name === 'ExecuteTemplate',
  *check(node, ctx): Iterable<Verdict> {
    const { header } = ctx.file;
    const isText = localNameOf(header, 'text/template') !== null;
    const isHtml = localNameOf(header, 'html/template') !== null;
    if (!isText && !isHtml) return;
    const types = typesAround(ctx, node);
    const [target] = callArguments(node);
    if (types === null || target === undefined) return;
    if (plainType(types.typeOf(target)) !== 'net/http.ResponseWriter') return;
    const callee = types.calleeOf(node);
    if (callee.kind !== 'method') return;
    const type = callee.type === null ? null : plainType(callee.type);
    const escapes = type === 'html/template.Template' || (type === null && isHtml && !isText);
    if (escapes) {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    if (type !== 'text/template.Template' && (type !== null || isHtml)) return;
    const declaration = topLevelOf(node)?.text ?? '';
    if (OTHER_TYPE.test(declaration) || !/html/i.test(declaration)) return;
    yield { kind: 'fail', subject: node.span, message: 'template' };
  },
};

export const go: readonly NodeDetector[] = [responses, conversions, plainTemplates] as readonly NodeDetector[];
