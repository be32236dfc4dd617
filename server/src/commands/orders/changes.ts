import type { OrderChangeCommands } from '../../domain/ports/order-changes.js';
import { cancelOrder } from './cancel.js';
import type { ChangeDeps } from './change.js';
import { exchangeOrder } from './exchange.js';
import { importBookings, type ImportDeps } from './import.js';
import { refundOrder } from './refund.js';

/** Orders that are placed: given up, given back, moved; and those that were made elsewhere. */
export const createOrderChangeCommands = (deps: ChangeDeps & ImportDeps): OrderChangeCommands => ({
  cancelOrder: (actor, orderId, payload) => cancelOrder(deps, actor, orderId, payload),
  refundOrder: (actor, orderId, payload) => refundOrder(deps, actor, orderId, payload),
  exchangeOrder: (actor, orderId, payload) => exchangeOrder(deps, actor, orderId, payload),
  importBookings: (actor, request) => importBookings(deps, actor, request),
});
