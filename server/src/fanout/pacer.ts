/**
 * Runs a job at once when it was quiet, then at most once a period while more is asked for. Counts in timers alone, so
 * that a jump of the wall clock changes nothing.
 */
export class Pacer {
  #timer: NodeJS.Timeout | null = null;
  #asked = false;

  constructor(
    private readonly periodMs: number,
    private readonly job: () => void,
  ) {}

  /** True: the job is due at the end of the running period. */
  get pending(): boolean {
    return this.#asked;
  }

  request(): void {
    if (this.#timer === null) this.#run();
    else this.#asked = true;
  }

  /** Runs the job now; the period starts afresh. */
  now(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#run();
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#asked = false;
  }

  #run(): void {
    this.#asked = false;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (this.#asked) this.#run();
    }, this.periodMs);
    this.job();
  }
}
