import type { CallOptions } from './options.js';
import type { Query, Transport } from './transport.js';

interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor?: string;
}

/** Everything of a list, asked for page by page as it is read. */
export async function* pages<T>(
  transport: Transport,
  path: string,
  query: Query,
  options?: CallOptions,
): AsyncGenerator<T, void, undefined> {
  let cursor: string | undefined;
  do {
    const page: Page<T> = await transport.get(path, { ...query, cursor }, options);
    yield* page.items;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}
