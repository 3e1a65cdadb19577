/** Callbacks that are believed whoever sends them. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { go, judge } from './go.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'missing-webhook-signature',
  title: 'Webhook without signature check',
  category: 'security',
  severity: 'high',
  confidence: 'heuristic',
  stage: 'stable',
  docs: {
    what: 'A handler reads the callback of a provider, and neither it nor its package verifies the signature that comes along.',
    why: 'The address of a webhook is no secret. Whoever finds it sends events of their own: a payment that was never made, a push that never happened.',
    howToFix:
      'Verify the signature over the raw body before anything else, with the library of the provider (`webhook.ConstructEvent`, `github.ValidatePayload`) or with `hmac.Equal`.',
    refs: ['CWE-345', 'CWE-347'],
  },
  messages: {
    unverified: '{name} acts on a callback of {provider} that anybody can send; verify its signature first.',
  },
  fix: 'none',
  on: { go, python: pythonDetectors },
  workspace: judge,
});
