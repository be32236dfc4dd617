import { createServer } from 'node:net';
import { LaunchError } from './launch-error.js';

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

/** Binds and lets go again; 0 picks a free port. Rejects with the system's error. */
function tryPort(host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : port));
    });
  });
}

export const freePort = (host = '127.0.0.1'): Promise<number> => tryPort(host, 0);

/**
 * The port to listen on; 0 becomes a free one. Looked at before anything is started: uWebSockets.js shares ports
 * (SO_REUSEPORT), so two servers would each get half of the connections and neither would complain.
 */
export async function claimPort(host: string, port: number): Promise<number> {
  try {
    return await tryPort(host, port);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EADDRINUSE') {
      throw new LaunchError(
        `Port ${port} on ${host} is taken by another program.`,
        `Use another one: AISLE_PORT=${port === 3001 ? 3002 : 3001} npm start`,
      );
    }
    if (code === 'EACCES') {
      throw new LaunchError(
        `Port ${port} may not be used by this account (ports below 1024 often need root).`,
        'Use another one: AISLE_PORT=3001 npm start',
      );
    }
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
      throw new LaunchError(
        `AISLE_HOST=${host} is no address of this machine.`,
        'Use 127.0.0.1 for this machine alone, or 0.0.0.0 for all its addresses.',
      );
    }
    throw error;
  }
}
