/** Steps side by side: of the worker's ten connections to Postgres, so that the other work has its own. */
const LANES = 4;

/** Each item once, a few at a time, in their order. Begins none after `stopping`. `step` must not throw. */
export async function inLanes<T>(
  items: readonly T[],
  stopping: () => boolean,
  step: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = items.values();
  const lane = async (): Promise<void> => {
    // One iterator for all: what one lane takes no other has.
    for (const item of waiting) {
      if (stopping()) return;
      await step(item);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}
