/**
 * The services of a workspace whatever they are written in, for judges that ask of all of them the same. A judge that
 * asks for services of Go alone uses knowledge/go/services.ts.
 */
import type { FactView } from '../core/rulekit/rule.ts';
import { type ServiceComponent, serviceComponentsOf } from './go/components.ts';
import { type GoProgram, SERVICE_FACTS, servicesOf } from './go/services.ts';
import { PYTHON_SERVICE_FACTS, pythonComponentsOf, pythonServicesOf } from './python/services.ts';

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
