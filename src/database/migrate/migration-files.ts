import { existsSync } from 'node:fs';
import path from 'node:path';

/** The compiled `migrations/`: beside the product's own files, or, in a build that has the tests too, beside their `src`. */
const PLACES = [path.join('..', '..', 'migrations'), path.join('..', '..', '..', 'migrations')];

/** The pattern that TypeORM loads. Throws when the migrations were not compiled. */
export const migrationFiles = (): string => {
  const folder = PLACES.map((place) => path.join(__dirname, place)).find((place) => existsSync(place));
  if (folder === undefined) throw new Error('The migrations are not compiled. Run: npm run build');
  return path.join(folder, '*.js');
};
