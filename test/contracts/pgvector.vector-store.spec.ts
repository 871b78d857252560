import { describeWith, services } from '../support/services';
import { vectorStoreContract } from './vector-store.contract';

vectorStoreContract('pgvector on the embedded engine', 'embedded', ({ vectors }) => vectors);

describeWith(services.postgresUrl)('with a Postgres server', () => {
  vectorStoreContract('pgvector on a server', 'server', ({ vectors }) => vectors);
});
