import type { Caller, Role } from '../common/scope';

/** What every resolver gets of the request it is part of. */
export interface GraphqlContext {
  readonly caller: Caller;
  /** Aborts when the client hangs up, ends its subscription, or the time is over. */
  readonly signal: AbortSignal;
  /** Runs a REST operation as this caller: the same role, validation, handler and deadline. Returns its answer as JSON. */
  readonly call: (operationId: string, input: CallInput) => Promise<unknown>;
  /**
   * Asks for one of many: what a request asks for under one name in the same moment goes to `batch` at once, and equal
   * keys are loaded once. `batch` returns a value or an error for each key, in their order.
   */
  readonly load: <V>(
    name: string,
    key: string,
    batch: (keys: readonly string[]) => Promise<(V | Error)[]>,
  ) => Promise<V>;
}

/** The parts of a REST request, as its declaration has them. */
export interface CallInput {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A field of `Query` or `Mutation` that is a REST operation: its arguments, checks and type follow from that. */
export interface OperationField {
  readonly on: 'Query' | 'Mutation';
  readonly name: string;
  readonly operationId: string;
  /** Name of the answer's type; of the nodes' type where the answer is a page or a list. */
  readonly type?: string;
  /** A property of the answer that stands for all of it, such as `data` of a list without pages. */
  readonly pick?: string;
  /** Adds `if_version` and `create_only`, which are `If-Match` and `If-None-Match: *`. */
  readonly conditions?: boolean;
  /** Parameters of the operation that are no arguments of the field. */
  readonly without?: readonly string[];
}

/** A field that a resolver's method serves. */
export interface MethodField {
  /** `Query`, or the type the field is added to. */
  readonly on: string;
  readonly name: string;
  /** In the schema language: `Bucket`, `[String!]!`. Types are those that operations have brought. */
  readonly type: string;
  readonly description: string;
  /** In the schema language, by name. */
  readonly args?: Readonly<Record<string, string>>;
  readonly access: Role;
}

/** `Subscription` fields give an `AsyncIterable` of values of their type. */
export interface SubscriptionField extends Omit<MethodField, 'on'> {
  readonly on: 'Subscription';
}

export type DeclaredField = MethodField | SubscriptionField;

/** What a method gets: `parent` is what the field is added to. */
export interface FieldInput<A = Readonly<Record<string, unknown>>, P = Readonly<Record<string, unknown>>> {
  readonly parent: P;
  readonly args: A;
  readonly context: GraphqlContext;
}

interface Declared {
  readonly field: DeclaredField;
  readonly handler: string;
}

const FIELDS = Symbol('zerodb:graphql-fields');
const OPERATIONS = Symbol('zerodb:graphql-operations');

/** Serves a field with this method of a resolver. It gets a `FieldInput`. */
export const GraphqlField =
  (field: DeclaredField): MethodDecorator =>
  (prototype, handler) => {
    const own: Declared[] = [...fieldsOf(prototype), { field, handler: String(handler) }];
    Object.defineProperty(prototype, FIELDS, { value: own, configurable: true });
  };

/** Shows REST operations as fields. */
export const GraphqlOperations =
  (...operations: readonly OperationField[]): ClassDecorator =>
  (target) => {
    Object.defineProperty(target.prototype as object, OPERATIONS, { value: operations, configurable: true });
  };

export const fieldsOf = (prototype: object): readonly Declared[] =>
  (Reflect.get(prototype, FIELDS) as readonly Declared[] | undefined) ?? [];

export const operationsOf = (prototype: object): readonly OperationField[] =>
  (Reflect.get(prototype, OPERATIONS) as readonly OperationField[] | undefined) ?? [];

type Options = Pick<OperationField, 'type' | 'pick' | 'conditions' | 'without'>;

export const query = (name: string, operationId: string, options: Options = {}): OperationField => ({
  on: 'Query',
  name,
  operationId,
  ...options,
});

/** Named as the operation is. */
export const mutation = (operationId: string, options: Options = {}): OperationField => ({
  on: 'Mutation',
  name: operationId,
  operationId,
  ...options,
});
