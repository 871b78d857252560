import { filesBelow } from '../stack-files';
import { comments, newestSection, prose, strings, type Reader } from './readers';

export interface CheckedTexts {
  readonly files: readonly string[];
  readonly read: Reader;
}

/** Their words come from `src`, by `npm run generate`. */
const GENERATED = ['docs/configuration.md', 'docs/metrics.md', 'src/client/api-types.ts'];

const documents = (): string[] => filesBelow('docs', '.md').filter((file) => !GENERATED.includes(file));

const isWritten = (file: string): boolean => !file.endsWith('.spec.ts') && !GENERATED.includes(file);

const sources = (folder: string): string[] => filesBelow(folder, '.ts').filter(isWritten);

const pages = (): string[] => [...sources('dashboard/src'), ...filesBelow('dashboard/src', '.tsx')];

/** Whose words are checked, and what of them. */
export const checkedTexts = (): readonly CheckedTexts[] => [
  { files: ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', ...documents()], read: prose },
  { files: ['CHANGELOG.md'], read: newestSection },
  { files: [...sources('src/cli'), ...sources('src/common/errors')], read: strings },
  { files: [...sources('src'), ...pages()], read: comments },
];
