/**
 * Python: values in log calls, in `print` of request handlers and in entries of audit tables, that are secrets by their
 * names, whole sets of headers, or what a user wrote. Lengths, ids and masked values are fine.
 */
import type { FailVerdict, Verdict } from '../../../core/model/verdict.ts';
import type { ChunkContext, Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { secretNameOf, wordsOf } from '../../../knowledge/project/secrets.ts';
import { isLogCall, isPrint, LOG_METHODS } from '../../../knowledge/python/logging.ts';
import { handlerAround, inputIn } from '../../../knowledge/python/requests.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { scopesAround } from '../../../languages/python/scope.ts';
import { assignedValue, stringValue, textPieces } from '../../../languages/python/strings.ts';
import {
  calledName,
  calledOn,
  definedName,
  enclosingFunction,
  keywordArguments,
  positionalArguments,
  unparenthesized,
} from '../../../languages/python/syntax.ts';

const TOKEN =
  /^(?:jwt|bearer|(?:access|refresh|id|auth|bearer|session|csrf|api|user|login|reset|jwt|oauth|signed|raw|new)_?token|authorization|auth(?:orization)?_?header|api_?key|otp(?:_?code)?|cvv|ssn|card_?number|credit_?card(?:_?number)?|iban|passport(?:_?number)?|mnemonic|seed_?phrase)$/i;
/** Words after which a name is about a secret and not the secret. */
const ABOUT =
  /^(?:count|counts|len|length|id|ids|type|name|names|index|idx|num|max|min|ok|has|is|valid|set|exists|present|expiry|expires|expired|policy|hint|reset|changed|updated|required|lookup|public|pub|hash|hashed|kind|path|file|filename|url|uri|err|error|errors|enabled|encrypted|masked|redacted|prefix|usage|limit|budget|source|no|missing|invalid|field|fields|form|env|var|header|status|location|dir|manager|provider|class|model|size|total|cls|scope|scopes|at|created|bits|chars|digits)$/;
/** From so many letters of its own on a text is a message of the program. */
const OWN_WORDS = 16;
/** Names that say which session or service it is about; only what a session calls its key opens it. */
const NAMED_KEY = /^_?(?:session|service)_?key$/i;
/** Names of what people write, and of how they are reached. */
const CONTENT =
  /^(?:(?:user|chat|customer|client|incoming)_?(?:message|input|text|prompt|question|query)|message_?(?:body|text|content)|message|prompt|question|user_?input|phone(?:_?number)?|from_?number|body)$/i;
const QUOTED = /^(?:(?:user|chat|customer)_?(?:message|input|text|prompt|question|query)|message|prompt|question)$/;
const AUDITS =
  /^_?(?:log|audit|record)_(?!in\b|out\b)\w*(?:action|event|message|interaction|activity|chat|entry|audit)\w*$|^_?log_?(?:action|event|message|activity)$/i;

function lastName(node: PythonNode): string {
  if (node.kind === 'identifier') return node.text;
  if (node.kind === 'attribute') return node.child('attribute')?.text ?? '';
  if (node.kind === 'subscript') {
    const key = node.child('subscript');
    const text = key === null ? null : stringValue(key);
    if (text !== null) return text;
    return key?.kind === 'slice' ? lastName(unparenthesized(node.child('value') ?? node)) : '';
  }
  if (node.kind === 'call' && calledName(node) === 'get')
    return stringValue(positionalArguments(node)[0] ?? node) ?? '';
  return '';
}

/** Whether a variable holds a mask of the secret, or is what a secret is looked up by: its name. */
function isMaskOrKey(node: PythonNode, ctx: ChunkContext): boolean {
  if (node.kind !== 'identifier') return false;
  const bindings = scopesAround(ctx, node).bindingsOf(node);
  if (bindings.some(({ value }) => value !== null && /\*\*\*|mask|redact|\[:\d+\]/i.test(value.text))) return true;
  if (!bindings.some(({ kind }) => kind === 'parameter')) return false;
  const owner = enclosingFunction(node)?.text ?? '';
  return new RegExp(`(?:\\.get\\(|secrets\\[)\\s*${node.text}\\s*[\\]),]`).test(owner);
}

/** The name of the secret that an expression holds by its name; null when it holds none. */
function secretIn(node: PythonNode, ctx: ChunkContext): string | null {
  // A few letters of a secret are as good as a mask.
  if (node.kind === 'subscript' && node.child('subscript')?.kind === 'slice') return null;
  const name = lastName(node);
  if (name === '' || (/^[A-Z]/.test(name) && node.kind === 'attribute' && /^[A-Z]/.test(node.text))) return null;
  // SECRET_BYTES says how long it is.
  if (/^[A-Z\d_]+_BYTES$/.test(name)) return null;
  const words = wordsOf(name);
  if (words.some((word) => ABOUT.test(word))) return null;
  if (NAMED_KEY.test(name) && !/session\.session_key$/.test(node.text)) return null;
  const kind = secretNameOf(name);
  if (kind !== 'password' && kind !== 'secret' && !TOKEN.test(name)) return null;
  return isMaskOrKey(node, ctx) ? null : name;
}

/** Whether an expression is what a user wrote. */
function isContent(node: PythonNode, ctx: ChunkContext): boolean {
  const name = lastName(node);
  if (!CONTENT.test(name)) return false;
  // A message that the program words itself, whatever it puts in.
  const made = node.kind === 'identifier' ? assignedValue(node, ctx) : null;
  if (made !== null && shownTexts(made, ctx) >= OWN_WORDS) return false;
  return inputIn(node, ctx) !== null;
}

/** How many letters of a text the program itself wrote. */
function shownTexts(expression: PythonNode, ctx: ChunkContext): number {
  const inner = unparenthesized(expression);
  const text = inner.kind === 'call' && calledName(inner) === 'format' ? (calledOn(inner) ?? inner) : inner;
  return textPieces(text, ctx, false).reduce((sum, piece) => sum + ('text' in piece ? piece.text.length : 0), 0);
}

function isExcerpt(node: PythonNode): boolean {
  if (node.kind !== 'subscript' || node.child('subscript')?.kind !== 'slice') return false;
  const value = node.child('value');
  return value?.kind === 'identifier' && QUOTED.test(value.text);
}

/** The expressions whose values a text shows. */
function shownIn(argument: PythonNode, ctx: ChunkContext): PythonNode[] {
  return textPieces(argument, ctx, false).flatMap((piece) => ('value' in piece ? [piece.value] : []));
}

function redaction(value: PythonNode, argument: PythonNode): FailVerdict['fixes'] {
  if (!value.equals(argument) && value.parent?.kind !== 'argument_list') return [];
  return [
    {
      title: 'Log "[redacted]" instead',
      safety: 'suggestion',
      edits: [{ kind: 'replace', span: value.span, newText: '"[redacted]"' }],
    },
  ];
}

const logs: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  calls: (name) => LOG_METHODS.test(name) || name === 'print' || AUDITS.test(name),
  *check(node, ctx): Iterable<Verdict> {
    const audits = AUDITS.test(calledName(node));
    if (!audits && !isPrint(node) && !isLogCall(node, ctx)) return;
    if (isPrint(node) && handlerAround(node, ctx) === null) return;
    const list = node.child('arguments');
    if (list === null) return;
    const given = [
      ...positionalArguments(node),
      ...keywordArguments(node).flatMap(({ name, value }) =>
        /^(?:exc_info|stack_info|stacklevel|file|sep|end|flush)$/.test(name) ? [] : [value],
      ),
    ];
    let found = false;
    for (const argument of given) {
      for (const value of shownIn(argument, ctx)) {
        const shown = unparenthesized(value);
        if (/^(?:request|req)\.headers$/.test(shown.text)) {
          found = true;
          yield { kind: 'fail', subject: shown.span, message: 'headers' };
          continue;
        }
        const secret = audits ? null : secretIn(shown, ctx);
        if (secret !== null) {
          found = true;
          yield {
            kind: 'fail',
            subject: shown.span,
            message: 'secret',
            args: { name: secret },
            fixes: redaction(shown, argument) ?? [],
          };
        } else if (isContent(shown, ctx) && !(audits && shown.equals(unparenthesized(argument)))) {
          found = true;
          yield {
            kind: 'fail',
            subject: shown.span,
            message: 'content',
            args: { name: lastName(shown) },
            severity: 'medium',
          };
        }
      }
    }
    if (!found && /redact|mask\w*\(|\*\*\*|(?:len|bool)\(\w*(?:passw|secret|token|key|message|body)/i.test(list.text)) {
      yield { kind: 'pass', subject: node.span };
    }
  },
};

/** `execute("INSERT INTO audit_log ...", (..., message[:100]))` */
const entries: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['call'],
  triggers: ['audit', '_log', 'logs'],
  calls: (name) => name === 'execute',
  *check(node): Iterable<Verdict> {
    const [statement, values] = positionalArguments(node);
    const owner = enclosingFunction(node);
    if (statement === undefined || values === undefined || owner === null) return;
    if (!/^\s*INSERT\s+INTO\s+\w*(?:audit|_logs?\b|^logs?\b)/i.test(stringValue(statement) ?? '')) return;
    if (!/message|chat|interaction|log/i.test(definedName(owner))) return;
    for (const value of values.descendants('subscript')) {
      if (!isExcerpt(value)) continue;
      yield {
        kind: 'fail',
        subject: value.span,
        message: 'content',
        args: { name: lastName(value) },
        severity: 'medium',
      };
    }
  },
};

export const pythonDetectors: readonly Detector[] = [logs, entries] as readonly Detector[];
