/** Middleware, checks and rotations that a program defines and nothing uses. */
import { directoryOf } from '../../../core/model/path.ts';
import type { Fix } from '../../../core/model/verdict.ts';
import { defineRule, type FactView } from '../../../core/rulekit/rule.ts';
import { ownFacts, type TypedFact } from '../../../knowledge/facts.ts';
import { firstTime, frontOf, type GoProgram, isDeployedPath } from '../../../knowledge/go/services.ts';
import { isInstalledPackage } from '../../../knowledge/python/modules.ts';
import { ANY_SERVICE_FACTS, anyServicesOf } from '../../../knowledge/services.ts';
import { isExported } from '../../../languages/go/syntax.ts';

/** Puts middleware in front of the routes, when their router is made in the package of the middleware. */
function mountFix(facts: FactView, program: GoProgram, control: TypedFact<'security.control'>): readonly Fix[] {
  const { use } = control.value;
  const { beside } = use === null ? { beside: null } : frontOf(facts, program);
  if (use === null || beside === null || beside.router === '' || beside.framework !== use.framework) return [];
  if (directoryOf(beside.path) !== directoryOf(control.place.path)) return [];
  return [
    {
      title: `Use ${control.key} for all routes of ${beside.router}`,
      safety: 'suggestion',
      edits: [beside.insert(`${beside.router}.Use(${use.text})`)],
    },
  ];
}

/** Files that mention a control, beside its own declaration. */
function mentionsOf(facts: FactView, { key, place }: TypedFact<'security.control'>): readonly string[] {
  return facts.mentions(place.path.endsWith('.py') ? 'python.mentions' : 'security.mention', key);
}

/** Whether code outside of the workspace may use a control. */
function isOffered(facts: FactView, { key, place }: TypedFact<'security.control'>): boolean {
  const directory = directoryOf(place.path);
  if (place.path.endsWith('.py')) return !key.startsWith('_') && isInstalledPackage(facts, directory);
  return isExported(key) && !/(?:^|\/)internal\//.test(`${directory}/`);
}

export const rule = defineRule({
  id: 'unwired-security-control',
  title: 'Security control that nothing uses',
  category: 'security',
  severity: 'high',
  confidence: 'likely',
  stage: 'preview',
  docs: {
    what: 'A function of a running program is named and built as a control (an authentication, permission, CSRF, rate-limit or header middleware, a check of tokens, permissions or input, a rotation of keys), and no code outside of tests mentions it. In Python also decorators, dependencies of FastAPI, and classes for permissions, throttling and authentication of Django REST.',
    why: 'The project looks protected: the control is in the code, often with tests and in the documentation. Requests never get to it.',
    howToFix:
      'Put the middleware on the router or group that it was written for, call the check where the data comes in, and offer the rotation as a command or route. Delete what is not needed.',
    refs: ['CWE-561', 'CWE-306'],
  },
  messages: {
    middleware:
      'No router uses the middleware {name}; put it in front of the routes that it should protect, or delete it.',
    guard: 'Nothing uses {name}, so that it guards nothing; put it in front of what it should protect, or delete it.',
    check: 'Nothing calls the check {name}; call it where the data comes in, or delete it.',
    rotation: 'Nothing calls {name}, so that nobody can use it; offer it as a command or route, or delete it.',
  },
  fix: 'sometimes',
  on: { go: [], python: [] },
  workspace: {
    partition: 'workspace',
    reads: ANY_SERVICE_FACTS,
    *judge(facts) {
      const programs = anyServicesOf(facts);
      if (programs.length === 0) return;
      const isFirst = firstTime();
      for (const control of ownFacts(facts, 'security.control')) {
        const { path } = control.place;
        if (facts.role(path) !== 'production' || !isDeployedPath(path)) continue;
        // What no program reaches may be made for others.
        const directory = directoryOf(path);
        const program = programs.find(({ files, directories }) => files.has(path) && directories.has(directory));
        if (program === undefined) continue;
        if (!isFirst(control.place)) continue;
        const isUsed = mentionsOf(facts, control).some((user) => {
          const role = facts.role(user);
          return role === 'production' || role === 'generated' || role === 'example';
        });
        if (isUsed) {
          if (control.value.kind === 'middleware' || control.value.kind === 'guard')
            yield { kind: 'pass', subject: control.place };
          continue;
        }
        // What is exported outside of `internal`, or of a package for others, may be made for other modules.
        if (control.value.kind !== 'middleware' && isOffered(facts, control)) continue;
        // A method may be called through an interface of a library.
        if (
          control.value.method &&
          control.value.kind !== 'rotation' &&
          /^(?:Authenticate|Authorize|Validate|Verify|Check)$/.test(control.key)
        )
          continue;
        const fixes = mountFix(facts, program, control);
        yield { kind: 'fail', subject: control.place, message: control.value.kind, args: { name: control.key }, fixes };
      }
    },
  },
});
