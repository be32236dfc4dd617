import { AisleError, wireError, type ScanAnswer, type Ticket, type WireError } from '@aisle/client/protocol';
import { isForEvent } from '../domain/actor.js';
import { invalidRequest } from '../domain/faults.js';
import type { CommandResult } from '../domain/ports/commands.js';
import type { AdmissionResult, GateTicket, TicketCodes, TicketCommands, TicketGate } from '../domain/ports/tickets.js';

const DO_NOT_ADMIT = 'Do not admit; send the visitor to the box office.';

/** The gate: who may scan was checked before, which events the token is for is checked here (SPEC T3, T4). */
export function createTicketCommands({ codes, gate }: { codes: TicketCodes; gate: TicketGate }): TicketCommands {
  return {
    async scan(actor, payload) {
      try {
        const ref = await codes.read(payload.code);
        if (ref === null) return refuse(notFound('This code is not one of ours, or its key was withdrawn.'));
        if (!isForEvent(actor, ref.eventId)) {
          return refuse(wireError('FORBIDDEN', { message: 'This token is for the gates of other events.' }));
        }
        if (payload.eventId !== undefined && payload.eventId !== ref.eventId) return refuse(otherEvent(ref.eventId));
        const { requestId } = payload;
        const admission = { ticket: ref, by: actor.subject ?? '', gate: payload.gate ?? null, requestId };
        return answer(await gate.admit(admission), codes);
      } catch (error) {
        // Postgres away: the gate is told to ask again with the same request id.
        if (error instanceof AisleError) return refuse(error.toWire(), error.cause);
        throw error;
      }
    },
  };
}

function answer(result: AdmissionResult, codes: TicketCodes): CommandResult<ScanAnswer> {
  switch (result.kind) {
    case 'admitted': {
      const { ticket, replayed } = result;
      const value = { ticket: present(ticket, codes), admitted: true, eventId: ticket.eventId };
      return { ok: true, epoch: 0, seq: 0, replayed, value };
    }
    case 'refused':
      return refuse(result.ticket.status === 'cancelled' ? cancelled(result.ticket) : scannedBefore(result.ticket));
    case 'not_found':
      return refuse(notFound('The code is signed by us, but there is no such ticket.'));
    case 'mismatch':
      return refuse(wireError('IDEMPOTENCY_MISMATCH'));
  }
}

const refuse = (error: WireError, cause?: unknown): CommandResult<ScanAnswer> => ({
  ok: false,
  replayed: false,
  error,
  ...(cause === undefined ? {} : { cause }),
});
const notFound = (message: string): WireError => wireError('TICKET_NOT_FOUND', { message, remediation: DO_NOT_ADMIT });
const otherEvent = (eventId: string): WireError =>
  invalidRequest([{ path: 'eventId', message: `the ticket is for another event: ${eventId}` }]).toWire();

function scannedBefore({ id, scannedAt, scannedGate }: GateTicket): WireError {
  const details = {
    ticketId: id,
    scannedAt: scannedAt?.toISOString(),
    ...(scannedGate === null ? {} : { gate: scannedGate }),
  };
  return wireError('ALREADY_SCANNED', { details });
}

function cancelled({ id, orderId, status }: GateTicket): WireError {
  return wireError('ORDER_STATE_CONFLICT', {
    message: 'This ticket was cancelled.',
    remediation: DO_NOT_ADMIT,
    details: { ticketId: id, orderId, status },
  });
}

const present = (ticket: GateTicket, codes: TicketCodes): Ticket => ({
  id: ticket.id,
  code: codes.codeOf(ticket),
  status: ticket.status,
  ...(ticket.placeKind === 'seat' ? { seat: ticket.placeId } : { area: ticket.placeId }),
  category: ticket.category,
  ...(ticket.ticketType === null ? {} : { ticketType: ticket.ticketType }),
  ...(ticket.scannedAt === null ? {} : { scannedAt: ticket.scannedAt.toISOString() }),
});
