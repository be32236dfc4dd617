import { z } from 'zod';
import { fileJournal } from './journal.js';
import { serveSandbox } from './serve.js';

/** The sandbox as a process of its own: `npm start` runs it beside the demo, tests as they need it. */
const settings = z.object({
  SANDBOX_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  SANDBOX_SECRET: z.string().min(16, 'at least 16 characters'),
  SANDBOX_WEBHOOK_URL: z.url().optional(),
  /** Where it keeps its books; unset: in memory. */
  SANDBOX_FILE: z.string().min(1).optional(),
});

async function run(): Promise<void> {
  const { SANDBOX_PORT, SANDBOX_SECRET, SANDBOX_WEBHOOK_URL, SANDBOX_FILE } = settings.parse(process.env);
  const running = await serveSandbox(SANDBOX_PORT, {
    secret: SANDBOX_SECRET,
    webhookUrl: SANDBOX_WEBHOOK_URL ?? null,
    journal: SANDBOX_FILE === undefined ? null : fileJournal(SANDBOX_FILE),
  });
  process.stdout.write(`${JSON.stringify({ level: 30, msg: 'payment sandbox listening', url: running.url })}\n`);
  const stop = (): void => void running.close().then(() => process.exit(0));
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

run().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
