/** A job whose last run failed and that has not succeeded since. */
export interface JobFailure {
  /** What failed, not which run of it: `drain-<event>`, `settle-orders`. */
  readonly id: string;
  readonly job: string;
  readonly atMs: number;
  readonly reason: string;
  /** Runs that failed one after another. */
  readonly attempts: number;
}

/** What failed lately, by queue. Kept beside the queues, which let go of every job that is over so that its name is free at once. */
export interface JobFailures {
  failed(queue: string, failure: { readonly id: string; readonly job: string; readonly reason: string }): Promise<void>;
  succeeded(queue: string, id: string): Promise<void>;
  /** The latest first. Throws AisleError UNAVAILABLE. */
  list(queue: string): Promise<readonly JobFailure[]>;
}

/** A queue of the workers as it is now. */
export interface QueueState {
  readonly name: string;
  readonly waiting: number;
  readonly active: number;
  readonly delayed: number;
  /** Jobs among `failures`. */
  readonly failed: number;
  /** Since this Redis began. */
  readonly completed: number;
  readonly paused: boolean;
  /** null: none waits. */
  readonly oldestWaitingMs: number | null;
  readonly failures: readonly JobFailure[];
}

/** The queues behind the scenes, for the operator. Each throws AisleError UNAVAILABLE where Redis does not answer. */
export interface QueueBoard {
  states(): Promise<readonly QueueState[]>;
  /** Enqueues what failed once more, `limit` jobs at the most, and answers how many; null: there is no such queue. */
  retry(name: string, limit: number): Promise<number | null>;
  readonly names: readonly string[];
  close(): Promise<void>;
}
