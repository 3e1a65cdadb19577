/** Handlers whose answer cannot arrive as it was meant. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { go } from './go.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'broken-http-response',
  title: 'Handler returns what the framework cannot send',
  category: 'errors',
  severity: 'critical',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A handler goes on behind an error reply and answers again, or replies after a failed WebSocket upgrade, which has replied itself. In Python: an exception handler of FastAPI or Starlette returns a dict instead of a response, a handler of FastAPI returns XML or a page as a plain text, or a view of Flask returns nothing.',
    why: 'The client receives two answers glued together, with the status of the first: an error page followed by the data that it should not have got. The server logs a superfluous header and the work goes on with values that are not valid. What the framework cannot send becomes an internal error in the place of every answer, and a text that is sent as JSON arrives in quotation marks.',
    howToFix: '',
    howToFixIn: {
      go: 'Return directly behind the error reply. After a failed upgrade only log and return.',
      python:
        'Return a response with a status and a type: `JSONResponse(status_code=..., content=...)`, `Response(content=..., media_type="application/xml")`.',
    },
    refs: ['CWE-703', 'https://pkg.go.dev/net/http#Error', 'https://fastapi.tiangolo.com/tutorial/handling-errors/'],
  },
  messages: {
    twice: 'The handler goes on behind {call} and answers a second time; return here.',
    upgrade: 'A failed upgrade has answered already, so this is a second answer; remove it.',
    handler:
      'An exception handler has to return a response, and this one returns {what}, so every such error becomes a 500; return a JSONResponse.',
    text: 'This text is sent as a JSON string and not as {type}; return a Response with that media type.',
    view: 'Flask cannot send {value}, so this request ends in a 500; return a text, a dict or a response.',
  },
  fix: 'sometimes',
  on: { go, python: pythonDetectors },
});
