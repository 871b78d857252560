/**
 * Where the sentry's question arrives on the main thread, whatever runs there. A diagnostics channel, because it is the
 * same for all copies of this module in a process.
 */
export const STALL_CHANNEL = 'zerodb:stall';
