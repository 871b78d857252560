import { Module } from '@nestjs/common';
import { ChaosController } from './chaos.controller';

/** The last verdict of `zerodb chaos`, for the dashboard. The tests themselves run in a separate process. */
@Module({ controllers: [ChaosController] })
export class ChaosModule {}
