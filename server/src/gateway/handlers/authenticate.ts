import { refuse, type Handler } from './handler.js';
import { wireError } from '@aisle/client/protocol';

/** Renews the token, or turns a guest into a customer. The guest's holds stay with the guest's subject for now. */
export const authenticate: Handler<'authenticate'> = async ({ sessions }, { token }) => {
  const actor = await sessions.authenticate(token);
  return actor.subject === null ? refuse(wireError('UNAUTHENTICATED')) : { kind: 'renew', actor };
};
