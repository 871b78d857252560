import type { ServiceState } from './service';

/**
 * Reasons shown to tenants. The full reason quotes a service's last fault, which may name its host, bucket or database.
 */
const REASONS: Readonly<Record<ServiceState, string>> = {
  disabled: 'not configured',
  up: 'it serves',
  suspect: 'some calls fail',
  down: 'it does not answer correctly',
  recovering: 'it is catching up with the record',
  drained: 'taken out by an operator',
};

export const publicReason = (state: ServiceState): string => REASONS[state];
