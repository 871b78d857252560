/** RFC 3339, UTC. */
export const timestampOrNull = (time: Date | null): string | null => time?.toISOString() ?? null;
