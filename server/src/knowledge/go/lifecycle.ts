/**
 * How Go programs end: which signals they catch, what they drain, and which libraries and frameworks do that for them.
 */

import type { Extractor, NodeDetector } from '../../core/rulekit/rule.ts';
import { type GoHeader, importedPath } from '../../languages/go/header.ts';
import type { GoNode } from '../../languages/go/nodes.gen.ts';
import { callArguments } from '../../languages/go/syntax.ts';
import { state } from '../facts.ts';
import { withoutVersion } from './frameworks.ts';
import { importDetector } from './imports.ts';

const signals: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['call_expression'],
  triggers: ['.Notify(', '.NotifyContext('],
  *check(node, ctx) {
    const callee = node.child('function');
    if (callee?.kind !== 'selector_expression') return;
    const name = callee.child('field')?.text ?? '';
    const operand = callee.child('operand');
    if ((name !== 'Notify' && name !== 'NotifyContext') || operand?.kind !== 'identifier') return;
    if (importedPath(ctx.file.header, operand.text) !== 'os/signal') return;
    const caught = callArguments(node).slice(1);
    // Without a list every signal is caught; a list that is built elsewhere may hold any.
    const any = caught.length === 0 || caught.some((value) => !/^(?:syscall|os|unix|windows)\.\w+$/.test(value.text));
    const names = caught.map((value) => value.text.replace(/^.*\./, ''));
    yield state(
      'signal.handler',
      name,
      {
        terminate: any || names.includes('SIGTERM'),
        interrupt: any || names.includes('Interrupt') || names.includes('SIGINT'),
        last: caught.at(-1)?.span ?? null,
      },
      node,
    );
  },
};

/** Libraries that catch SIGTERM for the program, or are made for nothing else. */
const SIGNAL_LIBRARIES =
  /(?:^|\/)(?:graceful|gracefully|grace|go-graceful|signals?|sigctx|shutdown|go-shutdown|lifecycle|endless|overseer|tableflip|death|gshutdown)(?:$|\/|\.v\d|-go$)|^github\.com\/oklog\/run$|^go\.uber\.org\/fx$|kardianos\/service|judwhite\/go-svc|go-kit\/run|golang\.org\/x\/sys\/windows\/svc|^github\.com\/moby\/sys\/signal|thejerf\/suture|^github\.com\/alecthomas\/run|cloudfoundry\/.*ifrit|^github\.com\/tedsuo\/ifrit/;

const SELF = /^(?:os\/signal|syscall)$/;

const signalLibraries = importDetector(function* (path, subject) {
  // A package of the workspace is judged by what it does, not by its name: it is in reach of the program anyway.
  if (SELF.test(path) || path.includes('/internal/') || !path.includes('.')) return;
  if (SIGNAL_LIBRARIES.test(withoutVersion(path))) {
    yield state('signal.handler', path, { terminate: true, interrupt: true, last: null }, subject);
  }
});

const DRAINING = /^(?:Shutdown\w*|GracefulStop|GracefulShutdown|gracefulShutdown|shutdown|StopGracefully)$/;
const NOT_A_SERVER = /trac|provider|\btp\b|export|meter|otel|telemetry|span|metric|logger/i;

const shutdowns: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['selector_expression'],
  triggers: ['hutdown', 'GracefulStop', 'StopGracefully'],
  *check(node) {
    const name = node.child('field')?.text ?? '';
    if (!DRAINING.test(name)) return;
    const receiver = node.child('operand')?.text ?? '';
    if (receiver.length > 200 || NOT_A_SERVER.test(receiver)) return;
    yield state('server.shutdown', name, { receiver }, node);
  },
};

/** Frameworks that run the process: signals, draining, probes, limits and telemetry come with them. */
const FRAMEWORKS = [
  'github.com/zeromicro/go-zero',
  'github.com/tal-tech/go-zero',
  'github.com/go-kratos/kratos',
  'github.com/gogf/gf/frame',
  'github.com/gogf/gf/v2/frame',
  'github.com/gogf/gf/net/ghttp',
  'github.com/gogf/gf/v2/net/ghttp',
  'github.com/cloudwego/hertz',
  'github.com/cloudwego/kitex',
  'github.com/beego/beego/v2/server/web',
  'github.com/beego/beego/server/web',
  'github.com/kataras/iris',
  'github.com/gobuffalo/buffalo',
  'gofr.dev',
  'go-micro.dev',
  'github.com/micro/go-micro',
  'github.com/asim/go-micro',
  'encore.dev',
  'github.com/pocketbase/pocketbase',
  'k8s.io/apiserver',
  'k8s.io/component-base/cli',
  'sigs.k8s.io/controller-runtime/pkg/manager',
  'github.com/grafana/dskit/server',
  'github.com/grafana/dskit/services',
  'github.com/weaveworks/common/server',
  'github.com/revel/revel',
  'goa.design/goa',
  'knative.dev/pkg/signals',
  'knative.dev/pkg/injection/sharedmain',
  'github.com/luraproject/lura',
  'github.com/caddyserver/caddy',
  'github.com/go-openapi/runtime',
  'github.com/douyu/jupiter',
  'github.com/apache/dubbo-go',
  'dubbo.apache.org/dubbo-go',
  'github.com/hashicorp/go-plugin',
];

/** Frameworks whose packages below the first are useful without it. */
const EXACT_FRAMEWORKS: ReadonlySet<string> = new Set(['github.com/astaxie/beego', 'sigs.k8s.io/controller-runtime']);

const frameworks = importDetector(function* (path, subject) {
  if (FRAMEWORKS.some((known) => path === known || path.startsWith(`${known}/`)) || EXACT_FRAMEWORKS.has(path)) {
    yield state('service.framework', path, null, subject);
  }
});

export const extractors: readonly Extractor[] = [
  { id: 'signal.handler', language: 'go', detector: signals as NodeDetector },
  { id: 'signal.library', language: 'go', detector: signalLibraries },
  { id: 'server.shutdown', language: 'go', detector: shutdowns as NodeDetector },
  { id: 'service.framework', language: 'go', detector: frameworks },
];
