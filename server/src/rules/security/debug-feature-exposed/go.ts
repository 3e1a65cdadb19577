/**
 * Go: debug modes of frameworks, profilers, documentation and listings. What stands under a condition was chosen by
 * somebody, and the listener of http.DefaultServeMux is looked up among the servers of the package.
 */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import { fact, type NodeDetector, type WorkspaceJudge } from '../../../core/rulekit/rule.ts';
import { ownFacts } from '../../../knowledge/facts.ts';
import { packageCallOf, packageMemberOf } from '../../../languages/go/calls.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { declaredFunctionName } from '../../../languages/go/purpose.ts';
import {
  assignedExpressions,
  assignedValues,
  callArguments,
  stringLiteralValue,
} from '../../../languages/go/syntax.ts';
import { typesAround } from '../../../languages/go/types.ts';

/** Whether something decides that the node runs: a condition around it, or a function that is there for development. */
function isConditional(node: GoNode): boolean {
  if (node.ancestor('if_statement', 'expression_case', 'type_case') !== null) return true;
  return /debug|dev(?:el|elopment)?(?:$|[A-Z_])|pprof|profil|swagger|docs?$/i.test(declaredFunctionName(node));
}

const importsOfProfiles: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['import_spec'],
  imports: (path) => path === 'net/http/pprof',
  *check(node, ctx): Generator<Verdict> {
    if (node.child('name')?.text !== '_') return;
    if (ctx.file.header.buildConstraint !== '') return;
    yield fact('debug.profiles', ctx.file.path, null, node.span);
  },
};

const PROFILERS: ReadonlyMap<string, string> = new Map([
  ['github.com/gin-contrib/pprof', 'Register'],
  ['github.com/DeanThompson/ginpprof', 'Wrap'],
  ['github.com/labstack/echo-contrib/pprof', 'Register'],
]);
const DOCUMENTATION = /\/(?:gin-swagger|echo-swagger|http-swagger|fiber-swagger|swagger)(?:\/v\d+)?$/;
const ROOTS = /^(?:\/|\.|\.\/|\.\.\/?)$/;

const calls: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  calls: (name) =>
    /^(?:Register|Wrap|SetMode|WrapHandler|EchoWrapHandler|HandlerDefault|FileServer|StaticFS|Dir)$/.test(name),
  *check(node, ctx): Generator<Verdict> {
    const member = packageCallOf(node, ctx);
    const [first, second] = callArguments(node);
    if (member === null) {
      // gin: `r.StaticFS("/files", http.Dir(path))` lists directories, gin.Dir(path, false) does not.
      if (node.child('function')?.child('field')?.text !== 'StaticFS' || second?.kind !== 'call_expression') return;
      const served = packageCallOf(second, ctx);
      if (
        served?.path === 'net/http' &&
        served.name === 'Dir' &&
        ctx.file.header.imports.some((item) => item.path === 'github.com/gin-gonic/gin')
      ) {
        yield { kind: 'fail', subject: second.span, message: 'listing' };
      } else if (served?.path === 'github.com/gin-gonic/gin') yield { kind: 'pass', subject: second.span };
      return;
    }
    const { path, name } = member;
    if (PROFILERS.get(path) === name) {
      if (isConditional(node)) yield { kind: 'pass', subject: node.span };
      else yield { kind: 'fail', subject: node.span, message: 'profiler' };
    } else if (path === 'github.com/gin-gonic/gin' && name === 'SetMode' && first !== undefined) {
      const mode = packageMemberOf(first, ctx)?.name ?? stringLiteralValue(first) ?? '';
      if (!/^(?:DebugMode|debug)$/.test(mode)) {
        yield { kind: 'pass', subject: node.span };
        return;
      }
      if (isConditional(node)) return;
      const fixes: Fix[] = [
        {
          title: 'Set the release mode',
          safety: 'suggestion',
          preferred: true,
          edits: [{ kind: 'replace', span: first.span, newText: `${member.qualifier.text}.ReleaseMode` }],
        },
      ];
      yield { kind: 'fail', subject: node.span, message: 'mode', fixes };
    } else if (DOCUMENTATION.test(path) && /WrapHandler$|^HandlerDefault$/.test(name)) {
      if (isConditional(node)) yield { kind: 'pass', subject: node.span };
      else yield { kind: 'fail', subject: node.span, message: 'documentation', severity: 'low' };
    } else if (path === 'net/http' && name === 'Dir' && first !== undefined) {
      const root = stringLiteralValue(first);
      const served = node.parent?.parent?.kind === 'call_expression' ? packageCallOf(node.parent.parent, ctx) : null;
      if (root === null || served?.name !== 'FileServer') return;
      if (ROOTS.test(root)) yield { kind: 'fail', subject: node.span, message: 'listing' };
    }
  },
};

/** `e.Debug = true` of echo. */
const switches: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['assignment_statement'],
  triggers: ['.Debug = '],
  *check(node, ctx): Generator<Verdict> {
    const [target] = assignedExpressions(node);
    const [value] = assignedValues(node);
    if (target?.kind !== 'selector_expression' || target.child('field')?.text !== 'Debug' || value === undefined)
      return;
    const owner = target.child('operand');
    const type = owner === null ? null : (typesAround(ctx, node)?.typeOf(owner) ?? null);
    const isEcho =
      type === null
        ? owner?.text === 'e' &&
          ctx.file.header.imports.some((item) => item.path.startsWith('github.com/labstack/echo'))
        : /labstack\/echo(?:\/v\d+)?\.Echo$/.test(type);
    if (!isEcho || isConditional(node)) return;
    if (value.kind !== 'true') {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    const fixes: Fix[] = [
      {
        title: 'Switch it off',
        safety: 'suggestion',
        preferred: true,
        edits: [{ kind: 'replace', span: value.span, newText: 'false' }],
      },
    ];
    yield { kind: 'fail', subject: node.span, message: 'mode', fixes };
  },
};

export const goDetectors = [importsOfProfiles, calls, switches] as readonly NodeDetector[];

/** Joins the import with the servers that fall back to http.DefaultServeMux. */
export const goJudge: WorkspaceJudge = {
  partition: 'directory',
  reads: ['debug.profiles'],
  *judge(facts) {
    const servers = ownFacts(facts, 'http.server').filter(
      ({ value, place }) => value.handler === 'default' && facts.role(place.path) === 'production',
    );
    for (const found of facts.get('debug.profiles')) {
      if (servers.length === 0) continue;
      const open = servers.find(({ value }) => value.exposure === 'open');
      if (open !== undefined) {
        yield {
          kind: 'fail',
          subject: found.place,
          message: 'profiles',
          related: [{ place: open.place, message: 'This listener serves them' }],
        };
      } else if (servers.every(({ value }) => value.exposure === 'loopback'))
        yield { kind: 'pass', subject: found.place };
    }
  },
};
