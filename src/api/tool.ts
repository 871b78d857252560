import type { z } from 'zod';
import type { Caller, Role } from '../common/scope';

/** One MCP tool, declared once: its schema, its validation and who sees it all follow from it. */
export interface ToolDefinition {
  readonly name: string;
  /** For a model: when to use it and what comes back, in as few words as will do. */
  readonly description: string;
  /**
   * The role a caller needs to see it and to call it. Of two tools of one name the caller gets the one that asks for
   * more: a tool may be declared without its writing half for keys that only read.
   */
  readonly access: Role;
  readonly input: z.ZodObject;
  /** JSON Schema of `structuredContent`, as short as is useful: it counts against the budget of `tools/list`. */
  readonly output: Readonly<Record<string, unknown>>;
  readonly annotations: {
    readonly readOnlyHint: boolean;
    readonly destructiveHint?: boolean;
    readonly idempotentHint?: boolean;
  };
}

/** A REST operation's input, as its declaration has it. */
export interface OperationInput {
  readonly params?: Readonly<Record<string, unknown>> | undefined;
  readonly query?: Readonly<Record<string, unknown>> | undefined;
  readonly body?: unknown;
}

export interface ToolInput<T extends ToolDefinition> {
  readonly args: z.output<T['input']>;
  readonly caller: Caller;
  /** Aborts when the client hangs up, cancels, or the time is over. */
  readonly signal: AbortSignal;
  /**
   * Runs a REST operation as this caller: the same role, validation, handler and deadline. Returns the answer's body as
   * JSON, `undefined` for an answer without one. Throws what the operation throws.
   */
  readonly call: (operationId: string, input: OperationInput) => Promise<unknown>;
}

/** What a tool found. */
export class ToolOutput {
  constructor(
    /** Goes out as `structuredContent`, and as text for clients that know no better. */
    readonly value: Readonly<Record<string, unknown>>,
    /** Whether parts of it came from users: such text is marked as data that is not to be obeyed. */
    readonly isUntrusted: boolean,
  ) {}
}

/** A result that holds what users or other agents have stored. */
export const stored = (value: Readonly<Record<string, unknown>>): ToolOutput => new ToolOutput(value, true);

/** A result of our own words and numbers. */
export const plain = (value: Readonly<Record<string, unknown>>): ToolOutput => new ToolOutput(value, false);

/** Keeps the type of the input; the rest is the same for all tools. */
export const defineTool = <I extends z.ZodObject>(
  definition: ToolDefinition & { readonly input: I },
): ToolDefinition & { readonly input: I } => definition;

const TOOLS = Symbol('zerodb:tools');

/** A provider's method and the tool it serves. */
export interface DeclaredTool {
  readonly definition: ToolDefinition;
  readonly handler: string;
}

/** Serves an MCP tool with this method of a provider. It gets a `ToolInput` and returns a `ToolOutput`. */
export const McpTool =
  (definition: ToolDefinition): MethodDecorator =>
  (prototype, handler) => {
    const own: DeclaredTool[] = [...toolsOf(prototype), { definition, handler: String(handler) }];
    Object.defineProperty(prototype, TOOLS, { value: own, configurable: true });
  };

export const toolsOf = (prototype: object): readonly DeclaredTool[] =>
  (Reflect.get(prototype, TOOLS) as readonly DeclaredTool[] | undefined) ?? [];
