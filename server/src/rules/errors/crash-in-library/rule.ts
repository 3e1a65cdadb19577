/** Code away from a program's entry that ends the process or panics instead of giving an error back. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { detectors } from './go.ts';
import { EXIT_FACT, judgePython, pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'crash-in-library',
  title: 'Panic or process exit outside main',
  category: 'errors',
  severity: 'high',
  confidence: 'heuristic',
  stage: 'preview',
  docs: {
    what: 'A function that is neither `main` nor part of a command line ends the process (`os.Exit`, `log.Fatal`), or panics with an error that something else has returned. In a request handler it counts as critical. In Python it is `sys.exit`, `os._exit`, `quit` or SystemExit in a module that others import.',
    why: 'Whoever calls the function cannot decide what a failure means: deferred functions and clean-ups do not run, other requests are cut off, and one bad input takes the whole service down.',
    howToFix: 'Let the program decide what to do. In a handler answer with an error status.',
    howToFixIn: {
      go: 'Return the error to the caller, up to `main`. Keep panics for mistakes of the programmer, in functions whose name begins with Must.',
      python: 'Raise an exception instead.',
    },
    refs: ['CWE-248', 'CWE-705', 'revive deep-exit', 'https://go.dev/doc/effective_go#panic'],
  },
  messages: {
    exit: '{call} ends the whole process from inside {name}; return the error and let main decide.',
    handler: '{call} ends the whole server because of one request; answer with an error status and return.',
    panicHandler: 'A request that fails here panics; answer with an error status and return.',
    returns: '{name} can return an error but panics with it; return it to the caller.',
    panic: '{name} panics with an error that its caller could deal with; return the error.',
    python: '{call} ends the whole process from inside {name}, which other modules call; raise an exception instead.',
    pythonHandler: '{call} ends the whole process because of one request; answer with an error status.',
    init: 'The program dies before main begins when this fails; set it up in a function that returns an error.',
  },
  fix: 'none',
  on: { go: detectors, python: pythonDetectors },
  workspace: { partition: 'directory', reads: [EXIT_FACT], judge: judgePython },
});
