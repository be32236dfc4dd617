/** Where things are under the given address. A path in front ("https://shop.example/aisle") is kept. */
export interface BaseUrl {
  readonly origin: string;
  /** For HTTP: no slash at the end. */
  readonly http: string;
  readonly socketPath: string;
}

export const isAbsolute = (url: string | undefined): boolean => url !== undefined && /^[a-z]+:/i.test(url);

/** Resolved on first use, never at import: the page's address is not there under server-side rendering. */
export function resolveUrl(given: string | undefined): BaseUrl {
  const page = isAbsolute(given) ? undefined : (globalThis as { location?: { href?: string } }).location?.href;
  let url: URL;
  try {
    url = new URL(given ?? '/', page);
  } catch {
    throw new TypeError(
      `createClient: url ${given === undefined ? 'is missing' : `"${given}" is not an absolute address`}`,
    );
  }
  const path = url.pathname.replace(/\/+$/, '');
  return { origin: url.origin, http: url.origin + path, socketPath: `${path}/socket.io/` };
}
