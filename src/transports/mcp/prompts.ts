import { Injectable } from '@nestjs/common';
import { ProtocolError, ProtocolErrorCode, type GetPromptResult, type Prompt } from '@modelcontextprotocol/server';
import type { Caller } from '../../common/scope';
import { Operations } from './operations';
import { DATA_NOTICE, degradation, fenced } from './tool-result';

type Arguments = Readonly<Record<string, string>>;

const SCOPE = ['user_id', 'agent_id', 'session_id'] as const;
const CONTEXT_TOKENS = 1500;
const PASSAGES = 8;

const PROMPTS: readonly Prompt[] = [
  {
    name: 'recall_then_answer',
    description: 'Answers a question from what is remembered. Needs a user_id, agent_id or session_id.',
    arguments: [
      { name: 'question', required: true },
      ...SCOPE.map((name) => ({ name, description: 'Whose memories', required: false })),
    ],
  },
  {
    name: 'search_then_answer',
    description: 'Answers a question from the records of a collection, and names its sources.',
    arguments: [
      { name: 'question', required: true },
      { name: 'collection', required: true },
    ],
  },
];

/** Prompts that fetch first and ask then. */
@Injectable()
export class Prompts {
  constructor(private readonly operations: Operations) {}

  list(): Prompt[] {
    return [...PROMPTS];
  }

  /** Throws a `ProtocolError` for an unknown prompt and for missing or unknown arguments. */
  async get(caller: Caller, signal: AbortSignal, name: string, args: Arguments): Promise<GetPromptResult> {
    const prompt = PROMPTS.find((one) => one.name === name);
    if (!prompt) throw wrong(`Unknown prompt: ${name.slice(0, 100)}`);
    mustFit(prompt, args);
    return name === 'recall_then_answer'
      ? await this.recall(caller, signal, args)
      : await this.search(caller, signal, args);
  }

  private async recall(caller: Caller, signal: AbortSignal, args: Arguments): Promise<GetPromptResult> {
    const scope = Object.fromEntries(SCOPE.flatMap((name) => (args[name] === undefined ? [] : [[name, args[name]]])));
    const body = { query: args.question, ...scope, max_tokens: CONTEXT_TOKENS };
    const found = (await this.operations.call(caller, signal, 'getMemoryContext', { body })) as Found;
    const text = found.text === '' ? '(nothing is remembered)' : found.text;
    return asking(
      args.question ?? '',
      'What is remembered, in the order of time; of two that differ the later holds:',
      String(text),
      found,
    );
  }

  private async search(caller: Caller, signal: AbortSignal, args: Arguments): Promise<GetPromptResult> {
    const found = (await this.operations.call(caller, signal, 'search', {
      params: { collection: args.collection },
      body: { query: { text: args.question }, limit: PASSAGES },
    })) as Found;
    return asking(
      args.question ?? '',
      'Records that may hold the answer; name their ids as sources:',
      JSON.stringify(found.results),
      found,
    );
  }
}

type Found = Readonly<Record<string, unknown>>;

const asking = (question: string, heading: string, data: string, found: Found): GetPromptResult => ({
  messages: [
    {
      role: 'user',
      content: {
        type: 'text',
        text: [
          'Answer the question from the data below alone. Say so when it does not hold the answer.',
          degradation(found),
          `Question: ${question}`,
          heading,
          DATA_NOTICE,
          fenced(data),
        ]
          .filter(Boolean)
          .join('\n'),
      },
    },
  ],
});

const mustFit = ({ arguments: known = [] }: Prompt, args: Arguments): void => {
  const absent = known.find(({ name, required }) => required && (args[name] ?? '') === '');
  if (absent) throw wrong(`The argument "${absent.name}" is needed.`);
  const foreign = Object.keys(args).find((name) => !known.some((one) => one.name === name));
  if (foreign !== undefined) throw wrong(`The argument "${foreign.slice(0, 100)}" is not known.`);
};

const wrong = (message: string): ProtocolError => new ProtocolError(ProtocolErrorCode.InvalidParams, message);
