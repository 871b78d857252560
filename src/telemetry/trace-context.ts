import { randomUUID } from 'node:crypto';
import { parseTraceparent } from '../common/traceparent';

/** The W3C trace a request belongs to. */
export interface TraceContext {
  readonly traceId: string;
  /** The caller's span; absent when the trace starts here. */
  readonly parentId?: string;
}

/** Continues the trace of a `traceparent` header, or starts one when there is none that is valid. */
export const traceOf = (traceparent: string | undefined): TraceContext => {
  const parent = parseTraceparent(traceparent);
  if (parent) return { traceId: parent.traceId, parentId: parent.spanId };
  return { traceId: randomUUID().replaceAll('-', '') };
};

/** The header when it is valid; anything else is as good as none. */
export const traceparentOf = (header: string | undefined): string | undefined =>
  parseTraceparent(header) === undefined ? undefined : header;
