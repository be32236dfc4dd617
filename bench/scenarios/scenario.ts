export interface ScenarioOptions {
  readonly rounds: number;
  /** A first look: less of everything, figures that are not to be quoted. */
  readonly quick: boolean;
  /** How long a scenario that goes by time lasts. */
  readonly minutes: number;
  /** Calls a second it is to make; undefined: it finds out what the machine carries. */
  readonly rate: number | undefined;
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
  /** Runs only when it is named: it takes long. */
  readonly onlyNamed?: boolean;
  /** Where --rounds does not say. */
  readonly defaultRounds?: number;
  run(options: ScenarioOptions): Promise<ScenarioReport>;
}
