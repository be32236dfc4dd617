import type { EventStatus, SeatEvent } from '@aisle/client/protocol';
import type { CompiledChart } from './chart/model.js';

/** What every node keeps of an event in memory: the row, its chart ready for use, the epoch Postgres gave it. */
export interface LiveEvent {
  readonly event: SeatEvent;
  readonly chart: CompiledChart;
  /** Known from Postgres alone (SPEC S3). 0: never loaded into Redis (a draft). */
  readonly epoch: number;
}

export type LifecycleStep = 'publish' | 'open' | 'pause' | 'close' | 'cancel';

/** draft → published → on_sale ⇄ paused → closed; cancelled from any. */
const STEPS: Readonly<Record<LifecycleStep, { readonly from: readonly EventStatus[]; readonly to: EventStatus }>> = {
  publish: { from: ['draft'], to: 'published' },
  open: { from: ['published', 'paused'], to: 'on_sale' },
  pause: { from: ['on_sale'], to: 'paused' },
  close: { from: ['on_sale', 'paused'], to: 'closed' },
  cancel: { from: ['draft', 'published', 'on_sale', 'paused', 'closed'], to: 'cancelled' },
};

/** `same`: already there, answer 200; `conflict`: illegal, answer 409; else the status it moves to. */
export function lifecycle(
  status: EventStatus,
  step: LifecycleStep,
): { kind: 'move'; to: EventStatus } | { kind: 'same' } | { kind: 'conflict' } {
  const { from, to } = STEPS[step];
  if (status === to) return { kind: 'same' };
  return from.includes(status) ? { kind: 'move', to } : { kind: 'conflict' };
}

/** What may come next, for whoever asked for something else. */
export const stepsFrom = (status: EventStatus): LifecycleStep[] =>
  (Object.keys(STEPS) as LifecycleStep[]).filter((step) => STEPS[step].from.includes(status));
