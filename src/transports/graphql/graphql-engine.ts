import { readFileSync } from 'node:fs';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { DiscoveryService, HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import {
  getOperationAST,
  parse,
  specifiedRules,
  validate,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLError,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import mercurius from 'mercurius';
import { malformed } from '../../common/errors';
import type { Caller } from '../../common/scope';
import { graphqlConfig, serverConfig, type GraphqlSettings, type ServerSettings } from '../../config';
import { EndpointRunner } from '../rest/endpoint-runner';
import { keyNeeded, RefusedQuery } from './errors';
import type { GraphqlContext } from '../../api/field';
import { measure } from './limits/measure';
import { PersistedQueries, allowedQueries } from './limits/persisted-queries';
import { mustBeShallow } from './limits/nesting';
import { MAX_TOKENS, QUERY_LIMITS } from './limits/query-limits';
import { createLoaders } from './loaders';
import { OperationCaller } from './operation-caller';
import type { GraphqlRequest } from './request';
import { RESOLVERS } from './resolvers';
import { buildSchema } from './schema/build-schema';

/** A query that was read, counted and found valid. */
export interface PreparedQuery {
  readonly source: string;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly request: GraphqlRequest;
}

/** Parsed documents that are kept, and the longest text that is. */
const MAX_PARSED = 1_000;
const MAX_KEPT_LENGTH = 16 * 1024;
/** Faults of one query that are told. */
const MAX_ERRORS = 20;

/** Reads, checks and runs queries, whichever way they come. */
@Injectable()
export class GraphqlEngine implements OnApplicationBootstrap {
  private readonly parsed = new LRUCache<string, DocumentNode>({ max: MAX_PARSED });
  private readonly faults = new WeakMap<DocumentNode, readonly GraphQLError[]>();
  private readonly persisted: PersistedQueries;
  private built: GraphQLSchema | undefined;

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly discovery: DiscoveryService,
    private readonly operations: OperationCaller,
    private readonly runner: EndpointRunner,
    @Inject(serverConfig.KEY) private readonly server: ServerSettings,
    @Inject(graphqlConfig.KEY) graphql: GraphqlSettings,
  ) {
    this.persisted = new PersistedQueries(allowListIn(graphql.allowList));
  }

  /** Once every controller and resolver exists. */
  async onApplicationBootstrap(): Promise<void> {
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    // Routes and subscriptions are ours: see docs/decisions/0015.
    await fastify.register(mercurius, {
      schema: this.schema,
      routes: false,
      graphiql: false,
      cache: MAX_PARSED,
      errorFormatter: ({ data, errors }) => ({ statusCode: 200, response: { data, errors } }),
    });
  }

  get schema(): GraphQLSchema {
    this.built ??= this.build();
    return this.built;
  }

  /** The query behind a request, checked. Throws the catalogue's errors, or `RefusedQuery`. */
  prepare(caller: Caller, request: GraphqlRequest): PreparedQuery {
    const isNobody = caller.scope.projectId === 0;
    if (isNobody && this.server.production) throw keyNeeded();
    const source = this.persisted.resolve(caller.scope.projectId, request.query, request.hash);
    const document = this.parse(source);
    const operation = getOperationAST(document, request.operationName);
    if (!operation) throw malformed('Name the operation to run in "operationName".');
    const { rootFields } = measure(document, operation, request.variables, QUERY_LIMITS);
    // A query of many fields is as many requests.
    this.runner.charge(caller, rootFields - 1);
    this.validate(document);
    return { source, document, operation, request };
  }

  /** Runs what was prepared. What fields throw is in the result. */
  async run({ source, request }: PreparedQuery, context: GraphqlContext): Promise<ExecutionResult> {
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    const values = { ...request.variables };
    return await fastify.graphql(source, { ...context }, values, request.operationName);
  }

  contextFor(caller: Caller, signal: AbortSignal): GraphqlContext {
    return {
      caller,
      signal,
      call: (operationId, input) => this.operations.call(caller, signal, operationId, input),
      load: createLoaders(),
    };
  }

  private build(): GraphQLSchema {
    const providers = this.discovery.getProviders();
    const resolvers = RESOLVERS.map((resolver) => {
      const instance = providers.find(({ metatype }) => metatype === resolver)?.instance as object | undefined;
      return { prototype: resolver.prototype, instance };
    });
    return buildSchema(resolvers, this.operations.definitions, ({ caller }, { access }) =>
      this.operations.admit(caller, { access }),
    );
  }

  private parse(source: string): DocumentNode {
    const known = this.parsed.get(source);
    if (known) return known;
    mustBeShallow(source);
    const document = parse(source, { maxTokens: MAX_TOKENS });
    if (source.length > MAX_KEPT_LENGTH) return document;
    this.parsed.set(source, document);
    return document;
  }

  private validate(document: DocumentNode): void {
    const errors =
      this.faults.get(document) ?? validate(this.schema, document, specifiedRules, { maxErrors: MAX_ERRORS });
    this.faults.set(document, errors);
    if (errors.length > 0) throw new RefusedQuery(errors);
  }
}

const allowListIn = (file: string | undefined): ReadonlyMap<string, string> | undefined =>
  file === undefined ? undefined : allowedQueries(readFileSync(file, 'utf8'));
