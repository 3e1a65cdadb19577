/** Go: calls of package fmt that write to the standard output, where a logger is at hand or a request is served. */
import type { Fix, Verdict } from '../../../core/model/verdict.ts';
import type { NodeDetector } from '../../../core/rulekit/rule.ts';
import { handlerAround } from '../../../knowledge/go/handlers.ts';
import { packageCallId } from '../../../languages/go/calls.ts';
import { type GoHeader, localNameOf } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { declaredFunctionName, receiverTypeAround } from '../../../languages/go/purpose.ts';
import { scopeAround } from '../../../languages/go/scope.ts';
import { calledExpression } from '../../../languages/go/syntax.ts';

const LOGGERS =
  /^(?:log|log\/slog|go\.uber\.org\/zap|github\.com\/(?:sirupsen\/logrus|rs\/zerolog(?:\/log)?|golang\/glog|go-kit\/log|apex\/log|hashicorp\/go-hclog)|k8s\.io\/klog(?:\/v2)?)$|\/(?:logger|logging|log|logs|xlog|zlog)(?:\/v\d+)?$/;
/** Libraries of programs that people run at a terminal. */
const TERMINAL =
  /spf13\/cobra|urfave\/cli|fatih\/color|bubbletea|lipgloss|survey|promptui|pterm|tablewriter|kingpin|chzyer\/readline|^flag$|manifoldco|go-prompt|x\/term$/;
const TERMINAL_PATH =
  /(?:^|\/)(?:cmd|cli|command|commands|tools?|scripts?|ui|tui|console|terminal|shell|install|migrat\w*|gen\w*|contrib|prompt|hack|bench\w*|examples?|utils?\/color|ctl\w*|\w+ctl)(?:\/|$)/i;
/** Programs that show how something is done. */
const EXAMPLE_PATH = /(?:^|\/)(?:contrib|examples?)\//i;
/** Packages that are the logger. */
const LOGGER_PATH = /(?:^|\/)(?:log|logs|logger|logging|xlog|zlog|zap|logrus|zerolog)(?:\/|\.go$)/i;
const TALKS =
  /print|usage|help|dump|show|display|render|banner|version|prompt|report|output|table|splash|logo|debug|ask|confirm|progress|welcome|exit|trace|speak|say/i;

const calls: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  calls: (name) => /^(?:Print|Printf|Println|println)$/.test(name),
  *check(node, ctx): Generator<Verdict> {
    const callee = calledExpression(node);
    if (callee === null) return;
    const { header, path } = ctx.file;
    const isBuiltin =
      callee.kind === 'identifier' &&
      callee.text === 'println' &&
      (scopeAround(ctx, node)?.bindingOf(callee) ?? null) === null;
    const id = packageCallId(node, ctx);
    if (/^log\.Print(?:f|ln)?$/.test(id)) {
      yield { kind: 'pass', subject: node.span };
      return;
    }
    if (!isBuiltin && !/^fmt\.Print(?:f|ln)?$/.test(id)) return;
    // A function of the package may have the name of the builtin.
    if ((isBuiltin && header.imports.length === 0) || LOGGER_PATH.test(path) || EXAMPLE_PATH.test(path)) return;
    const handler = handlerAround(node);
    const inProgram =
      header.packageName === 'main' ||
      TERMINAL_PATH.test(path) ||
      header.imports.some((item) => TERMINAL.test(item.path));
    if (handler === null && (inProgram || !header.imports.some((item) => LOGGERS.test(item.path)))) return;
    if (TALKS.test(`${declaredFunctionName(node)} ${receiverTypeAround(node)}`)) return;
    // Switched on by who looks for a fault.
    const condition = node.ancestor('if_statement')?.child('condition')?.text ?? '';
    if (/debug|verbose|trace|dump|quiet|silent/i.test(condition)) return;
    // Nothing is there to log with yet.
    if (/logger/i.test(node.text)) return;
    // A banner.
    if (/^\w+\.\w+\(\s*`[^`]*\n/.test(node.text)) return;
    const log = localNameOf(header, 'log');
    const fixes: Fix[] =
      log === null || isBuiltin
        ? []
        : [
            {
              title: 'Write it with the package log',
              safety: 'suggestion',
              preferred: true,
              edits: [
                { kind: 'replace', span: callee.span, newText: callee.text.replace(/^\w+\./, `${log}.`) },
                { kind: 'import', remove: ['fmt'] },
              ],
            },
          ];
    yield { kind: 'fail', subject: node.span, message: 'printed', args: { call: callee.text }, fixes };
  },
};

export const goDetectors = [calls] as readonly NodeDetector[];
