/**
 * The services of a workspace by component (the module that they belong to), for rules that ask what a component as a
 * whole has: tests, descriptions, deployment. Pure; computed from what services.ts knows.
 */
import type { FactView } from '../../core/rulekit/rule.ts';
import { allFacts, type FactName, type TypedFact } from '../facts.ts';
import { type GoProgram, servesRequests, servicesOf } from './services.ts';

export interface ServiceComponent {
  /** Directory of the module, '' for the root. */
  readonly directory: string;
  readonly programs: readonly GoProgram[];
  /** Application routes in production code, each once, in path order. */
  readonly routes: readonly TypedFact<'http.route'>[];
  /** Whether something in the workspace stands in the component, or in none: what stands apart may be about all. */
  concerns(fact: { readonly place: { readonly path: string } }): boolean;
}

/** Components with a program that serves requests. */
export function serviceComponentsOf(facts: FactView): readonly ServiceComponent[] {
  const byDirectory = new Map<string, GoProgram[]>();
  for (const program of servicesOf(facts)) {
    if (!servesRequests(program)) continue;
    const own = byDirectory.get(program.component);
    if (own === undefined) byDirectory.set(program.component, [program]);
    else own.push(program);
  }
  const modules = allFacts(facts, 'go.module').map((module) => module.value.directory);
  const homeOf = (path: string): string | null => {
    let best: string | null = null;
    for (const directory of modules) {
      const holds = directory === '' || path.startsWith(`${directory}/`);
      if (holds && (best === null || directory.length > best.length)) best = directory;
    }
    return best;
  };
  return [...byDirectory].map(([directory, programs]): ServiceComponent => {
    const routes = new Set(programs.flatMap((program) => program.routes));
    return {
      directory,
      programs,
      routes: [...routes].filter((route) => facts.role(route.place.path) === 'production'),
      concerns({ place: { path } }) {
        const home = homeOf(path);
        if (home === directory || home === null) return true;
        // A module of tests beside the services tests them all.
        return !byDirectory.has(home);
      },
    };
  });
}

/** The first fact of a name and key that concerns a component, or undefined. */
export function firstConcerning<N extends FactName>(
  facts: FactView,
  component: ServiceComponent,
  name: N,
  key: string,
): TypedFact<N> | undefined {
  return (facts.lookup(name, key) as readonly unknown[] as readonly TypedFact<N>[]).find((fact) =>
    component.concerns(fact),
  );
}
