/**
 * The closed catalogue of error codes: each says its HTTP status, whether the same call may be sent again, and what to
 * do. docs/ERRORS.md is generated from the same rows and a test proves them equal (SPEC E1).
 */

export interface ErrorDefinition {
  /** HTTP status the REST surface answers with. */
  readonly status: number;
  /** True when sending the very same call again can succeed without anything else changing at the caller. */
  readonly retryable: boolean;
  /** What happened, when the place that refuses has nothing more exact to say. */
  readonly message: string;
  /** What the caller can do about it. */
  readonly remediation: string;
}

const define = (status: number, retryable: boolean, message: string, remediation: string): ErrorDefinition => ({
  status,
  retryable,
  message,
  remediation,
});

export const ERRORS = {
  UNAUTHENTICATED: define(
    401,
    false,
    'No valid token was presented.',
    'Get a token (POST /v1/sessions gives guests theirs) and connect or call again with it.',
  ),
  FORBIDDEN: define(403, false, 'This token may not do that.', 'Use a token whose role allows this call.'),
  RATE_LIMITED: define(429, true, 'Too many calls in a short time.', 'Wait retryAfterMs, then send the call again.'),
  INVALID_REQUEST: define(400, false, 'The request is not well formed.', 'Mend the fields named in details.faults.'),
  CHART_INVALID: define(
    400,
    false,
    'The chart has faults.',
    'Mend the faults listed in details.faults and send it again.',
  ),
  PAYLOAD_TOO_LARGE: define(
    413,
    false,
    'The request is larger than this call accepts.',
    'Send less than details.maxBytes at once.',
  ),
  UNSUPPORTED_MEDIA_TYPE: define(
    415,
    false,
    'The body is of a kind this call does not read.',
    'Send application/json.',
  ),
  PROTOCOL_UNSUPPORTED: define(
    400,
    false,
    'This server does not speak that protocol version.',
    'Use a client that speaks a version listed in details.supported.',
  ),
  EVENT_NOT_FOUND: define(
    404,
    false,
    'There is no such event.',
    'Check the event id; a draft is visible to admins alone.',
  ),
  EVENT_NOT_ON_SALE: define(
    409,
    false,
    'The event is not on sale.',
    'Watch its status; holds are possible while it is on_sale.',
  ),
  EVENT_STATE_CONFLICT: define(
    409,
    false,
    "The event's status does not allow this step.",
    'Read the event; details.status is where it stands.',
  ),
  ADMISSION_REQUIRED: define(
    403,
    false,
    'This event admits buyers through a queue.',
    'Join the queue, then call again with the admission it gives.',
  ),
  UNKNOWN_SEAT: define(
    404,
    false,
    'The chart has no seat or area of that id.',
    'Use ids from the chart of this event.',
  ),
  UNKNOWN_CATEGORY: define(
    404,
    false,
    'The chart has no category or section of that key.',
    'Use keys from the chart of this event.',
  ),
  SEAT_UNAVAILABLE: define(
    409,
    false,
    'At least one of the seats is not free.',
    'Choose other seats; details.seats names those that are taken.',
  ),
  AREA_FULL: define(
    409,
    false,
    'The area has fewer places left than asked for.',
    'Ask for at most details.available places.',
  ),
  NOT_ENOUGH_SEATS: define(
    409,
    false,
    'There are not that many seats together as asked.',
    'Ask for fewer, or widen categories, sections or adjacency.',
  ),
  LIMIT_EXCEEDED: define(
    422,
    false,
    'That is more places than one buyer may hold.',
    'Hold at most details.limit places; release some first.',
  ),
  HOLD_NOT_FOUND: define(404, false, 'There is no such hold of yours.', 'Read your holds and start a new one.'),
  HOLD_EXPIRED: define(410, false, 'The hold has expired; its seats are on sale again.', 'Hold the seats anew.'),
  HOLD_RESERVED: define(
    409,
    false,
    'The hold belongs to an open order.',
    'Pay or cancel the order named in details.orderId.',
  ),
  ORDER_NOT_FOUND: define(404, false, 'There is no such order of yours.', 'Check the order id.'),
  ORDER_EXPIRED: define(
    410,
    false,
    "The order's time to pay is over.",
    'Start a new order; where details.refundRequired is true, return the money you took.',
  ),
  ORDER_STATE_CONFLICT: define(
    409,
    false,
    "The order's status does not allow this step.",
    'Read the order; where details.refundRequired is true, return the money you took.',
  ),
  PRICE_CHANGED: define(
    409,
    false,
    'The price changed since it was shown.',
    'Show the new price in details and ask again.',
  ),
  AMOUNT_MISMATCH: define(
    422,
    false,
    'Amount or currency differ from the order.',
    'Pay exactly details.amountMinor in details.currency.',
  ),
  PAYMENT_DECLINED: define(
    402,
    false,
    'The payment was declined.',
    'Try another means of payment; the order is still open.',
  ),
  TICKET_NOT_FOUND: define(404, false, 'There is no such ticket.', 'Check the code.'),
  ALREADY_SCANNED: define(409, false, 'This ticket was scanned before.', 'Do not admit; details.scannedAt says when.'),
  WAITLIST_NOT_FOUND: define(404, false, 'There is no such waitlist entry of yours.', 'Check the entry id.'),
  OFFER_EXPIRED: define(410, false, 'The offer has expired.', 'Stay on the waitlist for the next one.'),
  VERSION_CONFLICT: define(
    409,
    false,
    'Somebody else changed it since you read it.',
    'Read it again, apply your change to version details.version.',
  ),
  IDEMPOTENCY_MISMATCH: define(
    409,
    false,
    'That request id was used before with other content.',
    'Use a new request id for a new request.',
  ),
  UNAVAILABLE: define(
    503,
    true,
    'The service cannot decide this right now.',
    'Wait retryAfterMs, then send the same call with the same request id.',
  ),
  INTERNAL: define(
    500,
    true,
    'Something failed on the server.',
    'Send the same call with the same request id; report the request id if it persists.',
  ),
} as const satisfies Record<string, ErrorDefinition>;

