import { createApp, type RunningApp } from '../../src/app.factory';
import { BackgroundWork } from '../../src/common/background-work';
import { limitsConfig, loadConfiguration, serverConfig } from '../../src/config';

/** What a process with two applications says when both are ready. */
export interface TwoApplications {
  readonly urls: readonly string[];
  /** What the modules of each were given: bytes of a body, role, background work. */
  readonly injected: readonly unknown[];
  readonly isEnvironmentUnchanged: boolean;
}

/** What each application has logged; the answer to any message. */
export type Logs = readonly (readonly LogLine[])[];

export interface LogLine {
  readonly context?: string;
  readonly request_id?: string;
  readonly msg: string;
}

const injectedInto = ({ nest }: RunningApp): unknown => [
  nest.get<{ bodyBytes: number }>(limitsConfig.KEY).bodyBytes,
  nest.get<{ role: string }>(serverConfig.KEY).role,
  nest.get(BackgroundWork).isWorking,
];

/** In a process of its own: some packages of the doors are ES modules, which jest does not load. Settings come as arguments. */
const start = async (settings: readonly string[]): Promise<void> => {
  const before = JSON.stringify(process.env);
  const apps: RunningApp[] = [];
  const logs = settings.map((): LogLine[] => []);
  for (const [index, each] of settings.entries()) {
    const write = (line: string): void => void logs[index]?.push(JSON.parse(line) as LogLine);
    apps.push(await createApp(loadConfiguration(JSON.parse(each) as NodeJS.ProcessEnv, process.cwd()), { write }));
  }
  process.on('message', () => process.send?.(logs));
  process.on('SIGTERM', () => void Promise.all(apps.map((app) => app.close())).then(() => process.exit(0)));
  const ready: TwoApplications = {
    urls: apps.map(({ url }) => url),
    injected: apps.map(injectedInto),
    isEnvironmentUnchanged: JSON.stringify(process.env) === before,
  };
  process.send?.(ready);
};

if (require.main === module) void start(process.argv.slice(2));
