import { spawn } from 'node:child_process';

/**
 * Runs a program and answers its exit code; a signal counts as 1, a program that cannot be started as 127.
 * Output goes to this terminal unless `quiet`; then it is kept and answered.
 *
 * @returns {Promise<{code: number, output: string}>}
 */
export function run(command, args, { quiet = false, cwd, env } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: env === undefined ? process.env : { ...process.env, ...env },
      stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
    });
    let output = '';
    const keep = (chunk) => (output += chunk);
    child.stdout?.setEncoding('utf8').on('data', keep);
    child.stderr?.setEncoding('utf8').on('data', keep);
    child.once('error', (error) => resolve({ code: 127, output: error.message }));
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}
