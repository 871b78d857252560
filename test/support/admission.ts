import { Admission } from '../../src/admission/admission';
import { loadConfiguration } from '../../src/config';
import { Metrics } from '../../src/telemetry/metrics';

/** Admission as a process has it by default. */
export const openAdmission = (environment: Record<string, string> = {}): Admission => {
  const { admission, files, rateLimit } = loadConfiguration(environment, '/');
  return new Admission(admission, files, rateLimit, new Metrics());
};
