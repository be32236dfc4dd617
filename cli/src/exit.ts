/** Exit statuses of `aisle`, as `aisle --help` tells them. */
export const EXIT = {
  ok: 0,
  /** The command ran and found what must not be, or things are not such that it may run. */
  found: 1,
  usage: 2,
  /** A part that is needed does not answer. */
  away: 3,
  /** Ctrl-C, as shells count it: 128 + SIGINT. */
  interrupted: 130,
} as const;

/** A mistake of whoever typed the command: told in a line, no stack trace. Ends with EXIT.usage. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The command is well typed, but must not or cannot be done as things are; the message says what to do. Ends with EXIT.found. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}
