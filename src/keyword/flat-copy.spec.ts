import v8 from 'node:v8';
import vm from 'node:vm';
import { analyse } from './analyse';
import { flatCopy } from './flat-copy';

describe('flatCopy', () => {
  it.each(['plain', 'Żółć', '東京', '𐐨𐐩', ''])('is the same word: %j', (word) => {
    expect(flatCopy(word)).toBe(word);
  });
});

it('keeps no text alive for a word of it that is remembered', () => {
  v8.setFlagsFromString('--expose-gc');
  const collect = vm.runInNewContext('gc') as () => void;
  analyse('warm up');
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let index = 0; index < 40; index += 1)
    analyse(`considerations${index} counterproposals${index} `.padEnd(1_000_000));
  collect();
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(10_000_000);
});
