/**
 * What a node is good for, as /readyz says it (SPEC N1). `degraded`: it serves what it knows, and another node would do no
 * better; `unavailable`: send nobody here.
 */
export type Readiness =
  | { readonly status: 'ok' }
  | { readonly status: 'degraded'; readonly reasons: readonly string[] }
  | { readonly status: 'unavailable'; readonly reasons: readonly string[] };

export interface Health {
  readonly readiness: () => Readiness;
}

/** @param fatal why nobody should be sent here. @param partial what is missing, though it serves. Both empty: all is well. */
export function readinessOf(fatal: readonly string[], partial: readonly string[]): Readiness {
  if (fatal.length > 0) return { status: 'unavailable', reasons: [...fatal, ...partial] };
  return partial.length > 0 ? { status: 'degraded', reasons: partial } : { status: 'ok' };
}
