import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The model that the project carries, wherever the tests were compiled to. */
export function offlineModel(): { readonly modelsDir: string; readonly model: string } {
  const model = 'all-MiniLM-L6-v2';
  for (const start of [__dirname, process.cwd()]) {
    for (let folder = start; folder !== dirname(folder); folder = dirname(folder)) {
      const modelsDir = join(folder, 'models');
      if (existsSync(join(modelsDir, model, 'config.json'))) return { modelsDir, model };
    }
  }
  throw new Error(`The folder models/${model} is missing.`);
}
