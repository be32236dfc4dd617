import { pino, type Logger } from 'pino';

export type { Logger };

/** Structured logs, one JSON object a line, on standard output. Tokens and keys never reach them. */
export function createLogger(level: string, name: string): Logger {
  return pino({
    level,
    base: { name, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: {
      paths: ['token', 'holdToken', '*.token', '*.holdToken', 'authorization', '*.authorization'],
      censor: '[hidden]',
    },
  });
}
