import { AnswerBuffer } from './answer-buffer';

describe('AnswerBuffer', () => {
  it('copies what it is given, and posts it as one message', () => {
    const posted: Uint8Array[] = [];
    const buffer = new AnswerBuffer((bytes) => posted.push(bytes));
    const memory = new Uint8Array([1, 2]);
    buffer.add(memory);
    memory.fill(3);
    buffer.add(memory.subarray(1));
    buffer.flush();
    expect(posted.map((bytes) => [...bytes])).toEqual([[1, 2, 3]]);
    buffer.flush();
    expect(posted).toHaveLength(1);
  });

  it('posts a long answer in parts, in order', () => {
    const posted: Uint8Array[] = [];
    const buffer = new AnswerBuffer((bytes) => posted.push(bytes));
    for (let i = 0; i < 300; i += 1) buffer.add(new Uint8Array(8_192).fill(i % 256));
    buffer.flush();
    expect(posted.length).toBeGreaterThan(1);
    const whole = Buffer.concat(posted);
    expect(whole.length).toBe(300 * 8_192);
    expect([whole[0], whole[8_192], whole[299 * 8_192]]).toEqual([0, 1, 43]);
  });
});
