import { goComment, goName, goParameter } from './go-names';
import { GO_HEADER, refName, type Schema } from './go-types';

interface Content {
  readonly [media: string]: { readonly schema?: Schema };
}
interface Parameter {
  readonly name?: string;
  readonly in?: string;
  readonly schema?: Schema;
}
export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}
export type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>;

const METHODS = ['get', 'put', 'post', 'patch', 'delete'];
/** Doors that speak another protocol; `Do` reaches them, too. */
const LEFT_OUT: ReadonlySet<string> = new Set(['graphql', 'mcp', 'metrics']);
const JSON_TYPE = 'application/json';
const KINDS: Readonly<Record<string, string>> = { integer: 'int64', boolean: 'bool', number: 'float64' };

/** `sdk/go/operations.go`: a method for each operation whose body and answer are JSON. */
export const goOperations = (paths: Paths): string => {
  const methods = Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation && !LEFT_OUT.has(operation.operationId) ? methodsOf(method, path, operation) : [];
    }),
  );
  return `${GO_HEADER}\nimport (\n\t"context"\n\t"fmt"\n\t"net/url"\n)\n\n${methods.join('\n')}`;
};

const methodsOf = (method: string, path: string, operation: Operation): string[] => {
  const { operationId, summary, parameters = [], requestBody } = operation;
  const answer = answerOf(operation);
  const body = requestBody && requestBody.content[JSON_TYPE]?.schema?.$ref;
  if (answer === undefined || (requestBody && body === undefined)) return [];
  const name = goName(operationId);
  const values = parameters.filter((each) => each.in === 'path').map((each) => each.name ?? '');
  const query = parameters.filter((each) => each.in === 'query' && each.name !== undefined);
  const taken = [
    'ctx context.Context',
    ...values.map((value) => `${goParameter(value)} string`),
    ...(body === undefined ? [] : [`body ${refName(body)}`]),
    ...(query.length === 0 ? [] : [`query ${name}Query`]),
    'options ...Option',
  ];
  const given = [
    ...(values.length === 0 ? [] : [`Params(map[string]string{${values.map(entry).join(', ')}})`]),
    ...(body === undefined ? [] : ['JSON(body)']),
    ...(query.length === 0 ? [] : ['Query(query.values())']),
  ];
  const all = given.length === 0 ? 'options...' : `append([]Option{${given.join(', ')}}, options...)...`;
  const call = `Do[${answer || 'struct{}'}](ctx, c, "${method.toUpperCase()}", "${path}", ${all})`;
  const head = `func (c *Client) ${name}(${taken.join(', ')})`;
  const comment = goComment(`${name}: ${summary}.`);
  return [
    ...(query.length === 0 ? [] : [queryType(name, query)]),
    answer === ''
      ? `${comment}${head} error {\n\t_, err := ${call}\n\treturn err\n}\n`
      : `${comment}${head} (${answer}, error) {\n\treturn ${call}\n}\n`,
  ];
};

const entry = (value: string): string => `"${value}": ${goParameter(value)}`;

/** The type of a success, an empty text for none, undefined for what is not JSON. */
const answerOf = ({ responses }: Operation): string | undefined => {
  const answers = Object.entries(responses)
    .filter(([status]) => status.startsWith('2'))
    .map(([, { content }]) => {
      if (content === undefined) return '';
      const $ref = content[JSON_TYPE]?.schema?.$ref;
      return $ref === undefined ? undefined : refName($ref);
    });
  const [first] = answers;
  return answers.every((answer) => answer === first) ? first : undefined;
};

const queryType = (name: string, query: readonly Parameter[]): string => {
  const fields = query.map((each) => {
    const type = KINDS[each.schema?.type ?? ''] ?? 'string';
    return `${goComment(each.schema?.description, '\t')}\t${goName(each.name ?? '')} *${type}\n`;
  });
  const sets = query.map(({ name: key = '' }) => {
    const field = `q.${goName(key)}`;
    return `\tif ${field} != nil {\n\t\tvalues.Set("${key}", fmt.Sprint(*${field}))\n\t}\n`;
  });
  return `// ${name}Query holds what may be left out; nil fields are.
type ${name}Query struct {
${fields.join('\n')}}

func (q ${name}Query) values() url.Values {
\tvalues := url.Values{}
${sets.join('')}\treturn values
}
`;
};
