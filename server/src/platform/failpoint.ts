import { AisleError } from '@aisle/client/protocol';

/**
 * Named places where a fault test may stop, delay or break the process. Off unless AISLE_FAILPOINTS is set, and the
 * configuration refuses that in production: then every call is one comparison with null.
 *
 * AISLE_FAILPOINTS="after-commit=exit,before-lua=delay:200,…": exit (kill -9 of oneself), error, delay:<ms>.
 * Each hit is counted, so that a test can prove that its failpoint fired.
 */
type Action = { kind: 'exit' } | { kind: 'error' } | { kind: 'delay'; ms: number };

let active: Map<string, Action> | null = null;
const hits = new Map<string, number>();

export function configureFailpoints(specification: string | undefined): void {
  hits.clear();
  if (specification === undefined || specification === '') {
    active = null;
    return;
  }
  active = new Map(
    specification.split(',').map((part): [string, Action] => {
      const [name = '', action = ''] = part.trim().split('=');
      const [kind, argument] = action.split(':');
      if (name !== '' && kind === 'exit') return [name, { kind }];
      if (name !== '' && kind === 'error') return [name, { kind }];
      if (name !== '' && kind === 'delay' && Number.isInteger(Number(argument)))
        return [name, { kind, ms: Number(argument) }];
      throw new Error(`AISLE_FAILPOINTS: cannot read "${part}"; write name=exit, name=error or name=delay:ms`);
    }),
  );
}

export function failpointHits(name: string): number {
  return hits.get(name) ?? 0;
}

/** Does nothing in production. */
export async function failpoint(name: string): Promise<void> {
  if (active === null) return;
  const action = active.get(name);
  if (action === undefined) return;
  hits.set(name, failpointHits(name) + 1);
  if (action.kind === 'exit') {
    process.stderr.write(`failpoint ${name}: exit\n`);
    process.kill(process.pid, 'SIGKILL');
    await new Promise(() => undefined);
  }
  if (action.kind === 'error') throw AisleError.of('INTERNAL', { message: `failpoint ${name}` });
  if (action.kind === 'delay') await new Promise((resolve) => setTimeout(resolve, action.ms));
}
