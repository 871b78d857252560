/** One server-sent event. */
export interface StreamEvent {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: string;
}

/** What an event may take before it is given up: the server sends none that are larger. */
const MAX_BUFFER = 16 * 1024 * 1024;

/** Reads server-sent events off a body until it ends. Comments, which keep the connection alive, are dropped. */
export async function readEvents(
  body: ReadableStream<Uint8Array>,
  onEvent: (event: StreamEvent) => void,
): Promise<void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let buffer = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    buffer += decoder.decode(value, { stream: true });
    const blocks = buffer.split(/\r?\n\r?\n/);
    buffer = blocks.pop() ?? '';
    if (buffer.length > MAX_BUFFER) throw new Error('An event of the stream is too large.');
    for (const block of blocks) emit(block, onEvent);
  }
}

function emit(block: string, onEvent: (event: StreamEvent) => void): void {
  let id: string | undefined;
  let event = 'message';
  const data: string[] = [];
  for (const line of block.split(/\r?\n/)) {
    const [, name, value = ''] = /^([^:]+)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (name === 'id') id = value;
    if (name === 'event') event = value;
    if (name === 'data') data.push(value);
  }
  if (data.length > 0) onEvent({ id, event, data: data.join('\n') });
}
