/** Addresses of real services, as the environment names them. The embedded ones need none. */
export const services = {
  postgresUrl: process.env.ZERODB_TEST_POSTGRES_URL,
  qdrantUrl: process.env.ZERODB_TEST_QDRANT_URL,
  toxiproxyUrl: process.env.ZERODB_TEST_TOXIPROXY_URL,
  kafkaBrokers: process.env.ZERODB_TEST_KAFKA_BROKERS,
  kafkaProxiedBrokers: process.env.ZERODB_TEST_KAFKA_PROXIED_BROKERS,
  kafkaProxiedUpstream: process.env.ZERODB_TEST_KAFKA_PROXIED_UPSTREAM,
  /** An interpreter with the packages of `test/python/requirements.txt`. */
  python: process.env.ZERODB_TEST_PYTHON,
} as const;

/** `describe` where what the suite needs is there; otherwise the suite is reported as skipped, by its name. */
export const describeWith = (needed: unknown): jest.Describe => (needed ? describe : describe.skip);

/** Folder of the data sets named in `ZERODB_DATA_SETS`, which are too large for the repository. */
export const dataSets = process.env.ZERODB_DATA_SETS;
