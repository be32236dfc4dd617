import { ROLES, roleSchema, type Role } from '@aisle/client/protocol';
import { unauthenticated } from './claims.js';

/** A shop's names for roles, e.g. seller → box_office. */
export type RoleMap = Readonly<Record<string, Role>>;

export interface RoleClaimSettings {
  readonly roleClaim: string;
  /** Present: these names alone count. Absent: Aisle's own names. */
  readonly roleMap?: RoleMap | undefined;
  readonly maxRole: Role;
}

const rank = (role: Role): number => ROLES.indexOf(role);

/**
 * The role a shop's JWT gives: the claim is one name or a list of names, of which the highest that is known counts. No claim: a
 * customer. Throws UNAUTHENTICATED where none is known or it is above the cap (SPEC A2).
 */
export function roleOfClaim(claimed: unknown, { roleClaim, roleMap, maxRole }: RoleClaimSettings): Role {
  if (claimed === undefined) return 'customer';
  const names: readonly unknown[] = Array.isArray(claimed) ? claimed : [claimed];
  const known = names.flatMap((name) => rolesNamed(name, roleMap));
  const [highest] = known.sort((a, b) => rank(b) - rank(a));
  if (highest === undefined) throw unauthenticated(`The token's claim "${roleClaim}" names no role that Aisle knows.`);
  if (rank(highest) > rank(maxRole)) {
    throw unauthenticated(
      `The token's role "${highest}" is above "${maxRole}", the highest a JWT may claim here (AISLE_AUTH_MAX_ROLE).`,
    );
  }
  return highest;
}

function rolesNamed(name: unknown, roleMap: RoleMap | undefined): Role[] {
  if (typeof name !== 'string') return [];
  if (roleMap !== undefined) {
    const role = Object.hasOwn(roleMap, name) ? roleMap[name] : undefined;
    return role === undefined ? [] : [role];
  }
  const role = roleSchema.safeParse(name);
  return role.success ? [role.data] : [];
}
