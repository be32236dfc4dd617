import { failpoint } from './failpoint.js';

/** Every step of reserve and confirm at which a process may die; a test kills it at each (docs/TESTING.md). */
export const ORDER_FAILPOINTS = [
  ...(['reserve-after-lua', 'reserve-before-insert', 'reserve-in-transaction', 'reserve-before-commit'] as const),
  ...(['reserve-after-commit', 'unreserve-before-lua', 'book-after-hold'] as const),
  ...(['confirm-in-transaction', 'confirm-before-commit', 'confirm-after-commit'] as const),
  ...(['settle-before-lua', 'settle-after-lua', 'settle-before-done', 'settle-after-done'] as const),
] as const;
export type OrderFailpoint = (typeof ORDER_FAILPOINTS)[number];

export const orderFailpoint = (name: OrderFailpoint): Promise<void> => failpoint(name);
