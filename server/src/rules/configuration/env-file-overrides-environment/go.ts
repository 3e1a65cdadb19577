/** Go: godotenv, and functions that split lines at `=` and pass both halves to os.Setenv. */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { NodeDetector } from '../../../core/rulekit/rule.ts';
import { packageCallOf } from '../../../languages/go/calls.ts';
import { type GoHeader, localNameOf } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { declarationAround } from '../../../languages/go/purpose.ts';
import {
  callArguments,
  calledExpression,
  functionName,
  indentationOf,
  stringLiteralValue,
} from '../../../languages/go/syntax.ts';

const GODOTENV = /^github\.com\/(?:joho|subosito)\/godotenv$|\/gotenv$/;

const loads: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  calls: (name) => /^(?:Load|Overload|OverLoad|OverApply)$/.test(name),
  *check(node, ctx): Generator<Verdict> {
    const member = packageCallOf(node, ctx);
    const callee = calledExpression(node);
    if (member === null || callee === null || !/godotenv|gotenv/.test(member.path)) return;
    if (member.name === 'Load') {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    const name = callee.child('field')!;
    const fixes: Fix[] = [
      {
        title: 'Use Load, which keeps variables that are set',
        safety: 'suggestion',
        preferred: true,
        edits: [{ kind: 'replace', span: name.span, newText: member.name === 'OverApply' ? 'Apply' : 'Load' }],
      },
    ];
    yield { kind: 'fail', subject: node.span, message: 'overload', fixes: GODOTENV.test(member.path) ? fixes : [] };
  },
};

const SPLITS =
  /\b(?:strings|bytes)\.(?:SplitN|Split|Cut|Index|IndexByte|IndexRune)\([\w.]+(?:\([^()]*\))?, ?["'`]=["'`]/;
const READS = /\b(?:NewScanner|NewReader|ReadFile|ReadLine|ReadAll|ReadString|Open|Split(?:Seq|AfterN?)?|Lines)\(/;

const loaders: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['Setenv'],
  calls: (name) => name === 'Setenv',
  *check(node, ctx): Generator<Verdict> {
    if (packageCallOf(node, ctx)?.path !== 'os') return;
    const values = callArguments(node);
    const owner = declarationAround(node);
    if (owner === null || values.length !== 2 || values.some((value) => stringLiteralValue(value) !== null)) return;
    const text = owner.text;
    if (!SPLITS.test(text) || !READS.test(text)) return;
    if (/\b(?:LookupEnv|Getenv|Environ)\(|overrid|overwrite|force/i.test(text)) {
      if (/\bLookupEnv\(|\bGetenv\(/.test(text)) yield { kind: 'pass', subject: node.span };
      return;
    }
    // Sets what was changed for a moment back to what it was.
    if (/restore|reset|test/i.test(functionName(owner))) return;
    yield { kind: 'fail', subject: node.span, message: 'loader', fixes: guardFix(node, values[0]!, ctx.file.header) };
  },
};

function guardFix(call: GoNode, key: GoNode, header: GoHeader): readonly Fix[] {
  const statement = call.parent;
  if (statement?.kind !== 'expression_statement' || key.text.includes('(')) return [];
  const os = localNameOf(header, 'os') ?? 'os';
  const indent = indentationOf(statement);
  const newText = `if _, isSet := ${os}.LookupEnv(${key.text}); !isSet {\n${indent}\t${call.text}\n${indent}}`;
  return [
    {
      title: 'Keep variables that are set',
      safety: 'suggestion',
      preferred: true,
      edits: [{ kind: 'replace', span: statement.span, newText }],
    },
  ];
}

export const goDetectors = [loads, loaders] as readonly NodeDetector[];
