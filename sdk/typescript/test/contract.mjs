// Runs sdk/contract/contract.json with the installed package: `node contract.mjs <contract.json> <run>`. Prints one line of JSON for
// each case: `{name, ok, error?}`. Needs ZERODB_URL, ZERODB_API_KEY and ZERODB_FAULT_URL.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError, CircuitOpenError, filter, UnreachableError, ZeroDb } from '@zerodb/client';

const [file, run] = process.argv.slice(2);
const { ZERODB_URL, ZERODB_API_KEY, ZERODB_FAULT_URL } = process.env;
const WebSocket = globalThis.WebSocket ?? (await import(process.env.ZERODB_TEST_WS)).WebSocket;
const { cases } = JSON.parse(readFileSync(file, 'utf8'));

// Those against the fault server wait most of their time, and know nothing of each other.
const AT_ONCE = 8;
const scripted = cases.filter(({ script }) => script);
await Promise.all([
  inOrder(cases.filter(({ script }) => !script)),
  ...Array.from({ length: AT_ONCE }, (_, lane) => inOrder(scripted.filter((_, place) => place % AT_ONCE === lane))),
]);

async function inOrder(group) {
  for (const each of group) {
    const outcome = await perform(each).then(
      () => ({ ok: true }),
      (error) => ({ ok: false, error: String(error.stack ?? error) }),
    );
    console.log(JSON.stringify({ name: each.name, ...outcome }));
  }
}

async function perform({ steps, script, seen, keys, client: settings = {} }) {
  const url = script ? (await post(`${ZERODB_FAULT_URL}/scripts`, { script })).url : ZERODB_URL;
  const client = clientOf(url, settings);
  const variables = { run };
  for (const step of steps) await performStep(client, resolved(step, variables), variables);
  if (!seen) return;
  const requests = await (await fetch(`${url}/__seen`)).json();
  assert.equal(requests.length, seen.length, `requests: ${JSON.stringify(requests)}`);
  matches(requests, seen, 'seen');
  checkKeys(keys, requests);
}

function clientOf(url, { breaker, traceparent, silence_ms: silenceMs, ...settings }) {
  return new ZeroDb({
    url,
    key: ZERODB_API_KEY,
    WebSocket,
    ...settings,
    ...(silenceMs && { silenceMs }),
    ...(breaker && { breaker: { failures: breaker.failures, openMs: breaker.open_ms } }),
    ...(traceparent && { traceparent: () => traceparent }),
  });
}

async function performStep(client, step, variables) {
  const started = performance.now();
  const progress = [];
  const result = await act(client, step, progress).then(
    (value) => ({ value }),
    (error) => ({ error: describe(error) }),
  );
  const tookMs = performance.now() - started;
  const { expect = {}, min_ms: minMs = 0, max_ms: maxMs = Infinity } = step;
  if ('error' in expect) matches(result.error ?? result, expect.error, 'error');
  else {
    assert.ok(!result.error, `failed: ${JSON.stringify(result.error)}`);
    if ('value' in expect) matches(result.value ?? null, expect.value, 'value');
  }
  assert.ok(tookMs >= minMs && tookMs <= maxMs, `took ${tookMs} ms, not ${minMs} to ${maxMs}`);
  if (step.progress) assert.deepEqual(progress, step.progress);
  for (const [name, field] of Object.entries(step.save ?? {})) variables[name] = result.value[field];
}

