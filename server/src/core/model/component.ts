/** What a component is: see core/present/components.ts for how they are found. */

export const COMPONENT_KINDS = ['service', 'job', 'library', 'frontend'] as const;
/** `service` answers requests, `job` runs and ends, `library` is used by others, `frontend` runs at the user's. */
export type ComponentKind = (typeof COMPONENT_KINDS)[number];

export const CRITICALITIES = ['critical', 'normal'] as const;
export type Criticality = (typeof CRITICALITIES)[number];

/** What the configuration says of a folder. */
export interface DeclaredComponent {
  readonly path: string;
  readonly name?: string;
  readonly kind?: ComponentKind;
  readonly criticality?: Criticality;
}

/** A part of the workspace that is built and run by itself. */
export interface ComponentPart {
  /** Its folder, '' for the root. A file belongs to the nearest component around it. */
  readonly path: string;
  readonly name: string;
  readonly kind: ComponentKind;
  readonly criticality: Criticality;
  /** Paths of its manifests. */
  readonly manifests: readonly string[];
  /** What runs it: paths of Dockerfiles, compose services, workloads. */
  readonly runs: readonly string[];
}
