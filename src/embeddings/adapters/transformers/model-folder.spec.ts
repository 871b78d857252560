import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readModelFolder } from './model-folder';

describe('readModelFolder', () => {
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'zerodb-models-'));
    write('small/config.json', '{"hidden_size": 8, "max_position_embeddings": 64}');
    write('small/tokenizer.json', '{}');
    write('small/onnx/model.onnx', 'weights');
  });

  afterEach(() => rmSync(root, { recursive: true }));

  function write(path: string, content: string): void {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), content);
  }

  it('reads what a collection has to store, and how to run the model', () => {
    expect(readModelFolder(root, 'small')).toEqual({
      model: { name: 'small', revision: expect.stringMatching(/^[0-9a-f]{12}$/) as string, dimension: 8 },
      dtype: 'fp32',
      windowTokens: 64,
      pooling: 'mean',
    });
  });

  it('prefers quantized weights, and honours the window, pooling and revision that the folder names', () => {
    write('small/onnx/model_quantized.onnx', 'weights');
    write('small/sentence_bert_config.json', '{"max_seq_length": 32}');
    write('small/1_Pooling/config.json', '{"pooling_mode_cls_token": true}');
    write('small/REVISION', '2024-01\n');
    expect(readModelFolder(root, 'small')).toMatchObject({
      model: { revision: '2024-01' },
      dtype: 'q8',
      windowTokens: 32,
      pooling: 'cls',
    });
  });

  it('gives other weights another revision', () => {
    const before = readModelFolder(root, 'small')?.model.revision;
    write('small/onnx/model.onnx', 'other weights');
    expect(readModelFolder(root, 'small')?.model.revision).not.toBe(before);
  });

  it.each(['missing', '../small', '..', '', '/etc', 'a/b/c', 'small/../small'])('knows no model "%s"', (name) => {
    expect(readModelFolder(root, name)).toBeUndefined();
  });
});
