import type { Scan, ScanAnswer } from '@aisle/client/protocol';
import type { Actor } from '../actor.js';
import type { CommandResult } from './commands.js';

/** What a ticket's code names. */
export interface TicketRef {
  /** tkt_… */
  readonly ticketId: string;
  readonly eventId: string;
}

/** Codes are made from ids and a signing key, never stored (SPEC T1). */
export interface TicketCodes {
  /**
   * The code that a ticket's QR carries: always the same for a ticket while the newest key is the same. Throws AisleError
   * UNAVAILABLE while this node has not yet read the keys.
   */
  codeOf(ticket: { readonly id: string; readonly eventId: string }): string;
  /**
   * Whose code it is; null: not one that a live key signed. Asks Postgres for an unknown key, so it may throw AisleError
   * UNAVAILABLE. Says nothing of whether the ticket is still valid.
   */
  read(code: string): Promise<TicketRef | null>;
}

/** A public key as JWKS has it (RFC 8037). */
export interface TicketJwk {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
  readonly kid: string;
  readonly alg: 'EdDSA';
  readonly use: 'sig';
}
/** The keys behind the codes. Both throw AisleError UNAVAILABLE where Postgres is away and nothing is cached. */
export interface TicketKeys {
  /** All that verify, the one that signs first. */
  publicKeys(): Promise<readonly TicketJwk[]>;
}

/** A ticket as the gate needs it. */
export interface GateTicket {
  readonly id: string;
  readonly orderId: string;
  readonly eventId: string;
  readonly placeKind: 'seat' | 'area';
  readonly placeId: string;
  readonly category: string;
  readonly ticketType: string | null;
  readonly status: 'valid' | 'scanned' | 'cancelled';
  readonly scannedAt: Date | null;
  readonly scannedBy: string | null;
  readonly scannedGate: string | null;
  readonly scanRequestId: string | null;
}
export interface Admission {
  readonly ticket: TicketRef;
  /** Subject of the gate's token. */
  readonly by: string;
  readonly gate: string | null;
  readonly requestId: string;
}
export type AdmissionResult =
  /** `replayed`: this very request admitted it before. */
  | { readonly kind: 'admitted'; readonly ticket: GateTicket; readonly replayed: boolean }
  /** Scanned before, or cancelled. */
  | { readonly kind: 'refused'; readonly ticket: GateTicket }
  | { readonly kind: 'not_found' }
  /** The request id admitted another ticket, or this one at another gate. */
  | { readonly kind: 'mismatch' };

/** Scans in Postgres: one conditional update, so that of two gates at once one admits (SPEC T3). */
export interface TicketGate {
  /** Throws AisleError UNAVAILABLE; then it may or may not have admitted: ask again with the same request id. */
  admit(admission: Admission): Promise<AdmissionResult>;
}

/** What http calls for tickets; expected refusals are values. */
export interface TicketCommands {
  scan(actor: Actor, payload: Scan & { readonly requestId: string }): Promise<CommandResult<ScanAnswer>>;
}
