/** Types of build.mjs for the tests, which build before they start real processes. */
export function build(options?: { force?: boolean }): Promise<{ upToDate: boolean; files: number }>;
