/** Middleware, checks and rotations that a program defines and nothing uses. */
import { directoryOf } from '../../../core/model/path.ts';
import { defineRule } from '../../../core/rulekit/rule.ts';
import { ownFacts } from '../../../knowledge/facts.ts';
import { firstTime, isDeployedPath, SERVICE_FACTS, servicesOf } from '../../../knowledge/go/services.ts';
import { isExported } from '../../../languages/go/syntax.ts';

export const rule = defineRule({
  id: 'unwired-security-control',
  title: 'Security control that nothing uses',
  category: 'security',
  severity: 'high',
  confidence: 'likely',
  stage: 'preview',
  docs: {
    what: 'A function of a running program is named and built as a control (an authentication, permission, CSRF, rate-limit or header middleware, a check of tokens, permissions or input, a rotation of keys), and no code outside of tests mentions it.',
    why: 'The project looks protected: the control is in the code, often with tests and in the documentation. Requests never get to it.',
    howToFix:
      'Put the middleware on the router or group that it was written for, call the check where the data comes in, and offer the rotation as a command or route. Delete what is not needed.',
    refs: ['CWE-561', 'CWE-306'],
  },
  messages: {
    middleware:
      'No router uses the middleware {name}; put it in front of the routes that it should protect, or delete it.',
    check: 'Nothing calls the check {name}; call it where the data comes in, or delete it.',
    rotation: 'Nothing calls {name}, so that nobody can use it; offer it as a command or route, or delete it.',
  },
  fix: 'none',
  on: { go: [] },
  workspace: {
    partition: 'workspace',
    reads: SERVICE_FACTS,
    *judge(facts) {
      const programs = servicesOf(facts);
      if (programs.length === 0) return;
      const isFirst = firstTime();
      for (const control of ownFacts(facts, 'security.control')) {
        const { path } = control.place;
        if (facts.role(path) !== 'production' || !isDeployedPath(path)) continue;
        // What no program reaches may be made for others.
        const directory = directoryOf(path);
        if (!programs.some((program) => program.files.has(path) && program.directories.has(directory))) continue;
        if (!isFirst(control.place)) continue;
        const isUsed = facts.mentions('security.mention', control.key).some((user) => {
          const role = facts.role(user);
          return role === 'production' || role === 'generated' || role === 'example';
        });
        if (isUsed) {
          if (control.value.kind === 'middleware') yield { kind: 'pass', subject: control.place };
          continue;
        }
        // What is exported outside of `internal` may be made for other modules.
        const isOffered = isExported(control.key) && !/(?:^|\/)internal\//.test(`${directory}/`);
        if (isOffered && control.value.kind !== 'middleware') continue;
        // A method may be called through an interface of a library.
        if (
          control.value.method &&
          control.value.kind !== 'rotation' &&
          /^(?:Authenticate|Authorize|Validate|Verify|Check)$/.test(control.key)
        )
          continue;
        yield { kind: 'fail', subject: control.place, message: control.value.kind, args: { name: control.key } };
      }
    },
  },
});
