/**
 * Go tests that change the process for all others (environment, working directory) without putting it back, and that
 * write to a fixed place in the source tree or the file system.
 */
import type { Fix, FixEdit, Verdict } from '../../../core/model/verdict.ts';
import type { Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import {
  assignedExpressions,
  callArguments,
  calledName,
  FUNCTION_KINDS,
  indentationOf,
  lineBreakOf,
  parametersOf,
  stringLiteralValue,
  topLevelOf,
} from '../../../languages/go/syntax.ts';
import { calleeId, typesAround } from '../../../languages/go/types.ts';

/** Name of the nearest `t *testing.T` (or `testing.TB`) around a node; '' when there is none. */
function testHandle(node: GoNode): string {
  for (let owner = node.ancestor(...FUNCTION_KINDS); owner !== null; owner = owner.ancestor(...FUNCTION_KINDS)) {
    const handle = parametersOf(owner).find(({ type }) => /^(?:\*testing\.[TB]|testing\.TB)$/.test(type.text));
    if (handle !== undefined && handle.name !== '' && handle.name !== '_') return handle.name;
  }
  return '';
}

/** Whether the declaration puts something back: a deferred call or a clean-up that sets it again. */
function restores(declaration: GoNode, what: RegExp): boolean {
  const { text } = declaration.tree;
  if (!/\bdefer\b|\.Cleanup\(|\.AfterEach\(|TearDown/.test(text)) return false;
  for (const node of declaration.descendants('defer_statement', 'call_expression')) {
    if (node.kind === 'call_expression' && !/^(?:Cleanup|AfterEach|DeferCleanup)$/.test(calledName(node))) continue;
    if (what.test(node.text)) return true;
  }
  return false;
}

/**
 * Whether the function takes the variable away again behind the call, or begins with an empty environment, as the other
 * tests of its kind do: nothing that it sets reaches a test that looks at it.
 */
function isTakenAway(call: GoNode): boolean {
  const owner = call.ancestor(...FUNCTION_KINDS);
  const name = callArguments(call)[0]?.text;
  if (owner === null || name === undefined) return false;
  return owner.descendants('call_expression').some((other) => {
    const callee = other.child('function')?.text ?? '';
    if (callee === 'os.Clearenv') return other.end < call.start;
    return callee === 'os.Unsetenv' && other.start > call.end && callArguments(other)[0]?.text === name;
  });
}

const environment: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['os.Setenv', 'os.Chdir', 't.Setenv', 't.TempDir', 'b.TempDir', 't.Chdir'],
  calls: (name) => name === 'Setenv' || name === 'Chdir' || name === 'TempDir',
  *check(node, ctx): Iterable<Verdict> {
    const handle = testHandle(node);
    const declaration = topLevelOf(node);
    if (handle === '' || declaration === null) return;
    const callee = node.child('function');
    const id = calleeId(typesAround(ctx, node)?.calleeOf(node) ?? { kind: 'unknown' });
    if (callee?.text.startsWith(`${handle}.`) === true) {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    if (id !== 'os.Setenv' && id !== 'os.Chdir') return;
    if (id === 'os.Setenv' && isTakenAway(node)) return;
    if (restores(declaration, id === 'os.Setenv' ? /[sS]etenv|Clearenv|[eE]nv\b/ : /Chdir|[cC]hdir/)) {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    const fixes: Fix[] = [];
    const inTest = /^\*?testing/.test(handleType(node, handle));
    if (
      id === 'os.Setenv' &&
      inTest &&
      node.parent?.kind === 'expression_statement' &&
      !/\.Parallel\(/.test(declaration.text)
    ) {
      const edits: FixEdit[] = [
        { kind: 'replace', span: callee!.span, newText: `${handle}.Setenv` },
        { kind: 'import', remove: ['os'] },
      ];
      fixes.push({
        title: `Set it for this test only, with ${handle}.Setenv`,
        safety: 'suggestion',
        preferred: true,
        edits,
      });
    }
    const message = id === 'os.Setenv' ? 'environment' : 'directory';
    yield { kind: 'fail', subject: node.span, message, args: { handle }, fixes };
  },
};

function handleType(node: GoNode, handle: string): string {
  for (let owner = node.ancestor(...FUNCTION_KINDS); owner !== null; owner = owner.ancestor(...FUNCTION_KINDS)) {
    const found = parametersOf(owner).find(({ name }) => name === handle);
    if (found !== undefined) return found.type.text;
  }
  return '';
}

/** Functions that write the file or directory that their first argument names. */
const WRITING = /^(?:os\.(?:Create|WriteFile|Mkdir|MkdirAll)|io\/ioutil\.WriteFile)$/;
/** Functions of the project that open something which they write to, by name. */
const OPENING = /^(?:New|Open|Create|Init|Setup)(?!\p{Ll})/u;
const READING =
  /Reader|Loader|Parser|Scanner|Source|Decoder|Template|Config|FS$|FileSystem|Fixture|Request|Client|Matcher|Error|URL|Path/;
/** A path that is the same for every test run: below the working directory, or in the common directory for temporary files. */
const FIXED = /^(?:\.\.?\/|\/tmp\/|testdata\b|test_?data\b|tmp\/)/;

const places: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['"./', '"../', '"/tmp/', '"testdata', '"tmp/', '"test_data'],
  calls: (name) => OPENING.test(name) || /^(?:Create|WriteFile|Mkdir|MkdirAll)$/.test(name),
  *check(node, ctx): Iterable<Verdict> {
    const [path] = callArguments(node);
    const value = path === undefined ? null : stringLiteralValue(path);
    const handle = testHandle(node);
    if (path === undefined || value === null || !FIXED.test(value) || handle === '') return;
    const target = typesAround(ctx, node)?.calleeOf(node) ?? { kind: 'unknown' as const };
    const declaration = topLevelOf(node);
    if (declaration === null) return;
    const id = calleeId(target);
    if (WRITING.test(id)) {
      if (restores(declaration, /Remove|clean/i)) return;
    } else {
      const isOwn = target.kind === 'own' || (target.kind === 'package' && target.path.split('/').length > 2);
      const name = calledName(node);
      // What is closed again was open for writing, too, unless its name says otherwise.
      if (!isOwn || !OPENING.test(name) || READING.test(name) || !isClosed(node) || restores(declaration, /Remove/))
        return;
    }
    yield {
      kind: 'fail',
      subject: node.span,
      message: 'place',
      args: { path: value, handle },
      fixes: fixesFor(path, value, handle),
    };
  },
};

/** Whether the function defers closing what the call gives. */
function isClosed(call: GoNode): boolean {
  const statement = call.parent?.kind === 'expression_list' ? call.parent.parent : null;
  if (statement?.kind !== 'short_var_declaration') return false;
  const name = assignedExpressions(statement)[0]?.text ?? '';
  return new RegExp(`\\b${name}\\.(?:Close|Shutdown|Stop)\\(`).test(statement.parent?.text ?? '');
}

/** A directory of its own for the test. */
function fixesFor(path: GoNode, value: string, handle: string): readonly Fix[] {
  if (/\.\w+$/.test(value) || lineBreakOf(path) === '' || indentationOf(path) === '') return [];
  return [
    {
      title: `Use ${handle}.TempDir()`,
      safety: 'suggestion',
      edits: [{ kind: 'replace', span: path.span, newText: `${handle}.TempDir()` }],
    },
  ];
}

export const detectors: readonly Detector[] = [environment as Detector, places as Detector];
