/** Callers share reads, one under way at a time; nobody is given a read that began before he asked. */
export class SharedRead<T> {
  #running: Promise<T> | null = null;
  #next: Promise<T> | null = null;

  constructor(private readonly readNow: () => Promise<T>) {}

  read(): Promise<T> {
    if (this.#running === null && this.#next === null) return this.#begin();
    this.#next ??= Promise.resolve(this.#running)
      .then(noop, noop)
      .then(() => {
        this.#next = null;
        return this.#begin();
      });
    return this.#next;
  }

  #begin(): Promise<T> {
    const running = this.readNow().finally(() => {
      if (this.#running === running) this.#running = null;
    });
    this.#running = running;
    return running;
  }
}

const noop = (): void => undefined;
