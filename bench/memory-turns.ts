/** How long a search takes over the turns of one person's conversations, on the embedded engine, over HTTP at one client. */
import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '../src/common/seeded-random';
import { longTalk } from './memory/long-talk';
import { HttpClient } from './support/http-client';
import { report, runBench } from './support/report';
import { startServer } from './support/server';
import { percentile, timeEach } from './support/statistics';

const BATCH = 100;
const MEASURED = 300;
const WARM_UP = 50;
const TURNS = 6_000;

/** Two long conversations, one after the other, cut off at `TURNS`. */
function conversations() {
  const sets = [5, 6].map((seed) => longTalk(seededRandom(seed)));
  const turns = sets.flatMap((set, index) => set.turns.map((turn) => ({ ...turn, session: `${index} ${turn.date}` })));
  return { turns: turns.slice(0, TURNS), questions: (sets[0]?.questions ?? []).map(({ text }) => text) };
}

type Turns = ReturnType<typeof conversations>['turns'];

async function tell(client: HttpClient, user: string, turns: Turns): Promise<void> {
  for (let from = 0; from < turns.length;) {
    const session = turns[from]?.session;
    const said = turns.slice(from, from + BATCH).filter((turn) => turn.session === session);
    from += said.length;
    const messages = said.map(({ text, date }) => {
      const [name = '', ...rest] = text.split(': ');
      return { role: 'user', name, content: rest.join(': '), at: date };
    });
    await client.call('POST', '/v1/memories', { user_id: user, session_id: session, messages });
  }
}

runBench(async () => {
  const server = await startServer();
  const client = new HttpClient(server);
  const { turns, questions } = conversations();
  const ask = (query: string): Promise<{ pending: number }> =>
    client.call('POST', '/v1/memories/search', { user_id: 'ann', query });
  try {
    await tell(client, 'ann', turns);
    while ((await ask('anything')).pending > 0) await sleep(500);
    await timeEach(questions.slice(0, WARM_UP), ask);
    const { durations } = await timeEach(questions.slice(WARM_UP, WARM_UP + MEASURED), ask);
    await report('memory-turns', `${TURNS.toLocaleString('en')} turns of one user on the embedded engine, one client`, [
      { name: 'search, p50', value: percentile(durations, 0.5), unit: 'ms', target: { compare: '<', value: 20 } },
      { name: 'search, p95', value: percentile(durations, 0.95), unit: 'ms' },
    ]);
  } finally {
    client.close();
    await server.stop();
  }
});
