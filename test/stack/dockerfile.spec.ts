import { existsSync } from 'node:fs';
import path from 'node:path';
import { projectRoot, settingNames, textOf } from '../support/stack-files';

interface Instruction {
  readonly name: string;
  readonly value: string;
}

/** The instructions, with continued lines joined and comments left out. */
const instructionsOf = (text: string): Instruction[] =>
  text
    .replace(/^\s*#.*\n/gm, '')
    .replace(/\\\n\s*/g, ' ')
    .split('\n')
    .filter((line) => line.trim())
    .map((line) => {
      const [, name = '', value = ''] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
      return { name: name.toUpperCase(), value };
    });

const stagesOf = (instructions: readonly Instruction[]): Instruction[][] => {
  const stages: Instruction[][] = [];
  for (const each of instructions) {
    if (each.name === 'FROM') stages.push([]);
    stages.at(-1)?.push(each);
  }
  return stages;
};

describe('Dockerfile', () => {
  const instructions = instructionsOf(textOf('Dockerfile'));
  const stages = stagesOf(instructions);
  const last = stages.at(-1) ?? [];
  const inLast = (name: string): string[] => last.filter((each) => each.name === name).map(({ value }) => value);

  it('consists of instructions that Docker knows', () => {
    const known = 'ARG CMD COPY ENV EXPOSE FROM HEALTHCHECK LABEL RUN STOPSIGNAL USER VOLUME WORKDIR'.split(' ');
    expect(instructions.map(({ name }) => name).filter((name) => !known.includes(name))).toEqual([]);
  });

  it('copies from stages that come before, and files that exist and are not ignored', () => {
    const names = stages.map(([from]) => / AS (\w+)$/.exec(from?.value ?? '')?.[1]);
    const allowed = textOf('.dockerignore').match(/^!(\S+)/gm) ?? [];
    for (const [index, stage] of stages.entries()) {
      for (const { value } of stage.filter(({ name }) => name === 'COPY')) {
        const from = /--from=(\w+)/.exec(value)?.[1];
        const sources = value
          .split(' ')
          .filter((word) => !word.startsWith('--'))
          .slice(0, -1);
        if (from) expect(names.slice(0, index)).toContain(from);
        for (const source of from ? [] : sources.filter((each) => each !== '.')) {
          expect(existsSync(path.join(projectRoot(), source))).toBe(true);
          expect(allowed).toContain(`!${source.replace('./', '')}`);
        }
      }
    }
  });

  it('pins its base image and builds for the architecture that is asked for', () => {
    expect(instructions.find(({ name }) => name === 'ARG')?.value).toMatch(
      /^NODE_IMAGE=node:\d+\.\d+\.\d+-bookworm-slim$/,
    );
    expect(stages[0]?.[0]?.value).toContain('--platform=$BUILDPLATFORM');
    expect(stages.slice(1).every(([from]) => !from?.value.includes('BUILDPLATFORM'))).toBe(true);
  });

  it('runs as nobody special, without a shell, and stops on SIGTERM', () => {
    expect(inLast('USER')).toEqual(['1000:1000']);
    expect(inLast('CMD')).toEqual(['["node", "dist/main.js"]']);
    expect(inLast('STOPSIGNAL')).toEqual(['SIGTERM']);
    expect(inLast('RUN')).toEqual([]);
    expect(inLast('HEALTHCHECK').join()).toMatch(/CMD \["node", "-e"/);
    expect(inLast('HEALTHCHECK').join()).not.toMatch(/curl|wget/);
  });

  it('sets only settings that the product knows, and holds no secret', () => {
    const names =
      inLast('ENV')
        .join(' ')
        .match(/ZERODB_\w+/g) ?? [];
    expect(names.filter((name) => !settingNames().has(name))).toEqual([]);
    expect(textOf('Dockerfile')).not.toMatch(/(key|secret|password|token)\s*=/i);
    expect(textOf('.dockerignore').split('\n')).toEqual(expect.arrayContaining(['*', '**/.env*', '**/node_modules']));
  });
});