export type ErrorCode = keyof typeof ERRORS;

/** One fault in a request or chart: where (`seats.3.x`), and what is wrong there. */
export interface Fault {
  readonly path: string;
  readonly message: string;
  /** Present on chart faults: a stable name of the kind of fault, e.g. `DUPLICATE_ID`. */
  readonly code?: string;
}

/** The error object of acks, HTTP bodies ({error}) and connect_error.data. `code` may be one this build doesn't know. */
export interface WireError {
  readonly code: ErrorCode | (string & {});
  readonly message: string;
  readonly remediation?: string;
  readonly retryable: boolean;
  readonly retryAfterMs?: number;
  readonly details?: Readonly<Record<string, unknown>>;
}

export interface ErrorExtras {
  message?: string;
  remediation?: string;
  retryAfterMs?: number;
  details?: Readonly<Record<string, unknown>>;
}

/** Builds the wire form of a catalogue error; `extras` sharpen it. */
export function wireError(code: ErrorCode, extras: ErrorExtras = {}): WireError {
  const definition = ERRORS[code];
  return {
    code,
    message: extras.message ?? definition.message,
    remediation: extras.remediation ?? definition.remediation,
    retryable: definition.retryable,
    ...(extras.retryAfterMs === undefined ? {} : { retryAfterMs: extras.retryAfterMs }),
    ...(extras.details === undefined ? {} : { details: extras.details }),
  };
}

/** A catalogue error as an exception, for the edges where a value cannot be returned. */
export class AisleError extends Error {
  readonly code: ErrorCode | (string & {});
  readonly remediation: string | undefined;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(error: WireError, options?: { cause?: unknown }) {
    super(error.message, options);
    this.name = 'AisleError';
    this.code = error.code;
    this.remediation = error.remediation;
    this.retryable = error.retryable;
    this.retryAfterMs = error.retryAfterMs;
    this.details = error.details;
  }

  static of(code: ErrorCode, extras: ErrorExtras = {}, options?: { cause?: unknown }): AisleError {
    return new AisleError(wireError(code, extras), options);
  }

  toWire(): WireError {
    return {
      code: this.code,
      message: this.message,
      ...(this.remediation === undefined ? {} : { remediation: this.remediation }),
      retryable: this.retryable,
      ...(this.retryAfterMs === undefined ? {} : { retryAfterMs: this.retryAfterMs }),
      ...(this.details === undefined ? {} : { details: this.details }),
    };
  }
}
