/** Wall-clock ms; injected so that tests can turn it. */
export type Clock = () => number;
export const systemClock: Clock = () => Date.now();
/**
 * Ms from some moment before: for how long ago something was. A wall clock that is set back would make minutes of what is meant
 * to be remembered, or waited for, for a second.
 */
export const monotonicClock: Clock = () => performance.now();
