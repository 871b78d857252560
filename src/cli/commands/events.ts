import { Command } from 'commander';
import type { Answer } from '../../client';
import {
  integerBetween,
  jsonObject,
  note,
  serverCommand,
  writeJson,
  type CommonOptions,
  type Context,
  type Runtime,
} from '../command';
import { bytesOf } from '../streams';

const MAX_OFFSET = 999_999_999_999_999;

export function eventsCommand(runtime: Runtime): Command {
  return new Command('events')
    .description('publish events and read them')
    .addCommand(publish(runtime))
    .addCommand(list(runtime))
    .addCommand(tail(runtime));
}

interface PublishOptions extends CommonOptions {
  readonly type: string;
  readonly key?: string;
  readonly subject?: string;
  readonly id?: string;
  readonly data?: Record<string, unknown>;
}

const publish = (runtime: Runtime): Command =>
  serverCommand('publish')
    .description('publish one event')
    .argument('<topic>')
    .requiredOption('--type <type>', 'what happened, such as order.placed')
    .option('--event-key <key>', 'events of one key keep their order')
    .option('--subject <subject>', 'what it happened to')
    .option('--id <id>', 'your own id; a repeat of it is recognised')
    .option('--data <json>', 'a JSON object', jsonObject)
    .action((topic: string, { type, subject, id, data, ...options }: PublishOptions & { eventKey?: string }) =>
      runtime.run(options, async ({ io, json, client }) => {
        const event = { type, key: options.eventKey, subject, id, data };
        const answer = await client().post('/v1/topics/{topic}/events', { path: { topic }, body: { events: [event] } });
        const [receipt] = answer.data;
        if (json) return writeJson(io, receipt);
        if (receipt !== undefined) note(io, `Published event ${receipt.id} at offset ${receipt.offset}.`);
      }),
    );

const list = (runtime: Runtime): Command =>
  serverCommand('list')
    .description('print events, one JSON object a line')
    .argument('<topic>')
    .option('--after <offset>', 'begin after this offset', integerBetween(0, MAX_OFFSET), 0)
    .option('--limit <n>', 'events at most', integerBetween(1, 1_000_000), 100)
    .action((topic: string, { after, limit, ...options }: CommonOptions & { after: number; limit: number }) =>
      runtime.run(options, (context) => printPages(context, topic, after, limit)),
    );

async function printPages({ io, client }: Context, topic: string, after: number, limit: number): Promise<void> {
  let cursor: string | null = String(after);
  for (let left = limit; left > 0 && cursor !== null;) {
    const query = { after: Number(cursor), limit: Math.min(left, 1000) };
    const page: Answer<'get', '/v1/topics/{topic}/events'> = await client().get('/v1/topics/{topic}/events', {
      path: { topic },
      query,
    });
    for (const event of page.data) io.out.write(`${JSON.stringify(event)}\n`);
    left -= page.data.length;
    cursor = page.has_more ? page.next_cursor : null;
  }
}

const tail = (runtime: Runtime): Command =>
  serverCommand('tail')
    .description('print events as they happen, one JSON object a line, until Ctrl-C')
    .argument('<topic>')
    .option('--after <offset>', 'begin after this offset instead of now', integerBetween(0, MAX_OFFSET))
    .action((topic: string, { after, ...options }: CommonOptions & { after?: number }) =>
      runtime.run(options, async ({ io, client, signal }) => {
        const path = { topic };
        const response = await client().stream('/v1/topics/{topic}/stream', { path, query: { after }, signal });
        try {
          for await (const { type, data } of framesIn(bytesOf(response))) {
            if (type === 'reset') note(io, `events before this were removed by retention: ${data}`);
            else io.out.write(`${data}\n`);
          }
        } catch (error) {
          if (!signal.aborted) throw error;
        }
      }),
    );

interface Frame {
  readonly type: string;
  readonly data: string;
}

/** Server-sent events that have data. */
async function* framesIn(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of stream) {
    text += decoder.decode(chunk, { stream: true });
    const frames = text.split('\n\n');
    text = frames.pop() ?? '';
    for (const frame of frames) {
      const data = /^data: (.*)$/m.exec(frame)?.[1];
      const type = /^event: (.*)$/m.exec(frame)?.[1] ?? 'message';
      if (data !== undefined) yield { type, data };
    }
  }
}
