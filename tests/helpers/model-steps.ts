import fc from 'fast-check';

/** The hall that random histories are played in. */
export const SEAT_CATEGORY = [0, 0, 0, 0, 1, 1, 1, 1, 1, 1];
export const AREAS = [
  { catNo: 1, capacity: 6 },
  { catNo: 2, capacity: 4 },
];
export const CATEGORIES = ['A', 'B', 'GA'];
export const HOLD_MS = 100_000;
export const MAX_HOLD_MS = 250_000;
export const STEP_MS = 30_000;
export const SUBJECTS = ['ann', 'bob', 'cid'];

const seatNo = fc.nat({ max: SEAT_CATEGORY.length - 1 });
const seatSet = fc.uniqueArray(seatNo, { maxLength: 4 });
const areaPicks = fc.uniqueArray(
  fc.record({
    areaNo: fc.nat({ max: 1 }),
    quantity: fc.integer({ min: 1, max: 4 }),
    ticketType: fc.constantFrom('', 'half, price:1'),
  }),
  {
    maxLength: 2,
    selector: (pick) => `${pick.areaNo}${pick.ticketType}`,
  },
);
const who = { subject: fc.constantFrom(...SUBJECTS), staff: fc.boolean() };
/** Which of the tokens made so far; those of others too. */
const which = fc.nat({ max: 7 });
/** Some requests are sent again under an id used before, with the same or with other content. */
const id = fc.option(fc.nat({ max: 5 }), { nil: null, freq: 4 });

/** Of which order a step is; often not the one that has the hold. */
const order = fc.nat({ max: 2 });

/** What buyers and staff do, and time. */
const buyerStep = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('hold' as const),
      ...who,
      id,
      seats: seatSet,
      // Of all the seats named; '': none.
      seatType: fc.constantFrom('', '', 'child', 'half, price:1'),
      areas: areaPicks,
      token: fc.option(which, { nil: null, freq: 2 }),
      fromBlock: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('hold-best' as const),
      ...who,
      id,
      groups: fc.array(fc.uniqueArray(seatNo, { minLength: 2, maxLength: 2 }), { maxLength: 3 }),
      fresh: fc.boolean(),
      exhaustive: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('extend' as const), ...who, id, token: which }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('release' as const),
      ...who,
      id,
      token: which,
      seats: seatSet,
      areas: fc.constantFrom<{ areaNo: number; quantity: number }[]>(
        [],
        [{ areaNo: 0, quantity: 1 }],
        [{ areaNo: 1, quantity: 2 }],
      ),
      all: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('block' as const, 'unblock' as const),
      ...who,
      id,
      seats: seatSet,
      areas: areaPicks,
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('expire' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait' as const), steps: fc.integer({ min: 1, max: 5 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('status' as const),
      status: fc.constantFrom('on_sale' as const, 'on_sale' as const, 'paused' as const, 'closed' as const),
    }),
  },
);
/** What orders do. */
const orderStep = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('reserve' as const), ...who, id, token: which, order }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('unreserve' as const), token: which, order, own: fc.boolean() }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('settle' as const),
      effect: fc.constantFrom(
        'sold' as const,
        'sold' as const,
        'released' as const,
        'returned' as const,
        'exchanged' as const,
      ),
      // Few, so that effects come again, soon or late.
      id: fc.nat({ max: 9 }),
      epoch: fc.constantFrom(1, 1, 1, 1, 0, 2),
      token: fc.option(which, { nil: null, freq: 6 }),
      order,
      // As it is made in earnest: for an order that has a hold, over what is in it.
      own: fc.boolean(),
      seats: seatSet,
      areas: areaPicks,
      giveSeats: seatSet,
      giveAreas: areaPicks,
      to: fc.constantFrom('a' as const, 'b' as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('transfer' as const),
      from: fc.constantFrom(...SUBJECTS),
      to: fc.constantFrom(...SUBJECTS),
      maxPlaces: fc.constantFrom(0, 0, 3, 20),
    }),
  },
);
const step = fc.oneof({ weight: 6, arbitrary: buyerStep }, { weight: 5, arbitrary: orderStep });
const LENGTH = { minLength: 5, maxLength: 30, size: 'max' } as const;

/** One step of a history. */
export type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
/** Some without orders, so that rare meetings of holds among themselves stay likely. */
export const history: fc.Arbitrary<Step[]> = fc.oneof(fc.array(buyerStep, LENGTH), fc.array(step, LENGTH));
