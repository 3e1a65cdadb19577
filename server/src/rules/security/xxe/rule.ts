/** XML of others that is parsed by a parser which resolves entities. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { go } from './go.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'xxe',
  title: 'XML parser that resolves entities',
  category: 'security',
  severity: 'medium',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A binding of libxml2 is told to replace entities or to load document type definitions while it parses a document that is not written in the program. The parsers of the Go standard library never do that. In Python: parsers of lxml with `resolve_entities=True`, `load_dtd=True` or `no_network=False`, and features of xml.sax for external entities.',
    why: 'The document decides what is read: `<!ENTITY x SYSTEM "file:///etc/passwd">` brings a file of the server into the answer, a URL makes the server ask for it from inside the network, and entities of entities grow until memory is used up.',
    howToFix: 'Where a document type definition is needed, keep it in the program and validate against that one.',
    howToFixIn: {
      go: 'Leave the options out: without them libxml2 keeps entities as they are.',
      python: 'Say `resolve_entities=False`, or use defusedxml.',
    },
    refs: [
      'CWE-611',
      'CWE-776',
      'bandit B313',
      'https://owasp.org/www-community/vulnerabilities/XML_External_Entity_(XXE)_Processing',
    ],
  },
  messages: {
    option: '{option} lets a document read files and addresses of its choice through entities; leave the option out.',
  },
  effort: { each: [5, 30] },
  fix: 'sometimes',
  on: { go, python: pythonDetectors },
});
