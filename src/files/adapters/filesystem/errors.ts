import { insufficientStorage, ZeroDbError } from '../../../common/errors';
import { ServiceFault } from '../../../common/service-fault';

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

export const isMissing = (error: unknown): boolean => codeOf(error) === 'ENOENT';

/** Maps errors of the file system. A missing permission is the store's fault; a full disk is reported to the caller. */
export const filesystemFault = (error: unknown): ServiceFault | ZeroDbError => {
  if (error instanceof ServiceFault || error instanceof ZeroDbError) return error;
  const code = codeOf(error) ?? 'unknown';
  if (code === 'ENOSPC' || code === 'EDQUOT') return insufficientStorage('The disk for files is full.');
  const kind = code === 'EACCES' || code === 'EPERM' || code === 'EROFS' ? 'unauthorised' : 'server_error';
  return new ServiceFault('filesystem', kind, `The folder for files: ${code}.`, { cause: error });
};
