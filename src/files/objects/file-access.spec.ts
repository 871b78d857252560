import type { Admission } from '../../admission/admission';
import { overloaded } from '../../common/errors';
import type { Caller } from '../../common/scope';
import { FileAccess, type FileRequest } from './file-access';
import type { Presigner } from './presign';

const OWNER = { projectId: 7, projectName: 'owner' };
const caller = (projectId: number): Caller => ({
  scope: { projectId, projectName: '' },
  role: 'read',
  isRoot: false,
  keyId: null,
  requestId: 'r',
});

/** Every signature is good, and no write has hope. */
const open = () => {
  const charge = jest.fn();
  const mustBeAdmissible = jest.fn(() => {
    throw overloaded('the writes at once');
  });
  const presigner = { verify: () => Promise.resolve({ scope: OWNER }) } as unknown as Presigner;
  const admission = { charge, mustBeAdmissible } as unknown as Admission;
  const access = new FileAccess(presigner, {} as never, {} as never, admission, {} as never);
  const ask = async (method: FileRequest['method'], projectId = 0): Promise<unknown> =>
    await access.admit({
      method,
      bucket: 'b',
      key: 'k',
      query: { zdb_signature: 's' },
      caller: caller(projectId),
      project: undefined,
    });
  return { ask, charge, mustBeAdmissible };
};

describe('FileAccess', () => {
  it('refuses an upload without a key as one with a key is: by the line of the project that owns the file', async () => {
    const { ask, charge, mustBeAdmissible } = open();
    await expect(ask('PUT')).rejects.toMatchObject({ code: 'overloaded' });
    expect(mustBeAdmissible).toHaveBeenCalledWith('write', OWNER);
    expect(charge).toHaveBeenCalledWith(expect.objectContaining({ scope: OWNER }));
  });

  it.each(['GET', 'HEAD', 'DELETE'] as const)('asks nothing of %s', async (method) => {
    const { ask, mustBeAdmissible } = open();
    await expect(ask(method)).resolves.toEqual({ scope: OWNER });
    expect(mustBeAdmissible).not.toHaveBeenCalled();
  });

  it('does not ask again for a caller with a key', async () => {
    const { ask, mustBeAdmissible } = open();
    await expect(ask('PUT', 3)).resolves.toEqual({ scope: { projectId: 3, projectName: '' } });
    expect(mustBeAdmissible).not.toHaveBeenCalled();
  });
});
