import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../config';
import { generatedFiles } from './generated-files';

describe('generated files', () => {
  it.each(Object.entries(generatedFiles()))('%s is what the code says (else: npm run generate)', (file, text) => {
    const committed = path.join(packageRoot(), file);
    expect(existsSync(committed) ? readFileSync(committed, 'utf8') : '').toBe(text);
  });
});
