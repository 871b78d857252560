import { Controller, Inject } from '@nestjs/common';
import { z } from 'zod';
import { Endpoint, Input } from '../../api/endpoint.decorator';
import { defineEndpoint, Reply, type EndpointInput } from '../../api/endpoint';
import { etagOf, ifMatch, ifNoneMatchAny } from '../../api/preconditions';
import { listOf, nameSchema, pageQuery } from '../../api/schemas';
import type { Scope } from '../../common/scope';
import { kafkaConfig, type KafkaSettings } from '../../config';
import { BrokerNames } from '../broker/broker-names';
import { countedTopicSchema, presentTopic, putTopicBody, topicSchema, type BrokerFacts } from '../dto/topic.schemas';
import { TopicsService } from './topics.service';

const tag = 'Events';
const params = z.strictObject({ topic: nameSchema });

const put = defineEndpoint({
  method: 'PUT',
  path: '/v1/topics/{topic}',
  operationId: 'putTopic',
  audit: 'admin',
  tag,
  summary: 'Create a topic, or change its settings',
  description:
    '201 for a new topic, 200 for a changed one. `changes` makes it a feed of what happens to records, files and memories; `broker` says whether and where a broker follows. `If-None-Match: *` creates only, `If-Match` changes only that version.',
  access: 'write',
  params,
  body: putTopicBody,
  responses: { 200: topicSchema, 201: topicSchema },
});

const get = defineEndpoint({
  method: 'GET',
  path: '/v1/topics/{topic}',
  operationId: 'getTopic',
  audit: 'read',
  tag,
  summary: 'A topic and its totals',
  description:
    'Its settings, how many events it has, and its first and last offset. Where retention removed old events, the first offset is greater than 1.',
  access: 'read',
  params,
  responses: { 200: countedTopicSchema, 304: null },
});

const list = defineEndpoint({
  method: 'GET',
  path: '/v1/topics',
  operationId: 'listTopics',
  audit: 'read',
  tag,
  summary: 'The topics of the project, by name',
  description:
    'A page of at most `limit` topics with their settings; `next_cursor` continues it. Counts and offsets of one: `GET /v1/topics/{topic}`.',
  access: 'read',
  query: pageQuery,
  responses: { 200: listOf(topicSchema) },
});

const remove = defineEndpoint({
  method: 'DELETE',
  path: '/v1/topics/{topic}',
  operationId: 'deleteTopic',
  audit: 'admin',
  tag,
  summary: 'Drop a topic with its events, groups and dead letters',
  description:
    'Cannot be undone. Streams of it end, and its copy at the broker is removed. `If-Match` refuses (412) when somebody changed it meanwhile.',
  access: 'write',
  params,
  responses: { 204: null },
});

@Controller()
export class TopicsController {
  constructor(
    private readonly topics: TopicsService,
    private readonly names: BrokerNames,
    @Inject(kafkaConfig.KEY) private readonly kafka: KafkaSettings,
  ) {}

  @Endpoint(put)
  async put(@Input() { caller, params: { topic: name }, body, headers }: EndpointInput<typeof put>): Promise<Reply> {
    const conditions = { createOnly: ifNoneMatchAny(headers), version: ifMatch(headers) };
    const { topic, created } = await this.topics.put(caller, name, body, conditions);
    const answer = presentTopic(topic, await this.brokerFacts(caller.scope));
    return new Reply(created ? 201 : 200, answer, { etag: etagOf(topic.version) });
  }

  @Endpoint(get)
  async get(@Input() { caller, params: { topic: name } }: EndpointInput<typeof get>): Promise<Reply> {
    const { topic, counts } = await this.topics.get(caller.scope, name);
    const { events, first, last } = counts;
    const facts = await this.brokerFacts(caller.scope);
    const answer = { ...presentTopic(topic, facts), events, first_offset: first, last_offset: last };
    return new Reply(200, answer, { etag: etagOf(topic.version) });
  }

  @Endpoint(list)
  async list(@Input() { caller, query }: EndpointInput<typeof list>): Promise<unknown> {
    const page = await this.topics.list(caller.scope, query.limit, query.after);
    const facts = await this.brokerFacts(caller.scope);
    return { ...page, data: page.data.map((topic) => presentTopic(topic, facts)) };
  }

  @Endpoint(remove)
  async remove(@Input() { caller, params: { topic }, headers }: EndpointInput<typeof remove>): Promise<void> {
    await this.topics.delete(caller.scope, topic, ifMatch(headers));
  }
  private async brokerFacts(scope: Scope): Promise<BrokerFacts> {
    return { prefix: await this.names.prefixOf(scope), attached: this.kafka.brokers !== undefined };
  }
}
