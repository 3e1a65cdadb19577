/** Addresses and origins that differ between environments but are written into the code. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { goDetectors } from './go.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'hardcoded-config',
  title: 'Address, limit or path that should be configurable',
  category: 'configuration',
  severity: 'medium',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A server listens on an address that is a literal, a program connects to a literal address of this machine or of a private network, or the origins that may call it are literals of this machine.',
    why: 'Development, staging and production differ in exactly these values. As literals they need a build for each environment, cannot be changed by those who run the service, and addresses of the own machine do not work in production at all.',
    howToFix: 'Read the value from the environment or the configuration, and keep the literal as the default.',
    refs: ['CWE-547', 'https://12factor.net/config'],
  },
  messages: {
    listen: 'The address {value} to listen on is fixed in the code; read it from the configuration.',
    connect: '{value} is fixed in the code and differs between environments; read it from the configuration.',
    origin: 'The origin {value} is fixed in the code and is wrong in production; read it from the configuration.',
  },
  fix: 'sometimes',
  on: { go: goDetectors, python: pythonDetectors },
});
