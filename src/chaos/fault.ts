/** What a proxy does to what passes through it. */
export type Fault =
  | { readonly kind: 'none' }
  /** Nobody listens; open connections are reset. */
  | { readonly kind: 'refuse' }
  /** Bytes vanish. `existingOnly`: new connections work, as behind a firewall that forgot the old ones. */
  | { readonly kind: 'black_hole'; readonly existingOnly?: boolean }
  | { readonly kind: 'latency'; readonly ms: number; readonly jitterMs: number }
  /** Answers trickle. */
  | { readonly kind: 'drip'; readonly bytesPerSecond: number }
  /** Every nth connection (of HTTP: request) is reset. */
  | { readonly kind: 'reset_every'; readonly nth: number }
  /** Those below are of HTTP alone. Half of the body, then the end of the connection. */
  | { readonly kind: 'fin_mid_body' }
  /** A complete answer whose JSON is cut off. */
  | { readonly kind: 'broken_json' }
  | {
      readonly kind: 'status';
      readonly statuses: readonly number[];
      readonly share: number;
      readonly retryAfterSeconds?: number;
    }
  /** Writes are refused, reads work: a full disk. */
  | { readonly kind: 'write_failure'; readonly status: number }
  /** The service does what it is asked to, and its answer is lost. */
  | { readonly kind: 'cut_reply'; readonly share: number };

export const describeFault = (fault: Fault): string => {
  const { kind, ...details } = fault;
  const listed = Object.entries(details).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  return [kind.replaceAll('_', ' '), ...listed].join(', ');
};

/** Stands in front of a service. */
export interface FaultProxy {
  /** `127.0.0.1:12345` */
  readonly address: string;
  inject(fault: Fault): Promise<void>;
  /** Sends new connections somewhere else: a standby that took over. */
  redirect(target: { readonly host: string; readonly port: number }): void;
  close(): Promise<void>;
}
