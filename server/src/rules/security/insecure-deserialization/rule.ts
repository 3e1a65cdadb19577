/** Data of strangers that becomes objects of their choice. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { go } from './go.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'insecure-deserialization',
  title: 'Untrusted data deserialised into objects',
  category: 'security',
  severity: 'high',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A decoder that trusts its data reads what a request brings: encoding/gob in Go; pickle, marshal, dill, jsonpickle in Python, there also what another server sends. In Python also `yaml.load` with a loader that makes objects, and `torch.load` with `weights_only=False`.',
    why: 'Such formats say which types and how much memory to make. Crafted data exhausts the process, or builds values that no program of yours would have written; a pickle runs any function it names.',
    howToFix:
      'Exchange JSON or protocol buffers with strangers, into types that the code names, with a limit of the size.',
    howToFixIn: { python: 'Use `yaml.safe_load`, and read only weights from model files.' },
    refs: ['CWE-502', 'bandit B301', 'bandit B506', 'bandit B614', 'https://pkg.go.dev/encoding/gob#hdr-Security'],
  },
  messages: {
    gob: 'encoding/gob is not made for data of strangers, and this is {source}; exchange JSON instead.',
    objects: '{call} runs whatever its data names, and this is {source}; exchange JSON instead.',
    yaml: '{call} without a safe loader makes objects that the document names; use safe_load.',
    weights: 'A model file that is read with weights_only=False may run code; read the weights only.',
  },
  fix: 'sometimes',
  on: { go, python: pythonDetectors },
});
