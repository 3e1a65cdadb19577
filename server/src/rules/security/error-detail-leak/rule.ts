/** Answers to clients that tell what went wrong inside. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { go } from './go.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'error-detail-leak',
  title: 'Internal error text sent to the client',
  category: 'security',
  severity: 'medium',
  confidence: 'likely',
  stage: 'preview',
  docs: {
    what: 'The text of an error, or a stack, is part of an answer with a status from 500 on.',
    why: 'Such texts name hosts, files, tables and queries. They help whoever probes the service, and nobody else: a user cannot mend the database.',
    howToFix:
      'Log the error with an id of the request and answer with a general text and that id. Errors that are meant for users deserve a type of their own with a public message.',
    refs: ['CWE-209', 'CWE-497'],
  },
  messages: {
    error: 'The client is told the text of {value}; log it, and answer with a general message.',
    stack: 'The client is sent a stack; log it, and answer with a general message.',
  },
  fix: 'sometimes',
  on: { go, python: pythonDetectors },
});
