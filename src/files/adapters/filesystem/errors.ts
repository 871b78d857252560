import { ServiceFault } from '../../../common/service-fault';

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

export const isMissing = (error: unknown): boolean => codeOf(error) === 'ENOENT';

/** What the file system threw. A full disk and a missing permission are the store's faults, not the caller's. */
export const filesystemFault = (error: unknown): ServiceFault => {
  if (error instanceof ServiceFault) return error;
  const code = codeOf(error) ?? 'unknown';
  const kind = code === 'EACCES' || code === 'EPERM' || code === 'EROFS' ? 'unauthorised' : 'server_error';
  return new ServiceFault('filesystem', kind, `The folder for files: ${code}.`, { cause: error });
};
