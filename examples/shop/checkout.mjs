// From a hold to tickets: order, money, confirmation. What can go wrong between them is all of this file.
import { randomUUID } from 'node:crypto';
import { AisleError } from '@aisle/server';

/** Asked again this often where nobody could say whether a paid order was confirmed. */
const UNSURE_MS = 5000;

/** A real shop keeps its orders in its database; this one forgets them when it ends. */
export function createCheckout({ aisle, till, event }) {
  /** By the order's id. */
  const orders = new Map();
  const heard = new Set();

  async function checkout({ buyer, holdToken, name, email, card }) {
    const order = openOrder(buyer, holdToken) ?? (await place({ buyer, holdToken, name, email }));
    // A declined card leaves the order open: the page may come back with another one, for the same order.
    const receipt = await till.charge({ key: order.id, amountMinor: order.totalMinor, currency: order.currency, card });
    order.receipt = receipt;
    await confirm(order);
    return view(order);
  }

  /** Turns the hold into an order: prices are frozen, the seats are kept until `expiresAt`. */
  async function place({ buyer, holdToken, name, email }) {
    const externalId = `shop-${randomUUID()}`;
    const request = { eventId: event.id, holdToken, onBehalfOf: buyer, externalId, buyer: { name, email } };
    const made = await aisle.orders.create(request, { idempotencyKey: externalId });
    const order = { ...made, holdToken, status: 'pending' };
    orders.set(order.id, order);
    return order;
  }

  /** We have the money: the seats are sold now, or it goes back. */
  async function confirm(order) {
    const { reference, amountMinor, currency } = order.receipt;
    try {
      const payment = { reference, amountMinor, currency };
      const sold = await aisle.orders.confirm(order.id, { payment }, { idempotencyKey: `confirm-${reference}` });
      Object.assign(order, { status: sold.status, tickets: sold.tickets });
    } catch (error) {
      if (error instanceof AisleError && error.retryable) {
        // Not known, after all retries. The money stays where it is until it is: asking again is safe.
        order.status = 'unsure';
        setTimeout(() => void confirm(order).catch(() => undefined), UNSURE_MS).unref();
        return;
      }
      // Too late (ORDER_EXPIRED with details.refundRequired), or refused for good: nothing was sold for this money.
      await till.refund(order.receipt);
      order.status = 'refunded';
      throw error;
    }
  }

  const openOrder = (buyer, holdToken) =>
    [...orders.values()].find(
      (order) => order.subject === buyer && order.holdToken === holdToken && order.status === 'pending',
    );
  const view = ({ id, status, totalMinor, currency, items, tickets }) => ({
    ...{ id, status, totalMinor, currency },
    seats: items.map(({ seat, area }) => seat ?? area),
    tickets: tickets.length,
  });

  return {
    checkout,
    orderOf: (id, buyer) => (orders.get(id)?.subject === buyer ? orders.get(id) : undefined),
    ordersOf: (buyer) => [...orders.values()].filter(({ subject }) => subject === buyer).map(view),
    /** Webhooks come at least once and tell what happened elsewhere: a refund at the box office, an event cancelled. */
    heardOf({ id, type, data }) {
      if (heard.has(id)) return;
      heard.add(id);
      console.log(`Aisle says: ${type} ${data.orderId ?? data.eventId ?? ''}`);
      const order = orders.get(data.orderId);
      if (order !== undefined && type.startsWith('order.')) void refresh(order);
    },
  };

  /** Messages may come late or out of date: what counts is what Aisle says now. */
  async function refresh(order) {
    const { status, tickets } = await aisle.orders.get(order.id);
    if (order.status !== 'unsure') Object.assign(order, { status, tickets });
  }
}
