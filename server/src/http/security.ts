import type { AppContext } from './context.js';

/** Data is never a page: nothing in it may run, nobody may frame it. */
const DATA_POLICY = "default-src 'none'; frame-ancestors 'none'";
/** Our pages: own scripts and styles alone, nothing inline. Blobs and data are pictures the canvas makes. */
const PAGE_POLICY = policy("style-src 'self'");
/** The reader of the API writes styles into its markup. */
export const DOCS_POLICY = `${policy("style-src 'self' 'unsafe-inline'")}; frame-ancestors 'none'`;

function policy(styles: string): string {
  return [
    "default-src 'self'",
    "script-src 'self'",
    styles,
    "img-src 'self' data: blob:",
    "connect-src 'self' ws: wss:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
  ].join('; ');
}

/** Put on every answer after it was made. A page that may be embedded says by whom. */
export function addSecurityHeaders(c: AppContext, allowedOrigins: readonly string[] | undefined): void {
  // A page that says what it needs, needs less than these.
  const own = c.res.headers.get('content-security-policy');
  const page = c.res.headers.get('content-type')?.startsWith('text/html') === true;
  // "Not modified" has no type; a policy on it would take the place of the one that the browser keeps with the page.
  if (c.res.status !== 304)
    c.header(
      'content-security-policy',
      own ?? (page ? `${PAGE_POLICY}; frame-ancestors ${framers(c.req.path, allowedOrigins)}` : DATA_POLICY),
    );
  c.header('x-content-type-options', 'nosniff');
  // What says nothing of caches is somebody's own: an order, a hold with its token, a list of staff.
  if (c.req.path.startsWith('/v1/') && !c.res.headers.has('cache-control')) c.header('cache-control', 'no-store');
  // An address may hold a hold token.
  c.header('referrer-policy', 'no-referrer');
}

/** Pages on which staff press buttons: a frame around them would press for them. */
const STAFF_PAGES = /^\/(?:admin|box-office)(?:\/|$)/;
const framers = (path: string, origins: readonly string[] | undefined): string =>
  STAFF_PAGES.test(path) ? "'none'" : ["'self'", ...(origins ?? [])].join(' ');
