import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { formatBytes } from '../output/format';
import { loaderOf, type FileType } from '../../common/documents/loaders';

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
  /** Those of `skipped` that could not be read: nobody knows what is beneath them. */
  readonly unread: readonly string[];
}

const WITHOUT_TYPE = 'files without an extension are not read';
const IGNORED_FOLDERS = new Set(['node_modules']);

/**
 * The files below `root` that can be ingested, in code point order. Everything else is named in `skipped`, a folder that
 * is not entered by its own name.
 */
export async function walk(root: string, maxFileBytes: number): Promise<Walk> {
  const files: FoundFile[] = [];
  const skipped: Skipped[] = [];
  const unread: string[] = [];
  const realRoot = await realpath(root);
  const visit = async (folder: string, prefix: string): Promise<void> => {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const relative = `${prefix}${entry.name}`;
      const absolute = join(folder, entry.name);
      const passedOver = reasonToPassOver(entry.name);
      if (passedOver !== undefined) skipped.push({ path: relative, reason: passedOver });
      else if (entry.isDirectory()) await visitOrSkip(absolute, relative);
      else {
        const found = await inspect(realRoot, absolute, relative, entry.isSymbolicLink(), maxFileBytes);
        if (found instanceof Unread) skipUnread(relative, `it cannot be read (${found.reason})`);
        else if (typeof found === 'string') skipped.push({ path: relative, reason: found });
        else files.push(found);
      }
    }
  };
  const visitOrSkip = async (folder: string, relative: string): Promise<void> => {
    try {
      await visit(folder, `${relative}/`);
    } catch (error) {
      skipUnread(relative, `the folder cannot be read (${reasonOf(error)})`);
    }
  };
  const skipUnread = (path: string, reason: string): void => {
    skipped.push({ path, reason });
    unread.push(path);
  };
  await visit(root, '');
  files.sort((a, b) => (a.relative < b.relative ? -1 : 1));
  skipped.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { files, skipped, unread };
}

function reasonToPassOver(name: string): string | undefined {
  if (name.startsWith('.')) return 'it is hidden: its name starts with a dot';
  return IGNORED_FOLDERS.has(name) ? `folders named ${name} are not read` : undefined;
}

class Unread {
  constructor(readonly reason: string) {}
}

/** The file, or the reason to leave it out. Linked folders are not entered: no cycles. */
async function inspect(
  realRoot: string,
  absolute: string,
  relative: string,
  isLink: boolean,
  maxFileBytes: number,
): Promise<FoundFile | Unread | string> {
  const extension = extname(relative).toLowerCase();
  const type = loaderOf(extension)?.type;
  try {
    if (isLink && !(await realpath(absolute)).startsWith(`${realRoot}${sep}`)) return 'it links out of the folder';
    const status = await stat(absolute);
    if (status.isDirectory()) return 'it is a link to a folder';
    if (!status.isFile()) return 'it is not a regular file';
    if (type === undefined) return extension === '' ? WITHOUT_TYPE : `files of this type (${extension}) are not read`;
    if (status.size > maxFileBytes)
      return `larger than ${formatBytes(maxFileBytes)}: ${formatBytes(status.size)}; see --max-file-mb`;
    return { absolute, relative, type, size: status.size, modifiedAt: status.mtime };
  } catch (error) {
    return new Unread(reasonOf(error));
  }
}

const reasonOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error);
