import { z } from 'zod';
import { counterSchema, timestampSchema } from '../ids.js';

/** GET /v1/queues: what the workers have to do. */
export const queueSchema = z.object({
  name: z.string(),
  waiting: counterSchema,
  active: counterSchema,
  delayed: counterSchema,
  /** Jobs whose last run failed and that have not succeeded since. */
  failed: counterSchema,
  completed: counterSchema,
  paused: z.boolean(),
  oldestWaitingMs: z.int().min(0).nullable(),
  /** The latest first, 20 at most. */
  lastFailures: z.array(
    z.object({
      id: z.string(),
      job: z.string(),
      at: timestampSchema,
      reason: z.string(),
      /** Runs that failed one after another. */
      attempts: counterSchema,
    }),
  ),
});
export const queueListSchema = z.object({ items: z.array(queueSchema) });
/** POST /v1/queues/{name}/retry */
export const retryJobsSchema = z.strictObject({ limit: z.int().min(1).max(1000).default(100) });
export const retriedJobsSchema = z.object({ retried: counterSchema });

export type QueueView = z.infer<typeof queueSchema>;
