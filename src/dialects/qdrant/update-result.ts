let operations = 0;

/** What Qdrant says of a write. Each is committed before its answer, whether the client waits or not. */
export const updated = (): { operation_id: number; status: 'completed' } => ({
  operation_id: (operations += 1),
  status: 'completed',
});
