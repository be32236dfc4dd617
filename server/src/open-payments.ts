import { applyEffects } from './commands/orders/index.js';
import { createPaymentCommands } from './commands/payments/index.js';
import type { Sql } from './db/client.js';
import { createPaymentBook } from './db/payments/payment-book.js';
import type { Commands } from './domain/ports/commands.js';
import type { OrderBook, OrderSales } from './domain/ports/orders.js';
import type { PaymentCommands, PaymentProvider } from './domain/ports/payments.js';
import type { SeatStore } from './domain/ports/seat-store.js';
import { ProviderDesk } from './payments/desk.js';
import { warnOfLeftOpen } from './payments/left-open.js';
import type { Logger } from './platform/logger.js';
import type { Metrics } from './platform/metrics.js';

export interface PaymentParts {
  readonly sql: Sql;
  readonly store: Pick<SeatStore, 'settle'>;
  readonly orderBook: OrderBook;
  readonly sales: OrderSales;
  readonly seats: Commands;
  readonly provider: PaymentProvider | null;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** Wires paying by a provider; the worker wires its own half. */
export function openPayments(parts: PaymentParts): PaymentCommands {
  const { sql, store, orderBook, sales, seats, provider, metrics, logger } = parts;
  const payments = createPaymentBook(sql);
  void warnOfLeftOpen(payments, provider?.name ?? null, logger);
  const common = {
    orders: orderBook,
    logger,
    applyEffects: (effects: Parameters<typeof applyEffects>[2]) => applyEffects(store, orderBook, effects),
  };
  const desk = new ProviderDesk({ ...common, book: payments, provider, metrics });
  return createPaymentCommands({ ...common, sales, seats, payments, desk });
}
