import { Admission } from '../../src/admission/admission';
import { loadConfiguration } from '../../src/config';
import { Metrics } from '../../src/telemetry/metrics';

/** Admission as a process has it by default. */
export const openAdmission = (environment: Record<string, string> = {}): Admission =>
  new Admission(loadConfiguration(environment, '/'), new Metrics());
