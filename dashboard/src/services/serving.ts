import { isUsed, type Service, type ServiceName } from './service';

/** `serves`: requests go there. `copies`: it follows the record. `away`: it would, and cannot now. */
export type LinkKind = 'serves' | 'copies' | 'away';

export interface Link {
  readonly service: ServiceName;
  readonly kind: LinkKind;
}

/** Who does a kind of work at this moment. */
export interface Serving {
  readonly capability: string;
  readonly servedBy: string;
  /** `stand-in`: not by whom it is preferred. `embedded`: nobody else was ever attached. `nobody`: requests wait or fail. `unknown`: the server does not answer. */
  readonly mode: 'preferred' | 'stand-in' | 'embedded' | 'nobody' | 'unknown';
  /** What waits, and for whom. */
  readonly queued: string;
  readonly links: readonly Link[];
}

/** What waits beside the records that the services' lags count. */
export interface Queues {
  readonly spoolBytes: number;
}

/** A tail beyond it is not scanned beside each search (see the search route of the server). */
const MAX_TAIL = 2_000;

/** Who serves what, by the states of the services: the same rules as the server's, for people. */
export function servingOf(services: readonly Service[], queues: Queues): readonly Serving[] {
  if (services.some(({ state }) => state === 'unknown')) return CAPABILITIES.map(unknownServing);
  const find = (name: ServiceName) => services.find((service) => service.name === name);
  const all = { postgres: find('postgres'), qdrant: find('qdrant'), broker: find('broker') };
  return [
    records(all.postgres),
    search(all.postgres, all.qdrant),
    files(find('object_store'), queues),
    events(all.postgres, all.broker),
    embedding(find('embeddings')),
  ];
}

const CAPABILITIES = ['Records and memory', 'Vector search', 'Files', 'Events', 'Text embedding'];

const unknownServing = (capability: string): Serving => ({
  capability,
  servedBy: 'unknown: no answer',
  mode: 'unknown',
  queued: '–',
  links: [],
});

function records(postgres: Service | undefined): Serving {
  const capability = 'Records and memory';
  if (isUsed(postgres)) {
    return { capability, servedBy: 'Postgres', mode: 'preferred', queued: '–', links: [serves('postgres')] };
  }
  const queued = 'writes wait for it, then answer 503 and change nothing';
  return { capability, servedBy: 'nobody', mode: 'nobody', queued, links: [away('postgres')] };
}

function search(postgres: Service | undefined, qdrant: Service | undefined): Serving {
  const capability = 'Vector search';
  const behind = qdrant?.lag?.records ?? 0;
  const queued = behind > 0 ? `${plural(behind, 'record')} on the way to Qdrant` : '–';
  const hasQdrant = isUsed(qdrant);
  if (!isUsed(postgres)) {
    if (hasQdrant) {
      const links = [serves('qdrant'), away('postgres')];
      return { capability, servedBy: 'Qdrant alone', mode: 'stand-in', queued, links };
    }
    return { capability, servedBy: 'nobody', mode: 'nobody', queued, links: [away('postgres')] };
  }
  if (qdrant === undefined || qdrant.state === 'disabled') {
    return { capability, servedBy: 'pgvector in Postgres', mode: 'embedded', queued, links: [serves('postgres')] };
  }
  if (hasQdrant && behind <= MAX_TAIL) {
    const servedBy = 'Qdrant, checked against Postgres';
    return { capability, servedBy, mode: 'preferred', queued, links: [serves('qdrant'), copies('postgres')] };
  }
  const links = [serves('postgres'), away('qdrant')];
  return { capability, servedBy: 'pgvector in Postgres', mode: 'stand-in', queued, links };
}

function files(store: Service | undefined, { spoolBytes }: Queues): Serving {
  const capability = 'Files';
  const queued = filesQueued(store?.lag?.records ?? 0, spoolBytes);
  if (store === undefined || store.state === 'disabled') {
    return { capability, servedBy: 'local files', mode: 'embedded', queued, links: [] };
  }
  if (isUsed(store)) {
    return { capability, servedBy: 'Object store', mode: 'preferred', queued, links: [serves('object_store')] };
  }
  const links = [serves('postgres'), away('object_store')];
  return { capability, servedBy: 'mirror, and spool in Postgres', mode: 'stand-in', queued, links };
}

/** The bytes are counted now and then, the files at once. */
function filesQueued(waiting: number, spoolBytes: number): string {
  const files = waiting > 0 ? [`${plural(waiting, 'file')} on the way to the object store`] : [];
  const spool = spoolBytes > 0 ? [`${bytes(spoolBytes)} in the spool`] : [];
  return [...files, ...spool].join(', ') || '–';
}

function events(postgres: Service | undefined, broker: Service | undefined): Serving {
  const capability = 'Events';
  const behind = broker?.lag?.records ?? 0;
  const queued = behind > 0 ? `${plural(behind, 'event')} on the way to the broker` : '–';
  if (!isUsed(postgres)) return { capability, servedBy: 'nobody', mode: 'nobody', queued, links: [away('postgres')] };
  const log = serves('postgres');
  if (broker === undefined || broker.state === 'disabled') {
    return { capability, servedBy: 'log in Postgres', mode: 'embedded', queued, links: [log] };
  }
  if (isUsed(broker)) {
    const servedBy = 'log in Postgres, copied to the broker';
    return { capability, servedBy, mode: 'preferred', queued, links: [log, copies('broker')] };
  }
  const servedBy = 'log in Postgres; the broker gets it later';
  return { capability, servedBy, mode: 'stand-in', queued, links: [log, away('broker')] };
}

function embedding(provider: Service | undefined): Serving {
  const capability = 'Text embedding';
  if (isUsed(provider)) {
    const servedBy = provider?.kind === 'local' ? 'the model in this process' : 'the provider';
    return { capability, servedBy, mode: 'preferred', queued: '–', links: [serves('embeddings')] };
  }
  const servedBy = 'none; hybrid searches use keywords only';
  return { capability, servedBy, mode: 'nobody', queued: '–', links: [away('embeddings')] };
}

const serves = (service: ServiceName): Link => ({ service, kind: 'serves' });
const copies = (service: ServiceName): Link => ({ service, kind: 'copies' });
const away = (service: ServiceName): Link => ({ service, kind: 'away' });

const plural = (count: number, noun: string): string =>
  `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];

/** A number of bytes for people. */
export function bytes(count: number): string {
  const power = count < 1 ? 0 : Math.min(Math.floor(Math.log2(count) / 10), UNITS.length - 1);
  return `${(count / 1024 ** power).toLocaleString('en', { maximumFractionDigits: 1 })} ${UNITS[power]}`;
}
