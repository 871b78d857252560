import { Injectable } from '@nestjs/common';

/** Tells the ingestion of this process that there is work, so that it need not look. */
@Injectable()
export class IngestionSignal {
  private listener: () => void = () => undefined;

  onSignal(listener: () => void): void {
    this.listener = listener;
  }

  signal(): void {
    this.listener();
  }
}
