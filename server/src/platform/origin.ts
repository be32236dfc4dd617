/**
 * Whether a page of this origin may call (AISLE_ALLOWED_ORIGINS): this server's own pages always, others where they are
 * listed, any with "*". No origin: no browser's page. `host`: the Host that the request names.
 */
export function originAllowed(
  origin: string | undefined,
  host: string | undefined,
  allowed: readonly string[] | undefined,
): boolean {
  if (origin === undefined) return true;
  if (allowed?.includes('*') === true || allowed?.includes(origin) === true) return true;
  return host !== undefined && URL.canParse(origin) && new URL(origin).host === host;
}
