import { filesBelow } from '../stack-files';
import { newestSection, prose, strings, type Reader } from './readers';

export interface CheckedTexts {
  readonly files: readonly string[];
  readonly read: Reader;
}

/** Their words come from `src`, by `npm run generate`. */
const GENERATED = ['docs/configuration.md', 'docs/metrics.md'];

const documents = (): string[] => filesBelow('docs', '.md').filter((file) => !GENERATED.includes(file));

const sources = (folder: string): string[] => filesBelow(folder, '.ts').filter((file) => !file.endsWith('.spec.ts'));

/** Whose words are checked. One line adds a folder: `{ files: sources('src/events'), read: comments }`. */
export const checkedTexts = (): readonly CheckedTexts[] => [
  { files: ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', ...documents()], read: prose },
  { files: ['CHANGELOG.md'], read: newestSection },
  { files: [...sources('src/cli'), ...sources('src/common/errors')], read: strings },
];
