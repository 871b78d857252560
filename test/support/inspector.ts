import WebSocket from 'ws';

/** Bytes, after a forced collection. */
export interface HeapFigures {
  /** Of the whole process. */
  readonly rss: number;
  /** Of the thread that was asked. */
  readonly heapUsed: number;
  readonly external: number;
}

interface Reply {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { sessionId: string; message?: string; workerInfo?: { url: string } };
  readonly result?: unknown;
  readonly error?: { message: string };
}

type Send = (text: string) => void;

/** Requests and their replies, by id, to one thread. */
class Session {
  private readonly waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  private last = 0;

  constructor(private readonly send: Send) {}

  call(method: string, params: object = {}): Promise<unknown> {
    const id = (this.last += 1);
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.send(JSON.stringify({ id, method, params }));
    });
  }

  settle({ id = 0, result, error }: Reply): void {
    const waiter = this.waiting.get(id);
    this.waiting.delete(id);
    if (error) waiter?.reject(new Error(error.message));
    else waiter?.resolve(result);
  }

  async figures(): Promise<HeapFigures> {
    await this.call('HeapProfiler.collectGarbage');
    const asked = { expression: 'process.memoryUsage()', returnByValue: true };
    const { result } = (await this.call('Runtime.evaluate', asked)) as { result: { value: HeapFigures } };
    return result.value;
  }
}

/** Node's inspector, from outside of the process: what its threads hold once garbage has been collected. */
export class Inspector {
  private readonly main = new Session((text) => this.socket.send(text));
  private readonly workers = new Map<string, { url: string; session: Session }>();

  private constructor(private readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => this.receive(JSON.parse(data.toString()) as Reply));
  }

  /** `url`: the one that a process started with `--inspect=127.0.0.1:0` names in its output. */
  static async open(url: string): Promise<Inspector> {
    const socket = new WebSocket(url);
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    const inspector = new Inspector(socket);
    await inspector.main.call('NodeWorker.enable', { waitForDebuggerOnStart: false });
    return inspector;
  }

  async mainThread(): Promise<HeapFigures> {
    return await this.main.figures();
  }

  /** `undefined` where no worker runs a file of this name. */
  async workerThread(file: string): Promise<HeapFigures | undefined> {
    const worker = [...this.workers.values()].find(({ url }) => url.endsWith(file));
    return await worker?.session.figures();
  }

  close(): void {
    this.socket.close();
  }

  private receive(reply: Reply): void {
    const { sessionId = '', message = '', workerInfo } = reply.params ?? {};
    if (reply.id !== undefined) this.main.settle(reply);
    else if (reply.method === 'NodeWorker.attachedToWorker') this.attach(sessionId, workerInfo?.url ?? '');
    else if (reply.method === 'NodeWorker.detachedFromWorker') this.workers.delete(sessionId);
    else if (reply.method === 'NodeWorker.receivedMessageFromWorker')
      this.workers.get(sessionId)?.session.settle(JSON.parse(message) as Reply);
  }

  private attach(sessionId: string, url: string): void {
    const send = (message: string): void =>
      void this.main.call('NodeWorker.sendMessageToWorker', { sessionId, message });
    this.workers.set(sessionId, { url, session: new Session(send) });
  }
}
