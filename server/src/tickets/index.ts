import { addTicketKey, retireTicketKey, type MadeBy } from '../db/tickets/ticket-keys.js';
import type { Sql } from '../db/client.js';
import { createTicketGate, readPageOrder, type PageOrder } from '../db/tickets/tickets.js';
import type { TicketCodes, TicketCommands, TicketKeys } from '../domain/ports/tickets.js';
import type { Clock } from '../platform/clock.js';
import type { Logger } from '../platform/logger.js';
import { generateKey } from './code.js';
import { createTicketCodes } from './codes.js';
import { createKeyRing } from './key-ring.js';
import { createPageLinks, type PageLinks } from './page-links.js';
import { createTicketCommands } from './scan.js';

/** Everything of tickets that one node has. */
export interface Tickets {
  readonly codes: TicketCodes & TicketKeys;
  readonly commands: TicketCommands;
  readonly links: PageLinks;
  /** null: no such order. */
  readonly pageOrder: (orderId: string) => Promise<PageOrder | null>;
  /** A new key that signs from now on; those before it still verify. Answers its kid. */
  readonly addKey: (made: MadeBy) => Promise<string>;
  /** Codes of this key no longer admit. */
  readonly retireKey: (kid: string) => Promise<'retired' | 'signing' | 'not_found'>;
  close(): void;
}

export function createTickets(deps: { readonly sql: Sql; readonly clock: Clock; readonly logger: Logger }): Tickets {
  const { sql, clock } = deps;
  const ring = createKeyRing(deps);
  const codes = createTicketCodes(ring);
  return {
    codes,
    commands: createTicketCommands({ codes, gate: createTicketGate(sql) }),
    links: createPageLinks(ring, clock),
    pageOrder: (orderId) => readPageOrder(sql, orderId),
    async addKey(made) {
      const kid = await addTicketKey(sql, generateKey(), made);
      await ring.refresh();
      return kid;
    },
    async retireKey(kid) {
      const result = await retireTicketKey(sql, kid);
      if (result === 'retired') await ring.refresh();
      return result;
    },
    close: () => ring.close(),
  };
}
