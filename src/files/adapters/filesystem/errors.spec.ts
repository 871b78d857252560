import { ServiceFault } from '../../../common/service-fault';
import { filesystemFault } from './errors';

const thrown = (code: string): Error => Object.assign(new Error(code), { code });

describe('faults of a folder', () => {
  it.each(['ENOSPC', 'EDQUOT'])('%s is no room', (code) => {
    expect(filesystemFault(thrown(code))).toMatchObject({ code: 'insufficient_storage', status: 507 });
  });

  it.each([
    ['EACCES', 'unauthorised'],
    ['EROFS', 'unauthorised'],
    ['EIO', 'server_error'],
  ])('%s is %s', (code, kind) => {
    const fault = filesystemFault(thrown(code));
    expect(fault).toBeInstanceOf(ServiceFault);
    expect(fault).toMatchObject({ kind });
    expect(filesystemFault(fault)).toBe(fault);
  });
});
