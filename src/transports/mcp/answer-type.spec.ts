import { Reply } from '../../api/endpoint';
import { inWanted, wantedOf } from './answer-type';

it.each([
  [undefined, 'json_first'],
  ['*/*', 'json_first'],
  ['application/json, */*;q=0.1', 'json_first'],
  ['application/json, text/event-stream', 'either'],
  ['TEXT/Event-Stream , Application/JSON; charset=utf-8', 'either'],
  ['application/json', 'json'],
  ['application/*', 'json'],
  ['text/event-stream', 'stream'],
  ['text/*', 'stream'],
  ['text/event-stream, application/json;q=0', 'stream'],
  ['*/*, application/json;q=0', 'stream'],
  ['text/event-stream;q=0, */*', 'json'],
  ['text/html', 'neither'],
  ['*/*;q=0', 'neither'],
  ['', 'neither'],
])('reads Accept: %s', (accept, expected) => {
  expect(wantedOf(accept)).toBe(expected);
});

const stream = (...messages: object[]): Reply =>
  new Reply(200, Buffer.from(messages.map((one) => `event: message\ndata: ${JSON.stringify(one)}\n\n`).join('')), {
    'content-type': 'text/event-stream',
  });
const answer = { jsonrpc: '2.0', id: 1, result: { text: 'data: x\n\n' } };
const other = { jsonrpc: '2.0', id: 2, error: { code: 1, message: '' } };

it('turns the events of a stream into JSON', () => {
  const notice = { jsonrpc: '2.0', method: 'notifications/message' };
  const one = inWanted('json', stream(notice, answer), false);
  expect([one.headers, JSON.parse(String(one.body))]).toEqual([{ 'content-type': 'application/json' }, answer]);
  expect(JSON.parse(String(inWanted('json_first', stream(answer, other), true).body))).toEqual([answer, other]);
});

it('turns JSON into a stream of one event', () => {
  const reply = new Reply(200, Buffer.from(JSON.stringify(answer)), { 'content-type': 'application/json' });
  const streamed = inWanted('stream', reply, false);
  expect([streamed.headers['content-type'], String(streamed.body)]).toEqual([
    'text/event-stream',
    `event: message\ndata: ${JSON.stringify(answer)}\n\n`,
  ]);
});

it('leaves errors and what is wanted as they are', () => {
  const error = new Reply(400, Buffer.from('{}'), { 'content-type': 'application/json' });
  expect(inWanted('stream', error, false)).toBe(error);
  const either = stream(answer);
  expect(inWanted('either', either, false)).toBe(either);
});
