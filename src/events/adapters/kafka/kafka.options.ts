import type { PeerTls } from '../../../common/tls';

export interface KafkaOptions {
  /** `host:port` each. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly tls: boolean;
  readonly peerTls?: PeerTls | undefined;
  readonly sasl?:
    | {
        readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
        readonly username: string;
        readonly password: string;
      }
    | undefined;
  /** Receives the client's log messages; dropped when absent. */
  readonly log?: (level: 'error' | 'warn' | 'info' | 'debug', message: string) => void;
}
