/** Test doubles that production code makes: mocks, fakes, stubs and the data of tests. */
import { directoryOf } from '../../../core/model/path.ts';
import type { Fix } from '../../../core/model/verdict.ts';
import { type ChunkContext, defineRule, fact, type NodeDetector } from '../../../core/rulekit/rule.ts';
import { firstTime, isDeployedPath, SERVICE_FACTS, servicesOf } from '../../../knowledge/go/services.ts';
import { type GoHeader, importedPath } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { pendingValue, settled } from '../../../languages/go/pending.ts';
import { checkPlace, refusalAt } from '../../../languages/go/refusals.ts';
import {
  calledName,
  functionName,
  importPath,
  indentationOf,
  lineBreakOf,
  nilComparison,
  receiverOf,
  statementOf,
  statementsOf,
  topLevelOf,
} from '../../../languages/go/syntax.ts';
import { pythonDetectors } from './python.ts';

/** Names of doubles. A stub may also be one half of a remote call, and a dummy the head of a list. */
const DOUBLE =
  /^(?:new|New|make|Make)?(?:[mM]ock|[fF]ake)(?:ed)?(?:$|[A-Z_]\w*)|^\w+(?:Mock|Fake)$|^(?:new|New)(?:Stub|Dummy)(?:[A-Z]\w*)?(?:Client|Service|Store|Repo|Repository|Provider|Gateway)$|^(?:Stub|Dummy)(?:[A-Z]\w*)?(?:Client|Service|Store|Repository|Provider|Gateway)$/;
const NOT_DOUBLE = /^(?:[mM]ockup|[fF]akeroot|Mocking|FakeTimer)/;
/** Where doubles are at home. */
const HOME = /mock|fake|stub|dummy|test|demo|example|sample|fixture|simulat|sandbox|playground|noop|offline/i;
/** A choice that somebody made. */
const CHOSEN = /mock|fake|stub|demo|dev|test|dry|offline|simulat|local|debug|sandbox|enable|disable|mode|env/i;

/** Whether a condition around the node says that a double is wanted. */
function isChosen(node: GoNode): boolean {
  for (let inner: GoNode | null = node; inner !== null; inner = inner.parent) {
    const { parent } = inner;
    if (parent?.kind === 'if_statement' && inner.field !== 'condition') {
      const condition = parent.child('condition')?.text ?? '';
      if (
        (CHOSEN.test(condition) || HOME.test(condition) || /dummy/i.test(condition)) &&
        !/^err(?:or)? [!=]= nil$/.test(condition)
      )
        return true;
    } else if (parent?.kind === 'expression_case') {
      if (CHOSEN.test(parent.child('value')?.text ?? '') || HOME.test(parent.child('value')?.text ?? '')) return true;
    }
  }
  return false;
}

/** Whether a double is made because something else failed. */
function isFallback(node: GoNode): boolean {
  const branch = node.ancestor('if_statement');
  if (branch === null || branch.child('consequence')?.contains(node) !== true) return false;
  return /^err(?:or)? != nil$|== nil$/.test(branch.child('condition')?.text ?? '');
}

/** `client = mockPayments{}` behind a failure: the function says no instead, with the error at hand. */
function refusalFix(node: GoNode, ctx: ChunkContext<unknown, GoHeader>): readonly Fix[] {
  const statement = statementOf(node);
  const branch = node.ancestor('if_statement');
  const condition = branch?.child('condition');
  const test = condition === null || condition === undefined ? null : nilComparison(condition);
  if (statement?.kind !== 'assignment_statement' || test === null || test.equal || branch === null) return [];
  const last = statementsOf(branch.child('consequence')!).at(-1);
  if (test.operand.kind !== 'identifier' || last?.index !== statement.index || checkPlace(node) === null) return [];
  const refusal = refusalAt(ctx, node, { error: test.operand.text });
  if (refusal === null) return [];
  // The package of the double may be of no use any more.
  const qualifier = /^&?(\w+)\./.exec(node.text)?.[1];
  const path = qualifier === undefined ? null : importedPath(ctx.file.header, qualifier);
  const newText = refusal.lines.join(`${lineBreakOf(statement)}${indentationOf(statement)}`);
  return [
    {
      title: 'Give up when the real thing fails',
      safety: 'suggestion',
      preferred: true,
      edits: [
        { kind: 'replace', span: statement.span, newText },
        { kind: 'import', add: refusal.imports, remove: path === null ? [] : [path] },
      ],
    },
  ];
}

