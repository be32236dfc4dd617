import type { Socket } from 'socket.io';
import { VIEWER } from '../auth/sessions.js';
import type { Sessions } from '../domain/ports/sessions.js';
import type { Switches } from '../domain/ports/switches.js';
import { denialOf } from '../domain/switch-refusals.js';
import type { Limits } from '../limits/limits.js';
import type { Engine } from './engines/engine.js';
import { admit, type Admission } from './handshake.js';
import type { OpenConnections } from './open-connections.js';

interface AdmissionDeps {
  readonly sessions: Sessions;
  readonly switches: Switches;
  readonly limits: Limits;
}

/** Parsed, then known, then not denied, then not one too many (SPEC G1). A token that is refused counts as well. */
export async function admitSocket(
  socket: Socket,
  engine: Engine,
  open: OpenConnections,
  { sessions, switches, limits }: AdmissionDeps,
): Promise<Admission> {
  const ip = engine.clientIp(socket.conn);
  const admission = await admit(socket.handshake.auth, sessions);
  const actor = admission.kind === 'admitted' ? admission.actor : VIEWER;
  const error =
    denialOf(switches, actor, ip)?.toWire() ??
    (await limits.handshake(actor, ip)) ??
    limits.connections(actor, open.of(ip));
  return error === null ? admission : { kind: 'refused', error };
}
