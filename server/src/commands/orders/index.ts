import type { OrderSales } from '../../domain/ports/orders.js';
import { book } from './book.js';
import { confirmOrder } from './confirm.js';
import { createOrder, reserve } from './create.js';
import type { OrderDeps } from './deps.js';
import { getOrder, listOrders } from './read.js';

export type { OrderDeps } from './deps.js';
export { applyEffects } from './effects.js';

/** From hold to ticket. */
export const createOrderSales = (deps: OrderDeps): OrderSales => ({
  reserve: (actor, payload) => reserve(deps, actor, payload),
  createOrder: (actor, payload) => createOrder(deps, actor, payload),
  confirmOrder: (actor, orderId, payload) => confirmOrder(deps, actor, orderId, payload),
  book: (actor, payload) => book(deps, actor, payload),
  getOrder: (actor, orderId) => getOrder(deps, actor, orderId),
  listOrders: (actor, query) => listOrders(deps, actor, query),
});
