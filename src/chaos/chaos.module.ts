import { Module } from '@nestjs/common';
import { ChaosController } from './chaos.controller';

/** The last verdict of `zerodb chaos`, for the dashboard. The tests themselves run in a process of their own. */
@Module({ controllers: [ChaosController] })
export class ChaosModule {}
