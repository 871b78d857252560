export interface ChatMessage {
  readonly role: 'system' | 'user';
  readonly content: string;
}

/** A language model behind a chat endpoint. Rejects with a `ServiceFault`; left out on purpose: streaming and tools. */
export abstract class ChatModel {
  /** The answer's text; asked for as one JSON object. */
  abstract complete(messages: readonly ChatMessage[], signal: AbortSignal): Promise<string>;
}
