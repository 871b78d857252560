import type { Logger } from 'pino';
import { installTracer, isTracing } from '../common/tracing';
import { withoutTrailingSlashes } from '../common/trim-end';
import { packageVersion, type TracingSettings } from '../config';
import type { Metrics } from './metrics';
import type { ExportObserver } from './otlp/bounded-export';
import { TracingMetrics } from './tracing-metrics';

export interface TracingPorts {
  readonly logger: Logger;
  readonly metrics: Metrics;
}

const PATH = '/v1/traces';

/**
 * Turns tracing on where there is a collector, for the whole process. Returns what turns it off again and sends what is
 * left, in 3 s at most. Without a collector nothing of OpenTelemetry is loaded.
 */
export const startTracing = (
  { endpoint, headers, ratio }: TracingSettings,
  { logger, metrics }: TracingPorts,
): (() => Promise<void>) => {
  if (endpoint === undefined) return () => Promise.resolve();
  if (isTracing()) {
    logger.warn('another ZeroDB of this process is traced already: the spans of both go where it sends them');
    return () => Promise.resolve();
  }
  const url = tracesUrl(endpoint);
  const observer = observerOf(logger, new TracingMetrics(metrics.registry), new URL(url).host);
  const options = { url, headers: headersOf(headers), ratio, version: packageVersion(), observer };
  const { tracer, close } = requireOtlp().openTracer(options);
  const uninstall = installTracer(tracer);
  return async () => {
    uninstall();
    await close();
  };
};

/** Loaded where there is a collector: elsewhere it costs nothing. */
const requireOtlp = (): typeof import('./otlp/open-tracer') =>
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  require('./otlp/open-tracer') as typeof import('./otlp/open-tracer');

/** The endpoint is the collector's base, as OTLP has it; one that names the path already is taken as it is. */
export const tracesUrl = (endpoint: string): string => {
  const base = withoutTrailingSlashes(endpoint);
  return base.endsWith(PATH) ? base : `${base}${PATH}`;
};

/** `name=value`, several with commas, values percent-encoded. */
export const headersOf = (text = ''): Record<string, string> =>
  Object.fromEntries(
    text
      .split(',')
      .filter((pair) => pair !== '')
      .map((pair) => [pair.slice(0, pair.indexOf('=')), decoded(pair.slice(pair.indexOf('=') + 1))]),
  );

/** A value with a stray percent sign is taken as it is. */
const decoded = (value: string): string => {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
};

const observerOf = (logger: Logger, metrics: TracingMetrics, collector: string): ExportObserver => ({
  counted: (outcome, spans) => metrics.counted(outcome, spans),
  changed: (isTaking, message) => {
    if (isTaking) logger.info({ collector }, 'the collector takes traces');
    else logger.warn({ collector, cause: message }, 'the collector takes no traces; what it misses is lost');
  },
});
