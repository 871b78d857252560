import { z } from 'zod';

/** What a call of a tool is noted with at most, in characters: arguments can be whole files. */
const MAX_ARGUMENTS = 2_000;

/** One part of a content, in the shapes of the usual chat APIs; what kind of part it is stands in `type`. */
export const contentPart = z.looseObject({ type: z.string().min(1).max(100) }).meta({ id: 'MessagePart' });

const called = z.looseObject({ name: z.string(), arguments: z.unknown().optional() }).meta({ id: 'FunctionCall' });

/** `function` as OpenAI sends it, or the fields themselves. */
export const toolCall = z
  .looseObject({ function: called.optional(), name: z.string().optional() })
  .meta({ id: 'ToolCall' });

/** Fields beside `content` that may say what a message without one says. */
export interface Said {
  readonly content?: string | readonly Part[] | null | undefined;
  readonly tool_calls?: readonly z.output<typeof toolCall>[] | null | undefined;
  readonly function_call?: z.output<typeof called> | null | undefined;
  readonly refusal?: string | null | undefined;
}

type Part = z.output<typeof contentPart>;

export const chatShape = {
  content: z.union([z.string(), z.array(contentPart).max(1000)]).nullish(),
  tool_calls: z.array(toolCall).max(1000).nullish(),
  function_call: called.nullish(),
  refusal: z.string().nullish(),
  /** What answers carry besides; it says nothing that could be remembered. */
  annotations: z.array(z.unknown()).nullish(),
  audio: z.unknown().optional(),
};

/** What was said, as one text: text parts joined by line ends, other parts and calls of tools noted in brackets. */
export function saidIn({ content, tool_calls, function_call, refusal }: Said): string {
  const calls = [...(tool_calls ?? []).map((call) => call.function ?? call), ...(function_call ? [function_call] : [])];
  const parts = typeof content === 'string' ? [content] : (content ?? []).map(textOf);
  return [...parts, refusal ?? '', ...calls.map(noteOfCall)].filter((part) => part.trim() !== '').join('\n');
}

function textOf(part: Part): string {
  if (typeof part.text === 'string') return part.text;
  if (typeof part.refusal === 'string') return part.refusal;
  if (part.type === 'tool_result') return resultOf(part.content);
  if (part.type === 'tool_use' || part.type === 'tool_call') return noteOfCall(part);
  return `[${part.type}]`;
}

/** A tool answers in text, or in parts again. */
function resultOf(content: unknown): string {
  if (typeof content === 'string') return content;
  const parts = z.array(contentPart).safeParse(content);
  // One level: a result within a result is noted, not read.
  return parts.success
    ? parts.data.map((part) => (typeof part.text === 'string' ? part.text : `[${part.type}]`)).join('\n')
    : '[tool_result]';
}

function noteOfCall(call: Readonly<Record<string, unknown>>): string {
  const name = typeof call.name === 'string' ? call.name : 'tool';
  const given = call.arguments ?? call.input ?? '';
  const text = typeof given === 'string' ? given : JSON.stringify(given);
  return `[call ${name}${text === '' ? '' : ` ${text.slice(0, MAX_ARGUMENTS)}`}]`;
}
