import { Command } from 'commander';
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

interface Page {
  readonly data: readonly unknown[];
  readonly has_more: boolean;
  readonly next_cursor: string | null;
}

const MAX_OFFSET = 999_999_999_999_999;

export function eventsCommand(runtime: Runtime): Command {
  return new Command('events')
    .description('publish events and read them')
    .addCommand(publish(runtime))
    .addCommand(list(runtime))
    .addCommand(tail(runtime));
}

const pathOf = (topic: string): string => `/v1/topics/${encodeURIComponent(topic)}`;

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
        const answer = await client().json<{ data: [{ id: string; offset: number }] }>(
          'POST',
          `${pathOf(topic)}/events`,
          {
            body: { events: [event] },
          },
        );
        if (json) return writeJson(io, answer.data[0]);
        note(io, `Published event ${answer.data[0].id} at offset ${answer.data[0].offset}.`);
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
    const query = { after: cursor, limit: Math.min(left, 1000) };
    const page: Page = await client().json<Page>('GET', `${pathOf(topic)}/events`, { query });
    for (const event of page.data) io.out.write(`${JSON.stringify(event)}\n`);
    left -= page.data.length;
    cursor = page.next_cursor;
  }
}

const tail = (runtime: Runtime): Command =>
  serverCommand('tail')
    .description('print events as they happen, one JSON object a line, until Ctrl-C')
    .argument('<topic>')
    .option('--after <offset>', 'begin after this offset instead of now', integerBetween(0, MAX_OFFSET))
    .action((topic: string, { after, ...options }: CommonOptions & { after?: number }) =>
      runtime.run(options, async ({ io, client, signal }) => {
        const stream = await client().bytes('GET', `${pathOf(topic)}/stream`, { query: { after }, signal });
        try {
          for await (const data of framesIn(stream)) io.out.write(`${data}\n`);
        } catch (error) {
          if (!signal.aborted) throw error;
        }
      }),
    );

/** The data of server-sent events. */
async function* framesIn(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of stream) {
    text += decoder.decode(chunk, { stream: true });
    const frames = text.split('\n\n');
    text = frames.pop() ?? '';
    for (const frame of frames) {
      const data = /^data: (.*)$/m.exec(frame)?.[1];
      if (data !== undefined) yield data;
    }
  }
}
