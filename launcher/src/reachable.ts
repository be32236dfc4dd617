import { connect } from 'node:net';
import { LaunchError } from './launch-error.js';

const TIMEOUT_MS = 4000;

/** Whether anything listens where a store of your own is said to be: better said at once than after a minute's wait. */
export async function checkReachable(variable: string, url: string, defaultPort: number): Promise<void> {
  const target = targetOf(url, defaultPort);
  if (target === null) return;
  const problem = await tryConnect(target);
  if (problem === null) return;
  const place = 'path' in target ? target.path : `${target.host}:${target.port}`;
  throw new LaunchError(
    `${variable} names ${place}, which does not answer: ${problem}`,
    `Start it or mend ${variable}; or unset it, and Aisle runs one of its own.`,
  );
}

type Target = { readonly path: string } | { readonly host: string; readonly port: number };

/** null: several hosts, or something only its driver understands; that driver will say. */
function targetOf(url: string, defaultPort: number): Target | null {
  if (url.startsWith('unix://')) return { path: url.slice('unix://'.length) };
  try {
    const { hostname, port } = new URL(url);
    if (hostname === '' || hostname.includes('%')) return null;
    return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? defaultPort : Number(port) };
  } catch {
    return null;
  }
}

function tryConnect(target: Target): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect({ ...target, timeout: TIMEOUT_MS });
    const answer = (problem: string | null): void => {
      socket.destroy();
      resolve(problem);
    };
    socket.once('connect', () => answer(null));
    socket.once('timeout', () => answer(`no answer within ${TIMEOUT_MS / 1000} s`));
    socket.once('error', (error) => answer(error.message));
  });
}