const doubles: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['composite_literal', 'call_expression'],
  triggers: ['ock', 'ake', 'Stub', 'Dummy'],
  calls: (name) => DOUBLE.test(name) && !NOT_DOUBLE.test(name),
  *check(node, ctx) {
    const type = node.kind === 'composite_literal' ? node.child('type') : null;
    const name =
      type === null ? calledName(node) : type.kind === 'qualified_type' ? (type.child('name')?.text ?? '') : type.text;
    if (!DOUBLE.test(name) || NOT_DOUBLE.test(name)) return;
    // A call of a method such as `m.Fake()` makes no double.
    const callee = node.child('function');
    if (
      type === null &&
      callee?.kind === 'selector_expression' &&
      !/^[a-z]\w*$/.test(callee.child('operand')?.text ?? '')
    )
      return;
    if (
      type === null &&
      !/^(?:new|New|make|Make)|^(?:[mM]ock|[fF]ake)[A-Z]\w*(?:Client|Service|Store|Response|Data|Provider|Result|Repository|User|Token)/.test(
        name,
      )
    )
      return;
    const declaration = topLevelOf(node);
    if (declaration === null) return;
    const file = ctx.file.path.slice(ctx.file.path.lastIndexOf('/') + 1);
    const owner = `${functionName(declaration)} ${declaration.kind === 'method_declaration' ? (receiverOf(declaration)?.type ?? '') : ''}`;
    if (HOME.test(file) || HOME.test(owner) || HOME.test(ctx.file.header.packageName) || isChosen(node)) return;
    if (declaration.kind === 'type_declaration' || /(?:\(\*Mock|_ \w+ = )/.test(declaration.text.slice(0, 120))) return;
    const subject = type ?? callee ?? node;
    const isInstead = isFallback(node);
    const verdict = {
      kind: 'fail',
      subject: subject.span,
      message: isInstead ? 'fallback' : 'made',
      args: { name },
      fixes: isInstead ? refusalFix(node, ctx) : [],
    } as const;
    yield fact('security.double', name, pendingValue(verdict), subject);
  },
};

/** Packages of doubles that production code imports. */
const imports: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['import_spec'],
  imports: (path) =>
    /\/(?:mocks?|fakes?|testdata|mockdata|fakedata|\w+_?mocks|mock_\w+|testfixtures|fixtures)$/.test(path),
  *check(node, ctx) {
    if (HOME.test(ctx.file.path)) return;
    const path = importPath(node);
    // Used for its name alone, or a client of a library that is called so.
    if (node.child('name')?.text === '_') return;
    const verdict = { kind: 'fail', subject: node.span, message: 'imported', args: { path } } as const;
    yield fact('security.double', path, pendingValue(verdict), node);
  },
};

export const rule = defineRule({
  id: 'mock-in-production',
  title: 'Test double used by production code',
  category: 'security',
  severity: 'critical',
  confidence: 'likely',
  stage: 'preview',
  docs: {
    what: 'Code of a running program makes a value of a type that is named mock or fake, or imports a package of test doubles or test data: always, or when the real thing fails. Doubles that a flag or setting asks for are left out.',
    why: 'Users get invented data, or a check that always says yes, and nobody notices: a double answers quickly and without errors.',
    howToFix: 'Make the real implementation here and return its error when it fails.',
    howToFixIn: {
      go: 'Move doubles into `_test.go` files, or a package that only tests import.',
      python: 'Move doubles below `tests/`.',
    },
    refs: ['CWE-489', 'CWE-1188'],
  },
  messages: {
    made: '{name} stands for the real thing in tests, and a program makes it here; use the real implementation.',
    fallback: 'When the real thing fails, {name} takes its place and answers users; return the error instead.',
    imported: 'Production code imports the test doubles of {path}; move what is real out of that package.',
  },
  fix: 'sometimes',
  on: { go: [doubles, imports], python: pythonDetectors },
  workspace: {
    partition: 'workspace',
    reads: [...SERVICE_FACTS, 'security.double'],
    *judge(facts) {
      const programs = servicesOf(facts);
      const isFirst = firstTime();
      const blamed = new Set<string>();
      for (const found of facts.get('security.double')) {
        const { path } = found.place;
        if (facts.role(path) !== 'production' || !isDeployedPath(path)) continue;
        const directory = directoryOf(path);
        if (!programs.some((program) => program.files.has(path) && program.directories.has(directory))) continue;
        blamed.add(directory);
        yield settled(found, found.value);
      }
      for (const program of programs) {
        if ([...blamed].some((directory) => program.directories.has(directory))) continue;
        for (const main of program.mains) if (isFirst(main.place)) yield { kind: 'pass', subject: main.place };
      }
    },
  },
});
