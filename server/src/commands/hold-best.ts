import { AisleError, type Hold, type HoldBestCommand } from '@aisle/client/protocol';
import type { Actor } from '../domain/actor.js';
import { rankGroups } from '../domain/best-available.js';
import { holdLimits, placesPerCall } from '../domain/hold-policy.js';
import type { LiveEvent } from '../domain/event.js';
import type { CommandResult } from '../domain/ports/commands.js';
import type { HoldBestInput, Outcome, SeatPick, StoredHold } from '../domain/ports/seat-store.js';
import { answer } from './answer.js';
import { commandInput, newHoldToken, type Call, type CommandDeps } from './context.js';
import { presentHold } from './present.js';
import { refuseSwitched } from './switched.js';

/** SPEC H7: rank, try, and on a stale map rank again, this many times. */
const REFRESHES = 3;

type HoldBest = (actor: Actor, payload: HoldBestCommand) => Promise<CommandResult<{ hold: Hold }>>;

/**
 * hold-best: adjacent seats nearest the focal point. Buyers who ask at the same moment on this node are given different
 * first candidates: the seats another call is about to try are left out of the ranking while it is under way.
 */
export function createHoldBest(deps: CommandDeps): HoldBest {
  const underWay = new Map<string, Map<number, number>>();
  return (actor, payload) =>
    answer(
      deps,
      actor,
      'hold-best',
      payload,
      (call) => attempt(deps, call, payload, inFlight(underWay, payload.eventId)),
      (live, stored) => ({ hold: presentHold(live, stored) }),
    );
}

/** Seats some call on this node is trying now, counted. */
interface InFlight {
  has(seatNo: number): boolean;
  readonly size: number;
  add(seats: readonly number[]): () => void;
}

function inFlight(all: Map<string, Map<number, number>>, eventId: string): InFlight {
  const counts = all.get(eventId) ?? new Map<number, number>();
  all.set(eventId, counts);
  const step = (seatNo: number, by: number): void => {
    const next = (counts.get(seatNo) ?? 0) + by;
    if (next > 0) counts.set(seatNo, next);
    else counts.delete(seatNo);
  };
  return {
    has: (seatNo) => counts.has(seatNo),
    get size() {
      return counts.size;
    },
    add: (seats) => {
      for (const seatNo of seats) step(seatNo, 1);
      return () => {
        for (const seatNo of seats) step(seatNo, -1);
        if (counts.size === 0 && all.get(eventId) === counts) all.delete(eventId);
      };
    },
  };
}

const stale = (outcome: Outcome<StoredHold>): boolean =>
  !outcome.ok && outcome.refusal.code === 'UNAVAILABLE' && outcome.refusal.reason === 'stale';

async function attempt(
  deps: CommandDeps,
  call: Call,
  payload: HoldBestCommand,
  others: InFlight,
): Promise<Outcome<StoredHold>> {
  await refuseSwitched(deps, call, 'hold-best');
  const request = wanted(call.live, payload, call.actor);
  const base = {
    newToken: newHoldToken(payload.eventId),
    quantity: payload.quantity,
    limits: holdLimits(call.actor, call.subject === call.self, false),
    categoryKeys: call.live.chart.categoryKeys,
    ...commandInput(call),
  };
  let outcome: Outcome<StoredHold>;
  let refreshes = 0;
  do {
    const map = await deps.feed.letters(payload.eventId, refreshes > 0);
    // A map of another epoch proves nothing: its seq counts from elsewhere.
    const rankedAtSeq = map.epoch === call.live.epoch ? map.seq : -1;
    const ranked = rank(deps, call.live, map.letters, request, others);
    const done = others.add(ranked.groups[0] ?? []);
    try {
      outcome = await deps.store.holdBest({ ...base, ...candidates(call.live, ranked), rankedAtSeq });
    } finally {
      done();
    }
    refreshes++;
  } while (stale(outcome) && refreshes <= REFRESHES);
  return outcome;
}

type Request = Parameters<typeof rankGroups>[2];
type Ranked = ReturnType<typeof rankGroups>;

/** Throws AisleError UNKNOWN_CATEGORY naming what the chart does not have. */
function wanted(live: LiveEvent, payload: HoldBestCommand, actor: Actor): Request {
  const limit = placesPerCall(actor);
  if (payload.quantity > limit) {
    throw AisleError.of('LIMIT_EXCEEDED', {
      message: `One call may ask for ${limit} places.`,
      details: { limit, asked: payload.quantity },
    });
  }
  const categories = payload.categories?.map((key) => [key, live.chart.catNo(key)] as const);
  const unknown = [
    ...(categories ?? []).flatMap(([key, catNo]) => (catNo === undefined ? [key] : [])),
    ...(payload.sections ?? []).filter((key) => !live.chart.hasSection(key)),
  ];
  if (unknown.length > 0) throw AisleError.of('UNKNOWN_CATEGORY', { details: { unknown } });
  return {
    quantity: payload.quantity,
    adjacent: payload.adjacent ?? 'preferred',
    accessible: payload.accessible ?? false,
    ...(categories === undefined
      ? {}
      : { categories: categories.flatMap(([, catNo]) => (catNo === undefined ? [] : [catNo])) }),
    ...(payload.sections === undefined ? {} : { sections: payload.sections }),
  };
}

/**
 * Others' first choices left out where what remains is as good; where it is worse (a group that leaves a seat alone) or
 * nothing, everybody's chances are equal.
 */
function rank(deps: CommandDeps, live: LiveEvent, letters: Uint8Array, request: Request, others: InFlight): Ranked {
  const all = rankGroups(live.chart, letters, request, deps.random);
  if (others.size === 0 || all.tier === Infinity) return all;
  const excluded = (seatNo: number): boolean => others.has(seatNo);
  const apart = rankGroups(live.chart, letters, { ...request, adjacent: 'required', excluded }, deps.random);
  return apart.tier === all.tier ? { ...apart, exhaustive: false } : all;
}

function candidates(live: LiveEvent, ranked: Ranked): Pick<HoldBestInput, 'groups' | 'exhaustive'> {
  const pick = (seatNo: number): SeatPick => ({ seatNo, catNo: live.chart.seatCategory[seatNo] ?? 0 });
  return { groups: ranked.groups.map((group) => group.map(pick)), exhaustive: ranked.exhaustive };
}
