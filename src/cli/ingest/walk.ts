import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { loaderOf, type FileType } from './loaders';

export interface FoundFile {
  readonly absolute: string;
  /** From the folder, with `/` between the parts on every system. */
  readonly relative: string;
  readonly type: FileType;
  readonly size: number;
  readonly modifiedAt: Date;
}

export interface Skipped {
  readonly path: string;
  readonly reason: string;
}

export interface Walk {
  readonly files: readonly FoundFile[];
  readonly skipped: readonly Skipped[];
}

const IGNORED_FOLDERS = new Set(['node_modules']);

/**
 * The files below `root` that can be ingested, in code point order. Hidden entries and other types are passed over
 * silently; a file that is too large or leads out of the folder is named in `skipped`.
 */
export async function walk(root: string, maxFileBytes: number): Promise<Walk> {
  const files: FoundFile[] = [];
  const skipped: Skipped[] = [];
  const realRoot = await realpath(root);
  const visit = async (folder: string, prefix: string): Promise<void> => {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (entry.name.startsWith('.') || IGNORED_FOLDERS.has(entry.name)) continue;
      const relative = `${prefix}${entry.name}`;
      const absolute = join(folder, entry.name);
      if (entry.isDirectory()) await visitOrSkip(absolute, relative);
      else {
        const found = await inspect(realRoot, absolute, relative, entry.isSymbolicLink(), maxFileBytes);
        if (typeof found === 'string') skipped.push({ path: relative, reason: found });
        else if (found !== undefined) files.push(found);
      }
    }
  };
  const visitOrSkip = async (folder: string, relative: string): Promise<void> => {
    try {
      await visit(folder, `${relative}/`);
    } catch (error) {
      skipped.push({ path: relative, reason: `the folder cannot be read (${reasonOf(error)})` });
    }
  };
  await visit(root, '');
  files.sort((a, b) => (a.relative < b.relative ? -1 : 1));
  return { files, skipped };
}

/** The file, a reason to leave it out, or nothing for what is not for us. Linked folders are not entered: no cycles. */
async function inspect(
  realRoot: string,
  absolute: string,
  relative: string,
  isLink: boolean,
  maxFileBytes: number,
): Promise<FoundFile | string | undefined> {
  const type = loaderOf(extname(relative).toLowerCase())?.type;
  if (type === undefined) return undefined;
  try {
    if (isLink && !(await realpath(absolute)).startsWith(`${realRoot}${sep}`)) return 'it links out of the folder';
    const status = await stat(absolute);
    if (!status.isFile()) return undefined;
    if (status.size > maxFileBytes) return `larger than ${Math.floor(maxFileBytes / 1024 / 1024)} MB`;
    return { absolute, relative, type, size: status.size, modifiedAt: status.mtime };
  } catch (error) {
    return `it cannot be read (${reasonOf(error)})`;
  }
}

const reasonOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error);
