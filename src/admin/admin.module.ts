import { Module } from '@nestjs/common';
import { ChaosController } from './chaos.controller';
import { Dashboard } from './dashboard';

/** The admin dashboard, and what only it asks for. */
@Module({ controllers: [ChaosController], providers: [Dashboard] })
export class AdminModule {}
