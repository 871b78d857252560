import { readClientSettings } from './settings';

const OWN_KEY = { ZERODB_API_KEY: 'zdb_own' };
const FILE = { ZERODB_URL: 'https://elsewhere.example', ZERODB_API_KEY: 'zdb_file' };

describe('the settings of the command line', () => {
  it('takes options first, then the environment', () => {
    expect(readClientSettings({ url: 'http://a:1/' }, { ZERODB_URL: 'http://b', ...OWN_KEY })).toEqual({
      url: 'http://a:1',
      key: 'zdb_own',
      project: undefined,
    });
    expect(readClientSettings({}, {}).url).toBe('http://127.0.0.1:7700');
  });

  it('sends no key of the user to an address that a file in the folder names', () => {
    const sentAway = /would be sent there/;
    expect(() => readClientSettings({}, { ...FILE, ...OWN_KEY }, OWN_KEY)).toThrow(sentAway);
    expect(() => readClientSettings({}, { ...FILE, ZERODB_ROOT_KEY: 'root' }, { ZERODB_ROOT_KEY: 'root' })).toThrow(
      sentAway,
    );
    expect(() => readClientSettings({ key: 'zdb_option' }, FILE, {})).toThrow(sentAway);
  });

  it('takes the address of the file with the key of the file, or when the user names it', () => {
    expect(readClientSettings({}, FILE, {})).toMatchObject({ url: FILE.ZERODB_URL, key: 'zdb_file' });
    const named = { ...OWN_KEY, ZERODB_URL: 'http://own' };
    expect(readClientSettings({}, { ...FILE, ...named }, named)).toMatchObject({ url: 'http://own', key: 'zdb_own' });
    expect(readClientSettings({ url: 'http://option' }, { ...FILE, ...OWN_KEY }, OWN_KEY).url).toBe('http://option');
  });
});
