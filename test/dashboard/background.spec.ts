import type { BackgroundPiece } from '../../src/client';
import { expectNoSeriousAxeViolations } from '../support/dashboard';
import { describeDashboard } from '../support/dashboard-suite';
import { eventually } from '../support/eventually';

/** Nothing listens there: the probes of the endpoint fail from the start. */
const ENVIRONMENT = {
  ZERODB_EMBEDDINGS_PROVIDER: 'openai',
  ZERODB_EMBEDDINGS_URL: 'http://127.0.0.1:9/v1',
  ZERODB_EMBEDDINGS_MODEL: 'words',
  ZERODB_EMBEDDINGS_DIMENSION: '4',
};

describeDashboard('background work in the dashboard', ENVIRONMENT, (suite) => {
  it('is listed on the page of services, with what fails and why', async () => {
    const { page, visit } = await suite.open();
    await visit('Services');
    const card = page.getByRole('region', { name: 'Background work', exact: true });
    const rowOf = (name: string) => card.getByRole('row').filter({ has: page.getByText(name, { exact: true }) });
    const { json } = await suite.call('/v1/background');
    for (const { name } of json['data'] as BackgroundPiece[]) await rowOf(name).waitFor();
    await rowOf('probe_embeddings').getByText('failing', { exact: true }).waitFor();
    await rowOf('access_watch').getByText('500 ms', { exact: true }).waitFor();
    const fault = await rowOf('probe_embeddings').getByRole('cell').last().innerText();
    expect(fault).toMatch(/.: .+/);
    expect(await rowOf('idempotency_keys').innerText()).toMatch(/idle\s+10 min\s+0/);
    await expectNoSeriousAxeViolations(page);
  });

  it('counts on while somebody looks', async () => {
    const { page, visit } = await suite.open();
    await visit('Services');
    const row = page.getByRole('row').filter({ has: page.getByText('access_watch', { exact: true }) });
    const runs = async (): Promise<number> =>
      Number((await row.getByRole('cell').nth(3).innerText()).replace(/\D/g, ''));
    await row.waitFor();
    const before = await runs();
    expect(await eventually(runs, (now) => now > before, 60_000)).toBeGreaterThan(before);
  });
});
