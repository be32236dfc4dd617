/** Something that the person at the keyboard can mend: printed as it is, without a stack. */
export class LaunchError extends Error {
  constructor(
    problem: string,
    /** What to do, a command where there is one. */
    readonly remedy: string,
  ) {
    super(problem);
    this.name = 'LaunchError';
  }
}
