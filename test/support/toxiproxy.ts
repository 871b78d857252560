import { randomBytes } from 'node:crypto';

/** A TCP proxy of its own in front of `upstream` (`host:port`) on a running Toxiproxy. */
export class ToxicProxy {
  private constructor(
    private readonly api: string,
    private readonly name: string,
    /** Where clients connect, `host:port`. */
    readonly address: string,
  ) {}

  static async create(api: string, upstream: string): Promise<ToxicProxy> {
    const name = `zerodb-${randomBytes(6).toString('hex')}`;
    const { listen } = (await call(`${api}/proxies`, 'POST', { name, listen: '127.0.0.1:0', upstream })) as {
      listen: string;
    };
    return new ToxicProxy(api, name, listen);
  }

  /** Swallows all bytes both ways and closes nothing: a network that went away without a word. */
  async blackHole(): Promise<void> {
    for (const stream of ['upstream', 'downstream']) {
      const toxic = { name: `hole-${stream}`, type: 'timeout', stream, attributes: { timeout: 0 } };
      await call(`${this.api}/proxies/${this.name}/toxics`, 'POST', toxic);
    }
  }

  async heal(): Promise<void> {
    for (const stream of ['upstream', 'downstream']) {
      await call(`${this.api}/proxies/${this.name}/toxics/hole-${stream}`, 'DELETE');
    }
  }

  /** Refuses connections and closes those that are open; or the reverse. */
  async setEnabled(enabled: boolean): Promise<void> {
    await call(`${this.api}/proxies/${this.name}`, 'POST', { enabled });
  }

  async remove(): Promise<void> {
    await call(`${this.api}/proxies/${this.name}`, 'DELETE');
  }
}

async function call(url: string, method: string, body?: unknown): Promise<unknown> {
  const response = await fetch(url, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  if (!response.ok) throw new Error(`Toxiproxy answered ${response.status} to ${method} ${url}`);
  const text = await response.text();
  return text === '' ? undefined : JSON.parse(text);
}
