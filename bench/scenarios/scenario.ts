export interface ScenarioOptions {
  readonly rounds: number;
  /** Where a .cpuprofile of the server goes; undefined: none is taken. */
  readonly profileDir: string | undefined;
  /** Progress, a line at a time. */
  say(line: string): void;
}

export interface Goal {
  readonly what: string;
  readonly goal: string;
  readonly seen: string;
  readonly met: boolean;
}

export interface ScenarioReport {
  readonly title: string;
  /** Markdown. */
  readonly tables: readonly string[];
  readonly goals: readonly Goal[];
  /** Every figure of every round, for --json. */
  readonly raw: unknown;
}

export interface Scenario {
  readonly name: string;
  readonly about: string;
  run(options: ScenarioOptions): Promise<ScenarioReport>;
}
