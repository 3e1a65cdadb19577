/**
 * Python: handlers that take the callback of a provider and act on it unverified. Anything in the handler or among the
 * imports of its file that looks like a verification counts as one.
 */
import type { Verdict } from '../../../core/model/verdict.ts';
import type { Detector, NodeDetector } from '../../../core/rulekit/rule.ts';
import { routeOf } from '../../../knowledge/python/requests.ts';
import type { PythonHeader } from '../../../languages/python/header.ts';
import type { PythonNode } from '../../../languages/python/nodes.gen.ts';
import { definedName } from '../../../languages/python/syntax.ts';

const HOOK =
  /webhook|web_hook|callback|(?:stripe|github|gitlab|paypal|twilio|slack|shopify|whatsapp|telegram)\w*(?:event|hook)/i;
const PROVIDER =
  /stripe|github|gitlab|bitbucket|paypal|twilio|whatsapp|slack|shopify|mailgun|sendgrid|adyen|razorpay|paddle|lemonsqueezy|telegram|discord|intercom|zendesk|hubspot|docusign|plaid|clerk/i;
const READS = /\.form\(\)|\.json\(\)|\.body\(\)|\.get_json\(|\.form\b|\.get_data\(|\.data\b|\.json\b/;
const VERIFIES =
  /signature|hmac|verif(?:y|ied|ier|ication)|compare_digest|construct_event|RequestValidator|validate_request|x-hub-|x-gitlab-token|x-telegram-bot-api-secret|secret|authorization|svix|Depends\(|Security\(/i;
const VERIFIER = /validator|hmac|signature|webhook|svix|verif/i;

const handlers: NodeDetector<unknown, PythonNode, PythonHeader> = {
  kinds: ['function_definition'],
  triggers: ['ebhook', 'eb_hook', 'allback', 'hook', 'event'],
  *check(node, ctx): Iterable<Verdict> {
    const route = routeOf(node, ctx);
    if (route === null || !/POST/.test(route.method)) return;
    const name = definedName(node);
    if (
      !HOOK.test(`${name} ${route.path}`) ||
      /oauth|login|create|list|register|delete|update_/i.test(`${name} ${route.path}`)
    )
      return;
    const body = node.child('body');
    const subject = node.parent?.kind === 'decorated_definition' ? route.decorator.span : node.child('name')!.span;
    if (body === null) return;
    const text = `${node.child('parameters')?.text ?? ''} ${body.text.replace(/^\s*(?:"""[\s\S]*?"""|'''[\s\S]*?''')/, '')} ${route.decorator.text}`;
    const provider = PROVIDER.exec(`${name} ${route.path}`)?.[0] ?? PROVIDER.exec(`${text} ${ctx.file.path}`)?.[0];
    if (provider === undefined || !READS.test(text)) return;
    const verifies =
      VERIFIES.test(text) ||
      ctx.file.header.imports.some(
        ({ name: own, module }) => VERIFIER.test(own) || /request_validator|hmac/.test(module),
      ) ||
      ctx.file.header.functions.some(({ name: own }) =>
        /signature|hmac|(?:verify|validate|check)_\w*(?:request|payload|sender|caller|origin)/i.test(own),
      );
    if (verifies) yield { kind: 'pass', subject };
    else {
      const args = { name, provider: provider.toLowerCase() };
      yield { kind: 'fail', subject, message: 'unverified', args };
    }
  },
};

export const pythonDetectors: readonly Detector[] = [handlers as NodeDetector];
