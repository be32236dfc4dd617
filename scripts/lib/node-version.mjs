import { fail } from './console.mjs';

/** Lowest Node that Aisle is tested on: Vite and Vitest ask for it, and require(esm) works from here on. */
export const NODE_FLOOR = [20, 19];

/** Whether a version like "20.19.1" is new enough. */
export function isNodeVersionSupported(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > NODE_FLOOR[0] || (major === NODE_FLOOR[0] && minor >= NODE_FLOOR[1]);
}

/** Ends the script, saying what to do, on a Node that is too old. */
export function checkNodeVersion(version = process.versions.node) {
  if (isNodeVersionSupported(version)) return;
  fail(
    `Aisle needs Node.js ${NODE_FLOOR.join('.')} or newer; this is ${version} (${process.execPath}).`,
    'Install a current one from https://nodejs.org, or with nvm: nvm install 22 && nvm use 22',
  );
}
