import { EventQueue } from './event-queue';

const read = async (queue: EventQueue<number>): Promise<unknown[]> => {
  const got: unknown[] = [];
  try {
    for await (const value of queue) got.push(value);
  } catch (error) {
    got.push(error instanceof Error ? error.message : error);
  }
  return got;
};

it('ends after the values that wait', async () => {
  const queue = new EventQueue<number>(new AbortController().signal, 10);
  queue.push(1);
  queue.push(2);
  queue.end();
  queue.push(3);
  expect(await read(queue)).toEqual([1, 2]);
});

it('fails once, after the values that wait, also for a reader that waits already', async () => {
  const queue = new EventQueue<number>(new AbortController().signal, 10);
  const reading = read(queue);
  queue.push(1);
  queue.fail(new Error('gone'));
  expect(await reading).toEqual([1, 'gone']);
  expect(await queue.next()).toEqual({ done: true, value: undefined });
});

it('ends without an error for a reader that left', async () => {
  const controller = new AbortController();
  const queue = new EventQueue<number>(controller.signal, 10);
  queue.fail(new Error('gone'));
  controller.abort();
  expect(await read(queue)).toEqual([]);
});
