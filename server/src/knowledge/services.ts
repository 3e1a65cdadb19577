/**
 * The services of a workspace whatever they are written in, for judges that ask of all of them the same. A judge that
 * asks for services of Go alone uses knowledge/go/services.ts.
 */
import type { FactView } from '../core/rulekit/rule.ts';
import { allFacts, type TypedFact } from './facts.ts';
import { type ServiceComponent, serviceComponentsOf } from './go/components.ts';
import { protectionsOf as goProtectionsOf, type Protections } from './go/protection.ts';
import {
  type Front,
  type GoProgram,
  frontOf as goFrontOf,
  servesHttp as goServesHttp,
  SERVICE_FACTS,
  servicesOf,
} from './go/services.ts';
import { pythonProtectionsOf } from './python/protection.ts';
import {
  PYTHON_SERVICE_FACTS,
  publishedService,
  pythonComponentsOf,
  pythonFrontsOf,
  pythonHome,
  servedIn as pythonServedIn,
  pythonServicesOf,
} from './python/services.ts';

/** Facts that judges about services of any language read, so that they exist and run again. */
export const ANY_SERVICE_FACTS = [...SERVICE_FACTS, ...PYTHON_SERVICE_FACTS] as const;

/** Services of every language: those of Go, then those of Python. */
export function anyServicesOf(facts: FactView): readonly GoProgram[] {
  return [...servicesOf(facts), ...pythonServicesOf(facts)];
}

/** Components with services that have routes, of every language. */
export function anyComponentsOf(facts: FactView): readonly ServiceComponent[] {
  return [...serviceComponentsOf(facts), ...pythonComponentsOf(facts)];
}

/** Where a control of requests belongs in a program, and where it is missed. */
export function frontOf(facts: FactView, program: GoProgram): Front {
  return (program.language === 'python' ? pythonFrontsOf(facts, program)[0] : undefined) ?? goFrontOf(facts, program);
}

/** The fronts of a program: of one in Python there may be several, each an application of its own. */
export function frontsOf(facts: FactView, program: GoProgram): readonly Front[] {
  return program.language === 'python' ? pythonFrontsOf(facts, program) : [goFrontOf(facts, program)];
}

/** Whether the program serves HTTP routes. What starts one in Python is often named nowhere in its code. */
export function servesHttp(program: GoProgram): boolean {
  return program.language === 'python' ? program.routes.length > 0 : goServesHttp(program);
}

/**
 * Which of the proxies of a workspace counts for a program: none when the program can be reached without them. For Go
 * every proxy counts.
 */
export function proxyFor(
  facts: FactView,
  program: GoProgram,
  name: 'proxy.rate-limit' | 'proxy.body-limit' | 'proxy.headers' | 'proxy.tls' | 'proxy.resilience',
): TypedFact<typeof name> | undefined {
  const found = allFacts(facts, name).find(({ place }) => facts.role(place.path) === 'production');
  if (found === undefined || program.language !== 'python') return found;
  return publishedService(facts, program) === undefined ? found : undefined;
}

/** The protections of a program's routes. */
export function protectionsOf(facts: FactView, program: GoProgram): Protections {
  return program.language === 'python' ? pythonProtectionsOf(facts, program) : goProtectionsOf(facts, program);
}

/** Agents that instrument a Python program from outside: their command wraps the one that starts it. */
const AGENTS =
  /^(?:ddtrace|newrelic|opentelemetry-distro|opentelemetry-instrumentation|elastic-apm|scout-apm|instana)$/;

/** A requirement of an agent that may be started around a Python program. */
export function agentOf(facts: FactView, program: GoProgram): TypedFact<'python.requirement'> | undefined {
  if (program.language !== 'python') return undefined;
  return allFacts(facts, 'python.requirement').find(
    ({ key, place }) => AGENTS.test(key) && pythonHome(facts, place.path) === program.component,
  );
}

/** Whether code at a path runs when a program serves, so that the program can be blamed for it. */
export function servedIn(facts: FactView, program: GoProgram): (path: string) => boolean {
  return program.language === 'python' ? pythonServedIn(facts, program) : (path) => facts.role(path) === 'production';
}

/** Whether a requirement or an image names a server that runs Python programs. */
export function isRunBy(facts: FactView, server: string): boolean {
  return (
    facts.lookup('python.requirement', server).length > 0 ||
    allFacts(facts, 'image.file').some(({ value }) =>
      [...(value.entrypoint?.words ?? []), ...(value.command?.words ?? [])].some((word) => word.includes(server)),
    )
  );
}