async function act(client, step, progress) {
  if (step.call) return await client[step.call.method.toLowerCase()](step.call.path, optionsOf(step.call));
  if (step.list) return await taken(client.list(step.list.path, optionsOf(step.list)));
  if (step.filter) return built(step.filter);
  if (step.wait_ms) return await sleep(step.wait_ms);
  if (step.put_bytes) {
    const { path, params, text } = step.put_bytes;
    return await client.put(path, { path: params, stream: { body: Buffer.from(text), contentType: 'text/plain' } });
  }
  if (step.import)
    return await client.importRecords(step.import.collection, records(step.import), { onError: step.import.on_error });
  if (step.export) return await taken(client.exportRecords(step.export.collection), step.export.take);
  if (step.events) return await taken(client.events(step.events.topic, step.events), step.events.take);
  if (step.subscribe) return await taken(client.subscribe(step.subscribe.topic, step.subscribe), step.subscribe.take);
  if (step.upload) {
    const { bucket, key, bytes, part_bytes: partBytes, content_type: contentType } = step.upload;
    const options = { partBytes, contentType, concurrency: 1, onProgress: (sent) => progress.push(sent) };
    return await client.upload(bucket, key, content(bytes), options);
  }
  if (step.download) {
    const response = await client.stream('/v1/files/{bucket}/{key}', { path: step.download });
    const bytes = Buffer.from(await response.arrayBuffer());
    return { size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  }
  throw new Error(`unknown step ${JSON.stringify(step)}`);
}

function optionsOf({ params, query, body, headers, timeout_ms: timeoutMs, deadline_ms: deadlineMs, retries }) {
  const options = { path: params, query, body, headers, timeoutMs, deadlineMs, retries };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

async function taken(iterable, count = Infinity) {
  const all = [];
  for await (const each of iterable) if (all.push(each) >= count) break;
  return all;
}

function* records({ generate, faulty = [] }) {
  for (let n = 1; n <= generate; n += 1) {
    yield { id: `r${String(n).padStart(4, '0')}`, vector: faulty.includes(n) ? [1, 2, 3] : [1, n] };
  }
}

function content(length) {
  return Uint8Array.from({ length }, (_, n) => (n * 31) % 251);
}

function built([name, ...args]) {
  const make = (value) =>
    Array.isArray(value) && typeof value[0] === 'string' && (value[0] === 'elem_match' || value[0] in filter)
      ? built(value)
      : value;
  if (name === 'elem_match') return filter.elemMatch(args[0], make(args[1]));
  if (['all', 'any', 'not'].includes(name)) return filter[name](...args.map(make));
  return name === 'path' ? filter.path(...args) : filter[name](make(args[0]), args[1]);
}

function describe(error) {
  if (error instanceof ApiError) {
    const { status, code, outcome, retryable, retryAfterSeconds, errors } = error;
    return {
      kind: 'api',
      status,
      code,
      outcome,
      retryable,
      retry_after: retryAfterSeconds,
      faults: errors.map(({ path }) => path),
    };
  }
  if (error instanceof UnreachableError) return { kind: 'unreachable' };
  if (error instanceof CircuitOpenError) return { kind: 'circuit_open' };
  return { kind: String(error.stack ?? error) };
}

function checkKeys(keys, requests) {
  if (!keys) return;
  const all = requests.map(({ headers }) => headers['idempotency-key']);
  if (keys === 'none') return assert.deepEqual(all.filter(Boolean), []);
  assert.ok(all.every(Boolean), `keys: ${all}`);
  assert.equal(new Set(all).size, keys === 'same' ? 1 : all.length);
}

/** Objects have at least the fields that are expected, lists have these entries and no others. */
function matches(actual, expected, where) {
  const generated = { '<string>': 'string', '<number>': 'number' }[expected];
  if (expected === '<any>') assert.notEqual(actual, undefined, where);
  else if (expected === '<sha256>') assert.match(actual, /^[0-9a-f]{64}$/, where);
  else if (generated) assert.equal(typeof actual, generated, where);
  else if (Array.isArray(expected)) {
    assert.equal(actual?.length, expected.length, `${where}: ${JSON.stringify(actual)}`);
    expected.forEach((each, index) => matches(actual[index], each, `${where}/${index}`));
  } else if (typeof expected === 'object' && expected !== null) {
    for (const [name, each] of Object.entries(expected)) matches(actual?.[name], each, `${where}/${name}`);
  } else assert.deepEqual(actual, expected, `${where}: ${JSON.stringify(actual)}`);
}

/** `{{name}}` in texts is the value of a variable. */
function resolved(value, variables) {
  if (typeof value === 'string') return value.replace(/\{\{(\w+)\}\}/g, (_, name) => String(variables[name]));
  if (Array.isArray(value)) return value.map((each) => resolved(each, variables));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, resolved(each, variables)]));
}

async function post(url, body) {
  return await (await fetch(url, { method: 'POST', body: JSON.stringify(body) })).json();
}
