import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../config';
import { generatedFiles } from './generated-files';

/** `npm run generate`: writes the committed files that follow from the code. */
const generate = (): void => {
  for (const [file, text] of Object.entries(generatedFiles())) writeFileSync(path.join(packageRoot(), file), text);
};

if (require.main === module) generate();
