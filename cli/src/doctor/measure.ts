import { fault, warning, well, type Finding } from './finding.js';

const SAMPLES = 20;
/** A far store answers slowly: fewer samples then, never a long wait. */
const BUDGET_MS = 1500;
const SKEW_WARN_MS = 1000;
/** Past this a hold could outlive its deadline by more than SPEC allows. */
const SKEW_FAULT_MS = 5000;

export interface Latency {
  readonly medianMs: number;
  readonly samples: number;
}
export interface Clock {
  /** How far the other clock is ahead of this machine's. */
  readonly aheadMs: number;
  /** Half of the round trip: what cannot be known. */
  readonly uncertainMs: number;
}

/** Median round trip of up to 20. Rejects where one fails. */
export async function measureLatency(ping: () => Promise<unknown>): Promise<Latency> {
  const took: number[] = [];
  const startedAt = performance.now();
  while (took.length < SAMPLES && (took.length === 0 || performance.now() - startedAt < BUDGET_MS)) {
    const sentAt = performance.now();
    await ping();
    took.push(performance.now() - sentAt);
  }
  took.sort((a, b) => a - b);
  return { medianMs: took[Math.floor(took.length / 2)] ?? 0, samples: took.length };
}

/** Of three looks the one with the shortest round trip. */
export async function measureClock(read: () => Promise<number>): Promise<Clock> {
  let best: Clock = { aheadMs: 0, uncertainMs: Number.POSITIVE_INFINITY };
  for (let look = 0; look < 3; look++) {
    const sentAt = performance.now();
    const wallMs = Date.now();
    const theirs = await read();
    const halfMs = (performance.now() - sentAt) / 2;
    if (halfMs < best.uncertainMs) best = { aheadMs: theirs - (wallMs + halfMs), uncertainMs: halfMs };
  }
  return best;
}

export function latencyFinding(
  check: string,
  { medianMs, samples }: Latency,
  limits: { warnMs: number; faultMs: number },
): Finding {
  const text = `round trip ${medianMs.toFixed(1)} ms (median of ${samples})`;
  const remedy = 'Put it nearer to the servers, or see what keeps it busy: every hold waits for this.';
  if (medianMs >= limits.faultMs) return fault(check, text, remedy);
  return medianMs >= limits.warnMs ? warning(check, text, remedy) : well(check, text);
}

export function clockFinding(clocks: readonly (readonly [name: string, clock: Clock])[]): Finding {
  const said = clocks.map(
    ([name, { aheadMs, uncertainMs }]) =>
      `${name} ${aheadMs >= 0 ? '+' : '−'}${Math.abs(Math.round(aheadMs))} ms (±${Math.ceil(uncertainMs)})`,
  );
  const text = `against this machine: ${said.join(', ')}`;
  // All pairs, this machine among them.
  const all: Clock[] = [{ aheadMs: 0, uncertainMs: 0 }, ...clocks.map(([, clock]) => clock)];
  const worst = Math.max(
    ...all.flatMap((a) => all.map((b) => Math.abs(a.aheadMs - b.aheadMs) - a.uncertainMs - b.uncertainMs)),
  );
  const remedy =
    'Run a time service (chrony, systemd-timesyncd) on all machines: deadlines of holds go by Redis, of orders by Postgres.';
  if (worst >= SKEW_FAULT_MS) return fault('clocks', text, remedy);
  return worst >= SKEW_WARN_MS ? warning('clocks', text, remedy) : well('clocks', text);
}
