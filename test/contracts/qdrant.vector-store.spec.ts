import { LevelQdrantStore, openQdrant, type OpenQdrant } from '../support/qdrant';
import { describeWith, services } from '../support/services';
import { vectorStoreContract } from './vector-store.contract';

describeWith(services.qdrantUrl)('with a Qdrant server', () => {
  let qdrant: OpenQdrant;
  beforeAll(() => {
    qdrant = openQdrant(services.qdrantUrl ?? '');
  });
  afterAll(async () => await qdrant.drop());

  vectorStoreContract(
    'qdrant, following the embedded engine',
    'embedded',
    (record) => new LevelQdrantStore(record, qdrant),
  );

  describeWith(services.postgresUrl)('and a Postgres server', () => {
    vectorStoreContract('qdrant, following a server', 'server', (record) => new LevelQdrantStore(record, qdrant));
  });
});
