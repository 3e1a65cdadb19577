/** Request bodies that are parsed twice on their way. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { goDetectors } from './go.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'duplicate-parse',
  title: 'Same body parsed or validated twice',
  category: 'performance',
  severity: 'low',
  confidence: 'heuristic',
  stage: 'preview',
  docs: {
    what: 'A middleware reads a request body, parses it and puts it back for the handler to parse again, or one handler parses the body of its request twice.',
    why: 'Each request pays twice, the body is kept in memory as a whole, and the two views can differ: a check in the middleware then says nothing about what the handler acts on.',
    howToFix: 'Parse once, and pass the value on in the context of the request (`request.state` in Starlette).',
    refs: ['CWE-436'],
  },
  messages: {
    middleware:
      'This middleware parses the body and puts it back to be parsed again; pass the parsed value on in the context.',
    passedOn:
      'This middleware parses the body, which the handler does again; pass the parsed value on in the state of the request.',
    twice: 'The body of this request was parsed before; use the value that is there.',
  },
  fix: 'none',
  on: { go: goDetectors, python: pythonDetectors },
});
