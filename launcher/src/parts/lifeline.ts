/**
 * Loaded before a server or worker by `node --import`: when the launcher is gone, even by kill -9, the channel to it
 * closes, and the process ends as if it had been asked to.
 */
const FORCE_AFTER_MS = 8000;

process.on('disconnect', () => {
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.exit(1), FORCE_AFTER_MS).unref();
});
// The channel alone must not keep the process alive.
process.channel?.unref();
// Nobody reads our output any more once the launcher is gone; that is no reason to fall over while finishing.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
