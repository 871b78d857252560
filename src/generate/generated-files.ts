import { packageVersion } from '../config';
import { environmentExample, settingsReference } from '../config/settings-reference';
import { apiTypes } from './api-types';
import { declaredEndpoints, documentedEndpoints } from './declared-endpoints';
import { metricsReference } from './declared-metrics';
import { schemaText } from '../transports/graphql/schema-text';
import { openApiDocument } from '../transports/rest/openapi';

/** The committed files that follow from the code, by their path in the project. A test compares them. */
export const generatedFiles = (): Record<string, string> => {
  const openApi = `${JSON.stringify(openApiDocument(documentedEndpoints(), packageVersion()), null, 2)}\n`;
  return {
    'docs/configuration.md': settingsReference(),
    'docs/metrics.md': metricsReference(),
    'openapi.json': openApi,
    'src/client/api-types.ts': apiTypes(openApi),
    'docs/schema.graphql': schemaText(declaredEndpoints()),
    '.env.example': environmentExample(),
  };
};
