/** Streams from elsewhere that are read into memory without a limit. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { goDetectors } from './go.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'unbounded-read',
  title: 'Whole stream read without a limit',
  category: 'resources',
  severity: 'medium',
  confidence: 'heuristic',
  stage: 'stable',
  docs: {
    what: 'The body of a response, or what a decompressor makes of data from elsewhere, is read to its end into memory, and nothing limits how much that may be; or its size is looked at only when it is in memory. In Python that concerns `urlopen(...).read()`, streamed responses, uploads, and `gzip.decompress` and its like.',
    why: 'The other side decides how much memory the process takes. A broken or hostile peer, or a small archive that unpacks to gigabytes, ends it.',
    howToFix: '',
    howToFixIn: {
      go: 'Read through `io.LimitReader` with more than any sound answer needs, and treat a full limit as an error; or decode the stream as it arrives.',
      python:
        'Give `read` a number of bytes, one more than the limit, and decompress with `decompressobj().decompress(data, max_length)`.',
    },
    refs: ['CWE-400', 'CWE-409', 'gosec G110'],
  },
  messages: {
    response: '{source} is read into memory whatever its size; read it through io.LimitReader.',
    archive: '{source} may unpack to any size and is read into memory; read it through io.LimitReader.',
    pythonResponse: '{source} is read into memory whatever its size; give `read` a limit.',
    pythonArchive: '{source} may unpack to any size, all of it in memory; decompress it with a `max_length`.',
    late: '{source} is in memory as a whole before its size is looked at; read one byte more than the limit instead.',
  },
  fix: 'sometimes',
  on: { go: goDetectors, python: pythonDetectors },
});
