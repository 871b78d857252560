import type { BackupSettings } from '../config';
import { openPlace } from './place';

describe('openPlace', () => {
  const files = { endpoint: 'https://files:9000', region: 'r', bucket: 'b', caFile: '/nowhere/files.pem' };
  const open = (backup: Partial<BackupSettings>) => (): unknown =>
    openPlace('s3://backups/here', { backup: { s3Region: 'r', ...backup }, s3: files });

  it('takes the authorities of files only with the endpoint of files', () => {
    expect(open({})).toThrow('/nowhere/files.pem');
    expect(open({ s3Endpoint: 'https://backups:9000' })).not.toThrow();
    expect(open({ s3Endpoint: 'https://backups:9000', s3CaFile: '/nowhere/own.pem' })).toThrow('/nowhere/own.pem');
  });

  it('refuses what is neither a folder nor a bucket', () => {
    expect(() => openPlace('ftp://there', { backup: {} as BackupSettings, s3: files })).toThrow('neither a folder');
  });
});
