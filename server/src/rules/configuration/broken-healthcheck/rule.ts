/** Health checks that can never succeed. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { compose, dockerfiles } from './checks.ts';

export const rule = defineRule({
  id: 'broken-healthcheck',
  title: 'Health check that can never succeed',
  category: 'configuration',
  severity: 'high',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A health check of an image or compose service is a list with operators of a shell in it (`"||"`), which are passed on as arguments; a list that begins with neither CMD nor CMD-SHELL; calls curl or wget in an image that is known to lack it and to which nothing adds it; needs a shell in an image without one; or asks the port that the host publishes rather than that of the container.',
    why: 'The service stays unhealthy for ever: whatever waits for it never starts, and an orchestrator restarts it again and again, although it works.',
    howToFix:
      'Write `["CMD-SHELL", "curl -f http://localhost:8080/health || exit 1"]`, use a tool that the image has (wget in Alpine, the language itself in slim images) or install one, and ask the port inside of the container.',
    refs: [
      'https://docs.docker.com/reference/dockerfile/#healthcheck',
      'https://docs.docker.com/reference/compose-file/services/#healthcheck',
    ],
  },
  messages: {
    operator: 'No shell takes part in a list, so its operators are arguments; write the check as a line for the shell.',
    form: 'The engine refuses a list that begins with neither CMD nor CMD-SHELL; put one of them in front.',
    tool: '{image} has no {tool}, so this check always fails; install it, or use a tool that is there.',
    shell: '{image} has no shell, so this check cannot run; write a list that starts a program of the image.',
    port: 'Port {port} is that of the host; inside of the container it is {inside}.',
  },
  effort: { each: [3, 15] },
  fix: 'sometimes',
  on: { dockerfile: [dockerfiles], compose: [compose] },
});
