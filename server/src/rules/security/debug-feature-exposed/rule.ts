/** Help for developers that a production server offers to everybody. */
import { defineRule } from '../../../core/rulekit/rule.ts';
import { goDetectors, goJudge } from './go.ts';
import { pythonDetectors } from './python.ts';

export const rule = defineRule({
  id: 'debug-feature-exposed',
  title: 'Development feature left on in production',
  category: 'security',
  severity: 'medium',
  confidence: 'likely',
  stage: 'stable',
  docs: {
    what: 'A service switches on a debug mode by a constant (`app.run(debug=True)`, `DEBUG = True`), offers the profiles of `net/http/pprof` on a listener that everybody reaches, serves interactive API documentation without a condition, or lists the files of its working directory or of an upload folder.',
    why: 'Profiles, debug pages and listings show memory, paths, queries and files that nobody meant to publish, and a profile that somebody requests in a loop keeps the service busy.',
    howToFix:
      'Serve profiles on a listener of their own that is bound to `127.0.0.1`, take the mode from the configuration with release as the default, and register documentation only outside of production.',
    refs: ['CWE-489', 'CWE-548', 'gosec G108', 'gosec G111'],
  },
  messages: {
    profiles: 'net/http/pprof serves profiles on a listener that everybody reaches; serve them on 127.0.0.1.',
    profiler: 'This offers profiles on the same router as the service; serve them on a listener at 127.0.0.1.',
    mode: 'The debug mode is switched on for good; take it from the configuration, with release as the default.',
    reload: 'The server of development reloads on every change of a file; start it without reload in production.',
    documentation: 'This serves interactive API documentation in production, too; register it only elsewhere.',
    listing: 'This lists every file of the folder to everybody; serve files without listings.',
  },
  fix: 'sometimes',
  on: { go: goDetectors, python: pythonDetectors },
  workspace: goJudge,
});
