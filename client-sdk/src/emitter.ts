type Listener<T> = (value: T) => void;

/** A typed emitter. A listener that throws harms neither the others nor the client: its error is thrown on its own turn. */
export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<Listener<never>>>();

  /** Returns the function that takes the listener off again. */
  on<N extends keyof Events>(name: N, listener: Listener<Events[N]>): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    // A wrapper of its own, so that one function registered twice is two registrations.
    const entry: Listener<Events[N]> = (value) => listener(value);
    listeners.add(entry);
    return () => void listeners.delete(entry);
  }

  emit<N extends keyof Events>(name: N, value: Events[N]): void {
    const listeners = this.#listeners.get(name);
    if (listeners === undefined) return;
    for (const listener of [...listeners] as Listener<Events[N]>[]) {
      // Taken off by a listener called before it in this same round.
      if (!listeners.has(listener)) continue;
      try {
        listener(value);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  clear(): void {
    this.#listeners.clear();
  }
}
