/** To one subject: something a person should read; or, with the code below, something for the client alone. */
export interface Notice {
  code: string;
  message: string;
}

/**
 * The code by which a server that is about to stop asks a client to connect anew: another one will answer. Answers that are
 * awaited still come; a client that stays is cut a little later (SPEC N3).
 */
export const RECONNECT = 'RECONNECT';
