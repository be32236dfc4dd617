import { projectFiles } from '../../helpers/project-files.js';

/** Whoever comes by it: some steps are taken by servers, some by workers, some by either. */
export type Taker = 'server' | 'worker' | 'cli';

/**
 * Every failpoint in the code, by the process that a test kills at it, and the test that does. A name in the code that is not
 * here, or the other way round, fails tests/unit/failpoints-covered.test.ts.
 */
export const FAILPOINTS: Readonly<Record<string, { readonly taker: Taker; readonly shownBy: string }>> = {
  ...steps('server', 'tests/integration/orders-crash.test.ts', [
    ...['reserve-after-lua', 'reserve-before-insert', 'reserve-in-transaction', 'reserve-before-commit'],
    ...['reserve-after-commit', 'unreserve-before-lua', 'book-after-hold'],
    ...['confirm-in-transaction', 'confirm-before-commit', 'confirm-after-commit'],
    ...['settle-before-lua', 'settle-after-lua', 'settle-before-done', 'settle-after-done'],
  ]),
  ...steps('server', 'tests/integration/payments-crash.test.ts', [
    ...['pay-after-attempt', 'pay-after-provider', 'pay-before-complete', 'pay-after-complete'],
    ...['refund-after-attempt'],
  ]),
  ...steps('worker', 'tests/integration/payments-crash.test.ts', ['refund-after-provider']),
  ...steps('server', 'tests/integration/order-changes-crash.test.ts', [
    ...['refund-before-commit', 'refund-after-commit', 'exchange-after-reserve', 'exchange-before-commit'],
    ...['exchange-after-commit', 'import-before-commit', 'import-after-commit'],
  ]),
  ...steps('worker', 'tests/integration/drain.redis.pg.test.ts', ['persist-before-commit', 'drain-after-commit']),
  ...steps('server', 'tests/faults/row-14-server-killed.long.test.ts', [
    ...['block-after-ledger', 'load-after-epoch', 'load-after-begin', 'load-after-map', 'load-before-flip'],
  ]),
};

/** In the code, and no test kills a process there yet. */
export const NOT_SHOWN: readonly string[] = ['sync-after-keep', 'sync-before-load'];

function steps(
  taker: Taker,
  shownBy: string,
  names: readonly string[],
): Record<string, { taker: Taker; shownBy: string }> {
  return Object.fromEntries(names.map((name) => [name, { taker, shownBy }]));
}

/** The names that the code has, each once. */
export function failpointsInCode(): string[] {
  const found = projectFiles(['server/src', 'worker/src', 'cli/src'], /\.ts$/)
    .filter(({ path }) => !path.endsWith('/failpoint.ts'))
    .flatMap(({ text }) => [
      ...[...text.matchAll(/ailpoint\(([^)]*)\)/g)].flatMap(([, inside = '']) => [...inside.matchAll(/'([a-z-]+)'/g)]),
      ...(/_FAILPOINTS = \[/.test(text) ? [...text.matchAll(/'([a-z]+(?:-[a-z]+)+)'/g)] : []),
    ])
    .map(([, name = '']) => name)
    .filter((name) => name.includes('-'));
  return [...new Set(found)].sort();
}
