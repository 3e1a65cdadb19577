/**
 * Handlers of Go programs that take callbacks of a provider and act on their body without verifying it. A handler is one
 * by its name and by the provider that its body speaks of; anything in the same package that verifies signatures counts
 * as the verification, since a middleware may do it. What a program itself sends or administers is no callback.
 */
import type { Fact, Verdict } from '../../../core/model/verdict.ts';
import { type FactView, fact, type NodeDetector, type WorkspaceJudge } from '../../../core/rulekit/rule.ts';
import { takesRequest } from '../../../knowledge/go/handlers.ts';
import type { GoHeader } from '../../../languages/go/header.ts';
import type { GoNode } from '../../../languages/go/nodes.gen.ts';
import { functionName } from '../../../languages/go/syntax.ts';

const HANDLER =
  /webhook|web_hook|(?:stripe|github|gitlab|paypal|twilio|slack|shopify|mailgun|sendgrid|square|adyen)\w*(?:callback|event|hook)/i;
/** Names of functions that administer or send webhooks. */
const OTHER =
  /create|update|delete|list|^get|find|send|trigger|dispatch|test|register|add|remove|edit|save|fire|deliver|config|enable|disable|toggle|render|validate|verify|set[A-Z]|query|search|router|routes|middleware/i;
const PROVIDER =
  /stripe|github|gitlab|bitbucket|paypal|twilio|slack|shopify|mailgun|sendgrid|square|adyen|razorpay|paddle|lemonsqueezy|telegram|discord|linear|intercom|zendesk|hubspot|docusign|plaid|clerk/i;
const READS = /\.Body\b|ShouldBind|BindJSON|\.Bind\(|BodyParser|GetRawData|\.Body\(\)|RequestBody/;
/** Anything that looks like a check of who sent it. */
const VERIFIES =
  /signature|hmac|ConstructEvent|ValidatePayload|ValidateWebhook|VerifyWebhook|verif(?:y|ied|ier|ication)|ConstantTimeCompare|ecdsa|ed25519|rsa\.Verify|X-Hub-|X-Gitlab-Token|ValidateSignature|RequestValidator|secret|Authorization|svix/i;

const handlers: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['function_declaration', 'method_declaration'],
  triggers: ['ebhook', 'ebHook', 'allback', 'Event', 'Hook'],
  *check(node, ctx): Iterable<Verdict> {
    const name = functionName(node);
    if (!HANDLER.test(name) || OTHER.test(name) || !takesRequest(node)) return;
    const { text } = node;
    const around = `${name} ${text} ${ctx.file.path}`;
    if (!READS.test(text) || !PROVIDER.test(around)) return;
    const subject = node.child('name')!;
    if (VERIFIES.test(text)) {
      yield { kind: 'pass', subject: subject.span };
      return;
    }
    const provider = PROVIDER.exec(name)?.[0] ?? PROVIDER.exec(around)![0];
    yield fact('missing-webhook-signature.candidate', name, provider.toLowerCase(), subject);
  },
};

/** Declarations that verify what was sent to the program. */
const verifications: NodeDetector<unknown, GoNode, GoHeader> = {
  kinds: ['function_declaration', 'method_declaration'],
  triggers: ['hmac.', 'ConstructEvent', 'ValidatePayload', 'ignature', 'ConstantTimeCompare', 'RequestValidator'],
  *check(node): Iterable<Verdict> {
    if (
      /hmac\.|ConstructEvent|ValidatePayload|ConstantTimeCompare|RequestValidator|(?:verify|validate|check)\w*signature/i.test(
        node.text,
      )
    ) {
      yield fact('missing-webhook-signature.verified', functionName(node), null, node.child('name') ?? node);
    }
  },
};

export const go: readonly NodeDetector[] = [handlers, verifications] as readonly NodeDetector[];

export const judge: WorkspaceJudge = {
  partition: 'directory',
  reads: ['missing-webhook-signature.candidate'],
  *judge(facts: FactView) {
    const isVerified = facts.get('missing-webhook-signature.verified').length > 0;
    for (const found of facts.get('missing-webhook-signature.candidate') as readonly Fact[]) {
      if (isVerified || facts.role(found.place.path) !== 'production') continue;
      yield {
        kind: 'fail',
        subject: found.place,
        message: 'unverified',
        args: { name: found.key, provider: String(found.value) },
      };
    }
  },
};
