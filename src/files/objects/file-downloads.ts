import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { Admission } from '../../admission/admission';
import { Reply } from '../../api/endpoint';
import type { Scope } from '../../common/scope';
import type { FoundFile } from './file-lookup';
import { FilesService } from './files.service';
import { rangeOf } from './range';

export interface Download {
  readonly scope: Scope;
  readonly file: FoundFile;
  readonly signal: AbortSignal;
}

/** Answers with the bytes of a file, whichever door it was asked at. */
@Injectable()
export class FileDownloads {
  constructor(
    private readonly files: FilesService,
    private readonly admission: Admission,
  ) {}

  /** The whole, or the part that `range` (the header) asks for. Throws `range_not_satisfiable`, and `share_exceeded`. */
  async answer(
    { scope, file, signal }: Download,
    about: Readonly<Record<string, string>>,
    range: string | undefined,
  ): Promise<Reply> {
    const { size } = file.row;
    const part = rangeOf(range, size);
    const { start, end } = part ?? { start: 0, end: size };
    const leave = this.admission.acquire('downloads', scope);
    const { bytes, servedBy } = await this.files.open(scope, file, { start, end }, signal).catch((error: unknown) => {
      leave();
      throw error;
    });
    const isDegraded = file.isRemembered || servedBy === 'mirror' || servedBy === 'spool';
    const sent = {
      ...about,
      'content-length': String(end - start),
      ...(part ? { 'content-range': `bytes ${start}-${end - 1}/${size}` } : {}),
      ...(servedBy ? { 'zerodb-served-by': servedBy } : {}),
      'zerodb-degraded': String(isDegraded),
    };
    const body = Readable.from(bytes, { objectMode: false }).once('close', leave);
    return new Reply(part ? 206 : 200, body, sent);
  }
}
