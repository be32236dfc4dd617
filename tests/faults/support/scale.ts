/** `npm run test:faults` sets it: as often as the list of faults asks, not as `npm test` has time for. */
export const FULL = process.env.AISLE_FAULTS_FULL === '1';

/** How often: `short` in `npm test`, `full` under `npm run test:faults`. */
export const times = (short: number, full: number): number => (FULL ? full : short);

/** File that the runner wants the rows' results in; undefined: nobody asked. */
export const recorded = (): string | undefined => process.env.AISLE_FAULTS_REPORT;
