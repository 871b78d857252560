/** An upload in parts that has begun. No bytes, no key: what is needed to find it again after a reload. */
export interface Interrupted {
  readonly id: string;
  readonly project: string;
  readonly bucket: string;
  readonly key: string;
  readonly size: number;
  readonly lastModified: number;
}

const PLACE = 'zerodb.uploads';
const MAX_ENTRIES = 50;

export type Identity = Omit<Interrupted, 'id'>;

const isSame = (a: Identity, b: Identity): boolean =>
  a.project === b.project &&
  a.bucket === b.bucket &&
  a.key === b.key &&
  a.size === b.size &&
  a.lastModified === b.lastModified;

/** The upload that was begun with the same file to the same place, if any. */
export const interruptedUpload = (wanted: Identity): string | undefined =>
  read().find((one) => isSame(one, wanted))?.id;

export const rememberUpload = (upload: Interrupted): void =>
  write([upload, ...read().filter((one) => !isSame(one, upload))].slice(0, MAX_ENTRIES));

export const forgetAllUploads = (): void => write([]);

export const forgetUpload = (id: string): void => write(read().filter((one) => one.id !== id));

const read = (): readonly Interrupted[] => {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(PLACE) ?? '[]');
    return Array.isArray(stored) ? (stored as Interrupted[]).filter((one) => typeof one?.id === 'string') : [];
  } catch {
    return [];
  }
};

const write = (uploads: readonly Interrupted[]): void => {
  try {
    localStorage.setItem(PLACE, JSON.stringify(uploads));
  } catch {
    // Without storage an upload survives only as long as the page is open.
  }
};
