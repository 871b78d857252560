import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { SettingsRepository } from '../database/settings.repository';
import { defineEndpoint, type EndpointInput } from '../api/endpoint';
import { Endpoint, Input } from '../api/endpoint.decorator';
import { chaosVerdictBody, chaosVerdictSchema, presentVerdict, type ChaosVerdictAnswer } from './chaos.schemas';

/** A run of every cell prints some hundred kilobytes, most of them timelines that are dropped here. */
const MAX_BYTES = 8 * 1024 * 1024;
const SETTING = 'chaos_verdict';

const store = defineEndpoint({
  method: 'PUT',
  path: '/v1/chaos',
  operationId: 'putChaosVerdict',
  audit: 'admin',
  tag: 'Services',
  summary: 'Keep the verdict of a chaos run, for the dashboard',
  description:
    'Takes what `zerodb chaos --json` printed, and replaces the verdict before. The run itself is made by the command ' +
    'line, on services that may be broken: no request of this API breaks anything.',
  access: 'root',
  body: chaosVerdictBody,
  responses: { 200: chaosVerdictSchema },
  maxBodyBytes: MAX_BYTES,
});

const show = defineEndpoint({
  method: 'GET',
  path: '/v1/chaos',
  operationId: 'getChaosVerdict',
  audit: 'none',
  tag: 'Services',
  summary: 'The verdict of the last chaos run that was kept here',
  description: 'What `PUT /v1/chaos` stored last: each cell of the run with its checks. 404 when none was stored.',
  access: 'admin',
  responses: { 200: z.object({ verdict: chaosVerdictSchema.nullable() }) },
});

@Controller()
export class ChaosController {
  constructor(private readonly settings: SettingsRepository) {}

  @Endpoint(store)
  async store(@Input() { body }: EndpointInput<typeof store>): Promise<ChaosVerdictAnswer> {
    const verdict = presentVerdict(body, new Date());
    await this.settings.put(SETTING, verdict);
    return verdict;
  }

  @Endpoint(show)
  async show(): Promise<{ verdict: ChaosVerdictAnswer | null }> {
    return { verdict: (await this.settings.find<ChaosVerdictAnswer>(SETTING)) ?? null };
  }
}
