import { randomUUID } from 'node:crypto';

/** The W3C trace a request belongs to. */
export interface TraceContext {
  readonly traceId: string;
  /** The caller's span; absent when the trace starts here. */
  readonly parentId?: string;
}

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}$/;

/** Continues the trace of a `traceparent` header, or starts one when there is none that is valid. */
export const traceOf = (traceparent: string | undefined): TraceContext => {
  const match = traceparent === undefined ? null : TRACEPARENT.exec(traceparent);
  if (match?.[1] && match[2]) return { traceId: match[1], parentId: match[2] };
  return { traceId: randomUUID().replaceAll('-', '') };
};

/** The header when it is valid; anything else is as good as none. */
export const traceparentOf = (header: string | undefined): string | undefined =>
  header !== undefined && TRACEPARENT.test(header) ? header : undefined;
