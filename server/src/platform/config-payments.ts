/** The part of the settings that says who takes the money. */
export interface PaymentSettings {
  readonly AISLE_HOST: string;
  readonly AISLE_PAYMENT_PROVIDER: 'none' | 'sandbox' | 'stripe';
  readonly AISLE_STRIPE_SECRET_KEY?: string | undefined;
  readonly AISLE_STRIPE_WEBHOOK_SECRET?: string | undefined;
  readonly AISLE_STRIPE_API_URL?: string | undefined;
  readonly AISLE_SANDBOX_URL?: string | undefined;
  readonly AISLE_SANDBOX_SECRET?: string | undefined;
  readonly AISLE_SANDBOX_OFF_LOOPBACK: boolean;
}
type Refuse = (name: keyof PaymentSettings, message: string) => void;

const STRIPE = ['AISLE_STRIPE_SECRET_KEY', 'AISLE_STRIPE_WEBHOOK_SECRET'] as const;
const SANDBOX = ['AISLE_SANDBOX_URL', 'AISLE_SANDBOX_SECRET'] as const;

/** Half a provider, or two, is a mistake that costs money: refused at start. */
export function checkPayments(config: PaymentSettings, isLoopback: (host: string) => boolean, refuse: Refuse): void {
  const { AISLE_PAYMENT_PROVIDER: provider } = config;
  needAll(config, STRIPE, provider === 'stripe', refuse);
  needAll(config, SANDBOX, provider === 'sandbox', refuse);
  const standIn = config.AISLE_STRIPE_API_URL;
  if (standIn !== undefined && provider !== 'stripe') {
    refuse('AISLE_STRIPE_API_URL', `is set, but AISLE_PAYMENT_PROVIDER is ${provider}`);
  }
  if (standIn !== undefined && !isLoopback(hostOf(standIn))) {
    refuse('AISLE_STRIPE_API_URL', 'a stand-in on loopback alone; leave it away for Stripe itself');
  }
  if (provider !== 'sandbox' || config.AISLE_SANDBOX_OFF_LOOPBACK) return;
  const message = 'the sandbox sells for play money: off loopback only with AISLE_SANDBOX_OFF_LOOPBACK=1';
  if (!isLoopback(config.AISLE_HOST)) refuse('AISLE_PAYMENT_PROVIDER', message);
  if (config.AISLE_SANDBOX_URL !== undefined && !isLoopback(hostOf(config.AISLE_SANDBOX_URL)))
    refuse('AISLE_SANDBOX_URL', message);
}

function needAll(
  config: PaymentSettings,
  names: readonly ((typeof STRIPE)[number] | (typeof SANDBOX)[number])[],
  chosen: boolean,
  refuse: Refuse,
): void {
  for (const name of names) {
    const present = config[name] !== undefined;
    if (chosen && !present) refuse(name, `must be set when AISLE_PAYMENT_PROVIDER is ${config.AISLE_PAYMENT_PROVIDER}`);
    if (!chosen && present) refuse(name, `is set, but AISLE_PAYMENT_PROVIDER is ${config.AISLE_PAYMENT_PROVIDER}`);
  }
}

const hostOf = (url: string): string => new URL(url).hostname.replace(/^\[(.*)\]$/, '$1');
