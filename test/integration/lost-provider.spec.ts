import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

const SCRIPT = path.join(__dirname, '..', 'support', 'lost-provider.js');

/** Each was optional once: without it the product started, and did less without a word. */
const NEEDED = [
  'ChangeFeed',
  'ServiceRegistry',
  'PostgresAway',
  'FollowerWakeup',
  'CollectionMetrics',
  'Metrics',
  'Replica',
  'ErasureParticipants',
  'ReembeddingTexts',
  'Budget',
  'EventBroker',
  'ChatModel',
  'BackgroundWork',
  'AuditTrail',
];

const wire = async (lost = ''): Promise<string> => {
  const child = fork(SCRIPT, [lost], { stdio: 'ignore', env: { PATH: process.env['PATH'] } });
  let outcome = 'nothing was said';
  child.once('message', (said) => (outcome = said as string));
  await once(child, 'close');
  return outcome;
};

describe('the wiring of the product', () => {
  it('starts with every provider', async () => expect(await wire()).toBe('starts'), 60_000);

  it.each(NEEDED)(
    'does not start without %s',
    async (lost) => {
      const outcome = await wire(lost);
      expect(outcome).toContain("Nest can't resolve dependencies");
      expect(outcome).toContain(lost);
    },
    60_000,
  );
});
