// An agent that remembers across restarts, without a key of a model provider and without a network.
//
//   npm start                                             in one terminal
//   export ZERODB_URL=… ZERODB_API_KEY=zdb_…              the line that the first start printed
//   node examples/remembering-agent.mjs ann "I live in Berlin." "My dog is called Rex."
//   node examples/remembering-agent.mjs ann "Where do I live?"
//
// What a language model would do is done by two rules here: a question is answered from memory, anything else is
// remembered. Put a model's call where `answer` is, with the recalled text in its prompt, and it is an agent.

const url = process.env.ZERODB_URL ?? 'http://127.0.0.1:7700';
const key = process.env.ZERODB_API_KEY ?? process.env.ZERODB_ROOT_KEY ?? '';

async function call(path, body) {
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${response.status}: ${answer.detail}`);
  return answer;
}

/** What is known about the question, best first, and as text for a prompt. */
async function recall(user, question) {
  const { results } = await call('/v1/memories/search', { user_id: user, query: question, limit: 3 });
  const { text } = await call('/v1/memories/context', { user_id: user, query: question, max_tokens: 200 });
  return { best: results[0], text };
}

/** Here a model would be asked: `text` goes into its prompt, as data. */
const answer = ({ best }) => (best ? `You told me: ${best.content}` : 'I do not know that yet.');

async function turn(user, said) {
  if (said.trim().endsWith('?')) return answer(await recall(user, said));
  const { data } = await call('/v1/memories', { user_id: user, messages: [{ role: 'user', content: said }] });
  const [{ status }] = data;
  const replies = { superseding: 'Noted, that has changed.', duplicate: 'I know.', ignored: 'Nice to talk to you.' };
  return replies[status] ?? 'I will remember that.';
}

const [user, ...lines] = process.argv.slice(2);
if (user === undefined || lines.length === 0) {
  console.error('Usage: node examples/remembering-agent.mjs USER "what is said" …');
  process.exit(2);
}
for (const said of lines) {
  console.log(`${user}: ${said}`);
  console.log(`agent: ${await turn(user, said)}`);
}
